//! What is left of entries that were purged: their hashes, and an entry that says which they were.
//!
//! Retention ends what an entry says, never that it was there (DOMAIN §5.1). The hash of a purged
//! entry stays, so the tree and every proof in it stay what they were. The entry about a purge binds
//! the position and the hash of each entry that it purged: nobody can purge one more under its name.

use super::hash::Hash;
use super::tree::Frontier;

/// Entries that were purged together, as the entry about it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge {
    /// Index of the first.
    pub first: u64,
    /// Index of the last.
    pub last: u64,
    /// How many: fewer than lie between them where some were held back.
    pub count: u64,
    /// Root of the RFC 6962 tree over them, in order; a leaf of it is the index (eight big-endian
    /// bytes) and the hash of a purged entry.
    pub root: Hash,
}

/// Adds up entries that were picked out of the ledger: purged ones, or those that a breach touches.
#[derive(Debug, Clone, Default)]
pub struct PickedEntries {
    first: Option<u64>,
    last: u64,
    tree: Frontier,
}

impl PickedEntries {
    /// Adds an entry; each must come after the one before.
    pub fn add(&mut self, index: u64, hash: Hash) {
        self.first.get_or_insert(index);
        self.last = index;
        let leaf = [&index.to_be_bytes()[..], hash.as_bytes()].concat();
        self.tree.append(Hash::leaf(&leaf));
    }

    /// All that were added; none when there were none.
    pub fn purge(&self) -> Option<Purge> {
        let (count, root) = (self.tree.size(), self.tree.root());
        self.first.map(|first| Purge { first, last: self.last, count, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purge(entries: &[(u64, u8)]) -> Option<Purge> {
        let mut purged = PickedEntries::default();
        for (index, hash) in entries {
            purged.add(*index, Hash::new([*hash; 32]));
        }
        purged.purge()
    }

    #[test]
    fn a_purge_binds_every_position_and_hash() {
        let three = purge(&[(2, 1), (3, 2), (7, 3)]).unwrap();
        assert_eq!((three.first, three.last, three.count), (2, 7, 3));
        for other in [
            &[(2, 1), (3, 2)][..],
            &[(2, 1), (4, 2), (7, 3)],
            &[(2, 1), (3, 9), (7, 3)],
            &[(2, 1), (3, 2), (4, 2), (7, 3)],
        ] {
            assert_ne!(purge(other).unwrap().root, three.root, "{other:?}");
        }
        assert_eq!(purge(&[]), None);
    }
}
