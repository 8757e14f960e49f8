//! Files that are made once, digested while they are read, and never written over.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use indicatif::ProgressBar;

use super::manifest::FileDigest;

/// What is read at once: large enough that a system call costs nothing, small enough for memory.
const CHUNK_BYTES: usize = 1024 * 1024;

/// Makes a directory that only its owner can reach. It may exist when it is empty.
pub(in crate::cli) fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    match builder.recursive(true).mode(0o700).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        Err(error) => return Err(error),
    }
    match std::fs::read_dir(path)?.next() {
        None => Ok(()),
        Some(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "is not empty; a backup is never written over anything",
        )),
    }
}

/// Writes a new file that only its owner can reach; on disk when this returns.
pub(in crate::cli) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = new_file(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_parent(path)
}

/// Makes a new, empty file that only its owner can reach.
pub(in crate::cli) fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Makes a file that somebody else wrote, and its name, survive a power cut.
pub(in crate::cli) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    sync_parent(path)
}

/// Makes the names in the directory of `path` survive a power cut.
pub(in crate::cli) fn sync_parent(path: &Path) -> io::Result<()> {
    File::open(parent(path))?.sync_all()
}

/// The directory of a path.
pub(in crate::cli) fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// Reads a file to its end, hands it on, and says what it was.
pub(in crate::cli) fn digest_into(
    path: &Path,
    mut to: impl Write,
    bar: &ProgressBar,
) -> io::Result<FileDigest> {
    let mut file = File::open(path)?;
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut bytes = 0;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read(&mut chunk)?;
        let Some(part) = chunk.get(..read).filter(|part| !part.is_empty()) else { break };
        hash.update(part);
        to.write_all(part)?;
        bytes += u64::try_from(read).unwrap_or(0);
        bar.set_position(bytes);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(FileDigest { name, bytes, sha256: hex::encode(hash.finish()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_bytes_and_they_are_handed_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("abc");
        write_new(&path, b"abc").unwrap();
        let mut copy = Vec::new();
        let digest = digest_into(&path, &mut copy, &ProgressBar::hidden()).unwrap();
        assert_eq!(copy, b"abc");
        assert_eq!((digest.name.as_str(), digest.bytes), ("abc", 3));
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.sha256, expected);
    }

    #[test]
    fn nothing_is_written_over_anything() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("a/b");
        make_directory(&inner).unwrap();
        make_directory(&inner).unwrap();
        write_new(&inner.join("file"), b"first").unwrap();
        let refused = make_directory(&inner).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert!(write_new(&inner.join("file"), b"second").is_err());
        assert_eq!(std::fs::read(inner.join("file")).unwrap(), b"first");
    }
}
