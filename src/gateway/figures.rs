//! What an operator wants to know of a gateway: how much waits where, and how old it is.
//!
//! Invariant: nothing here is about a person or a case. Organisations are named by their number.

use crate::domain::id::Oin;
use crate::domain::organisation::Role;
use crate::domain::time::Timestamp;

use super::Gateway;
use super::error::Result;

/// The state of a gateway at one moment.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Entries of the ledger.
    pub entries: i64,
    /// When the newest checkpoint was signed.
    pub checkpoint_at: Option<Timestamp>,
    /// The oldest moment whose passing was not looked at; none when all is told.
    pub untold_since: Option<Timestamp>,
    /// What waits in the inbox of each organisation that referrals go to.
    pub inboxes: Vec<Inbox>,
    /// When this was read, by the gateway's clock.
    pub read_at: Timestamp,
}

/// What waits for an organisation.
#[derive(Debug, Clone)]
pub struct Inbox {
    /// Whose.
    pub recipient: Oin,
    /// Deliveries that are not settled.
    pub waiting: i64,
    /// When the oldest of them was made.
    pub oldest_at: Option<Timestamp>,
    /// Those that must have been acknowledged before now.
    pub overdue: i64,
    /// Deliveries that failed so often, or so badly, that somebody must act.
    pub quarantined: i64,
}

impl Gateway {
    /// Reads the figures from the database.
    pub async fn figures(&self) -> Result<Figures> {
        let directory = self.directory();
        let read_at = self.clock().now();
        let mut tx = self.db().read().await?;
        let entries = tx.log_state().await?.map_or(0, |state| state.size);
        let checkpoint_at = tx.latest_checkpoint().await?.map(|row| row.signed_at);
        let next = [tx.next_referral_due().await?, tx.next_deadline().await?];
        let untold_since = next.into_iter().flatten().min().filter(|next| *next < read_at);
        let mut inboxes = Vec::new();
        let recipients = directory.organisations().filter(|one| one.role() == Role::Steunpunt);
        for organisation in recipients {
            let backlog = tx.backlog(organisation.oin(), None, read_at).await?;
            inboxes.push(Inbox {
                recipient: organisation.oin().clone(),
                waiting: backlog.waiting,
                oldest_at: backlog.oldest_at,
                overdue: backlog.overdue,
                quarantined: backlog.quarantined,
            });
        }
        Ok(Figures { entries, checkpoint_at, untold_since, inboxes, read_at })
    }

    /// How many commands wait for the writer, and how many may.
    pub fn queue(&self) -> (usize, usize) {
        self.writer().waiting()
    }
}
