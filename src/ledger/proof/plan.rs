//! Which nodes of the tree a proof is made of.
//!
//! Each hash of a proof is the root of a subtree. A subtree that is not perfect (only those on the
//! right edge are not) has no node of its own: it is folded from the perfect subtrees in it.

use super::{HashReader, Node};
use crate::ledger::hash::Hash;
use crate::ledger::tree::{SIZE_MAX, fold_right};

/// The nodes that make up a proof.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    nodes: Vec<Node>,
    /// How many of the nodes, in order, fold into each hash of the proof.
    folds: Vec<usize>,
}

/// A proof that cannot exist, or hashes that are not those of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The leaf is not in the tree.
    #[error("there is no leaf {index} in a tree of {size}")]
    IndexOutOfRange {
        /// Index of the leaf.
        index: u64,
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
    /// The tree is beyond [`SIZE_MAX`].
    #[error("no tree has {size} leaves")]
    SizeBeyondLimit {
        /// Size of the tree.
        size: u64,
    },
    /// There are not as many hashes as the plan has nodes.
    #[error("the plan needs {needed} hashes and got {found}")]
    WrongNumberOfHashes {
        /// Nodes of the plan.
        needed: usize,
        /// Hashes given.
        found: usize,
    },
}

impl Plan {
    /// The nodes to load.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Folds the hashes of [`nodes`](Self::nodes), given in the same order, into the proof.
    pub fn assemble(&self, hashes: &[Hash]) -> Result<Vec<Hash>, PlanError> {
        let wrong_number =
            PlanError::WrongNumberOfHashes { needed: self.nodes.len(), found: hashes.len() };
        if hashes.len() != self.nodes.len() {
            return Err(wrong_number);
        }
        let mut rest = hashes;
        self.folds
            .iter()
            .map(|count| {
                let (subtree, after) = rest.split_at_checked(*count)?;
                rest = after;
                fold_right(subtree)
            })
            .collect::<Option<_>>()
            .ok_or(wrong_number)
    }

    pub(super) fn read<R: HashReader>(&self, reader: &R) -> Result<Vec<Hash>, R::Error> {
        let hashes = self
            .nodes
            .iter()
            .map(|node| reader.node(node.level, node.index))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(self.assemble(&hashes).expect("one hash was read for each node"))
    }

    /// A plan with one hash for each subtree, given as ranges of leaves.
    fn of(subtrees: &[(u64, u64)]) -> Self {
        let mut plan = Self::default();
        for &(start, end) in subtrees {
            let before = plan.nodes.len();
            plan.nodes.extend(perfect_subtrees(start, end));
            plan.folds.push(plan.nodes.len() - before);
        }
        plan
    }
}

/// The nodes for the proof that the leaf at `index` is in the tree of `size` leaves: `PATH(m, D[n])`
/// of RFC 6962 §2.1.1.
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Plan, PlanError> {
    check_size(size)?;
    if index >= size {
        return Err(PlanError::IndexOutOfRange { index, size });
    }
    let mut siblings = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            siblings.push((middle, end));
            end = middle;
        } else {
            siblings.push((start, middle));
            start = middle;
        }
    }
    // Found from the root down; a proof goes from the leaf up.
    siblings.reverse();
    Ok(Plan::of(&siblings))
}

/// The nodes for the proof that the tree of `new` leaves begins with the tree of `old` leaves:
/// `PROOF(m, D[n])` of RFC 6962 §2.1.2. From the empty tree, which every tree begins with, and from
/// a tree to itself, the proof is empty.
pub fn consistency_nodes(old: u64, new: u64) -> Result<Plan, PlanError> {
    check_size(new)?;
    if old > new {
        return Err(PlanError::OldTreeLarger { old, new });
    }
    if old == 0 {
        return Ok(Plan::default());
    }
    let mut subtrees = Vec::new();
    let (mut start, mut end) = (0, new);
    while old < end {
        let middle = start + split(end - start);
        if old <= middle {
            subtrees.push((middle, end));
            end = middle;
        } else {
            subtrees.push((start, middle));
            start = middle;
        }
    }
    // Whoever holds the old root knows this last subtree already when it is the whole old tree.
    if start > 0 {
        subtrees.push((start, end));
    }
    subtrees.reverse();
    Ok(Plan::of(&subtrees))
}

/// The nodes of the [`Frontier`](crate::ledger::tree::Frontier) of the tree of `size` leaves, and
/// with it of its root.
pub fn frontier_nodes(size: u64) -> Result<Vec<Node>, PlanError> {
    check_size(size)?;
    Ok(perfect_subtrees(0, size).collect())
}

fn check_size(size: u64) -> Result<(), PlanError> {
    if size > SIZE_MAX { Err(PlanError::SizeBeyondLimit { size }) } else { Ok(()) }
}

/// The largest power of two smaller than `leaves`, which is at least 2: where RFC 6962 splits a tree.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The perfect subtrees of a subtree, largest first. `start` is a multiple of each of their sizes,
/// because RFC 6962 only ever splits off a power of two at least as large as what is left.
fn perfect_subtrees(start: u64, end: u64) -> impl Iterator<Item = Node> {
    let mut next = start;
    std::iter::from_fn(move || {
        let level = (end - next).checked_ilog2()?;
        let index = next >> level;
        next += 1 << level;
        Some(Node { level: u8::try_from(level).ok()?, index })
    })
}
