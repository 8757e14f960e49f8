//! The closed question (DOMAIN §3.2) as a decision: answered, explained and kept like those about a
//! disclosure, so that an officer sees why it was yes or no and it can be answered again years later.

use serde::{Deserialize, Serialize};

use super::given_consent::{Explained, route};
use crate::domain::category::Categories;
use crate::domain::consent::{
    Answer, Consent, ConsentRules, LegalPosition, Question, Ruling, Tried, check,
};
use crate::domain::decision::{Condition, ConditionId, Phrase};
use crate::domain::event::DenialReason;
use crate::domain::id::Oin;
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;

/// A closed question, with everything that its answer rests on. Sealed under the person's key with the
/// record of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedQuestion {
    /// When it was asked.
    pub at: Timestamp,
    /// Who would send.
    pub source: Oin,
    /// Who would receive.
    pub recipient: Oin,
    /// For what.
    pub purpose: Purpose,
    /// Which data.
    pub categories: Categories,
    /// The person, and who signs for the person.
    pub position: LegalPosition,
    /// What the person said about the recipient.
    pub consents: Vec<Consent>,
    /// Whether the person had the processing restricted (AVG art. 18).
    pub is_processing_restricted: bool,
}

/// Yes or no, with everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Yes or no. After all of the reasons about consent comes `PROCESSING_RESTRICTED`.
    pub answer: Answer,
    /// In order: what concerns consent, then whether the processing is restricted.
    pub conditions: Vec<Condition>,
}

impl ClosedQuestion {
    /// Without the consents that say nothing about it: those of other people or for another recipient.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.consents.retain(|consent| {
            consent.terms.subject == self.position.subject
                && consent.terms.recipient == self.recipient
        });
        self
    }

    /// Answers it.
    pub fn answer(&self, rules: &ConsentRules) -> Answered {
        let question = Question {
            position: &self.position,
            source: &self.source,
            recipient: &self.recipient,
            purpose: self.purpose,
            at: self.at,
            relied_on: &[],
            rules,
        };
        let answer = match check(&question, self.categories, &self.consents) {
            Answer::Permit { .. } if self.is_processing_restricted => {
                Answer::Deny { reason: DenialReason::ProcessingRestricted }
            }
            answer @ (Answer::Permit { .. } | Answer::Deny { .. }) => answer,
        };
        let mut conditions = self.explained(&question);
        conditions.push(self.unrestricted());
        Answered { answer, conditions }
    }

    /// Categories with the same ruling are explained together.
    fn explained(&self, question: &Question<'_>) -> Vec<Condition> {
        let tried = Tried::of(question, &self.consents);
        let mut groups: Vec<(Ruling<'_>, Categories)> = Vec::new();
        for category in self.categories.iter() {
            let ruling = tried.rule(category);
            match groups.iter_mut().find(|(other, _)| *other == ruling) {
                Some((_, categories)) => *categories = categories.with(category),
                None => groups.push((ruling, Categories::of(&[category]))),
            }
        }
        let mut explained =
            Explained::of(question, &tried, route(question.source, question.recipient));
        let mut conditions = Vec::new();
        for (ruling, categories) in groups {
            explained.conditions(ruling, categories, &mut conditions);
        }
        conditions
    }

    fn unrestricted(&self) -> Condition {
        let is_restricted = self.is_processing_restricted;
        let found = if is_restricted { Phrase::Restricted } else { Phrase::NotRestricted };
        let needed = Phrase::NotRestricted;
        Condition::new(ConditionId::SubjectUnrestricted, needed, found, !is_restricted)
    }
}
