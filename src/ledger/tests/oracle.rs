//! The oracles in the shapes that the tests need.

use ct_merkle::digest::consts::U32;
use ct_merkle::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Digest as _;
use tlog_tiles::tlog;

use super::{Hash, data};

/// SHA-256 for `ct-merkle`, which is built against another version of the `digest` traits.
#[derive(Clone, Default)]
pub(super) struct Sha256(sha2::Sha256);

impl HashMarker for Sha256 {}

impl OutputSizeUser for Sha256 {
    type OutputSize = U32;
}

impl Update for Sha256 {
    fn update(&mut self, data: &[u8]) {
        sha2::Digest::update(&mut self.0, data);
    }
}

impl FixedOutput for Sha256 {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(&self.0.finalize());
    }
}

pub(super) type CtTree = MemoryBackedTree<Sha256, Vec<u8>>;

pub(super) fn ct_root(tree: &CtTree) -> Hash {
    Hash::from_slice(tree.root().as_bytes()).unwrap()
}

fn ct_root_hash(root: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new((*root.as_bytes()).into(), size)
}

/// Whether `ct-merkle` accepts the inclusion proof of the data at `index`.
pub(super) fn ct_accepts_inclusion(
    of: u64,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> bool {
    let proof = InclusionProof::try_from_bytes(bytes(proof)).unwrap();
    ct_root_hash(root, size).verify_inclusion(&data(of), index, &proof).is_ok()
}

/// Whether `ct-merkle` accepts the consistency proof.
pub(super) fn ct_accepts_consistency(old: (u64, Hash), new: (u64, Hash), proof: &[Hash]) -> bool {
    let proof = ConsistencyProof::try_from_bytes(bytes(proof)).unwrap();
    ct_root_hash(new.1, new.0).verify_consistency(&ct_root_hash(old.1, old.0), &proof).is_ok()
}

pub(super) fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(Hash::as_bytes).copied().collect()
}

pub(super) fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.chunks(32).map(|chunk| Hash::from_slice(chunk).unwrap()).collect()
}

pub(super) fn to_tlog(hash: Hash) -> tlog::Hash {
    tlog::Hash(*hash.as_bytes())
}

pub(super) fn from_tlog(hash: &tlog::Hash) -> Hash {
    Hash::new(hash.0)
}

/// Every hash of a tree, in the order in which `tlog_tiles` numbers them.
#[derive(Default)]
pub(super) struct TlogTree(Vec<tlog::Hash>);

impl TlogTree {
    pub(super) fn of(size: u64) -> Self {
        let mut tree = Self::default();
        for index in 0..size {
            let hashes = tlog::stored_hashes(index, &data(index), &tree).unwrap();
            tree.0.extend(hashes);
        }
        tree
    }
}

impl tlog::HashReader for TlogTree {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}
