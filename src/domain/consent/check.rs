//! The closed question: may this source share these categories of this person with this recipient
//! for this purpose, now? The answer is yes or no and never lists a person's consents
//! (DOMAIN §3.2).
//!
//! **The latest word decides, and at the same moment a no wins.** Among the records that speak about
//! the question (same recipient, purpose and category), a refusal or withdrawal beats every consent
//! that was not signed after it. What remains is tried against ten reasons in a fixed order; the
//! answer is the first reason that the most promising record fails.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{Consent, ConsentRef, ConsentRules, LegalPosition, State};
use crate::domain::category::{Categories, Category};
use crate::domain::event::DenialReason;
use crate::domain::id::{ConsentId, Oin};
use crate::domain::person::AgeBand;
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;

/// All of the question but the categories.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// The person, and who signs for the person.
    pub position: &'q LegalPosition,
    /// Who would send.
    pub source: &'q Oin,
    /// Who would receive.
    pub recipient: &'q Oin,
    /// For what.
    pub purpose: Purpose,
    /// When. Ages, periods and exclusions are taken at this moment.
    pub at: Timestamp,
    /// The consents the asker says it relies on. Empty: whatever there is. A record that is named
    /// and speaks of somebody else answers `WRONG_RECIPIENT`; without naming it, its existence is
    /// not told.
    pub relied_on: &'q [ConsentId],
    /// The region's choices.
    pub rules: &'q ConsentRules,
}

/// Yes, or no with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Everything asked may be shared.
    Permit {
        /// The versions relied on.
        consents: BTreeSet<ConsentRef>,
    },
    /// Something asked may not be shared.
    Deny {
        /// The first reason of the ordered list.
        reason: DenialReason,
    },
}

/// The answer about one category, with the record it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Ruling<'c> {
    /// The record that decided; none when nothing speaks about it at all.
    pub consent: Option<&'c Consent>,
    /// Why not; none when it may be shared.
    pub denial: Option<DenialReason>,
}

/// A version of a record never changes, so two that name the same version hold the same.
impl PartialEq for Ruling<'_> {
    fn eq(&self, other: &Self) -> bool {
        let reference = |ruling: &Self| ruling.consent.map(Consent::reference);
        self.denial == other.denial && reference(self) == reference(other)
    }
}

impl Eq for Ruling<'_> {}

/// One of the things a record must be before it permits anything.
#[derive(Clone, Copy)]
pub enum Test {
    /// The same for every category.
    OfRecord(fn(&Asking<'_>, &Consent) -> bool),
    /// Asked of each category by itself.
    OfCategory(fn(&Consent, Category) -> bool),
}

/// The reasons after `NO_CONSENT`, in the order in which they are given, each with the test that a
/// record passes when the reason does not hold.
pub const TESTS: [(DenialReason, Test); 9] = [
    (DenialReason::Refused, Test::OfRecord(|_, consent| consent.state() != State::Refused)),
    (DenialReason::Withdrawn, Test::OfRecord(|_, consent| consent.state() != State::Withdrawn)),
    (
        DenialReason::Expired,
        Test::OfRecord(|asked, consent| !consent.terms.period.has_ended(asked.question.at)),
    ),
    (
        DenialReason::NotYetValid,
        Test::OfRecord(|asked, consent| consent.terms.period.has_begun(asked.question.at)),
    ),
    (DenialReason::NeedsRenewal, Test::OfRecord(|asked, consent| !asked.is_outgrown(consent))),
    (
        DenialReason::WrongRecipient,
        Test::OfRecord(|asked, consent| consent.terms.recipient == *asked.question.recipient),
    ),
    (
        DenialReason::WrongPurpose,
        Test::OfRecord(|asked, consent| consent.terms.purpose == asked.question.purpose),
    ),
    (
        DenialReason::CategoryNotCovered,
        Test::OfCategory(|consent, category| consent.terms.categories.contains(category)),
    ),
    (
        DenialReason::SignaturesInsufficient,
        Test::OfRecord(|asked, consent| {
            consent.state() == State::Active && asked.is_signed(consent)
        }),
    ),
];

/// Answers the question for all of `categories` together: one that may not be shared denies all.
/// Asking for nothing is denied, so that nothing can be taken for permission.
pub fn check(question: &Question<'_>, categories: Categories, records: &[Consent]) -> Answer {
    let tried = Tried::of(question, records);
    let rulings: Vec<Ruling<'_>> = categories.iter().map(|category| tried.rule(category)).collect();
    if let Some(reason) = rulings.iter().filter_map(|ruling| ruling.denial).min() {
        return Answer::Deny { reason };
    }
    let consents: BTreeSet<ConsentRef> =
        rulings.iter().filter_map(|ruling| ruling.consent).map(Consent::reference).collect();
    if consents.is_empty() {
        Answer::Deny { reason: DenialReason::NoConsent }
    } else {
        Answer::Permit { consents }
    }
}

/// A question, and what follows from it for every record.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'q> {
    /// The question.
    pub question: &'q Question<'q>,
    /// The person's age band at its moment.
    pub band: AgeBand,
}

impl Asking<'_> {
    fn is_signed(&self, consent: &Consent) -> bool {
        let Question { position, at, rules, .. } = self.question;
        position.bears_signatures(&consent.terms, (*at, self.band), rules)
    }

    /// Whether somebody else must sign than when it was last signed, by a birthday or by a change of
    /// who decides for the person, and the signatures do not suffice any more.
    fn is_outgrown(&self, consent: &Consent) -> bool {
        if consent.state() != State::Active || self.is_signed(consent) {
            return false;
        }
        let Question { position, at, rules, .. } = self.question;
        let dual_override = consent.terms.dual_override.as_ref();
        let required = |at| position.required_signatures(at, dual_override, rules);
        consent.terms.signed_at().is_some_and(|then| required(then) != required(*at))
    }
}

/// The records of one person, each tried once against everything that is the same for every category.
#[derive(Debug)]
pub struct Tried<'c> {
    records: Vec<TriedRecord<'c>>,
}

/// A record, and which tests it passes.
#[derive(Debug)]
pub struct TriedRecord<'c> {
    /// The record.
    pub consent: &'c Consent,
    spoken_at: Option<Timestamp>,
    /// Whether recipient and purpose are those of the question.
    answers: bool,
    may_rely: bool,
    /// A test of a category counts as passed here.
    passed: [bool; TESTS.len()],
}

impl<'c> Tried<'c> {
    /// Tries every record that speaks of this person and source.
    pub fn of(question: &Question<'_>, records: &'c [Consent]) -> Self {
        let asking = Asking { question, band: question.position.age_band(question.at) };
        let records = question.latest_versions(records);
        Self { records: records.map(|consent| TriedRecord::of(&asking, consent)).collect() }
    }

    /// The record that a ruling comes from.
    pub fn record(&self, ruling: &Ruling<'_>) -> Option<&TriedRecord<'c>> {
        let decided = ruling.consent?.reference();
        self.records.iter().find(|record| record.consent.reference() == decided)
    }

    /// Answers the question for each of these categories, in their order. Two that stand in the same
    /// records have the same ruling, which is then found once.
    pub fn rule_each(&self, categories: Categories) -> impl Iterator<Item = Ruling<'c>> {
        let mut found: Vec<(Vec<bool>, Ruling<'c>)> = Vec::with_capacity(4);
        categories.iter().map(move |category| {
            let stands_in =
                |record: &TriedRecord<'_>| record.consent.terms.categories.contains(category);
            let is_same =
                |known: &[bool]| self.records.iter().map(stands_in).eq(known.iter().copied());
            let known = found.iter().find(|(known, _)| is_same(known)).map(|(_, ruling)| *ruling);
            known.unwrap_or_else(|| {
                let ruling = self.rule(category);
                found.push((self.records.iter().map(stands_in).collect(), ruling));
                ruling
            })
        })
    }

    /// Answers the question for one category.
    pub fn rule(&self, category: Category) -> Ruling<'c> {
        let denial = self
            .records
            .iter()
            .filter(|record| record.consent.is_denial() && record.answers_for(category))
            // Refused before withdrawn when both were said at the same moment.
            .max_by_key(|record| (record.spoken_at, Reverse(record.consent.state())));
        let is_newer = |record: &&TriedRecord<'_>| {
            denial.is_none_or(|denial| record.spoken_at > denial.spoken_at)
        };
        let about_it = |record: &&TriedRecord<'_>| record.may_rely && record.answers_for(category);
        let beside_it =
            |record: &&TriedRecord<'_>| record.may_rely && !record.answers_for(category);
        let given = self.records.iter().filter(|record| !record.consent.is_denial());
        match (most_promising(category, given.filter(about_it).filter(is_newer)), denial) {
            (Some(ruling), _) => ruling,
            (None, Some(denial)) => denial.rule(category),
            (None, None) => most_promising(category, self.records.iter().filter(beside_it))
                .unwrap_or(Ruling { consent: None, denial: Some(DenialReason::NoConsent) }),
        }
    }
}

/// The record that passes the most tests; the latest of those that pass as many.
fn most_promising<'r, 'c: 'r>(
    category: Category,
    candidates: impl Iterator<Item = &'r TriedRecord<'c>>,
) -> Option<Ruling<'c>> {
    candidates
        .max_by_key(|record| {
            (record.tests_passed(category), record.spoken_at, record.consent.consent_id)
        })
        .map(|record| record.rule(category))
}

impl<'c> TriedRecord<'c> {
    fn of(asking: &Asking<'_>, consent: &'c Consent) -> Self {
        let Question { recipient, purpose, relied_on, .. } = asking.question;
        let is_for_recipient = consent.terms.recipient == **recipient;
        Self {
            consent,
            spoken_at: consent.spoken_at(),
            answers: is_for_recipient && consent.terms.purpose == *purpose,
            // A named record counts as it is; without names only those of this recipient exist.
            may_rely: if relied_on.is_empty() {
                is_for_recipient
            } else {
                relied_on.contains(&consent.consent_id)
            },
            passed: TESTS.map(|(_, test)| match test {
                Test::OfRecord(passes) => passes(asking, consent),
                Test::OfCategory(_) => true,
            }),
        }
    }

    /// Which tests the record passes for every one of these categories, in the order of [`TESTS`].
    pub fn passes(&self, categories: Categories) -> [bool; TESTS.len()] {
        let mut passed = self.passed;
        for ((_, test), passed) in TESTS.iter().zip(&mut passed) {
            if let Test::OfCategory(passes) = test {
                *passed = categories.iter().all(|category| passes(self.consent, category));
            }
        }
        passed
    }

    /// Whether it speaks about exactly this question.
    fn answers_for(&self, category: Category) -> bool {
        self.answers && self.consent.terms.categories.contains(category)
    }

    fn rule(&self, category: Category) -> Ruling<'c> {
        let failed = TESTS.get(self.tests_passed(category));
        Ruling { consent: Some(self.consent), denial: failed.map(|(reason, _)| *reason) }
    }

    /// How many tests the record passes before the first it fails.
    fn tests_passed(&self, category: Category) -> usize {
        let passes = |(test, passed): (&(DenialReason, Test), &bool)| match test.1 {
            Test::OfRecord(_) => *passed,
            Test::OfCategory(passes) => passes(self.consent, category),
        };
        TESTS.iter().zip(&self.passed).take_while(|both| passes(*both)).count()
    }
}

impl Question<'_> {
    /// The newest version of every record of this person and source that was not a mistake.
    fn latest_versions<'c>(&self, records: &'c [Consent]) -> impl Iterator<Item = &'c Consent> {
        records.iter().filter(|consent| {
            consent.terms.subject == self.position.subject
                && consent.terms.source == *self.source
                && consent.state() != State::EnteredInError
                && !records.iter().any(|other| {
                    other.consent_id == consent.consent_id && other.version > consent.version
                })
        })
    }
}

#[cfg(test)]
mod tests;
