//! Records of the ledger as lines of an export: opened as a search opens them, with their proofs where the
//! form holds them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::domain::disclosure::DisclosureRecord;
use crate::domain::export::{Format, Line, Names, fhir, ldv, nen7513, officer, otlp};
use crate::gateway::Gateway;
use crate::gateway::beside::as_the_entry_says;
use crate::gateway::disclosures::Looked;
use crate::gateway::error::{Error, Result};
use crate::ledger::hash::Hash;
use crate::store::ledger::Nodes;
use crate::store::{self, DisclosureRow, Tx};

use super::reading::Reading;

/// A record that was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) index: i64,
    /// Whole, or what is left of it.
    pub(super) record: DisclosureRecord,
    pub(super) is_forgotten: bool,
    /// What was changed after it was written.
    pub(super) changed: Vec<&'static str>,
    leaf: Option<Vec<u8>>,
    proof: Option<Proof>,
}

/// That the entry is in the ledger.
#[derive(Debug)]
struct Proof {
    /// As the tree has it.
    leaf_hash: Hash,
    hashes: Vec<Hash>,
    size: u64,
}

impl Gateway {
    /// The next page, with proofs under a tree of `size` where the form holds them; none behind the last.
    pub(super) async fn found(
        &self,
        reading: &mut Reading,
        size: u64,
        format: Format,
    ) -> Result<Option<Vec<Found>>> {
        let mut tx = self.db().read().await?;
        let Some(rows) = reading.next(&mut tx).await? else { return Ok(None) };
        let places: Vec<i64> = rows.iter().map(|row| row.idx).collect();
        let mut leaves: BTreeMap<i64, Vec<u8>> = tx.leaves_at(&places).await?.into_iter().collect();
        let mut proofs = Vec::new();
        if format == Format::JsonLines {
            proofs = proven(&mut tx, &rows, (&leaves, size)).await?;
        }
        drop(tx);
        self.keys().expect(rows.iter().filter_map(|row| row.subject)).await?;
        let mut proofs = proofs.into_iter();
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let leaf = leaves.remove(&row.idx);
            let mut one = self.record_at(row, leaf, proofs.next().flatten()).await?;
            one.record = one.record.told_to(reading.reader());
            found.push(one);
        }
        Ok(Some(found))
    }

    /// A record, held against its leaf. Of one that was changed the line stays, with what the leaf says.
    async fn record_at(
        &self,
        row: DisclosureRow,
        leaf: Option<Vec<u8>>,
        proof: Option<Proof>,
    ) -> Result<Found> {
        let looked = self.look_beside(row, leaf.as_deref()).await?;
        let is_forgotten = looked.record.is_none() && !looked.is_unreadable();
        let Looked { row, record, changed } = looked;
        let mended = leaf.as_deref().and_then(|leaf| as_the_entry_says(&row, leaf));
        let mut record = match record {
            Some(record) => record,
            None => self.what_is_left(mended.as_ref().unwrap_or(&row))?,
        };
        record.sequence = u64::try_from(row.idx).ok();
        Ok(Found { index: row.idx, record, is_forgotten, changed, leaf, proof })
    }
}

/// Proofs of rows, in their order; none where a leaf is gone.
async fn proven(
    tx: &mut Tx,
    rows: &[DisclosureRow],
    (leaves, size): (&BTreeMap<i64, Vec<u8>>, u64),
) -> Result<Vec<Option<Proof>>> {
    let mut nodes = Nodes::default();
    let mut proofs = Vec::with_capacity(rows.len());
    for row in rows {
        let index = u64::try_from(row.idx).map_err(Error::internal)?;
        let leaf_hash = match leaves.get(&row.idx) {
            Some(leaf) => Some(Hash::leaf(leaf)),
            None => tx.leaf_hash(row.idx).await?,
        };
        let Some(leaf_hash) = leaf_hash else {
            proofs.push(None);
            continue;
        };
        // Where a leaf beside it is gone, nothing is proven, and the line says so by having no proof.
        match tx.inclusion_proof(&mut nodes, index, size).await {
            Ok(hashes) => proofs.push(Some(Proof { leaf_hash, hashes, size })),
            Err(store::Error::Corrupt { .. }) => proofs.push(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(proofs)
}

impl Found {
    /// Its line, with its end.
    pub(super) fn render(&self, format: Format, names: &Names) -> Vec<u8> {
        let line =
            Line { record: &self.record, is_forgotten: self.is_forgotten, changed: &self.changed };
        let object = match format {
            Format::Nen7513Csv => return nen7513::row(line),
            Format::Csv => return officer::row(line, names),
            Format::FhirAuditEvent => fhir::audit_event(line, names).line(),
            Format::Ldv => ldv::log_line(line, names).line(),
            Format::Otlp => otlp::request(line, names).line(),
            Format::JsonLines | Format::FhirConsent => self.with_proof(),
        };
        [object, vec![b'\n']].concat()
    }

    /// The exact bytes of the leaf, the proof that it is in the tree of the checkpoint that the file ends
    /// with, and what the entry says.
    fn with_proof(&self) -> Vec<u8> {
        let base64 = |bytes: &[u8]| STANDARD.encode(bytes);
        let proof = self.proof.as_ref().map(|proof| {
            json!({
                "tree_size": proof.size,
                "hashes": proof.hashes.iter().map(|h| base64(h.as_bytes())).collect::<Vec<_>>(),
            })
        });
        let leaf = self.leaf.as_deref().map(base64);
        let leaf_hash = self.proof.as_ref().map(|proof| base64(proof.leaf_hash.as_bytes()));
        let object = json!({
            "index": self.index,
            "leaf": leaf,
            "leaf_hash": leaf_hash,
            "inclusion_proof": proof,
            "forgotten": self.is_forgotten,
            "changed": self.changed,
            "record": self.record,
        });
        object.to_string().into_bytes()
    }
}

/// The last line of a file with proofs.
pub(super) fn end(count: u64, tree_size: i64, checkpoint: &str) -> Vec<u8> {
    let object = json!({ "count": count, "tree_size": tree_size, "checkpoint": checkpoint });
    format!("{object}\n").into_bytes()
}
