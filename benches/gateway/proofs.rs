//! Proofs, asked for over the network one at a time, each checked.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use ketenpoort::grpc::pb::disclosure_service_client::DisclosureServiceClient;
use ketenpoort::grpc::pb::{
    GetCheckpointRequest, GetConsistencyProofRequest, GetInclusionProofRequest,
};
use ketenpoort::ledger::hash::Hash;
use ketenpoort::ledger::proof::{verify_consistency, verify_inclusion};
use tonic::transport::Channel;

use crate::installation::{Gateways, Installation, POLICE};
use crate::numbers::as_micros;

/// Proofs of each kind.
const PROOFS: u64 = 1_000;

/// How long each proof took, in sorted microseconds.
pub(crate) struct Proofs {
    pub(crate) tree_size: u64,
    pub(crate) inclusion: Vec<u32>,
    pub(crate) consistency: Vec<u32>,
}

/// Asks for proofs all over the ledger, and checks them.
pub(crate) async fn ask(
    installation: &Installation,
    gateways: &Gateways,
) -> anyhow::Result<Proofs> {
    let channel = installation.desk(POLICE, gateways).await?;
    let mut client = DisclosureServiceClient::new(channel);
    let latest = client.get_checkpoint(GetCheckpointRequest::default()).await?.into_inner();
    let (tree_size, root) = (u64::try_from(latest.tree_size)?, hash(&latest.root_hash)?);
    let mut proofs = Proofs { tree_size, inclusion: Vec::new(), consistency: Vec::new() };
    for number in 0..PROOFS {
        let index = scattered(number, tree_size);
        proofs.inclusion.push(inclusion(&mut client, index, tree_size, root).await?);
        proofs.consistency.push(consistency(&mut client, index + 1, tree_size, root).await?);
    }
    proofs.inclusion.sort_unstable();
    proofs.consistency.sort_unstable();
    Ok(proofs)
}

async fn inclusion(
    client: &mut DisclosureServiceClient<Channel>,
    index: u64,
    tree_size: u64,
    root: Hash,
) -> anyhow::Result<u32> {
    let request = GetInclusionProofRequest {
        index: i64::try_from(index)?,
        tree_size: i64::try_from(tree_size)?,
    };
    let asked = Instant::now();
    let proof = client.get_inclusion_proof(request).await?.into_inner();
    let took = as_micros(asked.elapsed());
    verify_inclusion(hash(&proof.leaf_hash)?, index, tree_size, &hashes(&proof.hashes)?, root)?;
    Ok(took)
}

async fn consistency(
    client: &mut DisclosureServiceClient<Channel>,
    first: u64,
    tree_size: u64,
    root: Hash,
) -> anyhow::Result<u32> {
    let request = GetConsistencyProofRequest {
        first_tree_size: i64::try_from(first)?,
        second_tree_size: i64::try_from(tree_size)?,
    };
    let asked = Instant::now();
    let proof = client.get_consistency_proof(request).await?.into_inner();
    let took = as_micros(asked.elapsed());
    ensure!(hash(&proof.second_root_hash)? == root, "the proof leads to another root");
    let old = old_root(client, first).await?;
    verify_consistency(first, old, tree_size, root, &hashes(&proof.hashes)?)?;
    Ok(took)
}

/// The root that the ledger had at a size: that of an inclusion proof in the tree of that size.
async fn old_root(
    client: &mut DisclosureServiceClient<Channel>,
    size: u64,
) -> anyhow::Result<Hash> {
    let request = GetInclusionProofRequest {
        index: i64::try_from(size - 1)?,
        tree_size: i64::try_from(size)?,
    };
    hash(&client.get_inclusion_proof(request).await?.into_inner().root_hash)
}

/// Numbers all over a range, the same in every run (Knuth's multiplicative hashing).
const fn scattered(number: u64, range: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % range
}

fn hashes(bytes: &[Vec<u8>]) -> anyhow::Result<Vec<Hash>> {
    bytes.iter().map(|bytes| hash(bytes)).collect()
}

fn hash(bytes: &[u8]) -> anyhow::Result<Hash> {
    Hash::from_slice(bytes).context("a hash has another length")
}
