//! What a log asks of a witness and how a witness decides (C2SP `tlog-witness`, `add-checkpoint`).
//!
//! The log sends its newest checkpoint with a proof that it continues the one which the witness
//! cosigned last. A witness keeps one checkpoint a log, and never cosigns what does not continue it.

use std::fmt;
use std::str::FromStr;

use super::checkpoint::{Checkpoint, CheckpointError, decimal};
use super::hash::Hash;
use super::note::{NOTE_BYTES_MAX, Note, Verifier};
use super::proof::{PROOF_HASHES_MAX, verify_consistency};

/// The longest request: the note, the first line, and the lines of the proof.
pub const REQUEST_BYTES_MAX: usize = NOTE_BYTES_MAX + 8192;

/// A request for a cosignature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the checkpoint that the witness cosigned last, as the log believes; 0 before the first.
    pub old_size: u64,
    /// That the checkpoint continues that one (RFC 6962 §2.1.2). Empty when `old_size` is 0.
    pub proof: Vec<Hash>,
    /// What is to be cosigned.
    pub checkpoint: Note,
}

/// A text that is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request is a line `old N`, lines of the proof, an empty line and a checkpoint")]
pub struct InvalidRequest;

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for AddCheckpoint {
    type Err = InvalidRequest;

    fn from_str(text: &str) -> Result<Self, InvalidRequest> {
        if text.len() > REQUEST_BYTES_MAX {
            return Err(InvalidRequest);
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(InvalidRequest)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).ok_or(InvalidRequest)?;
        let proof: Option<Vec<_>> = lines.map(Hash::from_base64).collect();
        let proof = proof.filter(|proof| proof.len() <= PROOF_HASHES_MAX).ok_or(InvalidRequest)?;
        Ok(Self {
            old_size: decimal(old).ok_or(InvalidRequest)?,
            proof,
            checkpoint: checkpoint.parse().or(Err(InvalidRequest))?,
        })
    }
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request is malformed, or its old size is larger than the checkpoint.
    #[error("the request is malformed, or its old size is larger than the checkpoint")]
    Malformed,
    /// The witness does not watch this log.
    #[error("this log is not watched here")]
    UnknownLog,
    /// The checkpoint is not signed by the log.
    #[error("the checkpoint is not signed by the log")]
    NotSigned,
    /// The witness cosigned another size last.
    #[error("the checkpoint that was cosigned last has {size} entries")]
    OtherSize {
        /// Which.
        size: u64,
    },
    /// The checkpoint does not continue the one that was cosigned last: the log was changed, shortened
    /// or forked.
    #[error("the checkpoint does not continue the one that was cosigned last")]
    NotContinued,
    /// The same size with another root: the log was forked.
    #[error("a checkpoint of the same size with another root was cosigned")]
    Forked {
        /// The size.
        size: u64,
    },
}

impl AddCheckpoint {
    /// The name of the log that the checkpoint claims to be of; not verified.
    pub fn origin(&self) -> Option<&str> {
        self.checkpoint.text().lines().next()
    }

    /// Whether a witness that `kept` this checkpoint of the log last may cosign. The answer is what it
    /// keeps from now on, before it says so to anybody.
    pub fn examine(
        &self,
        log: &[Verifier],
        kept: Option<&Checkpoint>,
    ) -> Result<Checkpoint, Refusal> {
        let log_name = log.first().ok_or(Refusal::UnknownLog)?.name();
        let new =
            Checkpoint::open(&self.checkpoint, log, log_name).map_err(|error| match error {
                CheckpointError::Note(_) => Refusal::NotSigned,
                CheckpointError::Malformed(_) => Refusal::Malformed,
                CheckpointError::OtherOrigin => Refusal::UnknownLog,
            })?;
        if self.old_size > new.size {
            return Err(Refusal::Malformed);
        }
        let (size, root) = kept.map_or((0, Hash::EMPTY_TREE), |kept| (kept.size, kept.root));
        if self.old_size != size {
            return Err(Refusal::OtherSize { size });
        }
        if size == new.size && root != new.root {
            return Err(Refusal::Forked { size });
        }
        verify_consistency(size, root, new.size, new.root, &self.proof)
            .or(Err(Refusal::NotContinued))?;
        Ok(new)
    }
}
