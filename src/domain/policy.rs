//! May this be shared? One function decides, for every kind of disclosure.
//!
//! [`evaluate`] is total and deterministic: it reads no clock, asks nobody, never fails, and answers
//! the same request on the same facts with the same decision. It looks at every condition, also
//! after one has failed, so that a no says everything that would have been needed.
//!
//! **Nothing is shared by default.** A person and category are permitted when every condition was
//! met; a basis the function does not know how to judge is denied. A [`Permit`] can be made here
//! and nowhere else.

use super::decision::{Decision, Effect, Finding, PersonDecision, first_unmet};
use super::time::Timestamp;

mod closed_question;
mod emergency;
pub mod evidence;
mod facts;
mod four_eyes;
mod general;
mod given_consent;
mod grounded;
mod pack;
mod permit;
mod personal;
mod replay;
mod request;

pub use closed_question::{Answered, ClosedQuestion};
pub use emergency::DeclaredEmergency;
pub use evidence::{BasisEvidence, BasisEvidenceDraft, EvidenceItem, EvidenceNeed, IncapacityKind};
pub use facts::{Facts, SubjectFacts};
pub use four_eyes::AddressRelease;
pub use general::{judges, reads_files};
#[cfg(test)]
pub(in crate::domain) use pack::shipped_pack;
pub use pack::{BasisRule, Flow, Grounds, InvalidPack, PackDraft, PolicyPack, Receivers, Term};
pub use permit::Permit;
pub use replay::{DecidedOn, Difference, answer_again, decide, replay};
pub use request::{Asked, Initiative, Party, Request};

/// Decides what of the requested data may be shared at `now`.
pub fn evaluate(request: &Request, facts: &Facts, now: Timestamp) -> Decision {
    let conditions = general::conditions(request, facts, now);
    let refused = first_unmet(&conditions);
    let route = given_consent::route(&request.sender.oin, &request.recipient.oin);
    let mut persons = Vec::with_capacity(facts.subjects.len());
    let mut permits = Vec::new();
    for subject in &facts.subjects {
        let mut findings = personal::findings((request, &route), facts, subject, now);
        for finding in &mut findings {
            // What fails for the whole request fails for everybody, and is the reason.
            finding.denial = refused.or(finding.denial);
        }
        let permit = Permit::grant(request, subject, &findings);
        persons.push(PersonDecision {
            person: subject.person.clone(),
            subject: subject.position.subject,
            age_band: subject.position.age_band(now),
            permitted: permit.as_ref().map(Permit::categories).unwrap_or_default(),
            findings,
            decided_on: None,
        });
        permits.extend(permit);
    }
    Decision {
        id: request.decision_id,
        decided_at: now,
        pack: facts.pack.clone(),
        grounds: facts.rules.basis(request.basis).grounds.clone(),
        effect: effect(&persons, &permits),
        conditions,
        persons,
        permits,
    }
}

fn effect(persons: &[PersonDecision], permits: &[Permit]) -> Effect {
    let is_denied = |finding: &Finding| finding.denial.is_some();
    if permits.is_empty() {
        Effect::Deny
    } else if persons.iter().flat_map(|person| &person.findings).any(is_denied) {
        Effect::AllowReduced
    } else {
        Effect::Allow
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
