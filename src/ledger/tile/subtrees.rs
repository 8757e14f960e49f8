//! The roots of all perfect subtrees within one tile, so that many proofs through the tile hash it
//! once.

use crate::ledger::hash::Hash;
use crate::ledger::proof::Slice;

/// The hashes of a tile, full or not, and the roots of all perfect subtrees over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subtrees {
    /// `layers[k][i]` is the root over the hashes `i << k .. (i + 1) << k`.
    layers: Vec<Vec<Hash>>,
}

impl Subtrees {
    /// Hashes everything there is to hash: one less than there are hashes.
    pub fn of(hashes: Vec<Hash>) -> Self {
        let mut layers = vec![hashes];
        while let Some(below) = layers.last()
            && below.len() > 1
        {
            let (pairs, _) = below.as_chunks();
            let above = pairs.iter().map(|[left, right]| Hash::node(*left, *right)).collect();
            layers.push(above);
        }
        Self { layers }
    }

    /// The root over neighbouring hashes of the tile; `None` when they are not all there.
    pub fn root(&self, slice: Slice) -> Option<Hash> {
        let layer = usize::try_from(slice.len().ilog2()).ok()?;
        let place = slice.range().start >> layer;
        self.layers.get(layer)?.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::proof::Node;
    use crate::ledger::tree::root_of;

    proptest! {
        #[test]
        fn a_subtree_is_what_its_hashes_fold_into(
            width in 0_usize..=256,
            level in 0_u8..8,
            index in 0_u64..256,
        ) {
            let hashes: Vec<Hash> =
                (0..width).map(|number| Hash::leaf(&number.to_be_bytes())).collect();
            let node = Node::new(level, index >> level).unwrap();
            let expected = hashes.get(node.slice().range()).map(root_of);
            prop_assert_eq!(Subtrees::of(hashes).root(node.slice()), expected);
        }
    }
}
