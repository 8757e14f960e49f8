//! Inclusion and consistency proofs: made by ours and checked by theirs, and the other way round.

use std::sync::LazyLock;

use proptest::prelude::*;
use tlog_tiles::tlog;

use super::oracle::{
    CtTree, TlogTree, bytes, ct_accepts_consistency, ct_accepts_inclusion, ct_root, from_tlog,
    hashes, to_tlog,
};
use super::{Hash, Log, SIZES, data, leaf};
use crate::ledger::proof::{
    ConsistencyError, InclusionError, PROOF_HASHES_MAX, PlanError, consistency_nodes,
    inclusion_nodes, prove_consistency, prove_inclusion, verify_consistency, verify_inclusion,
};
use crate::ledger::tree::SIZE_MAX;

/// Size of the small log of the exhaustive and the random tests.
const SMALL: u64 = 40;

static SMALL_LOG: LazyLock<Log> = LazyLock::new(|| Log::of(SMALL));
static LARGE_LOG: LazyLock<Log> = LazyLock::new(|| Log::of(65_537));
static LARGE_TLOG: LazyLock<TlogTree> = LazyLock::new(|| TlogTree::of(65_537));

fn tlog_accepts_inclusion(index: u64, size: u64, proof: &[Hash], root: Hash, of: Hash) -> bool {
    let proof = proof.iter().copied().map(to_tlog).collect();
    tlog::check_record(&proof, size, to_tlog(root), index, to_tlog(of)).is_ok()
}

fn tlog_accepts_consistency(old: (u64, Hash), new: (u64, Hash), proof: &[Hash]) -> bool {
    let proof = proof.iter().copied().map(to_tlog).collect();
    tlog::check_tree(&proof, new.0, to_tlog(new.1), old.0, to_tlog(old.1)).is_ok()
}

/// Indexes at and around everything that can go wrong.
fn indexes(size: u64) -> Vec<u64> {
    let mut indexes: Vec<_> = [0, 1, 127, 128, 255, 256, 511, 512, 65_279, 65_535, 65_536]
        .into_iter()
        .chain([size / 3, size / 2, size.saturating_sub(2), size - 1])
        .filter(|index| *index < size)
        .collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes
}

#[test]
fn our_inclusion_proofs_are_theirs() {
    let mut ct = CtTree::new();
    for &size in SIZES {
        while ct.len() < size {
            ct.push(data(ct.len()));
        }
        let root = ct_root(&ct);
        for index in indexes(size) {
            let ours = prove_inclusion(index, size, &*LARGE_LOG).unwrap();
            let theirs = ct.prove_inclusion(usize::try_from(index).unwrap());
            assert_eq!(bytes(&ours), theirs.as_bytes(), "{index} in {size}");
            let theirs = tlog::prove_record(size, index, &*LARGE_TLOG).unwrap();
            assert_eq!(ours, theirs.iter().map(from_tlog).collect::<Vec<_>>(), "{index} in {size}");

            assert_eq!(verify_inclusion(leaf(index), index, size, &ours, root), Ok(()));
            assert!(ct_accepts_inclusion(index, index, size, &ours, root));
            assert!(tlog_accepts_inclusion(index, size, &ours, root, leaf(index)));
        }
    }
}

#[test]
fn our_consistency_proofs_are_theirs() {
    let mut ct = CtTree::new();
    for &new in SIZES {
        while ct.len() < new {
            ct.push(data(ct.len()));
        }
        let new_root = ct_root(&ct);
        for &old in SIZES.iter().filter(|old| **old <= new) {
            let old_root = LARGE_LOG.root_at(old);
            let ours = prove_consistency(old, new, &*LARGE_LOG).unwrap();
            let theirs = ct.prove_consistency(usize::try_from(new - old).unwrap());
            assert_eq!(hashes(theirs.as_bytes()), ours, "{old} to {new}");
            let theirs = tlog::prove_tree(new, old, &*LARGE_TLOG).unwrap();
            assert_eq!(theirs.iter().map(from_tlog).collect::<Vec<_>>(), ours, "{old} to {new}");

            assert_eq!(verify_consistency(old, old_root, new, new_root, &ours), Ok(()));
            assert!(ct_accepts_consistency((old, old_root), (new, new_root), &ours));
            assert!(tlog_accepts_consistency((old, old_root), (new, new_root), &ours));
        }
    }
}

#[test]
fn every_small_proof_verifies_and_none_longer_or_shorter_does() {
    for size in 1..=SMALL {
        let root = SMALL_LOG.root_at(size);
        for index in 0..size {
            let mut proof = prove_inclusion(index, size, &*SMALL_LOG).unwrap();
            let check = |proof: &[Hash]| verify_inclusion(leaf(index), index, size, proof, root);
            assert_eq!(check(&proof), Ok(()), "{index} in {size}");
            if let Some((_, shorter)) = proof.split_last() {
                assert_eq!(check(shorter), Err(InclusionError::TooFewHashes));
            }
            proof.push(root);
            assert_eq!(check(&proof), Err(InclusionError::TooManyHashes));
        }
        for old in 0..=size {
            let old_root = SMALL_LOG.root_at(old);
            let mut proof = prove_consistency(old, size, &*SMALL_LOG).unwrap();
            let check = |proof: &[Hash]| verify_consistency(old, old_root, size, root, proof);
            assert_eq!(check(&proof), Ok(()), "{old} to {size}");
            if let Some((_, shorter)) = proof.split_last() {
                assert_eq!(check(shorter), Err(ConsistencyError::TooFewHashes));
            }
            proof.push(root);
            assert_eq!(check(&proof), Err(ConsistencyError::TooManyHashes));
        }
    }
}

/// The mistake that real verifiers have made: only the new root is compared.
#[test]
fn a_wrong_old_root_is_found_with_a_proof_that_fits_the_new_one() {
    for old in 1..SMALL {
        for new in old + 1..=SMALL {
            let new_root = SMALL_LOG.root_at(new);
            let wrong_root = Hash::leaf(b"another history");
            let proof = prove_consistency(old, new, &*SMALL_LOG).unwrap();
            let expected = if old.is_power_of_two() {
                // The old root itself is where the proof starts, so it is the new one that fails.
                ConsistencyError::NewRootMismatch
            } else {
                ConsistencyError::OldRootMismatch
            };
            assert_eq!(
                verify_consistency(old, wrong_root, new, new_root, &proof),
                Err(expected),
                "{old} to {new}"
            );
            assert_eq!(
                verify_consistency(old, SMALL_LOG.root_at(old), new, wrong_root, &proof),
                Err(ConsistencyError::NewRootMismatch),
                "{old} to {new}"
            );
        }
    }
}

#[test]
fn trees_of_one_size_or_of_no_leaves_need_no_proof() {
    let (a, b) = (Hash::leaf(b"a"), Hash::leaf(b"b"));
    assert_eq!(verify_consistency(7, a, 7, a, &[]), Ok(()));
    assert_eq!(verify_consistency(7, a, 7, b, &[]), Err(ConsistencyError::SameSizeOtherRoot));
    assert_eq!(verify_consistency(7, a, 7, a, &[a]), Err(ConsistencyError::TooManyHashes));
    assert_eq!(verify_consistency(0, Hash::EMPTY_TREE, 7, a, &[]), Ok(()));
    assert_eq!(verify_consistency(0, b, 7, a, &[]), Err(ConsistencyError::OldRootMismatch));
    assert_eq!(
        verify_consistency(8, a, 7, a, &[]),
        Err(ConsistencyError::OldTreeLarger { old: 8, new: 7 })
    );
}

#[test]
fn there_is_no_proof_of_what_is_not_in_the_tree() {
    let index_out_of_range = Err(PlanError::IndexOutOfRange { index: 7, size: 7 });
    assert_eq!(inclusion_nodes(7, 7), index_out_of_range);
    assert_eq!(inclusion_nodes(0, 0), Err(PlanError::IndexOutOfRange { index: 0, size: 0 }));
    assert_eq!(consistency_nodes(8, 7), Err(PlanError::OldTreeLarger { old: 8, new: 7 }));
    let beyond = SIZE_MAX + 1;
    let too_large = Err(PlanError::SizeBeyondLimit { size: beyond });
    assert_eq!(inclusion_nodes(0, beyond), too_large);
    assert_eq!(consistency_nodes(1, beyond), too_large);
    let root = Hash::EMPTY_TREE;
    assert_eq!(
        verify_inclusion(root, 7, 7, &[], root),
        Err(InclusionError::IndexOutOfRange { index: 7, size: 7 })
    );
    assert_eq!(
        verify_inclusion(root, 0, u64::MAX, &[], root),
        Err(InclusionError::SizeBeyondLimit { size: u64::MAX })
    );
    assert_eq!(
        verify_consistency(1, root, u64::MAX, root, &[]),
        Err(ConsistencyError::SizeBeyondLimit { size: u64::MAX })
    );
}

#[test]
fn a_plan_refuses_hashes_that_are_not_its_own() {
    let plan = inclusion_nodes(2, 7).unwrap();
    let needed = plan.nodes().len();
    for found in [0, needed - 1, needed + 1] {
        assert_eq!(
            plan.assemble(&vec![Hash::EMPTY_TREE; found]),
            Err(PlanError::WrongNumberOfHashes { needed, found })
        );
    }
}

proptest! {
    /// In the largest tree too, no proof is longer than the limit and each node is within the tree.
    #[test]
    fn no_plan_is_longer_than_the_limit(size in 1..=SIZE_MAX, position: prop::sample::Index) {
        let index = u64::try_from(position.index(usize::MAX)).unwrap() % size;
        for (plan, proof_size) in [
            (inclusion_nodes(index, size).unwrap(), size),
            (consistency_nodes(index + 1, size).unwrap(), size),
        ] {
            let hashes = vec![Hash::EMPTY_TREE; plan.nodes().len()];
            prop_assert!(plan.assemble(&hashes).unwrap().len() <= PROOF_HASHES_MAX);
            for node in plan.nodes() {
                prop_assert!((node.index() + 1) << node.level() <= proof_size);
            }
        }
    }

    #[test]
    fn one_flipped_bit_anywhere_is_refused(
        size in 2..=SMALL,
        index in 0..SMALL,
        bit in 0_usize..256,
        at: prop::sample::Index,
    ) {
        let (index, root) = (index % size, SMALL_LOG.root_at(size));
        let mut proof = prove_inclusion(index, size, &*SMALL_LOG).unwrap();
        flip(&mut proof, at, bit);
        prop_assert_eq!(
            verify_inclusion(leaf(index), index, size, &proof, root),
            Err(InclusionError::RootMismatch)
        );

        let old = index + 1;
        let mut proof = prove_consistency(old, size, &*SMALL_LOG).unwrap();
        prop_assume!(!proof.is_empty());
        flip(&mut proof, at, bit);
        prop_assert!(matches!(
            verify_consistency(old, SMALL_LOG.root_at(old), size, root, &proof),
            Err(ConsistencyError::OldRootMismatch | ConsistencyError::NewRootMismatch)
        ));
    }

    /// Whatever is confused with whatever, both sides give the same verdict.
    #[test]
    fn both_sides_refuse_the_same_inclusion_proofs(
        (made, size) in (1..=SMALL, 1..=SMALL),
        (of, index, claimed) in (0..SMALL, 0..SMALL, 0..=SMALL),
        root_of in 0..=SMALL,
    ) {
        let proof = prove_inclusion(index % made, made, &*SMALL_LOG).unwrap();
        let root = SMALL_LOG.root_at(root_of);
        let ours = verify_inclusion(leaf(of), claimed, size, &proof, root).is_ok();
        prop_assert_eq!(ours, ct_accepts_inclusion(of, claimed, size, &proof, root));
        prop_assert_eq!(ours, tlog_accepts_inclusion(claimed, size, &proof, root, leaf(of)));
    }

    #[test]
    fn both_sides_refuse_the_same_consistency_proofs(
        (made_old, made_new) in (1..=SMALL, 1..=SMALL),
        (old, new) in (1..=SMALL, 1..=SMALL),
        (old_root_of, new_root_of) in (0..=SMALL, 0..=SMALL),
    ) {
        let (made_old, made_new) = (made_old.min(made_new), made_old.max(made_new));
        let proof = prove_consistency(made_old, made_new, &*SMALL_LOG).unwrap();
        let old = (old, SMALL_LOG.root_at(old_root_of));
        let new = (new, SMALL_LOG.root_at(new_root_of));
        let ours = verify_consistency(old.0, old.1, new.0, new.1, &proof).is_ok();
        prop_assert_eq!(ours, ct_accepts_consistency(old, new, &proof));
        prop_assert_eq!(ours, tlog_accepts_consistency(old, new, &proof));
    }

    /// The only size, root and index under which a proof is accepted are its own.
    #[test]
    fn a_proof_holds_for_its_own_leaf_and_checkpoint_only(
        (made, size) in (1..=SMALL, 1..=SMALL),
        (index, claimed, of) in (0..SMALL, 0..SMALL, 0..SMALL),
    ) {
        let index = index % made;
        let proof = prove_inclusion(index, made, &*SMALL_LOG).unwrap();
        let root = SMALL_LOG.root_at(size);
        let accepted = verify_inclusion(leaf(of), claimed, size, &proof, root).is_ok();
        let own_proof = prove_inclusion(claimed, size, &*SMALL_LOG).ok();
        prop_assert_eq!(accepted, of == claimed && Some(proof) == own_proof);
    }

    #[test]
    fn checking_arbitrary_arguments_never_panics(
        old: u64,
        new: u64,
        seeds: Vec<u8>,
        equal: bool,
    ) {
        let proof: Vec<_> = seeds.iter().map(|seed| Hash::leaf(&[*seed])).collect();
        let (a, b) = (Hash::leaf(b"a"), Hash::leaf(if equal { b"a" } else { b"b" }));
        prop_assert!(verify_inclusion(a, old, new, &proof, b).is_err() || (new == 1 && equal));
        let consistent = verify_consistency(old, a, new, b, &proof).is_ok();
        prop_assert!(!consistent || (old == new && equal));
    }
}

fn flip(proof: &mut [Hash], at: prop::sample::Index, bit: usize) {
    let hash = at.get_mut(proof);
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    *hash = Hash::new(bytes);
}
