//! Transparency log proofs (C2SP `tlog-proof`): everything a receiver needs to see, offline, that an
//! entry is in the log.
//!
//! The text holds the index, the inclusion proof and the checkpoint note verbatim. It does not hold
//! the entry: the receiver hashes the entry it was given.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, CheckpointError, decimal};
use super::hash::Hash;
use super::note::{KeyName, NOTE_BYTES_MAX, Note, NoteError, Verifier};
use super::proof::{InclusionError, PROOF_HASHES_MAX, verify_inclusion};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The most extra data in a proof. It travels with every summary, so it stays small.
pub const EXTRA_BYTES_MAX: usize = 4096;

/// The longest text of a proof: the note, the extra data in base64, and the lines of the proof.
pub const TLOG_PROOF_BYTES_MAX: usize = NOTE_BYTES_MAX + 2 * EXTRA_BYTES_MAX + 4096;

/// A proof that an entry is in a log, not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    extra: Vec<u8>,
    index: u64,
    hashes: Vec<Hash>,
    checkpoint: Note,
}

impl TlogProof {
    /// The proof that the entry at `index` is in the tree of the `checkpoint`.
    pub fn new(index: u64, hashes: Vec<Hash>, checkpoint: Note) -> Result<Self, InvalidTlogProof> {
        if hashes.len() > PROOF_HASHES_MAX {
            return Err(InvalidTlogProof::TooLong);
        }
        Ok(Self { extra: Vec::new(), index, hashes, checkpoint })
    }

    /// Adds extra data. Nothing authenticates it.
    pub fn with_extra(mut self, extra: Vec<u8>) -> Result<Self, InvalidTlogProof> {
        if extra.len() > EXTRA_BYTES_MAX {
            return Err(InvalidTlogProof::TooLong);
        }
        self.extra = extra;
        Ok(self)
    }

    /// The extra data, empty when there is none. Nothing authenticates it.
    pub fn extra(&self) -> &[u8] {
        &self.extra
    }

    /// The index that the proof claims for the entry.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The checkpoint note.
    pub const fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }

    /// Checks that the entry with this leaf hash is in the log `origin` as one of its `keys` signed
    /// it, and returns the checkpoint that says so.
    pub fn verify(
        &self,
        leaf: Hash,
        keys: &[Verifier],
        origin: &KeyName,
    ) -> Result<Checkpoint, TlogProofError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, keys, origin)?;
        verify_inclusion(leaf, self.index, checkpoint.size, &self.hashes, checkpoint.root)?;
        Ok(checkpoint)
    }
}

/// Why a proof does not prove what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// The checkpoint is not one of the log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not shown to be in the tree of the checkpoint.
    #[error(transparent)]
    Inclusion(#[from] InclusionError),
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if !self.extra.is_empty() {
            writeln!(f, "extra {}", STANDARD.encode(&self.extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Why a text is not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTlogProof {
    /// Longer than [`TLOG_PROOF_BYTES_MAX`], or too many hashes, or too much extra data.
    #[error("the proof is too long")]
    TooLong,
    /// The first line is not that of a proof of version 1.
    #[error("the proof does not begin with {HEADER}")]
    UnknownHeader,
    /// The line with the extra data is malformed or empty.
    #[error("the extra data of the proof is malformed")]
    MalformedExtra,
    /// There is no line with the index, or the index is not a number in its one spelling.
    #[error("the index of the proof is missing or malformed")]
    MalformedIndex,
    /// A line of the inclusion proof is not a hash.
    #[error("a hash of the proof is malformed")]
    MalformedHash,
    /// There is no empty line with a checkpoint behind it.
    #[error("the proof has no checkpoint")]
    NoCheckpoint,
    /// The checkpoint is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl FromStr for TlogProof {
    type Err = InvalidTlogProof;

    fn from_str(text: &str) -> Result<Self, InvalidTlogProof> {
        if text.len() > TLOG_PROOF_BYTES_MAX {
            return Err(InvalidTlogProof::TooLong);
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(InvalidTlogProof::NoCheckpoint)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(InvalidTlogProof::UnknownHeader);
        }
        let extra = match lines.next_if(|line| line.starts_with("extra ")) {
            Some(line) => extra(line).ok_or(InvalidTlogProof::MalformedExtra)?,
            None => Vec::new(),
        };
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(decimal)
            .ok_or(InvalidTlogProof::MalformedIndex)?;
        let hashes = lines
            .map(|line| Hash::from_base64(line).ok_or(InvalidTlogProof::MalformedHash))
            .collect::<Result<_, _>>()?;
        Self::new(index, hashes, checkpoint.parse()?)?.with_extra(extra)
    }
}

fn extra(line: &str) -> Option<Vec<u8>> {
    let extra = STANDARD.decode(line.strip_prefix("extra ")?).ok()?;
    // Without extra data the line is left out, so that one proof has one spelling.
    (!extra.is_empty()).then_some(extra)
}

#[cfg(test)]
mod tests;
