//! A file beside the place where it will stand, gone again unless it is put there.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::refusal::Refusal;
use crate::cli::backup::files;
use crate::cli::backup::manifest::FileDigest;
use crate::cli::config::DatabaseUrl;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;

/// What SQLite keeps beside a database. A left-over one would be read as part of the restored file.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// A part of a backup, ready to be put in place.
pub(super) struct Staged {
    /// Where it can be looked at before.
    pub(super) url: DatabaseUrl,
    files: Option<Files>,
}

struct Files {
    staged: PathBuf,
    target: PathBuf,
}

impl Staged {
    /// What was loaded into a server is where it will stay.
    pub(super) fn on_server(url: &DatabaseUrl) -> Self {
        Self { url: url.clone(), files: None }
    }

    /// Copies a file of a backup beside its target and compares it with its digest.
    pub(super) fn copy(
        directory: &Path,
        wanted: &FileDigest,
        target: &Path,
        terminal: &Terminal,
    ) -> anyhow::Result<Self> {
        for end in BESIDE {
            let path = with_end(target, end);
            if path.exists() {
                return Err(Refusal::InTheWay { path }.into());
            }
        }
        let from = directory.join(file_name(&wanted.name)?);
        let metadata = fs::metadata(&from);
        let Ok(metadata) = metadata else { return Err(Refusal::FileMissing { path: from }.into()) };
        if metadata.len() < wanted.bytes {
            let (found, wanted) = (metadata.len(), wanted.bytes);
            return Err(Refusal::Truncated { path: from, found, wanted }.into());
        }
        let staged = with_end(target, ".restoring");
        let file = files::new_file(&staged).map_err(|error| not_staged(&staged, &error))?;
        // From here on it is removed unless it is put in place.
        let this = Self {
            url: DatabaseUrl::Sqlite(staged.clone()),
            files: Some(Files { staged, target: target.to_owned() }),
        };
        let bar = terminal.progress_bytes(wanted.bytes, "copying");
        let mut writer = io::BufWriter::new(&file);
        let found = files::digest_into(&from, &mut writer, &bar);
        bar.finish_and_clear();
        let found = found?;
        writer.flush()?;
        drop(writer);
        if found.bytes != wanted.bytes || found.sha256 != wanted.sha256 {
            return Err(Refusal::Changed { path: from }.into());
        }
        file.sync_all()?;
        Ok(this)
    }

    /// Gives the file its name, if nothing bears it. The link is made at once or not at all, and
    /// fails where a file exists, which a rename would replace.
    pub(super) fn put_in_place(&self) -> anyhow::Result<Option<PathBuf>> {
        let Some(Files { staged, target }) = &self.files else { return Ok(None) };
        fs::hard_link(staged, target).map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                anyhow::Error::new(Refusal::InTheWay { path: target.clone() })
            } else {
                anyhow::Error::new(error).context(target.display().to_string())
            }
        })?;
        files::sync_parent(target)?;
        Ok(Some(target.clone()))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let Some(Files { staged, .. }) = &self.files else { return };
        for end in BESIDE {
            drop(fs::remove_file(with_end(staged, end)));
        }
    }
}

fn not_staged(staged: &Path, error: &io::Error) -> Failure {
    let path = staged.display();
    if error.kind() == io::ErrorKind::AlreadyExists {
        let message = format!("{path}: another restore runs, or one was cut off: then remove it");
        Failure::new(Exit::Temporary, message)
    } else {
        Failure::new(Exit::Error, format!("{path}: {error}"))
    }
}

/// The name of a file in a manifest, which must not lead out of its directory.
fn file_name(name: &str) -> Result<&Path, Failure> {
    let path = Path::new(name);
    if path.file_name() == Some(path.as_os_str()) {
        return Ok(path);
    }
    Err(Failure::new(Exit::ProofInvalid, "the manifest names a file outside its directory"))
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_cannot_name_a_file_elsewhere() {
        for bad in ["", "..", "../a", "/etc/passwd", "a/b", "a/.."] {
            assert!(file_name(bad).is_err(), "{bad}");
        }
        assert_eq!(file_name("a.sqlite").unwrap(), Path::new("a.sqlite"));
    }
}
