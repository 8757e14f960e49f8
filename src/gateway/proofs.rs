//! Proofs from the ledger. They hold hashes and signatures only, so any admitted organisation may
//! have them.

use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::ledger::hash::Hash;
use crate::ledger::note::Note;
use crate::ledger::tlog_proof::TlogProof;
use crate::store;
use crate::store::ledger::{CheckpointRow, Nodes};

use super::Gateway;
use super::error::{Error, Result};
use super::witnesses::{newest_witnessed, with_cosignatures};

/// That an entry is in the ledger.
#[derive(Debug, Clone)]
pub struct Proven {
    /// Leaf bytes; none when the entry was purged. Only for those who may see the entry.
    pub entry: Option<Vec<u8>>,
    /// RFC 6962 leaf hash.
    pub leaf: Hash,
    /// Hashes from bottom to top (RFC 6962 §2.1.1).
    pub hashes: Vec<Hash>,
    /// Size of the tree.
    pub tree_size: u64,
    /// Its root.
    pub root: Hash,
    /// The same as a C2SP tlog-proof, when a checkpoint of that size was signed.
    pub tlog_proof: Option<String>,
}

/// That a newer ledger extends an older one.
#[derive(Debug, Clone)]
pub struct Extended {
    /// Hashes (RFC 6962 §2.1.2).
    pub hashes: Vec<Hash>,
    /// Newer size.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// The latest signed state.
#[derive(Debug, Clone)]
pub struct Signed {
    /// C2SP checkpoint.
    pub note: String,
    /// Number of entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// When it was signed.
    pub signed_at: Timestamp,
}

impl Gateway {
    /// Proof that an entry is in the tree of a size; `None`: of the present size.
    pub async fn proven(&self, index: u64, tree_size: Option<u64>) -> Result<Proven> {
        let mut tx = self.db().read().await?;
        let present = present_size(&mut tx).await?;
        let size = tree_size.unwrap_or(present);
        let mut violations = Violations::new();
        violations.require(size <= present, "tree_size", "OUT_OF_RANGE", "the ledger is smaller");
        violations.require(index < size, "index", "OUT_OF_RANGE", "the tree is smaller");
        violations.into_result(())?;
        let hashes = tx.inclusion_proof(&mut Nodes::default(), index, size).await?;
        let root = tx.root(size).await?;
        let position = i64::try_from(index).map_err(Error::internal)?;
        let entry = tx.leaf(position).await?.map(|leaf| leaf.entry);
        let leaf = match &entry {
            Some(entry) => Hash::leaf(entry),
            None => tx.leaf_hash(position).await?.ok_or_else(corrupt)?,
        };
        let note = self.checkpoint_of(&mut tx, size).await?;
        let tlog_proof = note
            .map(|note| TlogProof::new(index, hashes.clone(), note).map_err(Error::internal))
            .transpose()?
            .map(|proof| proof.to_string());
        Ok(Proven { entry, leaf, hashes, tree_size: size, root, tlog_proof })
    }

    /// Proof that an entry is in the ledger, under the newest checkpoint that enough witnesses cosigned;
    /// in the present tree where none of those is over the entry yet.
    pub(super) async fn proven_to_others(&self, index: u64) -> Result<Proven> {
        let mut tx = self.db().read().await?;
        let present = present_size(&mut tx).await?;
        let range = (
            i64::try_from(index).map_err(Error::internal)?,
            i64::try_from(present).map_err(Error::internal)?,
        );
        let witnessed = newest_witnessed(&mut tx, self.quorum(), range).await?;
        drop(tx);
        let size = witnessed.map(|(row, _note)| u64::try_from(row.size).map_err(Error::internal));
        self.proven(index, size.transpose()?).await
    }

    /// The newest checkpoint over so many entries that enough witnesses cosigned; the latest where there is
    /// none. With what witnesses said of it. Nothing is computed: it is there also when the tree is not.
    pub(super) async fn shown_to_others(
        &self,
        tx: &mut store::Tx,
        entries: i64,
        latest: CheckpointRow,
    ) -> Result<Note> {
        let last = entries.saturating_sub(1).max(0);
        if let Some((_row, note)) = newest_witnessed(tx, self.quorum(), (last, latest.size)).await?
        {
            return Ok(note);
        }
        let note = latest.note.parse().map_err(Error::internal)?;
        Ok(with_cosignatures(tx, self.quorum(), latest.size, note).await?)
    }

    /// The checkpoint of a size, with what witnesses said of it.
    async fn checkpoint_of(&self, tx: &mut store::Tx, size: u64) -> Result<Option<Note>> {
        let size = i64::try_from(size).map_err(Error::internal)?;
        let Some(row) = tx.checkpoint(size).await? else { return Ok(None) };
        let note = row.note.parse().map_err(Error::internal)?;
        Ok(Some(with_cosignatures(tx, self.quorum(), size, note).await?))
    }

    /// Proof that the tree of `second` leaves (`None`: the present one) extends that of `first`.
    pub async fn extended(&self, first: u64, second: Option<u64>) -> Result<Extended> {
        let mut tx = self.db().read().await?;
        let present = present_size(&mut tx).await?;
        let size = second.unwrap_or(present);
        let mut violations = Violations::new();
        let words = "must be between 1 and the second size";
        violations.require((1..=size).contains(&first), "first_tree_size", "OUT_OF_RANGE", words);
        let words = "the ledger is smaller";
        violations.require(size <= present, "second_tree_size", "OUT_OF_RANGE", words);
        violations.into_result(())?;
        let hashes = tx.consistency_proof(first, size).await?;
        Ok(Extended { hashes, size, root: tx.root(size).await? })
    }

    /// The latest checkpoint, with what witnesses said of it; an unsigned ledger has none.
    pub async fn latest_checkpoint(&self) -> Result<Signed> {
        let mut tx = self.db().read().await?;
        let row = tx.latest_checkpoint().await?.ok_or_else(Error::hidden)?;
        self.signed(&mut tx, row).await
    }

    /// The latest checkpoint that enough witnesses cosigned; none before the first.
    pub async fn witnessed_checkpoint(&self) -> Result<Signed> {
        let mut tx = self.db().read().await?;
        let present = i64::try_from(present_size(&mut tx).await?).map_err(Error::internal)?;
        let witnessed = newest_witnessed(&mut tx, self.quorum(), (0, present)).await?;
        let (row, note) = witnessed.ok_or_else(Error::hidden)?;
        signed(&mut tx, &row, &note).await
    }

    /// A checkpoint, with what witnesses said of it.
    pub(super) async fn signed(&self, tx: &mut store::Tx, row: CheckpointRow) -> Result<Signed> {
        let note = row.note.parse().map_err(Error::internal)?;
        let note = with_cosignatures(tx, self.quorum(), row.size, note).await?;
        signed(tx, &row, &note).await
    }
}

/// What is told of a checkpoint, under which stand the lines of witnesses.
async fn signed(tx: &mut store::Tx, row: &CheckpointRow, note: &Note) -> Result<Signed> {
    let size = u64::try_from(row.size).map_err(Error::internal)?;
    let root = tx.root(size).await?;
    Ok(Signed { note: note.to_string(), size, root, signed_at: row.signed_at })
}

async fn present_size(tx: &mut store::Tx) -> Result<u64> {
    let state = tx.log_state().await?.ok_or_else(corrupt)?;
    u64::try_from(state.size).map_err(Error::internal)
}

fn corrupt() -> Error {
    Error::internal(store::Error::Corrupt { table: "log_state", column: "size" })
}
