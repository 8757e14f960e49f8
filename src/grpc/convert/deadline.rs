//! Terms, and what stops their clocks.

use prost::Message as _;

use crate::domain::deadline::PostponementReason;
use crate::domain::id::{CaseRef, ReferralId};
use crate::domain::time::Timestamp;
use crate::gateway::deadlines::client::ClientTold;
use crate::gateway::deadlines::informing::{InformedDraft, Informing, PostponementDraft};
use crate::gateway::deadlines::listing::{DeadlineView, Postponement};
use crate::gateway::deadlines::steps::Stopped;
use crate::grpc::convert::{Reader, moment};
use crate::grpc::pb;

/// Whose terms are asked for.
pub(in crate::grpc) enum Of {
    Referral(ReferralId),
    Case(CaseRef),
}

/// Exactly one of the two ids.
pub(in crate::grpc) fn of(from: &pb::ListDeadlinesRequest, reader: &mut Reader) -> Option<Of> {
    match (from.referral_id.as_str(), from.case_ref.as_str()) {
        ("", "") => {
            reader.wrong("referral_id", "REQUIRED", "must be given, or case_ref");
            None
        }
        (id, "") => reader.text("referral_id", id).map(Of::Referral),
        ("", case_ref) => reader.text("case_ref", case_ref).map(Of::Case),
        _ => {
            reader.wrong("case_ref", "NOT_APPLICABLE", "must not be given with referral_id");
            None
        }
    }
}

/// A moment that must be given.
pub(in crate::grpc) fn moment_given(
    field: &str,
    from: Option<prost_types::Timestamp>,
    reader: &mut Reader,
) -> Option<Timestamp> {
    let given = reader.given(field, from);
    reader.moment(field, given)
}

/// A person who was informed.
pub(in crate::grpc) fn informed_draft(
    from: &pb::RecordSubjectInformedRequest,
    reader: &mut Reader,
) -> Option<InformedDraft> {
    let referral_id = reader.text("referral_id", &from.referral_id);
    let person = reader.text("person_key", &from.person_key);
    let informed_at = moment_given("informed_at", from.informed_at, reader);
    Some(InformedDraft { referral_id: referral_id?, person: person?, informed_at: informed_at? })
}

/// A person who is to be informed later.
pub(in crate::grpc) fn postponement_draft(
    from: &pb::PostponeInformingRequest,
    reader: &mut Reader,
) -> Option<PostponementDraft> {
    let referral_id = reader.text("referral_id", &from.referral_id);
    let person = reader.text("person_key", &from.person_key);
    let reason = reader.code("reason", from.reason, PostponementReason::from_number);
    let motivation = reader.text("motivation", &from.motivation);
    let until = moment_given("until", from.until, reader);
    let supervisor = reader.text("supervisor_user_id", &from.supervisor_user_id);
    Some(PostponementDraft {
        referral_id: referral_id?,
        person: person?,
        reason: reason?,
        motivation: motivation?,
        until: until?,
        supervisor: supervisor?,
    })
}

/// A term.
pub(in crate::grpc) fn deadline(of: &DeadlineView) -> pb::Deadline {
    pb::Deadline {
        kind: of.kind.number().into(),
        about_id: of.about_id.map(|id| id.to_string()).unwrap_or_default(),
        person_key: of.person.as_ref().map_or_else(String::new, |key| key.as_str().to_owned()),
        due_at: Some(moment(of.due_at)),
        met_at: of.met_at.map(moment),
        overdue: of.overdue,
        postponements: of.postponements.iter().map(postponement).collect(),
    }
}

fn postponement(of: &Postponement) -> pb::InformingPostponement {
    pb::InformingPostponement {
        until: Some(moment(of.until)),
        reason: of.reason.number().into(),
        motivation: of.motivation.as_str().to_owned(),
        decided_at: Some(moment(of.decided_at)),
        decided_by_user_id: of.decided_by.to_string(),
        supervisor_user_id: of.supervisor.to_string(),
    }
}

/// The answer to `RecordFirstContact`.
pub(in crate::grpc) fn contacted(of: &Stopped) -> Vec<u8> {
    let Stopped { referral_id, in_time, .. } = of;
    pb::RecordFirstContactResponse { referral_id: referral_id.to_string(), in_time: *in_time }
        .encode_to_vec()
}

/// The answer to `CloseInvestigation`.
pub(in crate::grpc) fn closed(of: &Stopped) -> Vec<u8> {
    let Stopped { referral_id, in_time, .. } = of;
    pb::CloseInvestigationResponse { referral_id: referral_id.to_string(), in_time: *in_time }
        .encode_to_vec()
}

/// The answer to `RecordSubjectInformed`.
pub(in crate::grpc) fn informed(of: &Informing) -> Vec<u8> {
    pb::RecordSubjectInformedResponse {
        referral_id: of.referral_id.to_string(),
        person_key: of.person.as_str().to_owned(),
        inform_subject_due_at: Some(moment(of.due_at)),
        in_time: of.informed_at.is_some_and(|at| at <= of.due_at),
    }
    .encode_to_vec()
}

/// The answer to `RecordClientInformed`.
pub(in crate::grpc) fn client_told(of: &ClientTold) -> Vec<u8> {
    pb::RecordClientInformedResponse {
        share_id: of.share_id.to_string(),
        due_at: Some(moment(of.due_at)),
        in_time: of.informed_at <= of.due_at,
    }
    .encode_to_vec()
}

/// The answer to `PostponeInforming`.
pub(in crate::grpc) fn postponed(of: &Informing) -> Vec<u8> {
    pb::PostponeInformingResponse {
        referral_id: of.referral_id.to_string(),
        person_key: of.person.as_str().to_owned(),
        inform_subject_due_at: Some(moment(of.due_at)),
    }
    .encode_to_vec()
}
