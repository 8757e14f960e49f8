//! The inbox of the Steunpunt: referrals under a lease, settled one by one.
//!
//! Handing a referral to a reader is a disclosure of its own: it is in the ledger before the reader
//! has it. A lease that ends without a settlement makes the referral free again; nothing is lost
//! because a stream broke. The acknowledgement is the moment responsibility passes.

use std::time::Duration;

use crate::domain::event::EventCode;
use crate::domain::id::{ClientId, LeaseToken, ReferralId, TeamId};
use crate::domain::referral::{Event, Referral, State, Urgency, transition};
use crate::domain::time::Timestamp;
use crate::store::{
    self, Backlog, ClaimedRow, Command, Flow, Lease, LinkKind, NewEntry, Placed, Reader,
    Transition, Tx,
};
use crate::vault::random;

use super::Gateway;
use super::call::Call;
use super::error::{Error, Result};

pub mod settle;

/// Lease of a reader that asks for none.
pub const LEASE_DEFAULT: Duration = Duration::from_mins(1);
/// Referrals that may be out with one reader at the same time.
pub const OUTSTANDING_MAX: u32 = 500;
/// Referrals handed over in one commit: each is sealed content and one entry per person.
const CLAIM_MAX: u32 = 32;

/// A reader of an inbox, admitted.
#[derive(Debug, Clone)]
pub struct InboxReader {
    reader: Reader,
    lease: Duration,
}

/// A referral in the hands of a reader.
#[derive(Debug, Clone)]
pub struct Received {
    /// Names the lease.
    pub lease_token: LeaseToken,
    /// Its end.
    pub lease_expires_at: Timestamp,
    /// Stable over redeliveries.
    pub delivery_id: crate::domain::id::DeliveryId,
    /// 1 on the first attempt.
    pub attempt: u32,
    /// The referral.
    pub referral: Referral,
    /// Team it is for.
    pub team_id: TeamId,
    /// When it was stored.
    pub submitted_at: Timestamp,
    /// When it must have been acknowledged.
    pub ack_due_at: Timestamp,
    /// 1 + number of earlier referrals.
    pub repeat_index: u32,
    /// Those that share a person.
    pub repeats: Vec<ReferralId>,
    /// Those that share only the address: somebody must judge.
    pub address_candidates: Vec<ReferralId>,
    /// After the rule for repeats.
    pub effective_urgency: Urgency,
    /// The sender's receipt.
    pub receipt: String,
}

impl InboxReader {
    /// For a reader that polls: what it holds from an earlier poll stays leased until it settles or
    /// the lease ends, and is not handed over again.
    #[must_use]
    pub fn polling(mut self) -> Self {
        self.reader.takes_back = false;
        self
    }
}

impl Gateway {
    /// Admits a reader to the inbox of its organisation. Its first look takes back what the same
    /// client held on a stream that was lost.
    pub async fn open_inbox(
        &self,
        call: &Call,
        client_id: ClientId,
        team_id: Option<TeamId>,
        lease: Option<Duration>,
    ) -> Result<InboxReader> {
        self.require_recipient(call).await?;
        let reader = Reader { recipient: call.oin().clone(), team_id, client_id, takes_back: true };
        Ok(InboxReader { reader, lease: lease.unwrap_or(LEASE_DEFAULT) })
    }

    /// Hands over up to `limit` referrals that are free, the most urgent first. Empty when there
    /// are none.
    pub async fn receive(
        &self,
        call: &Call,
        inbox: &mut InboxReader,
        limit: u32,
    ) -> Result<Vec<Received>> {
        let now = self.clock().now();
        let limit = limit.min(CLAIM_MAX);
        let mut tx = self.db().read().await?;
        let free = tx.free_deliveries(&inbox.reader, now, limit).await?;
        drop(tx);
        // Only the first look after a reconnect takes back leases of the same reader.
        let reader = inbox.reader.clone();
        inbox.reader.takes_back = false;
        if free.is_empty() {
            return Ok(Vec::new());
        }
        let mut offers = Vec::with_capacity(free.len());
        for delivery in free {
            let delivery_id = delivery.delivery_id;
            match self.offer(call, delivery, now.plus(inbox.lease)).await {
                Ok(offer) => offers.push(offer),
                // One referral that cannot be opened must not keep the others from their readers.
                Err(Error::Internal(cause)) => {
                    tracing::error!(%delivery_id, %cause, "referral cannot be handed over");
                }
                Err(error) => return Err(error),
            }
        }
        let handed = self.writer().commit(HandOver { offers: offers.clone(), reader, now }).await?;
        count_attempts(&offers, &handed);
        Ok(offers
            .into_iter()
            .zip(handed)
            .filter(|(_, handed)| *handed)
            .map(|(offer, _)| offer.received)
            .collect())
    }

    /// Opens a free referral and writes down that it is handed over.
    async fn offer(&self, call: &Call, delivery: ClaimedRow, until: Timestamp) -> Result<Offer> {
        let mut tx = self.db().read().await?;
        let row = tx.referral(delivery.referral_id).await?.ok_or_else(Error::hidden)?;
        let links = tx.referral_links(delivery.referral_id).await?;
        drop(tx);
        let opened = self.open_referral(&row).await?;
        let entries = self.referral_entries(call, &row, &opened, EventCode::ReferralDelivered)?;
        let of = |kind: LinkKind| {
            links.iter().filter(move |link| link.1 == kind).map(|link| link.0).collect()
        };
        let token = LeaseToken::new(random::uuid_v4().map_err(Error::internal)?);
        let received = Received {
            lease_token: token,
            lease_expires_at: until,
            delivery_id: delivery.delivery_id,
            attempt: u32::try_from(delivery.attempts + 1).unwrap_or(u32::MAX),
            referral: opened.referral,
            team_id: row.team_id.clone(),
            submitted_at: row.submitted_at,
            ack_due_at: row.ack_due_at,
            repeat_index: u32::try_from(row.repeat_index).unwrap_or(u32::MAX),
            repeats: of(LinkKind::Person),
            address_candidates: of(LinkKind::Address),
            effective_urgency: row.effective_urgency,
            receipt: row.receipt,
        };
        Ok(Offer { delivery, lease: Lease { token, until }, entries, received })
    }

    /// What waits in the reader's inbox.
    pub async fn inbox_backlog(&self, inbox: &InboxReader) -> Result<Backlog> {
        let mut tx = self.db().read().await?;
        Ok(tx.backlog(&inbox.reader.recipient, inbox.reader.team_id.as_ref()).await?)
    }

    /// Changes whenever something comes in for the reader's organisation. A hint: a reader also
    /// looks by itself after a while.
    pub fn inbox_bell(&self, inbox: &InboxReader) -> tokio::sync::watch::Receiver<u64> {
        self.wake().listen(&inbox.reader.recipient)
    }
}

/// For operators: deliveries that were handed over, and those that were not the first attempt.
fn count_attempts(offers: &[Offer], handed: &[bool]) {
    let handed = offers.iter().zip(handed).filter(|(_, handed)| **handed);
    for (offer, _) in handed {
        let attempt = if offer.received.attempt == 1 { "first" } else { "again" };
        metrics::counter!("ketenpoort_deliveries_total", "attempt" => attempt).increment(1);
    }
}

#[derive(Clone)]
struct Offer {
    delivery: ClaimedRow,
    lease: Lease,
    entries: Vec<NewEntry>,
    received: Received,
}

/// Leases what is still free and logs it; says for each offer whether the reader has it.
struct HandOver {
    offers: Vec<Offer>,
    reader: Reader,
    now: Timestamp,
}

impl HandOver {
    async fn hand_over(&self, tx: &mut Tx, offer: &Offer) -> store::Result<bool> {
        if !tx.claim_delivery(&offer.delivery, &self.reader, &offer.lease, self.now).await? {
            return Ok(false);
        }
        let row = tx
            .referral(offer.delivery.referral_id)
            .await?
            .ok_or(store::Error::Corrupt { table: "deliveries", column: "referral_id" })?;
        // A second delivery finds it delivered: an expired lease changes no state by itself.
        if row.state == State::Routed
            && let Ok(to) = transition(row.state, Event::Deliver)
        {
            tx.update_referral(row.referral_id, row.state, to, &Transition::default()).await?;
        }
        Ok(true)
    }
}

impl Command for HandOver {
    type Outcome = Vec<bool>;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<Vec<bool>>> {
        let mut entries = Vec::new();
        let mut none = true;
        for offer in &self.offers {
            if self.hand_over(tx, offer).await? {
                none = false;
                entries.extend(offer.entries.iter().cloned());
            }
        }
        Ok(if none { Flow::Stop(vec![false; self.offers.len()]) } else { Flow::Append(entries) })
    }

    async fn complete(&self, tx: &mut Tx, _placed: &mut Placed) -> store::Result<Vec<bool>> {
        let mut handed = Vec::with_capacity(self.offers.len());
        for offer in &self.offers {
            let delivery = tx.delivery_by_lease(offer.lease.token, &self.reader.recipient).await?;
            handed.push(delivery.is_some());
        }
        Ok(handed)
    }
}
