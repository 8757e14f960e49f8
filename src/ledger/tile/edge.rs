//! The right edge of the tree: at every level, the hashes of the tile that is not full yet.
//!
//! It holds at most 255 hashes a level, whatever the size of the tree, and is all that is needed to
//! append leaves and to give out each tile at the moment it is full.

use super::{TILE_LEVEL_MAX, TILE_WIDTH, Tile, TileId, full_tiles, partial_width};
use crate::ledger::hash::Hash;
use crate::ledger::tree::{Frontier, SIZE_MAX};

/// The hashes that no full tile holds yet, level by level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Level>,
}

/// The hashes of one level that no full tile holds yet, and the tree over them as far as they fill it:
/// so every node is hashed once, however often the root is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Level {
    hashes: Vec<Hash>,
    tree: Frontier,
}

/// A tile that has become full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ledger) struct Full {
    pub(in crate::ledger) id: TileId,
    pub(in crate::ledger) tile: Tile,
    pub(in crate::ledger) root: Hash,
}

/// Tile levels of the largest tree: those with full tiles, and one above for the roots of the last.
const LEVELS: usize = 7;

impl Default for Edge {
    fn default() -> Self {
        Self { size: 0, levels: vec![Level::default(); LEVELS] }
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
            .then(|| Self { size, levels: levels.into_iter().map(Level::of).collect() })
    }

    /// The hashes that no full tile holds yet, from the leaves up.
    pub fn levels(&self) -> impl Iterator<Item = &[Hash]> {
        self.levels.iter().map(|level| level.hashes.as_slice())
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
            let Some(Full { id, tile, root }) = self.take_full(level) else { break };
            self.push_root(level, root);
            tiles.push((id, tile));
        }
        tiles
    }

    /// The frontier of the tree: the same tree, cut at every bit of its size instead of every eighth.
    /// No tile may wait to be taken.
    pub fn frontier(&self) -> Frontier {
        let roots = self.levels.iter().rev().flat_map(|level| level.tree.roots());
        frontier_of(self.size, roots.copied().collect())
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
    pub(in crate::ledger) fn take_full(&mut self, level: u8) -> Option<Full> {
        let id = self.full(level)?;
        let Level { hashes, tree } = std::mem::take(self.levels.get_mut(usize::from(level))?);
        Some(Full { id, tile: Tile::new(hashes).ok()?, root: tree.root() })
    }

    /// The tile at `level`, if it is full and waits to be taken.
    pub(in crate::ledger) fn full(&self, level: u8) -> Option<TileId> {
        let level_hashes = &self.levels.get(usize::from(level))?.hashes;
        if level_hashes.len() < TILE_WIDTH {
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

impl Level {
    fn of(hashes: Vec<Hash>) -> Self {
        let mut tree = Frontier::new();
        for hash in &hashes {
            tree.append(*hash);
        }
        Self { hashes, tree }
    }

    fn push(&mut self, hash: Hash) {
        self.hashes.push(hash);
        self.tree.append(hash);
    }
}

fn frontier_of(size: u64, roots: Vec<Hash>) -> Frontier {
    Frontier::from_roots(size, roots).expect("the levels hold the digits of the size")
}
