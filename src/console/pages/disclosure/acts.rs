//! What an officer can do about one disclosure: raise a signal, ask a party, answer what was asked.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;

use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::page;
use crate::console::pages::questions::{Shown, shown};
use crate::console::rows;
use crate::domain::id::Oin;
use crate::domain::text::Prose;
use crate::domain::violation::Violations;
use crate::gateway::Error;
use crate::gateway::disclosures::DisclosureRow;
use crate::gateway::questions::{Asking, QuestionView};
use crate::gateway::signals::{Raising, SignalView};

/// What can be done.
pub(in crate::console) struct Acts {
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) path: String,
    /// Who can be asked: number and name.
    pub(in crate::console) parties: Vec<(String, String)>,
    /// What was asked about it, the oldest first.
    pub(in crate::console) questions: Vec<Shown>,
}

#[derive(Deserialize)]
struct Raised {
    #[serde(default)]
    gronden: String,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    aan: String,
    #[serde(default)]
    vraag: String,
}

impl Acts {
    pub(super) fn of(
        ask: &Ask,
        officer: &Officer,
        (row, questions): (&DisclosureRow, &[QuestionView]),
    ) -> Self {
        let (lang, directory) = (ask.lang, ask.app.gateway().directory());
        let parties: BTreeSet<_> =
            [&row.sender_oin, &row.recipient_oin].into_iter().flatten().collect();
        let named = |oin: &Oin| (oin.to_string(), rows::name(&directory, oin));
        Self {
            fresh: ask.fresh(officer),
            path: format!("/{}/verstrekkingen/{}", lang.tag(), row.idx),
            parties: parties.into_iter().map(named).collect(),
            questions: questions.iter().map(|one| shown(lang, &directory, officer, one)).collect(),
        }
    }
}

/// To the signal that was raised.
pub(in crate::console) async fn signal(
    ask: Ask,
    Path(index): Path<String>,
    body: Bytes,
) -> Response {
    let sent = match ask.sent::<Raised>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let officer = &sent.officer;
    // What is no number is no entry.
    let Ok(index) = index.parse() else { return page::failed(&ask, officer, &Error::hidden()) };
    let grounds = match prose("gronden", &sent.form.gronden) {
        Ok(grounds) => grounds,
        Err(error) => return refused(&ask, officer, &error),
    };
    let (request, raising) = (sent.request("RaiseSignal"), Raising { index, grounds });
    let encode = |of: &SignalView| of.row.signal_id.to_string().into_bytes();
    match ask.app.gateway().raise_signal(&officer.call, &request, raising, encode).await {
        Ok(id) => ask.go(&format!("signalen/{}", String::from_utf8_lossy(&id))),
        Err(error) => refused(&ask, officer, &error),
    }
}

/// Back to the disclosure.
pub(in crate::console) async fn question(
    ask: Ask,
    Path(index): Path<String>,
    body: Bytes,
) -> Response {
    let sent = match ask.sent::<Asked>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let officer = &sent.officer;
    let Ok(index) = index.parse() else { return page::failed(&ask, officer, &Error::hidden()) };
    let asking = match sent.form.read(index) {
        Ok(asking) => asking,
        Err(error) => return refused(&ask, officer, &error),
    };
    let request = sent.request("AskOrganisation");
    let gateway = ask.app.gateway();
    match gateway.ask_organisation(&officer.call, &request, asking, |_| Vec::new()).await {
        Ok(_) => ask.go(&format!("verstrekkingen/{index}")),
        Err(error) => refused(&ask, officer, &error),
    }
}

impl Asked {
    fn read(&self, index: i64) -> Result<Asking, Error> {
        let mut violations = Violations::new();
        let asked = violations.take("aan", self.aan.parse());
        let question = violations.take("vraag", self.vraag.parse());
        let parts = violations.into_result(asked.zip(question))?;
        let (asked, question) = parts.ok_or_else(Error::hidden)?;
        Ok(Asking { index, asked, question })
    }
}

fn prose(field: &str, text: &str) -> Result<Prose<2000>, Error> {
    let mut violations = Violations::new();
    let read = violations.take(field, text.parse());
    violations.into_result(read)?.ok_or_else(Error::hidden)
}
