//! Where a case stands, without personal data: numbers, states and moments.

use crate::domain::case::{
    AgreementCounts, CaseState, HandoverState, LocationCode, MeetingScales, Member, PlanKind,
    SafetyPhase, working_days_to_first_contact,
};
use crate::domain::id::{CaseRef, HandoverId, MeetingId, Oin, ReferralId, TeamId, UserId};
use crate::domain::referral::{State, TriageOutcome};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::case_file::CaseFile;
use crate::gateway::deadlines::listing::DeadlineView;
use crate::gateway::error::Result;
use crate::store::{HandoverRow, RepeatRow};

/// Handovers and linked referrals of one case that are looked at: more than ten years bring.
const AROUND_MAX: u32 = 500;

/// A case, without personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseView {
    /// Reference.
    pub case_ref: CaseRef,
    /// Team.
    pub team_id: TeamId,
    /// Where it is.
    pub state: CaseState,
    /// Its phase.
    pub phase: SafetyPhase,
    /// User who guards the progress.
    pub process_director_user_id: UserId,
    /// Manager for overdue work.
    pub manager_user_id: UserId,
    /// Organisations in the team, past ones included.
    pub members: Vec<Member>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// First contact with the family.
    pub first_contact_at: Option<Timestamp>,
    /// From the receipt of the referral to the first contact.
    pub working_days_to_first_contact: Option<u32>,
    /// How many people it is about.
    pub person_count: usize,
    /// Versions of the plan, the first first.
    pub plans: Vec<PlanView>,
    /// Since when the plan is watched.
    pub monitoring_since: Option<Timestamp>,
    /// When it was confirmed that the violence has stopped; none when something was heard of since.
    pub violence_stopped_at: Option<Timestamp>,
    /// Ratings of safety, meeting by meeting.
    pub scales: Vec<MeetingScales>,
    /// The next meeting that members were told of.
    pub next_meeting: Option<MeetingView>,
    /// Handovers that wait for an answer.
    pub open_handovers: Vec<HandoverView>,
    /// Referrals about these people since, newest first; for the Steunpunt that directs it only.
    pub repeat_referrals: Vec<RepeatView>,
    /// What is still to be done before a moment; for the Steunpunt that directs it, when it looks at the
    /// case.
    pub deadlines: Vec<DeadlineView>,
}

/// A version of a plan, without what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanView {
    /// Basic plan or safety plan.
    pub kind: PlanKind,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// How its agreements stand.
    pub agreements: AgreementCounts,
}

/// A meeting, without who comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingView {
    /// Its id.
    pub meeting_id: MeetingId,
    /// When.
    pub planned_at: Timestamp,
    /// Where.
    pub location: LocationCode,
}

/// A handover, without what is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverView {
    /// Its id.
    pub handover_id: HandoverId,
    /// Who is to be released.
    pub from_oin: Oin,
    /// Who is to take over.
    pub to_oin: Oin,
    /// Where it is.
    pub state: HandoverState,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// The user who answered.
    pub answered_by: Option<UserId>,
}

/// A referral about people of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatView {
    /// Referral.
    pub referral_id: ReferralId,
    /// When it was stored.
    pub submitted_at: Timestamp,
    /// 1 + number of earlier referrals.
    pub repeat_index: i64,
    /// What was decided about it; none before triage.
    pub triage_outcome: Option<TriageOutcome>,
}

/// What stands around a case: its handovers, the referrals about its people.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct Around {
    received_at: Timestamp,
    pub(in crate::gateway) handovers: Vec<HandoverRow>,
    pub(in crate::gateway) referrals: Vec<RepeatRow>,
}

impl Around {
    /// A case that was opened just now.
    pub(in crate::gateway) fn new_case(received_at: Timestamp) -> Self {
        Self { received_at, handovers: Vec::new(), referrals: Vec::new() }
    }

    /// The same after a handover was offered or answered.
    pub(in crate::gateway) fn with(mut self, handover: Option<&HandoverRow>) -> Self {
        if let Some(row) = handover {
            self.handovers.retain(|one| one.handover_id != row.handover_id);
            self.handovers.push(row.clone());
        }
        self
    }

    pub(in crate::gateway) fn open_handovers(&self) -> impl Iterator<Item = &HandoverRow> {
        self.handovers.iter().filter(|one| one.state == HandoverState::Offered)
    }

    /// Referrals that nobody has judged and that were not taken back.
    pub(in crate::gateway) fn untriaged(&self) -> usize {
        let waits = |one: &&RepeatRow| one.triage_outcome.is_none();
        self.counting().filter(waits).count()
    }

    /// The last referral about these people since the case was opened.
    pub(in crate::gateway) fn last_referral_at(&self) -> Option<Timestamp> {
        self.counting().map(|one| one.submitted_at).max()
    }

    fn counting(&self) -> impl Iterator<Item = &RepeatRow> {
        let counts = |state| !matches!(state, State::Withdrawn | State::Rejected | State::Returned);
        self.referrals.iter().filter(move |one| counts(one.state))
    }
}

impl Gateway {
    /// Reads what stands around a case.
    pub(in crate::gateway) async fn around(&self, file: &CaseFile) -> Result<Around> {
        let mut tx = self.db().read().await?;
        let handovers = tx.handovers_of(file.case_ref(), AROUND_MAX).await?;
        let referrals = tx.case_referrals(file.case_ref(), AROUND_MAX).await?;
        let received_at = match &file.case.progress.reopening {
            None => {
                let referral = tx.referral(file.row.referral_id).await?;
                referral.map_or(file.row.opened_at, |referral| referral.submitted_at)
            }
            Some(reopening) => {
                let by = |one: &&RepeatRow| Some(one.referral_id) == reopening.referral_id;
                referrals.iter().find(by).map_or(reopening.at, |referral| referral.submitted_at)
            }
        };
        Ok(Around { received_at, handovers, referrals })
    }
}

/// The case as the caller may see it.
pub(in crate::gateway) fn view(call: &Call, file: &CaseFile, around: &Around) -> CaseView {
    let progress = &file.case.progress;
    let first_contact_at = progress.first_contact_at;
    let directs = file.row.steunpunt_oin == *call.oin();
    CaseView {
        case_ref: file.row.case_ref.clone(),
        team_id: file.row.team_id.clone(),
        state: file.case.state,
        phase: file.case.phase,
        process_director_user_id: file.row.process_director_user_id.clone(),
        manager_user_id: file.row.manager_user_id.clone(),
        members: file.members.clone(),
        opened_at: file.row.opened_at,
        first_contact_at,
        working_days_to_first_contact: first_contact_at
            .map(|contact| working_days_to_first_contact(around.received_at, contact)),
        person_count: file.people.len(),
        plans: progress.plans.iter().map(plan_view).collect(),
        monitoring_since: progress.monitoring_since,
        violence_stopped_at: progress
            .violence_stopped(around.last_referral_at())
            .map(|confirmation| confirmation.at),
        scales: progress.scale_trend(),
        next_meeting: progress.next_meeting(call.now()).map(|meeting| MeetingView {
            meeting_id: meeting.meeting_id,
            planned_at: meeting.planned_at,
            location: meeting.location.clone(),
        }),
        open_handovers: around.open_handovers().map(HandoverView::of).collect(),
        // How often the police came is for who directs the case; a partner learns it in a summary.
        repeat_referrals: around
            .referrals
            .iter()
            .filter(|_| directs)
            .map(|one| RepeatView {
                referral_id: one.referral_id,
                submitted_at: one.submitted_at,
                repeat_index: one.repeat_index,
                triage_outcome: one.triage_outcome,
            })
            .collect(),
        deadlines: Vec::new(),
    }
}

fn plan_view(plan: &crate::domain::case::Plan) -> PlanView {
    PlanView { kind: plan.kind, recorded_at: plan.recorded_at, agreements: plan.counts() }
}

impl HandoverView {
    pub(in crate::gateway) fn of(row: &HandoverRow) -> Self {
        Self {
            handover_id: row.handover_id,
            from_oin: row.from_oin.clone(),
            to_oin: row.to_oin.clone(),
            state: row.state,
            offered_at: row.offered_at,
            answered_at: row.answered_at,
            answered_by: row.answered_by.clone(),
        }
    }
}
