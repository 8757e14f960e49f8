//! Requests of data subjects: which wait for an answer, and opening one.

use askama::Template;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::console::badge::Badge;
use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, Sent, refused};
use crate::console::lang::Lang;
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::words::requests as words;
use crate::console::{moments, rows};
use crate::domain::consent::Capacity;
use crate::domain::id::{Bsn, CaseRef, SubjectRequestId};
use crate::domain::subject_request::{IdentityCheck, Objection, RequestState, SubjectRequestDraft};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::subject_requests::RequestView;
use crate::gateway::subject_requests::looking::Candidate;
use crate::gateway::{Directory, Error};

/// Requests in one page.
const PAGE: u32 = 100;
/// Digits of a pseudonym that tell the people of one case apart.
pub(super) const DIGITS: usize = 8;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    staat: String,
    /// The case of a request that is about to be opened.
    zaak: String,
    /// The last request of the page before.
    na: String,
}

/// The page.
#[derive(Template)]
#[template(path = "requests.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Requests {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) rows: Vec<Row>,
    pub(in crate::console) is_closed: bool,
    pub(in crate::console) next: Option<String>,
    pub(in crate::console) case_ref: String,
    pub(in crate::console) opening: Opening,
}

/// One request in the list.
pub(in crate::console) struct Row {
    /// None: another organisation answers it.
    pub(in crate::console) href: Option<String>,
    pub(in crate::console) received: String,
    pub(in crate::console) due: String,
    pub(in crate::console) days_left: i64,
    pub(in crate::console) case_ref: String,
    pub(in crate::console) capacity: &'static str,
    pub(in crate::console) organisation: String,
    pub(in crate::console) badge: Badge,
    pub(in crate::console) is_owed: bool,
    /// Its report waits for a second officer.
    pub(in crate::console) waits: bool,
}

/// How far opening a request is.
pub(in crate::console) enum Opening {
    /// No case was named.
    Case,
    /// The case does not exist, or the officer does not answer for it.
    Hidden,
    /// The people of the case.
    People(Choices),
}

/// What there is to choose from.
pub(in crate::console) struct Choices {
    pub(in crate::console) people: Vec<Person>,
    pub(in crate::console) capacities: Vec<(u16, &'static str)>,
    pub(in crate::console) checks: Vec<(u16, &'static str)>,
    pub(in crate::console) objections: Vec<(u16, &'static str)>,
    /// Now, as a form has it.
    pub(in crate::console) now: String,
}

/// A person of the case.
pub(in crate::console) struct Person {
    pub(in crate::console) key: String,
    pub(in crate::console) pseudonym: String,
    pub(in crate::console) age: &'static str,
}

/// A request that is opened, as the form has it.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Form {
    zaak: String,
    persoon: String,
    bsn: String,
    hoedanigheid: i32,
    aanvrager: String,
    machtiging: String,
    identiteit: i32,
    ontvangen: String,
    bezwaar: i32,
    bezwaar_reden: String,
    melder_reden: String,
}

pub(in crate::console) async fn requests(
    ask: Ask,
    query: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let asked = query.map(|Query(asked)| asked).unwrap_or_default();
    match gathered(&ask, &officer, &asked).await {
        Ok(template) => page(StatusCode::OK, &template),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

pub(in crate::console) async fn open(ask: Ask, body: Bytes) -> Response {
    let sent = match ask.sent::<Form>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    match opened(&ask, &sent).await {
        Ok(id) => ask.go(&format!("inzage/{id}")),
        Err(error) => refused(&ask, &sent.officer, &error),
    }
}

/// The id of the request that was opened.
async fn opened(ask: &Ask, sent: &Sent<Form>) -> Result<String, Error> {
    let (form, call) = (&sent.form, &sent.officer.call);
    let gateway = ask.app.gateway();
    let mut violations = Violations::new();
    let case_ref: Option<CaseRef> = violations.take("case_ref", form.zaak.trim().parse());
    let bsn: Option<Bsn> = match form.bsn.trim() {
        "" => None,
        number => violations.take("bsn", number.parse()),
    };
    let case_ref = violations.into_result(case_ref)?.ok_or_else(Error::hidden)?;
    let person = match &bsn {
        Some(bsn) => gateway.person_with_bsn(call, &case_ref, bsn).await?.key.as_str().to_owned(),
        None => form.persoon.clone(),
    };
    let draft = SubjectRequestDraft {
        subject_person_key: person,
        requester_person_key: form.aanvrager.clone(),
        capacity: form.hoedanigheid,
        mandate_ref: form.machtiging.trim().to_owned(),
        identity_check: form.identiteit,
        received_at: Timestamp::from_local_text(&form.ontvangen),
        objection: form.bezwaar,
        objection_motivation: form.bezwaar_reden.trim().to_owned(),
        withhold_reporter_motivation: form.melder_reden.trim().to_owned(),
    };
    let request = sent.request("OpenSubjectRequest");
    let encode = |view: &RequestView| view.id.to_string().into_bytes();
    let id = gateway.open_subject_request(call, &request, (case_ref, draft), encode).await?;
    String::from_utf8(id).map_err(Error::internal)
}

async fn gathered(ask: &Ask, officer: &Officer, asked: &Asked) -> Result<Requests, Error> {
    let gateway = ask.app.gateway();
    let is_closed = asked.staat == CLOSED;
    let found = if is_closed {
        let after = id_of(&asked.na)?;
        gateway.subject_requests(&officer.call, Some(RequestState::Closed), after, PAGE).await?
    } else {
        gateway.waiting_requests(&officer.call, place(&asked.na)?, PAGE).await?
    };
    let full = u32::try_from(found.len()).is_ok_and(|len| len == PAGE);
    let next = found.last().filter(|_| full).map(|last| {
        let path = format!("/{}/inzage", ask.lang.tag());
        if is_closed {
            format!("{path}?staat={CLOSED}&na={}", last.id)
        } else {
            format!("{path}?na={}.{}", last.life.term.due_at.as_micros(), last.id)
        }
    });
    let now = gateway.clock().now();
    let directory = gateway.directory();
    Ok(Requests {
        frame: ask.frame(Menu::Requests, Some(officer)),
        fresh: ask.fresh(officer),
        rows: found.iter().map(|one| row(ask.lang, &directory, officer, one, now)).collect(),
        is_closed,
        next,
        case_ref: asked.zaak.trim().to_owned(),
        opening: opening(ask, officer, asked.zaak.trim(), now).await?,
    })
}

/// The word for closed requests in the address.
const CLOSED: &str = "gesloten";

fn id_of(text: &str) -> Result<Option<SubjectRequestId>, Error> {
    match text {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_not_an_id| Error::PageToken),
    }
}

fn place(text: &str) -> Result<Option<(Timestamp, SubjectRequestId)>, Error> {
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

async fn opening(
    ask: &Ask,
    officer: &Officer,
    case_ref: &str,
    now: Timestamp,
) -> Result<Opening, Error> {
    if case_ref.is_empty() {
        return Ok(Opening::Case);
    }
    let Ok(case_ref) = case_ref.parse() else { return Ok(Opening::Hidden) };
    let lang = ask.lang;
    match ask.app.gateway().people_to_ask_about(&officer.call, &case_ref).await {
        Ok(people) => Ok(Opening::People(Choices {
            people: people.iter().map(|one| person(lang, one)).collect(),
            capacities: choices(Capacity::ALL, |one| {
                (one.number(), lang.pick(words::capacity(one)))
            }),
            checks: choices(IdentityCheck::ALL, |one| {
                (one.number(), lang.pick(words::identity_check(one)))
            }),
            objections: choices(Objection::ALL, |one| {
                (one.number(), lang.pick(words::objection(one)))
            }),
            now: now.to_local_text(),
        })),
        Err(Error::Denied { .. }) => Ok(Opening::Hidden),
        Err(error) => Err(error),
    }
}

fn choices<T: Copy>(all: &[T], of: impl Fn(T) -> (u16, &'static str)) -> Vec<(u16, &'static str)> {
    all.iter().map(|one| of(*one)).collect()
}

fn person(lang: Lang, of: &Candidate) -> Person {
    Person {
        key: of.key.as_str().to_owned(),
        pseudonym: of.subject.to_hex().chars().take(DIGITS).collect(),
        age: lang.pick(words::age_band(of.age_band)),
    }
}

fn row(
    lang: Lang,
    directory: &Directory,
    officer: &Officer,
    of: &RequestView,
    now: Timestamp,
) -> Row {
    let is_own = of.oin.as_str() == officer.oin;
    let term = of.life.term;
    Row {
        href: is_own.then(|| format!("/{}/inzage/{}", lang.tag(), of.id)),
        received: moments::day(lang, term.received_at),
        due: moments::day(lang, term.due_at),
        days_left: moments::days_between(now, term.due_at),
        case_ref: of.case_ref.to_string(),
        capacity: lang.pick(words::capacity(of.capacity)),
        organisation: rows::name(directory, &of.oin),
        badge: badge(lang, of.life.state),
        is_owed: of.life.is_owed(),
        waits: of.closed_at.is_none() && of.report.is_some() && !of.is_approved(),
    }
}

/// Where a request is: a word, a colour and a sign.
pub(in crate::console) const fn badge(lang: Lang, of: RequestState) -> Badge {
    let (class, sign) = match of {
        RequestState::Open => ("b-wait", "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.6"),
        RequestState::Extended => {
            ("b-glass", "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.6")
        }
        RequestState::Reported => ("b-allow", "M4 2.5h6l2.5 2.5v8.5h-8.5zM6 8h4M6 10.5h4"),
        RequestState::Refused => {
            ("b-deny", "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM4 12L12 4")
        }
        RequestState::Closed => ("b-ok", "M3 8.5l3.2 3.2L13 4.8"),
    };
    Badge { class, sign, word: lang.pick(words::state(of)) }
}
