//! `ketenpoort demo tamper`: somebody who can write to the disk changes what was logged.
//!
//! Not through the store, which offers no way to do that, but behind its back: the bytes of one entry
//! are looked up through the store, found again in the files of the database, and one bit of them is
//! changed there. A running gateway keeps its newest pages in a second file, the write-ahead log, so
//! every copy in both files is changed. Nothing is copied and everything is changed back, whatever
//! happens in between.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::CONFIG_FILE;
use super::ledger_check::LedgerCheck;
use crate::cli::config::{Config, DatabaseUrl, Environment, Loaded};
use crate::cli::exit::{Exit, Failure};
use crate::cli::log::open_read_only;
use crate::cli::terminal::{Terminal, Tone};
use crate::ledger::entry::Entry;
use crate::store;

/// The database of a demo has a megabyte; what is larger is none.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Changes a bit, lets the ledger be verified, and changes it back.
pub(super) async fn run(directory: &Path, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let directory = std::path::absolute(directory)?;
    let config = demo_in(&directory)?;
    let DatabaseUrl::Sqlite(database) = &config.database.url else {
        return Err(not_a_demo(&directory));
    };
    let check = LedgerCheck::of(&config)?;
    heading(terminal, "The ledger as it is")?;
    if check.verify(terminal).await? != Exit::Ok {
        terminal.note("The ledger is damaged already.");
        return Ok(Exit::Error);
    }
    let (index, original) = middle_entry(&config.database.url).await?;
    let files = [database.clone(), write_ahead_log(database)];
    let tampered = Tampered::with(&files, &original, &with_another_outcome(&original)?)?;
    let what = format!(
        "\nOne bit of entry {index} is changed in the file of the database: it tells another outcome"
    );
    heading(terminal, &what)?;
    let found = check.verify(terminal).await;
    tampered.undo().context("cannot change the entry back")?;
    let found = found?;
    heading(terminal, "\nAnd changed back")?;
    let healed = check.verify(terminal).await?;
    if found != Exit::ProofInvalid || healed != Exit::Ok {
        terminal.note("That should not have gone unnoticed.");
        return Ok(Exit::Error);
    }
    terminal.line("\nOne bit of one entry, and verification found it.")?;
    Ok(Exit::Ok)
}

fn heading(terminal: &mut Terminal, text: &str) -> io::Result<()> {
    terminal.line(terminal.paint(Tone::Strong, text))
}

/// The configuration in a directory that `ketenpoort demo` made. Any other gateway's is left alone.
fn demo_in(directory: &Path) -> anyhow::Result<Config> {
    let path = directory.join(CONFIG_FILE);
    let text = fs::read_to_string(&path).map_err(|_unreadable| not_a_demo(directory))?;
    let config = Loaded::of(&path, &text, &Environment::default())?.config;
    if super::world::is_demo(&config) { Ok(config) } else { Err(not_a_demo(directory)) }
}

fn not_a_demo(directory: &Path) -> anyhow::Error {
    let sentence = format!(
        "{}: no demo here; make one with `ketenpoort demo --dir {}`",
        directory.display(),
        directory.display()
    );
    Failure::new(Exit::NotFound, sentence).into()
}

/// The entry in the middle of the ledger.
async fn middle_entry(database: &DatabaseUrl) -> anyhow::Result<(i64, Vec<u8>)> {
    let db = open_read_only(database, store::ledger::SCHEMA).await?;
    let mut tx = db.read().await?;
    let size = tx.log_state().await?.map_or(0, |state| state.size);
    // The first that was not purged.
    let leaf = tx.leaves(size / 2, 1).await?.into_iter().next();
    drop(tx);
    db.close().await;
    let leaf = leaf.context("the ledger is empty")?;
    Ok((leaf.idx, leaf.entry))
}

/// The entry, with one bit changed in how the event ended: from success to failure, or back.
fn with_another_outcome(original: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut entry = Entry::decode(original)?;
    entry.outcome ^= 4;
    Ok(entry.encode())
}

/// Where SQLite keeps what is committed and not yet in the main file.
fn write_ahead_log(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// An entry that was changed. Changed back when dropped.
#[derive(Debug)]
struct Tampered {
    files: Vec<PathBuf>,
    original: Vec<u8>,
    changed: Vec<u8>,
}

impl Tampered {
    fn with(files: &[PathBuf], original: &[u8], changed: &[u8]) -> anyhow::Result<Self> {
        anyhow::ensure!(original.len() == changed.len(), "the change does not fit into the file");
        let files = files.iter().filter(|path| path.exists()).cloned().collect();
        let tampered = Self { files, original: original.to_vec(), changed: changed.to_vec() };
        let copies = tampered.replace(&tampered.original, &tampered.changed)?;
        anyhow::ensure!(copies > 0, "the entry is not in the files of the database");
        Ok(tampered)
    }

    fn undo(self) -> io::Result<()> {
        self.replace(&self.changed, &self.original).map(|_copies| ())
    }

    /// Writes `new` over every copy of `old` and says how many there were. A gateway that is serving
    /// may move pages between the files meanwhile, so they are searched anew every time.
    fn replace(&self, old: &[u8], new: &[u8]) -> io::Result<usize> {
        let mut copies = 0;
        for path in &self.files {
            copies += replace_in(path, old, new)?;
        }
        Ok(copies)
    }
}

/// A second chance: after [`Tampered::undo`] there is nothing left to change.
impl Drop for Tampered {
    fn drop(&mut self) {
        drop(self.replace(&self.changed, &self.original));
    }
}

fn replace_in(path: &Path, old: &[u8], new: &[u8]) -> io::Result<usize> {
    let file = File::options().read(true).write(true).open(path)?;
    if file.metadata()?.len() > FILE_BYTES_MAX {
        return Err(io::Error::other("too large for the database of a demo"));
    }
    let bytes = fs::read(path)?;
    let mut copies = 0;
    for (at, window) in (0_u64..).zip(bytes.windows(old.len())) {
        if window == old {
            file.write_all_at(new, at)?;
            copies += 1;
        }
    }
    file.sync_all()?;
    Ok(copies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_copy_is_changed_and_changed_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("a"), b"..entry....entry").unwrap();
        fs::write(path("b"), b"entry").unwrap();
        let files = [path("a"), path("b"), path("none")];
        let tampered = Tampered::with(&files, b"entry", b"enury").unwrap();
        assert_eq!(fs::read(path("a")).unwrap(), b"..enury....enury");
        assert_eq!(fs::read(path("b")).unwrap(), b"enury");
        tampered.undo().unwrap();
        assert_eq!(fs::read(path("a")).unwrap(), b"..entry....entry");
        assert_eq!(fs::read(path("b")).unwrap(), b"entry");
    }

    #[test]
    fn an_interrupted_change_is_undone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, b"entry").unwrap();
        drop(Tampered::with(std::slice::from_ref(&path), b"entry", b"enury").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"entry");
        assert!(Tampered::with(&[path], b"other", b"oTher").is_err());
    }

    #[test]
    fn the_ledger_of_another_gateway_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Exit::of(&demo_in(directory.path()).unwrap_err()), Exit::NotFound);
        let text = crate::cli::config::REFERENCE;
        fs::write(directory.path().join(CONFIG_FILE), text).unwrap();
        assert_eq!(Exit::of(&demo_in(directory.path()).unwrap_err()), Exit::NotFound);
    }
}
