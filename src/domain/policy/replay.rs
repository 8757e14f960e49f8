//! What a decision was made on, kept with it, so that it can be made again years later: the same
//! function on the same facts by the same policy pack gives the same answer (promise 4).
//!
//! A replay proves two things about an entry: that the answer follows from the facts that stand
//! beside it, and that the pack that is named decided it. It does not prove that the facts were true.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    AddressRelease, Answered, ClosedQuestion, Facts, Grounds, PolicyPack, Request, SubjectFacts,
    evaluate,
};
use crate::domain::basis::Basis;
use crate::domain::case::Member;
use crate::domain::category::Categories;
use crate::domain::consent::{Answer, ConsentRef};
use crate::domain::decision::{Condition, Decision, PackId, PersonDecision};
use crate::domain::disclosure::DisclosureRecord;
use crate::domain::event::DenialReason;
use crate::domain::id::{ConsentId, Oin, Pseudonym};
use crate::domain::time::Timestamp;

/// What the decision about one person was made on. Sealed under that person's key with the record of
/// the decision: it holds the date of birth, without which no age can be told again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecidedOn {
    /// When.
    pub at: Timestamp,
    /// What was asked.
    #[serde(with = "shared")]
    pub request: Arc<Request>,
    /// The case team.
    #[serde(with = "shared")]
    pub members: Arc<Vec<Member>>,
    /// Who made the referral that feedback is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reporter: Option<Oin>,
    /// Agreements to release a hidden address of the person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address_releases: Vec<AddressRelease>,
    /// The facts about the person.
    pub subject: SubjectFacts,
}

/// Decides, and keeps with each answer what it was made on.
pub fn decide(request: Request, facts: Facts, now: Timestamp) -> Decision {
    let mut decision = evaluate(&request, &facts, now);
    let Facts { pack: _, rules: _, members, reporter, address_releases, subjects } = facts;
    let (request, members) = (Arc::new(request.without_texts()), Arc::new(members));
    for (person, subject) in decision.persons.iter_mut().zip(subjects) {
        let releases = address_releases.iter().filter(|release| release.subject == person.subject);
        person.decided_on = Some(Arc::new(DecidedOn {
            at: now,
            request: Arc::clone(&request),
            members: Arc::clone(&members),
            reporter: reporter.clone(),
            address_releases: releases.cloned().collect(),
            subject: subject.about(&request),
        }));
    }
    decision
}

impl Request {
    /// Without what was written in words: decisions rest on its being given, and it is about people.
    fn without_texts(self) -> Self {
        Self { evidence: self.evidence.without_texts(), involvement: None, ..self }
    }
}

impl SubjectFacts {
    /// Without the consents that say nothing about the request: those for another recipient, unless
    /// the asker named them.
    fn about(mut self, request: &Request) -> Self {
        self.consents.retain(|consent| {
            consent.terms.recipient == request.recipient.oin
                || request.relied_on.contains(&consent.consent_id)
        });
        self
    }
}

/// Something in which a replayed decision differs from the one that was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The record names another pack.
    #[error("another policy pack decided: its version or SHA-256 is not that of this pack")]
    Pack,
    /// The facts are about somebody else, or about nobody.
    #[error("the facts are not about the person of the record")]
    Subject,
    /// Yes where no was written down, or no where it was yes, or for another reason.
    #[error("the answer is another one")]
    Answer,
    /// Other categories.
    #[error("other categories are allowed")]
    Categories,
    /// Other consents.
    #[error("it relies on other consents")]
    Consents,
    /// Other grounds.
    #[error("the two grounds are other ones")]
    Grounds,
    /// Something else was looked at, needed or found.
    #[error("the conditions are other ones")]
    Conditions,
}

/// Decides again and compares with what the record says. Empty: the same in every respect.
pub fn replay(
    record: &DisclosureRecord,
    decided_on: &DecidedOn,
    (pack, rules): (PackId, Arc<PolicyPack>),
) -> Vec<Difference> {
    let DecidedOn { at, request, members, reporter, address_releases, subject } = decided_on;
    let facts = Facts {
        pack: pack.clone(),
        rules,
        members: members.to_vec(),
        reporter: reporter.clone(),
        address_releases: address_releases.clone(),
        subjects: vec![subject.clone()],
    };
    let decision = evaluate(request, &facts, *at);
    let person = subject.position.subject;
    let permit = decision.permit(person);
    let denial = decision.persons.iter().find_map(PersonDecision::denial);
    let categories = match permit {
        Some(permit) => permit.categories(),
        None => decision.persons.iter().map(PersonDecision::asked).next().unwrap_or_default(),
    };
    let consents = permit.map(|permit| ids(permit.consents())).unwrap_or_default();
    let made = Made {
        pack,
        person,
        denial,
        categories,
        consents,
        grounds: &decision.grounds,
        conditions: decision.conditions_about(person),
    };
    made.differs_from(record)
}

/// Answers a closed question again and compares with what the record says.
pub fn answer_again(
    record: &DisclosureRecord,
    question: &ClosedQuestion,
    (pack, rules): (PackId, Arc<PolicyPack>),
) -> Vec<Difference> {
    let Answered { answer, conditions } = question.answer(&rules.consent);
    let (denial, consents) = match answer {
        Answer::Permit { consents } => (None, ids(&consents)),
        Answer::Deny { reason } => (Some(reason), Vec::new()),
    };
    let made = Made {
        pack,
        person: question.position.subject,
        denial,
        categories: question.categories,
        consents,
        grounds: &rules.basis(Basis::Consent).grounds,
        conditions,
    };
    made.differs_from(record)
}

fn ids(consents: &BTreeSet<ConsentRef>) -> Vec<ConsentId> {
    consents.iter().map(|consent| consent.consent_id).collect()
}

/// What was decided again, about one person.
struct Made<'d> {
    pack: PackId,
    person: Pseudonym,
    denial: Option<DenialReason>,
    /// What is allowed; what was asked for, when nothing is.
    categories: Categories,
    consents: Vec<ConsentId>,
    grounds: &'d Grounds,
    conditions: Vec<Condition>,
}

impl Made<'_> {
    fn differs_from(&self, record: &DisclosureRecord) -> Vec<Difference> {
        let is_same_pack = record.authorization_policy == self.pack.version
            && record.policy_hash == self.pack.hash;
        let subject = record.data_subject.as_ref();
        let is_same_subject = subject.is_some_and(|subject| subject.pseudonym == self.person);
        // What went cannot be more than was allowed; the grounds are those of what went.
        let went = record.data_categories;
        let allowed = record.permitted_categories.unwrap_or(went);
        let is_same_data = allowed == self.categories && went.is_subset_of(allowed);
        let grounds = self.grounds.about(went);
        let is_same_ground = record.avg_article_6.as_ref() == Some(&grounds.avg_article_6)
            && record.avg_article_9 == grounds.avg_article_9
            && record.uavg_criminal == grounds.uavg_criminal
            && record.confidentiality_ground.as_ref() == Some(&grounds.confidentiality_ground);
        let comparisons = [
            (is_same_pack, Difference::Pack),
            (is_same_subject, Difference::Subject),
            (record.denial == self.denial, Difference::Answer),
            (is_same_data, Difference::Categories),
            (record.consent_ids == self.consents, Difference::Consents),
            (is_same_ground, Difference::Grounds),
            (record.conditions == self.conditions, Difference::Conditions),
        ];
        let differs = |(is_same, difference): (bool, Difference)| (!is_same).then_some(difference);
        comparisons.into_iter().filter_map(differs).collect()
    }
}

/// What several persons' facts share is kept once in memory and written out with each.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &Arc<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}

#[cfg(test)]
mod tests;
