//! Signals, and what keeps them back.

use prost::Message as _;

use crate::domain::id::{CaseRef, IncidentId, Oin, Pseudonym, UserId};
use crate::domain::signal::Factor;
use crate::gateway::signals::look::SignalEnding;
use crate::gateway::signals::{Detector, Ended, RaisedByHand, SignalSeen, SignalView, Suppression};
use crate::grpc::convert::moment;
use crate::grpc::pb;

/// The answer to `CloseSignal`.
pub(in crate::grpc) fn closed(of: &Ended) -> Vec<u8> {
    pb::CloseSignalResponse {
        signal: Some(signal(&of.view)),
        notify_due_time: of.incident.map(|(_, due_at)| moment(due_at)),
    }
    .encode_to_vec()
}

/// The answer to `SuppressSignals`.
pub(in crate::grpc) fn suppressed(of: &Ended) -> Vec<u8> {
    pb::SuppressSignalsResponse {
        signal: Some(signal(&of.view)),
        suppression_id: of.suppression.map_or_else(String::new, |id| id.to_string()),
    }
    .encode_to_vec()
}

/// The answer to `EndSuppression`.
pub(in crate::grpc) fn spoken(of: &Suppression) -> Vec<u8> {
    pb::EndSuppressionResponse { suppression: Some(suppression(of)) }.encode_to_vec()
}

/// The answer to `GetSignal`.
pub(in crate::grpc) fn seen(of: &SignalSeen) -> pb::GetSignalResponse {
    pb::GetSignalResponse {
        signal: Some(signal(&of.view)),
        entries: of.entries.clone(),
        ending: of.ending.as_ref().map(ending),
        raising: of.raised.as_ref().map(raising),
    }
}

/// The answer to `RaiseSignal`.
pub(in crate::grpc) fn raised(of: &SignalView) -> Vec<u8> {
    pb::RaiseSignalResponse { signal: Some(signal(of)) }.encode_to_vec()
}

fn raising(of: &RaisedByHand) -> pb::SignalRaising {
    pb::SignalRaising {
        officer_oin: of.oin.to_string(),
        officer_user_id: of.user_id.to_string(),
        grounds: of.grounds.words().unwrap_or_default().to_owned(),
        changed: of.grounds.is_changed(),
    }
}

/// A signal.
pub(in crate::grpc) fn signal(of: &SignalView) -> pb::Signal {
    let row = &of.row;
    pb::Signal {
        signal_id: row.signal_id.to_string(),
        rule: row.rule.number().into(),
        policy_version: row.pack.to_string(),
        state: row.state.number().into(),
        oin: row.oin.to_string(),
        other_oin: row.other_oin.as_ref().map_or_else(String::new, Oin::to_string),
        user_id: user(row.user_id.as_ref()),
        case_ref: case(row.case_ref.as_ref()),
        subject_pseudonym: row.subject.map_or_else(String::new, Pseudonym::to_hex),
        score: i32::try_from(row.score).unwrap_or(100),
        factors: of.factors.iter().map(factor).collect(),
        entry_count: row.entry_count,
        first_time: Some(moment(row.first_at)),
        last_time: Some(moment(row.last_at)),
        found_time: Some(moment(row.found_at)),
        raised_index: row.idx,
        close_time: row.closed_at.map(moment),
        incident_id: row.incident_id.map_or_else(String::new, |id: IncidentId| id.to_string()),
        certificate_sha256: of.certificate().unwrap_or_default(),
    }
}

/// What keeps signals back.
pub(in crate::grpc) fn suppression(of: &Suppression) -> pb::Suppression {
    pb::Suppression {
        suppression_id: of.suppression_id.to_string(),
        signal_id: of.signal_id.to_string(),
        rule: of.rule.number().into(),
        oin: of.oin.to_string(),
        user_id: user(of.user_id.as_ref()),
        case_ref: case(of.case_ref.as_ref()),
        owner_oin: of.owner_oin.to_string(),
        owner_user_id: of.owner_user_id.as_str().to_owned(),
        from_time: Some(moment(of.from_at)),
        until_time: Some(moment(of.until_at)),
        end_time: of.ended_at.map(moment),
        ended_by_user_id: user(of.ended_by.as_ref()),
        hits: of.hits,
    }
}

/// What a rule is worth.
pub(in crate::grpc) fn detector(of: &Detector) -> pb::Detector {
    pb::Detector {
        rule: of.rule.number().into(),
        open: number(of.open),
        explained: number(of.explained),
        incidents: number(of.incidents),
        suppressed: number(of.suppressed),
        suppressible: of.rule.is_suppressible(),
    }
}

fn ending(of: &SignalEnding) -> pb::SignalEnding {
    pb::SignalEnding {
        state: of.state.number().into(),
        officer_oin: of.oin.to_string(),
        officer_user_id: of.user_id.as_str().to_owned(),
        end_time: Some(moment(of.at)),
        index: of.idx,
        grounds: of.grounds.words().unwrap_or_default().to_owned(),
        changed: of.grounds.is_changed(),
    }
}

fn factor(of: &Factor) -> pb::SignalFactor {
    pb::SignalFactor {
        code: of.code.number().into(),
        seen: number(of.seen),
        norm: of.norm.map_or(0, |norm| norm.number().into()),
        usual: number(of.usual),
        weight: of.weight.into(),
    }
}

fn user(of: Option<&UserId>) -> String {
    of.map_or_else(String::new, |user| user.as_str().to_owned())
}

fn case(of: Option<&CaseRef>) -> String {
    of.map_or_else(String::new, |case| case.as_str().to_owned())
}

fn number(of: u64) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}
