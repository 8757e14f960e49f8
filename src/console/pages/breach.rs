//! One incident: whom and what it touched, the 72 hours with draft answers, the proof that the scope is
//! complete, and how the duty to notify was met.

use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::console::badge::Badge;
use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::lang::Lang;
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::rows::Tag;
use crate::console::words::breaches as words;
use crate::console::{moments, rows};
use crate::domain::breach::Notification;
use crate::domain::id::{IncidentId, Oin};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::breaches::completeness::Completeness;
use crate::gateway::breaches::{BreachScope, BreachView, Numbers};
use crate::gateway::reviews::incidents::Incident;
use crate::gateway::{Directory, Error};

use super::breaches::badge;

mod draft;
mod proof;

pub(in crate::console) use draft::Answer;
pub(in crate::console) use proof::Proof;

/// People whose pseudonyms stand on the page.
const PEOPLE: u32 = 100;

/// The page.
#[derive(Template)]
#[template(path = "breach.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Page {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) path: String,
    pub(in crate::console) head: Head,
    /// What was compromised; none for an incident that a review found.
    pub(in crate::console) facts: Option<Facts>,
    /// What the ledger says; none where the officer may not size it.
    pub(in crate::console) scope: Option<Scope>,
    pub(in crate::console) answers: Vec<Answer>,
    /// None while nothing is signed.
    pub(in crate::console) proof: Option<Proof>,
    pub(in crate::console) work: Work,
}

/// The 72 hours.
pub(in crate::console) struct Head {
    pub(in crate::console) badge: Badge,
    pub(in crate::console) cause: &'static str,
    pub(in crate::console) organisation: String,
    pub(in crate::console) aware: String,
    pub(in crate::console) due: String,
    pub(in crate::console) hours_left: i64,
    pub(in crate::console) is_late: bool,
    /// How the duty was met, when, and why so.
    pub(in crate::console) settled: Option<(&'static str, String, Option<String>)>,
    pub(in crate::console) closed: Option<String>,
    /// Path of the review that found it.
    pub(in crate::console) review: Option<String>,
    /// People of an incident that a review found.
    pub(in crate::console) people: usize,
}

/// What was compromised.
pub(in crate::console) struct Facts {
    pub(in crate::console) kind: &'static str,
    pub(in crate::console) what: String,
    pub(in crate::console) from: String,
    pub(in crate::console) until: String,
    pub(in crate::console) detected: String,
    pub(in crate::console) is_encrypted: bool,
    pub(in crate::console) nature: String,
}

/// Whom and what it touched.
pub(in crate::console) struct Scope {
    pub(in crate::console) subjects: String,
    pub(in crate::console) minors: String,
    pub(in crate::console) forgotten: u64,
    pub(in crate::console) records: String,
    /// Entries that were changed in the database; none when none was.
    pub(in crate::console) changed: Option<String>,
    pub(in crate::console) tags: Vec<Tag>,
    pub(in crate::console) is_special: bool,
    pub(in crate::console) recipients: Vec<Recipient>,
    pub(in crate::console) users: Vec<String>,
    /// First and last entry.
    pub(in crate::console) ends: Option<(End, End)>,
    pub(in crate::console) size: String,
    /// Root over every entry of it.
    pub(in crate::console) evidence: Option<String>,
    pub(in crate::console) people: Vec<String>,
    pub(in crate::console) has_more_people: bool,
}

/// An entry, and when it was recorded.
pub(in crate::console) struct End {
    pub(in crate::console) href: String,
    pub(in crate::console) at: String,
}

/// An organisation that received.
pub(in crate::console) struct Recipient {
    pub(in crate::console) name: String,
    pub(in crate::console) oin: String,
    pub(in crate::console) records: String,
    pub(in crate::console) is_outside: bool,
    /// Cases of the summaries that it received, and of how many of them the summary was taken back.
    pub(in crate::console) recalls: Option<(String, String, String)>,
}

/// What can be done now.
pub(in crate::console) struct Work {
    /// When the scope was reported.
    pub(in crate::console) reported: Option<String>,
    pub(in crate::console) may_report: bool,
    pub(in crate::console) may_settle: bool,
    pub(in crate::console) must_say_why: bool,
    /// Value and word.
    pub(in crate::console) notifications: Vec<(u16, &'static str)>,
    pub(in crate::console) closing: Closing,
}

/// Whether the breach can be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Closing {
    /// It is closed, no breach that an officer opened, or another's.
    Never,
    /// When the scope is reported and the notification is settled.
    Later,
    Now,
}

/// All that is known of one incident.
struct Known {
    incident: Incident,
    breach: Option<BreachView>,
    scope: Option<BreachScope>,
}

#[derive(Deserialize)]
struct Settling {
    #[serde(default)]
    melding: i64,
    #[serde(default)]
    reden: String,
}

#[derive(Deserialize)]
struct Ending {}

pub(in crate::console) async fn breach(ask: Ask, Path(id): Path<String>) -> Response {
    let officer = match ask.enter_to_review() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &officer, &Error::hidden()) };
    match gathered(&ask, &officer, id).await {
        Ok(template) => page(StatusCode::OK, &template),
        Err(error) => refused(&ask, &officer, &error),
    }
}

/// The draft of the notification, as text.
pub(in crate::console) async fn notification(ask: Ask, Path(id): Path<String>) -> Response {
    let officer = match ask.enter_to_review() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &officer, &Error::hidden()) };
    match known(&ask, &officer, id).await {
        Ok(known) => match draft::as_text(&answers(&ask, &officer, &known)) {
            written if written.is_empty() => page::failed(&ask, &officer, &Error::hidden()),
            written => text("melding.txt", written),
        },
        Err(error) => refused(&ask, &officer, &error),
    }
}

/// The proof that nothing of the window is missing, as text.
pub(in crate::console) async fn completeness(ask: Ask, Path(id): Path<String>) -> Response {
    let officer = match ask.enter_to_review() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &officer, &Error::hidden()) };
    match proven(&ask, &officer, id).await {
        Ok(Some((about, found))) => {
            text("bewijs.txt", proof::as_text(ask.app.gateway(), about, &found))
        }
        Ok(None) => page::failed(&ask, &officer, &Error::hidden()),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

/// Reports the scope: what the ledger says of the window now.
pub(in crate::console) async fn report(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Ending>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &sent.officer, &Error::hidden()) };
    let reported = ask.app.gateway().breach_scope(&sent.officer.call, id, None, 1).await;
    after(&ask, &sent.officer, id, reported.map(|_scope| Vec::new()))
}

pub(in crate::console) async fn settle(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Settling>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &sent.officer, &Error::hidden()) };
    let how = u16::try_from(sent.form.melding).ok().and_then(Notification::from_number);
    let Some(how) = how else {
        let mut violations = Violations::new();
        violations.add("notification", "UNKNOWN_CODE", "must be one of the codes of this field");
        return refused(&ask, &sent.officer, &violations.into());
    };
    let told = (id, how, sent.form.reden.trim());
    let request = sent.request("RecordBreachNotification");
    let gateway = ask.app.gateway();
    let call = &sent.officer.call;
    let done = gateway.record_breach_notification(call, &request, told, |_| Vec::new()).await;
    after(&ask, &sent.officer, id, done)
}

pub(in crate::console) async fn close(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Ending>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &sent.officer, &Error::hidden()) };
    let request = sent.request("CloseBreach");
    let gateway = ask.app.gateway();
    let done = gateway.close_breach(&sent.officer.call, &request, id, |_| Vec::new()).await;
    after(&ask, &sent.officer, id, done)
}

fn after(ask: &Ask, officer: &Officer, id: IncidentId, done: Result<Vec<u8>, Error>) -> Response {
    match done {
        Ok(_) => ask.go(&format!("datalek/{id}")),
        Err(error) => refused(ask, officer, &error),
    }
}

fn text(name: &str, text: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let plain = "text/plain; charset=utf-8".to_owned();
    ([(CONTENT_TYPE, plain), (CONTENT_DISPOSITION, disposition)], text).into_response()
}

async fn known(ask: &Ask, officer: &Officer, id: IncidentId) -> Result<Known, Error> {
    let gateway = ask.app.gateway();
    let (incident, breach) = gateway.incident(&officer.call, officer.purpose(), id).await?;
    let is_own = incident.row.oin.as_str() == officer.oin;
    let scope = match &breach {
        Some(_) if is_own => {
            Some(gateway.look_at_breach_scope(&officer.call, id, (None, PEOPLE)).await?)
        }
        Some(_) | None => None,
    };
    Ok(Known { incident, breach, scope })
}

/// From when on nothing must be missing with how many entries that were changed, and the proof.
async fn proven(
    ask: &Ask,
    officer: &Officer,
    id: IncidentId,
) -> Result<Option<((Timestamp, Option<u64>), Completeness)>, Error> {
    let known = known(ask, officer, id).await?;
    let from = begin(&known.incident, known.breach.as_ref());
    let numbers = known.scope.as_ref().and_then(|scope| scope.numbers.as_ref());
    let about = (from, numbers.map(|numbers| numbers.changed));
    Ok(ask.app.gateway().completeness(from).await?.map(|found| (about, found)))
}

fn begin(incident: &Incident, breach: Option<&BreachView>) -> Timestamp {
    breach.map_or(incident.row.aware_at, |breach| breach.breach.from)
}

async fn gathered(ask: &Ask, officer: &Officer, id: IncidentId) -> Result<Page, Error> {
    let gateway = ask.app.gateway();
    let known = known(ask, officer, id).await?;
    let from = begin(&known.incident, known.breach.as_ref());
    let completeness = gateway.completeness(from).await?;
    let directory = gateway.directory();
    let lang = ask.lang;
    Ok(Page {
        frame: ask.frame(Menu::Breaches, Some(officer)),
        fresh: ask.fresh(officer),
        path: format!("/{}/datalek/{id}", lang.tag()),
        head: head(ask, &directory, &known),
        facts: known.breach.as_ref().map(|breach| facts(lang, &directory, breach)),
        scope: known.scope.as_ref().and_then(|found| scope(lang, &directory, found)),
        answers: answers(ask, officer, &known),
        proof: completeness.as_ref().map(|found| proof::proof(lang, found)),
        work: work(ask, officer, &known),
    })
}

/// Who notifies, answers: for others there is no draft.
fn answers(ask: &Ask, officer: &Officer, known: &Known) -> Vec<Answer> {
    if known.incident.row.oin.as_str() != officer.oin {
        return Vec::new();
    }
    let directory = ask.app.gateway().directory();
    draft::answers(
        ask.lang,
        &directory,
        &draft::Of {
            officer: officer.user(),
            incident: &known.incident,
            breach: known.breach.as_ref(),
            numbers: known.scope.as_ref().and_then(|scope| scope.numbers.as_ref()),
        },
    )
}

fn head(ask: &Ask, directory: &Directory, of: &Known) -> Head {
    const HOUR: i64 = 3600 * 1_000_000;
    let (lang, row) = (ask.lang, &of.incident.row);
    let left = row.notify_due_at.as_micros() - ask.app.gateway().clock().now().as_micros();
    let settled = of.incident.notification.zip(row.notified_at).map(|(how, at)| {
        (lang.pick(words::notification(how)), moments::moment(lang, at), row.motivation.clone())
    });
    Head {
        badge: badge(lang, &of.incident),
        cause: lang.pick(words::cause(of.incident.cause)),
        organisation: rows::name(directory, &row.oin),
        aware: moments::moment(lang, row.aware_at),
        due: moments::moment(lang, row.notify_due_at),
        hours_left: left.div_euclid(HOUR),
        is_late: of.incident.is_past_due,
        settled,
        closed: of
            .breach
            .as_ref()
            .and_then(|breach| breach.closed_at)
            .map(|at| moments::moment(lang, at)),
        review: row.review_id.map(|id| format!("/{}/noodtoegang/{id}", lang.tag())),
        people: of.incident.subjects.len(),
    }
}

fn facts(lang: Lang, directory: &Directory, of: &BreachView) -> Facts {
    let breach = &of.breach;
    Facts {
        kind: lang.pick(words::kind(breach.compromised.kind())),
        what: draft::compromised(directory, &breach.compromised),
        from: moments::moment(lang, breach.from),
        until: moments::moment(lang, breach.until),
        detected: moments::moment(lang, breach.detected_at),
        is_encrypted: breach.is_encrypted,
        nature: breach.nature.as_str().to_owned(),
    }
}

fn scope(lang: Lang, directory: &Directory, of: &BreachScope) -> Option<Scope> {
    let numbers = of.numbers.as_ref()?;
    let recipient = |(oin, records): (&Oin, &u64)| Recipient {
        name: rows::name(directory, oin),
        oin: oin.to_string(),
        records: lang.number(*records),
        is_outside: numbers.outside_agreement.contains(oin),
        recalls: numbers
            .recalls
            .get(oin)
            .map(|of| (lang.number(of.cases), lang.number(of.sent), lang.number(of.confirmed))),
    };
    let user = |(oin, user): &(Oin, crate::domain::id::UserId)| {
        format!("{user} ({})", rows::name(directory, oin))
    };
    Some(Scope {
        subjects: lang.number(numbers.subjects),
        minors: lang.number(numbers.minors),
        forgotten: numbers.forgotten,
        records: lang.number(numbers.records),
        changed: (numbers.changed > 0).then(|| lang.number(numbers.changed)),
        tags: rows::tags(lang, i64::from(numbers.categories.bits())),
        is_special: numbers.is_special_or_criminal(),
        recipients: numbers.recipients.iter().map(recipient).collect(),
        users: numbers.users.iter().map(user).collect(),
        ends: ends(lang, numbers),
        size: lang.number(u64::try_from(of.tree_size).unwrap_or_default()),
        evidence: numbers.evidence.map(hex::encode),
        people: of.people.iter().map(|person| person.to_hex()).collect(),
        has_more_people: of.next.is_some(),
    })
}

fn ends(lang: Lang, of: &Numbers) -> Option<(End, End)> {
    let ((first, last), (start, end)) = of.range.zip(of.during)?;
    let one = |index: i64, at: Timestamp| End {
        href: format!("/{}/verstrekkingen/{index}", lang.tag()),
        at: moments::moment(lang, at),
    };
    Some((one(first, start), one(last, end)))
}

fn work(ask: &Ask, officer: &Officer, of: &Known) -> Work {
    let is_own = of.incident.row.oin.as_str() == officer.oin;
    let is_settled = of.incident.row.notified_at.is_some();
    let is_open = of.breach.as_ref().is_some_and(|breach| breach.closed_at.is_none());
    let notification =
        |one: &Notification| (one.number(), ask.lang.pick(words::notification(*one)));
    let reported = of.breach.as_ref().and_then(|breach| breach.reported_at);
    Work {
        reported: reported.map(|at| moments::moment(ask.lang, at)),
        may_report: is_own && is_open && reported.is_none(),
        may_settle: is_own && !is_settled,
        must_say_why: of.incident.is_past_due,
        notifications: Notification::ALL.iter().map(notification).collect(),
        closing: match (is_own && is_open, is_settled && reported.is_some()) {
            (false, _) => Closing::Never,
            (true, false) => Closing::Later,
            (true, true) => Closing::Now,
        },
    }
}
