//! What the Steunpunt decides about a referral.

use crate::domain::deadline::investigation_due_at;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{Oin, ReferralId};
use crate::domain::organisation::{Role, UserRole};
use crate::domain::referral::{Event, State, TriageOutcome, transition};
use crate::domain::time::Timestamp;
use crate::store::{self, NewEntry, Placed, ReferralRow, Transition, Tx};

use super::Gateway;
use super::call::{Call, Request};
use super::error::{Error, Result};
use super::once::{Encode, Keep, Refusal, Work};

/// What the Steunpunt is told after a triage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triaged {
    /// Referral.
    pub referral_id: ReferralId,
    /// When it was recorded.
    pub triaged_at: Timestamp,
    /// Whether that was within the term for the safety assessment.
    pub in_time: bool,
    /// When the police must have had feedback.
    pub feedback_due_at: Timestamp,
}

impl Gateway {
    /// Records what the Steunpunt decided about a referral that it acknowledged.
    pub async fn record_triage(
        &self,
        call: &Call,
        request: &Request,
        referral_id: ReferralId,
        outcome: TriageOutcome,
        encode: Encode<Triaged>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let row = self.received_referral(call, referral_id).await?;
        next_state(row.state, &[Event::StartTriage, Event::Triage]).ok_or_else(not_acknowledged)?;
        let feedback_due_at = self.directory().policy.clocks.feedback_due_at(call.now());
        let entries = self.written_about_referral(call, &row, EventCode::ReferralTriaged).await?;
        let in_time = row.safety_assessment_due_at.is_none_or(|due| call.now() <= due);
        let step = Step {
            referral_id,
            sender: row.sender_oin.clone(),
            events: &[Event::StartTriage, Event::Triage],
            with: Transition {
                triaged_at: Some(call.now()),
                triage_outcome: Some(outcome),
                feedback_due_at: Some(feedback_due_at),
                investigation_due_at: (outcome == TriageOutcome::Investigate)
                    .then(|| investigation_due_at(call.now())),
                ..Transition::default()
            },
            refusal: not_acknowledged,
            entries,
        };
        let answer = Triaged { referral_id, triaged_at: call.now(), in_time, feedback_due_at };
        let work = RecordTriage { step, answer };
        let answer = self.once(call, request, work, Keep::Plain, encode).await?.bytes()?;
        self.wake().ring(&row.sender_oin);
        Ok(answer)
    }

    /// Referrals are for a Steunpunt, and for its people who work with families: whoever judges
    /// disclosures does not receive them.
    pub(super) async fn require_recipient(&self, call: &Call) -> Result<()> {
        let may_act =
            !matches!(call.actor.role, UserRole::PrivacyOfficer | UserRole::PoliceOfficer);
        if call.role() == Role::Steunpunt && may_act {
            return Ok(());
        }
        self.refuse(call, DenialReason::RoleNotAllowed).await
    }

    /// A referral that the calling Steunpunt is the recipient of.
    pub(super) async fn received_referral(
        &self,
        call: &Call,
        referral_id: ReferralId,
    ) -> Result<ReferralRow> {
        self.require_recipient(call).await?;
        let row = self.db().read().await?.referral(referral_id).await?;
        match row.filter(|row| row.recipient_oin == *call.oin()) {
            Some(row) => Ok(row),
            None => self.refuse_hidden(call).await,
        }
    }
}

/// The state after some events in a row; `None` when one of them cannot happen.
pub(super) fn next_state(from: State, events: &[Event]) -> Option<State> {
    events.iter().try_fold(from, |state, event| transition(state, *event).ok())
}

fn not_acknowledged() -> Error {
    Error::unmet("ACKNOWLEDGED", "the referral must be acknowledged and not be triaged yet")
}

/// Moves a referral on by some events, read again inside the commit.
pub(super) struct Step {
    pub(super) referral_id: ReferralId,
    /// Who is told of it.
    pub(super) sender: Oin,
    pub(super) events: &'static [Event],
    pub(super) with: Transition,
    pub(super) refusal: fn() -> Error,
    pub(super) entries: Vec<NewEntry>,
}

impl Step {
    pub(super) async fn take(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let Some(row) = tx.referral(self.referral_id).await? else {
            return Ok(Err(Error::hidden().into()));
        };
        let Some(to) = next_state(row.state, self.events) else {
            return Ok(Err((self.refusal)().into()));
        };
        match tx.update_referral(self.referral_id, row.state, to, &self.with).await {
            Ok(()) => Ok(Ok(self.entries.clone())),
            Err(store::Error::Conflict) => Ok(Err(Refusal::Stale)),
            Err(error) => Err(error),
        }
    }

    /// Tells the sender, at the place of the first entry.
    pub(super) async fn tell(&self, tx: &mut Tx, placed: &Placed) -> store::Result<()> {
        let idx = i64::try_from(placed.first())
            .or(Err(store::Error::Corrupt { table: "log_state", column: "size" }))?;
        tx.insert_changes(&[(self.sender.clone(), idx, self.referral_id)]).await
    }
}

struct RecordTriage {
    step: Step,
    answer: Triaged,
}

impl Work for RecordTriage {
    type Answer = Triaged;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        self.step.take(tx).await
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Triaged> {
        self.step.tell(tx, placed).await?;
        Ok(self.answer.clone())
    }
}
