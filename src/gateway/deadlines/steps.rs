//! What stops clocks of a referral and is recorded nowhere else: the first contact with the family
//! where no case is opened, and the end of an investigation.

use std::time::Duration;

use crate::domain::event::{EventCode, Outcome};
use crate::domain::id::ReferralId;
use crate::domain::referral::State;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Request};
use crate::gateway::error::{Error, Result};
use crate::gateway::once::{Encode, Keep, Refusal, Work};
use crate::gateway::referral_content::Told;
use crate::store::{self, NewEntry, Placed, ReferralRow, Tx};

/// How far the clock of who records may run ahead of ours.
pub(super) const CLOCK_SKEW_MAX: Duration = Duration::from_mins(5);

/// What stops a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockStep {
    /// The family was spoken with.
    FirstContact,
    /// The investigation is finished.
    InvestigationClosed,
}

/// A clock of a referral that was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Referral.
    pub referral_id: ReferralId,
    /// When.
    pub at: Timestamp,
    /// Whether that was in time.
    pub in_time: bool,
}

impl ClockStep {
    const fn detail(self) -> &'static str {
        match self {
            Self::FirstContact => "FIRST_CONTACT",
            Self::InvestigationClosed => "INVESTIGATION_CLOSED",
        }
    }

    const fn due_at(self, row: &ReferralRow) -> Option<Timestamp> {
        match self {
            Self::FirstContact => row.first_contact_due_at,
            Self::InvestigationClosed => row.investigation_due_at,
        }
    }

    fn refusal(self) -> Error {
        match self {
            Self::FirstContact => {
                Error::unmet("NO_FIRST_CONTACT", "the first contact was recorded already")
            }
            Self::InvestigationClosed => {
                let sentence = "the referral must be triaged with outcome INVESTIGATE and its \
                                investigation not be closed yet";
                Error::unmet("INVESTIGATION_OPEN", sentence)
            }
        }
    }
}

/// Whether the Steunpunt has taken responsibility.
pub(super) fn require_taken(row: &ReferralRow) -> Result<()> {
    let taken =
        matches!(row.state, State::Acknowledged | State::InTriage | State::Triaged | State::Closed);
    let sentence = "the referral must be acknowledged";
    if taken { Ok(()) } else { Err(Error::unmet("ACKNOWLEDGED", sentence)) }
}

/// Refuses a moment before the referral or still to come.
pub(super) fn in_time(field: &str, at: Timestamp, row: &ReferralRow, now: Timestamp) -> Result<()> {
    let mut violations = Violations::new();
    let words = "must not be before the referral, nor still to come";
    let possible = at >= row.submitted_at && at <= now.plus(CLOCK_SKEW_MAX);
    violations.require(possible, field, "OUT_OF_RANGE", words);
    Ok(violations.into_result(())?)
}

impl Gateway {
    /// Records what stops a clock of a referral that the caller took.
    pub async fn record_clock_step(
        &self,
        call: &Call,
        request: &Request,
        (referral_id, step, at): (ReferralId, ClockStep, Timestamp),
        encode: Encode<Stopped>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let row = self.received_referral(call, referral_id).await?;
        require_taken(&row)?;
        in_time("at", at, &row, call.now())?;
        let opened = self.open_referral(&row).await?;
        let told = Told {
            event: EventCode::CaseChanged,
            outcome: Outcome::Success,
            detail: step.detail(),
        };
        let work = StopClock {
            step,
            entries: self.referral_entries(call, &row, &opened, told)?,
            answer: Stopped {
                referral_id,
                at,
                in_time: step.due_at(&row).is_none_or(|due| at <= due),
            },
        };
        self.once(call, request, work, Keep::Plain, encode).await?.bytes()
    }
}

struct StopClock {
    step: ClockStep,
    entries: Vec<NewEntry>,
    answer: Stopped,
}

impl Work for StopClock {
    type Answer = Stopped;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let Stopped { referral_id, at, .. } = self.answer;
        let stopped = match self.step {
            ClockStep::FirstContact => tx.record_first_contact(referral_id, at).await?,
            ClockStep::InvestigationClosed => tx.close_investigation(referral_id, at).await?,
        };
        if stopped { Ok(Ok(self.entries.clone())) } else { Ok(Err(self.step.refusal().into())) }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<Stopped> {
        Ok(self.answer.clone())
    }
}
