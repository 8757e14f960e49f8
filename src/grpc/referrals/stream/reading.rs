//! How a reader wants its inbox: the first frame of a stream.

use std::time::Duration;

use crate::domain::id::{ClientId, TeamId};
use crate::domain::organisation::Actor;
use crate::domain::referral::LEASE;
use crate::gateway::inbox::{InboxReader, OUTSTANDING_MAX};
use crate::gateway::{Call, Error, Gateway};
use crate::grpc::convert::Reader;
use crate::grpc::pb::stream_referrals_request::Open;

/// Referrals that may be out when the reader names no number.
const OUTSTANDING_DEFAULT: u32 = 50;
/// Bytes that may be out when the reader names no number: room for 50 large referrals.
const OUTSTANDING_BYTES_DEFAULT: u64 = 4 * 1024 * 1024;
/// Bytes that may be out at most: what one reader may have us keep an account of.
const OUTSTANDING_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The first frame, parsed.
pub(super) struct Reading {
    pub(super) actor: Actor,
    pub(super) max_outstanding: u32,
    pub(super) max_outstanding_bytes: u64,
    client_id: ClientId,
    team_id: Option<TeamId>,
    lease: Option<Duration>,
}

impl Reading {
    pub(super) fn read(from: Open) -> Result<Self, Error> {
        let mut reader = Reader::default();
        let actor = reader.actor("open.actor", from.actor);
        let client_id = reader.text("open.client_id", &from.client_id);
        let team_id = reader.optional_text("open.team_id", &from.team_id);
        let max_outstanding = reader.count(
            "open.max_outstanding",
            from.max_outstanding,
            OUTSTANDING_DEFAULT,
            OUTSTANDING_MAX,
        );
        let lease = reader.optional_duration("open.lease_duration", from.lease_duration, LEASE);
        let bytes = bytes(from.max_outstanding_bytes, &mut reader);
        let parts = actor.zip(client_id).zip(team_id).zip(max_outstanding).zip(lease).zip(bytes);
        let (((((actor, client_id), team_id), max_outstanding), lease), max_outstanding_bytes) =
            reader.finish(parts)?;
        Ok(Self { actor, max_outstanding, max_outstanding_bytes, client_id, team_id, lease })
    }

    pub(super) async fn open(&self, gateway: &Gateway, call: &Call) -> Result<InboxReader, Error> {
        gateway.open_inbox(call, self.client_id.clone(), self.team_id.clone(), self.lease).await
    }
}

fn bytes(asked: i64, reader: &mut Reader) -> Option<u64> {
    match u64::try_from(asked) {
        Ok(0) => Some(OUTSTANDING_BYTES_DEFAULT),
        Ok(asked) if asked <= OUTSTANDING_BYTES_MAX => Some(asked),
        Ok(_) | Err(_) => {
            reader.wrong("open.max_outstanding_bytes", "OUT_OF_RANGE", "must be 0 to 67108864");
            None
        }
    }
}
