//! The authority's own files: all of them or none.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::super::authority::{AuthorityError, Register, Snapshot};
use super::super::files::{self, FileError, Readers};

/// Why the directory cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The authority refused.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// There is no authority in the directory.
    #[error("{}: no development authority here", directory.display())]
    Absent {
        /// The directory.
        directory: PathBuf,
    },
    /// There is one already, and a second one would make all its certificates worthless.
    #[error("{}: there is a development authority here already", directory.display())]
    Exists {
        /// The directory.
        directory: PathBuf,
    },
    /// Another process is changing the directory.
    #[error("{}: in use by another process", directory.display())]
    Busy {
        /// The directory.
        directory: PathBuf,
    },
    /// A file name that could lead out of the directory.
    #[error("a file name must be 1 to 40 of a-z 0-9 -")]
    Slug,
}

/// A file of the authority itself.
pub(super) fn ca_path(directory: &Path, name: &str) -> PathBuf {
    directory.join("ca").join(name)
}

/// Keeps other processes from changing the directory until the file is dropped.
pub(super) fn lock(directory: &Path) -> Result<File, PkiError> {
    files::create_private_directory(&directory.join("ca"))?;
    let path = ca_path(directory, "lock");
    let io_error = |source| FileError::Io { path: path.clone(), source };
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(io_error)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(PkiError::Busy { directory: directory.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io_error(source).into()),
    }
}

/// `root.pem` is written last and removed first: where it is, the rest is.
pub(super) fn write_snapshot(directory: &Path, snapshot: &Snapshot) -> Result<(), PkiError> {
    let path = |name| ca_path(directory, name);
    files::remove(&path("root.pem"))?;
    let register = snapshot.register.to_json().map_err(AuthorityError::Register)?;
    files::write(&path("issued.json"), register.as_bytes(), Readers::OwnerOnly)?;
    files::write(&path("issuing.key"), snapshot.issuing_key_pem.as_bytes(), Readers::OwnerOnly)?;
    files::write(&path("issuing.pem"), snapshot.issuing_pem.as_bytes(), Readers::Everyone)?;
    files::write(&path("root.crl.pem"), snapshot.root_list_pem.as_bytes(), Readers::Everyone)?;
    Ok(files::write(&path("root.pem"), snapshot.root_pem.as_bytes(), Readers::Everyone)?)
}

/// What [`write_snapshot`] wrote.
pub(super) fn read_snapshot(directory: &Path) -> Result<Snapshot, PkiError> {
    let text = |name, expected| files::read_text(&ca_path(directory, name), expected);
    let root_pem = match text("root.pem", "a certificate") {
        Err(error) if error.is_absent() => {
            return Err(PkiError::Absent { directory: directory.to_owned() });
        }
        other => other?,
    };
    let register = files::read(&ca_path(directory, "issued.json"))?;
    Ok(Snapshot {
        root_pem,
        root_list_pem: text("root.crl.pem", "a revocation list")?,
        issuing_pem: text("issuing.pem", "a certificate")?,
        issuing_key_pem: text("issuing.key", "a private key")?.into(),
        register: Register::from_json(&register).map_err(AuthorityError::Register)?,
    })
}
