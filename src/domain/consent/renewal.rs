//! Consents that stopped to suffice, or soon will, without anybody doing anything: a birthday, or
//! the end of their term (DOMAIN §3.1). Nobody is rung out of bed by a birthday, so whoever keeps the
//! case must be able to see it coming.

use std::time::Duration;

use super::{Consent, ConsentRules, LegalPosition, State};
use crate::domain::code::codes;
use crate::domain::time::{Date, Timestamp};

codes! {
    /// Why a consent must be renewed.
    pub enum RenewalCause {
        /// Its signatures do not suffice now: a birthday, authority, incapacity or an exclusion.
        Signatures = 1, "SIGNATURES";
        /// Its signatures will not suffice from a coming birthday on.
        Birthday = 2, "BIRTHDAY";
        /// It ends, or ended, as it says itself.
        End = 3, "END";
    }
}

/// That a consent must be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal {
    /// Why.
    pub cause: RenewalCause,
    /// From when on it does not suffice; for [`RenewalCause::Signatures`] the moment of asking.
    pub at: Timestamp,
}

/// Birthdays at which somebody else decides (DOMAIN §3.1).
const BIRTHDAYS: [i16; 3] = [12, 16, 18];

impl Consent {
    /// Whether and why this consent must be renewed within `ahead`, or ended no longer ago than that.
    /// None for a consent that never was in force, or is not any more by somebody's word.
    pub fn renewal(
        &self,
        position: &LegalPosition,
        (now, ahead): (Timestamp, Duration),
        rules: &ConsentRules,
    ) -> Option<Renewal> {
        let end = self.terms.period.valid_until();
        match self.state_at(now, position, rules) {
            State::NeedsRenewal => Some(Renewal { cause: RenewalCause::Signatures, at: now }),
            State::Active => {
                let is_near = |at: &Timestamp| *at <= now.plus(ahead);
                let birthday = self.outgrown_at(position, now, rules);
                let birthday = birthday.map(|at| Renewal { cause: RenewalCause::Birthday, at });
                let end = Renewal { cause: RenewalCause::End, at: end };
                birthday.or(Some(end)).filter(|renewal| is_near(&renewal.at))
            }
            State::Expired if now.minus(ahead) <= end => {
                Some(Renewal { cause: RenewalCause::End, at: end })
            }
            State::Expired
            | State::Proposed
            | State::Refused
            | State::Withdrawn
            | State::EnteredInError => None,
        }
    }

    /// The coming birthday, before its end, from which on the signatures do not suffice.
    fn outgrown_at(
        &self,
        position: &LegalPosition,
        now: Timestamp,
        rules: &ConsentRules,
    ) -> Option<Timestamp> {
        BIRTHDAYS
            .iter()
            .filter_map(|years| position.birth_date.birthday(*years))
            .map(Date::start)
            .filter(|at| *at > now && !self.terms.period.has_ended(*at))
            .find(|at| position.check_signatures(&self.terms, *at, rules).is_err())
    }

    /// Whether this consent says, later, everything that the other says: then nobody needs to renew
    /// the other.
    pub fn replaces(&self, other: &Self) -> bool {
        let (new, old) = (&self.terms, &other.terms);
        self.consent_id != other.consent_id
            && (new.subject, new.purpose) == (old.subject, old.purpose)
            && (&new.source, &new.recipient) == (&old.source, &old.recipient)
            && old.categories.is_subset_of(new.categories)
            && self.spoken_at() > other.spoken_at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testema::{
        NOOR, RUBEN, SEM, YARA, active, at, family_consent, itself, parent, position, terms,
        terms_signed_at, withdrawal,
    };

    const DAY: Duration = Duration::from_hours(24);

    fn renewal(consent: &Consent, now: &str, days: u32) -> Option<(RenewalCause, String)> {
        let position = position(consent.terms.subject);
        let found = consent.renewal(&position, (at(now), DAY * days), &ConsentRules::default())?;
        Some((found.cause, found.at.to_string()))
    }

    #[test]
    fn a_birthday_is_seen_coming_when_the_signatures_will_not_suffice() {
        let by_parents_override = active(1, terms(NOOR, &[parent(YARA), parent(RUBEN)]));
        // Not in force now, so that is what is told.
        let now = "2026-05-01T10:00:00Z";
        let found = renewal(&by_parents_override, now, 30).unwrap();
        assert_eq!(found.0, RenewalCause::Signatures);
        // Sem is 8: his parents sign until the day on which he turns 12.
        let sem =
            active(2, terms_signed_at(SEM, &[parent(YARA), parent(RUBEN)], "2029-10-01T10:00:00Z"));
        let expected = (RenewalCause::Birthday, "2029-11-02T23:00:00Z".to_owned());
        assert_eq!(renewal(&sem, "2029-10-20T10:00:00Z", 30), Some(expected));
        assert_eq!(renewal(&sem, "2029-10-20T10:00:00Z", 10), None);
        let found = renewal(&sem, "2029-11-02T23:00:00Z", 0).unwrap();
        assert_eq!(found.0, RenewalCause::Signatures);
    }

    #[test]
    fn a_birthday_that_changes_nothing_is_not_told() {
        assert_eq!(renewal(&family_consent(NOOR), "2026-05-01T10:00:00Z", 30), None);
        assert_eq!(renewal(&family_consent(NOOR), "2026-05-21T10:00:00Z", 30), None);
    }

    #[test]
    fn the_end_of_the_term_is_told_before_and_for_as_long_after() {
        let yara = active(1, terms(YARA, &[itself(YARA)]));
        let end = (RenewalCause::End, "2026-10-02T13:10:00Z".to_owned());
        assert_eq!(renewal(&yara, "2026-09-25T10:00:00Z", 7), None);
        assert_eq!(renewal(&yara, "2026-09-26T10:00:00Z", 7), Some(end.clone()));
        assert_eq!(renewal(&yara, "2026-10-09T10:00:00Z", 7), Some(end));
        assert_eq!(renewal(&yara, "2026-10-10T10:00:00Z", 7), None);
    }

    #[test]
    fn what_was_withdrawn_is_not_renewed() {
        let rules = ConsentRules::default();
        let withdrawal = withdrawal(itself(RUBEN), "2026-05-28T07:15:00Z");
        let withdrawn =
            family_consent(RUBEN).withdraw(withdrawal, &position(RUBEN), &rules).unwrap();
        assert_eq!(renewal(&withdrawn, "2026-09-30T10:00:00Z", 30), None);
    }

    #[test]
    fn a_later_consent_that_says_as_much_takes_the_place_of_an_earlier_one() {
        let old = family_consent(YARA);
        let later = "2026-06-01T10:00:00Z";
        let new = active(9, terms_signed_at(YARA, &[itself(YARA)], later));
        assert!(new.replaces(&old) && !old.replaces(&new) && !old.replaces(&old));
        let mut less = new.clone();
        less.terms.categories = crate::domain::category::Categories::EMPTY;
        assert!(!less.replaces(&old));
        let mut elsewhere = new;
        elsewhere.terms.recipient = crate::domain::testema::mee();
        assert!(!elsewhere.replaces(&old));
    }
}
