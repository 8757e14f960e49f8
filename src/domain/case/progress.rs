//! What was done in a case. Sealed as one piece under the key of the case; nothing in it is ever
//! overwritten. A case that is taken up again begins a new page and keeps the old ones.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::plan::{Plan, PlanKind};
use super::{ChildInvolvement, Closing, Involved, Meeting, PhaseChange, Reopening, Step};
use crate::domain::id::{PersonKey, UserId};
use crate::domain::summary::{RaterKind, SafetyAssessment, SafetyScale};
use crate::domain::time::Timestamp;

/// Most steps on one page of a case: ten years of weekly contact, and small enough to seal in one
/// piece.
pub const STEPS_MAX: usize = 520;

/// Most pages in one case. A family that comes back more often gets a new case.
pub const PAGES_MAX: usize = 20;

/// What was done in a case, in the order of recording.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Why this page was begun; none on the first page of a case.
    pub reopening: Option<Reopening>,
    /// The invitation.
    pub invited_at: Option<Timestamp>,
    /// The first contact.
    pub first_contact_at: Option<Timestamp>,
    /// Talks with one person apart from the others.
    pub separate_conversations: BTreeMap<PersonKey, Vec<Timestamp>>,
    /// How children were involved otherwise.
    pub child_involvements: BTreeMap<PersonKey, Vec<ChildInvolvement>>,
    /// Joint meetings that were held.
    pub network_meetings: Vec<Timestamp>,
    /// Meetings that members were told of.
    pub announced_meetings: Vec<Meeting>,
    /// Assessments with their ratings, all complete. The first is the INITIAL one.
    pub assessments: Vec<SafetyAssessment>,
    /// All ratings of safety, those of the assessments among them.
    pub ratings: Vec<Rating>,
    /// Versions of the plan: version 1 is the first.
    pub plans: Vec<Plan>,
    /// Since when the plan is watched.
    pub monitoring_since: Option<Timestamp>,
    /// Confirmations that the violence has stopped.
    pub violence_stopped: Vec<Confirmation>,
    /// When new violence was last heard of.
    pub new_violence_at: Option<Timestamp>,
    /// Changes of phase.
    pub phase_changes: Vec<PhaseChange>,
    /// How the people concerned were involved, act by act.
    pub involved: Vec<Involved>,
    /// How the page ended.
    pub closing: Option<Closing>,
    /// The pages before, oldest first.
    pub earlier: Vec<Self>,
}

/// A rating of safety, and when in the course of the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rating {
    /// How many joint meetings there had been: 0 before the first.
    pub meeting: usize,
    /// The rating.
    pub scale: SafetyScale,
}

/// Somebody's word that the violence has stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// When it was given.
    pub at: Timestamp,
    /// By whom.
    pub by: UserId,
}

/// The ratings around one joint meeting, without what a person of the family said: that reaches a
/// partner in a summary, as far as consent or law allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MeetingScales {
    /// The how-manieth meeting: 0 before the first.
    pub meeting: usize,
    /// What the professionals rate.
    pub professional: Option<u8>,
    /// What the network rates.
    pub network: Option<u8>,
    /// How many adults of the family rated.
    pub client_count: usize,
    /// How many children rated.
    pub child_count: usize,
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress(…)")
    }
}

impl Progress {
    /// How many steps were recorded on this page.
    pub fn step_count(&self) -> usize {
        usize::from(self.invited_at.is_some())
            + usize::from(self.first_contact_at.is_some())
            + self.separate_conversations.values().map(Vec::len).sum::<usize>()
            + self.child_involvements.values().map(Vec::len).sum::<usize>()
            + self.network_meetings.len()
            + self.announced_meetings.len()
            + self.assessments.len()
            + self.ratings.len()
            + self.plans.iter().map(|plan| 1 + plan.checks.len()).sum::<usize>()
            + usize::from(self.monitoring_since.is_some())
            + self.violence_stopped.len()
            + self.phase_changes.len()
    }

    /// The newest version of the plan.
    pub fn plan(&self) -> Option<&Plan> {
        self.plans.last()
    }

    /// The last word that the violence has stopped, as long as nothing was heard of since.
    pub fn violence_stopped(&self, last_referral_at: Option<Timestamp>) -> Option<&Confirmation> {
        let heard_of = self.new_violence_at.max(last_referral_at);
        self.violence_stopped.last().filter(|word| heard_of.is_none_or(|heard| heard < word.at))
    }

    /// The ratings meeting by meeting, as far as anybody rated.
    pub fn scale_trend(&self) -> Vec<MeetingScales> {
        let mut trend: BTreeMap<usize, MeetingScales> = BTreeMap::new();
        for Rating { meeting, scale } in &self.ratings {
            let at = trend.entry(*meeting).or_default();
            at.meeting = *meeting;
            match scale.rater_kind {
                RaterKind::Client => at.client_count += 1,
                RaterKind::Child => at.child_count += 1,
                RaterKind::Network => at.network = Some(scale.value),
                RaterKind::Professional => at.professional = Some(scale.value),
            }
        }
        trend.into_values().collect()
    }

    /// The first and the last rating of the professionals.
    pub fn professional_scales(&self) -> Option<(u8, u8)> {
        let mut rated = self.scale_trend().into_iter().filter_map(|one| one.professional);
        let first = rated.next()?;
        Some((first, rated.next_back().unwrap_or(first)))
    }

    /// The next meeting that members were told of and that was not moved since.
    pub fn next_meeting(&self, now: Timestamp) -> Option<&Meeting> {
        let moved = |meeting: &&Meeting| {
            self.announced_meetings.iter().any(|other| other.replaces == Some(meeting.meeting_id))
        };
        self.announced_meetings
            .iter()
            .filter(|meeting| meeting.planned_at >= now && !moved(meeting))
            .min_by_key(|meeting| meeting.planned_at)
    }

    pub(super) fn add(&mut self, step: Step, at: Timestamp) {
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
            Step::SafetyAssessment(assessment) => {
                self.rate(&assessment.scales);
                self.assessments.push(assessment);
            }
            Step::SafetyScales(scales) => self.rate(&scales),
            Step::BasicPlan(content) => self.plans.push(self.version(PlanKind::Basic, content, at)),
            Step::SafetyPlan(content) => {
                self.plans.push(self.version(PlanKind::Safety, content, at));
            }
            Step::Monitoring { started_at } => self.monitoring_since = Some(started_at),
            Step::AgreementCheck(check) => {
                if check.new_violence {
                    self.new_violence_at = self.new_violence_at.max(Some(check.checked_at));
                }
                if let Some(plan) = self.plans.last_mut() {
                    plan.checks.push(check);
                }
            }
            Step::ViolenceStopped { confirmed_at, confirmed_by } => {
                self.violence_stopped.push(Confirmation { at: confirmed_at, by: confirmed_by });
            }
        }
    }

    fn version(&self, kind: PlanKind, content: super::PlanContent, at: Timestamp) -> Plan {
        let meeting_count = self.network_meetings.len();
        Plan { kind, content, recorded_at: at, meeting_count, checks: Vec::new() }
    }

    fn rate(&mut self, scales: &[SafetyScale]) {
        let meeting = self.network_meetings.len();
        let rating = |scale: &SafetyScale| Rating { meeting, scale: scale.clone() };
        self.ratings.extend(scales.iter().map(rating));
    }
}
