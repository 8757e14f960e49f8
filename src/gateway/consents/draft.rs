//! What the messages about consents carry, and how it is parsed.

use crate::domain::consent::{Capacity, ConsentDraft, Signer, WithdrawalChannel};
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::case_file::CaseFile;
use crate::gateway::error::Result;
use crate::gateway::fields::{code, person};

/// A withdrawal, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct WithdrawalDraft {
    pub consent_id: String,
    pub withdrawn_by_person_key: String,
    pub capacity: i32,
    pub channel: i32,
}

impl WithdrawalDraft {
    /// Who withdraws, in which capacity, and by which channel.
    pub(super) fn parse(&self, file: &CaseFile) -> Result<(Signer, WithdrawalChannel)> {
        let mut violations = Violations::new();
        let people = file.pseudonyms();
        let name = "withdrawn_by_person_key";
        let by = person(&self.withdrawn_by_person_key, &people, "", name, &mut violations);
        let capacity = code("capacity", self.capacity, Capacity::from_number, &mut violations);
        let channel =
            code("channel", self.channel, WithdrawalChannel::from_number, &mut violations);
        match (by, capacity, channel) {
            (Some(person), Some(capacity), Some(channel)) => {
                Ok((Signer { person, capacity }, channel))
            }
            _ => Err(violations.into()),
        }
    }
}

/// The violations of a consent whose case is not named: people cannot be judged.
pub(super) fn without_people(draft: &ConsentDraft, call: &Call, gateway: &Gateway) -> Violations {
    let rules = gateway.directory().policy.consent.clone();
    let mut judged = Violations::new();
    if let Err(found) = draft.parse(&std::collections::BTreeMap::new(), call.now(), &rules) {
        for violation in &found {
            if violation.rule != "UNKNOWN_PERSON" {
                judged.add(violation.field.clone(), violation.rule, violation.description.clone());
            }
        }
    }
    judged
}
