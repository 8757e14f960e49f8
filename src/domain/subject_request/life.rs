//! The life of a request, and its term.

use super::{Ending, RequestState, Verdict};
use crate::domain::deadline::{access_request_due_at, access_request_extended_until};
use crate::domain::time::Timestamp;

/// When a request must be answered: the same day of a later month, else its last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// When it came in.
    pub received_at: Timestamp,
    /// To the end of this moment.
    pub due_at: Timestamp,
}

impl Term {
    /// A month from the receipt.
    pub fn starting(received_at: Timestamp) -> Self {
        Self { received_at, due_at: access_request_due_at(received_at) }
    }

    /// Three months from the receipt.
    #[must_use]
    pub fn extended(self) -> Self {
        Self { due_at: access_request_extended_until(self.received_at), ..self }
    }
}

/// A request in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectRequest {
    /// Where it is.
    pub state: RequestState,
    /// When it must be answered.
    pub term: Term,
    /// What was decided when it came in, or at the report.
    pub verdict: Verdict,
    /// How it ended.
    pub ending: Option<Ending>,
}

/// Why a step of a request cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepRefused {
    /// The state does not allow it.
    #[error("the request is not in a state for this step")]
    State,
    /// Putting off must be told within the first month.
    #[error("a request is extended before its first month is over")]
    TooLate,
    /// The one who asks does not get the report.
    #[error("the one who asks does not get the report")]
    Refused(Verdict),
}

impl SubjectRequest {
    /// A request that came in.
    pub fn open(received_at: Timestamp, verdict: Verdict) -> Self {
        let state = if verdict.is_given() { RequestState::Open } else { RequestState::Refused };
        Self { state, term: Term::starting(received_at), verdict, ending: None }
    }

    /// Puts the answer off by two months.
    pub fn extend(self, now: Timestamp) -> Result<Self, StepRefused> {
        match self.state {
            RequestState::Open if now <= self.term.due_at => {
                Ok(Self { state: RequestState::Extended, term: self.term.extended(), ..self })
            }
            RequestState::Open => Err(StepRefused::TooLate),
            RequestState::Extended
            | RequestState::Reported
            | RequestState::Refused
            | RequestState::Closed => Err(StepRefused::State),
        }
    }

    /// The report is approved, by what is decided now. Another may follow until the request is closed.
    pub fn report(self, verdict: Verdict) -> Result<Self, StepRefused> {
        match self.state {
            _ if !verdict.is_given() => Err(StepRefused::Refused(verdict)),
            RequestState::Open | RequestState::Extended | RequestState::Reported => {
                Ok(Self { state: RequestState::Reported, verdict, ..self })
            }
            RequestState::Refused | RequestState::Closed => Err(StepRefused::State),
        }
    }

    /// Ends it. What was to be given and is decided otherwise meanwhile ends as a refusal, by `verdict`;
    /// what was refused from the beginning ends as what it was. A report that was prepared after another
    /// was approved is an answer that is still to come, unless it `is_approved` as well.
    pub fn close(
        self,
        ending: Ending,
        verdict: Verdict,
        is_approved: bool,
    ) -> Result<Self, StepRefused> {
        let unanswered = match self.state {
            RequestState::Open | RequestState::Extended => true,
            RequestState::Reported => !is_approved,
            RequestState::Refused | RequestState::Closed => false,
        };
        let fits = match ending {
            Ending::Answered => self.state == RequestState::Reported,
            Ending::RefusalTold => {
                self.state == RequestState::Refused || (unanswered && !verdict.is_given())
            }
            Ending::TakenBack => unanswered || self.state == RequestState::Refused,
        };
        let told = ending == Ending::RefusalTold && self.verdict.is_given();
        let verdict = if told { verdict } else { self.verdict };
        let closed = Self { state: RequestState::Closed, ending: Some(ending), verdict, ..self };
        fits.then_some(closed).ok_or(StepRefused::State)
    }

    /// Whether an answer is still owed.
    pub const fn is_owed(&self) -> bool {
        matches!(self.state, RequestState::Open | RequestState::Extended | RequestState::Refused)
    }
}
