//! What the sender of a referral is told, and what follows from a triage.

use prost::Message as _;

use crate::gateway::referral_status::{Feedback, ReferralStatus};
use crate::gateway::submit_referral::Submitted;
use crate::gateway::triage::Triaged;
use crate::grpc::convert::{count, decision, moment};
use crate::grpc::pb;

/// Where a referral is.
pub(in crate::grpc) fn status(of: &ReferralStatus) -> pb::ReferralStatus {
    pb::ReferralStatus {
        referral_id: of.referral_id.to_string(),
        state: of.state.number().into(),
        recipient_oin: of.recipient_oin.to_string(),
        routing_version: of.routing_version.to_string(),
        submitted_at: Some(moment(of.submitted_at)),
        ack_due_at: Some(moment(of.ack_due_at)),
        responsibility_transferred_at: of.responsibility_transferred_at.map(moment),
        overdue: of.overdue,
        delivery_attempts: count(of.delivery_attempts),
        feedback: of.feedback.as_ref().map(feedback),
        send_back_reason: of.send_back_reason.map_or(0, |reason| reason.number().into()),
        quarantine_cause: of.quarantine_cause.map_or(0, |cause| cause.number().into()),
        delivery_id: of.delivery_id.map_or_else(String::new, |id| id.to_string()),
    }
}

fn feedback(of: &Feedback) -> pb::Feedback {
    pb::Feedback {
        received_at: Some(moment(of.received_at)),
        triage_outcome_group: of.group.number().into(),
        decided_at: Some(moment(of.decided_at)),
        sent_at: Some(moment(of.sent_at)),
        contact_oin: of.contact_oin.to_string(),
    }
}

/// The answer to `SubmitReferral`.
pub(in crate::grpc) fn submitted(of: &Submitted) -> Vec<u8> {
    pb::SubmitReferralResponse {
        status: Some(status(&of.status)),
        receipt: of.receipt.clone(),
        entries: of.entries.iter().map(decision::ledger_receipt).collect(),
        team_id: of.team_id.to_string(),
        safety_assessment_due_at: of.deadlines.safety_assessment_due_at.map(moment),
        inform_subject_due_at: Some(moment(of.deadlines.inform_subject_due_at)),
        repeat_index: count(of.repeat_index),
        effective_urgency: of.effective_urgency.number().into(),
        decision: Some(decision::decision(&of.decision)),
    }
    .encode_to_vec()
}

/// The answer to `WithdrawReferral`.
pub(in crate::grpc) fn withdrawn(of: &ReferralStatus) -> Vec<u8> {
    pb::WithdrawReferralResponse { status: Some(status(of)) }.encode_to_vec()
}

/// The answer to `RecordTriage`.
pub(in crate::grpc) fn triaged(of: &Triaged) -> Vec<u8> {
    pb::RecordTriageResponse {
        referral_id: of.referral_id.to_string(),
        triaged_at: Some(moment(of.triaged_at)),
        in_time: of.in_time,
        feedback_due_at: Some(moment(of.feedback_due_at)),
    }
    .encode_to_vec()
}

/// The answer to `SendFeedback`.
pub(in crate::grpc) fn feedback_sent(of: &Feedback) -> Vec<u8> {
    pb::SendFeedbackResponse { feedback: Some(feedback(of)) }.encode_to_vec()
}
