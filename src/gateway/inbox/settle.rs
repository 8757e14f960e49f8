//! What a reader does with a lease: acknowledge, release, extend, send back.

use crate::domain::event::EventCode;
use crate::domain::id::{LeaseToken, Oin, ReferralId};
use crate::domain::referral::{Event, Settlement, State, transition};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::Result;
use crate::store::{
    self, Command, DeliveryRow, DeliveryState, Flow, NewEntry, Placed, Transition, Tx,
};

/// Settlements in one request.
pub const SETTLEMENTS_MAX: usize = 500;

/// What became of a settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Stored.
    Done {
        /// Referral.
        referral_id: ReferralId,
        /// Acknowledged: when responsibility passed. Extended: the new end of the lease. Released:
        /// when it is free again. Sent back: when.
        at: Timestamp,
    },
    /// The lease was over, settled in another way, or somebody else's.
    LeaseLost,
}

impl Gateway {
    /// Settles leases in the order given; each on its own, so that one that is lost does not hold
    /// up the others.
    pub async fn settle(
        &self,
        call: &Call,
        settlements: Vec<(LeaseToken, Settlement)>,
    ) -> Result<Vec<(LeaseToken, Settled)>> {
        self.require_recipient(call).await?;
        let mut results = Vec::with_capacity(settlements.len());
        for (token, settlement) in settlements {
            results.push((token, self.settle_one(call, token, settlement).await?));
        }
        Ok(results)
    }

    async fn settle_one(
        &self,
        call: &Call,
        token: LeaseToken,
        settlement: Settlement,
    ) -> Result<Settled> {
        let mut tx = self.db().read().await?;
        let Some(delivery) = tx.delivery_by_lease(token, call.oin()).await? else {
            return Ok(Settled::LeaseLost);
        };
        let Some(row) = tx.referral(delivery.referral_id).await? else {
            return Ok(Settled::LeaseLost);
        };
        drop(tx);
        if let Some(settled) = done_before(&delivery, &settlement) {
            return Ok(settled);
        }
        let entries = match &settlement {
            Settlement::Acknowledge { .. } => {
                self.written_about_referral(call, &row, EventCode::ReferralAcknowledged).await?
            }
            Settlement::SendBack { .. } => {
                self.written_about_referral(call, &row, EventCode::ReferralReturned).await?
            }
            Settlement::Release { .. } | Settlement::Extend { .. } => Vec::new(),
        };
        let settle = Settle {
            token,
            recipient: call.oin().clone(),
            settlement,
            entries,
            now: self.clock().now(),
        };
        let released = matches!(settle.settlement, Settlement::Release { .. });
        let settled = self.writer().commit(settle).await?;
        if released {
            self.wake().ring(call.oin());
        }
        Ok(settled)
    }
}

/// A settlement whose answer was lost is answered the same when it comes again.
fn done_before(delivery: &DeliveryRow, settlement: &Settlement) -> Option<Settled> {
    let repeated = matches!(
        (delivery.state, settlement),
        (DeliveryState::Acknowledged, Settlement::Acknowledge { .. })
            | (DeliveryState::SentBack, Settlement::SendBack { .. })
            | (DeliveryState::Waiting, Settlement::Release { .. })
    );
    let done = Settled::Done { referral_id: delivery.referral_id, at: delivery.available_at };
    repeated.then_some(done)
}

struct Settle {
    token: LeaseToken,
    recipient: Oin,
    settlement: Settlement,
    entries: Vec<NewEntry>,
    now: Timestamp,
}

impl Settle {
    /// State of the delivery, and when it is free again or settled.
    fn target(&self) -> (DeliveryState, Timestamp) {
        match &self.settlement {
            Settlement::Acknowledge { .. } => (DeliveryState::Acknowledged, self.now),
            Settlement::SendBack { .. } => (DeliveryState::SentBack, self.now),
            Settlement::Release { retry_delay } => {
                (DeliveryState::Waiting, self.now.plus(*retry_delay))
            }
            Settlement::Extend { lease } => (DeliveryState::Leased, self.now.plus(*lease)),
        }
    }

    fn transition(&self) -> Option<(Event, Transition)> {
        match &self.settlement {
            Settlement::Acknowledge { local_reference } => Some((
                Event::Acknowledge,
                Transition {
                    acknowledged_at: Some(self.now),
                    local_reference: local_reference.as_ref().map(|text| text.as_str().to_owned()),
                    ..Transition::default()
                },
            )),
            Settlement::SendBack { reason, .. } => Some((
                Event::SendBack,
                Transition { send_back_reason: Some(*reason), ..Transition::default() },
            )),
            Settlement::Release { .. } => Some((Event::Release, Transition::default())),
            Settlement::Extend { .. } => None,
        }
    }
}

impl Command for Settle {
    type Outcome = Settled;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<Settled>> {
        let Some(delivery) = tx.delivery_by_lease(self.token, &self.recipient).await? else {
            return Ok(Flow::Stop(Settled::LeaseLost));
        };
        // Read again inside the commit: the same settlement may have come twice at once.
        if let Some(settled) = done_before(&delivery, &self.settlement) {
            return Ok(Flow::Stop(settled));
        }
        let (to, available_at) = self.target();
        if !tx.settle_delivery(self.token, to, available_at, self.now).await? {
            return Ok(Flow::Stop(Settled::LeaseLost));
        }
        if let Some((event, with)) = self.transition() {
            let from = State::Delivered;
            let to = transition(from, event)
                .or(Err(store::Error::Corrupt { table: "referrals", column: "state" }))?;
            match tx.update_referral(delivery.referral_id, from, to, &with).await {
                Ok(()) => {}
                Err(store::Error::Conflict) => return Ok(Flow::Stop(Settled::LeaseLost)),
                Err(error) => return Err(error),
            }
        }
        Ok(Flow::Append(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, _placed: &mut Placed) -> store::Result<Settled> {
        let delivery = tx
            .delivery_by_lease(self.token, &self.recipient)
            .await?
            .ok_or(store::Error::Corrupt { table: "deliveries", column: "lease_token" })?;
        Ok(Settled::Done { referral_id: delivery.referral_id, at: delivery.available_at })
    }
}
