//! `PullReferrals`: an inbox for networks that break streams.
//!
//! Invariant: nothing is leased to a reader that has left; it would wait for the lease to end.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tonic::Status;

use crate::domain::id::{ClientId, TeamId};
use crate::domain::organisation::Actor;
use crate::domain::referral::LEASE;
use crate::gateway::inbox::Received;
use crate::gateway::{Caller, Error, Gateway};
use crate::grpc::Limits;
use crate::grpc::caller::Visitor;
use crate::grpc::convert::Reader;
use crate::grpc::layers::{Deadline, Presence};
use crate::grpc::pb;
use crate::grpc::stopping::Stopping;

use super::LOOK_EVERY;

/// Referrals in one answer when the reader names no number, and at most.
const COUNT_DEFAULT: u32 = 10;
const COUNT_MAX: u32 = 100;
/// The answer must be on its way this long before the reader stops waiting for it.
const BEFORE_DEADLINE: Duration = Duration::from_millis(500);

/// A pull, parsed.
pub(super) struct Pull {
    actor: Actor,
    client_id: ClientId,
    team_id: Option<TeamId>,
    count: u32,
    wait: Duration,
    lease: Option<Duration>,
}

/// Who waits, and until when.
pub(super) struct Waiting {
    pub(super) visitor: Visitor,
    pub(super) deadline: Option<Deadline>,
    pub(super) presence: Option<Presence>,
    pub(super) stopping: Stopping,
}

impl Pull {
    pub(super) fn read(from: pb::PullReferralsRequest, limits: &Limits) -> Result<Self, Error> {
        let mut reader = Reader::default();
        let actor = reader.actor("actor", from.actor);
        let client_id = reader.text("client_id", &from.client_id);
        let team_id = reader.optional_text("team_id", &from.team_id);
        let count = reader.count("max_referrals", from.max_referrals, COUNT_DEFAULT, COUNT_MAX);
        let waits = Duration::ZERO..=limits.long_poll_max;
        let wait = reader.optional_duration("wait_duration", from.wait_duration, waits);
        let lease = reader.optional_duration("lease_duration", from.lease_duration, LEASE);
        let parts = actor.zip(client_id).zip(team_id).zip(count).zip(wait).zip(lease);
        let (((((actor, client_id), team_id), count), wait), lease) = reader.finish(parts)?;
        Ok(Self { actor, client_id, team_id, count, wait: wait.unwrap_or_default(), lease })
    }

    /// Waits until something is there, the time is up, the reader has left or the gateway stops.
    pub(super) async fn run(
        self,
        gateway: &Gateway,
        caller: Caller,
        mut waiting: Waiting,
    ) -> Result<Vec<Received>, Status> {
        let Self { actor, client_id, team_id, count, wait, lease } = self;
        let mut call = caller.act(actor.clone());
        let mut inbox = gateway.open_inbox(&call, client_id, team_id, lease).await?.polling();
        let mut bell = gateway.inbox_bell(&inbox);
        let until = waiting.until(wait);
        loop {
            bell.mark_unchanged();
            let received = gateway.receive(&call, &mut inbox, count).await?;
            if !received.is_empty() {
                return Ok(received);
            }
            let look_again = until.min(Instant::now() + LOOK_EVERY);
            tokio::select! {
                () = Presence::left(waiting.presence.as_mut()) => return Ok(Vec::new()),
                () = waiting.stopping.stopped() => return Ok(Vec::new()),
                _ = bell.changed() => {}
                () = sleep_until(look_again) => {
                    if look_again == until {
                        return Ok(Vec::new());
                    }
                }
            }
            // The reader may have been suspended while it waited.
            call = waiting.visitor.admit()?.act(actor.clone());
        }
    }
}

impl Waiting {
    fn until(&self, wait: Duration) -> Instant {
        let now = Instant::now();
        let asked = now + wait;
        let possible = self.deadline.and_then(|Deadline(at)| at.checked_sub(BEFORE_DEADLINE));
        possible.map_or(asked, |possible| asked.min(possible).max(now))
    }
}
