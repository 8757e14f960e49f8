//! That a scope is complete: what was signed before the window and what is signed now, and the proof
//! that the second only extends the first. Whoever holds either checkpoint can check that no entry
//! of the window was taken out or put in. It holds hashes and signatures only, so any admitted
//! organisation may have it.

use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::gateway::proofs::Signed;
use crate::ledger::hash::Hash;
use crate::store::Tx;
use crate::store::ledger::CheckpointRow;

/// That the entries between two checkpoints are all that were written between them.
#[derive(Debug, Clone)]
pub struct Completeness {
    /// The last state that was signed at or before the moment; none: the ledger began later.
    pub before: Option<Signed>,
    /// The state that was signed last.
    pub now: Signed,
    /// That the second extends the first (RFC 6962 §2.1.2); empty where there is no first.
    pub hashes: Vec<Hash>,
}

impl Completeness {
    /// The entries that were written after the moment: from this one on, and before that one.
    pub fn leaves(&self) -> (u64, u64) {
        (self.before.as_ref().map_or(0, |before| before.size), self.now.size)
    }
}

impl Gateway {
    /// The proof over everything that was written after a moment; none while nothing is signed.
    pub async fn completeness(&self, from: Timestamp) -> Result<Option<Completeness>> {
        let mut tx = self.db().read().await?;
        let Some(latest) = tx.latest_checkpoint().await? else { return Ok(None) };
        let before = checkpoint_at(&mut tx, from, &latest).await?;
        let before = match before {
            Some(row) => Some(self.signed(&mut tx, row).await?),
            None => None,
        };
        let now = self.signed(&mut tx, latest).await?;
        drop(tx);
        let hashes = match &before {
            Some(before) => self.extended(before.size, Some(now.size)).await?.hashes,
            None => Vec::new(),
        };
        Ok(Some(Completeness { before, now, hashes }))
    }
}

/// The last checkpoint that was signed at or before a moment. Checkpoints are signed in the order of
/// their sizes, so each step halves those that are left.
async fn checkpoint_at(
    tx: &mut Tx,
    at: Timestamp,
    latest: &CheckpointRow,
) -> Result<Option<CheckpointRow>> {
    if latest.signed_at <= at {
        return Ok(Some(latest.clone()));
    }
    let mut found: Option<CheckpointRow> = None;
    // What is found is the last one up to `low`; all above `high` were signed later.
    let (mut low, mut high) = (0, latest.size);
    while low < high {
        let middle = low + (high - low) / 2;
        match tx.checkpoints(middle, 1).await?.pop() {
            Some(row) if row.signed_at <= at => {
                low = row.size;
                found = Some(row);
            }
            Some(_) | None => high = middle,
        }
    }
    Ok(found)
}
