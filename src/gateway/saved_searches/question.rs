//! The question of a search as a text: what the address of the console's page holds, and what is kept.
//! An officer who keeps one in the console opens it by gRPC, and the other way around.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::basis::Basis;
use crate::domain::category::Category;
use crate::domain::event::{Disposition, EventCode};
use crate::domain::purpose::Purpose;
use crate::domain::time::{Date, Timestamp};
use crate::domain::violation::Violations;
use crate::gateway::disclosures::SearchDraft;

/// From the last second of a day to the next.
const SECOND: Duration = Duration::from_secs(1);
/// Every event, in the place of those in which data went or was denied.
pub const EVERY_EVENT: &str = "alles";

/// The question. An empty field asks nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Question {
    /// First day.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub van: String,
    /// Last day.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tot: String,
    /// Organisation whose data it was.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub bron: String,
    /// Organisation that received.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ontvanger: String,
    /// A purpose.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub doel: String,
    /// A ground.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub grondslag: String,
    /// What became of it, as [`disposition_word`] has it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uitkomst: String,
    /// A kind of data.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub soort: String,
    /// An event, or [`EVERY_EVENT`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub actie: String,
    /// A case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub zaak: String,
    /// An entry: the person whom it is about. A pseudonym stands in no address (promise 7).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub betrokkene: String,
    /// An employee.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub medewerker: String,
    /// The organisation of the employee; the officer's own when it is not said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub bij: String,
    /// An act.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub handeling: String,
}

impl Question {
    /// Reads a text; none when it is none.
    pub fn read(text: &str) -> Option<Self> {
        serde_urlencoded::from_str(text).ok()
    }

    /// As a text.
    pub fn text(&self) -> String {
        serde_urlencoded::to_string(self).unwrap_or_default()
    }

    /// The search that is meant, by an officer of `own`; none: of the region. `None` when something is
    /// not what its field holds.
    pub fn draft(&self, own: Option<&str>) -> Option<SearchDraft> {
        let (first, last): (Date, Date) = (self.van.parse().ok()?, self.tot.parse().ok()?);
        let own = own.unwrap_or_default().to_owned();
        Some(SearchDraft {
            subject_of: match self.betrokkene.as_str() {
                "" => None,
                index => Some(index.parse().ok()?),
            },
            case_ref: self.zaak.trim().to_owned(),
            actor_user_id: self.medewerker.trim().to_owned(),
            oin: match (self.medewerker.is_empty(), self.bij.as_str()) {
                // An officer of one organisation always looks for what concerns that organisation.
                (true, _) if self.names_nothing() => own,
                (true, _) => String::new(),
                (false, "") => own,
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
            ..SearchDraft::default()
        })
    }

    fn names_nothing(&self) -> bool {
        let named = [&self.zaak, &self.betrokkene, &self.medewerker, &self.handeling];
        let parties = [&self.bron, &self.ontvanger];
        named.into_iter().chain(parties).all(String::is_empty)
    }

    fn events(&self) -> Option<Vec<i32>> {
        match self.actie.as_str() {
            // What was done in one act belongs together.
            "" if !self.handeling.is_empty() => Some(Vec::new()),
            "" => Some(disclosing()),
            EVERY_EVENT => Some(Vec::new()),
            word => codes(word, |word| word.parse().ok(), EventCode::number),
        }
    }

    /// The question that means this search, for an officer of `own`; or what of it no question can say.
    /// A text holds one word of each list, and whole days.
    pub fn of(search: &SearchDraft, own: Option<&str>) -> Result<Self, Violations> {
        let mut violations = Violations::new();
        let v = &mut violations;
        let words = "must not name a person";
        let no_person = search.subject_pseudonym.is_empty() && search.subject_of.is_none();
        v.require(no_person, "filter.subject_pseudonym", "NAMES_PERSON", words);
        let (van, tot) = days(search.from, search.until, v);
        let dispositions = match &search.dispositions[..] {
            [] if search.denied_only => &[i32::from(Disposition::Refused.number())],
            given => given,
        };
        let question = Self {
            van,
            tot,
            bron: search.sender_oin.clone(),
            ontvanger: search.recipient_oin.clone(),
            doel: word("filter.purpose", &given(search.for_purpose), v, |number| {
                Purpose::from_number(number).map(Purpose::as_str)
            }),
            grondslag: word("filter.basis", &given(search.basis), v, |number| {
                Basis::from_number(number).map(Basis::as_str)
            }),
            uitkomst: word("filter.dispositions", dispositions, v, |number| {
                Disposition::from_number(number).map(disposition_word)
            }),
            soort: word("filter.categories", &search.categories, v, |number| {
                Category::from_number(number).map(Category::as_str)
            }),
            actie: event_word(search, v),
            zaak: search.case_ref.clone(),
            betrokkene: String::new(),
            medewerker: search.actor_user_id.clone(),
            bij: String::new(),
            handeling: search.group_id.clone(),
        };
        let question = if question.medewerker.is_empty() {
            // Where nothing is named, the officer's own organisation is.
            let meant = if question.names_nothing() { own.unwrap_or_default() } else { "" };
            let says = search.oin.is_empty() || search.oin == meant;
            let words = "must be named as the one that sent or received";
            v.require(says, "filter.oin", "NOT_KEPT", words);
            question
        } else {
            Self { bij: search.oin.clone(), ..question }
        };
        violations.into_result(question)
    }
}

/// What became of it, as the text says it.
pub const fn disposition_word(of: Disposition) -> &'static str {
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

/// Events in which data went or was denied.
fn disclosing() -> Vec<i32> {
    let disclosing = EventCode::ALL.iter().filter(|event| event.discloses());
    disclosing.map(|event| event.number().into()).collect()
}

/// First and last day of a period, which must be of whole days in the Netherlands.
fn days(
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    violations: &mut Violations,
) -> (String, String) {
    // Without a period the search itself is refused.
    let (Some(from), Some(until)) = (from, until) else { return Default::default() };
    let (first, last) = (from.date(), until.minus(SECOND).date());
    let whole = first.start() == from && last.end().plus(SECOND) == until;
    let words = "must be of whole days in the Netherlands";
    violations.require(whole, "filter.period", "WHOLE_DAYS", words);
    (first.to_string(), last.to_string())
}

fn event_word(search: &SearchDraft, violations: &mut Violations) -> String {
    if search.event_codes.is_empty() {
        return EVERY_EVENT.to_owned();
    }
    // Of one act nothing said means all of it.
    if search.group_id.is_empty() && search.event_codes == disclosing() {
        return String::new();
    }
    word("filter.event_codes", &search.event_codes, violations, |number| {
        EventCode::from_number(number).map(EventCode::as_str)
    })
}

/// A code as a list; 0 is none.
fn given(number: i32) -> Vec<i32> {
    if number == 0 { Vec::new() } else { vec![number] }
}

/// The word of the only code; a number that is none is refused where the search is read.
fn word(
    field: &str,
    numbers: &[i32],
    violations: &mut Violations,
    word: impl Fn(u16) -> Option<&'static str>,
) -> String {
    violations.require(numbers.len() <= 1, field, "TOO_MANY", "a search is kept with at most one");
    let number = numbers.first().and_then(|number| u16::try_from(*number).ok());
    number.and_then(word).unwrap_or_default().to_owned()
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

    const OWN: &str = "00000099000000003000";
    const OTHER: &str = "00000099000000006000";

    fn month() -> SearchDraft {
        SearchDraft {
            from: Some("2026-02-28T23:00:00Z".parse().unwrap()),
            // The clock went forward in between.
            until: Some("2026-03-31T22:00:00Z".parse().unwrap()),
            ..SearchDraft::default()
        }
    }

    #[test]
    fn a_search_says_the_same_after_a_round_through_its_text() {
        let text = ToOwned::to_owned;
        let by_user = SearchDraft { actor_user_id: text("sp-1"), oin: text(OTHER), ..month() };
        let codes = SearchDraft {
            sender_oin: text(OWN),
            recipient_oin: text(OTHER),
            for_purpose: 1,
            basis: 4,
            categories: vec![3],
            dispositions: vec![4],
            event_codes: vec![8],
            ..month()
        };
        let act = SearchDraft { group_id: text("0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11"), ..month() };
        let disclosed = SearchDraft { event_codes: disclosing(), ..month() };
        let disclosed = SearchDraft { case_ref: text("VVT-2026-000123"), ..disclosed };
        let own = SearchDraft { oin: text(OWN), ..month() };
        for search in [by_user, codes, act, disclosed, own] {
            let question = Question::of(&search, Some(OWN)).unwrap();
            let read = Question::read(&question.text()).unwrap();
            assert_eq!(read, question);
            assert_eq!(read.draft(Some(OWN)).unwrap(), search);
        }
        let denied = SearchDraft { denied_only: true, sender_oin: text(OWN), ..month() };
        let question = Question::of(&denied, Some(OWN)).unwrap();
        let refused = i32::from(Disposition::Refused.number());
        assert_eq!(question.draft(Some(OWN)).unwrap().dispositions, [refused]);
        assert_eq!((question.van.as_str(), question.tot.as_str()), ("2026-03-01", "2026-03-31"));
    }

    #[test]
    fn what_no_text_can_say_is_told_by_its_field() {
        let early = "2026-02-28T22:59:59Z".parse().unwrap();
        for (search, field, rule) in [
            (SearchDraft { from: Some(early), ..month() }, "filter.period", "WHOLE_DAYS"),
            (SearchDraft { categories: vec![1, 2], ..month() }, "filter.categories", "TOO_MANY"),
            (SearchDraft { event_codes: vec![1, 2], ..month() }, "filter.event_codes", "TOO_MANY"),
            (SearchDraft { oin: OTHER.to_owned(), ..month() }, "filter.oin", "NOT_KEPT"),
            (
                SearchDraft { subject_pseudonym: "ab".repeat(32), ..month() },
                "filter.subject_pseudonym",
                "NAMES_PERSON",
            ),
        ] {
            let violations = Question::of(&search, Some(OWN)).unwrap_err();
            let found: Vec<_> = violations.iter().map(|one| (&*one.field, one.rule)).collect();
            assert_eq!(found, [(field, rule)]);
        }
    }

    #[test]
    fn what_is_no_day_or_code_is_no_search() {
        for text in ["van=gisteren&tot=2026-03-01", "", "van=2026-03-01&tot=2026-03-02&doel=x"] {
            assert_eq!(Question::read(text).unwrap().draft(None), None, "{text}");
        }
    }
}
