//! What is given on the sender's initiative.

use prost::Message as _;

use crate::domain::basis::Basis;
use crate::domain::emergency::{ClientInformedDraft, EmergencyDraft};
use crate::domain::id::{CaseRef, Oin};
use crate::domain::purpose::Purpose;
use crate::gateway::address_release::{Agreed, ReleaseDraft};
use crate::gateway::request_summary::Requested;
use crate::gateway::sharing::{Given, ShareDraft};
use crate::grpc::convert::{Reader, case, decision, evidence, moment, summary};
use crate::grpc::pb;
use pb::client_informed::Informed;

/// What is to be given, raw.
pub(in crate::grpc) fn draft(from: pb::ShareSummaryRequest, reader: &mut Reader) -> ShareDraft {
    reader.text::<CaseRef>("case_ref", &from.case_ref);
    reader.text::<Oin>("recipient_oin", &from.recipient_oin);
    reader.code("purpose", from.purpose, Purpose::from_number);
    reader.code("basis", from.basis, Basis::from_number);
    ShareDraft {
        case_ref: from.case_ref,
        revision: from.revision,
        recipient_oin: from.recipient_oin,
        purpose: from.purpose,
        basis: from.basis,
        categories: from.categories,
        person_keys: from.person_keys,
        involvement: case::involvement(from.involvement),
        evidence: evidence::draft(from.evidence, "evidence", reader),
        emergency: from.emergency.map(|declared| emergency(declared, reader)),
    }
}

fn emergency(from: pb::Emergency, reader: &mut Reader) -> EmergencyDraft {
    EmergencyDraft {
        reason_code: from.reason_code,
        danger_to: from.danger_to,
        situation: from.situation,
        why_no_consent: from.why_no_consent,
        alternatives_tried: from.alternatives_tried,
        consulted_colleague_user_id: from.consulted_colleague_user_id,
        single_handed_reason: from.single_handed_reason,
        minimality_text: from.minimality_text,
        client_informed: from.client_informed.and_then(|one| one.informed).map(informed),
        authenticated_at: reader.moment("emergency.authenticated_at", from.authenticated_at),
        started_at: reader.moment("emergency.started_at", from.started_at),
        expires_at: reader.moment("emergency.expires_at", from.expires_at),
    }
}

fn informed(from: Informed) -> ClientInformedDraft {
    match from {
        Informed::Before(_) => ClientInformedDraft::Before,
        Informed::After(_) => ClientInformedDraft::After,
        Informed::PlannedOn(day) => ClientInformedDraft::Planned(day),
        Informed::NotReason(reason) => ClientInformedDraft::Not(reason),
    }
}

/// What is agreed to, raw.
pub(in crate::grpc) fn release(
    from: pb::AgreeToAddressReleaseRequest,
    reader: &mut Reader,
) -> ReleaseDraft {
    reader.text::<CaseRef>("case_ref", &from.case_ref);
    reader.text::<Oin>("recipient_oin", &from.recipient_oin);
    ReleaseDraft {
        case_ref: from.case_ref,
        person_keys: from.person_keys,
        recipient_oin: from.recipient_oin,
        valid_until: reader.moment("valid_until", from.valid_until),
    }
}

/// The answer to `ShareSummary`.
pub(in crate::grpc) fn given(of: &Given) -> Vec<u8> {
    let (review_id, review_due_at) = of.review.unzip();
    pb::ShareSummaryResponse {
        share_id: of.share_id.to_string(),
        expires_at: Some(moment(of.expires_at)),
        decision: Some(decision::decision(&of.decision)),
        entries: of.entries.iter().map(decision::ledger_receipt).collect(),
        review_id: review_id.map_or_else(String::new, |id| id.to_string()),
        review_due_at: review_due_at.map(moment),
    }
    .encode_to_vec()
}

/// The answer to `ReadSharedSummary`.
pub(in crate::grpc) fn read(of: &Requested) -> Vec<u8> {
    pb::ReadSharedSummaryResponse {
        view: Some(summary::view(of)),
        decision: Some(decision::decision_for_recipient(&of.decision)),
        entries: of.entries.iter().map(decision::ledger_receipt).collect(),
        receipt: of.receipt.clone(),
    }
    .encode_to_vec()
}

/// The answer to `AgreeToAddressRelease`.
pub(in crate::grpc) fn agreed(of: &Agreed) -> Vec<u8> {
    pb::AgreeToAddressReleaseResponse {
        valid_until: Some(moment(of.valid_until)),
        entries: of.entries.iter().map(decision::ledger_receipt).collect(),
    }
    .encode_to_vec()
}
