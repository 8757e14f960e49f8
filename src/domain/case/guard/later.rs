//! What must be done before a plan grows, is watched and is let go, before the phase changes, and
//! before a case is taken up again.

use crate::domain::case::{
    AgreementCheck, Case, CasePerson, CaseState, ChildInvolvement, Closing, Loose, Meeting,
    PAGES_MAX, PhaseDecision, Plan, PlanContent, PlanKind, SafetyPhase,
};
use crate::domain::summary::SafetyScale;
use crate::domain::time::Timestamp;

use super::{Missing, Stage, need_agreement};

impl Case {
    /// A further meeting since the basic plan, and something agreed. A plan that is watched stays
    /// one of which every agreement is due on a day.
    pub(super) fn need_for_safety_plan(&self, missing: &mut Missing, plan: &PlanContent) {
        use CaseState::{BasicPlan, Monitoring, SafetyPlan};
        self.need_state(missing, &[BasicPlan, SafetyPlan, Monitoring]);
        let basic = self.progress.plans.iter().find(|plan| plan.kind == PlanKind::Basic);
        let further =
            basic.is_some_and(|basic| self.progress.network_meetings.len() > basic.meeting_count);
        missing.unless(further, "FURTHER_MEETING", || {
            "a further joint meeting must come before the safety plan".to_owned()
        });
        need_agreement(missing, plan);
        if self.state == Monitoring {
            need_due_dates(missing, plan);
        }
    }

    /// Every agreement has an owner, which reading the plan sees to, and a day on which it is due.
    pub(super) fn need_for_monitoring(&self, missing: &mut Missing) {
        self.need_state(missing, &[CaseState::SafetyPlan]);
        if let Some(plan) = self.progress.plan() {
            need_due_dates(missing, &plan.content);
        }
    }

    pub(super) fn need_for_check(&self, missing: &mut Missing, check: &AgreementCheck) {
        self.need_contact(missing);
        let Some(plan) = self.progress.plan() else {
            missing.add("PLAN", 1, || "there must be a plan with agreements".to_owned());
            return;
        };
        let unknown = check.statuses.keys().filter(|id| !plan.has(id)).count();
        missing.add("AGREEMENT", unknown, unknown_agreement);
    }

    /// One rating of each rater for each meeting (DOMAIN §1.2).
    pub(super) fn need_new_raters(&self, missing: &mut Missing, scales: &[SafetyScale]) {
        let meeting = self.progress.network_meetings.len();
        let known = |scale: &&SafetyScale| {
            self.progress
                .ratings
                .iter()
                .any(|one| one.meeting == meeting && one.scale.rater() == scale.rater())
        };
        let again = scales.iter().filter(known).count();
        missing.add("ONE_SCALE_PER_MEETING", again, || {
            "every rater rates once for each meeting".to_owned()
        });
    }

    /// Forward one step at a time, after looking at agreements; back to the first at any time.
    pub(in crate::domain::case) fn check_phase(
        &self,
        decision: &PhaseDecision,
    ) -> Result<(), Missing> {
        let mut missing = Missing { items: Vec::new() };
        // No limit stands in the way of going back: that is what new violence asks for.
        if decision.to != SafetyPhase::DirectSafety || self.phase == SafetyPhase::DirectSafety {
            self.need_room(&mut missing);
        }
        self.need_in_hand(&mut missing);
        missing.unless(self.phase.can_change_to(decision.to), "PHASE_ORDER", || {
            "a phase goes one step forward, or back to the first".to_owned()
        });
        let plan = self.progress.plan();
        let is_known = |id| plan.is_some_and(|plan: &Plan| plan.has(id));
        let unknown = decision.evaluated.iter().filter(|id| !is_known(id)).count();
        missing.add("AGREEMENT", unknown, unknown_agreement);
        let looked_at = decision.to == SafetyPhase::DirectSafety || !decision.evaluated.is_empty();
        missing.unless(looked_at, "EVALUATED_AGREEMENTS", || {
            "agreements must be looked at before a phase goes forward".to_owned()
        });
        missing.into_result()
    }

    pub(in crate::domain::case) fn check_announced(
        &self,
        meeting: &Meeting,
    ) -> Result<(), Missing> {
        let mut missing = Missing { items: Vec::new() };
        self.need_room(&mut missing);
        self.need_in_hand(&mut missing);
        let known = meeting.replaces.is_none_or(|replaced| {
            self.progress.announced_meetings.iter().any(|one| one.meeting_id == replaced)
        });
        missing.unless(known, "MEETING", || {
            "the meeting that is moved must have been announced".to_owned()
        });
        missing.into_result()
    }

    /// Nothing may be dropped on the way out. Letting go asks for more than the two other ends: the
    /// agreements hold, the violence has stopped, and the children were heard about it.
    pub(in crate::domain::case) fn check_closing(
        &self,
        closing: &Closing,
        loose: &Loose,
        at: Timestamp,
    ) -> Result<(), Missing> {
        let mut missing = Missing { items: Vec::new() };
        if let Closing::Released { phase_reason } = closing {
            self.need_for_release(&mut missing, loose, at);
            let late = self.phase == SafetyPhase::RecoveryCare || phase_reason.is_some();
            missing.unless(late, "PHASE_3", || {
                "the case must be in phase 3, or it must be said why it is not".to_owned()
            });
        } else {
            self.need_in_hand(&mut missing);
        }
        missing.add("OPEN_HANDOVER", loose.open_handovers, || {
            "every handover must be answered first".to_owned()
        });
        missing.add("REPEAT_REFERRAL_TRIAGED", loose.untriaged_referrals, || {
            "every referral about these people must be triaged first".to_owned()
        });
        missing.into_result()
    }

    fn need_for_release(&self, missing: &mut Missing, loose: &Loose, at: Timestamp) {
        self.need_state(missing, &[CaseState::Monitoring]);
        let counts = self.progress.plan().map(Plan::counts).unwrap_or_default();
        let loose_ends = counts.total() - counts.secured;
        let none = counts.total() == 0;
        missing.add("AGREEMENT_SECURED", loose_ends.max(usize::from(none)), || {
            "every agreement must be secured".to_owned()
        });
        let stopped = self.progress.violence_stopped(loose.last_referral_at).is_some();
        missing.unless(stopped, "VIOLENCE_STOPPED", || {
            "it must be confirmed that the violence has stopped, after anything that was heard of"
                .to_owned()
        });
        let children = self.people.iter().filter(|person| person.is_child(at));
        let unheard = children.filter(|child| !self.was_heard_while_watched(child)).count();
        missing.add("CHILD_INVOLVEMENT", unheard, || {
            "every child must be spoken with apart, observed or excepted since the plan is watched"
                .to_owned()
        });
    }

    /// Child involvement is up to date when it is of the time in which the plan was watched: what a
    /// child said before the agreements were made says nothing about how they are kept.
    fn was_heard_while_watched(&self, child: &CasePerson) -> bool {
        let Some(since) = self.progress.monitoring_since else { return false };
        let spoken = self.progress.separate_conversations.get(&child.key);
        let otherwise = self.progress.child_involvements.get(&child.key);
        spoken.is_some_and(|moments| moments.iter().any(|at| *at >= since))
            || otherwise.is_some_and(|list| {
                list.iter().any(|one| match one {
                    ChildInvolvement::SpokenSeparately { date }
                    | ChildInvolvement::Observed { date }
                    | ChildInvolvement::Exception { date, .. } => *date >= since.date(),
                })
            })
    }

    pub(in crate::domain::case) fn check_reopening(&self) -> Result<(), Missing> {
        use CaseState::{NoFurtherAction, Released, Transferred};
        let mut missing = Missing { items: Vec::new() };
        missing.unless(self.progress.earlier.len() + 1 < PAGES_MAX, "STEP_LIMIT", || {
            format!("a case is taken up again at most {} times", PAGES_MAX - 1)
        });
        self.need_state(&mut missing, &[Released, Transferred, NoFurtherAction]);
        missing.into_result()
    }

    /// The case was opened and has not ended.
    fn need_in_hand(&self, missing: &mut Missing) {
        if matches!(self.stage(), Stage::Closed) {
            missing
                .add("CASE_STATE", 1, || format!("the case must be in hand and is {}", self.state));
        }
    }
}

fn need_due_dates(missing: &mut Missing, plan: &PlanContent) {
    missing.add("DUE_DATE", plan.without_due_date(), || {
        "every agreement must be due on a day".to_owned()
    });
}

fn unknown_agreement() -> String {
    "every agreement must be one of the newest plan".to_owned()
}
