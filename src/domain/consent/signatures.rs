//! Who signs for whom (DOMAIN §3.1). Decided by the age at the moment of use, never by the age at
//! the moment of signing.
//!
//! | band | who signs |
//! |---|---|
//! | under 12 | the representatives with authority |
//! | 12 to 15 | the child, and one representative with authority |
//! | 12 to 15, incapable | as under 12 |
//! | 16 and older | the person alone |
//! | 16 and older, incapable | curator or mentor; else proxy; else partner; else relative |
//!
//! What is required is a list of [`RequiredSignature`]s, each to be set by any one of its signers.
//! A signature that nobody can set is never set: a child without representatives has no consent.

use serde::{Deserialize, Serialize};

use super::{
    Capacity, ConsentRules, DualOverride, Grantor, GuardianRule, Representative, Signer, Span,
    Terms,
};
use crate::domain::id::Pseudonym;
use crate::domain::person::AgeBand;
use crate::domain::time::{Date, Timestamp};

/// All that decides who signs for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalPosition {
    /// The person.
    #[serde(with = "crate::domain::hex_text")]
    pub subject: Pseudonym,
    /// Date of birth.
    pub birth_date: Date,
    /// When the person could not, or cannot, weigh their own interests in this.
    pub incapable: Vec<Span>,
    /// Who decides, or decided, for the person.
    pub representatives: Vec<Representative>,
}

/// A signature to be set by any one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredSignature {
    /// Who may set it. Empty when there is nobody: then it cannot be set.
    pub any_of: Vec<Signer>,
}

impl RequiredSignature {
    fn is_set_by(&self, grantors: &[Grantor]) -> bool {
        grantors.iter().any(|grantor| self.any_of.contains(&grantor.signer()))
    }

    /// Whether the person concerned sets it.
    pub fn is_own(&self) -> bool {
        self.any_of.iter().any(|signer| signer.capacity == Capacity::Itself)
    }
}

/// Signatures that are required and not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of the required signatures are missing", missing.len())]
pub struct SignaturesInsufficient {
    /// The signatures that are missing.
    pub missing: Vec<RequiredSignature>,
}

/// A withdrawal by somebody who does not decide about this, for example by a parent of somebody of
/// 16 or older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this person does not decide about this consent")]
pub struct WithdrawalHasNoEffect;

impl LegalPosition {
    /// The age band at this moment.
    pub fn age_band(&self, at: Timestamp) -> AgeBand {
        AgeBand::on(self.birth_date, at)
    }

    /// Whether the person can weigh their own interests at this moment.
    pub fn is_capable(&self, at: Timestamp) -> bool {
        !self.incapable.iter().any(|span| span.covers(at))
    }

    /// The signatures that a consent of this person needs at this moment.
    pub fn required_signatures(
        &self,
        at: Timestamp,
        dual_override: Option<&DualOverride>,
        rules: &ConsentRules,
    ) -> Vec<RequiredSignature> {
        self.required_of((at, self.age_band(at)), dual_override, rules)
    }

    /// The same, for a moment whose age band is known.
    fn required_of(
        &self,
        (at, band): (Timestamp, AgeBand),
        dual_override: Option<&DualOverride>,
        rules: &ConsentRules,
    ) -> Vec<RequiredSignature> {
        match (band, self.is_capable(at)) {
            (AgeBand::Under12, _) | (AgeBand::Age12To15, false) => self.guardians_sign(at, rules),
            (AgeBand::Age12To15, true) => {
                let mut required = vec![self.own_signature()];
                if rules.dual_consent_12_15 && dual_override.is_none() {
                    required.extend(self.one_guardian_signs(at));
                }
                required
            }
            (AgeBand::Age16To17 | AgeBand::Adult, true) => vec![self.own_signature()],
            (AgeBand::Age16To17 | AgeBand::Adult, false) => vec![self.next_in_line_signs(at)],
        }
    }

    /// Whether these terms bear every signature that is needed at this moment.
    pub fn check_signatures(
        &self,
        terms: &Terms,
        at: Timestamp,
        rules: &ConsentRules,
    ) -> Result<(), SignaturesInsufficient> {
        let mut missing = self.required_signatures(at, terms.dual_override.as_ref(), rules);
        // Somebody else's position never makes these signatures suffice.
        if terms.subject == self.subject {
            missing.retain(|required| !required.is_set_by(&terms.grantors));
        }
        if missing.is_empty() { Ok(()) } else { Err(SignaturesInsufficient { missing }) }
    }

    /// Whether these terms bear every signature that is needed at a moment whose age band is known.
    pub(super) fn bears_signatures(
        &self,
        terms: &Terms,
        at: (Timestamp, AgeBand),
        rules: &ConsentRules,
    ) -> bool {
        terms.subject == self.subject
            && self
                .required_of(at, terms.dual_override.as_ref(), rules)
                .iter()
                .all(|required| required.is_set_by(&terms.grantors))
    }

    /// Whether a word of `signer` ends a consent with these terms at this moment: anybody who could
    /// set one of the required signatures can end it, whether they signed or not. Where all parents
    /// must agree, one parent who withdraws is enough.
    pub fn may_withdraw(
        &self,
        signer: Signer,
        terms: &Terms,
        at: Timestamp,
        rules: &ConsentRules,
    ) -> Result<(), WithdrawalHasNoEffect> {
        let has_say = terms.subject == self.subject
            && self
                .required_signatures(at, terms.dual_override.as_ref(), rules)
                .iter()
                .any(|required| required.any_of.contains(&signer));
        if has_say { Ok(()) } else { Err(WithdrawalHasNoEffect) }
    }

    fn own_signature(&self) -> RequiredSignature {
        let own = Signer { person: self.subject, capacity: Capacity::Itself };
        RequiredSignature { any_of: vec![own] }
    }

    fn guardians_sign(&self, at: Timestamp, rules: &ConsentRules) -> Vec<RequiredSignature> {
        let guardians = self.guardians(at);
        match rules.guardian_rule {
            // Nobody is not "all": an empty list would let anything pass.
            GuardianRule::AllWithAuthority if !guardians.is_empty() => guardians
                .into_iter()
                .map(|guardian| RequiredSignature { any_of: vec![guardian] })
                .collect(),
            GuardianRule::AllWithAuthority | GuardianRule::Any => {
                vec![RequiredSignature { any_of: guardians }]
            }
        }
    }

    /// The second signature for somebody of 12 to 15. When every guardian is excluded there is
    /// nobody left to ask, and the child decides alone as the law has it; when there is none, the
    /// signature stays missing until one is.
    fn one_guardian_signs(&self, at: Timestamp) -> Option<RequiredSignature> {
        let any_of = self.guardians(at);
        let has_any = self.representatives.iter().any(|one| one.is_guardian_of_minor(at));
        (!any_of.is_empty() || !has_any).then_some(RequiredSignature { any_of })
    }

    fn guardians(&self, at: Timestamp) -> Vec<Signer> {
        self.representatives
            .iter()
            .filter(|one| one.is_guardian_of_minor(at) && !one.is_excluded(at))
            .map(|one| one.signer)
            .collect()
    }

    /// The first of the line of Jeugdwet art. 7.3.15 lid 2 and 3 in which there is anybody. A
    /// parent is family at every age; a guardian is nobody any more once the ward is 18 (BW 1:233).
    fn next_in_line_signs(&self, at: Timestamp) -> RequiredSignature {
        const LINE: [&[Capacity]; 4] = [
            &[Capacity::Curator, Capacity::Mentor],
            &[Capacity::Proxy],
            &[Capacity::Partner],
            &[Capacity::ParentWithAuthority, Capacity::Guardian, Capacity::Relative],
        ];
        let is_minor = self.age_band(at).is_minor();
        let in_line = |capacities: &&[Capacity]| -> Vec<Signer> {
            self.representatives
                .iter()
                .filter(|one| one.counts(at) && capacities.contains(&one.signer.capacity))
                .map(|one| one.signer)
                .filter(|signer| is_minor || signer.capacity != Capacity::Guardian)
                .collect()
        };
        let any_of = LINE.iter().map(in_line).find(|line| !line.is_empty()).unwrap_or_default();
        RequiredSignature { any_of }
    }
}

#[cfg(test)]
mod tests;
