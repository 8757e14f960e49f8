//! Checks that a leaf is in a tree: RFC 9162 §2.1.3.2. Total: whatever the arguments, it answers.

use crate::ledger::hash::Hash;
use crate::ledger::tree::SIZE_MAX;

/// Why a leaf is not shown to be in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InclusionError {
    /// The tree is beyond [`SIZE_MAX`].
    #[error("no tree has {size} leaves")]
    SizeBeyondLimit {
        /// Size of the tree.
        size: u64,
    },
    /// The leaf is not in the tree.
    #[error("there is no leaf {index} in a tree of {size}")]
    IndexOutOfRange {
        /// Index of the leaf.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// The proof ends before the root.
    #[error("the inclusion proof has too few hashes")]
    TooFewHashes,
    /// The proof goes on above the root.
    #[error("the inclusion proof has too many hashes")]
    TooManyHashes,
    /// The proof leads elsewhere: the leaf, its index, the root or a hash of the proof is wrong.
    #[error("the inclusion proof does not lead from the leaf to the root")]
    RootMismatch,
}

/// Checks that `leaf` is the hash at `index` in the tree of `size` leaves with this `root`.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> Result<(), InclusionError> {
    if size > SIZE_MAX {
        return Err(InclusionError::SizeBeyondLimit { size });
    }
    if index >= size {
        return Err(InclusionError::IndexOutOfRange { index, size });
    }
    // Positions of the node and of the last node, at the level that has been reached.
    let (mut position, mut last) = (index, size - 1);
    let mut node = leaf;
    for sibling in proof {
        if last == 0 {
            return Err(InclusionError::TooManyHashes);
        }
        if position % 2 == 1 || position == last {
            node = Hash::node(*sibling, node);
            // A last node without a sibling moves up unchanged until it is a right child.
            let lone = position.trailing_zeros();
            position >>= lone;
            last >>= lone;
        } else {
            node = Hash::node(node, *sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(InclusionError::TooFewHashes);
    }
    if node == root { Ok(()) } else { Err(InclusionError::RootMismatch) }
}
