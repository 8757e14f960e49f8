//! What the messages about consents carry, and how it is parsed.

use std::collections::BTreeMap;

use crate::domain::consent::{Capacity, ConsentDraft, Signer, WithdrawalChannel};
use crate::domain::id::{ConsentId, PersonKey, Pseudonym};
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::fields::{but_people, code, person};

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
    /// Everything that is wrong with the withdrawal by itself; who is meant is not judged.
    pub fn check(&self) -> Result<(), Violations> {
        let mut violations = Violations::new();
        violations.take::<ConsentId, _>("consent_id", self.consent_id.parse());
        if let Err(found) = self.parse(&BTreeMap::new()) {
            violations.extend(but_people(&found));
        }
        violations.into_result(())
    }

    /// Who withdraws, in which capacity, and by which channel.
    pub(super) fn parse(
        &self,
        people: &BTreeMap<PersonKey, Pseudonym>,
    ) -> Result<(Signer, WithdrawalChannel), Violations> {
        let mut violations = Violations::new();
        let name = "withdrawn_by_person_key";
        let by = person(&self.withdrawn_by_person_key, people, "", name, &mut violations);
        let capacity = code("capacity", self.capacity, Capacity::from_number, &mut violations);
        let channel =
            code("channel", self.channel, WithdrawalChannel::from_number, &mut violations);
        match (by, capacity, channel) {
            (Some(person), Some(capacity), Some(channel)) => {
                Ok((Signer { person, capacity }, channel))
            }
            _ => Err(violations),
        }
    }
}

/// The violations of a consent whose case is not named: people cannot be judged.
pub(super) fn without_people(draft: &ConsentDraft, call: &Call, gateway: &Gateway) -> Violations {
    let rules = gateway.directory().policy.consent.clone();
    match draft.parse(&BTreeMap::new(), call.now(), &rules) {
        Ok(_) => Violations::new(),
        Err(found) => but_people(&found),
    }
}
