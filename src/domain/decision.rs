//! The answer to "may this be shared?", with everything that was looked at.
//!
//! A decision is a value, also when it is a no: it is logged, counted and shown to a privacy
//! officer years later, condition by condition.

use serde::Serialize;

use super::basis::Grounds;
use super::category::Category;
use super::event::DenialReason;
use super::id::{Pseudonym, Version};
use super::policy::Permit;
use super::time::Timestamp;

/// What the policy said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Everything asked for.
    Allow,
    /// A part: persons or categories were left out.
    AllowReduced,
    /// Nothing.
    Deny,
}

/// The policy pack that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackId {
    /// Its version.
    pub version: Version,
    /// SHA-256 of its canonical text.
    pub hash: [u8; 32],
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Stable identifier, for example `consent.valid`.
    pub condition_id: &'static str,
    /// Dutch sentence.
    pub text_nl: &'static str,
    /// English sentence.
    pub text_en: &'static str,
    /// What was needed, in codes.
    pub needed: String,
    /// What was found, in codes.
    pub found: String,
    /// What was consulted, for example `consent/<id>/<version>`.
    pub evidence: String,
    /// Whether it held.
    pub met: bool,
}

/// One thing that may not be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// Which category; none when the refusal is about everything.
    pub category: Option<Category>,
    /// Why.
    pub reason: DenialReason,
}

/// The answer about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectDecision {
    /// The person.
    pub subject: Pseudonym,
    /// What may be shared; none when nothing may.
    pub permit: Option<Permit>,
    /// What may not be shared.
    pub refusals: Vec<Refusal>,
    /// Everything that was looked at, in order.
    pub conditions: Vec<Condition>,
}

impl SubjectDecision {
    /// The reason that is told and logged when nothing may be shared about this person: the first
    /// in the order of the code list.
    pub fn denial(&self) -> Option<DenialReason> {
        if self.permit.is_some() {
            return None;
        }
        self.refusals
            .iter()
            .map(|refusal| refusal.reason)
            .min()
            .or(Some(DenialReason::NotFoundOrNotAllowed))
    }
}

/// The answer about everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// In one word.
    pub effect: Effect,
    /// By which rules.
    pub pack: PackId,
    /// When.
    pub decided_at: Timestamp,
    /// The two grounds behind the basis (DOMAIN §4.1).
    pub grounds: Grounds,
    /// Person by person, in the order asked.
    pub subjects: Vec<SubjectDecision>,
}

impl Decision {
    /// The answer about one person.
    pub fn about(&self, subject: Pseudonym) -> Option<&SubjectDecision> {
        self.subjects.iter().find(|decision| decision.subject == subject)
    }

    /// What may be shared about one person.
    pub fn permit(&self, subject: Pseudonym) -> Option<&Permit> {
        self.about(subject).and_then(|decision| decision.permit.as_ref())
    }

    /// The reason to tell when nothing may be shared about anybody.
    pub fn denial(&self) -> Option<DenialReason> {
        match self.effect {
            Effect::Allow | Effect::AllowReduced => None,
            Effect::Deny => self
                .subjects
                .iter()
                .filter_map(SubjectDecision::denial)
                .min()
                .or(Some(DenialReason::NotFoundOrNotAllowed)),
        }
    }
}
