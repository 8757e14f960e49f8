//! The way a family goes with its team (DOMAIN §1.3): separate talks first, every child involved,
//! then a joint meeting, an assessment, a plan.
//!
//! [`Case::record`] is the only way forward. It refuses a step that comes too early with everything
//! that is missing, in words that hold nothing about a person.

use super::calendar::working_days_between;
use super::code::codes;
use super::id::PersonKey;
use super::person::AgeBand;
use super::time::{Date, Timestamp};

mod guard;
mod involvement;
mod member;
mod person;
mod progress;
mod step;

pub use guard::{Missing, MissingItem};
pub use involvement::{ChildInvolvement, ClientInvolvement, Involvement, InvolvementDraft};
pub use member::{Member, Membership};
pub use person::{CasePersonRecord, Incapacity};
pub use progress::{BasicPlan, Progress, STEPS_MAX};
pub use step::{BasicPlanDraft, ChildInvolvementDraft, ChildInvolvementKind, Step, StepDraft};

codes! {
    /// Where a case is in its life.
    pub enum CaseState {
        /// A referral came in.
        Referred = 1, "REFERRED";
        /// The Steunpunt decided and named a process director.
        Triaged = 2, "TRIAGED";
        /// The family was invited.
        Invited = 3, "INVITED";
        /// First talks, with everybody apart.
        Intake = 4, "INTAKE";
        /// Joint meeting of family, network and professionals.
        NetworkMeeting = 5, "NETWORK_MEETING";
        /// Basic plan of action.
        BasicPlan = 6, "BASIC_PLAN";
        /// Safety plan.
        SafetyPlan = 7, "SAFETY_PLAN";
        /// The plan is watched.
        Monitoring = 8, "MONITORING";
        /// Let go.
        Released = 9, "RELEASED";
        /// Handed to another party.
        Transferred = 10, "TRANSFERRED";
        /// No further action.
        NoFurtherAction = 11, "NO_FURTHER_ACTION";
        /// Taken up again after a repeat referral.
        Reopened = 12, "REOPENED";
    }
}

codes! {
    /// Phase of *gefaseerd samenwerken aan veiligheid*. Independent of the state.
    pub enum SafetyPhase {
        /// Direct safety.
        DirectSafety = 1, "PHASE_1_DIRECT_SAFETY";
        /// Risk-driven care.
        RiskDrivenCare = 2, "PHASE_2_RISK_DRIVEN_CARE";
        /// Recovery-oriented care.
        RecoveryCare = 3, "PHASE_3_RECOVERY_CARE";
    }
}

codes! {
    /// How an organisation belongs to a case team.
    pub enum MemberKind {
        /// Fixed member.
        Core = 1, "CORE";
        /// Joins when needed, for a [`JoinReason`].
        OnCall = 2, "ON_CALL";
        /// Looks on.
        Observer = 3, "OBSERVER";
    }
}

codes! {
    /// Why an organisation joins on call.
    pub enum JoinReason {
        /// Already involved with the family.
        AlreadyInvolved = 1, "ALREADY_INVOLVED";
        /// Its expertise is needed.
        ExpertiseNeeded = 2, "EXPERTISE_NEEDED";
    }
}

/// A change of phase that is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the phase cannot go from {from} to {to}")]
pub struct InvalidPhaseChange {
    /// The phase.
    pub from: SafetyPhase,
    /// The phase asked for.
    pub to: SafetyPhase,
}

impl SafetyPhase {
    /// The phase after a change: one step forward, or back to the first at any time, which is what
    /// new violence asks for (DOMAIN §1.2).
    pub fn change_to(self, to: Self) -> Result<Self, InvalidPhaseChange> {
        let allowed = to == Self::DirectSafety || to.number() == self.number() + 1;
        if allowed { Ok(to) } else { Err(InvalidPhaseChange { from: self, to }) }
    }
}

/// Somebody in a case, as far as its steps depend on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePerson {
    /// Who.
    pub key: PersonKey,
    /// Born when.
    pub birth_date: Date,
}

impl CasePerson {
    /// Whether this person is younger than 18 at this moment.
    pub fn is_child(&self, at: Timestamp) -> bool {
        AgeBand::on(self.birth_date, at).is_minor()
    }
}

/// A case, as far as its steps depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Where it is.
    pub state: CaseState,
    /// Its phase.
    pub phase: SafetyPhase,
    /// What was done so far.
    pub progress: Progress,
    /// Everybody it is about.
    pub people: Vec<CasePerson>,
}

impl Case {
    /// A case that was just opened: from a referral that was triaged to the team, in phase 1.
    pub fn open(people: Vec<CasePerson>) -> Self {
        let (state, phase) = (CaseState::Triaged, SafetyPhase::DirectSafety);
        Self { state, phase, progress: Progress::default(), people }
    }

    /// The case after `step`, or everything that is missing for it. `at` is the moment of
    /// recording.
    ///
    /// First contact is accepted without an invitation before it: a family that was reached needs
    /// no invitation, and no moment is invented for one. What stands later than the step, such as a
    /// further meeting while a plan runs, is recorded and moves nothing.
    pub fn record(mut self, step: Step, at: Timestamp) -> Result<Self, Missing> {
        self.check(&step, at)?;
        self.state = self.state_after(&step);
        self.progress.add(step);
        Ok(self)
    }

    fn state_after(&self, step: &Step) -> CaseState {
        match step {
            Step::Invitation { .. } => CaseState::Invited,
            Step::FirstContact { .. } => CaseState::Intake,
            Step::NetworkMeeting { .. } if self.state == CaseState::Intake => {
                CaseState::NetworkMeeting
            }
            Step::BasicPlan(_) => CaseState::BasicPlan,
            Step::NetworkMeeting { .. }
            | Step::SeparateConversation { .. }
            | Step::ChildInvolvement { .. }
            | Step::SafetyAssessment(_) => self.state,
        }
    }
}

/// Working days from the receipt of the referral to the first contact, by Dutch date
/// (`time_to_first_contact`, DOMAIN §10 step 5).
pub fn working_days_to_first_contact(received_at: Timestamp, first_contact_at: Timestamp) -> u32 {
    working_days_between(received_at.date(), first_contact_at.date())
}

#[cfg(test)]
mod tests;
