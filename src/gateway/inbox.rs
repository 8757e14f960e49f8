//! The inbox of the Steunpunt: referrals under a lease, settled a batch at a time.
//!
//! Handing a referral to a reader is a disclosure of its own: it is in the ledger before the reader
//! has it. A lease that ends without a settlement makes the referral free again; nothing is lost
//! because a stream broke. What cannot be delivered is quarantined with a cause, never dropped. The
//! acknowledgement is the moment responsibility passes.

use std::time::Duration;

use crate::domain::delivery::DeliveryRules;
use crate::domain::id::{ClientId, DeliveryId, HolderId, LeaseToken, ReferralId, TeamId};
use crate::domain::referral::{Referral, Urgency};
use crate::domain::time::Timestamp;
use crate::store::{self, Backlog, ClaimedRow, Command, DeliveryState, Flow, Placed, Reader, Tx};
use crate::vault::random;

use super::Gateway;
use super::call::Call;
use super::error::{Error, Result};

pub mod settle;

mod hand_over;
mod outlines;
mod quarantine;

pub(super) use outlines::Outlines;
pub use quarantine::Quarantined;

/// Lease of a reader that asks for none.
pub const LEASE_DEFAULT: Duration = Duration::from_mins(1);
/// Referrals that may be out with one reader at the same time.
pub const OUTSTANDING_MAX: u32 = 1000;
/// Referrals handed over in one commit. Each is an entry per person, so this bounds how long a
/// reader with a full inbox holds up everybody else.
const CLAIM_MAX: u32 = 128;

/// A reader of an inbox, admitted.
#[derive(Debug, Clone)]
pub struct InboxReader {
    reader: Reader,
    lease: Duration,
    /// Whether the same client may still hold leases of an earlier stream.
    takes_back: bool,
}

/// What a reader has room for.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Referrals.
    pub referrals: u32,
    /// Bytes of them.
    pub bytes: u64,
    /// Whether the first one goes out however large it is: nothing else is out, and it must not
    /// wait for ever.
    pub first_in_any_case: bool,
    /// Whether a referral that goes alone is out with this reader.
    pub holds_one_alone: bool,
}

/// A referral in the hands of a reader.
#[derive(Debug, Clone)]
pub struct Received {
    /// Names the lease.
    pub lease_token: LeaseToken,
    /// Its end.
    pub lease_expires_at: Timestamp,
    /// Stable over redeliveries.
    pub delivery_id: DeliveryId,
    /// 1 on the first attempt.
    pub attempt: u32,
    /// Whether it failed so often that its reader holds no other such one.
    pub goes_alone: bool,
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

/// What a look into the inbox gave.
#[derive(Debug)]
pub struct Look {
    /// Now in the hands of the reader.
    pub received: Vec<Received>,
    /// Whether there may be more for it right now.
    pub again: bool,
}

/// How a stream of a reader ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// Without a word.
    Lost,
    /// In good order: the reader closed it, or the gateway did.
    InOrder,
}

impl InboxReader {
    /// For a reader that polls: what it holds from an earlier poll stays leased until it settles or
    /// the lease ends, and is not handed over again.
    #[must_use]
    pub fn polling(mut self) -> Self {
        self.takes_back = false;
        self
    }
}

impl Gateway {
    /// Admits a reader to the inbox of its organisation. Its first looks take back everything that
    /// the same client held on a stream that was lost.
    pub async fn open_inbox(
        &self,
        call: &Call,
        client_id: ClientId,
        team_id: Option<TeamId>,
        lease: Option<Duration>,
    ) -> Result<InboxReader> {
        self.require_recipient(call).await?;
        let holder = HolderId::new(random::uuid_v4().map_err(Error::internal)?);
        let reader = Reader { recipient: call.oin().clone(), team_id, client_id, holder };
        Ok(InboxReader { reader, lease: lease.unwrap_or(LEASE_DEFAULT), takes_back: true })
    }

    /// Hands over up to `limit` referrals that are free, the most urgent first. Empty when there
    /// are none.
    pub async fn receive(
        &self,
        call: &Call,
        inbox: &mut InboxReader,
        limit: u32,
    ) -> Result<Vec<Received>> {
        let room = Room {
            referrals: limit,
            bytes: u64::MAX,
            first_in_any_case: true,
            holds_one_alone: false,
        };
        loop {
            let look = self.look_into_inbox(call, inbox, room, |_| 0).await?;
            if !look.again || !look.received.is_empty() {
                return Ok(look.received);
            }
        }
    }

    /// Hands over what is free and fits, the most urgent first. `weigh` gives the bytes of a
    /// referral as it goes out.
    pub async fn look_into_inbox(
        &self,
        call: &Call,
        inbox: &mut InboxReader,
        room: Room,
        weigh: fn(&Received) -> u64,
    ) -> Result<Look> {
        let now = self.clock().now();
        let limit = room.referrals.min(CLAIM_MAX);
        if limit == 0 {
            return Ok(Look { received: Vec::new(), again: false });
        }
        let found = self.find(inbox, room, now, limit).await?;
        if found.is_empty() {
            return Ok(Look { received: Vec::new(), again: false });
        }
        let (found, exhausted) = self.sort_out(found, room);
        let mut prepared = self.prepare_offers(call, inbox.lease, (found, exhausted), now).await?;
        let again = prepared.keep_what_fits(room, weigh);
        let received = self.hand_over(&inbox.reader, prepared, now).await?;
        Ok(Look { received, again })
    }

    /// What the reader held before it reconnected, then what is free.
    async fn find(
        &self,
        inbox: &mut InboxReader,
        room: Room,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedRow>> {
        let below = if room.holds_one_alone {
            i64::from(self.directory().policy.delivery.alone_from_failures.get())
        } else {
            i64::MAX
        };
        let mut tx = self.db().read().await?;
        if inbox.takes_back {
            let held = tx.held_before(&inbox.reader, below, now, limit).await?;
            if !held.is_empty() {
                return Ok(held);
            }
            inbox.takes_back = false;
        }
        Ok(tx.free_deliveries(&inbox.reader, below, now, limit).await?)
    }

    /// Lets go of everything that a stream of a reader holds. The same client takes it back when
    /// it reconnects; others get it soon after, and later each time it was lost.
    pub async fn leave_inbox(&self, inbox: &InboxReader, parting: Parting) -> Result<()> {
        let rules = self.directory().policy.delivery;
        let let_go =
            LetGo { reader: inbox.reader.clone(), parting, rules, now: self.clock().now() };
        if self.writer().commit(let_go).await? {
            self.wake().ring(&inbox.reader.recipient);
        }
        Ok(())
    }

    /// What is in the reader's inbox.
    pub async fn inbox_backlog(&self, inbox: &InboxReader) -> Result<Backlog> {
        let now = self.clock().now();
        let mut tx = self.db().read().await?;
        Ok(tx.backlog(&inbox.reader.recipient, inbox.reader.team_id.as_ref(), now).await?)
    }

    /// Changes whenever something comes in for the reader's organisation. A hint: a reader also
    /// looks by itself after a while.
    pub fn inbox_bell(&self, inbox: &InboxReader) -> tokio::sync::watch::Receiver<u64> {
        self.wake().listen(&inbox.reader.recipient)
    }
}

struct LetGo {
    reader: Reader,
    parting: Parting,
    rules: DeliveryRules,
    now: Timestamp,
}

impl Command for LetGo {
    type Outcome = bool;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<bool>> {
        let held = tx.failures_of_held(&self.reader).await?;
        for (failures,) in &held {
            // What its reader could not help is no failure, and waits only for it to come back.
            let (to, failures_then) = match self.parting {
                Parting::Lost => (DeliveryState::Leased, failures.saturating_add(1)),
                Parting::InOrder => (DeliveryState::Waiting, 1),
            };
            let wait = self.rules.wait_after(u32::try_from(failures_then).unwrap_or(u32::MAX));
            tx.let_go(&self.reader, *failures, to, self.now.plus(wait)).await?;
        }
        Ok(if held.is_empty() { Flow::Stop(false) } else { Flow::Append(Vec::new()) })
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<bool> {
        Ok(true)
    }
}
