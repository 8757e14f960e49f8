//! Searching disclosures. The address of the page is the question: it can be kept and sent on.

use std::time::Duration;

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::console::door::{Ask, Officer};
use super::overview::organisations;
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::rows::{self, Row};
use crate::console::words;
use crate::domain::basis::Basis;
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::time::{Date, Timestamp};
use crate::gateway::Error;
use crate::gateway::disclosures::{PageStart, SearchDraft};

/// Entries in one page.
const PAGE: u32 = 50;
const DAY: Duration = Duration::from_hours(24);
/// From the last second of a day to the next.
const SECOND: Duration = Duration::from_secs(1);

/// The question, as the address holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Filters {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) van: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) tot: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) bron: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) ontvanger: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) doel: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) grondslag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) uitkomst: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) zaak: String,
    /// An entry: the person whom it is about. A pseudonym stands in no address (promise 7).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) betrokkene: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) medewerker: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) handeling: String,
    /// Size of the ledger that all pages are taken from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) stand: String,
    /// The last entry of the page before.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) na: String,
}

/// A choice in a list: value, word, whether it was chosen.
pub(in crate::console) struct Choice {
    pub(in crate::console) value: String,
    pub(in crate::console) word: String,
    pub(in crate::console) chosen: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "disclosures.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Search {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) filters: Filters,
    pub(in crate::console) senders: Vec<Choice>,
    pub(in crate::console) recipients: Vec<Choice>,
    pub(in crate::console) purposes: Vec<Choice>,
    pub(in crate::console) bases: Vec<Choice>,
    pub(in crate::console) outcomes: Vec<Choice>,
    pub(in crate::console) found: Found,
    /// Where the form leads, which is the page without a question.
    pub(in crate::console) action: String,
}

/// What a search came to.
pub(in crate::console) enum Found {
    Rows {
        rows: Vec<Row>,
        /// Size of the ledger.
        size: String,
        /// Address of the page that follows, where there is one.
        next: Option<String>,
    },
    /// The office of the region must name somebody or something first.
    TooWide,
    /// A field that cannot be read, or a period that is too long.
    Wrong,
}

pub(in crate::console) async fn disclosures(ask: Ask, query: Result<Query<Filters>, QueryRejection>) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let readable = query.is_ok();
    let mut filters = query.map(|Query(filters)| filters).unwrap_or_default();
    let days = ask.settings(&officer).days;
    filters.fill_period(ask.app.gateway().clock().now(), days);
    let found = if readable { find(&ask, &officer, &filters).await } else { Ok(Found::Wrong) };
    match found {
        Ok(found) => {
            let status = match found {
                Found::Wrong => StatusCode::BAD_REQUEST,
                Found::Rows { .. } | Found::TooWide => StatusCode::OK,
            };
            page(status, &composed(&ask, &officer, filters, found))
        }
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

async fn find(ask: &Ask, officer: &Officer, filters: &Filters) -> Result<Found, Error> {
    let Some((draft, start)) = filters.read(officer) else { return Ok(Found::Wrong) };
    if !draft.has_key() {
        return Ok(Found::TooWide);
    }
    let gateway = ask.app.gateway();
    let page = match gateway.search_disclosures(&officer.call, draft, start, PAGE).await {
        Ok(page) => page,
        Err(Error::Invalid(_)) => return Ok(Found::Wrong),
        Err(error) => return Err(error),
    };
    let next = page.next_after.map(|after| {
        let next =
            Filters { na: after.to_string(), stand: page.tree_size.to_string(), ..filters.clone() };
        next.address(ask)
    });
    Ok(Found::Rows {
        rows: rows::rows(ask.lang, &gateway.directory(), &page.entries),
        size: ask.lang.number(u64::try_from(page.tree_size).unwrap_or_default()),
        next,
    })
}

impl Filters {
    /// The last days, as many as the officer chose, where nothing else was asked for.
    fn fill_period(&mut self, now: Timestamp, days: u16) {
        if self.tot.is_empty() {
            self.tot = now.date().to_string();
        }
        if self.van.is_empty() {
            let end = self.tot.parse::<Date>().map_or(now, Date::start);
            self.van = end.minus(DAY * u32::from(days.saturating_sub(1))).date().to_string();
        }
    }

    /// None: something is not what its field holds.
    fn read(&self, officer: &Officer) -> Option<(SearchDraft, Option<PageStart>)> {
        let from = self.van.parse::<Date>().ok()?.start();
        let until = self.tot.parse::<Date>().ok()?.end().plus(SECOND);
        let named = [&self.zaak, &self.betrokkene, &self.medewerker, &self.handeling, &self.bron];
        let names_nothing = self.ontvanger.is_empty() && named.iter().all(|text| text.is_empty());
        // An officer of one organisation always looks for what concerns that organisation.
        let own = names_nothing && officer.role != Role::Oversight;
        let draft = SearchDraft {
            purpose: officer.purpose(),
            subject_of: match self.betrokkene.as_str() {
                "" => None,
                index => Some(index.parse().ok()?),
            },
            case_ref: self.zaak.trim().to_owned(),
            actor_user_id: self.medewerker.trim().to_owned(),
            oin: if own { officer.oin.clone() } else { String::new() },
            group_id: self.handeling.trim().to_owned(),
            sender_oin: self.bron.clone(),
            recipient_oin: self.ontvanger.clone(),
            for_purpose: code(&self.doel, |word| word.parse::<Purpose>().ok(), Purpose::number)?,
            basis: code(&self.grondslag, |word| word.parse::<Basis>().ok(), Basis::number)?,
            from: Some(from),
            until: Some(until),
            event_codes: Vec::new(),
            denied_only: match self.uitkomst.as_str() {
                "" => false,
                DENIED => true,
                _ => return None,
            },
            newest_first: true,
            ..SearchDraft::default()
        };
        let start = match (self.na.as_str(), self.stand.as_str()) {
            ("", "") => None,
            ("", size) => Some(PageStart { after: i64::MAX, tree_size: size.parse().ok()? }),
            (after, size) => {
                Some(PageStart { after: after.parse().ok()?, tree_size: size.parse().ok()? })
            }
        };
        Some((draft, start))
    }

    fn address(&self, ask: &Ask) -> String {
        let query = serde_urlencoded::to_string(self).unwrap_or_default();
        format!("/{}/verstrekkingen?{query}", ask.lang.tag())
    }
}

/// The word for refusals in the address.
const DENIED: &str = "geweigerd";

/// The number of a word; 0 for none, and `None` for a word that is no code.
fn code<T>(word: &str, read: impl Fn(&str) -> Option<T>, of: impl Fn(T) -> u16) -> Option<i32> {
    if word.is_empty() { Some(0) } else { Some(of(read(word)?).into()) }
}

fn composed(ask: &Ask, officer: &Officer, filters: Filters, found: Found) -> Search {
    let lang = ask.lang;
    let parties = organisations(ask.app.gateway());
    let of = |chosen: &str| {
        let choice = |(oin, name): &(String, String)| Choice {
            value: oin.clone(),
            word: name.clone(),
            chosen: oin == chosen,
        };
        parties.iter().map(choice).collect()
    };
    let word = |value: &str, word: &str, chosen: &str| Choice {
        value: value.to_owned(),
        word: word.to_owned(),
        chosen: value == chosen,
    };
    let purposes = Purpose::ALL.iter();
    let bases = Basis::ALL.iter();
    Search {
        frame: ask.frame(Menu::Disclosures, Some(officer)),
        senders: of(&filters.bron),
        recipients: of(&filters.ontvanger),
        purposes: purposes
            .map(|one| word(one.as_str(), lang.pick(words::purpose(*one)), &filters.doel))
            .collect(),
        bases: bases
            .map(|one| word(one.as_str(), lang.pick(words::basis(*one)), &filters.grondslag))
            .collect(),
        outcomes: vec![word(DENIED, lang.texts().refused, &filters.uitkomst)],
        action: format!("/{}/verstrekkingen", lang.tag()),
        filters,
        found,
    }
}
