//! Roots: ours against the oracles and against the tree of the Certificate Transparency test suites.

use super::oracle::{CtTree, TlogTree, ct_root, from_tlog};
use super::{Edge, Frontier, Hash, Log, SIZES, data, leaf, root_of};
use crate::ledger::proof::{frontier_nodes, prove_consistency, prove_inclusion};

/// Leaves of the reference tree of the Certificate Transparency test suites.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// Roots of the reference tree at sizes 1 to 8.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hash(hex: &str) -> Hash {
    Hash::from_slice(&hex::decode(hex).unwrap()).unwrap()
}

fn reference_leaves() -> Vec<Hash> {
    LEAVES.iter().map(|leaf| Hash::leaf(&hex::decode(leaf).unwrap())).collect()
}

#[test]
fn the_reference_tree_has_its_well_known_roots() {
    let leaves = reference_leaves();
    assert_eq!(root_of(&[]), Hash::EMPTY_TREE);
    for (size, root) in (1..).zip(ROOTS) {
        assert_eq!(root_of(&leaves[..size]), hash(root), "size {size}");
    }
}

#[test]
fn the_reference_tree_has_its_well_known_proofs() {
    let log = Log { leaves: reference_leaves(), ..Log::default() };
    let d37e = hash(ROOTS[3]);
    let ca85 = hash("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0");
    let bc1a = hash("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b");
    let ebc5 = hash("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a");
    let f083 = hash("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e");
    assert_eq!(prove_inclusion(0, 1, &log), Ok(vec![]));
    assert_eq!(prove_inclusion(5, 8, &log), Ok(vec![bc1a, ca85, d37e]));
    assert_eq!(prove_consistency(6, 8, &log), Ok(vec![ebc5, ca85, d37e]));
    assert_eq!(prove_consistency(2, 5, &log), Ok(vec![f083, bc1a]));
}

/// The definition of RFC 6962 §2.1, word for word.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::EMPTY_TREE,
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            Hash::node(mth(&leaves[..k]), mth(&leaves[k..]))
        }
    }
}

#[test]
fn every_way_to_a_root_gives_the_same_one() {
    let log = Log::of(65_537);
    let tlog = TlogTree::of(65_537);
    let mut ct = CtTree::new();
    let (mut frontier, mut edge) = (Frontier::new(), Edge::new());
    for size in 1..=65_537 {
        ct.push(data(size - 1));
        frontier.append(leaf(size - 1));
        edge.append(leaf(size - 1));
        if size > 70 && !SIZES.contains(&size) {
            continue;
        }
        let root = frontier.root();
        let loaded: Vec<_> =
            frontier_nodes(size).unwrap().into_iter().map(|node| log.load(node).unwrap()).collect();
        assert_eq!(Frontier::from_roots(size, loaded).as_ref(), Some(&frontier), "size {size}");
        assert_eq!(edge.frontier(), frontier, "size {size}");
        assert_eq!(mth(&log.leaves[..usize::try_from(size).unwrap()]), root, "size {size}");
        assert_eq!(ct_root(&ct), root, "size {size}");
        assert_eq!(
            from_tlog(&tlog_tiles::tlog::tree_hash(size, &tlog).unwrap()),
            root,
            "size {size}"
        );
    }
}
