//! The life of a consent. Each step takes the version before it and makes the next one; the version
//! before it stays as it was, in the store and in the ledger.

use super::{
    Consent, ConsentRules, Correction, LegalPosition, SignaturesInsufficient, State, Status, Terms,
    Withdrawal, WithdrawalHasNoEffect,
};
use crate::domain::id::ConsentId;
use crate::domain::time::Timestamp;

/// A step that does not follow from the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a consent in state {from} cannot become {to}")]
pub struct InvalidTransition {
    /// The state it is in.
    pub from: State,
    /// The state that was asked for.
    pub to: State,
}

/// Why a consent did not come into force, or a refusal was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotActivated {
    /// It was not waiting for an answer.
    #[error(transparent)]
    State(#[from] InvalidTransition),
    /// Signatures are missing.
    #[error(transparent)]
    Signatures(#[from] SignaturesInsufficient),
}

/// Why a consent was not withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotWithdrawn {
    /// It was not in force.
    #[error(transparent)]
    State(#[from] InvalidTransition),
    /// Whoever withdrew does not decide about it.
    #[error(transparent)]
    NoEffect(#[from] WithdrawalHasNoEffect),
}

impl Consent {
    /// Records what was asked, before every signature is there.
    pub fn propose(consent_id: ConsentId, terms: Terms) -> Self {
        Self { consent_id, version: 1, terms, status: Status::Proposed }
    }

    /// Records a consent that is in force at once.
    pub fn give(
        consent_id: ConsentId,
        terms: Terms,
        position: &LegalPosition,
        now: Timestamp,
        rules: &ConsentRules,
    ) -> Result<Self, SignaturesInsufficient> {
        position.check_signatures(&terms, now, rules)?;
        Ok(Self { consent_id, version: 1, terms, status: Status::Active })
    }

    /// Records a refusal. One of those whose signature is needed is enough to refuse.
    pub fn refuse(
        consent_id: ConsentId,
        terms: Terms,
        position: &LegalPosition,
        now: Timestamp,
        rules: &ConsentRules,
    ) -> Result<Self, SignaturesInsufficient> {
        let has_say = |signer| position.may_withdraw(signer, &terms, now, rules).is_ok();
        if terms.grantors.iter().any(|grantor| has_say(grantor.signer())) {
            Ok(Self { consent_id, version: 1, terms, status: Status::Refused })
        } else {
            let missing = position.required_signatures(now, terms.dual_override.as_ref(), rules);
            Err(SignaturesInsufficient { missing })
        }
    }

    /// Brings a proposed consent into force, once the signatures suffice.
    pub fn activate(
        self,
        position: &LegalPosition,
        now: Timestamp,
        rules: &ConsentRules,
    ) -> Result<Self, NotActivated> {
        self.expect(State::Proposed, State::Active)?;
        position.check_signatures(&self.terms, now, rules)?;
        Ok(self.next(Status::Active))
    }

    /// Ends a consent. It counts from the moment of the withdrawal and not before.
    pub fn withdraw(
        self,
        withdrawal: Withdrawal,
        position: &LegalPosition,
        rules: &ConsentRules,
    ) -> Result<Self, NotWithdrawn> {
        self.expect(State::Active, State::Withdrawn)?;
        position.may_withdraw(withdrawal.by, &self.terms, withdrawal.at, rules)?;
        Ok(self.next(Status::Withdrawn(withdrawal)))
    }

    /// Strikes out a record that was made by mistake.
    pub fn enter_in_error(self, correction: Correction) -> Result<Self, InvalidTransition> {
        if self.state() == State::EnteredInError {
            return Err(InvalidTransition { from: self.state(), to: State::EnteredInError });
        }
        Ok(self.next(Status::EnteredInError(correction)))
    }

    fn expect(&self, needed: State, to: State) -> Result<(), InvalidTransition> {
        let from = self.state();
        if from == needed { Ok(()) } else { Err(InvalidTransition { from, to }) }
    }

    fn next(self, status: Status) -> Self {
        Self { version: self.version.saturating_add(1), status, ..self }
    }
}

#[cfg(test)]
mod tests;
