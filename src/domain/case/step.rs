//! A step with the family, and the way in: [`StepDraft::parse`].

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::plan::{AgreementCheck, AgreementCheckDraft, PlanContent, PlanDraft};
use super::{CasePerson, ChildInvolvement};
use crate::domain::code::codes;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::id::{PersonKey, UserId};
use crate::domain::summary::{
    AssessmentDraft, SafetyAssessment, SafetyScale, ScaleDraft, read_scales,
};
use crate::domain::time::{Date, Timestamp};
use crate::domain::violation::Violations;

/// How far the clock of who records may run ahead of ours.
const CLOCK_SKEW_MAX: Duration = Duration::from_mins(5);

/// A step with the family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The family was invited.
    Invitation {
        /// When.
        invited_at: Timestamp,
    },
    /// First contact.
    FirstContact {
        /// When.
        contact_at: Timestamp,
    },
    /// Talk with one person, apart from the others.
    SeparateConversation {
        /// With whom.
        person: PersonKey,
        /// When.
        held_at: Timestamp,
    },
    /// How a child was involved.
    ChildInvolvement {
        /// Which child.
        child: PersonKey,
        /// How.
        involvement: ChildInvolvement,
    },
    /// Joint meeting with family, network and professionals.
    NetworkMeeting {
        /// When.
        held_at: Timestamp,
    },
    /// Assessment. An incomplete one is refused when it is recorded.
    SafetyAssessment(SafetyAssessment),
    /// Ratings of safety without a new assessment.
    SafetyScales(Vec<SafetyScale>),
    /// Basic plan of action.
    BasicPlan(PlanContent),
    /// Safety plan, or a new version of it.
    SafetyPlan(PlanContent),
    /// From now on the plan is watched.
    Monitoring {
        /// Since when.
        started_at: Timestamp,
    },
    /// A look at how agreements are kept.
    AgreementCheck(AgreementCheck),
    /// Somebody confirms that the violence has stopped.
    ViolenceStopped {
        /// When that was confirmed.
        confirmed_at: Timestamp,
        /// By whom.
        confirmed_by: UserId,
    },
}

codes! {
    /// How a child was involved, without what goes with it.
    pub enum ChildInvolvementKind {
        /// Spoken with apart.
        SpokenSeparately = 1, "SPOKEN_SEPARATELY";
        /// Observed: very young.
        Observed = 2, "OBSERVED";
        /// Not involved; needs a reason and an approver.
        Exception = 3, "EXCEPTION";
    }
}

/// A [`Step`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the variants and fields are those of the parsed type")]
pub enum StepDraft {
    #[default]
    NotGiven,
    Invitation {
        invited_at: Option<Timestamp>,
    },
    FirstContact {
        contact_at: Option<Timestamp>,
    },
    SeparateConversation {
        person_key: String,
        held_at: Option<Timestamp>,
    },
    ChildInvolvement(ChildInvolvementDraft),
    NetworkMeeting {
        held_at: Option<Timestamp>,
    },
    SafetyAssessment(AssessmentDraft),
    SafetyScales(Vec<ScaleDraft>),
    BasicPlan(PlanDraft),
    SafetyPlan(PlanDraft),
    Monitoring {
        started_at: Option<Timestamp>,
    },
    AgreementCheck(AgreementCheckDraft),
    ViolenceStopped {
        confirmed_at: Option<Timestamp>,
        confirmed_by_user_id: String,
    },
}

/// How a child was involved, as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct ChildInvolvementDraft {
    pub person_key: String,
    pub kind: i32,
    pub date: String,
    pub reason: String,
    pub approver_user_id: String,
}

impl fmt::Debug for StepDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StepDraft(…)")
    }
}

impl fmt::Debug for ChildInvolvementDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChildInvolvementDraft(…)")
    }
}

/// What a step is read against.
pub(super) struct Context<'c> {
    people: &'c [CasePerson],
    pub(super) keys: BTreeSet<PersonKey>,
    now: Timestamp,
}

impl StepDraft {
    /// The step, or everything that is wrong with it.
    pub fn parse(self, people: &[CasePerson], now: Timestamp) -> Result<Step, Violations> {
        let keys = people.iter().map(|person| person.key.clone()).collect();
        let context = Context { people, keys, now };
        let mut violations = Violations::new();
        match self.read(&mut Fields::new("", &mut violations), &context) {
            Ok(step) => violations.into_result(step),
            Err(Noted) => Err(violations),
        }
    }

    fn read(&self, request: &mut Fields<'_>, context: &Context<'_>) -> Reading<Step> {
        let mut step = request.message("step");
        match self {
            Self::NotGiven => Err(request.wrong("step", "REQUIRED", "must be given")),
            Self::Invitation { invited_at } => {
                let fields = &mut step.message("invitation");
                Ok(Step::Invitation {
                    invited_at: context.past(fields, "invited_at", *invited_at)?,
                })
            }
            Self::FirstContact { contact_at } => {
                let fields = &mut step.message("first_contact");
                Ok(Step::FirstContact {
                    contact_at: context.past(fields, "contact_at", *contact_at)?,
                })
            }
            Self::SeparateConversation { person_key, held_at } => {
                let fields = &mut step.message("separate_conversation");
                let person = context.person(fields, person_key).map(|person| person.key.clone());
                let held_at = context.past(fields, "held_at", *held_at);
                Ok(Step::SeparateConversation { person: person?, held_at: held_at? })
            }
            Self::ChildInvolvement(draft) => {
                draft.read(&mut step.message("child_involvement"), context)
            }
            Self::NetworkMeeting { held_at } => {
                let fields = &mut step.message("network_meeting");
                Ok(Step::NetworkMeeting { held_at: context.past(fields, "held_at", *held_at)? })
            }
            Self::SafetyAssessment(draft) => draft
                .read(&mut step.message("safety_assessment"), &context.keys)
                .map(Step::SafetyAssessment),
            Self::SafetyScales(drafts) => {
                let fields = &mut step.message("safety_scales");
                let given = fields.given("scales", drafts.first()).map(|_| ());
                let scales = read_scales(fields, drafts, &context.keys);
                given?;
                scales.map(Step::SafetyScales)
            }
            Self::BasicPlan(draft) => {
                draft.read(&mut step.message("basic_plan"), context).map(Step::BasicPlan)
            }
            Self::SafetyPlan(draft) => {
                draft.read(&mut step.message("safety_plan"), context).map(Step::SafetyPlan)
            }
            Self::Monitoring { started_at } => {
                let fields = &mut step.message("monitoring");
                Ok(Step::Monitoring {
                    started_at: context.past(fields, "started_at", *started_at)?,
                })
            }
            Self::AgreementCheck(draft) => {
                draft.read(&mut step.message("agreement_check"), context).map(Step::AgreementCheck)
            }
            Self::ViolenceStopped { confirmed_at, confirmed_by_user_id } => {
                let fields = &mut step.message("violence_stopped");
                let confirmed_at = context.past(fields, "confirmed_at", *confirmed_at);
                let confirmed_by = fields.text("confirmed_by_user_id", confirmed_by_user_id);
                Ok(Step::ViolenceStopped {
                    confirmed_at: confirmed_at?,
                    confirmed_by: confirmed_by?,
                })
            }
        }
    }
}

impl Context<'_> {
    pub(super) fn past(
        &self,
        fields: &mut Fields<'_>,
        name: &str,
        moment: Option<Timestamp>,
    ) -> Reading<Timestamp> {
        let moment = fields.given(name, moment)?;
        if moment <= self.now.plus(CLOCK_SKEW_MAX) {
            Ok(moment)
        } else {
            let description = "must not be more than 5 minutes ahead of the gateway's clock";
            Err(fields.wrong(name, "IN_FUTURE", description))
        }
    }

    fn past_date(&self, fields: &mut Fields<'_>, name: &str, date: &str) -> Reading<Date> {
        let date: Date = fields.text(name, date)?;
        if date <= self.now.date() {
            Ok(date)
        } else {
            Err(fields.wrong(name, "IN_FUTURE", "must not be in the future"))
        }
    }

    fn person(&self, fields: &mut Fields<'_>, key: &str) -> Reading<&CasePerson> {
        let key: PersonKey = fields.text("person_key", key)?;
        self.people.iter().find(|person| person.key == key).ok_or_else(|| {
            fields.wrong("person_key", "UNKNOWN_PERSON", "must be a person of the case")
        })
    }
}

impl ChildInvolvementDraft {
    fn read(&self, fields: &mut Fields<'_>, context: &Context<'_>) -> Reading<Step> {
        let child = context.person(fields, &self.person_key);
        let involvement = self.read_involvement(fields, context);
        let (child, involvement) = (child?, involvement?);
        let on = match &involvement {
            ChildInvolvement::SpokenSeparately { date } | ChildInvolvement::Observed { date } => {
                date.start()
            }
            ChildInvolvement::Exception { .. } => context.now,
        };
        fields.require(child.is_child(on), "person_key", "NOT_A_CHILD", "must be a child");
        Ok(Step::ChildInvolvement { child: child.key.clone(), involvement })
    }

    fn read_involvement(
        &self,
        fields: &mut Fields<'_>,
        context: &Context<'_>,
    ) -> Reading<ChildInvolvement> {
        let kind = fields.code("kind", self.kind, ChildInvolvementKind::from_number)?;
        if kind == ChildInvolvementKind::Exception {
            fields.absent(self.date.is_empty(), "date", "is not given with EXCEPTION");
            let reason = fields.text("reason", &self.reason);
            let approver = fields.text("approver_user_id", &self.approver_user_id);
            return Ok(ChildInvolvement::Exception {
                reason: reason?,
                approver: approver?,
                date: context.now.date(),
            });
        }
        fields.absent(self.reason.is_empty(), "reason", "is given with EXCEPTION only");
        let no_approver = self.approver_user_id.is_empty();
        fields.absent(no_approver, "approver_user_id", "is given with EXCEPTION only");
        let date = context.past_date(fields, "date", &self.date)?;
        Ok(if kind == ChildInvolvementKind::Observed {
            ChildInvolvement::Observed { date }
        } else {
            ChildInvolvement::SpokenSeparately { date }
        })
    }
}
