//! Records of the ledger as lines of an export: opened as a search opens them, with their proofs where the
//! form holds them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::domain::disclosure::DisclosureRecord;
use crate::domain::export::{Format, Line, Names, fhir, ldv, nen7513, officer, otlp};
use crate::gateway::Gateway;
use crate::gateway::disclosures::Looked;
use crate::gateway::error::{Error, Result};
use crate::ledger::hash::Hash;
use crate::store::ledger::Nodes;
use crate::store::{DisclosureRow, Tx};

use super::reading::Reading;

/// A record that was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) index: i64,
    /// Whole, or what is left of it.
    pub(super) record: DisclosureRecord,
    pub(super) is_forgotten: bool,
    proof: Option<Proof>,
}

/// That the entry is in the ledger.
#[derive(Debug)]
struct Proof {
    /// None when the entry was purged meanwhile.
    leaf: Option<Vec<u8>>,
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
        let mut proofs = Vec::new();
        if format == Format::JsonLines {
            proofs = proven(&mut tx, &rows, size).await?;
        }
        drop(tx);
        self.keys().expect(rows.iter().filter_map(|row| row.subject)).await?;
        let mut proofs = proofs.into_iter();
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            found.push(self.record_at(row, proofs.next()).await?);
        }
        Ok(Some(found))
    }

    async fn record_at(&self, row: DisclosureRow, proof: Option<Proof>) -> Result<Found> {
        let Looked { row, record, .. } = self.look(row).await?;
        let is_forgotten = record.is_none();
        let mut record = match record {
            Some(record) => record,
            None => self.what_is_left(&row)?,
        };
        record.sequence = u64::try_from(row.idx).ok();
        Ok(Found { index: row.idx, record, is_forgotten, proof })
    }
}

async fn proven(tx: &mut Tx, rows: &[DisclosureRow], size: u64) -> Result<Vec<Proof>> {
    let mut nodes = Nodes::default();
    let mut proofs = Vec::with_capacity(rows.len());
    for row in rows {
        let index = u64::try_from(row.idx).map_err(Error::internal)?;
        let leaf = tx.leaf(row.idx).await?.map(|leaf| leaf.entry);
        let leaf_hash = match &leaf {
            Some(leaf) => Hash::leaf(leaf),
            None => tx.leaf_hash(row.idx).await?.ok_or_else(Error::hidden)?,
        };
        let hashes = tx.inclusion_proof(&mut nodes, index, size).await?;
        proofs.push(Proof { leaf, leaf_hash, hashes, size });
    }
    Ok(proofs)
}

impl Found {
    /// Its line, with its end.
    pub(super) fn render(&self, format: Format, names: &Names) -> Vec<u8> {
        let line = Line { record: &self.record, is_forgotten: self.is_forgotten };
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
        let leaf = self.proof.as_ref().and_then(|proof| proof.leaf.as_deref()).map(base64);
        let leaf_hash = self.proof.as_ref().map(|proof| base64(proof.leaf_hash.as_bytes()));
        let object = json!({
            "index": self.index,
            "leaf": leaf,
            "leaf_hash": leaf_hash,
            "inclusion_proof": proof,
            "forgotten": self.is_forgotten,
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
