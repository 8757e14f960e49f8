//! The officer's own looks and exports: what was looked at, for which purpose, on which occasion.

use std::time::Duration;

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::console::door::{Ask, Officer};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::{moments, rows, words};
use crate::domain::event::EventCode;
use crate::domain::time::{Date, Timestamp};
use crate::gateway::disclosures::{Looked, PageStart};
use crate::gateway::own_looks::LookNote;

/// Entries in one page.
const PAGE: u32 = 50;
const DAY: Duration = Duration::from_hours(24);
const SECOND: Duration = Duration::from_secs(1);

/// The page.
#[derive(Template)]
#[template(path = "own_log.html", config = "src/console/askama.toml")]
pub(in crate::console) struct OwnLog {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) period: Period,
    /// None: the period cannot be read.
    pub(in crate::console) looks: Option<Vec<Look>>,
    /// Address of the page that follows, where there is one.
    pub(in crate::console) next: Option<String>,
}

/// One look.
pub(in crate::console) struct Look {
    /// The day, where another one begins with this row.
    pub(in crate::console) day: Option<String>,
    pub(in crate::console) time: String,
    pub(in crate::console) machine: String,
    pub(in crate::console) index: i64,
    pub(in crate::console) event: &'static str,
    pub(in crate::console) what: String,
    pub(in crate::console) purpose: Option<&'static str>,
    pub(in crate::console) occasion: Option<&'static str>,
}

/// The period, as the address holds it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Period {
    pub(in crate::console) van: String,
    pub(in crate::console) tot: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) stand: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) na: String,
}

pub(in crate::console) async fn own_log(
    ask: Ask,
    query: Result<Query<Period>, QueryRejection>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let mut period = query.map(|Query(period)| period).unwrap_or_default();
    period.fill(ask.app.gateway().clock().now(), ask.settings(&officer).days);
    let Some((bounds, start)) = period.read() else {
        let template = composed(&ask, &officer, period, None, None);
        return page(StatusCode::BAD_REQUEST, &template);
    };
    let gateway = ask.app.gateway();
    match gateway.own_looks(&officer.call, officer.purpose(), bounds, (start, PAGE)).await {
        Ok(found) => {
            let next = found.next_after.map(|after| {
                let (stand, na) = (found.tree_size.to_string(), after.to_string());
                let next = Period { stand, na, ..period.clone() };
                let query = serde_urlencoded::to_string(next).unwrap_or_default();
                format!("/{}/mijn-logboek?{query}", ask.lang.tag())
            });
            let looks = looks(ask.lang, &found.entries);
            page(StatusCode::OK, &composed(&ask, &officer, period, Some(looks), next))
        }
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

fn composed(
    ask: &Ask,
    officer: &Officer,
    period: Period,
    looks: Option<Vec<Look>>,
    next: Option<String>,
) -> OwnLog {
    OwnLog { frame: ask.frame(Menu::OwnLog, Some(officer)), period, looks, next }
}

type Bounds = (Timestamp, Timestamp);

impl Period {
    fn fill(&mut self, now: Timestamp, days: u16) {
        if self.tot.is_empty() {
            self.tot = now.date().to_string();
        }
        if self.van.is_empty() {
            let end = self.tot.parse::<Date>().map_or(now, Date::start);
            self.van = end.minus(DAY * u32::from(days.saturating_sub(1))).date().to_string();
        }
    }

    /// None: something cannot be read, or it ends before it begins.
    fn read(&self) -> Option<(Bounds, Option<PageStart>)> {
        let from = self.van.parse::<Date>().ok()?.start();
        let until = self.tot.parse::<Date>().ok()?.end().plus(SECOND);
        if until <= from {
            return None;
        }
        let start = match (self.na.as_str(), self.stand.as_str()) {
            ("", "") => None,
            (after, size) => {
                Some(PageStart { after: after.parse().ok()?, tree_size: size.parse().ok()? })
            }
        };
        Some(((from, until), start))
    }
}

fn looks(lang: Lang, entries: &[Looked]) -> Vec<Look> {
    let mut before = None;
    let looks = entries.iter().map(|looked| {
        let mut look = look(lang, looked);
        let day = moments::day(lang, looked.row.recorded_at);
        if before.as_ref() != Some(&day) {
            look.day = Some(day.clone());
            before = Some(day);
        }
        look
    });
    looks.collect()
}

/// The record says what was looked at, and the purpose and the occasion by their codes.
fn look(lang: Lang, looked: &Looked) -> Look {
    let note = LookNote::of(looked);
    let event = EventCode::from_number(rows::number(looked.row.event_code));
    Look {
        day: None,
        time: moments::time(looked.row.recorded_at),
        machine: moments::machine(looked.row.recorded_at),
        index: looked.row.idx,
        event: event.map_or("–", |event| lang.pick(words::event(event))),
        what: if looked.is_unreadable() {
            lang.pick(Words("Niet leesbaar: gewijzigd", "Not readable: changed")).to_owned()
        } else {
            said(lang, &note)
        },
        purpose: note.purpose.map(|of| lang.pick(words::purpose(of))),
        occasion: note.occasion.map(|of| lang.pick(words::occasion(of))),
    }
}

/// In words, and what more there is to say as it is.
fn said(lang: Lang, note: &LookNote<'_>) -> String {
    let what = note.what.map(|what| lang.pick(words::look(what)));
    what.into_iter().chain(note.more.iter().copied()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::look::Look as LookedAt;
    use crate::domain::occasion::Occasion;
    use crate::domain::purpose::Purpose;

    /// Every entry of a look is written from this list ([`LookedAt`]), so nothing else has to be read.
    #[test]
    fn whatever_was_looked_at_is_said_in_words_with_purpose_and_occasion() {
        for what in LookedAt::ALL.iter().copied() {
            for purpose in [Purpose::PrivacyReview, Purpose::DataSubjectRequest] {
                for occasion in Occasion::ALL.iter().copied() {
                    let whole = format!("{what} {purpose} seed=1 n=2 {occasion}");
                    let note = LookNote::read(&whole);
                    let more = vec!["seed=1", "n=2"];
                    let (read, given) = (Some(what), (Some(purpose), Some(occasion)));
                    assert_eq!(
                        (note.what, (note.purpose, note.occasion)),
                        (read, given),
                        "{whole}"
                    );
                    assert_eq!(note.more, more);
                    for lang in Lang::ALL {
                        let said = said(lang, &note);
                        assert!(!said.contains(what.as_str()) && !said.contains('_'), "{said}");
                    }
                }
                let note = format!("{what} {purpose}");
                let note = LookNote::read(&note);
                assert_eq!((note.what, note.occasion), (Some(what), None));
                assert_eq!(note.purpose, Some(purpose));
            }
        }
    }
}
