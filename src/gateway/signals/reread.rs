//! Old entries are read again, a tile's worth on each round, and compared with the tree, and so are the
//! rows beside them with the entries: a byte that was changed in the database comes to light although nobody
//! asks for that entry (A9).

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::signal::{ENTRIES_MAX, SignalRule, SignalState};
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::ledger::hash::Hash;
use crate::store::{DisclosureRow, SignalQuery};

use super::TILE;
use super::examine::Examination;

/// Most signals whose entries are told: one a tile.
const SIGNALS_MAX: u32 = 500;

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
        let places: Vec<i64> = (from..from + TILE).collect();
        let leaves: BTreeMap<i64, Vec<u8>> = tx.leaves_at(&places).await?.into_iter().collect();
        let rows = tx.disclosures_between((from, from + TILE), 256).await?;
        let purged = tx.purged_between(from, from + TILE).await?;
        drop(tx);
        let sound = self.sound_rows(rows, &leaves).await?;
        let (hashes, _) = kept.hashes.as_chunks::<32>();
        let broken: Vec<i64> = places
            .into_iter()
            .zip(hashes)
            .filter(|(idx, hash)| {
                let leaf = leaves.get(idx).map(|leaf| Hash::leaf(leaf));
                let is_same = leaf.is_some_and(|leaf| leaf.as_bytes() == *hash);
                !(purged.contains(idx) || is_same && sound.contains(idx))
            })
            .map(|(idx, _)| idx)
            .collect();
        if !broken.is_empty() {
            let mut examination = Examination::new(self, self.db().read().await?);
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

    /// Entries that are known to have been changed or taken out, and of which nobody said yet why: those
    /// of open signals.
    pub(in crate::gateway) async fn known_to_be_changed(&self) -> Result<BTreeSet<i64>> {
        self.found_changed(SignalState::Open).await
    }

    /// All entries that were ever found to be changed or taken out, whatever was said of it since.
    pub(in crate::gateway) async fn once_found_changed(&self) -> Result<BTreeSet<i64>> {
        let mut found = BTreeSet::new();
        for state in SignalState::ALL.iter().copied() {
            found.extend(self.found_changed(state).await?);
        }
        Ok(found)
    }

    async fn found_changed(&self, state: SignalState) -> Result<BTreeSet<i64>> {
        let mismatches = SignalQuery {
            party: None,
            state,
            rule: Some(SignalRule::LedgerMismatch),
            score_min: 0,
            before: None,
        };
        let mut tx = self.db().read().await?;
        let mut changed = BTreeSet::new();
        for signal in tx.signals(&mismatches, SIGNALS_MAX).await? {
            changed.extend(tx.signal_entries(signal.signal_id, ENTRIES_MAX).await?);
        }
        Ok(changed)
    }

    /// Which rows say what their leaves say, sealed records and all.
    async fn sound_rows(
        &self,
        rows: Vec<DisclosureRow>,
        leaves: &BTreeMap<i64, Vec<u8>>,
    ) -> Result<BTreeSet<i64>> {
        self.keys().expect(rows.iter().filter_map(|row| row.subject)).await?;
        let mut sound = BTreeSet::new();
        for row in rows {
            let idx = row.idx;
            let leaf = leaves.get(&idx).map(Vec::as_slice);
            if self.look_beside(row, leaf).await?.changed.is_empty() {
                sound.insert(idx);
            }
        }
        Ok(sound)
    }
}
