//! The question of a search, as the address of the page holds it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::console::door::{Ask, Officer};
use crate::domain::organisation::Role;
use crate::domain::time::{Date, Timestamp};
use crate::gateway::disclosures::{PageStart, SearchDraft};
use crate::gateway::saved_searches::question::Question;

/// The question. An empty field asks nothing.
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
    /// A kind of data.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) soort: String,
    /// An event, or the word for all of them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) actie: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) zaak: String,
    /// An entry: the person whom it is about. A pseudonym stands in no address (promise 7).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) betrokkene: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) medewerker: String,
    /// The organisation of the employee; the officer's own when it is not said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) bij: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) handeling: String,
    /// Size of the ledger that all pages are taken from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) stand: String,
    /// The last entry of the page before.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(in crate::console) na: String,
}

impl Filters {
    /// The last days, as many as the officer chose, where nothing else was asked for.
    pub(in crate::console) fn fill_period(&mut self, now: Timestamp, days: u16) {
        if self.tot.is_empty() {
            self.tot = now.date().to_string();
        }
        if self.van.is_empty() {
            let end = self.tot.parse::<Date>().unwrap_or_else(|_| now.date());
            self.van = days_before(end, u64::from(days.saturating_sub(1))).to_string();
        }
    }

    /// A month before and after a moment, where nothing else was chosen.
    pub(in crate::console) fn fill_period_around(&mut self, at: Timestamp) {
        if self.van.is_empty() && self.tot.is_empty() {
            self.van = days_before(at.date(), 30).to_string();
            self.tot = at.plus(HALF_A_DAY * 60).date().to_string();
        }
    }

    /// First and last day.
    pub(super) fn period(&self) -> Option<(Date, Date)> {
        Some((self.van.parse().ok()?, self.tot.parse().ok()?))
    }

    /// None: something is not what its field holds.
    pub(in crate::console) fn read(
        &self,
        officer: &Officer,
    ) -> Option<(SearchDraft, Option<PageStart>)> {
        let own = (officer.role != Role::Oversight).then_some(officer.oin.as_str());
        let draft = self.question().draft(own)?;
        let draft = SearchDraft { purpose: officer.purpose(), newest_first: true, ..draft };
        Some((draft, Some(self.start()?).filter(|_| !self.is_present())))
    }

    /// What is asked, without the page of the answer.
    fn question(&self) -> Question {
        let of = self.clone();
        Question {
            van: of.van,
            tot: of.tot,
            bron: of.bron,
            ontvanger: of.ontvanger,
            doel: of.doel,
            grondslag: of.grondslag,
            uitkomst: of.uitkomst,
            soort: of.soort,
            actie: of.actie,
            zaak: of.zaak,
            betrokkene: of.betrokkene,
            medewerker: of.medewerker,
            bij: of.bij,
            handeling: of.handeling,
        }
    }

    /// Where the page begins: in the present ledger at its newest entry, unless the address says else.
    fn start(&self) -> Option<PageStart> {
        let number = |text: &str| if text.is_empty() { Some(i64::MAX) } else { text.parse().ok() };
        Some(PageStart { after: number(&self.na)?, tree_size: number(&self.stand)? })
    }

    /// Whether it is the first page of the present ledger.
    fn is_present(&self) -> bool {
        self.na.is_empty() && self.stand.is_empty()
    }

    /// The size of the ledger that the pages are taken from, where it is said.
    pub(in crate::console) fn size(&self) -> Option<i64> {
        self.stand.parse().ok()
    }

    /// The address of the page with this question.
    pub(in crate::console) fn address(&self, ask: &Ask) -> String {
        format!("/{}/verstrekkingen?{}", ask.lang.tag(), self.query())
    }

    pub(in crate::console) fn query(&self) -> String {
        serde_urlencoded::to_string(self).unwrap_or_default()
    }

    /// The same question from its first page, in the present state of the ledger.
    pub(super) fn anew(&self) -> Self {
        Self { stand: String::new(), na: String::new(), ..self.clone() }
    }
}

/// A day so many days before.
pub(in crate::console) fn days_before(day: Date, days: u64) -> Date {
    // From noon, so that an hour more or less stays in the day.
    day.start().plus(HALF_A_DAY).minus(HALF_A_DAY * 2 * u32::try_from(days).unwrap_or(0)).date()
}

/// The day after.
pub(super) fn day_after(day: Date) -> Date {
    day.start().plus(HALF_A_DAY * 3).date()
}

const HALF_A_DAY: Duration = Duration::from_hours(12);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_the_change_of_the_clock() {
        let day: Date = "2026-03-30".parse().unwrap();
        assert_eq!(days_before(day, 2).to_string(), "2026-03-28");
        let before: Date = "2026-03-28".parse().unwrap();
        assert_eq!(day_after(day_after(before)), day);
        let autumn: Date = "2026-10-24".parse().unwrap();
        assert_eq!(day_after(day_after(autumn)).to_string(), "2026-10-26");
    }

    #[test]
    fn a_question_says_the_same_after_a_round_through_the_address() {
        let asked = Filters { zaak: "VVT-2026-1".into(), na: "7".into(), ..Filters::default() };
        let read: Filters = serde_urlencoded::from_str(&asked.query()).unwrap();
        assert_eq!(read, asked);
        assert_eq!(asked.anew().query(), "zaak=VVT-2026-1");
    }
}
