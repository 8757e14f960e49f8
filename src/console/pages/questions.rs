//! Questions to organisations: what waits, what is late, and what was answered.

use askama::Template;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::console::badge::Badge;
use crate::console::door::{Ask, Officer};
use crate::console::forms::refused;
use crate::console::lang::Lang;
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::{moments, rows, words};
use crate::domain::id::{Oin, QuestionId};
use crate::domain::organisation::Role;
use crate::domain::question::QuestionState;
use crate::domain::text::Prose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::questions::{
    Answering, QuestionFilter, QuestionPage, QuestionToPartyRow, QuestionView,
};
use crate::gateway::written::Written;
use crate::gateway::{Directory, Error};

/// Questions in one page.
const PAGE: u32 = 50;

/// The page.
#[derive(Template)]
#[template(path = "questions.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Questions {
    pub(in crate::console) frame: Frame,
    /// Value, word, and whether it is chosen.
    pub(in crate::console) states: Vec<(&'static str, &'static str, bool)>,
    pub(in crate::console) rows: Vec<Shown>,
    /// The page that follows.
    pub(in crate::console) next: Option<String>,
}

/// One question.
pub(in crate::console) struct Shown {
    /// The disclosure that it is about.
    pub(in crate::console) href: String,
    pub(in crate::console) index: i64,
    pub(in crate::console) badge: Badge,
    pub(in crate::console) asker: String,
    pub(in crate::console) user: String,
    pub(in crate::console) asked: String,
    pub(in crate::console) at: String,
    /// None when nobody can answer it any more.
    pub(in crate::console) due: Option<String>,
    /// The entry of the question; none for who may not see it.
    pub(in crate::console) entry: Option<String>,
    pub(in crate::console) text: Written,
    pub(in crate::console) answer: Option<AnswerShown>,
    /// Where the officer answers; none when that is for others, or was done.
    pub(in crate::console) answer_path: Option<String>,
}

/// What was answered.
pub(in crate::console) struct AnswerShown {
    pub(in crate::console) user: String,
    pub(in crate::console) at: String,
    /// The entry of the answer; none for who may not see it.
    pub(in crate::console) entry: Option<String>,
    pub(in crate::console) text: Written,
}

/// Which are wanted, as the address has it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Filters {
    staat: String,
    /// Where the page begins.
    na: String,
}

#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    antwoord: String,
}

pub(in crate::console) async fn questions(
    ask: Ask,
    query: Result<Query<Filters>, QueryRejection>,
) -> Response {
    let officer = match ask.enter_to_review() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let filters = query.ok().and_then(|Query(filters)| Some((filters.read()?, filters)));
    let Some((filter, filters)) = filters else {
        return page::failed(&ask, &officer, &Error::PageToken);
    };
    match ask.app.gateway().questions(&officer.call, filter, PAGE).await {
        Ok(found) => page(StatusCode::OK, &composed(&ask, &officer, &found, &filters)),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

/// Back to the disclosure that the question is about.
pub(in crate::console) async fn answer(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Answered>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let officer = &sent.officer;
    let Ok(question_id) = id.parse() else { return page::failed(&ask, officer, &Error::hidden()) };
    let mut violations = Violations::new();
    let answer: Option<Prose<2000>> = violations.take("antwoord", sent.form.antwoord.parse());
    let answer = match violations.into_result(answer) {
        Ok(Some(answer)) => answer,
        Ok(None) => return page::failed(&ask, officer, &Error::hidden()),
        Err(violations) => return refused(&ask, officer, &violations.into()),
    };
    let request = sent.request("AnswerQuestion");
    let answering = Answering { question_id, answer };
    let encode = |of: &QuestionToPartyRow| of.entry_idx.to_string().into_bytes();
    match ask.app.gateway().answer_question(&officer.call, &request, answering, encode).await {
        Ok(index) => ask.go(&format!("verstrekkingen/{}", String::from_utf8_lossy(&index))),
        Err(error) => refused(&ask, officer, &error),
    }
}

impl Filters {
    /// None: something is not what its field holds.
    fn read(&self) -> Option<QuestionFilter> {
        let state = match self.staat.as_str() {
            "" => 0,
            word => state_of(word)?.number(),
        };
        let before = if self.na.is_empty() { None } else { Some(before(&self.na)?) };
        Some(QuestionFilter { state: state.into(), before })
    }
}

fn composed(ask: &Ask, officer: &Officer, found: &QuestionPage, filters: &Filters) -> Questions {
    let (lang, directory) = (ask.lang, ask.app.gateway().directory());
    let next = found.next.map(|(at, id)| {
        let na = format!("{}.{id}", at.as_micros());
        let query = serde_urlencoded::to_string(Filters { na, ..filters.clone() });
        format!("/{}/vragen?{}", lang.tag(), query.unwrap_or_default())
    });
    let state = |one: &QuestionState| {
        let value = state_word(*one);
        (value, lang.pick(words::question_state(*one)), value == filters.staat)
    };
    Questions {
        frame: ask.frame(Menu::Overview, Some(officer)),
        states: QuestionState::ALL.iter().map(state).collect(),
        rows: found.questions.iter().map(|one| shown(lang, &directory, officer, one)).collect(),
        next,
    }
}

/// A question, as an officer sees it.
pub(super) fn shown(
    lang: Lang,
    directory: &Directory,
    officer: &Officer,
    of: &QuestionView,
) -> Shown {
    let row = &of.row;
    let to = |index: i64| format!("/{}/verstrekkingen/{index}", lang.tag());
    // An entry about no disclosure is for the organisation that acted, and for the region.
    let is_of = |actor: &Oin| officer.role == Role::Oversight || actor.as_str() == officer.oin;
    let is_asked = row.asked_oin.as_str() == officer.oin;
    let is_own =
        row.asker_oin.as_str() == officer.oin && row.asker_user_id.as_str() == officer.user();
    let waits = matches!(of.state, QuestionState::Open | QuestionState::Late);
    let answers = is_asked && !is_own && waits && !of.question.is_changed();
    // What was changed away.
    let none = || "–".to_owned();
    Shown {
        href: to(row.entry_idx),
        index: row.entry_idx,
        badge: badge(lang, of.state),
        asker: rows::name(directory, &row.asker_oin),
        user: row.asker_user_id.to_string(),
        asked: rows::name(directory, &row.asked_oin),
        at: moments::short_moment(lang, row.asked_at),
        due: (of.state != QuestionState::Forgotten)
            .then(|| moments::short_moment(lang, row.due_at)),
        entry: is_of(&row.asker_oin).then(|| to(row.idx)),
        text: of.question.clone(),
        answer: of.answer.as_ref().map(|text| AnswerShown {
            user: row.answer_user_id.as_ref().map_or_else(none, ToString::to_string),
            at: row.answered_at.map_or_else(none, |at| moments::short_moment(lang, at)),
            entry: row.answer_idx.filter(|_| is_of(&row.asked_oin)).map(to),
            text: text.clone(),
        }),
        answer_path: answers
            .then(|| format!("/{}/vragen/{}/antwoord", lang.tag(), row.question_id)),
    }
}

/// Where a question stands: a word, a colour and a sign.
pub(in crate::console) const fn badge(lang: Lang, of: QuestionState) -> Badge {
    let (class, sign) = match of {
        QuestionState::Open => ("b-wait", "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM5 8h6"),
        QuestionState::Late => ("b-glass", "M8 1.6l6.7 12H1.3zM8 6v3.6M8 11.2v1.3"),
        QuestionState::Answered => ("b-allow", "M3 8.5l3.2 3.2L13 4.8"),
        QuestionState::Forgotten => ("b-wait", "M4 4l8 8M12 4l-8 8"),
    };
    Badge { class, sign, word: lang.pick(words::question_state(of)) }
}

/// The words of the address for where a question stands.
const fn state_word(of: QuestionState) -> &'static str {
    match of {
        QuestionState::Open => "open",
        QuestionState::Late => "te-laat",
        QuestionState::Answered => "beantwoord",
        QuestionState::Forgotten => "vergeten",
    }
}

fn state_of(word: &str) -> Option<QuestionState> {
    QuestionState::ALL.iter().copied().find(|one| state_word(*one) == word)
}

fn before(place: &str) -> Option<(Timestamp, QuestionId)> {
    let (at, id) = place.split_once('.')?;
    Some((Timestamp::from_micros(at.parse().ok()?)?, id.parse().ok()?))
}
