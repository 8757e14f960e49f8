//! Reads a whole ledger in the order in which it is checked, a page at a time.
//!
//! Invariant: memory stays bounded however large the ledger is. What comes at one position is ordered
//! as [`LogVerifier`](crate::ledger::verify::LogVerifier) wants it: the entry, the tiles by level, the
//! checkpoint.

use std::collections::VecDeque;
use std::future::Future;

use crate::ledger::tile::TILE_LEVEL_MAX;
use crate::store::Result;
use crate::store::Tx;
use crate::store::inspect::{RawCheckpoint, RawDisclosure, RawLeaf};
use crate::store::ledger::TileRow;

/// Something of the ledger, as it is stored.
pub(super) enum Item {
    Leaf(RawLeaf),
    Tile(TileRow),
    Checkpoint(RawCheckpoint),
}

/// All of the ledger, merged.
pub(super) struct Items {
    leaves: Cursor<RawLeaf>,
    tiles: Vec<Cursor<TileRow>>,
    checkpoints: Cursor<RawCheckpoint>,
}

/// Where something is fed: the number of entries before and including it, then the kind.
type Position = (i64, u8);

impl Items {
    pub(super) fn new() -> Self {
        Self {
            leaves: Cursor::new(0),
            tiles: (0..=TILE_LEVEL_MAX).map(|level| Cursor::new(i64::from(level))).collect(),
            checkpoints: Cursor::new(0),
        }
    }

    /// The next thing; `None` at the end.
    pub(super) async fn next(&mut self, tx: &mut Tx) -> Result<Option<Item>> {
        let leaf = self.leaves.peek(tx).await?.map(|leaf| (leaf.idx.saturating_add(1), 0));
        let checkpoint = self.checkpoints.peek(tx).await?.map(|row| (row.size, u8::MAX));
        let mut first_tile: Option<(Position, usize)> = None;
        for (number, tiles) in self.tiles.iter_mut().enumerate() {
            let position = tiles.peek(tx).await?.map(tile_position);
            if let Some(position) = position
                && first_tile.is_none_or(|(first, _)| position < first)
            {
                first_tile = Some((position, number));
            }
        }
        let tile = first_tile.map(|(position, _)| position);
        let Some(first) = [leaf, tile, checkpoint].into_iter().flatten().min() else {
            return Ok(None);
        };
        Ok(if leaf == Some(first) {
            self.leaves.take().map(Item::Leaf)
        } else if checkpoint == Some(first) {
            self.checkpoints.take().map(Item::Checkpoint)
        } else {
            let tiles = first_tile.and_then(|(_, number)| self.tiles.get_mut(number));
            tiles.and_then(Cursor::take).map(Item::Tile)
        })
    }
}

/// The number of entries that completes the tile.
fn tile_position(tile: &TileRow) -> Position {
    let level = u8::try_from(tile.level).unwrap_or(u8::MAX - 1);
    let bits = 8 * (u32::from(level) + 1);
    let end = 1_i64.checked_shl(bits).and_then(|span| span.checked_mul(tile.idx.saturating_add(1)));
    (end.unwrap_or(i64::MAX), level.saturating_add(1))
}

/// Rows of one kind, in order, read ahead by a page.
pub(super) struct Cursor<T> {
    /// What the rows belong to: the level of tiles.
    scope: i64,
    rows: VecDeque<T>,
    /// Where the next page begins; none after the last one.
    from: Option<i64>,
}

/// A kind of rows that is read in pages.
pub(super) trait Paged: Sized + Send {
    /// The number that the rows are ordered by.
    fn key(&self) -> i64;
    /// Rows from a key on.
    fn page(tx: &mut Tx, scope: i64, from: i64) -> impl Future<Output = Result<Vec<Self>>> + Send;
}

impl<T: Paged> Cursor<T> {
    /// Rows from the very first on: also those with a number that no row should have.
    pub(super) const fn new(scope: i64) -> Self {
        Self { scope, rows: VecDeque::new(), from: Some(i64::MIN) }
    }

    /// The next row, left where it is.
    pub(super) async fn peek(&mut self, tx: &mut Tx) -> Result<Option<&T>> {
        if self.rows.is_empty()
            && let Some(from) = self.from
        {
            self.rows = T::page(tx, self.scope, from).await?.into();
            self.from = self.rows.back().and_then(|last| last.key().checked_add(1));
        }
        Ok(self.rows.front())
    }

    /// Removes the row that was peeked at.
    pub(super) fn take(&mut self) -> Option<T> {
        self.rows.pop_front()
    }
}

/// Entries have at most a kilobyte: a page is at most a megabyte.
const LEAVES: u32 = 1024;
/// Tiles have eight kilobytes.
const TILES: u32 = 64;
/// Checkpoints have a few hundred bytes until many witnesses sign them.
const CHECKPOINTS: u32 = 256;
/// Rows have the size of their sealed record, one or two kilobytes.
const DISCLOSURES: u32 = 512;

impl Paged for RawLeaf {
    fn key(&self) -> i64 {
        self.idx
    }
    fn page(tx: &mut Tx, _: i64, from: i64) -> impl Future<Output = Result<Vec<Self>>> + Send {
        tx.raw_leaves(from, LEAVES)
    }
}

impl Paged for TileRow {
    fn key(&self) -> i64 {
        self.idx
    }
    fn page(tx: &mut Tx, scope: i64, from: i64) -> impl Future<Output = Result<Vec<Self>>> + Send {
        tx.tiles(scope, from, TILES)
    }
}

impl Paged for RawCheckpoint {
    fn key(&self) -> i64 {
        self.size
    }
    fn page(tx: &mut Tx, _: i64, from: i64) -> impl Future<Output = Result<Vec<Self>>> + Send {
        tx.raw_checkpoints(from, CHECKPOINTS)
    }
}

impl Paged for RawDisclosure {
    fn key(&self) -> i64 {
        self.idx
    }
    fn page(tx: &mut Tx, _: i64, from: i64) -> impl Future<Output = Result<Vec<Self>>> + Send {
        tx.raw_disclosures(from, DISCLOSURES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(level: i64, idx: i64) -> Position {
        tile_position(&TileRow { level, idx, hashes: Vec::new(), root: Vec::new() })
    }

    #[test]
    fn a_tile_comes_after_the_entry_that_completes_it_and_before_the_checkpoint() {
        assert_eq!(tile(0, 0), (256, 1));
        assert_eq!(tile(0, 255), (65_536, 1));
        assert_eq!(tile(1, 0), (65_536, 2));
        assert!((65_536, 0) < tile(0, 255));
        assert!(tile(0, 255) < tile(1, 0));
        assert!(tile(5, 0) < (1 << 48, u8::MAX));
    }

    #[test]
    fn a_tile_that_cannot_be_comes_last() {
        assert_eq!(tile(0, i64::MAX), (i64::MAX, 1));
        assert_eq!(tile(5, i64::MAX - 1).0, i64::MAX);
        assert!(tile(0, -3).0 < 0);
    }
}
