//! Everything that is stored of a ledger, in the order in which it is checked.
//!
//! What comes at one position is ordered as [`LogVerifier`](crate::ledger::verify::LogVerifier) wants it:
//! the entry, the tiles by level, the checkpoint.

use std::sync::Arc;

use crate::ledger::tile::TILE_LEVEL_MAX;
use crate::ledger::verify::Signatory;
use crate::store::db::page::Page;
use crate::store::inspect::{LeafAt, PurgedAt, RawLeaf, RawPurged};
use crate::store::ledger::TileRow;

use super::ahead::{Checkpoints, Cursor, Desk, Opened, Stopped, Tiles};

/// Something of the ledger, as it is stored.
pub(super) enum Item<'i> {
    Leaf(RawLeaf<'i>),
    Purged(RawPurged<'i>),
    Tile(&'i TileRow),
    Checkpoint(&'i Opened),
}

/// All of the ledger, merged.
pub(super) struct Items<'d> {
    leaves: Cursor<'d, Page<LeafAt>>,
    purged: Cursor<'d, Page<PurgedAt>>,
    tiles: Vec<Cursor<'d, Tiles>>,
    checkpoints: Cursor<'d, Checkpoints>,
    /// The next tile or checkpoint: it stays, entry after entry.
    next_beside: NextBeside,
    /// What was handed out last, and is left behind when the next thing is asked for.
    at: At,
}

/// Where something is fed: the number of entries before and including it, then the kind.
type Position = (i64, u8);

/// The next tile or checkpoint, if there is one, and where it comes.
#[derive(Clone, Copy)]
enum NextBeside {
    Unknown,
    Known(Option<(Position, Beside)>),
}

/// What comes between the entries.
#[derive(Clone, Copy)]
enum Beside {
    Tile(usize),
    Checkpoint,
}

/// What a cursor stands at.
#[derive(Clone, Copy)]
enum At {
    Nothing,
    Leaf,
    Purged,
    Beside(Beside),
}

impl<'d> Items<'d> {
    /// Checkpoints are opened with the keys of `signatory`.
    pub(super) fn new(desk: &'d Desk, signatory: Arc<Signatory>) -> Self {
        let levels = 0..=TILE_LEVEL_MAX;
        Self {
            leaves: Cursor::new(desk, ()),
            purged: Cursor::new(desk, ()),
            tiles: levels.map(|level| Cursor::new(desk, i64::from(level))).collect(),
            checkpoints: Cursor::new(desk, signatory),
            next_beside: NextBeside::Unknown,
            at: At::Nothing,
        }
    }

    /// The next thing; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item<'_>>, Stopped> {
        self.leave();
        let leaf = self.find_leaf()?;
        let beside = match self.next_beside {
            NextBeside::Known(known) => known,
            NextBeside::Unknown => self.find_beside()?,
        };
        self.next_beside = NextBeside::Known(beside);
        self.at = match (leaf, beside) {
            (Some((leaf, at)), Some((position, _))) if leaf <= position => at,
            (_, Some((_, beside))) => At::Beside(beside),
            (Some((_, at)), None) => at,
            (None, None) => At::Nothing,
        };
        Ok(match self.at {
            At::Nothing => None,
            At::Leaf => self.leaves.row().map(Item::Leaf),
            At::Purged => self.purged.row().map(Item::Purged),
            At::Beside(Beside::Checkpoint) => self.checkpoints.checkpoint().map(Item::Checkpoint),
            At::Beside(Beside::Tile(level)) => {
                self.tiles.get(level).and_then(Cursor::tile).map(Item::Tile)
            }
        })
    }

    fn leave(&mut self) {
        match std::mem::replace(&mut self.at, At::Nothing) {
            At::Nothing => {}
            At::Leaf => self.leaves.advance(),
            At::Purged => self.purged.advance(),
            At::Beside(beside) => {
                self.next_beside = NextBeside::Unknown;
                match beside {
                    Beside::Checkpoint => self.checkpoints.advance(),
                    Beside::Tile(level) => {
                        if let Some(tiles) = self.tiles.get_mut(level) {
                            tiles.advance();
                        }
                    }
                }
            }
        }
    }

    /// The entry, or what is left of it, that comes first. Where both are there the entry does, and
    /// what is left of it is found as one too many.
    fn find_leaf(&mut self) -> Result<Option<(Position, At)>, Stopped> {
        let leaf = self.leaves.key()?.map(|idx| (idx, At::Leaf));
        let purged = self.purged.key()?.map(|idx| (idx, At::Purged));
        let first = match (leaf, purged) {
            (Some(leaf), Some(purged)) => Some(if leaf.0 <= purged.0 { leaf } else { purged }),
            (leaf, purged) => leaf.or(purged),
        };
        Ok(first.map(|(idx, at)| ((idx.saturating_add(1), 0), at)))
    }

    /// The tile or checkpoint that comes first.
    fn find_beside(&mut self) -> Result<Option<(Position, Beside)>, Stopped> {
        let size = self.checkpoints.key()?;
        let mut first = size.map(|size| ((size, u8::MAX), Beside::Checkpoint));
        for (number, tiles) in self.tiles.iter_mut().enumerate() {
            tiles.key()?;
            if let Some(position) = tiles.tile().map(tile_position)
                && first.is_none_or(|(first, _)| position < first)
            {
                first = Some((position, Beside::Tile(number)));
            }
        }
        Ok(first)
    }
}

/// The number of entries that completes the tile.
fn tile_position(tile: &TileRow) -> Position {
    let level = u8::try_from(tile.level).unwrap_or(u8::MAX - 1);
    let bits = 8 * (u32::from(level) + 1);
    let end = 1_i64.checked_shl(bits).and_then(|span| span.checked_mul(tile.idx.saturating_add(1)));
    (end.unwrap_or(i64::MAX), level.saturating_add(1))
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
