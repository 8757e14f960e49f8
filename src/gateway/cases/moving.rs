//! One way in which everything that happens to a case is decided on one reading of it and committed,
//! or decided again when somebody else moved the case meanwhile.

use crate::domain::case::{CaseAct, CaseState, Involved, Involvement, Member};
use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, Oin, UserId};
use crate::domain::notice::NoticeContent;
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Request};
use crate::gateway::case_file::{CaseFile, seal_progress};
use crate::gateway::error::{Error, Result};
use crate::gateway::once::{DECISIONS_MAX, Done, Encode, Keep};
use crate::store::{HandoverRow, HistoryRow};

use super::CaseView;
use super::view::{Around, HandoverView, view};
use super::work::Advance;

/// A case after something happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The case.
    pub case: CaseView,
    /// The handover that was offered or answered.
    pub handover: Option<HandoverView>,
}

/// Who may do it.
#[derive(Debug, Clone, Copy)]
pub(in crate::gateway) enum Door<'a> {
    /// Every member that takes part.
    Member(&'a CaseRef),
    /// The Steunpunt that directs the case.
    Direction(&'a CaseRef),
    /// Whoever was let in by a decision of its own.
    Open(&'a CaseRef),
}

/// What happens to a case, besides the change of the case itself.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Course {
    /// For the record: codes only.
    pub(in crate::gateway) detail: String,
    /// Organisations whose membership ends now.
    pub(in crate::gateway) ended: Vec<Oin>,
    /// Organisations that join now.
    pub(in crate::gateway) joined: Vec<Member>,
    /// New process director and manager.
    pub(in crate::gateway) direction: Option<(UserId, UserId)>,
    /// A handover that is offered or answered.
    pub(in crate::gateway) handover: Option<HandoverRow>,
    /// Who is told what; each organisation at most one thing.
    pub(in crate::gateway) notices: Vec<(Vec<Oin>, NoticeContent)>,
    /// How the people concerned were involved, and in what: kept in the case.
    pub(in crate::gateway) involved: Option<(CaseAct, Involvement)>,
    /// The case was taken up again: what the course of the case says of this moment.
    pub(in crate::gateway) reopened: bool,
}

impl Gateway {
    /// Lets something happen to a case, once for a request.
    pub(in crate::gateway) async fn move_case(
        &self,
        call: &Call,
        request: &Request,
        door: Door<'_>,
        decide: impl Fn(&mut CaseFile, &Around) -> Result<Course> + Send,
        encode: Encode<Moved>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let mut file = self.let_in(call, door).await?;
            let around = self.around(&file).await?;
            let work = self.advance(call, &mut file, around, &decide)?;
            let told: Vec<Oin> = work.notices.iter().flat_map(|(to, _)| to.clone()).collect();
            match self.once(call, request, work, Keep::Plain, encode).await? {
                Done::Answered(bytes) => {
                    for oin in &told {
                        self.wake().ring(oin);
                    }
                    return Ok(bytes);
                }
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    async fn let_in(&self, call: &Call, door: Door<'_>) -> Result<CaseFile> {
        match door {
            Door::Member(case_ref) => self.case_worked_on_by(call, case_ref).await,
            Door::Direction(case_ref) => self.case_directed_by(call, case_ref).await,
            Door::Open(case_ref) => match self.case_file(case_ref).await? {
                Some(file) => Ok(file),
                None => self.refuse_hidden(call).await,
            },
        }
    }

    /// Decides, and prepares everything that the commit needs.
    fn advance(
        &self,
        call: &Call,
        file: &mut CaseFile,
        around: Around,
        decide: impl Fn(&mut CaseFile, &Around) -> Result<Course>,
    ) -> Result<Advance> {
        let now = call.now();
        let before = file.case.milestone(now, around.last_referral_at());
        let team = others_in_team(call, file);
        let mut course = decide(file, &around)?;
        if let Some((act, how)) = course.involved.take() {
            let by = call.actor.user_id.clone();
            file.case.progress.involved.push(Involved { at: now, by, act, how });
        }
        let mut after = file.case.milestone(now, around.last_referral_at());
        if course.notices.is_empty() && before.phase != after.phase {
            let (from, to) = (before.phase, after.phase);
            course.notices.push((team, NoticeContent::PhaseChanged { from, to, evaluated: 0 }));
        }
        if course.reopened {
            after.state = CaseState::Reopened;
        }
        let moved = (after.state, after.phase) != (before.state, before.phase);
        let version = file.row.version + 1;
        let history = if after == before {
            None
        } else {
            Some(HistoryRow::of(file.case_ref(), version, now, (&after, moved))?)
        };
        for member in &mut file.members {
            if member.is_current(now) && course.ended.contains(&member.oin) {
                member.member_until = Some(now);
            }
        }
        file.members.extend(course.joined.iter().cloned());
        if let Some((director, manager)) = &course.direction {
            file.row.process_director_user_id = director.clone();
            file.row.manager_user_id = manager.clone();
        }
        let around = around.with(course.handover.as_ref());
        let content = seal_progress(file.case_ref(), &file.case.progress, &file.common_key()?)?;
        let event = EventCode::CaseChanged;
        let entries =
            self.case_entries(call, file.case_ref(), &file.people, event, &course.detail)?;
        let progress = &file.case.progress;
        let repeat = progress.reopening.as_ref().and_then(|reopening| reopening.referral_id);
        let referral_id = repeat.unwrap_or(file.row.referral_id);
        Ok(Advance {
            row: file.row.clone(),
            contact: progress.first_contact_at.map(|at| (referral_id, at)),
            state: i64::from(file.case.state.number()),
            phase: i64::from(file.case.phase.number()),
            answer: Moved {
                case: view(call, file, &around),
                handover: course.handover.as_ref().map(HandoverView::of),
            },
            now,
            content,
            history,
            entries,
            ended: course.ended,
            joined: course.joined,
            direction: course.direction,
            handover: course.handover,
            notices: course.notices,
        })
    }
}

/// The members but the caller, each once.
pub(in crate::gateway) fn others_in_team(call: &Call, file: &CaseFile) -> Vec<Oin> {
    let current = file.members.iter().filter(|member| member.is_current(call.now()));
    let mut others: Vec<Oin> =
        current.filter(|member| !member.is(call.oin())).map(|member| member.oin.clone()).collect();
    others.sort_unstable();
    others.dedup();
    others
}
