//! Notices as messages, listed and watched.

use crate::domain::notice::NoticeContent;
use crate::gateway::watching::Notice;
use crate::gateway::{Caller, Error, Gateway};
use crate::grpc::convert::{count, duration, moment, number};
use crate::grpc::page::List;
use crate::grpc::pb;
use crate::grpc::watch::{Feed, Frame, Page, RECONNECT_DELAY};
use pb::notice::Content;
use pb::watch_notices_response as response;

/// Notices read at once.
const NOTICES_MAX: u32 = 256;

/// The notices for the caller.
#[derive(Debug)]
pub(super) struct Watched;

impl Feed for Watched {
    type News = Notice;
    type Message = pb::WatchNoticesResponse;
    const LIST: List = List::Notices;

    async fn after(gateway: &Gateway, caller: &Caller, place: i64) -> Page<Notice> {
        let notices = gateway.notices(caller, place, NOTICES_MAX).await?;
        Ok(notices.into_iter().map(|notice| (notice.place, notice)).collect())
    }

    async fn last(gateway: &Gateway, caller: &Caller) -> Result<i64, Error> {
        gateway.last_notice(caller).await
    }

    fn message(frame: Frame<Notice>, resume_token: String) -> Self::Message {
        let frame = match frame {
            Frame::News(of) => response::Frame::Notice(notice(&of)),
            Frame::Heartbeat(now) => {
                response::Frame::Heartbeat(pb::WatchHeartbeat { server_time: Some(moment(now)) })
            }
            Frame::Drain => {
                let reconnect_delay = Some(duration(RECONNECT_DELAY));
                response::Frame::Drain(pb::Drain { reconnect_delay })
            }
        };
        pb::WatchNoticesResponse { frame: Some(frame), resume_token }
    }
}

/// A notice.
pub(super) fn notice(of: &Notice) -> pb::Notice {
    pb::Notice {
        notice_id: of.notice_id.to_string(),
        created_at: Some(moment(of.effective_at)),
        content: Some(content(of)),
    }
}

#[expect(clippy::too_many_lines, reason = "a flat list: one arm for each kind of notice")]
fn content(of: &Notice) -> Content {
    let case_ref = of.case_ref.as_ref().map_or_else(String::new, ToString::to_string);
    let effective_at = Some(moment(of.effective_at));
    match &of.content {
        NoticeContent::ConsentWithdrawn { consent_id, subject } => {
            Content::ConsentWithdrawn(pb::ConsentWithdrawnNotice {
                consent_id: consent_id.to_string(),
                case_ref,
                subject_pseudonym: subject.to_hex(),
                effective_at,
            })
        }
        NoticeContent::SummaryRetracted { author_oin, revision } => {
            Content::SummaryRetracted(pb::SummaryRetractedNotice {
                case_ref,
                author_oin: author_oin.to_string(),
                revision: count(*revision),
                effective_at,
            })
        }
        NoticeContent::SummaryShared { share_id, sender_oin, is_emergency, expires_at } => {
            Content::SummaryShared(pb::SummarySharedNotice {
                share_id: share_id.to_string(),
                case_ref,
                sender_oin: sender_oin.to_string(),
                is_emergency: *is_emergency,
                expires_at: Some(moment(*expires_at)),
            })
        }
        NoticeContent::DeadlineMissed { deadline, about_id, due_at } => {
            Content::DeadlineMissed(pb::DeadlineMissedNotice {
                kind: deadline.number().into(),
                about_id: about_id.map(|id| id.to_string()).unwrap_or_default(),
                case_ref,
                due_at: Some(moment(*due_at)),
                effective_at,
            })
        }
        NoticeContent::ConsentNeedsRenewal { consent_ids, subject } => {
            Content::ConsentNeedsRenewal(pb::ConsentNeedsRenewalNotice {
                consent_ids: consent_ids.iter().map(ToString::to_string).collect(),
                case_ref,
                subject_pseudonym: subject.to_hex(),
                effective_at,
            })
        }
        NoticeContent::ProcessingRestricted { subject, lifted } => {
            Content::ProcessingRestricted(pb::ProcessingRestrictedNotice {
                case_ref,
                subject_pseudonym: subject.to_hex(),
                lifted: *lifted,
                effective_at,
            })
        }
        NoticeContent::PhaseChanged { from, to, evaluated } => {
            Content::PhaseChanged(pb::PhaseChangedNotice {
                case_ref,
                from: from.number().into(),
                to: to.number().into(),
                evaluated_agreement_count: number(*evaluated),
                effective_at,
            })
        }
        NoticeContent::CaseStateChanged { state, phase } => {
            Content::CaseStateChanged(pb::CaseStateChangedNotice {
                case_ref,
                state: state.number().into(),
                phase: phase.number().into(),
                effective_at,
            })
        }
        NoticeContent::MembershipEnded => {
            Content::MembershipEnded(pb::MembershipEndedNotice { case_ref, effective_at })
        }
        NoticeContent::MeetingAnnounced {
            meeting_id,
            planned_at,
            location_code,
            invited_oins,
            family_participants,
            replaces,
        } => Content::Meeting(pb::MeetingNotice {
            case_ref,
            meeting_id: meeting_id.to_string(),
            planned_at: Some(moment(*planned_at)),
            location_code: location_code.as_str().to_owned(),
            invited_oins: invited_oins.iter().map(ToString::to_string).collect(),
            family_participant_count: number(*family_participants),
            replaces_meeting_id: replaces.map(|id| id.to_string()).unwrap_or_default(),
        }),
        NoticeContent::HandoverOffered { handover_id, from_oin, to_oin } => {
            Content::HandoverOffered(pb::HandoverOfferedNotice {
                case_ref,
                handover_id: handover_id.to_string(),
                from_oin: from_oin.to_string(),
                to_oin: to_oin.to_string(),
                effective_at,
            })
        }
        NoticeContent::HandoverAnswered { handover_id, state } => {
            Content::HandoverAnswered(pb::HandoverAnsweredNotice {
                case_ref,
                handover_id: handover_id.to_string(),
                state: state.number().into(),
                effective_at,
            })
        }
        NoticeContent::QuestionAsked { question_id, index, due_at } => {
            Content::DisclosureQuestion(pb::DisclosureQuestionNotice {
                case_ref,
                question_id: question_id.to_string(),
                index: *index,
                due_at: Some(moment(*due_at)),
                effective_at,
            })
        }
        NoticeContent::CaseRepeatReferral { referral_id, repeat_index, referral_count } => {
            Content::CaseRepeatReferral(pb::CaseRepeatReferralNotice {
                case_ref,
                referral_id: referral_id.to_string(),
                repeat_index: count(*repeat_index),
                referral_count: count(*referral_count),
                effective_at,
            })
        }
    }
}
