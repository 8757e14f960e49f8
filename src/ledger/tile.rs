//! The tree cut into tiles (C2SP `tlog-tiles`): 256 hashes wide, eight levels of the tree high.
//!
//! A tile at level l holds 256 neighbouring nodes of tree level 8·l. Level 0 holds leaf hashes; above
//! it, each hash is the root of a full tile below. Only full tiles are ever stored: they never change
//! again. What is not full yet is the [`Edge`].

mod edge;
mod path;
mod subtrees;

#[cfg(test)]
mod tests;

use super::hash::Hash;
use super::tree::{SIZE_MAX, root_of};

pub use edge::Edge;
pub(super) use edge::Full;
pub use path::{InvalidTilePath, TileContent, TilePath};
pub use subtrees::Subtrees;

/// Hashes in a full tile.
pub const TILE_WIDTH: usize = 256;

/// Bytes of a full tile.
pub const TILE_BYTES: usize = TILE_WIDTH * Hash::BYTES;

/// The highest level with a full tile in a tree of [`SIZE_MAX`] leaves: it spans all 256^6 of them.
pub const TILE_LEVEL_MAX: u8 = 5;

/// Where a full tile stands in the tree. Never beyond [`SIZE_MAX`] leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    level: u8,
    index: u64,
}

impl TileId {
    /// The `index`-th tile at `level`; `None` when no tree is that large.
    pub fn new(level: u8, index: u64) -> Option<Self> {
        (level <= TILE_LEVEL_MAX && index < full_tiles(level, SIZE_MAX))
            .then_some(Self { level, index })
    }

    /// Level of the tile, 0 for leaf hashes.
    pub const fn level(self) -> u8 {
        self.level
    }

    /// Index of the tile within its level.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// Index of the first leaf that the tile spans.
    pub fn first_leaf(self) -> u64 {
        self.index << span_bits(self.level)
    }

    /// Index after the last leaf that the tile spans: the tree size that completes the tile.
    pub fn end_leaf(self) -> u64 {
        (self.index + 1) << span_bits(self.level)
    }

    /// Whether a tree of `size` leaves has this tile in full.
    pub fn is_full_at(self, size: u64) -> bool {
        self.end_leaf() <= size
    }

    /// The tile whose root is the `offset`-th hash of this one; `None` at level 0, where the hashes
    /// are leaves.
    pub(super) fn child(self, offset: usize) -> Option<Self> {
        let offset = u64::try_from(offset).ok()?;
        Self::new(self.level.checked_sub(1)?, (self.index << 8) + offset)
    }
}

/// The tiles that become full when the tree grows from `old` to `new` leaves: by level, then index.
pub fn completed(old: u64, new: u64) -> impl Iterator<Item = TileId> {
    (0..=TILE_LEVEL_MAX).flat_map(move |level| {
        (full_tiles(level, old)..full_tiles(level, new.min(SIZE_MAX)))
            .map(move |index| TileId { level, index })
    })
}

/// How many hashes the tile that is not full yet has, at `level` of a tree of `size` leaves.
pub fn partial_width(level: u8, size: u64) -> usize {
    within_tile(size.checked_shr(8 * u32::from(level)).unwrap_or(0))
}

fn full_tiles(level: u8, size: u64) -> u64 {
    size.checked_shr(span_bits(level)).unwrap_or(0)
}

/// Where the hash that is `index`-th of its level stands in its tile.
pub(super) fn within_tile(index: u64) -> usize {
    let [low, ..] = index.to_le_bytes();
    usize::from(low)
}

/// Binary logarithm of the number of leaves that a tile spans.
fn span_bits(level: u8) -> u32 {
    8 * (u32::from(level) + 1)
}

/// The hashes of a full tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile(Vec<Hash>);

impl Tile {
    /// Takes exactly [`TILE_WIDTH`] hashes.
    pub fn new(hashes: Vec<Hash>) -> Result<Self, InvalidTile> {
        if hashes.len() == TILE_WIDTH { Ok(Self(hashes)) } else { Err(InvalidTile) }
    }

    /// Reads exactly [`TILE_BYTES`] bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidTile> {
        match bytes.as_chunks() {
            (hashes, []) => Self::new(hashes.iter().copied().map(Hash::new).collect()),
            _ => Err(InvalidTile),
        }
    }

    /// The hashes one after the other, as they are stored and served.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(Hash::as_bytes).copied().collect()
    }

    /// Whether these are exactly the bytes of [`Tile::to_bytes`].
    pub(super) fn is(&self, bytes: &[u8]) -> bool {
        bytes.len() == TILE_BYTES
            && bytes
                .chunks_exact(Hash::BYTES)
                .zip(&self.0)
                .all(|(bytes, hash)| bytes == hash.as_bytes())
    }

    /// The hashes, from left to right.
    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }

    /// The node eight levels above the hashes: one hash of the tile above.
    pub fn root(&self) -> Hash {
        root_of(&self.0)
    }
}

/// Not the hashes of a full tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a full tile has exactly {TILE_WIDTH} hashes")]
pub struct InvalidTile;
