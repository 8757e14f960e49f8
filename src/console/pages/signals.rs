//! What in the ledger deserves a look, and what each rule was worth so far.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::console::badge::Badge;
use crate::console::door::{Ask, Officer};
use crate::console::lang::Lang;
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::words::signals as words;
use crate::console::{moments, rows};
use crate::domain::id::SignalId;
use crate::domain::signal::{SignalRule, SignalState};
use crate::domain::time::Timestamp;
use crate::gateway::signals::{Detector, SignalFilter, SignalView};
use crate::gateway::{Directory, Error};

/// Signals in one page.
const PAGE: u32 = 50;
/// From this score on, a row is marked.
const HEAVY: i64 = 80;

/// The page.
#[derive(Template)]
#[template(path = "signals.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Signals {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) filters: Filters,
    /// To choose from: value, word, whether it was chosen.
    pub(in crate::console) states: Vec<(&'static str, &'static str, bool)>,
    pub(in crate::console) rules: Vec<(&'static str, &'static str, bool)>,
    pub(in crate::console) action: String,
    /// None: a field of the question cannot be read.
    pub(in crate::console) rows: Option<Vec<Row>>,
    /// Address of the page that follows, where there is one.
    pub(in crate::console) next: Option<String>,
    pub(in crate::console) detectors: Vec<DetectorRow>,
}

/// One signal.
pub(in crate::console) struct Row {
    pub(in crate::console) class: &'static str,
    pub(in crate::console) href: String,
    /// None: no rule gave one.
    pub(in crate::console) score: Option<i64>,
    pub(in crate::console) rule: &'static str,
    pub(in crate::console) sentence: String,
    pub(in crate::console) organisation: String,
    pub(in crate::console) user: Option<String>,
    pub(in crate::console) entries: String,
    pub(in crate::console) found: String,
    pub(in crate::console) machine: String,
    pub(in crate::console) badge: Badge,
}

/// What a rule was worth.
pub(in crate::console) struct DetectorRow {
    pub(in crate::console) rule: &'static str,
    pub(in crate::console) href: String,
    pub(in crate::console) open: String,
    pub(in crate::console) explained: String,
    pub(in crate::console) incidents: String,
    pub(in crate::console) suppressed: String,
    /// Incidents among those that were judged, in percent; none while nothing was judged.
    pub(in crate::console) precision: Option<u64>,
}

/// The question. An empty field asks nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Filters {
    /// A state; open, where none is chosen.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) staat: String,
    /// The least score.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) min: String,
    /// A rule.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) soort: String,
    /// The last signal of the page before: when it was found, and which it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) na: String,
}

pub(in crate::console) async fn signals(
    ask: Ask,
    query: Result<Query<Filters>, QueryRejection>,
) -> Response {
    let officer = match ask.enter_to_review() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(Query(filters)) = query else { return page::failed(&ask, &officer, &Error::PageToken) };
    match gathered(&ask, &officer, filters).await {
        Ok(template) => {
            let readable = template.rows.is_some();
            page(if readable { StatusCode::OK } else { StatusCode::BAD_REQUEST }, &template)
        }
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

async fn gathered(ask: &Ask, officer: &Officer, filters: Filters) -> Result<Signals, Error> {
    let (lang, gateway) = (ask.lang, ask.app.gateway());
    let found = match filters.read(officer) {
        Some(filter) => Some(gateway.signals(&officer.call, &filter, PAGE).await?),
        None => None,
    };
    let detectors = gateway.detectors(&officer.call).await?;
    let directory = gateway.directory();
    let last = found
        .as_ref()
        .filter(|found| u32::try_from(found.len()) == Ok(PAGE))
        .and_then(|all| all.last());
    let next = last.map(|last| Filters { na: after(last), ..filters.clone() }.address(lang));
    Ok(Signals {
        frame: ask.frame(Menu::Signals, Some(officer)),
        states: states(lang, &filters),
        rules: rules(lang, &filters),
        action: format!("/{}/signalen", lang.tag()),
        rows: found.map(|found| found.iter().map(|one| row(lang, &directory, one)).collect()),
        next,
        detectors: detectors.iter().map(|one| detector(lang, one)).collect(),
        filters,
    })
}

impl Filters {
    /// None: something is not what its field holds.
    fn read(&self, officer: &Officer) -> Option<SignalFilter> {
        let state = if self.staat.is_empty() { SignalState::Open } else { state_of(&self.staat)? };
        let rule = match self.soort.as_str() {
            "" => 0,
            word => word.parse::<SignalRule>().ok()?.number(),
        };
        let score_min = if self.min.is_empty() { 0 } else { self.min.parse().ok()? };
        Some(SignalFilter {
            purpose: officer.purpose(),
            state: state.number().into(),
            rule: rule.into(),
            score_min: Some(score_min).filter(|score| *score <= 100)?,
            before: if self.na.is_empty() { None } else { Some(before(&self.na)?) },
        })
    }

    fn address(&self, lang: Lang) -> String {
        let query = serde_urlencoded::to_string(self).unwrap_or_default();
        format!("/{}/signalen?{query}", lang.tag())
    }
}

/// Where the page that follows a signal begins.
fn after(last: &SignalView) -> String {
    format!("{}.{}", last.row.found_at.as_micros(), last.row.signal_id)
}

fn before(place: &str) -> Option<(Timestamp, SignalId)> {
    let (at, id) = place.split_once('.')?;
    Some((Timestamp::from_micros(at.parse().ok()?)?, id.parse().ok()?))
}

/// The words of the address for where a signal stands.
const fn state_word(of: SignalState) -> &'static str {
    match of {
        SignalState::Open => "open",
        SignalState::Explained => "verklaard",
        SignalState::Incident => "incident",
        SignalState::Suppressed => "onderdrukt",
    }
}

fn state_of(word: &str) -> Option<SignalState> {
    SignalState::ALL.iter().copied().find(|one| state_word(*one) == word)
}

fn states(lang: Lang, filters: &Filters) -> Vec<(&'static str, &'static str, bool)> {
    let choice = |one: &SignalState| {
        let value = state_word(*one);
        (value, lang.pick(words::state(*one)), value == filters.staat)
    };
    SignalState::ALL.iter().map(choice).collect()
}

fn rules(lang: Lang, filters: &Filters) -> Vec<(&'static str, &'static str, bool)> {
    let choice = |one: &SignalRule| {
        (one.as_str(), lang.pick(words::rule(*one)), one.as_str() == filters.soort)
    };
    SignalRule::ALL.iter().map(choice).collect()
}

fn row(lang: Lang, directory: &Directory, of: &SignalView) -> Row {
    let row = &of.row;
    Row {
        class: if row.score >= HEAVY { "is-deny" } else { "" },
        href: format!("/{}/signalen/{}", lang.tag(), row.signal_id),
        score: row.rule.is_detector().then_some(row.score),
        rule: lang.pick(words::rule(row.rule)),
        sentence: sentence(lang, of),
        organisation: rows::name(directory, &row.oin),
        user: row.user_id.as_ref().map(ToString::to_string),
        entries: lang.number(u64::try_from(row.entry_count).unwrap_or_default()),
        found: moments::short_moment(lang, row.found_at),
        machine: moments::machine(row.found_at),
        badge: badge(lang, row.state),
    }
}

/// What was seen, in one sentence.
pub(super) fn sentence(lang: Lang, of: &SignalView) -> String {
    let seen = of.factors.first().map_or(0, |factor| factor.seen);
    words::sentence(lang, of.row.rule, seen)
}

/// Where a signal stands: a word, a colour and a sign.
pub(in crate::console) const fn badge(lang: Lang, of: SignalState) -> Badge {
    let (class, sign) = match of {
        SignalState::Open => ("b-glass", "M8 1.6l6.7 12H1.3zM8 6v3.6M8 11.2v1.3"),
        SignalState::Explained => ("b-allow", "M3 8.5l3.2 3.2L13 4.8"),
        SignalState::Incident => {
            ("b-deny", "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.6M8 10.6v.8")
        }
        SignalState::Suppressed => ("b-wait", "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM5 8h6"),
    };
    Badge { class, sign, word: lang.pick(words::state(of)) }
}

fn detector(lang: Lang, of: &Detector) -> DetectorRow {
    let of_rule = Filters { soort: of.rule.as_str().to_owned(), ..Filters::default() };
    DetectorRow {
        rule: lang.pick(words::rule(of.rule)),
        href: of_rule.address(lang),
        open: lang.number(of.open),
        explained: lang.number(of.explained),
        incidents: lang.number(of.incidents),
        suppressed: lang.number(of.suppressed),
        precision: (of.incidents * 100).checked_div(of.incidents + of.explained + of.suppressed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_where_the_one_before_ended() {
        let id: SignalId = "0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11".parse().unwrap();
        let at: Timestamp = "2026-03-12T11:00:00Z".parse().unwrap();
        assert_eq!(before(&format!("{}.{id}", at.as_micros())), Some((at, id)));
        for wrong in ["", "1", "x.0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11", "1.x"] {
            assert_eq!(before(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_rule_is_worth_what_it_found_among_what_was_judged() {
        let of = |incidents, explained, suppressed| {
            let rule = SignalRule::Denials;
            detector(Lang::Nl, &Detector { rule, open: 5, explained, incidents, suppressed })
        };
        assert_eq!(of(0, 0, 0).precision, None);
        assert_eq!(of(1, 2, 1).precision, Some(25));
        assert_eq!(of(1, 2, 1).href, "/nl/signalen?soort=DENIALS");
    }

    #[test]
    fn a_state_is_read_as_it_is_written() {
        for state in SignalState::ALL.iter().copied() {
            assert_eq!(state_of(state_word(state)), Some(state));
        }
        assert_eq!(state_of("gesloten"), None);
    }
}
