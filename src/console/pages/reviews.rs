//! The break-glass queue: what is to be judged, the one that is due first on top.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::console::badge::Badge;
use crate::console::door::{Ask, Officer};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::words::emergencies as words;
use crate::console::{moments, rows};
use crate::domain::id::ReviewId;
use crate::domain::review::ReviewState;
use crate::domain::time::Timestamp;
use crate::gateway::reviews::Overview;
use crate::gateway::reviews::queue::{Pile, Waiting};
use crate::gateway::{Directory, Error};

/// Reviews in one page.
const PAGE: u32 = 100;
/// Characters of a reason that fit into a row.
const REASON_CHARS: usize = 120;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    staat: String,
    /// The last review of the page before: moment and id.
    na: String,
}

/// Which reviews are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Which {
    /// All that are not judged yet.
    All,
    Open,
    Questioned,
    Disputed,
    Done,
}

/// The page.
#[derive(Template)]
#[template(path = "reviews.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Reviews {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) tabs: Vec<Tab>,
    pub(in crate::console) rows: Vec<Row>,
    pub(in crate::console) is_done: bool,
    /// Address of the page that follows, where there may be one.
    pub(in crate::console) next: Option<String>,
}

/// A choice of what to see.
pub(in crate::console) struct Tab {
    pub(in crate::console) href: String,
    pub(in crate::console) word: &'static str,
    pub(in crate::console) is_here: bool,
}

/// One emergency.
pub(in crate::console) struct Row {
    pub(in crate::console) href: String,
    pub(in crate::console) due: String,
    pub(in crate::console) due_machine: String,
    pub(in crate::console) is_overdue: bool,
    pub(in crate::console) declared: String,
    pub(in crate::console) declared_machine: String,
    pub(in crate::console) user: String,
    pub(in crate::console) discloser: String,
    pub(in crate::console) recipient: String,
    /// None when one of the people was forgotten.
    pub(in crate::console) reason: Option<String>,
    pub(in crate::console) harm: Option<(&'static str, &'static str)>,
    pub(in crate::console) judged: (usize, usize),
    pub(in crate::console) days: i64,
    pub(in crate::console) badge: Badge,
}

pub(in crate::console) async fn reviews(
    ask: Ask,
    query: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let officer = match ask.enter_to_review() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let asked = query.map(|Query(asked)| asked).unwrap_or_default();
    let which = Which::read(&asked.staat);
    let (Some(which), Ok(after)) = (which, place(&asked.na)) else {
        return page::failed(&ask, &officer, &Error::PageToken);
    };
    match gathered(&ask, &officer, which, after).await {
        Ok(template) => page(StatusCode::OK, &template),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

async fn gathered(
    ask: &Ask,
    officer: &Officer,
    which: Which,
    after: Option<(Timestamp, ReviewId)>,
) -> Result<Reviews, Error> {
    let gateway = ask.app.gateway();
    let is_done = which == Which::Done;
    let pile = if is_done { Pile::Closed(after) } else { Pile::Open(after) };
    let found = gateway.review_pile(&officer.call, officer.purpose(), pile, PAGE).await?;
    let full = u32::try_from(found.len()).is_ok_and(|len| len == PAGE);
    let next = found.last().filter(|_| full).map(|last| which.address(ask, &last.overview));
    let now = gateway.clock().now();
    let shown = found.iter().filter(|one| which.shows(one.overview.state));
    Ok(Reviews {
        frame: ask.frame(Menu::Emergencies, Some(officer)),
        tabs: Which::ALL.iter().map(|one| one.tab(ask.lang, which)).collect(),
        rows: shown.map(|one| row(ask.lang, &gateway.directory(), one, now)).collect(),
        is_done,
        next,
    })
}

fn row(lang: Lang, directory: &Directory, of: &Waiting, now: Timestamp) -> Row {
    let review = &of.overview.row;
    let emergency = of.declared.as_ref().map(|declared| &declared.emergency);
    let until = review.closed_at.unwrap_or(now);
    Row {
        href: format!("/{}/noodtoegang/{}", lang.tag(), review.review_id),
        due: moments::brief(lang, review.due_at),
        due_machine: moments::machine(review.due_at),
        is_overdue: of.overview.is_overdue,
        declared: moments::brief(lang, review.declared_at),
        declared_machine: moments::machine(review.declared_at),
        user: review.declared_by.to_string(),
        discloser: rows::name(directory, &review.discloser_oin),
        recipient: rows::name(directory, &review.recipient_oin),
        reason: emergency.map(|one| shortened(one.situation.as_str())),
        harm: emergency.map(|one| {
            let words = (words::reason(one.reason_code), words::danger_to(one.danger_to));
            (lang.pick(words.0), lang.pick(words.1))
        }),
        judged: of.progress,
        days: moments::days_between(review.declared_at, until),
        badge: badge(lang, of.overview.state),
    }
}

/// The first characters of a text, with a sign that there is more.
pub(in crate::console) fn shortened(text: &str) -> String {
    let mut first: String = text.chars().take(REASON_CHARS).collect();
    if text.chars().nth(REASON_CHARS).is_some() {
        first.push('…');
    }
    first
}

/// Where a review stands: a word, a colour and a sign.
pub(in crate::console) const fn badge(lang: Lang, of: ReviewState) -> Badge {
    let (class, sign) = match of {
        ReviewState::Open => ("b-wait", "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.6"),
        ReviewState::Questioned => ("b-reduced", "M5.5 6a2.5 2.5 0 113.6 2.2L8 9.4M8 11.6v1.2"),
        ReviewState::Disputed => ("b-glass", "M8 1.6l6.7 12H1.3zM8 6v3.6M8 11.2v1.3"),
        ReviewState::Justified | ReviewState::JustifiedWithRemark => {
            ("b-ok", "M3 8.5l3.2 3.2L13 4.8")
        }
        ReviewState::NotJustified => ("b-deny", "M4 4l8 8M12 4l-8 8"),
    };
    Badge { class, sign, word: lang.pick(words::state(of)) }
}

/// The place where a page begins.
fn place(text: &str) -> Result<Option<(Timestamp, ReviewId)>, Error> {
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

impl Which {
    const ALL: [Self; 5] = [Self::All, Self::Open, Self::Questioned, Self::Disputed, Self::Done];

    /// As the address has it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Open => "open",
            Self::Questioned => "navraag",
            Self::Disputed => "verschil",
            Self::Done => "gereed",
        }
    }

    const fn words(self) -> Words {
        match self {
            Self::All => Words("Alles wat wacht", "Everything that waits"),
            Self::Open => Words("Te beoordelen", "To be judged"),
            Self::Questioned => Words("Navraag", "Question asked"),
            Self::Disputed => Words("Verschil", "Disagreement"),
            Self::Done => Words("Gereed", "Done"),
        }
    }

    fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    const fn shows(self, state: ReviewState) -> bool {
        match self {
            Self::All => !state.is_closed(),
            Self::Open => matches!(state, ReviewState::Open),
            Self::Questioned => matches!(state, ReviewState::Questioned),
            Self::Disputed => matches!(state, ReviewState::Disputed),
            Self::Done => state.is_closed(),
        }
    }

    fn tab(self, lang: Lang, here: Self) -> Tab {
        let path = format!("/{}/noodtoegang", lang.tag());
        let href = if self == Self::All { path } else { format!("{path}?staat={}", self.as_str()) };
        Tab { href, word: lang.pick(self.words()), is_here: self == here }
    }

    fn address(self, ask: &Ask, last: &Overview) -> String {
        let moment = if self == Self::Done { last.row.closed_at } else { None };
        let moment = moment.unwrap_or(last.row.due_at).as_micros();
        let (lang, state, id) = (ask.lang.tag(), self.as_str(), last.row.review_id);
        format!("/{lang}/noodtoegang?staat={state}&na={moment}.{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_after_120_characters_and_not_within_one() {
        let exact = "é".repeat(120);
        assert_eq!(shortened(&exact), exact);
        assert_eq!(shortened(&format!("{exact}é")), format!("{exact}…"));
    }

    #[test]
    fn a_place_is_a_moment_and_an_id() {
        let id = ReviewId::from_bytes([7; 16]);
        let at = Timestamp::from_micros(5).unwrap();
        assert_eq!(place(&format!("5.{id}")).unwrap(), Some((at, id)));
        assert_eq!(place("").unwrap(), None);
        for wrong in ["5", "x.y", "5.", &format!(".{id}")] {
            assert!(matches!(place(wrong), Err(Error::PageToken)), "{wrong}");
        }
    }
}
