//! Why a backup is not put in place: each reason in words for people and as a code for programs.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::backup::manifest::{ManifestError, Part};
use crate::cli::exit::Exit;
use crate::domain::time::Timestamp;

/// Why a backup is not put in place. The codes keep their meaning.
#[derive(Debug, Clone, thiserror::Error)]
pub(in crate::cli) enum Refusal {
    #[error("{} {fault}", directory.display())]
    Manifest { directory: PathBuf, fault: Arc<ManifestError> },
    #[error("{} holds the other part of a backup, not the {}", directory.display(), wanted.name())]
    OtherPart { directory: PathBuf, wanted: Part },
    #[error("{} is missing, although the manifest names it", path.display())]
    FileMissing { path: PathBuf },
    #[error("{} was cut off: {found} of {wanted} bytes are there", path.display())]
    Truncated { path: PathBuf, found: u64, wanted: u64 },
    #[error("{} was changed: its bytes are not those that the manifest digested", path.display())]
    Changed { path: PathBuf },
    #[error(
        "the keys were copied at {keys}, before the data at {data}: what was stored in between could \
         not be read; give a later copy of the keys"
    )]
    OlderKeys { keys: Timestamp, data: Timestamp },
    #[error("the backup is of the ledger {found}, and this gateway has the ledger {wanted}")]
    OtherLedger { found: String, wanted: String },
    #[error("the {} cannot be read: {reason}", part.name())]
    Unreadable { part: Part, reason: String },
    #[error("the ledger in the backup is not what it signed: {fault}")]
    LedgerWrong { fault: String },
    #[error("the ledger is not the one that the manifest describes")]
    NotItsManifest,
    #[error("{reason}: not a checkpoint of the ledger {origin}")]
    OtherCheckpoint { path: PathBuf, origin: String, reason: String },
    #[error(
        "the backup and the published checkpoint at {size} are two histories: neither continues the \
         other"
    )]
    Fork { size: u64 },
    #[error(
        "the backup is older than the published checkpoint: {missing} entries are missing, it holds \
         {size} of {published}. Look for a newer backup; to go on without them, say \
         `--accept-missing {missing}`"
    )]
    Missing { missing: u64, size: u64, published: u64 },
    #[error(
        "{} exists already; a database is never overwritten. Move it away first, and keep it",
        path.display()
    )]
    InTheWay { path: PathBuf },
}

impl Refusal {
    /// The code for programs.
    pub(in crate::cli) const fn code(&self) -> &'static str {
        match self {
            Self::Manifest { .. } => "NO_MANIFEST",
            Self::OtherPart { .. } => "OTHER_PART",
            Self::FileMissing { .. } => "FILE_MISSING",
            Self::Truncated { .. } => "TRUNCATED",
            Self::Changed { .. } => "CHANGED",
            Self::OlderKeys { .. } => "OLDER_KEYS",
            Self::OtherLedger { .. } => "OTHER_LEDGER",
            Self::Unreadable { .. } => "UNREADABLE",
            Self::LedgerWrong { .. } => "LEDGER_WRONG",
            Self::NotItsManifest => "NOT_ITS_MANIFEST",
            Self::OtherCheckpoint { .. } => "OTHER_CHECKPOINT",
            Self::Fork { .. } => "FORK",
            Self::Missing { .. } => "ENTRIES_MISSING",
            Self::InTheWay { .. } => "IN_THE_WAY",
        }
    }

    /// How the command ends.
    pub(in crate::cli) fn exit(&self) -> Exit {
        match self {
            Self::Manifest { fault, .. } => match **fault {
                ManifestError::Missing => Exit::NotFound,
                ManifestError::Io(_) => Exit::Error,
                ManifestError::Malformed => Exit::ProofInvalid,
            },
            Self::FileMissing { .. } => Exit::NotFound,
            Self::OtherPart { .. } => Exit::Usage,
            Self::OtherLedger { .. } => Exit::Config,
            Self::InTheWay { .. } => Exit::Error,
            Self::Truncated { .. }
            | Self::Changed { .. }
            | Self::OlderKeys { .. }
            | Self::Unreadable { .. }
            | Self::LedgerWrong { .. }
            | Self::NotItsManifest
            | Self::OtherCheckpoint { .. }
            | Self::Fork { .. }
            | Self::Missing { .. } => Exit::ProofInvalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_scripts_a_restore_can_tell_an_old_backup_from_a_damaged_one() {
        let old = Refusal::Missing { missing: 3, size: 7, published: 10 };
        let cut = Refusal::Truncated { path: "a".into(), found: 1, wanted: 2 };
        assert_eq!((old.code(), cut.code()), ("ENTRIES_MISSING", "TRUNCATED"));
        assert!(old.to_string().contains("3 entries are missing, it holds 7 of 10"), "{old}");
        assert!(cut.to_string().contains("1 of 2 bytes"), "{cut}");
        assert_eq!(old.exit(), Exit::ProofInvalid);
        let fault = Arc::new(ManifestError::Missing);
        let none = Refusal::Manifest { directory: "a".into(), fault };
        assert_eq!(none.exit(), Exit::NotFound);
    }
}
