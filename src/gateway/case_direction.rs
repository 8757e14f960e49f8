//! What only the Steunpunt that directs a case may do with it (DOMAIN §1.1, *procesregie*): set the
//! phase, convene meetings, name who directs, let members go, end the case and take it up again.

use crate::domain::case::{
    CaseAct, Closing, ClosingDraft, HandoverState, InvolvementDraft, Loose, MeetingDraft,
    MemberKind, PhaseDecisionDraft, Receiver, ReopeningDraft,
};
use crate::domain::id::{CaseRef, HandoverId, MeetingId, Oin, UserId};
use crate::domain::notice::NoticeContent;
use crate::domain::referral::TriageOutcome;
use crate::domain::violation::Violations;
use crate::vault::random;

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, case_people};
use super::cases::{Around, Course, Door, Moved, missing, others_in_team};
use super::error::{Error, Result, Unmet};
use super::fields::both;
use super::once::Encode;

impl Gateway {
    /// Changes the phase: one step forward after looking at agreements, or back to the first.
    pub async fn change_safety_phase(
        &self,
        call: &Call,
        request: &Request,
        case_ref: &CaseRef,
        (decision, involvement): (PhaseDecisionDraft, InvolvementDraft),
        encode: Encode<Moved>,
    ) -> Result<Vec<u8>> {
        let decide = |file: &mut CaseFile, _around: &Around| {
            let involved = involvement.clone().parse(call.now());
            let (decision, involved) = both(decision.clone().parse(), involved)?;
            let (from, to) = (file.case.phase, decision.to);
            let evaluated = decision.evaluated.len();
            let case = file.case.clone();
            file.case = case.change_phase(decision, call.now()).map_err(missing)?;
            let content = NoticeContent::PhaseChanged { from, to, evaluated };
            Ok(Course {
                detail: format!("{to} {}", involved.kind()),
                involved: Some((CaseAct::PhaseChange, involved)),
                notices: vec![(others_in_team(call, file), content)],
                ..Course::default()
            })
        };
        self.move_case(call, request, Door::Direction(case_ref), decide, encode).await
    }

    /// Tells members of a joint meeting: when and where, and nothing about the case.
    pub async fn announce_meeting(
        &self,
        call: &Call,
        request: &Request,
        case_ref: &CaseRef,
        (meeting, involvement): (MeetingDraft, InvolvementDraft),
        encode: Encode<Moved>,
    ) -> Result<Vec<u8>> {
        let id = random::uuid_v7(call.now()).map_err(Error::internal)?;
        let decide = |file: &mut CaseFile, _around: &Around| {
            let (people, now) = (case_people(&file.people), call.now());
            let parsed = meeting.clone().parse(MeetingId::new(id), &people, now);
            let (meeting, involved) = both(parsed, involvement.clone().parse(now))?;
            let strangers = meeting.invited.iter().filter(|oin| !file.is_member(oin, now)).count();
            if strangers > 0 {
                return Err(not_a_member());
            }
            let content = NoticeContent::MeetingAnnounced {
                meeting_id: meeting.meeting_id,
                planned_at: meeting.planned_at,
                location_code: meeting.location.clone(),
                invited_oins: meeting.invited.iter().cloned().collect(),
                family_participants: meeting.family.len(),
                replaces: meeting.replaces,
            };
            let invited: Vec<Oin> =
                meeting.invited.iter().filter(|oin| *oin != call.oin()).cloned().collect();
            file.case = file.case.clone().announce(meeting).map_err(missing)?;
            Ok(Course {
                detail: format!("MEETING {}", involved.kind()),
                involved: Some((CaseAct::Meeting, involved)),
                notices: vec![(invited, content)],
                ..Course::default()
            })
        };
        self.move_case(call, request, Door::Direction(case_ref), decide, encode).await
    }

    /// Names another process director and manager. A case is never without either (DOMAIN §1.1).
    pub async fn change_process_direction(
        &self,
        call: &Call,
        request: &Request,
        case_ref: &CaseRef,
        (director, manager): (UserId, UserId),
        encode: Encode<Moved>,
    ) -> Result<Vec<u8>> {
        let decide = |_file: &mut CaseFile, _around: &Around| {
            Ok(Course {
                detail: "PROCESS_DIRECTION".to_owned(),
                direction: Some((director.clone(), manager.clone())),
                ..Course::default()
            })
        };
        self.move_case(call, request, Door::Direction(case_ref), decide, encode).await
    }

    /// Ends the membership of an organisation. One that holds a baton keeps it until somebody else
    /// has it.
    pub async fn remove_case_team_member(
        &self,
        call: &Call,
        request: &Request,
        case_ref: &CaseRef,
        member: &Oin,
        encode: Encode<Moved>,
    ) -> Result<Vec<u8>> {
        let decide = |file: &mut CaseFile, around: &Around| {
            let mut violations = Violations::new();
            let other = *member != file.row.steunpunt_oin;
            let words = "must be another organisation than the one that directs the case";
            violations.require(other, "member_oin", "DIRECTS_THE_CASE", words);
            violations.into_result(())?;
            if !file.is_member(member, call.now()) {
                return Err(not_a_member());
            }
            let part = [member];
            if around
                .open_handovers()
                .any(|one| part.contains(&&one.from_oin) || part.contains(&&one.to_oin))
            {
                let sentence = "the handover from or to this organisation must be answered first";
                return Err(Error::unmet("OPEN_HANDOVER", sentence));
            }
            let kind = file.membership(member, call.now()).map_or("", |one| one.kind().as_str());
            Ok(Course {
                detail: format!("{kind} ENDED"),
                ended: vec![member.clone()],
                notices: vec![(vec![member.clone()], NoticeContent::MembershipEnded)],
                ..Course::default()
            })
        };
        self.move_case(call, request, Door::Direction(case_ref), decide, encode).await
    }

    /// Ends a case: lets go, transfers, or does nothing more. Who joined on call or looked on is no
    /// member any more.
    pub async fn close_case(
        &self,
        call: &Call,
        request: &Request,
        case_ref: &CaseRef,
        (closing, involvement): (ClosingDraft, InvolvementDraft),
        encode: Encode<Moved>,
    ) -> Result<Vec<u8>> {
        let decide = |file: &mut CaseFile, around: &Around| {
            let now = call.now();
            let (closing, involved) =
                both(closing.clone().parse(now), involvement.clone().parse(now))?;
            let loose = Loose {
                open_handovers: around.open_handovers().count(),
                untriaged_referrals: around.untriaged(),
                last_referral_at: around.last_referral_at(),
            };
            let accepted = has_receiver(file, around, &closing);
            let closed = file.case.clone().close(closing, &loose, now).map_err(missing);
            file.case = with(closed, accepted)?;
            let ended = |one: &&crate::domain::case::Member| {
                one.is_current(now) && one.membership.kind() != MemberKind::Core
            };
            let state = file.case.state;
            let content = NoticeContent::CaseStateChanged { state, phase: file.case.phase };
            Ok(Course {
                detail: format!("{state} {}", involved.kind()),
                involved: Some((CaseAct::Closing, involved)),
                ended: file.members.iter().filter(ended).map(|one| one.oin.clone()).collect(),
                notices: vec![(others_in_team(call, file), content)],
                ..Course::default()
            })
        };
        self.move_case(call, request, Door::Direction(case_ref), decide, encode).await
    }

    /// Takes a case up again, on a repeat referral that was triaged to the team or because the team
    /// heard of new violence. A person decides it: no referral reopens a case by itself.
    pub async fn reopen_case(
        &self,
        call: &Call,
        request: &Request,
        case_ref: &CaseRef,
        (reopening, involvement): (ReopeningDraft, InvolvementDraft),
        encode: Encode<Moved>,
    ) -> Result<Vec<u8>> {
        let decide = |file: &mut CaseFile, around: &Around| {
            let now = call.now();
            let (reopening, involved) =
                both(reopening.clone().parse(now), involvement.clone().parse(now))?;
            let unmet = reopening.referral_id.and_then(|id| {
                match around.referrals.iter().find(|one| one.referral_id == id) {
                    None => Some(Unmet {
                        code: "REPEAT_REFERRAL",
                        description: "the referral must be about people of the case".to_owned(),
                    }),
                    Some(one) if one.triage_outcome != Some(TriageOutcome::VvtTeam) => {
                        Some(Unmet {
                            code: "TRIAGED_TO_VVT_TEAM",
                            description: "the referral must be triaged with outcome VVT_TEAM"
                                .to_owned(),
                        })
                    }
                    Some(_) => None,
                }
            });
            let reopened = file.case.clone().reopen(reopening).map_err(missing);
            file.case = with(reopened, unmet)?;
            let (state, phase) = (file.case.state, file.case.phase);
            let content = NoticeContent::CaseStateChanged { state, phase };
            Ok(Course {
                detail: format!("REOPENED {}", involved.kind()),
                involved: Some((CaseAct::Reopening, involved)),
                notices: vec![(others_in_team(call, file), content)],
                reopened: true,
                ..Course::default()
            })
        };
        self.move_case(call, request, Door::Direction(case_ref), decide, encode).await
    }
}

/// A transfer to a partner needs its yes to a handover of the whole case, as the case is now: a yes
/// to what was before a reopening is none to what came after it.
fn has_receiver(file: &CaseFile, around: &Around, closing: &Closing) -> Option<Unmet> {
    let Closing::Transferred { receiver: Receiver::Partner { handover_id }, .. } = closing else {
        return None;
    };
    let taken_up = file.case.progress.reopening.as_ref().map(|reopening| reopening.at);
    let is_yes = |id: &HandoverId| {
        around.handovers.iter().any(|one| {
            one.handover_id == *id
                && one.state == HandoverState::Accepted
                && one.from_oin == file.row.steunpunt_oin
                && (taken_up.is_none() || one.answered_at > taken_up)
        })
    };
    if is_yes(handover_id) {
        return None;
    }
    let description = "the receiver must have accepted a handover from the Steunpunt".to_owned();
    Some(Unmet { code: "HANDOVER_ACCEPTED", description })
}

/// Adds what else is missing, so that everything is told at once.
fn with<T>(result: Result<T>, unmet: Option<Unmet>) -> Result<T> {
    match (result, unmet) {
        (result, None) => result,
        (Err(Error::Precondition(mut all)), Some(unmet)) => {
            all.push(unmet);
            Err(Error::Precondition(all))
        }
        (Err(error), Some(_)) => Err(error),
        (Ok(_), Some(unmet)) => Err(Error::Precondition(vec![unmet])),
    }
}

pub(super) fn not_a_member() -> Error {
    Error::unmet("CASE_TEAM_MEMBER", "the organisation must be a member of the case team")
}
