//! What an officer can do about one disclosure: raise a signal.

use axum::body::Bytes;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;

use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::page;
use crate::domain::text::Prose;
use crate::domain::violation::Violations;
use crate::gateway::Error;
use crate::gateway::disclosures::DisclosureRow;
use crate::gateway::signals::{Raising, SignalView};

/// What can be done.
pub(in crate::console) struct Acts {
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) path: String,
}

#[derive(Deserialize)]
struct Raised {
    #[serde(default)]
    gronden: String,
}

impl Acts {
    pub(super) fn of(ask: &Ask, officer: &Officer, row: &DisclosureRow) -> Self {
        let path = format!("/{}/verstrekkingen/{}", ask.lang.tag(), row.idx);
        Self { fresh: ask.fresh(officer), path }
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

fn prose(field: &str, text: &str) -> Result<Prose<2000>, Error> {
    let mut violations = Violations::new();
    let read = violations.take(field, text.parse());
    violations.into_result(read)?.ok_or_else(Error::hidden)
}
