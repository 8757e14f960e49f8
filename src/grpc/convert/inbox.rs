//! The inbox: referrals under a lease, and what a reader does with them.

use prost::Message as _;

use crate::domain::id::LeaseToken;
use crate::domain::referral::{Settlement, SettlementDraft};
use crate::gateway::inbox::Received;
use crate::gateway::inbox::settle::{SETTLEMENTS_MAX, Settled};
use crate::grpc::convert::{Reader, count, duration_draft, moment, referral};
use crate::grpc::pb;
use pb::settlement::Action;
use pb::settlement_result::Status;

/// A referral with its lease.
pub(in crate::grpc) fn received(of: &Received) -> pb::ReceivedReferral {
    pb::ReceivedReferral {
        lease_token: of.lease_token.to_string(),
        delivery_id: of.delivery_id.to_string(),
        delivery_attempt: count(of.attempt),
        lease_expires_at: Some(moment(of.lease_expires_at)),
        referral: Some(referral::referral(&of.referral)),
        team_id: of.team_id.to_string(),
        submitted_at: Some(moment(of.submitted_at)),
        ack_due_at: Some(moment(of.ack_due_at)),
        repeat_index: count(of.repeat_index),
        repeat_referral_ids: of.repeats.iter().map(ToString::to_string).collect(),
        address_candidate_ids: of.address_candidates.iter().map(ToString::to_string).collect(),
        effective_urgency: of.effective_urgency.number().into(),
        receipt: of.receipt.clone(),
    }
}

/// The bytes of a referral with its lease, as they go out.
pub(in crate::grpc) fn weight(of: &Received) -> u64 {
    u64::try_from(received(of).encoded_len()).unwrap_or(u64::MAX)
}

/// 1 to [`SETTLEMENTS_MAX`] settlements.
pub(in crate::grpc) fn settlements(
    field: &str,
    from: Vec<pb::Settlement>,
    reader: &mut Reader,
) -> Option<Vec<(LeaseToken, Settlement)>> {
    if from.is_empty() || from.len() > SETTLEMENTS_MAX {
        reader.wrong(field, "COUNT", "must be 1 to 500 settlements");
        return None;
    }
    let read: Vec<_> = from
        .into_iter()
        .enumerate()
        .map(|(index, from)| settlement(&format!("{field}[{index}]"), from, reader))
        .collect();
    read.into_iter().collect()
}

fn settlement(
    field: &str,
    from: pb::Settlement,
    reader: &mut Reader,
) -> Option<(LeaseToken, Settlement)> {
    let token = reader.text(&format!("{field}.lease_token"), &from.lease_token);
    let action = reader.given(&format!("{field}.action"), from.action);
    let settlement = action.and_then(|action| draft(action).parse(field, reader.violations()));
    token.zip(settlement)
}

fn draft(from: Action) -> SettlementDraft {
    match from {
        Action::Acknowledge(acknowledge) => {
            SettlementDraft::Acknowledge { local_reference: acknowledge.local_reference }
        }
        Action::Release(release) => {
            SettlementDraft::Release { retry_delay: duration_draft(release.retry_delay) }
        }
        Action::Extend(extend) => {
            SettlementDraft::Extend { lease: duration_draft(extend.lease_duration) }
        }
        Action::SendBack(send_back) => {
            SettlementDraft::SendBack { reason: send_back.reason, explanation: String::new() }
        }
    }
}

/// What became of a settlement.
pub(in crate::grpc) fn settled(token: LeaseToken, of: &Settled) -> pb::SettlementResult {
    let lease_token = token.to_string();
    match of {
        Settled::Done { referral_id, delivery_id, at } => pb::SettlementResult {
            lease_token,
            status: Status::Settled.into(),
            referral_id: referral_id.to_string(),
            settle_time: Some(moment(*at)),
            delivery_id: delivery_id.to_string(),
        },
        Settled::LeaseLost => pb::SettlementResult {
            lease_token,
            status: Status::LeaseLost.into(),
            ..pb::SettlementResult::default()
        },
    }
}
