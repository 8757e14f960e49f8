//! Files that hold secrets.
//!
//! Invariant: a secret that others than its owner can read or change is not used, because it may no
//! longer be one. The permissions are those of the file that is read, not of the name: nobody can
//! exchange it in between.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// No secret of a gateway is longer; whoever names another file by mistake learns it soon.
const BYTES_MAX: u64 = 64 * 1024;

/// Bits of the mode that let anybody but the owner in.
const OTHERS: u32 = 0o077;

/// Why a secret cannot be used, or not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretFileError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: must be readable by its owner only; run `chmod 600 {}`", path.display(), path.display())]
    Exposed { path: PathBuf },
    #[error("{}: not a file of secrets", path.display())]
    Unsuitable { path: PathBuf },
    #[error("{}: exists already; a secret is never overwritten", path.display())]
    Exists { path: PathBuf },
}

/// The text of a file of secrets, wiped when dropped.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, SecretFileError> {
    let io_error = |source| SecretFileError::Io { path: path.to_owned(), source };
    let unsuitable = || SecretFileError::Unsuitable { path: path.to_owned() };
    let file = File::open(path).map_err(io_error)?;
    let metadata = file.metadata().map_err(io_error)?;
    if metadata.mode() & OTHERS != 0 {
        return Err(SecretFileError::Exposed { path: path.to_owned() });
    }
    if !metadata.is_file() || metadata.len() > BYTES_MAX {
        return Err(unsuitable());
    }
    // Room for all of it: a text that grows would leave a copy behind.
    let capacity = usize::try_from(metadata.len()).unwrap_or(0) + 1;
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    match file.take(BYTES_MAX).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(unsuitable()),
        Err(error) => Err(io_error(error)),
    }
}

/// Whether a file lets only its owner in; for secrets that another part reads.
pub(super) fn require_private(path: &Path) -> Result<(), SecretFileError> {
    let metadata = std::fs::metadata(path)
        .map_err(|source| SecretFileError::Io { path: path.to_owned(), source })?;
    if metadata.mode() & OTHERS == 0 {
        Ok(())
    } else {
        Err(SecretFileError::Exposed { path: path.to_owned() })
    }
}

/// Makes an empty file that only its owner can reach, unless there is a file: for a database that
/// will hold what must not be read by others.
pub(super) fn touch(path: &Path) -> Result<(), SecretFileError> {
    match create(path, "") {
        Err(SecretFileError::Exists { .. }) => Ok(()),
        other => other,
    }
}

/// Writes a new file of secrets; on disk when this returns.
pub(super) fn create(path: &Path, text: &str) -> Result<(), SecretFileError> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or_else(|| Path::new(".")))?.sync_all()
    };
    write().map_err(|source: io::Error| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::AlreadyExists {
            SecretFileError::Exists { path }
        } else {
            SecretFileError::Io { path, source }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_is_its_owners_alone_and_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        create(&path, "first").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(matches!(create(&path, "second"), Err(SecretFileError::Exists { .. })));
        touch(&path).unwrap();
        assert_eq!(*read(&path).unwrap(), "first");
        let empty = directory.path().join("empty");
        touch(&empty).unwrap();
        require_private(&empty).unwrap();
    }

    #[test]
    fn a_secret_that_others_can_reach_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        create(&path, "text").unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(matches!(read(&path), Err(SecretFileError::Exposed { .. })), "{mode:o}");
            assert!(require_private(&path).is_err());
        }
        set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        assert_eq!(*read(&path).unwrap(), "text");
        require_private(&path).unwrap();
    }

    #[test]
    fn what_is_no_file_of_secrets_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(read(&path), Err(SecretFileError::Unsuitable { .. })));
        assert!(matches!(read(&directory.path().join("none")), Err(SecretFileError::Io { .. })));
    }
}
