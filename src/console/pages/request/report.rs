//! The report for a data subject: read, prepared by one officer and approved by another, printed as a
//! letter, taken along as JSON.
//!
//! It is composed of what the gateway gives for these eyes and of nothing else, so what must not be
//! told cannot get into it.

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::lang::Lang;
use crate::console::menu::Menu;
use crate::console::moments;
use crate::console::page::{self, Frame, page};
use crate::console::words::requests as words;
use crate::domain::consent::Capacity;
use crate::domain::id::SubjectRequestId;
use crate::domain::subject_request::{WithheldDraft, WithholdingGround};
use crate::gateway::access_report::{AccessReport, Reading, ReportEntry};
use crate::gateway::subject_requests::RequestView;
use crate::gateway::subject_requests::preparing::{Approving, Preparing};
use crate::gateway::{Directory, Error};

mod line;

pub(in crate::console) use line::Line;

/// Lines beside which something can be withheld: as many as fit in a form.
const CHOICES: usize = 500;

/// The report, before it is a letter.
#[derive(Template)]
#[template(path = "report.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Preview {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) path: String,
    pub(in crate::console) lines: Vec<Line>,
    /// Entries that are held back because they were changed: address and place.
    pub(in crate::console) changed: Vec<(String, i64)>,
    /// Whether it may miss lines, those or others.
    pub(in crate::console) is_incomplete: bool,
    /// Size of the ledger that it is read from, as a number and in words.
    pub(in crate::console) stand: i64,
    pub(in crate::console) size: String,
    pub(in crate::console) step: Step,
    /// On what a line is withheld: value and word.
    pub(in crate::console) grounds: Vec<(u16, &'static str)>,
    /// Whether another officer approves it.
    pub(in crate::console) needs_second: bool,
    /// Not every line can be withheld here.
    pub(in crate::console) is_long: bool,
}

/// What can be done with the report.
pub(in crate::console) enum Step {
    /// It is prepared.
    Prepare,
    /// Another officer prepared it: it is approved, when its digest is this.
    Approve(String),
    /// This officer prepared it: another one approves it.
    Wait,
    /// It was approved.
    Done,
}

/// The letter. It is in Dutch whatever the language of the console is: it goes to a person in the
/// Netherlands.
#[derive(Template)]
#[template(path = "letter.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Letter {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) path: String,
    pub(in crate::console) json: String,
    pub(in crate::console) organisation: String,
    pub(in crate::console) today: String,
    pub(in crate::console) received: String,
    pub(in crate::console) is_itself: bool,
    pub(in crate::console) lines: Vec<Line>,
    pub(in crate::console) count: String,
    pub(in crate::console) size: String,
    /// Whether entries were held back that nobody can read: then the letter does not say that it is whole.
    pub(in crate::console) is_incomplete: bool,
}

/// Which report is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    /// Not empty: a new draft, though a report was prepared.
    opnieuw: String,
}

pub(in crate::console) async fn preview(
    ask: Ask,
    Path(id): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let (officer, id, asked) = match entered(&ask, &id, query) {
        Ok(entered) => entered,
        Err(page) => return *page,
    };
    let anew = Reading::Anew(None);
    let reading = if asked.opnieuw.is_empty() { Reading::Prepared } else { anew };
    match ask.app.gateway().read_access_report(&officer.call, id, reading).await {
        Ok(report) => page(StatusCode::OK, &previewed(&ask, &officer, &report, reading == anew)),
        Err(error) => refused(&ask, &officer, &error),
    }
}

/// Prepares the report: what is chosen beside a line is withheld.
pub(in crate::console) async fn prepare(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<BTreeMap<String, String>>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &sent.officer, &Error::hidden()) };
    let number = |text: &String| text.parse().unwrap_or_default();
    let chosen = sent.form.iter().filter_map(|(name, ground)| {
        let entry_index = name.strip_prefix("weg-")?.parse().ok()?;
        (ground != "0").then(|| WithheldDraft { entry_index, ground: ground.parse().unwrap_or(-1) })
    });
    let preparing = Preparing {
        id,
        tree_size: sent.form.get("stand").map_or(0, number),
        withheld: chosen.collect(),
    };
    let step = sent.request("PrepareAccessReport");
    let gateway = ask.app.gateway();
    let call = &sent.officer.call;
    let done = gateway.prepare_access_report(call, &step, preparing, |_| Vec::new()).await;
    super::after(&ask, &sent.officer, id, done)
}

/// Approves what another officer prepared.
pub(in crate::console) async fn approve(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    #[derive(Deserialize)]
    struct Approved {
        #[serde(default)]
        kenmerk: String,
    }
    let sent = match ask.sent::<Approved>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &sent.officer, &Error::hidden()) };
    let mut digest = [0; 32];
    // What is no digest is not that of the report either.
    if hex::decode_to_slice(&sent.form.kenmerk, &mut digest).is_err() {
        digest = [0; 32];
    }
    let approving = Approving { id, digest };
    let step = sent.request("ApproveAccessReport");
    let gateway = ask.app.gateway();
    let call = &sent.officer.call;
    let done = gateway.approve_access_report(call, &step, approving, |_| Vec::new()).await;
    match done {
        // What the approval was for.
        Ok(_) => ask.go(&format!("inzage/{id}/brief")),
        Err(error) => refused(&ask, &sent.officer, &error),
    }
}

pub(in crate::console) async fn letter(ask: Ask, Path(id): Path<String>) -> Response {
    match whole(&ask, &id).await {
        Ok((officer, whole)) => page(StatusCode::OK, &written(&ask, &officer, &whole)),
        Err(page) => *page,
    }
}

pub(in crate::console) async fn json(ask: Ask, Path(id): Path<String>) -> Response {
    match whole(&ask, &id).await {
        Ok((_, whole)) => {
            let text = format!("{:#}\n", as_json(&ask.app.gateway().directory(), &whole));
            let name = "attachment; filename=\"inzagerapport.json\"";
            ([(CONTENT_TYPE, "application/json"), (CONTENT_DISPOSITION, name)], text)
                .into_response()
        }
        Err(page) => *page,
    }
}

fn entered(
    ask: &Ask,
    id: &str,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<(Officer, SubjectRequestId, Asked), Box<Response>> {
    let officer = ask.enter()?;
    let failed = |error: Error| Box::new(page::failed(ask, &officer, &error));
    let id = id.parse().map_err(|_not_an_id| failed(Error::hidden()))?;
    let Query(asked) = query.map_err(|_unreadable| failed(Error::PageToken))?;
    Ok((officer, id, asked))
}

/// What was approved.
async fn whole(ask: &Ask, id: &str) -> Result<(Officer, AccessReport), Box<Response>> {
    let officer = ask.enter()?;
    let Ok(id) = id.parse() else {
        return Err(Box::new(page::failed(ask, &officer, &Error::hidden())));
    };
    let gateway = ask.app.gateway();
    match gateway.read_access_report(&officer.call, id, Reading::Approved).await {
        Ok(report) => Ok((officer, report)),
        Err(error) => Err(Box::new(refused(ask, &officer, &error))),
    }
}

fn previewed(ask: &Ask, officer: &Officer, of: &AccessReport, anew: bool) -> Preview {
    let gateway = ask.app.gateway();
    let step = step(officer, of, anew);
    let prepares = matches!(step, Step::Prepare);
    let mut lines = lines(ask.lang, &gateway.directory(), &of.entries);
    let is_long = prepares && lines.len() > CHOICES;
    for line in lines.iter_mut().skip(if prepares { CHOICES } else { 0 }) {
        line.choice = None;
    }
    Preview {
        frame: ask.frame(Menu::Requests, Some(officer)),
        fresh: ask.fresh(officer),
        path: format!("/{}/inzage/{}", ask.lang.tag(), of.request.id),
        lines,
        changed: changed(ask.lang, &of.changed),
        is_incomplete: of.is_incomplete,
        stand: of.tree_size,
        size: size(ask.lang, of.tree_size),
        step,
        grounds: grounds(ask.lang, &of.request),
        needs_second: gateway.directory().policy.subject_request.second_approval,
        is_long,
    }
}

fn step(officer: &Officer, of: &AccessReport, anew: bool) -> Step {
    match of.request.report.as_ref().filter(|_| !anew) {
        None => Step::Prepare,
        Some(report) if report.approval.is_some() => Step::Done,
        Some(report) if report.prepared_by.is_same_employee(officer.user()) => Step::Wait,
        Some(report) => Step::Approve(hex::encode(report.digest)),
    }
}

/// Who asks for themselves, or by a mandate, has no interest that opposes it.
fn grounds(lang: Lang, of: &RequestView) -> Vec<(u16, &'static str)> {
    let is_represented = of.capacity != Capacity::Itself && !of.is_mandated;
    let fits =
        |ground: &WithholdingGround| is_represented || *ground != WithholdingGround::PersonInterest;
    let grounds = WithholdingGround::ALL.iter().copied().filter(fits);
    grounds.map(|ground| (ground.number(), lang.pick(words::withholding(ground)))).collect()
}

fn written(ask: &Ask, officer: &Officer, of: &AccessReport) -> Letter {
    let gateway = ask.app.gateway();
    let path = format!("/{}/inzage/{}", ask.lang.tag(), of.request.id);
    Letter {
        frame: ask.frame(Menu::Requests, Some(officer)),
        json: format!("{path}/rapport.json"),
        path,
        organisation: gateway.organisation_name(&of.request.oin),
        today: moments::day(Lang::Nl, gateway.clock().now()),
        received: moments::day(Lang::Nl, of.request.life.term.received_at),
        is_itself: of.request.capacity == Capacity::Itself,
        lines: lines(Lang::Nl, &gateway.directory(), &of.entries),
        count: Lang::Nl.number(u64::try_from(of.entries.len()).unwrap_or_default()),
        size: size(Lang::Nl, of.tree_size),
        is_incomplete: of.is_incomplete,
    }
}

fn changed(lang: Lang, entries: &[i64]) -> Vec<(String, i64)> {
    let address = |idx: &i64| (format!("/{}/verstrekkingen/{idx}", lang.tag()), *idx);
    entries.iter().map(address).collect()
}

fn lines(lang: Lang, directory: &Directory, entries: &[ReportEntry]) -> Vec<Line> {
    entries.iter().map(|entry| line::line(lang, directory, entry)).collect()
}

fn size(lang: Lang, size: i64) -> String {
    lang.number(u64::try_from(size).unwrap_or_default())
}

/// With everything that the letter has, in the codes of the API.
fn as_json(directory: &Directory, of: &AccessReport) -> Value {
    let entries: Vec<Value> =
        of.entries.iter().map(|entry| line::as_json(directory, entry)).collect();
    json!({
        "subject_request_id": of.request.id.to_string(),
        "organisation_oin": of.request.oin.to_string(),
        "received_at": of.request.life.term.received_at.to_string(),
        "tree_size": of.tree_size,
        "entry_count": entries.len(),
        "incomplete": of.is_incomplete,
        "entries": entries,
    })
}
