//! What must be done before a step (DOMAIN §1.3).

use super::{Case, CasePerson, CaseState, ChildInvolvement, STEPS_MAX, Step};
use crate::domain::summary::SafetyAssessment;
use crate::domain::time::Timestamp;

mod later;

/// A step that comes too early, too late or incomplete, with everything that is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the case is not ready for this step")]
pub struct Missing {
    /// What is missing; never empty.
    pub items: Vec<MissingItem>,
}

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingItem {
    /// Stable code in `UPPER_SNAKE_CASE`, for example `CHILD_INVOLVEMENT`.
    pub code: &'static str,
    /// One English sentence for a developer. Holds nothing about a person.
    pub description: String,
    /// How many are missing, for example how many children.
    pub count: usize,
}

/// How far a case is, as the guards see it.
enum Stage {
    /// The family was not reached yet.
    BeforeContact,
    /// People talk with the family.
    Underway,
    /// Not begun, or ended.
    Closed,
}

impl Case {
    /// Whether `step` can be recorded now.
    pub(super) fn check(&self, step: &Step, at: Timestamp) -> Result<(), Missing> {
        let mut missing = Missing { items: Vec::new() };
        self.need_room(&mut missing);
        match step {
            Step::Invitation { .. } => self.need_state(&mut missing, &[CaseState::Triaged]),
            Step::FirstContact { .. } => {
                self.need_state(&mut missing, &[CaseState::Triaged, CaseState::Invited]);
            }
            Step::SeparateConversation { .. } | Step::ChildInvolvement { .. } => {
                self.need_contact(&mut missing);
            }
            Step::SafetyAssessment(assessment) => {
                self.need_contact(&mut missing);
                need_complete(&mut missing, assessment);
                self.need_new_raters(&mut missing, &assessment.scales);
            }
            Step::SafetyScales(scales) => {
                self.need_contact(&mut missing);
                self.need_new_raters(&mut missing, scales);
            }
            Step::NetworkMeeting { held_at } => {
                self.need_contact(&mut missing);
                self.need_talks(&mut missing, *held_at);
                let is_new = !self.progress.network_meetings.contains(held_at);
                missing.unless(is_new, "NEW_MEETING", || {
                    "a meeting of this moment was recorded before".to_owned()
                });
            }
            Step::BasicPlan(plan) => {
                self.need_meeting(&mut missing, at);
                let assessed = !self.progress.assessments.is_empty();
                missing.unless(assessed, "SAFETY_ASSESSMENT", || {
                    "a safety assessment must come before the basic plan".to_owned()
                });
                need_agreement(&mut missing, plan);
            }
            Step::SafetyPlan(plan) => self.need_for_safety_plan(&mut missing, plan),
            Step::Monitoring { .. } => self.need_for_monitoring(&mut missing),
            Step::AgreementCheck(check) => self.need_for_check(&mut missing, check),
            Step::ViolenceStopped { .. } => self.need_contact(&mut missing),
        }
        missing.into_result()
    }

    fn need_room(&self, missing: &mut Missing) {
        missing.unless(self.progress.step_count() < STEPS_MAX, "STEP_LIMIT", || {
            format!("a case holds at most {STEPS_MAX} steps")
        });
    }

    fn stage(&self) -> Stage {
        match self.state {
            CaseState::Triaged | CaseState::Invited => Stage::BeforeContact,
            CaseState::Intake
            | CaseState::NetworkMeeting
            | CaseState::BasicPlan
            | CaseState::SafetyPlan
            | CaseState::Monitoring => Stage::Underway,
            CaseState::Referred
            | CaseState::Released
            | CaseState::Transferred
            | CaseState::NoFurtherAction
            | CaseState::Reopened => Stage::Closed,
        }
    }

    fn need_state(&self, missing: &mut Missing, accepted: &[CaseState]) {
        missing.unless(accepted.contains(&self.state), "CASE_STATE", || {
            let accepted: Vec<_> = accepted.iter().map(|state| state.as_str()).collect();
            format!("the case must be {} and is {}", accepted.join(" or "), self.state)
        });
    }

    fn need_contact(&self, missing: &mut Missing) {
        match self.stage() {
            Stage::Underway => {}
            Stage::BeforeContact => missing.add("FIRST_CONTACT", 1, || {
                "the first contact with the family must come before this step".to_owned()
            }),
            Stage::Closed => missing
                .add("CASE_STATE", 1, || format!("the case must be in hand and is {}", self.state)),
        }
    }

    /// Everybody was spoken with apart, and every child involved, when the family comes together.
    fn need_talks(&self, missing: &mut Missing, held_at: Timestamp) {
        let (children, adults): (Vec<_>, Vec<_>) =
            self.people.iter().partition(|person| person.is_child(held_at));
        let adults = adults.iter().filter(|adult| !self.was_spoken_with(adult, held_at)).count();
        missing.add("SEPARATE_CONVERSATION", adults, || {
            "every adult must be spoken with apart before a joint meeting".to_owned()
        });
        let children = children.iter().filter(|child| !self.was_involved(child, held_at)).count();
        missing.add("CHILD_INVOLVEMENT", children, || {
            "every child must be spoken with apart, observed or excepted before a joint meeting"
                .to_owned()
        });
    }

    fn was_spoken_with(&self, person: &CasePerson, before: Timestamp) -> bool {
        self.progress
            .separate_conversations
            .get(&person.key)
            .is_some_and(|moments| moments.iter().any(|held_at| *held_at <= before))
    }

    /// A conversation with a child is the involvement `SPOKEN_SEPARATELY`.
    fn was_involved(&self, child: &CasePerson, before: Timestamp) -> bool {
        let involved = self.progress.child_involvements.get(&child.key).is_some_and(|list| {
            list.iter().any(|involvement| match involvement {
                ChildInvolvement::SpokenSeparately { date }
                | ChildInvolvement::Observed { date } => *date <= before.date(),
                ChildInvolvement::Exception { .. } => true,
            })
        });
        involved || self.was_spoken_with(child, before)
    }

    fn need_meeting(&self, missing: &mut Missing, at: Timestamp) {
        if matches!(self.stage(), Stage::BeforeContact) || self.state == CaseState::Intake {
            self.need_contact(missing);
            self.need_talks(missing, at);
            missing.add("NETWORK_MEETING", 1, || {
                "a joint meeting must come before the basic plan".to_owned()
            });
        } else {
            self.need_state(missing, &[CaseState::NetworkMeeting]);
        }
    }
}

fn need_agreement(missing: &mut Missing, plan: &super::PlanContent) {
    missing.unless(!plan.agreements.is_empty(), "AGREEMENT", || {
        "a plan holds at least one agreement".to_owned()
    });
}

fn need_complete(missing: &mut Missing, assessment: &SafetyAssessment) {
    let Err(incomplete) = assessment.completeness() else { return };
    for list in incomplete.missing {
        missing.add(list.as_str(), 1, || incomplete_text(list.as_str()));
    }
}

fn incomplete_text(list: &str) -> String {
    format!("an assessment must contain {}", list.to_lowercase())
}

impl Missing {
    fn into_result(self) -> Result<(), Self> {
        if self.items.is_empty() { Ok(()) } else { Err(self) }
    }

    fn add(&mut self, code: &'static str, count: usize, description: impl FnOnce() -> String) {
        if count > 0 {
            self.items.push(MissingItem { code, description: description(), count });
        }
    }

    fn unless(&mut self, holds: bool, code: &'static str, description: impl FnOnce() -> String) {
        self.add(code, usize::from(!holds), description);
    }
}
