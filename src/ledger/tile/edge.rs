//! The right edge of the tree: at every level, the hashes of the tile that is not full yet.
//!
//! It holds at most 255 hashes a level, whatever the size of the tree, and is all that is needed to
//! append leaves and to give out each tile at the moment it is full.

use super::{TILE_LEVEL_MAX, TILE_WIDTH, Tile, TileId, full_tiles, partial_width};
use crate::ledger::hash::Hash;
use crate::ledger::tree::{Frontier, SIZE_MAX, root_of};

/// The hashes that no full tile holds yet, level by level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

/// Tile levels of the largest tree: those with full tiles, and one above for the roots of the last.
const LEVELS: usize = 7;

impl Default for Edge {
    fn default() -> Self {
        Self { size: 0, levels: vec![Vec::new(); LEVELS] }
    }
}

impl Edge {
    /// The edge of the tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of a tree of `size` leaves from what is stored: `levels[0]` holds the leaf hashes
    /// after the last full tile, `levels[l]` the roots of the tiles of level l − 1 after the last full
    /// tile of level l. Levels at the end may be left out when empty. `None` when the numbers of
    /// hashes do not fit the size.
    pub fn from_levels(size: u64, mut levels: Vec<Vec<Hash>>) -> Option<Self> {
        if size > SIZE_MAX || levels.len() > LEVELS {
            return None;
        }
        levels.resize_with(LEVELS, Vec::new);
        (0_u8..)
            .zip(&levels)
            .all(|(level, hashes)| hashes.len() == partial_width(level, size))
            .then_some(Self { size, levels })
    }

    /// The hashes that no full tile holds yet, from the leaves up.
    pub fn levels(&self) -> &[Vec<Hash>] {
        &self.levels
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf and returns the tiles that this completes, lowest level first.
    pub fn append(&mut self, leaf: Hash) -> Vec<(TileId, Tile)> {
        self.push_leaf(leaf);
        let mut tiles = Vec::new();
        for level in 0..=TILE_LEVEL_MAX {
            let Some((id, tile)) = self.take_full(level) else { break };
            self.push_root(level, tile.root());
            tiles.push((id, tile));
        }
        tiles
    }

    /// The frontier of the tree: the same tree, cut at every bit of its size instead of every eighth.
    /// No tile may wait to be taken.
    pub fn frontier(&self) -> Frontier {
        let mut roots = Vec::new();
        for hashes in self.levels.iter().rev() {
            let mut rest = hashes.as_slice();
            while let Some(bit) = rest.len().checked_ilog2() {
                let (perfect, smaller) = rest.split_at(1 << bit);
                roots.push(root_of(perfect));
                rest = smaller;
            }
        }
        frontier_of(self.size, roots)
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        self.frontier().root()
    }

    /// Adds a leaf, but leaves a tile that it completes in place, to be taken with `take_full`.
    pub(in crate::ledger) fn push_leaf(&mut self, leaf: Hash) {
        self.push(0, leaf);
        self.size += 1;
    }

    /// Hands the root of the tile taken at `level` to the level above.
    pub(in crate::ledger) fn push_root(&mut self, level: u8, root: Hash) {
        self.push(level + 1, root);
    }

    /// Removes the tile at `level` if it is full. Its root must follow through `push_root`.
    pub(in crate::ledger) fn take_full(&mut self, level: u8) -> Option<(TileId, Tile)> {
        let id = self.full(level)?;
        let hashes = std::mem::take(self.levels.get_mut(usize::from(level))?);
        Some((id, Tile::new(hashes).ok()?))
    }

    /// The tile at `level`, if it is full and waits to be taken.
    pub(in crate::ledger) fn full(&self, level: u8) -> Option<TileId> {
        let hashes = self.levels.get(usize::from(level))?;
        if hashes.len() < TILE_WIDTH {
            return None;
        }
        TileId::new(level, full_tiles(level, self.size).checked_sub(1)?)
    }

    fn push(&mut self, level: u8, hash: Hash) {
        self.levels
            .get_mut(usize::from(level))
            .expect("a tree within the size limit has no higher level")
            .push(hash);
    }
}

fn frontier_of(size: u64, roots: Vec<Hash>) -> Frontier {
    Frontier::from_roots(size, roots).expect("the levels hold the digits of the size")
}
