//! The way a family goes with its team (DOMAIN §1.3): separate talks first, every child involved,
//! then a joint meeting, an assessment, a plan that grows into a safety plan and is watched, until
//! the team can let go.
//!
//! [`Case::record`] is the way forward, [`Case::close`] and [`Case::reopen`] the way out and back.
//! They refuse what comes too early with everything that is missing, in words that hold nothing
//! about a person.

use super::calendar::working_days_between;
use super::code::codes;
use super::id::PersonKey;
use super::person::AgeBand;
use super::time::{Date, Timestamp};

mod closing;
mod guard;
mod handover;
mod involvement;
mod meeting;
mod member;
mod milestone;
mod person;
mod phase;
mod plan;
mod progress;
mod step;

pub use closing::{
    Closing, ClosingDraft, Loose, Receiver, Reopening, ReopeningDraft, TransferDraft,
};
pub use guard::{Missing, MissingItem};
pub use handover::{
    HandoverAnswer, HandoverContent, HandoverOffer, HandoverOfferDraft, HandoverState,
};
pub use involvement::{
    CaseAct, ChildInvolvement, ClientInvolvement, Involved, Involvement, InvolvementDraft,
};
pub use meeting::{InvalidLocationCode, LocationCode, Meeting, MeetingDraft};
pub use member::{Member, Membership};
pub use milestone::Milestone;
pub use person::{CasePersonRecord, Incapacity};
pub use phase::{PhaseCause, PhaseChange, PhaseDecision, PhaseDecisionDraft, SafetyPhase};
pub use plan::{
    AgreementCheck, AgreementCheckDraft, AgreementCounts, NetworkMember, NetworkMemberDraft, Plan,
    PlanContent, PlanDraft, PlanKind,
};
pub use progress::{Confirmation, MeetingScales, PAGES_MAX, Progress, Rating, STEPS_MAX};
pub use step::{ChildInvolvementDraft, ChildInvolvementKind, Step, StepDraft};

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

impl CaseState {
    /// Whether nobody works on it: there is no team, until it is taken up again.
    pub const fn is_closed(self) -> bool {
        match self {
            Self::Released | Self::Transferred | Self::NoFurtherAction => true,
            Self::Referred
            | Self::Triaged
            | Self::Invited
            | Self::Intake
            | Self::NetworkMeeting
            | Self::BasicPlan
            | Self::SafetyPlan
            | Self::Monitoring
            | Self::Reopened => false,
        }
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
        let new_violence = matches!(&step, Step::AgreementCheck(check) if check.new_violence);
        self.progress.add(step, at);
        if new_violence {
            self.go_to_phase(SafetyPhase::DirectSafety, at, PhaseCause::NewViolence);
        }
        Ok(self)
    }

    /// The case in another phase, or everything that is missing for it.
    pub fn change_phase(mut self, decision: PhaseDecision, at: Timestamp) -> Result<Self, Missing> {
        self.check_phase(&decision)?;
        let PhaseDecision { to, reason, evaluated } = decision;
        let (from, cause) = (self.phase, PhaseCause::Decided { reason, evaluated });
        self.phase = to;
        self.progress.phase_changes.push(PhaseChange { from, to, at, cause });
        Ok(self)
    }

    /// The case with a meeting that members are told of.
    pub fn announce(mut self, meeting: Meeting) -> Result<Self, Missing> {
        self.check_announced(&meeting)?;
        self.progress.announced_meetings.push(meeting);
        Ok(self)
    }

    /// The case after its end, or everything that is missing for it.
    pub fn close(
        mut self,
        closing: Closing,
        loose: &Loose,
        at: Timestamp,
    ) -> Result<Self, Missing> {
        self.check_closing(&closing, loose, at)?;
        self.state = closing.state();
        self.progress.closing = Some(closing);
        Ok(self)
    }

    /// The case, taken up again: as it was after triage, in phase 1. Everybody is spoken with anew;
    /// what was recorded before is kept.
    pub fn reopen(mut self, reopening: Reopening) -> Result<Self, Missing> {
        self.check_reopening()?;
        let at = reopening.at;
        let mut before = std::mem::take(&mut self.progress);
        self.progress.earlier = std::mem::take(&mut before.earlier);
        self.progress.earlier.push(before);
        self.progress.reopening = Some(reopening);
        self.state = CaseState::Triaged;
        self.go_to_phase(SafetyPhase::DirectSafety, at, PhaseCause::Reopened);
        Ok(self)
    }

    fn go_to_phase(&mut self, to: SafetyPhase, at: Timestamp, cause: PhaseCause) {
        let from = std::mem::replace(&mut self.phase, to);
        if from != to {
            self.progress.phase_changes.push(PhaseChange { from, to, at, cause });
        }
    }

    fn state_after(&self, step: &Step) -> CaseState {
        match step {
            Step::Invitation { .. } => CaseState::Invited,
            Step::FirstContact { .. } => CaseState::Intake,
            Step::NetworkMeeting { .. } if self.state == CaseState::Intake => {
                CaseState::NetworkMeeting
            }
            Step::BasicPlan(_) => CaseState::BasicPlan,
            Step::SafetyPlan(_) if self.state == CaseState::BasicPlan => CaseState::SafetyPlan,
            Step::Monitoring { .. } => CaseState::Monitoring,
            Step::NetworkMeeting { .. }
            | Step::SafetyPlan(_)
            | Step::SeparateConversation { .. }
            | Step::ChildInvolvement { .. }
            | Step::SafetyAssessment(_)
            | Step::SafetyScales(_)
            | Step::AgreementCheck(_)
            | Step::ViolenceStopped { .. } => self.state,
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
