//! What people of a case agreed to, refused and took back, on a time line, and what was given to others
//! on the ground of it.

use std::time::Duration;

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::console::door::{Ask, Officer};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::rows::{self, Tag};
use crate::console::timeline::{Kind, Moment, Stretch, Timeline};
use crate::console::{moments, words};
use crate::domain::basis::Basis;
use crate::domain::consent::State;
use crate::domain::id::{CaseRef, Pseudonym};
use crate::domain::purpose::Purpose;
use crate::domain::time::{Date, Timestamp};
use crate::gateway::Directory;
use crate::gateway::consents::{ConsentHistory, ConsentLife};

mod events;

pub(in crate::console) use events::Event;

/// The page.
#[derive(Template)]
#[template(path = "consents.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Consents {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) case_ref: String,
    /// Day of the state, as the form has it.
    pub(in crate::console) day: String,
    pub(in crate::console) found: Found,
}

/// What was found.
pub(in crate::console) enum Found {
    /// No case was named yet.
    Nothing,
    /// A field cannot be read, or the day has yet to come.
    Wrong,
    History(Box<History>),
}

pub(in crate::console) struct History {
    /// Letter and the beginning of the pseudonym.
    pub(in crate::console) people: Vec<(String, String)>,
    pub(in crate::console) moment: String,
    pub(in crate::console) timeline: Option<Timeline>,
    pub(in crate::console) states: Vec<Standing>,
    pub(in crate::console) events: Vec<Event>,
    pub(in crate::console) is_cut: bool,
}

/// What counted at the moment.
pub(in crate::console) struct Standing {
    pub(in crate::console) person: String,
    pub(in crate::console) purpose: &'static str,
    pub(in crate::console) flow: (String, String),
    pub(in crate::console) tags: Vec<Tag>,
    pub(in crate::console) state: &'static str,
    pub(in crate::console) class: &'static str,
    pub(in crate::console) until: String,
    /// First entries under it: recipient, number.
    pub(in crate::console) uses: Vec<(String, i64)>,
    /// The search for everything of the kind.
    pub(in crate::console) search: String,
}

/// The question, as the address holds it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    zaak: String,
    stand: String,
}

pub(in crate::console) async fn consents(
    ask: Ask,
    query: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let now = ask.app.gateway().clock().now();
    let asked = query.map(|Query(asked)| asked).unwrap_or_default();
    let found = match asked.read(now) {
        Read::Nothing => Found::Nothing,
        Read::Wrong => Found::Wrong,
        Read::Case(case_ref, at) => {
            let gateway = ask.app.gateway();
            let history =
                gateway.consent_history(&officer.call, officer.purpose(), (&case_ref, at)).await;
            match history {
                Ok(history) => {
                    let directory = gateway.directory();
                    Found::History(Box::new(told(ask.lang, &directory, &history, (at, now))))
                }
                Err(error) => return page::failed(&ask, &officer, &error),
            }
        }
    };
    show(&ask, &officer, &asked, found)
}

fn show(ask: &Ask, officer: &Officer, asked: &Asked, found: Found) -> Response {
    let status = match found {
        Found::Wrong => StatusCode::BAD_REQUEST,
        Found::Nothing | Found::History(_) => StatusCode::OK,
    };
    let template = Consents {
        frame: ask.frame(Menu::Consents, Some(officer)),
        case_ref: asked.zaak.trim().to_owned(),
        day: asked.stand.clone(),
        found,
    };
    page(status, &template)
}

enum Read {
    Nothing,
    Wrong,
    Case(CaseRef, Timestamp),
}

impl Asked {
    /// The end of a day that was, or now.
    fn read(&self, now: Timestamp) -> Read {
        let case_ref = self.zaak.trim();
        if case_ref.is_empty() {
            return Read::Nothing;
        }
        let at = match self.stand.as_str() {
            "" => Some(now),
            day => {
                let day = day.parse::<Date>().ok().filter(|day| day.start() <= now);
                day.map(|day| day.end().min(now))
            }
        };
        match (case_ref.parse(), at) {
            (Ok(case_ref), Some(at)) => Read::Case(case_ref, at),
            _ => Read::Wrong,
        }
    }
}

fn told(
    lang: Lang,
    directory: &Directory,
    history: &ConsentHistory,
    (at, now): (Timestamp, Timestamp),
) -> History {
    let people = history.people.iter().enumerate();
    History {
        people: people.map(|(place, person)| (letter(place), beginning(*person))).collect(),
        moment: moments::moment(lang, at),
        timeline: timeline(lang, directory, (history, |_| true), as_of(lang, at), now),
        states: history
            .consents
            .iter()
            .map(|life| standing(lang, directory, history, life))
            .collect(),
        events: events::events(lang, directory, history),
        is_cut: history.is_cut,
    }
}

/// A, B, C and so on; people of a case are few.
fn letter(place: usize) -> String {
    let letter = u8::try_from(place).ok().and_then(|place| b'A'.checked_add(place));
    letter
        .filter(u8::is_ascii_uppercase)
        .map_or_else(|| (place + 1).to_string(), |letter| char::from(letter).to_string())
}

/// Enough of a pseudonym to tell people of a case apart.
fn beginning(person: Pseudonym) -> String {
    person.to_hex().chars().take(8).collect()
}

fn purpose(lang: Lang, life: &ConsentLife) -> &'static str {
    let of = Purpose::from_number(rows::number(life.purpose));
    of.map_or("–", |of| lang.pick(words::purpose(of)))
}

fn as_of(lang: Lang, at: Timestamp) -> Moment {
    let words = match lang {
        Lang::Nl => format!("stand {}", moments::date(lang, at)),
        Lang::En => format!("state of {}", moments::date(lang, at)),
    };
    Moment { at, words }
}

/// The consents of a case that are `meant`, in time, with a moment drawn across.
pub(in crate::console) fn timeline(
    lang: Lang,
    directory: &Directory,
    (history, meant): (&ConsentHistory, impl Fn(&ConsentLife) -> bool),
    mark: Moment,
    now: Timestamp,
) -> Option<Timeline> {
    let lives: Vec<_> = history.consents.iter().filter(|life| meant(life)).collect();
    let first = lives.iter().filter_map(|life| life.versions.first());
    let first = first.map(|version| version.recorded_at).min()?.min(mark.at);
    // Some room before and behind, so that what happened today is seen.
    let lasted = u64::try_from(now.as_micros().saturating_sub(first.as_micros())).unwrap_or(0);
    let room = Duration::from_micros(lasted / 10).max(Duration::from_hours(12));
    let lanes: Vec<(String, Vec<Stretch>)> = lives
        .iter()
        .map(|life| {
            let to = rows::name(directory, &life.recipient);
            let label = format!("{} · {} → {to}", letter(life.person), purpose(lang, life));
            (label, stretches(life))
        })
        .collect();
    let title = lang.pick(Words("Toestemmingen in de tijd", "Consents in time")).to_owned();
    let bounds = (first.minus(room), now.plus(room));
    Some(Timeline::new(lang, ("toestemming", title), bounds, &lanes, &[mark]))
}

/// From each word to the next. Consent begins with its term, and ends with it.
fn stretches(life: &ConsentLife) -> Vec<Stretch> {
    let next = life.versions.iter().skip(1).map(|version| Some(version.recorded_at)).chain([None]);
    let mut stretches = Vec::new();
    for (version, next) in life.versions.iter().zip(next) {
        let stretch = |kind, from, until| Stretch { kind, from, until };
        match version.state {
            State::Active => {
                let from = version.valid_from.max(version.recorded_at);
                let term = version.valid_until;
                let until = next.map_or(term, |next| next.min(term));
                stretches.push(stretch(Kind::Given, from, Some(until)));
                if next.is_none_or(|next| term < next) {
                    stretches.push(stretch(Kind::Expired, term, next));
                }
            }
            State::Refused => stretches.push(stretch(Kind::Refused, version.recorded_at, next)),
            State::Withdrawn => stretches.push(stretch(Kind::Withdrawn, version.recorded_at, next)),
            State::Proposed | State::Expired | State::NeedsRenewal | State::EnteredInError => {}
        }
    }
    stretches
}

fn standing(
    lang: Lang,
    directory: &Directory,
    history: &ConsentHistory,
    life: &ConsentLife,
) -> Standing {
    let (state, class) = match life.state {
        None => (lang.pick(Words("nog niet vastgelegd", "not recorded yet")), "b-wait"),
        Some(state) => (lang.pick(words::consent::state(state)), class(state)),
    };
    let until = life.versions.last().map(|version| version.valid_until);
    Standing {
        person: letter(life.person),
        purpose: purpose(lang, life),
        flow: (rows::name(directory, &life.source), rows::name(directory, &life.recipient)),
        tags: rows::tags(lang, life.categories),
        state,
        class,
        until: until.map_or_else(String::new, |until| moments::date(lang, until)),
        uses: life.uses.iter().map(|(oin, idx)| (rows::name(directory, oin), *idx)).collect(),
        search: search(lang, history, life),
    }
}

const fn class(state: State) -> &'static str {
    match state {
        State::Active => "b-ok",
        State::Refused | State::Withdrawn => "b-deny",
        State::NeedsRenewal => "b-glass",
        State::Proposed | State::Expired | State::EnteredInError => "b-wait",
    }
}

/// A search spans 92 days: those from the first word on.
const SPAN: Duration = Duration::from_hours(91 * 24);

/// Everything that went to the recipient in this case on the ground of consent.
fn search(lang: Lang, history: &ConsentHistory, life: &ConsentLife) -> String {
    let Some(first) = life.versions.first() else { return String::new() };
    let from = first.recorded_at;
    let fields = [
        ("van", from.date().to_string()),
        ("tot", from.plus(SPAN).date().to_string()),
        ("ontvanger", life.recipient.to_string()),
        ("grondslag", Basis::Consent.as_str().to_owned()),
        ("zaak", history.case_ref.to_string()),
    ];
    let query = serde_urlencoded::to_string(fields).unwrap_or_default();
    format!("/{}/verstrekkingen?{query}", lang.tag())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::consents::ConsentVersion;

    fn at(day: u8) -> Timestamp {
        format!("2026-11-{day:02}T12:00:00Z").parse().unwrap()
    }

    fn version(state: State, day: u8) -> ConsentVersion {
        ConsentVersion {
            state,
            recorded_at: at(day),
            valid_from: at(3),
            valid_until: at(20),
            consent: None,
        }
    }

    fn life(versions: Vec<ConsentVersion>) -> Vec<(Kind, Timestamp, Option<Timestamp>)> {
        let oin: crate::domain::id::Oin = "00000099000000003000".parse().unwrap();
        let life = ConsentLife {
            consent_id: crate::domain::id::ConsentId::from_bytes([7; 16]),
            person: 0,
            source: oin.clone(),
            recipient: oin,
            purpose: 1,
            categories: 1,
            versions,
            state: None,
            uses: Vec::new(),
        };
        stretches(&life).iter().map(|one| (one.kind, one.from, one.until)).collect()
    }

    #[test]
    fn consent_holds_from_its_term_to_its_end_or_the_withdrawal() {
        let given = version(State::Active, 1);
        let alone = life(vec![given.clone()]);
        assert_eq!(alone, [(Kind::Given, at(3), Some(at(20))), (Kind::Expired, at(20), None)]);
        let withdrawn = life(vec![given, version(State::Withdrawn, 11)]);
        assert_eq!(
            withdrawn,
            [(Kind::Given, at(3), Some(at(11))), (Kind::Withdrawn, at(11), None)]
        );
        let refused = life(vec![version(State::Refused, 5)]);
        assert_eq!(refused, [(Kind::Refused, at(5), None)]);
    }

    #[test]
    fn a_day_to_come_and_a_wrong_case_are_no_question() {
        let read = |zaak: &str, stand: &str| {
            let asked = Asked { zaak: zaak.to_owned(), stand: stand.to_owned() };
            match asked.read(at(15)) {
                Read::Nothing => "nothing".to_owned(),
                Read::Wrong => "wrong".to_owned(),
                Read::Case(case_ref, at) => format!("{case_ref} {at}"),
            }
        };
        assert_eq!(read(" ", ""), "nothing");
        assert_eq!(read("VVT-2026-000123", ""), "VVT-2026-000123 2026-11-15T12:00:00Z");
        assert_eq!(read("VVT-2026-000123", "2026-11-15"), "VVT-2026-000123 2026-11-15T12:00:00Z");
        assert_eq!(read("VVT-2026-000123", "2026-11-14"), "VVT-2026-000123 2026-11-14T22:59:59Z");
        for (zaak, stand) in
            [("VVT-2026-000123", "2026-11-16"), ("VVT-2026-000123", "x"), ("a\u{7}b", "")]
        {
            assert_eq!(read(zaak, stand), "wrong");
        }
    }

    #[test]
    fn people_have_letters() {
        assert_eq!([letter(0), letter(25), letter(26)], ["A", "Z", "27"]);
    }
}
