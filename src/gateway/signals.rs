//! Signals: the gateway watches over its own ledger (DOMAIN §5.5). The rules are in
//! [`domain::signal`](crate::domain::signal); here they meet what is stored.
//!
//! - New entries are examined in bounded batches. Up to where is kept in the database and moves in the
//!   commit that keeps what was found, so nothing is examined twice or left out, whoever crashes, and of
//!   several gateways one finds it.
//! - Entries about one thing are one signal: while it is open, new ones join it.
//! - A few old entries are read again on each round and compared with the tree, for as long as the
//!   gateway runs.
//! - An officer who sees something that no rule looks for raises a signal by hand.
//! - An officer sees the signals about the own organisation; the office of the region sees all.
//!
//! What is not watched: a search without follow-up, because an officer who finds nothing has done nothing
//! wrong.

use std::time::Duration;

use crate::store;

use super::Gateway;
use super::error::{Error, Result};
use super::once::DECISIONS_MAX;

pub mod by_hand;
pub mod close;
pub mod look;
pub mod suppress;

mod counting;
mod examine;
mod found;
mod networks;
mod raise;
mod reread;
mod rules;
#[cfg(test)]
mod tests;

pub use by_hand::{RaisedByHand, Raising};
pub use close::{Closing, Ended};
pub use look::{Detector, SignalFilter, SignalSeen, SignalView};
pub use suppress::{Suppressing, Suppression};

/// Entries that are examined in one commit.
const BATCH_MAX: u32 = 256;
/// Entries under one tile of the tree (C2SP tlog-tiles).
const TILE: i64 = 256;

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detected {
    /// Signals that were raised.
    pub raised: usize,
    /// Whether there is more to examine right now.
    pub more: bool,
}

impl Gateway {
    /// Examines the next entries of the ledger and the networks that certificates came from, a bounded number
    /// in one commit.
    pub async fn detect_signals(&self) -> Result<Detected> {
        Box::pin(self.keep_arrivals()).await?;
        for _ in 0..DECISIONS_MAX {
            let Some(batch) = self.examine().await? else { return Ok(Detected::default()) };
            let more = batch.more;
            if let Some(raised) = self.keep(batch).await? {
                return Ok(Detected { raised, more });
            }
        }
        Err(Error::Busy)
    }

    /// Keeps what was found; none when somebody else was first, and nothing was kept.
    async fn keep(&self, batch: raise::Batch) -> Result<Option<usize>> {
        let told: Vec<_> = batch.raised_rules().collect();
        match self.writer().commit(batch).await {
            Ok(true) => {
                for rule in &told {
                    tracing::warn!(event = "signal.raised", rule = %rule);
                    metrics::counter!("ketenpoort_signals_total", "rule" => rule.as_str())
                        .increment(1);
                }
                Ok(Some(told.len()))
            }
            Ok(false) | Err(store::Error::Conflict) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Examines for as long as `stopped` is not ready: without a pause while there is more, else once
    /// `every` so often. What it does is durable, so it may be cut at any point.
    pub async fn watch_signals(self, every: Duration, stopped: impl Future<Output = ()> + Send) {
        tokio::pin!(stopped);
        let mut tile = 0;
        loop {
            let pause = match self.round(&mut tile).await {
                Ok(Detected { more: true, .. }) => Duration::ZERO,
                Ok(_) => every,
                Err(error) => {
                    tracing::warn!(event = "signals.not_examined", %error);
                    every
                }
            };
            tokio::select! {
                () = &mut stopped => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn round(&self, tile: &mut i64) -> Result<Detected> {
        let detected = self.detect_signals().await?;
        if !detected.more {
            *tile = self.reread_tile(*tile).await?;
        }
        Ok(detected)
    }
}
