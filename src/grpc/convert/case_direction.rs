//! Process direction of cases.

use prost::Message as _;

use crate::domain::case::{
    ClosingDraft, HandoverOfferDraft, MeetingDraft, PhaseDecisionDraft, ReopeningDraft,
    TransferDraft,
};
use crate::gateway::cases::Moved;
use crate::grpc::convert::{Reader, case};
use crate::grpc::pb;
use pb::close_case_request::Closing;

/// A raw change of phase.
pub(in crate::grpc) fn decision(from: pb::ChangeSafetyPhaseRequest) -> PhaseDecisionDraft {
    PhaseDecisionDraft {
        to: from.to,
        reason: from.reason,
        evaluated_agreement_ids: from.evaluated_agreement_ids,
    }
}

/// A raw meeting; a moment that is none is noted.
pub(in crate::grpc) fn meeting(
    from: pb::AnnounceMeetingRequest,
    reader: &mut Reader,
) -> MeetingDraft {
    MeetingDraft {
        planned_at: reader.moment("planned_at", from.planned_at),
        location_code: from.location_code,
        invited_oins: from.invited_oins,
        family_participant_keys: from.family_participant_keys,
        replaces_meeting_id: from.replaces_meeting_id,
    }
}

/// A raw offer.
pub(in crate::grpc) fn offer(from: pb::OfferHandoverRequest) -> HandoverOfferDraft {
    HandoverOfferDraft {
        case_ref: from.case_ref,
        from_oin: from.from_oin,
        to_oin: from.to_oin,
        reason: from.reason,
    }
}

/// The raw end of a case; a moment that is none is noted.
pub(in crate::grpc) fn closing(from: Option<Closing>, reader: &mut Reader) -> ClosingDraft {
    match from {
        None => ClosingDraft::NotGiven,
        Some(Closing::Release(one)) => ClosingDraft::Release { phase_reason: one.phase_reason },
        Some(Closing::Transfer(one)) => ClosingDraft::Transfer(TransferDraft {
            handover_id: one.handover_id,
            receiver_name: one.receiver_name,
            accepted_by: one.accepted_by,
            accepted_at: reader.moment("transfer.accepted_at", one.accepted_at),
            reason: one.reason,
        }),
        Some(Closing::NoFurtherAction(one)) => ClosingDraft::NoFurtherAction { reason: one.reason },
    }
}

/// A raw reopening.
pub(in crate::grpc) fn reopening(from: pb::ReopenCaseRequest) -> ReopeningDraft {
    ReopeningDraft { referral_id: from.referral_id, reason: from.reason }
}

/// The answer to `ChangeSafetyPhase`.
pub(in crate::grpc) fn phase_changed(of: &Moved) -> Vec<u8> {
    pb::ChangeSafetyPhaseResponse { case: Some(case::case(&of.case)) }.encode_to_vec()
}

/// The answer to `AnnounceMeeting`.
pub(in crate::grpc) fn announced(of: &Moved) -> Vec<u8> {
    pb::AnnounceMeetingResponse { case: Some(case::case(&of.case)) }.encode_to_vec()
}

/// The answer to `ChangeProcessDirection`.
pub(in crate::grpc) fn directed(of: &Moved) -> Vec<u8> {
    pb::ChangeProcessDirectionResponse { case: Some(case::case(&of.case)) }.encode_to_vec()
}

/// The answer to `RemoveCaseTeamMember`.
pub(in crate::grpc) fn removed(of: &Moved) -> Vec<u8> {
    pb::RemoveCaseTeamMemberResponse { case: Some(case::case(&of.case)) }.encode_to_vec()
}

/// The answer to `OfferHandover`.
pub(in crate::grpc) fn offered(of: &Moved) -> Vec<u8> {
    let handover = of.handover.as_ref().map(case::handover);
    pb::OfferHandoverResponse { handover, case: Some(case::case(&of.case)) }.encode_to_vec()
}

/// The answer to `AnswerHandover`. Who declines is in no team and gets nothing of the case.
pub(in crate::grpc) fn answered(of: &Moved) -> Vec<u8> {
    pb::AnswerHandoverResponse { handover: of.handover.as_ref().map(case::handover) }
        .encode_to_vec()
}

/// The answer to `CloseCase`.
pub(in crate::grpc) fn closed(of: &Moved) -> Vec<u8> {
    pb::CloseCaseResponse { case: Some(case::case(&of.case)) }.encode_to_vec()
}

/// The answer to `ReopenCase`.
pub(in crate::grpc) fn reopened(of: &Moved) -> Vec<u8> {
    pb::ReopenCaseResponse { case: Some(case::case(&of.case)) }.encode_to_vec()
}
