//! Breaches and incidents: which must be notified and by when, and opening a breach.

use std::cmp::Reverse;

use askama::Template;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::console::badge::Badge;
use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::words::breaches as words;
use crate::console::{moments, rows};
use crate::domain::breach::{BreachDraft, BreachKind};
use crate::domain::id::IncidentId;
use crate::domain::time::Timestamp;
use crate::gateway::breaches::BreachView;
use crate::gateway::reviews::incidents::{Incident, IncidentQueue};
use crate::gateway::{Directory, Error};

use super::overview::organisations;

/// Incidents in one page.
const PAGE: u32 = 100;
/// Certificates that a form offers.
const CERTIFICATES_MAX: usize = 500;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    /// The last incident of the page before.
    na: String,
}

/// The page.
#[derive(Template)]
#[template(path = "breaches.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Breaches {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) rows: Vec<Row>,
    pub(in crate::console) next: Option<String>,
    pub(in crate::console) kinds: Vec<(u16, &'static str)>,
    /// Number and name.
    pub(in crate::console) organisations: Vec<(String, String)>,
    /// Certificates that were shown since the gateway began: fingerprint, and whose it is.
    pub(in crate::console) certificates: Vec<(String, String)>,
    /// Now, as a form has it.
    pub(in crate::console) now: String,
}

/// One incident.
pub(in crate::console) struct Row {
    pub(in crate::console) href: String,
    pub(in crate::console) due: String,
    pub(in crate::console) due_machine: String,
    pub(in crate::console) aware: String,
    pub(in crate::console) cause: &'static str,
    pub(in crate::console) organisation: String,
    pub(in crate::console) badge: Badge,
    pub(in crate::console) is_late: bool,
}

/// A breach, as the form has it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    soort: i32,
    organisatie: String,
    medewerker: String,
    certificaat: String,
    bericht: String,
    van: String,
    tot: String,
    ontdekt: String,
    bekend: String,
    versleuteld: String,
    wat: String,
}

pub(in crate::console) async fn breaches(
    ask: Ask,
    query: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let officer = match ask.enter_to_review() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let asked = query.map(|Query(asked)| asked).unwrap_or_default();
    let Ok(after) = place(&asked.na) else {
        return page::failed(&ask, &officer, &Error::PageToken);
    };
    match gathered(&ask, &officer, after).await {
        Ok(template) => page(StatusCode::OK, &template),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

pub(in crate::console) async fn open(ask: Ask, body: Bytes) -> Response {
    let sent = match ask.sent::<Form>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let request = sent.request("OpenBreach");
    let encode = |view: &BreachView| view.incident_id.to_string().into_bytes();
    let call = &sent.officer.call;
    let done = ask.app.gateway().open_breach(call, &request, sent.form.draft(), encode).await;
    match done.and_then(|id| String::from_utf8(id).map_err(Error::internal)) {
        Ok(id) => ask.go(&format!("datalek/{id}")),
        Err(error) => refused(&ask, &sent.officer, &error),
    }
}

impl Form {
    fn draft(&self) -> BreachDraft {
        let text = |text: &str| text.trim().to_owned();
        BreachDraft {
            kind: self.soort,
            oin: text(&self.organisatie),
            user_id: text(&self.medewerker),
            certificate_fingerprint: text(&self.certificaat),
            message_id: text(&self.bericht),
            from: Timestamp::from_local_text(&self.van),
            until: Timestamp::from_local_text(&self.tot),
            detected_at: Timestamp::from_local_text(&self.ontdekt),
            aware_at: Timestamp::from_local_text(&self.bekend),
            encrypted: self.versleuteld == "ja",
            nature: text(&self.wat),
        }
    }
}

/// The place where a page begins.
fn place(text: &str) -> Result<Option<(Timestamp, IncidentId)>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = || {
        let (moment, id) = text.split_once('.')?;
        let moment = moment.parse().ok().and_then(Timestamp::from_micros)?;
        Some((moment, id.parse().ok()?))
    };
    read().map(Some).ok_or(Error::PageToken)
}

async fn gathered(
    ask: &Ask,
    officer: &Officer,
    after: Option<(Timestamp, IncidentId)>,
) -> Result<Breaches, Error> {
    let gateway = ask.app.gateway();
    let queue = IncidentQueue { purpose: officer.purpose(), after };
    let mut found = gateway.incidents(&officer.call, &queue, PAGE).await?;
    let full = u32::try_from(found.len()).is_ok_and(|len| len == PAGE);
    let next = found.last().filter(|_| full).map(|last| {
        let moment = last.row.notify_due_at.as_micros();
        format!("/{}/datalek?na={moment}.{}", ask.lang.tag(), last.row.incident_id)
    });
    // What still must be answered stands on top.
    found.sort_by_key(|one| one.row.notified_at.is_some());
    let directory = gateway.directory();
    let kind = |one: &BreachKind| (one.number(), ask.lang.pick(words::kind(*one)));
    Ok(Breaches {
        frame: ask.frame(Menu::Breaches, Some(officer)),
        fresh: ask.fresh(officer),
        rows: found.iter().map(|one| row(ask.lang, &directory, one)).collect(),
        next,
        kinds: BreachKind::ALL.iter().map(kind).collect(),
        organisations: organisations(gateway),
        certificates: certificates(ask, &directory),
        now: gateway.clock().now().to_local_text(),
    })
}

/// Those used last come first: one that was lost is looked up, not typed over.
fn certificates(ask: &Ask, directory: &Directory) -> Vec<(String, String)> {
    let mut seen = ask.app.certificates();
    seen.sort_by_key(|one| (Reverse(one.last_seen), one.fingerprint));
    let shown = seen.into_iter().take(CERTIFICATES_MAX).map(|one| {
        let last = moments::brief(ask.lang, one.last_seen);
        (one.fingerprint.to_string(), format!("{} · {last}", rows::name(directory, &one.oin)))
    });
    shown.collect()
}

fn row(lang: Lang, directory: &Directory, of: &Incident) -> Row {
    Row {
        href: format!("/{}/datalek/{}", lang.tag(), of.row.incident_id),
        due: moments::brief(lang, of.row.notify_due_at),
        due_machine: moments::machine(of.row.notify_due_at),
        aware: moments::brief(lang, of.row.aware_at),
        cause: lang.pick(words::cause(of.cause)),
        organisation: rows::name(directory, &of.row.oin),
        badge: badge(lang, of),
        is_late: of.is_past_due && of.row.notified_at.is_none(),
    }
}

/// Whether the authority knows: a word, a colour and a sign.
pub(in crate::console) fn badge(lang: Lang, of: &Incident) -> Badge {
    let (class, sign, word) = match (of.row.notified_at.is_some(), of.is_past_due) {
        (true, false) => {
            ("b-ok", "M3 8.5l3.2 3.2L13 4.8", Words("Beslist over melden", "Notification settled"))
        }
        (true, true) => {
            ("b-reduced", "M3 8.5l3.2 3.2L13 4.8", Words("Te laat beslist", "Settled too late"))
        }
        (false, false) => (
            "b-glass",
            "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.6",
            Words("72 uur lopen", "72 hours run"),
        ),
        (false, true) => {
            ("b-deny", "M8 1.6l6.7 12H1.3zM8 6v3.6M8 11.2v1.3", Words("Te laat", "Overdue"))
        }
    };
    Badge { class, sign, word: lang.pick(word) }
}
