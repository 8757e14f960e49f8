//! What was done in a case. Sealed as one piece under the key of the case; nothing in it is ever
//! overwritten.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ChildInvolvement, Step};
use crate::domain::id::{Oin, PersonKey};
use crate::domain::summary::{PlanAgreement, SafetyAssessment};
use crate::domain::time::Timestamp;

/// Most steps in one case: ten years of weekly contact, and small enough to seal in one piece.
pub const STEPS_MAX: usize = 520;

/// What was done in a case, in the order of recording.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The invitation.
    pub invited_at: Option<Timestamp>,
    /// The first contact.
    pub first_contact_at: Option<Timestamp>,
    /// Talks with one person apart from the others.
    pub separate_conversations: BTreeMap<PersonKey, Vec<Timestamp>>,
    /// How children were involved otherwise.
    pub child_involvements: BTreeMap<PersonKey, Vec<ChildInvolvement>>,
    /// Joint meetings.
    pub network_meetings: Vec<Timestamp>,
    /// Assessments with their ratings, all complete. The first is the INITIAL one.
    pub assessments: Vec<SafetyAssessment>,
    /// The basic plan of action.
    pub basic_plan: Option<BasicPlan>,
}

/// Basic plan of action: one plan for the whole family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasicPlan {
    /// What was agreed.
    pub agreements: Vec<PlanAgreement>,
    /// The organisation that coordinates.
    pub coordinator_oin: Oin,
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress(…)")
    }
}

impl Progress {
    /// How many steps were recorded.
    pub fn step_count(&self) -> usize {
        usize::from(self.invited_at.is_some())
            + usize::from(self.first_contact_at.is_some())
            + self.separate_conversations.values().map(Vec::len).sum::<usize>()
            + self.child_involvements.values().map(Vec::len).sum::<usize>()
            + self.network_meetings.len()
            + self.assessments.len()
            + usize::from(self.basic_plan.is_some())
    }

    pub(super) fn add(&mut self, step: Step) {
        match step {
            Step::Invitation { invited_at } => self.invited_at = Some(invited_at),
            Step::FirstContact { contact_at } => self.first_contact_at = Some(contact_at),
            Step::SeparateConversation { person, held_at } => {
                self.separate_conversations.entry(person).or_default().push(held_at);
            }
            Step::ChildInvolvement { child, involvement } => {
                self.child_involvements.entry(child).or_default().push(involvement);
            }
            Step::NetworkMeeting { held_at } => self.network_meetings.push(held_at),
            Step::SafetyAssessment(assessment) => self.assessments.push(assessment),
            Step::BasicPlan(plan) => self.basic_plan = Some(plan),
        }
    }
}
