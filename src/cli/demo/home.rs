//! The directory that a demo lives in: one that the caller names and keeps, or one that is gone when
//! the demo ends.
//!
//! Invariant: nobody but its owner can read what is in it, and nothing that was there is touched.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::cli::exit::{Exit, Failure};

/// A directory with room for one demo.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    temporary: bool,
}

impl Home {
    /// The directory that the caller names; it must be empty or not exist.
    pub(super) fn kept(path: &Path) -> anyhow::Result<Self> {
        let path = std::path::absolute(path)?;
        make(&path, Parents::Too)?;
        if fs::read_dir(&path)?.next().is_some() {
            let sentence = format!(
                "{} is not empty. Name a new directory, or serve the demo that is in it with \
                 `ketenpoort serve --config {}`",
                path.display(),
                path.join(super::CONFIG_FILE).display(),
            );
            return Err(Failure::new(Exit::Usage, sentence).into());
        }
        Ok(Self { path, temporary: false })
    }

    /// A directory of its own, removed when the demo ends.
    pub(super) fn temporary() -> io::Result<Self> {
        let name = format!("ketenpoort-demo-{:08x}", uuid::Uuid::new_v4().as_fields().0);
        let path = std::env::temp_dir().join(name);
        make(&path, Parents::Exist)?;
        Ok(Self { path, temporary: true })
    }

    /// Where it is, from the root of the file system.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if self.temporary {
            // Nothing can be done about what cannot be removed.
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parents {
    Too,
    Exist,
}

/// Makes a directory for its owner only. An existing one is no error where its parents may be made.
fn make(path: &Path, parents: Parents) -> io::Result<()> {
    fs::DirBuilder::new().recursive(parents == Parents::Too).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_with_something_in_it_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a").join("b");
        let home = Home::kept(&path).unwrap();
        assert_eq!(home.path(), path);
        fs::write(path.join("file"), "text").unwrap();
        let error = Home::kept(&path).unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Usage);
        drop(home);
        assert!(path.join("file").exists());
    }

    #[test]
    fn a_temporary_directory_is_its_owners_and_gone_afterwards() {
        use std::os::unix::fs::MetadataExt as _;

        let home = Home::temporary().unwrap();
        let path = home.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        fs::write(path.join("file"), "text").unwrap();
        drop(home);
        assert!(!path.exists());
    }
}
