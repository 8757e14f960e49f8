//! The append side of the tree: enough hashes to add leaves and to know the root, and no more.
//!
//! A tree of n leaves is a row of perfect subtrees, one for each bit of n that is set, largest first
//! (RFC 6962 §2.1). Their roots are all that an append or the root needs.

use super::hash::Hash;

/// The most leaves a tree may have. Beyond what any region can write (10 000 entries a second for
/// 800 years), and far enough from 2^64 that no arithmetic on positions can overflow.
pub const SIZE_MAX: u64 = 1 << 48;

/// The longest encoding of a [`Frontier`].
pub const FRONTIER_BYTES_MAX: usize = 8 + 48 * Hash::BYTES;

/// Size of a tree and the roots of its perfect subtrees, largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the roots of the perfect subtrees, largest first; `None` when there are not as many as
    /// a tree of this size has, or the size is beyond [`SIZE_MAX`].
    pub fn from_roots(size: u64, roots: Vec<Hash>) -> Option<Self> {
        let expected = usize::try_from(size.count_ones()).ok()?;
        (size <= SIZE_MAX && roots.len() == expected).then_some(Self { size, roots })
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, largest first.
    pub(super) fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Adds a leaf.
    pub fn append(&mut self, leaf: Hash) {
        // Two perfect subtrees of one size become one of twice the size, like a carry.
        let node = (0..self.size.trailing_ones())
            .filter_map(|_| self.roots.pop())
            .fold(leaf, |right, left| Hash::node(left, right));
        self.roots.push(node);
        self.size += 1;
    }

    /// The root of the tree (RFC 6962 §2.1).
    pub fn root(&self) -> Hash {
        fold_right(&self.roots).unwrap_or(Hash::EMPTY_TREE)
    }

    /// The size as eight big-endian bytes, then the roots.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.roots.len() * Hash::BYTES);
        bytes.extend_from_slice(&self.size.to_be_bytes());
        for root in &self.roots {
            bytes.extend_from_slice(root.as_bytes());
        }
        bytes
    }

    /// Reads what [`Frontier::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidFrontier> {
        let (size, roots) = bytes.split_first_chunk().ok_or(InvalidFrontier)?;
        let (roots, []) = roots.as_chunks::<{ Hash::BYTES }>() else {
            return Err(InvalidFrontier);
        };
        let roots = roots.iter().copied().map(Hash::new).collect();
        Self::from_roots(u64::from_be_bytes(*size), roots).ok_or(InvalidFrontier)
    }
}

/// Bytes that are not the encoding of a frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the frontier of a tree: the number of roots does not fit the size")]
pub struct InvalidFrontier;

/// The root of the tree with these leaf hashes. Of 2^k hashes at any one level, the node k levels up.
pub fn root_of(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.append(*leaf);
    }
    frontier.root()
}

/// Joins the roots of neighbouring subtrees, largest first, into the root above them all; `None` for
/// no roots.
pub(super) fn fold_right(roots: &[Hash]) -> Option<Hash> {
    let (last, rest) = roots.split_last()?;
    Some(rest.iter().rev().fold(*last, |right, left| Hash::node(*left, right)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frontier(size: u64) -> Frontier {
        let mut frontier = Frontier::new();
        for index in 0..size {
            frontier.append(Hash::leaf(&index.to_be_bytes()));
        }
        frontier
    }

    #[test]
    fn a_frontier_has_one_root_for_each_bit_of_its_size() {
        for size in 0..600 {
            let frontier = frontier(size);
            assert_eq!(frontier.size(), size);
            assert_eq!(frontier.encode().len(), 8 + 32 * frontier.roots.len());
            assert_eq!(Frontier::decode(&frontier.encode()), Ok(frontier));
        }
    }

    #[test]
    fn the_longest_frontier_is_of_the_largest_tree_but_one() {
        let size = SIZE_MAX - 1;
        let longest = Frontier::from_roots(size, vec![Hash::EMPTY_TREE; 48]).unwrap();
        assert_eq!(longest.encode().len(), FRONTIER_BYTES_MAX);
    }

    #[test]
    fn a_frontier_with_too_many_or_too_few_bytes_is_refused() {
        let good = frontier(13).encode();
        for len in 0..good.len() {
            assert_eq!(Frontier::decode(&good[..len]), Err(InvalidFrontier), "{len}");
        }
        assert_eq!(Frontier::decode(&[&good[..], &[0]].concat()), Err(InvalidFrontier));
        assert_eq!(Frontier::decode(&[&good[..], &[0; 32]].concat()), Err(InvalidFrontier));
        let mut beyond = (SIZE_MAX * 2).to_be_bytes().to_vec();
        beyond.extend([0; 32]);
        assert_eq!(Frontier::decode(&beyond), Err(InvalidFrontier));
    }

    proptest! {
        #[test]
        fn appending_after_a_restart_gives_the_same_tree(before in 0_u64..300, after in 0_u64..300) {
            let mut restarted = Frontier::decode(&frontier(before).encode()).unwrap();
            for index in before..before + after {
                restarted.append(Hash::leaf(&index.to_be_bytes()));
            }
            prop_assert_eq!(restarted, frontier(before + after));
        }

        #[test]
        fn any_bytes_decode_to_what_encodes_to_them_or_not_at_all(bytes: Vec<u8>) {
            if let Ok(frontier) = Frontier::decode(&bytes) {
                prop_assert_eq!(frontier.encode(), bytes);
            }
        }
    }
}
