//! Emergencies, their reviews, and incidents.

use prost::Message as _;

use crate::domain::breach::Notification;
use crate::domain::emergency::{ClientInformed, Emergency, SecondOpinion};
use crate::domain::id::Pseudonym;
use crate::domain::review::Seat;
use crate::gateway::reviews::Overview;
use crate::gateway::reviews::decide::Decided;
use crate::gateway::reviews::incidents::Incident;
use crate::gateway::reviews::inform;
use crate::gateway::reviews::look::{Opened, OpenedInformation, OpenedVote};
use crate::gateway::reviews::take::{Assigned, Taken};
use crate::grpc::convert::{count, decision, evidence, moment};
use crate::grpc::pb;
use pb::client_informed::{After, Before, Informed};

/// An emergency, for those who review it.
fn emergency(of: &Emergency) -> pb::Emergency {
    let (colleague, alone) = match &of.second_opinion {
        SecondOpinion::Colleague(colleague) => (colleague.to_string(), String::new()),
        SecondOpinion::SingleHanded(reason) => (String::new(), reason.as_str().to_owned()),
    };
    let informed = match &of.client_informed {
        ClientInformed::Before => Informed::Before(Before {}),
        ClientInformed::After => Informed::After(After {}),
        ClientInformed::Planned(on) => Informed::PlannedOn(on.to_string()),
        ClientInformed::Not(reason) => Informed::NotReason(reason.as_str().to_owned()),
    };
    pb::Emergency {
        reason_code: of.reason_code.number().into(),
        danger_to: of.danger_to.number().into(),
        situation: of.situation.as_str().to_owned(),
        why_no_consent: of.why_no_consent.number().into(),
        alternatives_tried: of.alternatives_tried.as_str().to_owned(),
        consulted_colleague_user_id: colleague,
        single_handed_reason: alone,
        minimality_text: of.minimality.as_str().to_owned(),
        client_informed: Some(pb::ClientInformed { informed: Some(informed) }),
        authenticated_at: Some(moment(of.authenticated_at)),
        started_at: Some(moment(of.started_at)),
        expires_at: Some(moment(of.expires_at)),
    }
}

/// A review as it stands in a queue.
pub(in crate::grpc) fn overview(of: &Overview) -> pb::Review {
    let row = &of.row;
    pb::Review {
        review_id: row.review_id.to_string(),
        state: of.state.number().into(),
        cause: of.cause.number().into(),
        discloser_oin: row.discloser_oin.to_string(),
        recipient_oin: row.recipient_oin.to_string(),
        basis: of.basis.number().into(),
        purpose: of.purpose.number().into(),
        categories: decision::categories(of.categories),
        declared_at: Some(moment(row.declared_at)),
        expires_at: Some(moment(row.expires_at)),
        due_at: Some(moment(row.due_at)),
        closed_at: row.closed_at.map(moment),
        overdue: of.is_overdue,
    }
}

/// A review, as far as one officer may see it.
pub(in crate::grpc) fn opened(of: &Opened) -> pb::GetReviewResponse {
    let row = &of.overview.row;
    let hidden = u32::try_from(of.hidden_verdicts).unwrap_or(u32::MAX);
    pb::GetReviewResponse {
        review: Some(overview(&of.overview)),
        case_ref: row.case_ref.to_string(),
        group_id: row.group_id.to_string(),
        index: row.idx,
        subject_pseudonyms: pseudonyms(&of.subjects),
        declared_by: row.declared_by.to_string(),
        emergency: of.declared.as_ref().map(|declared| emergency(&declared.emergency)),
        evidence: of.declared.as_ref().map(|declared| evidence::given(&declared.evidence)),
        votes: of.votes.iter().map(vote).collect(),
        hidden_verdicts: count(hidden),
        open_seats: of.open_seats.iter().map(|seat| seat.number().into()).collect(),
        own_seat: of.seat.map_or(0, |seat| seat.number().into()),
        may_not_judge: of.seat.err().map_or_else(String::new, |why| why.to_string()),
        incident: of.incident.as_ref().map(incident),
        information: of.information.iter().map(information).collect(),
        assignments: of.assignments.iter().map(assignment).collect(),
    }
}

fn vote(of: &OpenedVote) -> pb::ReviewVote {
    pb::ReviewVote {
        seat: of.seat.map_or(0, |seat: Seat| seat.number().into()),
        reviewer_oin: of.oin.to_string(),
        reviewer_user_id: of.user_id.to_string(),
        verdict: of.verdict.number().into(),
        motivation: of.motivation.words().unwrap_or_default().to_owned(),
        vote_time: Some(moment(of.at)),
        index: of.idx,
        changed: of.motivation.is_changed(),
    }
}

fn information(of: &OpenedInformation) -> pb::ReviewInformation {
    pb::ReviewInformation {
        oin: of.oin.to_string(),
        user_id: of.user_id.to_string(),
        information: of.text.words().unwrap_or_default().to_owned(),
        give_time: Some(moment(of.at)),
        index: of.idx,
        changed: of.text.is_changed(),
    }
}

/// The answer to further information.
pub(in crate::grpc) fn informed(of: &inform::Informed) -> Vec<u8> {
    pb::ProvideReviewInformationResponse {
        review_id: of.review_id.to_string(),
        state: of.state.number().into(),
        due_at: Some(moment(of.due_at)),
        entries: of.entries.iter().map(decision::ledger_receipt).collect(),
    }
    .encode_to_vec()
}

/// The answer to taking a review.
pub(in crate::grpc) fn taken(of: &Taken) -> Vec<u8> {
    pb::TakeReviewResponse {
        review_id: of.review_id.to_string(),
        seat: of.seat.number().into(),
        entries: of.entries.iter().map(decision::ledger_receipt).collect(),
    }
    .encode_to_vec()
}

fn assignment(of: &Assigned) -> pb::ReviewAssignment {
    pb::ReviewAssignment {
        seat: of.seat.number().into(),
        officer_oin: of.oin.to_string(),
        officer_user_id: of.user_id.to_string(),
        assign_time: Some(moment(of.at)),
    }
}

/// The answer to a verdict.
pub(in crate::grpc) fn decided(of: &Decided) -> Vec<u8> {
    let (incident_id, aware_at, notify_due_at) = match of.incident {
        Some((id, aware_at, due_at)) => (id.to_string(), Some(aware_at), Some(due_at)),
        None => (String::new(), None, None),
    };
    pb::DecideReviewResponse {
        review_id: of.review_id.to_string(),
        state: of.state.number().into(),
        due_at: Some(moment(of.due_at)),
        incident_id,
        aware_at: aware_at.map(moment),
        notify_due_at: notify_due_at.map(moment),
        entries: of.entries.iter().map(decision::ledger_receipt).collect(),
    }
    .encode_to_vec()
}

/// An incident.
pub(in crate::grpc) fn incident(of: &Incident) -> pb::Incident {
    let row = &of.row;
    pb::Incident {
        incident_id: row.incident_id.to_string(),
        oin: row.oin.to_string(),
        cause: of.cause.number().into(),
        review_id: row.review_id.map_or_else(String::new, |id| id.to_string()),
        case_ref: row.case_ref.as_ref().map_or_else(String::new, ToString::to_string),
        aware_at: Some(moment(row.aware_at)),
        notify_due_at: Some(moment(row.notify_due_at)),
        past_due: of.is_past_due,
        index: row.idx,
        subject_pseudonyms: pseudonyms(&of.subjects),
        notification: of.notification.map_or(0, Notification::number).into(),
        notified_at: row.notified_at.map(moment),
        motivation: row.motivation.clone().unwrap_or_default(),
    }
}

fn pseudonyms(of: &[Pseudonym]) -> Vec<String> {
    of.iter().map(|subject| subject.to_hex()).collect()
}
