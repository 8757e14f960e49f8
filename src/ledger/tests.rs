//! Differential tests: other people's transparency-log code against ours, in both directions.
//!
//! The oracles are `ct-merkle`, `tlog_tiles` and `signed_note`. A proof, tile, note or checkpoint made
//! by one side must be accepted by the other, and a damaged one refused by both.

mod notes;
mod oracle;
mod proofs;
mod tiles;
mod trees;
mod witnessing;

use std::collections::BTreeMap;

use super::hash::Hash;
use super::proof::{HashReader, Node};
use super::tile::{Edge, Tile, TileId};
use super::tree::{Frontier, root_of};

/// Sizes on both sides of every boundary up to two levels of tiles.
const SIZES: &[u64] = &[
    1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 127, 128, 129, 255, 256, 257, 511, 512, 513, 65_535,
    65_536, 65_537,
];

/// The data of the `index`-th leaf.
fn data(index: u64) -> Vec<u8> {
    format!("leaf {index}").into_bytes()
}

fn leaf(index: u64) -> Hash {
    Hash::leaf(&data(index))
}

/// A log as it is stored: all leaf hashes, all full tiles, nothing else.
#[derive(Default)]
struct Log {
    leaves: Vec<Hash>,
    tiles: BTreeMap<TileId, Tile>,
}

impl Log {
    fn of(size: u64) -> Self {
        let (mut log, mut edge) = (Self::default(), Edge::new());
        for index in 0..size {
            log.leaves.push(leaf(index));
            log.tiles.extend(edge.append(leaf(index)));
        }
        log
    }

    fn size(&self) -> u64 {
        u64::try_from(self.leaves.len()).unwrap()
    }

    fn root_at(&self, size: u64) -> Hash {
        let mut frontier = Frontier::new();
        for leaf in &self.leaves[..usize::try_from(size).unwrap()] {
            frontier.append(*leaf);
        }
        frontier.root()
    }

    /// Loads a node the way a store does.
    fn load(&self, node: Node) -> Option<Hash> {
        let slice = node.slice();
        let first = slice.first();
        let full = slice.tile().and_then(|tile| self.tiles.get(&tile));
        let hashes = match (full, slice.tile_level()) {
            (Some(tile), _) => tile.hashes()[slice.range()].to_vec(),
            (None, 0) => {
                let first = usize::try_from(first).unwrap();
                self.leaves.get(first..first + slice.len())?.to_vec()
            }
            (None, level) => (first..)
                .take(slice.len())
                .map(|index| Some(self.tiles.get(&TileId::new(level - 1, index)?)?.root()))
                .collect::<Option<_>>()?,
        };
        Some(root_of(&hashes))
    }
}

impl HashReader for Log {
    type Error = Node;
    fn node(&self, level: u8, index: u64) -> Result<Hash, Node> {
        let node = Node::new(level, index).unwrap();
        self.load(node).ok_or(node)
    }
}
