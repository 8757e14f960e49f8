//! The answer to a request for data, with everything that was looked at (promise 4: every entry can
//! be replayed).
//!
//! A decision is a value and only [`evaluate`](super::policy::evaluate) makes one. It answers per
//! person and category, and it explains a no as fully as a yes: every [`Condition`] says what was
//! needed and what was found, also when it was met, also when another had failed already.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::category::Categories;
use super::code::codes;
use super::consent::ConsentRef;
use super::event::DenialReason;
use super::id::{GroupId, PersonKey, Pseudonym, Version};
use super::person::AgeBand;
use super::policy::{DecidedOn, Grounds, Permit};
use super::time::Timestamp;

mod condition;
mod phrase;
mod wording;

pub use condition::{Condition, ConditionId};
pub use phrase::Phrase;
pub use wording::Wording;

codes! {
    /// The answer in one word.
    pub enum Effect {
        /// Everything asked for is allowed.
        Allow = 1, "ALLOW";
        /// A part is allowed.
        AllowReduced = 2, "ALLOW_REDUCED";
        /// Nothing is allowed.
        Deny = 3, "DENY";
    }
}

/// Which policy pack decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackId {
    /// Version, as people call it.
    pub version: Version,
    /// SHA-256 of its bytes, which cannot be mistaken for another.
    #[serde(with = "crate::domain::hex_text")]
    pub hash: [u8; 32],
}

/// The answer to one request.
#[derive(Debug, PartialEq, Eq)]
pub struct Decision {
    /// The act that was decided about.
    pub id: GroupId,
    /// When.
    pub decided_at: Timestamp,
    /// By which policy pack.
    pub pack: PackId,
    /// The two grounds behind the basis, by that pack.
    pub grounds: Grounds,
    /// In one word.
    pub effect: Effect,
    /// What was looked at about the request as a whole.
    pub conditions: Vec<Condition>,
    /// Per person.
    pub persons: Vec<PersonDecision>,
    /// What is allowed. Nothing is sealed or sent without one of these.
    pub permits: Vec<Permit>,
}

/// The answer about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonDecision {
    /// Name within the case.
    pub person: PersonKey,
    /// Pseudonym.
    pub subject: Pseudonym,
    /// Age band at the moment of the decision.
    pub age_band: AgeBand,
    /// The categories asked for, each in exactly one finding.
    pub findings: Vec<Finding>,
    /// What may be shared. Empty when the person is left out.
    pub permitted: Categories,
    /// What the answer was made on, where that is kept with it.
    pub decided_on: Option<Arc<DecidedOn>>,
}

/// The answer about categories of one person that stand and fall together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The categories.
    pub categories: Categories,
    /// Why not; none when they may be shared.
    pub denial: Option<DenialReason>,
    /// The consents relied on.
    pub consents: BTreeSet<ConsentRef>,
    /// What was looked at.
    pub conditions: Vec<Condition>,
}

impl Decision {
    /// The answer about one person.
    pub fn person(&self, key: &PersonKey) -> Option<&PersonDecision> {
        self.persons.iter().find(|person| person.person == *key)
    }

    /// What may be shared about one person.
    pub fn permit(&self, subject: Pseudonym) -> Option<&Permit> {
        self.permits.iter().find(|permit| permit.subject() == subject)
    }

    /// Everything that was looked at for one person: first what concerns the request as a whole.
    pub fn conditions_about(&self, subject: Pseudonym) -> Vec<Condition> {
        let person = self.persons.iter().find(|person| person.subject == subject);
        let own = person.into_iter().flat_map(PersonDecision::conditions);
        self.conditions.iter().chain(own).cloned().collect()
    }

    /// Whether anything is shared of somebody whose last word about the recipient was a no: of them alone,
    /// and not of the request as a whole, it was asked whether an emergency was declared.
    pub fn overrides_a_no(&self) -> bool {
        let shared = self.persons.iter().filter(|person| self.permit(person.subject).is_some());
        let mut conditions = shared.flat_map(PersonDecision::conditions);
        conditions.any(|condition| condition.id == ConditionId::EmergencyDeclared)
    }

    /// What the answer about one person was made on.
    pub fn decided_on(&self, subject: Pseudonym) -> Option<Arc<DecidedOn>> {
        self.persons.iter().find(|person| person.subject == subject)?.decided_on.clone()
    }

    /// Why nothing is allowed; none when something is. When everybody is left out for reasons of
    /// their own, it is the first of those.
    pub fn denial(&self) -> Option<DenialReason> {
        if self.effect != Effect::Deny {
            return None;
        }
        first_unmet(&self.conditions)
            .or_else(|| self.persons.iter().find_map(PersonDecision::denial))
            .or(Some(DenialReason::NotFoundOrNotAllowed))
    }
}

impl PersonDecision {
    /// Why the person is left out; none when something may be shared.
    pub fn denial(&self) -> Option<DenialReason> {
        if !self.permitted.is_empty() {
            return None;
        }
        self.findings
            .iter()
            .find_map(|finding| finding.denial)
            .or(Some(DenialReason::NotFoundOrNotAllowed))
    }

    /// What was looked at for this person, besides what concerns the request as a whole.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.findings.iter().flat_map(|finding| &finding.conditions)
    }

    /// The categories asked for.
    pub fn asked(&self) -> Categories {
        let sets = self.findings.iter().map(|finding| finding.categories);
        sets.fold(Categories::EMPTY, Categories::union)
    }
}

/// The reason of the first condition that was not met.
pub(super) fn first_unmet(conditions: &[Condition]) -> Option<DenialReason> {
    conditions.iter().find(|condition| !condition.met).map(|condition| condition.id.reason())
}
