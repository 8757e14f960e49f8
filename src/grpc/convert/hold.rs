//! Holds for complaints.

use prost::Message as _;

use crate::domain::id::Pseudonym;
use crate::gateway::holds::HoldView;
use crate::grpc::convert::moment;
use crate::grpc::pb;

/// The answer to `PlaceHold`.
pub(in crate::grpc) fn placed(of: &HoldView) -> Vec<u8> {
    pb::PlaceHoldResponse { hold: Some(hold(of)) }.encode_to_vec()
}

/// The answer to `LiftHold`.
pub(in crate::grpc) fn lifted(of: &HoldView) -> Vec<u8> {
    pb::LiftHoldResponse { hold: Some(hold(of)) }.encode_to_vec()
}

/// A hold.
pub(in crate::grpc) fn hold(of: &HoldView) -> pb::Hold {
    pb::Hold {
        hold_id: of.id.to_string(),
        oin: of.oin.to_string(),
        reason: of.reason.number().into(),
        case_ref: of.case_ref.to_string(),
        subject_pseudonym: of.subject.map_or_else(String::new, Pseudonym::to_hex),
        placed_at: Some(moment(of.placed_at)),
        lifted_at: of.lifted_at.map(moment),
    }
}
