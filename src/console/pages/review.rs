//! One emergency: what was declared, what was shared, who judges, and the officer's own verdict. What
//! another reviewer said is shown when the gateway shows it.

use std::time::Duration;

use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::console::badge::Badge;
use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::rows::{self, Row, Tag};
use crate::console::words::emergencies as words;
use crate::console::{moments, words as codes};
use crate::domain::id::{Oin, ReviewId, UserId};
use crate::domain::review::{
    InformationText, JudgementDraft, NotReviewer, ReviewState, Seat, Verdict,
};
use crate::domain::violation::Violations;
use crate::gateway::disclosures::SearchDraft;
use crate::gateway::reviews::look::{Opened, OpenedInformation, OpenedVote};
use crate::gateway::written::Written;
use crate::gateway::{Directory, Error};

use super::reviews::badge;

mod told;

pub(in crate::console) use told::Told;

/// Entries of the disclosure that are shown: a family of twenty, each with what was asked and given.
const ENTRIES: u32 = 100;
/// How far the entries of one act lie from its declaration.
const AROUND: Duration = Duration::from_hours(24);

/// The page.
#[derive(Template)]
#[template(path = "review.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Page {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) path: String,
    pub(in crate::console) head: Head,
    /// None when one of the people was forgotten.
    pub(in crate::console) told: Option<Told>,
    /// What was shared and written down.
    pub(in crate::console) rows: Vec<Row>,
    pub(in crate::console) seats: Vec<SeatRow>,
    pub(in crate::console) votes: Vec<VoteRow>,
    /// Verdicts that the officer may not see yet.
    pub(in crate::console) hidden: usize,
    pub(in crate::console) answers: Vec<AnswerRow>,
    pub(in crate::console) work: Work,
    /// Path of the incident that it opened.
    pub(in crate::console) incident: Option<String>,
}

/// Who did what, and by when it is judged.
pub(in crate::console) struct Head {
    pub(in crate::console) declared: String,
    pub(in crate::console) due: String,
    pub(in crate::console) closed: Option<String>,
    pub(in crate::console) is_overdue: bool,
    pub(in crate::console) badge: Badge,
    pub(in crate::console) user: String,
    pub(in crate::console) declared_for: Option<String>,
    pub(in crate::console) consulted: Option<String>,
    pub(in crate::console) discloser: String,
    pub(in crate::console) recipient: String,
    pub(in crate::console) case_ref: String,
    pub(in crate::console) cause: &'static str,
    pub(in crate::console) basis: &'static str,
    pub(in crate::console) purpose: &'static str,
    pub(in crate::console) tags: Vec<Tag>,
    pub(in crate::console) people: usize,
    pub(in crate::console) is_override: bool,
    pub(in crate::console) expires: String,
    pub(in crate::console) is_disputed: bool,
}

/// A seat, and who took it.
pub(in crate::console) struct SeatRow {
    pub(in crate::console) word: &'static str,
    /// Who, of which organisation, when.
    pub(in crate::console) taken: Option<(String, String, String)>,
    pub(in crate::console) is_judged: bool,
}

/// A verdict or question that the officer may see.
pub(in crate::console) struct VoteRow {
    pub(in crate::console) user: String,
    pub(in crate::console) organisation: String,
    pub(in crate::console) seat: Option<&'static str>,
    pub(in crate::console) word: &'static str,
    pub(in crate::console) at: String,
    pub(in crate::console) text: Written,
    pub(in crate::console) is_own: bool,
    pub(in crate::console) href: String,
}

/// What the disclosing organisation answered.
pub(in crate::console) struct AnswerRow {
    pub(in crate::console) user: String,
    pub(in crate::console) organisation: String,
    pub(in crate::console) at: String,
    pub(in crate::console) text: Written,
    pub(in crate::console) href: String,
}

/// What the officer can do here.
pub(in crate::console) struct Work {
    /// As what the officer may judge.
    pub(in crate::console) seat: Option<&'static str>,
    /// Why not.
    pub(in crate::console) why_not: Option<&'static str>,
    /// Nobody else and not the officer took that seat.
    pub(in crate::console) may_take: bool,
    pub(in crate::console) may_answer: bool,
    pub(in crate::console) choices: Vec<Choice>,
}

/// A verdict to choose.
pub(in crate::console) struct Choice {
    pub(in crate::console) value: u16,
    pub(in crate::console) word: &'static str,
    pub(in crate::console) consequence: &'static str,
}

/// A seat is taken: nothing to fill in.
#[derive(Deserialize)]
struct Taking {}

#[derive(Deserialize)]
struct Judging {
    #[serde(default)]
    oordeel: i32,
    #[serde(default)]
    motivering: String,
}

#[derive(Deserialize)]
struct Answering {
    #[serde(default)]
    antwoord: String,
}

pub(in crate::console) async fn review(ask: Ask, Path(id): Path<String>) -> Response {
    let officer = match ask.enter_to_review() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &officer, &Error::hidden()) };
    shown(&ask, &officer, id, StatusCode::OK).await
}

pub(in crate::console) async fn take(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Taking>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &sent.officer, &Error::hidden()) };
    let request = sent.request("TakeReview");
    let done = ask.app.gateway().take_review(&sent.officer.call, &request, id, |_| Vec::new());
    after(&ask, &sent.officer, id, done.await).await
}

pub(in crate::console) async fn decide(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Judging>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &sent.officer, &Error::hidden()) };
    let Judging { oordeel: verdict, motivering: motivation } = &sent.form;
    let draft = JudgementDraft { verdict: *verdict, motivation: motivation.clone() };
    let judgement = match draft.parse() {
        Ok(judgement) => judgement,
        Err(violations) => return refused(&ask, &sent.officer, &violations.into()),
    };
    let request = sent.request("DecideReview");
    let gateway = ask.app.gateway();
    let call = &sent.officer.call;
    let done = gateway.decide_review(call, &request, (id, judgement), |_| Vec::new());
    after(&ask, &sent.officer, id, done.await).await
}

pub(in crate::console) async fn inform(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Answering>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &sent.officer, &Error::hidden()) };
    let mut violations = Violations::new();
    let text: Option<InformationText> = violations.take("text", sent.form.antwoord.parse());
    let text = match violations.into_result(text) {
        Ok(Some(text)) => text,
        Ok(None) => return page::failed(&ask, &sent.officer, &Error::hidden()),
        Err(violations) => return refused(&ask, &sent.officer, &violations.into()),
    };
    let request = sent.request("ProvideReviewInformation");
    let gateway = ask.app.gateway();
    let call = &sent.officer.call;
    let done = gateway.provide_review_information(call, &request, (id, text), |_| Vec::new());
    after(&ask, &sent.officer, id, done.await).await
}

/// Back to the review. Who may not do this reads on it why.
async fn after(
    ask: &Ask,
    officer: &Officer,
    id: ReviewId,
    done: Result<Vec<u8>, Error>,
) -> Response {
    match done {
        Ok(_) => ask.go(&format!("noodtoegang/{id}")),
        Err(Error::Denied { reason: Some(_) }) => {
            shown(ask, officer, id, StatusCode::FORBIDDEN).await
        }
        Err(error) => refused(ask, officer, &error),
    }
}

async fn shown(ask: &Ask, officer: &Officer, id: ReviewId, status: StatusCode) -> Response {
    match gathered(ask, officer, id).await {
        Ok(template) => page(status, &template),
        Err(error) => page::failed(ask, officer, &error),
    }
}

async fn gathered(ask: &Ask, officer: &Officer, id: ReviewId) -> Result<Page, Error> {
    let gateway = ask.app.gateway();
    let opened = gateway.review(&officer.call, officer.purpose(), id).await?;
    let review = &opened.overview.row;
    let draft = SearchDraft {
        purpose: officer.purpose(),
        group_id: review.group_id.to_string(),
        from: Some(review.declared_at.minus(AROUND)),
        until: Some(review.declared_at.plus(AROUND)),
        ..SearchDraft::default()
    };
    let entries = gateway.search_disclosures(&officer.call, draft, None, ENTRIES).await?.entries;
    let directory = gateway.directory();
    let lang = ask.lang;
    Ok(Page {
        frame: ask.frame(Menu::Emergencies, Some(officer)),
        fresh: ask.fresh(officer),
        path: format!("/{}/noodtoegang/{id}", lang.tag()),
        head: head(lang, &directory, &opened),
        told: opened.declared.as_ref().map(|declared| told::told(lang, declared)),
        rows: rows::rows(lang, &directory, &entries, ""),
        seats: seats(lang, &directory, &opened),
        votes: opened.votes.iter().map(|one| vote(lang, &directory, officer, one)).collect(),
        hidden: opened.hidden_verdicts,
        answers: opened.information.iter().map(|one| answer(lang, &directory, one)).collect(),
        work: work(lang, officer, &opened),
        incident: opened
            .incident
            .as_ref()
            .map(|incident| format!("/{}/datalek/{}", lang.tag(), incident.row.incident_id)),
    })
}

fn head(lang: Lang, directory: &Directory, of: &Opened) -> Head {
    let (review, overview) = (&of.overview.row, &of.overview);
    Head {
        declared: moments::moment(lang, review.declared_at),
        due: moments::moment(lang, review.due_at),
        closed: review.closed_at.map(|at| moments::moment(lang, at)),
        is_overdue: overview.is_overdue,
        badge: badge(lang, overview.state),
        user: review.declared_by.to_string(),
        declared_for: review.declared_for.as_ref().map(ToString::to_string),
        consulted: review.consulted.as_ref().map(ToString::to_string),
        discloser: rows::name(directory, &review.discloser_oin),
        recipient: rows::name(directory, &review.recipient_oin),
        case_ref: review.case_ref.to_string(),
        cause: lang.pick(codes::cause(overview.cause)),
        basis: lang.pick(codes::basis(overview.basis)),
        purpose: lang.pick(codes::purpose(overview.purpose)),
        tags: rows::tags(lang, review.categories),
        people: of.subjects.len(),
        is_override: review.is_override != 0,
        expires: moments::moment(lang, review.expires_at),
        is_disputed: overview.state == ReviewState::Disputed,
    }
}

/// The seats that are filled or wait, in their order. That one is filled tells nothing of the verdict.
fn seats(lang: Lang, directory: &Directory, of: &Opened) -> Vec<SeatRow> {
    let assigned = |seat: Seat| of.assignments.iter().find(|one| one.seat == seat);
    let is_known = |seat: Seat| of.open_seats.contains(&seat) || assigned(seat).is_some();
    let voted = |seat: Seat| of.votes.iter().any(|vote| vote.seat == Some(seat));
    let known = Seat::ALL.iter().copied().filter(|seat| is_known(*seat) || voted(*seat));
    let row = |seat: Seat| SeatRow {
        word: lang.pick(words::seat(seat)),
        taken: assigned(seat).map(|one| {
            let at = moments::brief(lang, one.at);
            (one.user_id.to_string(), rows::name(directory, &one.oin), at)
        }),
        is_judged: !of.open_seats.contains(&seat),
    };
    known.map(row).collect()
}

fn vote(lang: Lang, directory: &Directory, officer: &Officer, of: &OpenedVote) -> VoteRow {
    VoteRow {
        user: of.user_id.to_string(),
        organisation: rows::name(directory, &of.oin),
        seat: of.seat.map(|seat| lang.pick(words::seat(seat))),
        word: lang.pick(words::verdict(of.verdict)),
        at: moments::brief(lang, of.at),
        text: of.motivation.clone(),
        is_own: is(officer, &of.oin, &of.user_id),
        href: format!("/{}/verstrekkingen/{}", lang.tag(), of.idx),
    }
}

fn answer(lang: Lang, directory: &Directory, of: &OpenedInformation) -> AnswerRow {
    AnswerRow {
        user: of.user_id.to_string(),
        organisation: rows::name(directory, &of.oin),
        at: moments::brief(lang, of.at),
        text: of.text.clone(),
        href: format!("/{}/verstrekkingen/{}", lang.tag(), of.idx),
    }
}

fn work(lang: Lang, officer: &Officer, of: &Opened) -> Work {
    let taken_by_me = |seat: Seat| {
        let mut taken = of.assignments.iter().filter(|one| one.seat == seat);
        taken.any(|one| is(officer, &one.oin, &one.user_id))
    };
    let spoke = of.votes.iter().any(|vote| is(officer, &vote.oin, &vote.user_id));
    let seat = of.seat.as_ref().ok().copied();
    let why_not = of.seat.as_ref().err().map(|why| lang.pick(why_not(*why, of)));
    Work {
        seat: seat.map(|seat| lang.pick(words::seat(seat))),
        why_not,
        may_take: seat.is_some_and(|seat| !taken_by_me(seat)),
        may_answer: of.overview.state == ReviewState::Questioned
            && of.overview.row.discloser_oin.as_str() == officer.oin
            && !spoke,
        choices: CHOICES.iter().map(|one| choice(lang, *one)).collect(),
    }
}

/// A closed review is closed for everybody, whatever else would stand in the way.
fn why_not(why: NotReviewer, of: &Opened) -> Words {
    if of.overview.state.is_closed() && why == NotReviewer::NothingLeft {
        return Words("De beoordeling is afgerond.", "The review is closed.");
    }
    words::not_reviewer(why)
}

/// In the order in which they are offered.
const CHOICES: [Verdict; 4] = [
    Verdict::Justified,
    Verdict::JustifiedWithRemark,
    Verdict::MoreInformation,
    Verdict::NotJustified,
];

const fn choice(lang: Lang, of: Verdict) -> Choice {
    Choice {
        value: of.number(),
        word: lang.pick(words::verdict(of)),
        consequence: lang.pick(words::consequence(of)),
    }
}

fn is(officer: &Officer, oin: &Oin, user_id: &UserId) -> bool {
    officer.oin == oin.as_str() && officer.user() == user_id.as_str()
}
