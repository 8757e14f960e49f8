//! A file that gets its name when it is whole.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::cli::exit::{Exit, Failure};

/// A file on its way. Dropped before it is kept, it leaves nothing.
#[derive(Debug)]
pub(in crate::cli) struct Whole {
    file: File,
    part: PathBuf,
    path: PathBuf,
    is_kept: bool,
}

impl Whole {
    /// Begins a file that does not exist yet.
    pub(in crate::cli) fn create(path: &Path) -> anyhow::Result<Self> {
        let taken = || {
            let message = format!("{}: exists already", path.display());
            Failure::new(Exit::Error, message)
        };
        if path.try_exists()? {
            return Err(taken().into());
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
        let file = file
            .map_err(|error| Failure::new(Exit::Error, format!("{}: {error}", part.display())))?;
        Ok(Self { file, part, path: path.to_owned(), is_kept: false })
    }

    /// Adds bytes.
    pub(in crate::cli) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Gives the file its name once everything is on disk. One that came meanwhile is not overwritten.
    pub(in crate::cli) fn keep(mut self) -> std::io::Result<()> {
        self.file.sync_all()?;
        std::fs::hard_link(&self.part, &self.path)?;
        std::fs::remove_file(&self.part)?;
        self.is_kept = true;
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
    }

    /// The same with all there is to write.
    pub(in crate::cli) fn keep_text(mut self, text: &str) -> std::io::Result<()> {
        self.write(text.as_bytes())?;
        self.keep()
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.is_kept {
            // When that fails too, a file is left whose name says what it is.
            drop(std::fs::remove_file(&self.part));
        }
    }
}
