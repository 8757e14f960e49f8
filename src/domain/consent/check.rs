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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling<'c> {
    /// The record that decided; none when nothing speaks about it at all.
    pub consent: Option<&'c Consent>,
    /// Why not; none when it may be shared.
    pub denial: Option<DenialReason>,
}

/// One of the things a record must be before it permits anything.
pub type Test = fn(&Question<'_>, &Consent, Category) -> bool;

/// The reasons after `NO_CONSENT`, in the order in which they are given, each with the test that a
/// record passes when the reason does not hold.
pub const TESTS: [(DenialReason, Test); 9] = [
    (DenialReason::Refused, |_, consent, _| consent.state() != State::Refused),
    (DenialReason::Withdrawn, |_, consent, _| consent.state() != State::Withdrawn),
    (DenialReason::Expired, |asked, consent, _| !consent.terms.period.has_ended(asked.at)),
    (DenialReason::NotYetValid, |asked, consent, _| consent.terms.period.has_begun(asked.at)),
    (DenialReason::NeedsRenewal, |asked, consent, _| !asked.is_outgrown(consent)),
    (DenialReason::WrongRecipient, |asked, consent, _| consent.terms.recipient == *asked.recipient),
    (DenialReason::WrongPurpose, |asked, consent, _| consent.terms.purpose == asked.purpose),
    (DenialReason::CategoryNotCovered, |_, consent, category| {
        consent.terms.categories.contains(category)
    }),
    (DenialReason::SignaturesInsufficient, |asked, consent, _| {
        consent.state() == State::Active && asked.is_signed(consent)
    }),
];

/// Answers the question for all of `categories` together: one that may not be shared denies all.
/// Asking for nothing is denied, so that nothing can be taken for permission.
pub fn check(question: &Question<'_>, categories: Categories, records: &[Consent]) -> Answer {
    let rulings: Vec<Ruling<'_>> =
        categories.iter().map(|category| question.rule(category, records)).collect();
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

impl Question<'_> {
    /// Answers the question for one category.
    pub fn rule<'c>(&self, category: Category, records: &'c [Consent]) -> Ruling<'c> {
        let spoken = self.latest_versions(records);
        let denial = spoken
            .iter()
            .copied()
            .filter(|consent| consent.is_denial() && self.is_answered_by(consent, category))
            // Refused before withdrawn when both were said at the same moment.
            .max_by_key(|consent| (consent.spoken_at(), Reverse(consent.state())));
        let is_newer = |consent: &Consent| {
            denial.is_none_or(|denial| consent.spoken_at() > denial.spoken_at())
        };
        let candidates = spoken.iter().copied().filter(|consent| self.may_rely_on(consent));
        let (about_it, beside_it): (Vec<&Consent>, Vec<&Consent>) =
            candidates.partition(|consent| self.is_answered_by(consent, category));
        let newer =
            about_it.iter().copied().filter(|consent| !consent.is_denial() && is_newer(consent));
        match (self.most_promising(category, newer), denial) {
            (Some(ruling), _) => ruling,
            (None, Some(denial)) => self.try_record(denial, category),
            (None, None) => self
                .most_promising(category, beside_it.into_iter())
                .unwrap_or(Ruling { consent: None, denial: Some(DenialReason::NoConsent) }),
        }
    }

    /// The newest version of every record of this person and source that was not a mistake.
    fn latest_versions<'c>(&self, records: &'c [Consent]) -> Vec<&'c Consent> {
        records
            .iter()
            .filter(|consent| {
                consent.terms.subject == self.position.subject
                    && consent.terms.source == *self.source
                    && consent.state() != State::EnteredInError
                    && !records.iter().any(|other| {
                        other.consent_id == consent.consent_id && other.version > consent.version
                    })
            })
            .collect()
    }

    /// Whether a record speaks about exactly this question.
    fn is_answered_by(&self, consent: &Consent, category: Category) -> bool {
        consent.terms.recipient == *self.recipient
            && consent.terms.purpose == self.purpose
            && consent.terms.categories.contains(category)
    }

    /// A named record counts as it is; without names only the records of this recipient exist.
    fn may_rely_on(&self, consent: &Consent) -> bool {
        if self.relied_on.is_empty() {
            consent.terms.recipient == *self.recipient
        } else {
            self.relied_on.contains(&consent.consent_id)
        }
    }

    /// The record that passes the most tests; the latest of those that pass as many.
    fn most_promising<'c>(
        &self,
        category: Category,
        candidates: impl Iterator<Item = &'c Consent>,
    ) -> Option<Ruling<'c>> {
        candidates
            .max_by_key(|consent| {
                let passed = self.tests_passed(consent, category);
                (passed, consent.spoken_at(), consent.consent_id)
            })
            .map(|consent| self.try_record(consent, category))
    }

    fn try_record<'c>(&self, consent: &'c Consent, category: Category) -> Ruling<'c> {
        let failed = TESTS.get(self.tests_passed(consent, category));
        Ruling { consent: Some(consent), denial: failed.map(|(reason, _)| *reason) }
    }

    /// How many tests a record passes before the first it fails.
    fn tests_passed(&self, consent: &Consent, category: Category) -> usize {
        TESTS.iter().take_while(|(_, passes)| passes(self, consent, category)).count()
    }

    fn is_signed(&self, consent: &Consent) -> bool {
        self.position.check_signatures(&consent.terms, self.at, self.rules).is_ok()
    }

    /// Whether a birthday since the last signature made the signatures insufficient.
    fn is_outgrown(&self, consent: &Consent) -> bool {
        let band_then = consent.terms.signed_at().map(|then| self.position.age_band(then));
        consent.state() == State::Active
            && band_then.is_some_and(|then| then != self.position.age_band(self.at))
            && !self.is_signed(consent)
    }
}

#[cfg(test)]
mod tests;
