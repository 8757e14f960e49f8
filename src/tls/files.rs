//! Reading and writing PEM files. A file is never seen half written, and a file with a private key
//! is never readable by others, not even for an instant.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{self, PemObject};
use zeroize::Zeroizing;

/// A revocation list of a large authority holds some hundred thousand entries of about 40 bytes.
/// Nothing that this edge reads is larger.
const FILE_BYTES_MAX: u64 = 32 << 20;

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is larger than anything that belongs here.
    #[error("{}: larger than {FILE_BYTES_MAX} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else than what was expected.
    #[error("{}: not a PEM file with {expected}", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What should have been in it.
        expected: &'static str,
    },
}

impl FileError {
    pub(super) fn not_pem(path: &Path, expected: &'static str) -> Self {
        Self::NotPem { path: path.to_owned(), expected }
    }

    /// Whether the file does not exist, as opposed to being unreadable.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Who may read a file that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Certificates and revocation lists are public.
    Everyone,
    /// Private keys and what leads to them.
    OwnerOnly,
}

/// The whole file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let io_error = |source| FileError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io_error)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io_error)?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len <= FILE_BYTES_MAX) {
        Ok(bytes)
    } else {
        Err(FileError::TooLarge { path: path.to_owned() })
    }
}

/// The whole file as text.
pub(super) fn read_text(path: &Path, expected: &'static str) -> Result<String, FileError> {
    String::from_utf8(read(path)?).ok().ok_or_else(|| FileError::not_pem(path, expected))
}

/// All items of one kind in the PEM text of `path`; at least one.
pub(super) fn pem_items<T: PemObject>(
    path: &Path,
    bytes: &[u8],
    expected: &'static str,
) -> Result<Vec<T>, FileError> {
    let items: Result<Vec<T>, pem::Error> = T::pem_slice_iter(bytes).collect();
    match items {
        Ok(items) if !items.is_empty() => Ok(items),
        Ok(_) | Err(_) => Err(FileError::not_pem(path, expected)),
    }
}

/// The private key in the PEM file `path`.
pub(super) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, FileError> {
    let text = Zeroizing::new(read(path)?);
    // The library's reason is dropped, because it may quote the text.
    PrivateKeyDer::from_pem_slice(&text)
        .ok()
        .ok_or_else(|| FileError::not_pem(path, "a private key"))
}

/// Writes a file so that readers see the old or the new content, never a part of it.
///
/// The permissions are set when the temporary file is created, before the first byte is in it.
pub(super) fn write(path: &Path, content: &[u8], readers: Readers) -> Result<(), FileError> {
    let mode = match readers {
        Readers::Everyone => 0o644,
        Readers::OwnerOnly => 0o600,
    };
    replace(path, content, mode).map_err(|source| FileError::Io { path: path.to_owned(), source })
}

fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut temporary_name = name.to_owned();
    temporary_name.push(".new");
    let temporary = directory.join(temporary_name);
    // A crash may have left one behind, with other permissions.
    remove_if_present(&temporary)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(directory)?.sync_all()
}

/// Removes a file; that it is not there is fine.
pub(super) fn remove(path: &Path) -> Result<(), FileError> {
    remove_if_present(path).map_err(|source| FileError::Io { path: path.to_owned(), source })
}

fn remove_if_present(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Creates a directory that only the owner can look into, unless it exists.
pub(super) fn create_private_directory(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| FileError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_key_file_is_readable_by_its_owner_only_even_when_it_replaces_a_public_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.key");
        write(&path, b"public", Readers::Everyone).unwrap();
        // What a crash leaves behind must not lend its permissions to the next key.
        fs::write(directory.path().join("a.key.new"), b"left behind").unwrap();
        write(&path, b"secret", Readers::OwnerOnly).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"secret");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_absent_is_told_from_what_is_broken() {
        let directory = tempfile::tempdir().unwrap();
        assert!(read(&directory.path().join("none")).unwrap_err().is_absent());
        assert!(!read(directory.path()).unwrap_err().is_absent());
    }
}
