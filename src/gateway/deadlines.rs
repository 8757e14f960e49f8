//! Nothing is late in silence: what must be done before a moment is looked after by the gateway itself.
//!
//! The terms of a referral follow from its own row, which brings itself up by the first moment at which
//! one of them may be missed; everything else, and single people who must be informed, has a row of its
//! own. Both are swept here, together. What was missed is told once in the cluster: one commit notes
//! it, writes the ledger, leaves a notice for who is responsible, and tells the sender of a referral
//! that nobody acknowledged. A gateway that was down meanwhile tells when it comes back, also of what
//! was done late by then.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::deadline::DeadlineKind;
use crate::domain::id::{Oin, Pseudonym, ReferralId};
use crate::domain::time::Timestamp;
use crate::store;

use super::Gateway;
use super::error::Result;

pub mod client;
pub mod informing;
pub mod listing;
pub mod steps;

mod sweep;
mod telling;

use sweep::{Item, Sweep};

/// Referrals, and as many other terms, that are swept in one commit. Each is an entry per person, so
/// this bounds how long everybody else waits after an outage in which many were missed.
const BATCH_MAX: u32 = 64;

/// Shortest pause between two looks that found nothing.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// What a sweep did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// What was missed, and was told of by this gateway now.
    pub missed: Vec<Missed>,
    /// Whether there may be more right now.
    pub more: bool,
}

/// A term that was missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// What was to be done.
    pub kind: DeadlineKind,
    /// By whom.
    pub responsible: Oin,
    /// Who else was told: the sender of a referral.
    pub sender: Option<Oin>,
}

/// Names the term of one person of a referral who must be informed.
pub(super) fn informing_of(referral_id: ReferralId, subject: Pseudonym) -> Vec<u8> {
    [&referral_id.as_bytes()[..], subject.as_bytes()].concat()
}

/// The referral of a term of one person, and the person.
fn informed_of(about: &[u8]) -> Option<(ReferralId, Pseudonym)> {
    let (referral_id, subject) = about.split_first_chunk::<16>()?;
    Some((ReferralId::from_bytes(*referral_id), Pseudonym::new(subject.try_into().ok()?)))
}

impl Gateway {
    /// Tells of what was missed by now, a bounded number of terms in one commit.
    pub async fn sweep_deadlines(&self) -> Result<Swept> {
        let (items, full) = self.missed_by_now().await?;
        if items.is_empty() {
            return Ok(Swept { missed: Vec::new(), more: false });
        }
        let now = self.clock().now();
        let (missed, all) = match self.writer().commit(Sweep::new(items.clone(), now)).await {
            Ok(missed) => (missed, true),
            // One row that makes no sense, or that changed meanwhile, must not keep back the others.
            Err(store::Error::Conflict | store::Error::Corrupt { .. }) => {
                self.sweep_each(items, now).await?
            }
            Err(error) => return Err(error.into()),
        };
        for one in &missed {
            tracing::warn!(event = "deadline.missed", kind = %one.kind, responsible = %one.responsible);
            metrics::counter!("ketenpoort_deadlines_missed_total", "kind" => one.kind.as_str())
                .increment(1);
            self.wake().ring(&one.responsible);
            if let Some(sender) = &one.sender {
                self.wake().ring(sender);
            }
        }
        Ok(Swept { missed, more: full && all })
    }

    async fn sweep_each(
        &self,
        items: Vec<Arc<Item>>,
        now: Timestamp,
    ) -> Result<(Vec<Missed>, bool)> {
        let mut missed = Vec::new();
        let mut all = true;
        for item in items {
            match self.writer().commit(Sweep::new(vec![item], now)).await {
                Ok(found) => missed.extend(found),
                Err(error @ (store::Error::Conflict | store::Error::Corrupt { .. })) => {
                    all = false;
                    tracing::warn!(event = "deadline.kept", %error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok((missed, all))
    }

    /// The next moment at which something may be missed.
    pub async fn next_deadline(&self) -> Result<Option<Timestamp>> {
        let mut tx = self.db().read().await?;
        let of_referrals = tx.next_referral_due().await?;
        let of_others = tx.next_deadline().await?;
        Ok([of_referrals, of_others].into_iter().flatten().min())
    }

    /// Sweeps for as long as `stopped` is not ready: at the next moment at which something may be
    /// missed, and at least `every` so often, because another gateway or a moved clock may bring that
    /// moment forward. What it does is durable, so it may be cut at any point.
    pub async fn watch_deadlines(self, every: Duration, stopped: impl Future<Output = ()> + Send) {
        tokio::pin!(stopped);
        loop {
            let pause = match self.sweep_deadlines().await {
                Ok(Swept { more: true, .. }) => Duration::ZERO,
                Ok(_) => self.until_next(every).await,
                Err(error) => {
                    tracing::warn!(event = "deadlines.not_swept", %error);
                    every
                }
            };
            tokio::select! {
                () = &mut stopped => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn until_next(&self, every: Duration) -> Duration {
        let now = self.clock().now();
        match self.next_deadline().await {
            Ok(Some(next)) => {
                let left = next.as_micros().saturating_sub(now.as_micros());
                Duration::from_micros(u64::try_from(left).unwrap_or(0)).clamp(PAUSE_MIN, every)
            }
            Ok(None) | Err(_) => every,
        }
    }
}
