//! Makes SQLite's write-ahead log as durable as it looks.
//!
//! After a sync that failed, the kernel counts the pages as written although they are not on the
//! disk, and every later sync passes over them. The commit was refused, but its frames still stand
//! in the page cache. A connection that recovers the log from there takes them for committed, builds
//! on them and answers; a power cut then takes the frames that never reached the disk, and with them
//! everything behind. So whoever is going to write first writes the log again as it stands, which
//! makes its pages dirty once more, and syncs it.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::store::error::{DriverError, Result};

/// Bytes written again at a time.
const PIECE: usize = 1 << 20;

/// Writes the log of the connection's database again, under the lock of those who write: nobody adds
/// to it meanwhile, and who reads it reads the same bytes. Blocks while
/// somebody else writes, as long as the connection waits for locks.
pub(super) fn make_durable(connection: &Connection, database: &Path) -> Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let written = write_again(&log_of(database));
    connection.execute_batch("ROLLBACK")?;
    Ok(written.map_err(DriverError::File)?)
}

/// The write-ahead log of a database.
pub(super) fn log_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

fn write_again(path: &Path) -> io::Result<()> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut piece = vec![0; PIECE];
    let mut at = 0;
    loop {
        let read = file.read_at(&mut piece, at)?;
        let Some(same) = piece.get(..read).filter(|same| !same.is_empty()) else { break };
        file.write_all_at(same, at)?;
        at += u64::try_from(read).unwrap_or(u64::MAX);
    }
    // With its length, which may not have reached the disk either.
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, PathBuf, Connection) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kp.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.execute_batch("CREATE TABLE t (i); INSERT INTO t VALUES (1)").unwrap();
        (directory, path, connection)
    }

    #[test]
    fn the_log_stays_as_it_is_and_can_be_added_to() {
        let (_directory, path, connection) = database();
        let before = std::fs::read(log_of(&path)).unwrap();
        assert!(!before.is_empty());
        make_durable(&connection, &path).unwrap();
        assert_eq!(std::fs::read(log_of(&path)).unwrap(), before);
        connection.execute_batch("INSERT INTO t VALUES (2)").unwrap();
        let rows: i64 = connection.query_row("SELECT count(*) FROM t", [], |r| r.get(0)).unwrap();
        assert_eq!(rows, 2);
    }

    #[test]
    fn without_a_log_there_is_nothing_to_do() {
        let (_directory, path, connection) = database();
        connection.close().unwrap();
        assert!(!log_of(&path).exists());
        make_durable(&Connection::open(&path).unwrap(), &path).unwrap();
    }

    #[test]
    fn a_log_that_cannot_be_written_is_an_outage() {
        let (_directory, path, connection) = database();
        let log = log_of(&path);
        std::fs::rename(&log, path.with_extension("away")).unwrap();
        std::fs::create_dir(&log).unwrap();
        let error = make_durable(&connection, &path).unwrap_err();
        assert!(error.is_outage(), "{error:?}");
        assert!(connection.is_autocommit());
    }
}
