//! Checks that a tree only grew: RFC 9162 §2.1.4.2. Total: whatever the arguments, it answers.
//!
//! Both roots are computed from the proof and both are compared. A check that compares only the new
//! one would accept any history.

use crate::ledger::hash::Hash;
use crate::ledger::tree::SIZE_MAX;

/// Why a tree is not shown to begin with an older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConsistencyError {
    /// A tree is beyond [`SIZE_MAX`].
    #[error("no tree has {size} leaves")]
    SizeBeyondLimit {
        /// Size of the tree.
        size: u64,
    },
    /// The old tree is larger than the new one.
    #[error("a tree of {new} leaves does not begin with one of {old}")]
    OldTreeLarger {
        /// Size of the old tree.
        old: u64,
        /// Size of the new tree.
        new: u64,
    },
    /// One size with two roots: the log was forked.
    #[error("two trees of the same size have different roots")]
    SameSizeOtherRoot,
    /// The proof ends before the roots.
    #[error("the consistency proof has too few hashes")]
    TooFewHashes,
    /// The proof goes on above the roots.
    #[error("the consistency proof has too many hashes")]
    TooManyHashes,
    /// The proof does not give the old root.
    #[error("the consistency proof does not lead to the old root")]
    OldRootMismatch,
    /// The proof gives the old root, but not the new one.
    #[error("the consistency proof does not lead to the new root")]
    NewRootMismatch,
}

/// Checks that the tree of `new` leaves with root `new_root` begins with the tree of `old` leaves
/// with root `old_root`.
///
/// From the empty tree there is nothing to check but that the old root is the empty tree's and the
/// proof empty; `new_root` may then be anything.
pub fn verify_consistency(
    old: u64,
    old_root: Hash,
    new: u64,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), ConsistencyError> {
    if new > SIZE_MAX {
        return Err(ConsistencyError::SizeBeyondLimit { size: new });
    }
    if old > new {
        return Err(ConsistencyError::OldTreeLarger { old, new });
    }
    if old == 0 && old_root != Hash::EMPTY_TREE {
        return Err(ConsistencyError::OldRootMismatch);
    }
    if old == new && old_root != new_root {
        return Err(ConsistencyError::SameSizeOtherRoot);
    }
    if old == 0 || old == new {
        return if proof.is_empty() { Ok(()) } else { Err(ConsistencyError::TooManyHashes) };
    }
    let (found_old, found_new) = roots(old, old_root, new, proof)?;
    if found_old != old_root {
        return Err(ConsistencyError::OldRootMismatch);
    }
    if found_new != new_root {
        return Err(ConsistencyError::NewRootMismatch);
    }
    Ok(())
}

/// Follows the proof up both trees at once, for `0 < old < new`.
fn roots(
    old: u64,
    old_root: Hash,
    new: u64,
    proof: &[Hash],
) -> Result<(Hash, Hash), ConsistencyError> {
    // The start is the largest perfect subtree that ends where the old tree ends. When that is the
    // whole old tree, its root is not repeated in the proof.
    let (start, siblings) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        let (start, siblings) = proof.split_first().ok_or(ConsistencyError::TooFewHashes)?;
        (*start, siblings)
    };
    let level = old.trailing_zeros();
    let (mut position, mut last) = ((old - 1) >> level, (new - 1) >> level);
    let (mut in_old, mut in_new) = (start, start);
    for sibling in siblings {
        if last == 0 {
            return Err(ConsistencyError::TooManyHashes);
        }
        if position % 2 == 1 || position == last {
            in_old = Hash::node(*sibling, in_old);
            in_new = Hash::node(*sibling, in_new);
            // A last node without a sibling moves up unchanged until it is a right child.
            let lone = position.trailing_zeros();
            position >>= lone;
            last >>= lone;
        } else {
            in_new = Hash::node(in_new, *sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ConsistencyError::TooFewHashes);
    }
    Ok((in_old, in_new))
}
