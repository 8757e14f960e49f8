//! Proofs that an entry is in the log and that the log only grew (RFC 6962 §2.1.1, §2.1.2).
//!
//! Making a proof takes hashes from storage. A [`Plan`] says which, so that an asynchronous store can
//! load them first and [`assemble`](Plan::assemble) afterwards; with a [`HashReader`] it is one call.
//! Checking a proof ([`verify_inclusion`], [`verify_consistency`]) takes nothing but its arguments.

mod consistency;
mod inclusion;
mod plan;

use super::hash::Hash;
use super::tile::{TileId, within_tile};
use super::tree::SIZE_MAX;

pub use consistency::{ConsistencyError, verify_consistency};
pub use inclusion::{InclusionError, verify_inclusion};
pub use plan::{Plan, PlanError, consistency_nodes, frontier_nodes, inclusion_nodes};

/// The most hashes in a proof over a tree within [`SIZE_MAX`]: one for each level below the root,
/// and for consistency one to start from.
pub const PROOF_HASHES_MAX: usize = 49;

/// The root of a perfect subtree: it covers the leaves `index << level .. (index + 1) << level`.
/// Never beyond [`SIZE_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    level: u8,
    index: u64,
}

impl Node {
    /// The `index`-th node at `level`; `None` when no tree is that large.
    pub fn new(level: u8, index: u64) -> Option<Self> {
        (index < SIZE_MAX.checked_shr(u32::from(level)).unwrap_or(0))
            .then_some(Self { level, index })
    }

    /// Levels above the leaves.
    pub const fn level(self) -> u8 {
        self.level
    }

    /// Index within the level.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// The hashes that fold into this node with [`root_of`](super::tree::root_of).
    pub fn slice(self) -> Slice {
        let within_tile = u32::from(self.level % 8);
        Slice {
            tile_level: self.level / 8,
            first: self.index << within_tile,
            len: 1 << within_tile,
        }
    }
}

/// Neighbouring hashes of one tile, whether or not that tile is full yet. Where it is not, the hashes
/// are at level 0 the leaf hashes `first..first + len`, above it the roots of the tiles
/// `first..first + len` of the level below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    tile_level: u8,
    first: u64,
    len: usize,
}

impl Slice {
    /// Level of the tile.
    pub const fn tile_level(self) -> u8 {
        self.tile_level
    }

    /// Index of the first hash among all hashes of that level, not only those of the tile.
    pub const fn first(self) -> u64 {
        self.first
    }

    /// How many hashes: a power of two, at most 128.
    pub const fn len(self) -> usize {
        self.len
    }

    /// Never: a slice has at least one hash.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The tile with these hashes; `None` when that tile cannot become full within [`SIZE_MAX`].
    pub fn tile(self) -> Option<TileId> {
        TileId::new(self.tile_level, self.first >> 8)
    }

    /// Where the hashes stand within the tile.
    pub fn range(self) -> std::ops::Range<usize> {
        let offset = within_tile(self.first);
        offset..offset + self.len
    }
}

/// Where hashes come from when they are at hand without waiting.
pub trait HashReader {
    /// Why a hash could not be read.
    type Error;

    /// The root of the perfect subtree with the leaves `index << level .. (index + 1) << level`.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// Why a proof could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// There is no such proof.
    #[error(transparent)]
    Plan(PlanError),
    /// A hash could not be read.
    #[error("a hash of the tree could not be read")]
    Read(#[source] E),
}

/// Proves that the leaf at `index` is in the tree of `size` leaves.
pub fn prove_inclusion<R: HashReader>(
    index: u64,
    size: u64,
    reader: &R,
) -> Result<Vec<Hash>, ProveError<R::Error>> {
    let plan = inclusion_nodes(index, size).map_err(ProveError::Plan)?;
    plan.read(reader).map_err(ProveError::Read)
}

/// Proves that the tree of `new` leaves begins with the tree of `old` leaves.
pub fn prove_consistency<R: HashReader>(
    old: u64,
    new: u64,
    reader: &R,
) -> Result<Vec<Hash>, ProveError<R::Error>> {
    let plan = consistency_nodes(old, new).map_err(ProveError::Plan)?;
    plan.read(reader).map_err(ProveError::Read)
}
