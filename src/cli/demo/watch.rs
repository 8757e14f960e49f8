//! Checks the gateway from outside: with the keys that it publishes and nothing else, as any
//! partner can.
//!
//! The watch keeps the last checkpoint that it saw. Every newer one must continue the same ledger.

use std::slice;

use tonic::transport::Channel;

use super::expect::{self, Deviation};
use crate::grpc::pb::disclosure_service_client::DisclosureServiceClient;
use crate::grpc::pb::{
    GetCallerResponse, GetCheckpointRequest, GetConsistencyProofRequest, LedgerReceipt,
};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::commitment::{Field, Opening};
use crate::ledger::entry::{Body, Entry};
use crate::ledger::hash::Hash;
use crate::ledger::note::{Note, Verifier};
use crate::ledger::proof::verify_consistency;
use crate::ledger::tlog_proof::TlogProof;

/// What the watch knows of the gateway.
#[derive(Debug)]
pub(super) struct Watch {
    ledger_key: Verifier,
    receipt_key: Verifier,
    last: Option<Checkpoint>,
}

/// How far the ledger is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Growth {
    /// Entries now.
    pub(super) size: u64,
    /// Entries since the watch last looked.
    pub(super) grown: u64,
}

impl Watch {
    /// Takes the keys from the first answer of every integration.
    pub(super) fn new(caller: &GetCallerResponse) -> Result<Self, Deviation> {
        let key = |what, text: &str| expect::given(what, text.parse::<Verifier>().ok());
        Ok(Self {
            ledger_key: key("public key of the ledger", &caller.ledger_vkey)?,
            receipt_key: key("public key of receipts", &caller.receipt_vkey)?,
            last: None,
        })
    }

    /// Asks how far the ledger is, and checks that it only grew.
    pub(super) async fn look(
        &mut self,
        client: &mut DisclosureServiceClient<Channel>,
    ) -> Result<Growth, Deviation> {
        let outcome = client.get_checkpoint(GetCheckpointRequest::default()).await;
        let answer = expect::answered("asking for the checkpoint", outcome)?;
        let checkpoint = answer.checkpoint.parse().ok().and_then(|note| self.open(&note));
        let checkpoint = expect::given("a checkpoint that the ledger's key signed", checkpoint)?;
        let before = self.last.as_ref().map_or(0, |last| last.size);
        if let Some(last) = self.last.as_ref().filter(|last| last.size > 0) {
            self.continues(client, last, &checkpoint).await?;
        }
        let size = checkpoint.size;
        self.last = Some(checkpoint);
        Ok(Growth { size, grown: size.saturating_sub(before) })
    }

    /// RFC 6962 §2.1.2: the older ledger is the beginning of the newer one.
    async fn continues(
        &self,
        client: &mut DisclosureServiceClient<Channel>,
        old: &Checkpoint,
        new: &Checkpoint,
    ) -> Result<(), Deviation> {
        let what = "a newer ledger that begins with the older one";
        let size = |size: u64| expect::given(what, i64::try_from(size).ok());
        let hashes = if old.size < new.size {
            let request = GetConsistencyProofRequest {
                first_tree_size: size(old.size)?,
                second_tree_size: size(new.size)?,
            };
            let outcome = client.get_consistency_proof(request).await;
            expect::answered("asking for a consistency proof", outcome)?.hashes
        } else {
            Vec::new()
        };
        let hashes: Option<Vec<Hash>> = hashes.iter().map(|hash| Hash::from_slice(hash)).collect();
        let proof = expect::given("hashes of 32 bytes", hashes)?;
        expect::so(what, verify_consistency(old.size, old.root, new.size, new.root, &proof).is_ok())
    }

    /// Checks that an entry stands where its receipt says, and reads it.
    pub(super) fn entry(&self, receipt: &LedgerReceipt) -> Result<Entry, Deviation> {
        let proof = receipt.tlog_proof.parse::<TlogProof>().ok();
        let proof = expect::given("the proof of an entry", proof)?;
        let index = i64::try_from(proof.index()).unwrap_or(i64::MAX);
        expect::equal("index in the proof of an entry", index, receipt.index)?;
        let leaf = Hash::leaf(&receipt.entry);
        let verified =
            proof.verify(leaf, slice::from_ref(&self.ledger_key), self.ledger_key.name());
        expect::so("the proof of an entry holds under the ledger's key", verified.is_ok())?;
        expect::given("an entry that can be read", Entry::decode(&receipt.entry).ok())
    }

    /// Checks that an entry commits to a value, with the opening that its receipt gives.
    pub(super) fn commits(&self, receipt: &LedgerReceipt, value: &[u8]) -> Result<(), Deviation> {
        let payload = match self.entry(receipt)?.body {
            Body::Disclosure(disclosure) => Some(disclosure.payload),
            Body::Consent(_) | Body::Administration(_) | Body::Purge(_) => None,
        };
        let payload = expect::given("the entry of a disclosure", payload)?;
        let opening = <[u8; Opening::BYTES]>::try_from(receipt.payload_opening.as_slice()).ok();
        let opening = Opening::new(expect::given("what opens the entry", opening)?);
        let opens = payload.opens(Field::Payload, value, &opening);
        expect::so("the entry stands for exactly what was sent", opens)
    }

    /// Checks the signature of a receipt.
    pub(super) fn receipt(&self, text: &str) -> Result<Note, Deviation> {
        let note: Note = expect::given("a receipt that is a signed note", text.parse().ok())?;
        let signed = note.verify(slice::from_ref(&self.receipt_key)).is_ok();
        expect::so("the receipt is signed by the receipt key", signed)?;
        Ok(note)
    }

    fn open(&self, note: &Note) -> Option<Checkpoint> {
        Checkpoint::open(note, slice::from_ref(&self.ledger_key), self.ledger_key.name()).ok()
    }
}
