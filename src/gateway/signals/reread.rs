//! Old entries are read again, a tile's worth on each round, and compared with the tree, and so are the
//! rows beside them with the entries: a byte that was changed in the database comes to light although nobody
//! asks for that entry (A9).

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::signal::SignalRule;
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::ledger::hash::Hash;

use super::TILE;
use super::examine::Examination;

/// Entries that are read at a time of those that were found.
const FOUND_MAX: u32 = 5_000;
/// Entries of ended signals that are held against the tree again. Of more it is taken as it was found.
const HELD_AGAIN_MAX: usize = 500;

impl Gateway {
    /// Compares the entries of a full tile with its hashes, and says which tile is next.
    pub(super) async fn reread_tile(&self, tile: i64) -> Result<i64> {
        let mut tx = self.db().read().await?;
        let examined = tx.signal_progress().await?.unwrap_or(0);
        let from = tile.saturating_mul(TILE);
        if from.saturating_add(TILE) > examined {
            return Ok(0);
        }
        if !tx.tiles(0, tile, 1).await?.iter().any(|row| row.idx == tile) {
            return Ok(0);
        }
        drop(tx);
        let places: Vec<i64> = (from..from + TILE).collect();
        let sound = self.sound_in(tile, &places).await?;
        let broken: Vec<i64> = places.into_iter().filter(|idx| !sound.contains_key(idx)).collect();
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

    /// Entries that are known to have been changed or taken out: those of open signals, and those of ended
    /// ones that still do not belong to the tree. Whatever was said about such an entry, it is not what was
    /// signed; once it is put back and its signal has ended, it is. About `most` of them.
    pub(in crate::gateway) async fn known_to_be_changed(
        &self,
        most: usize,
    ) -> Result<BTreeSet<i64>> {
        let (mut known, mut ended) = (BTreeSet::new(), Vec::new());
        let mut after = -1;
        while known.len() < most {
            let found = self.found_changed(after).await?;
            let Some((last, _)) = found.last() else { break };
            after = *last;
            for (idx, is_open) in found {
                if is_open || ended.len() >= HELD_AGAIN_MAX {
                    known.insert(idx);
                } else {
                    ended.push(idx);
                }
            }
        }
        for places in ended.chunk_by(|one, next| one / TILE == next / TILE) {
            let tile = places.first().map_or(0, |idx| idx / TILE);
            let sound = self.sound_in(tile, places).await?;
            // Of one that is about somebody who was forgotten since, nobody can tell any more.
            let is_changed = |idx: &&i64| sound.get(*idx) != Some(&true);
            known.extend(places.iter().filter(is_changed).copied());
        }
        Ok(known)
    }

    /// All entries that were ever found to be changed or taken out, whatever was said of it since.
    pub(in crate::gateway) async fn once_found_changed(&self) -> Result<BTreeSet<i64>> {
        let mut all = BTreeSet::new();
        let mut after = -1;
        loop {
            let found = self.found_changed(after).await?;
            let Some((last, _)) = found.last() else { return Ok(all) };
            after = *last;
            all.extend(found.into_iter().map(|(idx, _)| idx));
        }
    }

    async fn found_changed(&self, after: i64) -> Result<Vec<(i64, bool)>> {
        let rule = SignalRule::LedgerMismatch;
        Ok(self.db().read().await?.entries_of_rule(rule, after, FOUND_MAX).await?)
    }

    /// Which entries of a tile belong to it with their rows, sealed records and all, or were purged; each
    /// with whether all of it could be held against the leaf.
    async fn sound_in(&self, tile: i64, places: &[i64]) -> Result<BTreeMap<i64, bool>> {
        let from = tile.saturating_mul(TILE);
        let mut tx = self.db().read().await?;
        // The last tile, which is not full, is not stored: the tree has what its leaves say.
        let kept = tx.tiles(0, tile, 1).await?.into_iter().find(|row| row.idx == tile);
        let leaves: BTreeMap<i64, Vec<u8>> = tx.leaves_at(places).await?.into_iter().collect();
        let rows = tx.disclosures(places).await?;
        let purged = tx.purged_between(from, from.saturating_add(TILE)).await?;
        drop(tx);
        self.keys().expect(rows.iter().filter_map(|row| row.subject)).await?;
        let hashes = kept.as_ref().map(|row| row.hashes.as_chunks::<32>().0);
        let is_hashed = |idx: i64, leaf: &[u8]| {
            let Some(hashes) = hashes else { return true };
            let hash = usize::try_from(idx - from).ok().and_then(|place| hashes.get(place));
            hash.is_some_and(|hash| Hash::leaf(leaf).as_bytes() == hash)
        };
        let mut sound: BTreeMap<i64, bool> = purged.into_iter().map(|idx| (idx, true)).collect();
        for row in rows {
            let idx = row.idx;
            let leaf = leaves.get(&idx).map(Vec::as_slice);
            let is_hashed = leaf.is_some_and(|leaf| is_hashed(idx, leaf));
            let looked = self.look_beside(row, leaf).await?;
            if is_hashed && looked.changed.is_empty() {
                sound.insert(idx, looked.record.is_some());
            }
        }
        Ok(sound)
    }
}
