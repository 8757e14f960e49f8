//! What a backup says about itself, written last: without it there is no backup.
//!
//! A backup has two parts, each a directory of its own, because they are kept for different times: a
//! key that was destroyed must not live on beside the data that it opened.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::ledger::note::KeyName;

use super::files;

/// Name of the file in each part.
pub(in crate::cli) const MANIFEST: &str = "manifest.json";

/// A manifest holds one checkpoint and a few lines; witnesses make it longer.
const BYTES_MAX: u64 = 256 * 1024;

/// Which half of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::cli) enum Part {
    /// Rows and ledger.
    Data,
    /// Keys of persons and cases.
    Keys,
}

impl Part {
    /// Name of its directory within a backup.
    pub(in crate::cli) const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Keys => "keys",
        }
    }
}

/// Which database it was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::cli) enum Engine {
    /// The part is a SQLite file, which stands beside the manifest.
    Sqlite,
    /// The part is a dump that the tools of PostgreSQL make and restore.
    Postgresql,
}

/// How a manifest is written; a change that older programs cannot read gets a new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "ketenpoort-backup/1")]
    First,
}

/// What a part of a backup says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Manifest {
    format: Format,
    pub(in crate::cli) part: Part,
    /// The same in both parts of one backup.
    pub(in crate::cli) backup_id: uuid::Uuid,
    /// Data: a moment after the snapshot. Keys: a moment before it. So keys that say a later moment
    /// than the data do hold every key that the data need.
    pub(in crate::cli) taken_at: Timestamp,
    /// Version of the program that took it.
    pub(in crate::cli) program: String,
    pub(in crate::cli) engine: Engine,
    pub(in crate::cli) schema_version: i64,
    /// The ledger whose data, or whose keys, these are.
    #[serde(with = "crate::cli::config::as_text")]
    pub(in crate::cli) origin: KeyName,
    /// The files of this part; none when the tools of the database make them.
    pub(in crate::cli) files: Vec<FileDigest>,
    /// What the ledger was; none in the part with the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) ledger: Option<LedgerState>,
}

/// A file and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct FileDigest {
    pub(in crate::cli) name: String,
    pub(in crate::cli) bytes: u64,
    /// SHA-256, in hex.
    pub(in crate::cli) sha256: String,
}

/// The ledger in a backup. In a dump that was taken later it may have grown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct LedgerState {
    pub(in crate::cli) size: u64,
    /// In base64, as checkpoints write it.
    pub(in crate::cli) root: String,
    /// The newest signed checkpoint; none before the first entry.
    pub(in crate::cli) checkpoint: Option<String>,
}

/// What both parts of one backup share.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Head {
    pub(in crate::cli) backup_id: uuid::Uuid,
    pub(in crate::cli) origin: KeyName,
}

impl Head {
    pub(in crate::cli) fn new(origin: KeyName) -> Self {
        Self { backup_id: uuid::Uuid::now_v7(), origin }
    }

    pub(in crate::cli) fn manifest(
        &self,
        part: Part,
        engine: Engine,
        schema_version: i64,
        taken_at: Timestamp,
    ) -> Manifest {
        Manifest {
            format: Format::First,
            part,
            backup_id: self.backup_id,
            taken_at,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            engine,
            schema_version,
            origin: self.origin.clone(),
            files: Vec::new(),
            ledger: None,
        }
    }
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum ManifestError {
    /// There is none.
    #[error("holds no {MANIFEST}: it is no backup, or the backup was cut off before its end")]
    Missing,
    /// It could not be read.
    #[error("{MANIFEST} cannot be read: {0}")]
    Io(io::Error),
    /// It is no manifest, or one of a newer program.
    #[error(
        "{MANIFEST} is not a manifest that this program knows: it is damaged, or a newer \
             program made it"
    )]
    Malformed,
}

impl Manifest {
    /// Writes it into the directory of its part; on disk when this returns.
    pub(in crate::cli) fn write(&self, directory: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        files::write_new(&directory.join(MANIFEST), text.as_bytes())
    }

    /// Reads the manifest of a part.
    pub(in crate::cli) fn read(directory: &Path) -> Result<Self, ManifestError> {
        let file = fs::File::open(directory.join(MANIFEST)).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                ManifestError::Missing
            } else {
                ManifestError::Io(error)
            }
        })?;
        let mut text = Vec::new();
        file.take(BYTES_MAX).read_to_end(&mut text).map_err(ManifestError::Io)?;
        serde_json::from_slice(&text).or(Err(ManifestError::Malformed))
    }
}
