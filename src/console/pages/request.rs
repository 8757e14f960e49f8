//! One request of a data subject: who asks, what is decided, until when, and its steps.

use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::console::badge::Badge;
use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::menu::Menu;
use crate::console::moments;
use crate::console::page::{self, Frame, page};
use crate::console::words::requests as words;
use crate::domain::id::SubjectRequestId;
use crate::domain::subject_request::{Ending, Particulars, PreparedReport, RequestState};
use crate::domain::violation::Violations;
use crate::gateway::Error;
use crate::gateway::subject_requests::looking::RequestLook;

use super::requests::{DIGITS, badge};

pub(in crate::console) mod report;

/// The page.
#[derive(Template)]
#[template(path = "request.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Page {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) path: String,
    pub(in crate::console) head: Head,
    /// What was written down when it came in; none when the person was forgotten.
    pub(in crate::console) weighed: Option<Weighed>,
    pub(in crate::console) steps: Steps,
}

/// Where the request is.
pub(in crate::console) struct Head {
    pub(in crate::console) badge: Badge,
    pub(in crate::console) case_ref: String,
    /// The first digits.
    pub(in crate::console) pseudonym: String,
    pub(in crate::console) capacity: &'static str,
    pub(in crate::console) is_mandated: bool,
    pub(in crate::console) received: String,
    pub(in crate::console) due: String,
    pub(in crate::console) days_left: i64,
    pub(in crate::console) is_owed: bool,
    pub(in crate::console) reported: Option<String>,
    pub(in crate::console) closed: Option<String>,
    pub(in crate::console) ending: Option<&'static str>,
    /// What was decided, or would be now.
    pub(in crate::console) verdict: &'static str,
    pub(in crate::console) is_given: bool,
    /// What was decided when it came in, where that is something else.
    pub(in crate::console) was: Option<&'static str>,
}

/// What was weighed.
pub(in crate::console) struct Weighed {
    pub(in crate::console) identity: &'static str,
    pub(in crate::console) mandate: Option<String>,
    pub(in crate::console) objection: Option<(&'static str, String)>,
    pub(in crate::console) reporter: Option<String>,
    pub(in crate::console) extension: Option<String>,
}

/// What can be done now.
pub(in crate::console) struct Steps {
    pub(in crate::console) may_extend: bool,
    pub(in crate::console) may_report: bool,
    /// Where its report is; none while nothing was prepared.
    pub(in crate::console) report: Option<Prepared>,
    /// Whether another officer approves it.
    pub(in crate::console) needs_second: bool,
    /// How it can end: value and word.
    pub(in crate::console) endings: Vec<(u16, &'static str)>,
}

/// A report that was prepared.
pub(in crate::console) struct Prepared {
    pub(in crate::console) by: String,
    pub(in crate::console) at: String,
    /// This officer prepared it.
    pub(in crate::console) is_own: bool,
    pub(in crate::console) told: String,
    pub(in crate::console) withheld: String,
    /// Entries that are held back because they were changed.
    pub(in crate::console) changed: usize,
    pub(in crate::console) size: String,
    /// By whom and when it was approved.
    pub(in crate::console) approved: Option<(String, String)>,
}

#[derive(Deserialize)]
struct Extending {
    #[serde(default)]
    reden: String,
}

#[derive(Deserialize)]
struct Closing {
    #[serde(default)]
    afloop: i64,
}

pub(in crate::console) async fn request(ask: Ask, Path(id): Path<String>) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &officer, &Error::hidden()) };
    match ask.app.gateway().subject_request(&officer.call, id).await {
        Ok(look) => page(StatusCode::OK, &composed(&ask, &officer, &look)),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

pub(in crate::console) async fn extend(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Extending>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &sent.officer, &Error::hidden()) };
    let asked = (id, sent.form.reden.trim());
    let step = sent.request("ExtendSubjectRequest");
    let gateway = ask.app.gateway();
    let call = &sent.officer.call;
    let done = gateway.extend_subject_request(call, &step, asked, |_| Vec::new()).await;
    after(&ask, &sent.officer, id, done)
}

pub(in crate::console) async fn close(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Closing>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &sent.officer, &Error::hidden()) };
    let ending = u16::try_from(sent.form.afloop).ok().and_then(Ending::from_number);
    let Some(ending) = ending else {
        let mut violations = Violations::new();
        violations.add("ending", "UNKNOWN_CODE", "must be one of the codes of this field");
        return refused(&ask, &sent.officer, &violations.into());
    };
    let step = sent.request("CloseSubjectRequest");
    let gateway = ask.app.gateway();
    let call = &sent.officer.call;
    let done = gateway.close_subject_request(call, &step, (id, ending), |_| Vec::new()).await;
    after(&ask, &sent.officer, id, done)
}

fn after(
    ask: &Ask,
    officer: &Officer,
    id: SubjectRequestId,
    done: Result<Vec<u8>, Error>,
) -> Response {
    match done {
        Ok(_) => ask.go(&format!("inzage/{id}")),
        Err(error) => refused(ask, officer, &error),
    }
}

fn composed(ask: &Ask, officer: &Officer, of: &RequestLook) -> Page {
    let lang = ask.lang;
    Page {
        frame: ask.frame(Menu::Requests, Some(officer)),
        fresh: ask.fresh(officer),
        path: format!("/{}/inzage/{}", lang.tag(), of.view.id),
        head: head(ask, of),
        weighed: of.particulars.as_ref().map(|one| weighed(ask, one)),
        steps: steps(ask, officer, of),
    }
}

fn head(ask: &Ask, of: &RequestLook) -> Head {
    let lang = ask.lang;
    let (view, life) = (&of.view, &of.view.life);
    let is_closed = life.state == RequestState::Closed;
    let verdict = if is_closed { life.verdict } else { of.verdict };
    Head {
        badge: badge(lang, life.state),
        case_ref: view.case_ref.to_string(),
        pseudonym: of.subject.to_hex().chars().take(DIGITS).collect(),
        capacity: lang.pick(words::capacity(view.capacity)),
        is_mandated: view.is_mandated,
        received: moments::moment(lang, life.term.received_at),
        due: moments::day(lang, life.term.due_at),
        days_left: moments::days_between(ask.app.gateway().clock().now(), life.term.due_at),
        is_owed: life.is_owed(),
        reported: view.reported_at.map(|at| moments::moment(lang, at)),
        closed: view.closed_at.map(|at| moments::moment(lang, at)),
        ending: life.ending.map(|ending| lang.pick(words::ending(ending))),
        verdict: lang.pick(words::verdict(verdict)),
        is_given: verdict.is_given(),
        was: (life.verdict != verdict).then(|| lang.pick(words::verdict(life.verdict))),
    }
}

fn weighed(ask: &Ask, of: &Particulars) -> Weighed {
    let lang = ask.lang;
    let text = |text: &str| text.to_owned();
    Weighed {
        identity: lang.pick(words::identity_check(of.identity_check)),
        mandate: of.mandate_ref.as_ref().map(|one| text(one.as_str())),
        objection: of
            .objection
            .as_ref()
            .map(|one| (lang.pick(words::objection(one.objection)), text(one.motivation.as_str()))),
        reporter: of.withhold_reporter.as_ref().map(|one| text(one.as_str())),
        extension: of.extension.as_ref().map(|one| text(one.as_str())),
    }
}

fn steps(ask: &Ask, officer: &Officer, of: &RequestLook) -> Steps {
    let (life, now) = (of.view.life, ask.app.gateway().clock().now());
    let given = |ending: &Ending| *ending != Ending::Answered || of.view.is_approved();
    let fits = |ending: &Ending| {
        given(ending) && life.close(*ending, of.verdict, of.view.is_approved()).is_ok()
    };
    let endings = Ending::ALL.iter().copied().filter(fits);
    Steps {
        may_extend: life.extend(now).is_ok(),
        may_report: life.report(of.verdict).is_ok(),
        report: of.view.report.as_ref().map(|report| prepared(ask, officer, report)),
        needs_second: ask.app.gateway().directory().policy.subject_request.second_approval,
        endings: endings.map(|one| (one.number(), ask.lang.pick(words::ending(one)))).collect(),
    }
}

fn prepared(ask: &Ask, officer: &Officer, of: &PreparedReport) -> Prepared {
    let lang = ask.lang;
    let number = |count: u64| lang.number(count);
    let approved = of.approval.as_ref();
    Prepared {
        by: of.prepared_by.to_string(),
        at: moments::moment(lang, of.prepared_at),
        is_own: of.prepared_by.is_same_employee(officer.user()),
        told: number(of.told),
        withheld: number(u64::try_from(of.withheld.len()).unwrap_or_default()),
        changed: of.changed.len(),
        size: number(u64::try_from(of.tree_size).unwrap_or_default()),
        approved: approved.map(|one| (one.by.to_string(), moments::moment(lang, one.at))),
    }
}
