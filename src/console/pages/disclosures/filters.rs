//! The question of a search, as the address of the page holds it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::console::door::{Ask, Officer};
use crate::domain::basis::Basis;
use crate::domain::category::Category;
use crate::domain::event::{Disposition, EventCode};
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::time::{Date, Timestamp};
use crate::gateway::disclosures::{PageStart, SearchDraft};

/// From the last second of a day to the next.
const SECOND: Duration = Duration::from_secs(1);
/// Every event, in the place of those in which data went or was denied.
pub(in crate::console) const EVERY_EVENT: &str = "alles";

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
    /// An event, or [`EVERY_EVENT`].
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
        let (first, last) = self.period()?;
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
            oin: match (self.medewerker.is_empty(), self.bij.as_str()) {
                (true, _) if own => officer.oin.clone(),
                (true, _) => String::new(),
                (false, "") if officer.role != Role::Oversight => officer.oin.clone(),
                (false, employer) => employer.to_owned(),
            },
            group_id: self.handeling.trim().to_owned(),
            sender_oin: self.bron.clone(),
            recipient_oin: self.ontvanger.clone(),
            for_purpose: code(&self.doel, |word| word.parse().ok(), Purpose::number)?,
            basis: code(&self.grondslag, |word| word.parse().ok(), Basis::number)?,
            categories: codes(&self.soort, |word| word.parse().ok(), Category::number)?,
            dispositions: codes(&self.uitkomst, disposition, Disposition::number)?,
            from: Some(first.start()),
            until: Some(last.end().plus(SECOND)),
            event_codes: self.events()?,
            newest_first: true,
            ..SearchDraft::default()
        };
        Some((draft, Some(self.start()?).filter(|_| !self.is_present())))
    }

    fn events(&self) -> Option<Vec<i32>> {
        match self.actie.as_str() {
            // What was done in one act belongs together.
            "" if !self.handeling.is_empty() => Some(Vec::new()),
            "" => {
                let disclosing = EventCode::ALL.iter().filter(|event| event.discloses());
                Some(disclosing.map(|event| event.number().into()).collect())
            }
            EVERY_EVENT => Some(Vec::new()),
            word => codes(word, |word| word.parse().ok(), EventCode::number),
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

/// The words of the address for what became of it.
pub(super) const fn disposition_word(of: Disposition) -> &'static str {
    match of {
        Disposition::Allowed => "toegestaan",
        Disposition::Narrowed => "beperkt",
        Disposition::Refused => "geweigerd",
        Disposition::Emergency => "noodtoegang",
        Disposition::Failed => "mislukt",
    }
}

fn disposition(word: &str) -> Option<Disposition> {
    Disposition::ALL.iter().copied().find(|one| disposition_word(*one) == word)
}

/// The number of a word; 0 for none, and `None` for a word that is no code.
fn code<T>(word: &str, read: impl Fn(&str) -> Option<T>, of: impl Fn(T) -> u16) -> Option<i32> {
    if word.is_empty() { Some(0) } else { Some(of(read(word)?).into()) }
}

fn codes<T>(
    word: &str,
    read: impl Fn(&str) -> Option<T>,
    of: impl Fn(T) -> u16,
) -> Option<Vec<i32>> {
    if word.is_empty() { Some(Vec::new()) } else { Some(vec![of(read(word)?).into()]) }
}

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
