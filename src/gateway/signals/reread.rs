//! Old entries are read again, a tile's worth on each round, and compared with the tree: a byte that was
//! changed in the database comes to light although nobody asks for that entry (A9).

use std::collections::BTreeMap;

use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::ledger::hash::Hash;

use super::TILE;
use super::examine::Examination;

impl Gateway {
    /// Compares the entries of a full tile with its hashes, and says which tile is next.
    pub(super) async fn reread_tile(&self, tile: i64) -> Result<i64> {
        let mut tx = self.db().read().await?;
        let examined = tx.signal_progress().await?.unwrap_or(0);
        let from = tile.saturating_mul(TILE);
        if from.saturating_add(TILE) > examined {
            return Ok(0);
        }
        let Some(kept) = tx.tiles(0, tile, 1).await?.into_iter().find(|row| row.idx == tile) else {
            return Ok(0);
        };
        let leaves = tx.leaves(from, 256).await?;
        let leaves: BTreeMap<i64, Hash> =
            leaves.into_iter().map(|leaf| (leaf.idx, Hash::leaf(&leaf.entry))).collect();
        let purged = tx.purged_between(from, from + TILE).await?;
        let (hashes, _) = kept.hashes.as_chunks::<32>();
        let broken: Vec<i64> = (from..from + TILE)
            .zip(hashes)
            .filter(|(idx, hash)| {
                let is_same = leaves.get(idx).is_some_and(|leaf| leaf.as_bytes() == *hash);
                !is_same && !purged.contains(idx)
            })
            .map(|(idx, _)| idx)
            .collect();
        if !broken.is_empty() {
            let mut examination = Examination::new(self, tx);
            for idx in broken {
                examination.broken(idx);
            }
            let call = self.acting_itself()?;
            // Moves nothing on, and fails all the same when somebody else examined meanwhile: then this
            // tile is looked at again in the next round.
            let batch = examination.raise(&call, (examined, examined), None).await?;
            if !batch.found_nothing() && self.keep(batch).await?.is_none() {
                return Ok(tile);
            }
        }
        Ok(tile + 1)
    }
}
