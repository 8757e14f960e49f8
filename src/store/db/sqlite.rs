//! SQLite behind the façade: connections, their settings, one transaction.
//!
//! Statements run on the thread that asks: they cost microseconds, and handing each to another
//! thread and back costs ten times as much. What waits for the disk, the commit, is handed to a
//! thread that may wait. Invariant: a connection that saw the database fail is never used again.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, OpenFlags};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use crate::store::error::{DriverError, Error, Result};

use super::{WAIT_MAX, wal};

/// Statements that a connection keeps prepared: more than the gateway has.
const STATEMENTS_MAX: usize = 256;
/// Bytes of the write-ahead log from which a thread beside the writer moves it into the file. Pages that
/// many commits change are moved once.
const LOG_BYTES_SOFT: u64 = 32 * 1024 * 1024;
/// Memory for pages of a connection that writes, in KiB.
const WRITER_CACHE_KIB: i64 = 16 * 1024;
/// Shortest time between two such moves: often enough to stay below the hard limit.
const MOVES_APART: Duration = Duration::from_millis(100);
/// Pages of the log from which the commit itself moves it, because beside it that could not be finished:
/// the log stays below some 96 MiB.
const LOG_PAGES_HARD: i64 = 24_576;
/// How long a writer waits before it looks again whether another process let go of the file.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Access {
    /// Everything.
    Write,
    /// Reading.
    Read,
    /// Reading a file that may not be the gateway's own: nothing is set that could change it.
    Inspect,
}

/// Connections to one file.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    access: Access,
    size: u32,
    free: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
    closed: AtomicBool,
    /// What moves the log into the file.
    mover: Mutex<Mover>,
}

/// Moves the write-ahead log into the file.
#[derive(Debug, Default)]
struct Mover {
    connection: Option<Connection>,
    /// When it last did.
    moved: Option<Instant>,
}

impl Pool {
    /// Connections to a file. The first is opened at once, to see that it can be.
    pub(in crate::store) async fn open(path: &Path, access: Access, size: u32) -> Result<Self> {
        let first = connect(path, access).await?;
        let places = usize::try_from(size).unwrap_or(1);
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            access,
            size,
            free: Mutex::new(vec![first]),
            places: Arc::new(Semaphore::new(places)),
            closed: AtomicBool::new(false),
            mover: Mutex::default(),
        })))
    }

    /// A connection for one use.
    pub(in crate::store) async fn lease(&self) -> Result<Lease> {
        let places = Arc::clone(&self.0.places);
        let place = timeout(WAIT_MAX, places.acquire_owned())
            .await
            .map_err(|_elapsed| Error::from(DriverError::NoConnection))?
            .map_err(|_closed| Error::from(DriverError::Closed))?;
        if self.0.closed.load(Ordering::SeqCst) {
            return Err(DriverError::Closed.into());
        }
        let free = self.free().pop();
        let connection = match free {
            Some(connection) => connection,
            None => connect(&self.0.path, self.0.access).await?,
        };
        Ok(Lease { pool: self.clone(), connection: Some(connection), failed: false, _place: place })
    }

    /// Refuses new uses, and closes all connections when those under way have ended.
    pub(in crate::store) fn close(&self) -> impl Future<Output = ()> + Send + 'static {
        self.0.closed.store(true, Ordering::SeqCst);
        let inner = Arc::clone(&self.0);
        async move {
            drop(inner.places.acquire_many(inner.size).await);
            inner.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
            inner.mover.lock().unwrap_or_else(PoisonError::into_inner).connection = None;
        }
    }

    /// Moves the log into the file once it is long, beside the writer. What goes wrong here goes wrong
    /// in the writer's own turn too, where somebody is told.
    fn shorten_log(&self) {
        if std::fs::metadata(wal::log_of(&self.0.path)).map_or(0, |log| log.len()) < LOG_BYTES_SOFT
        {
            return;
        }
        let pool = self.clone();
        drop(tokio::task::spawn_blocking(move || {
            // Whoever holds it is moving already.
            let Ok(mut mover) = pool.0.mover.try_lock() else { return };
            // The file stays long when the log begins anew, so its length alone says too little.
            if mover.moved.is_some_and(|moved| moved.elapsed() < MOVES_APART) {
                return;
            }
            let connection = match mover.connection.take() {
                Some(connection) => Ok(connection),
                None => open_connection(&pool.0.path, Access::Write),
            };
            let Ok(connection) = connection else { return };
            let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_row| Ok(()));
            mover.moved = Some(Instant::now());
            if moved.is_ok() && !pool.0.closed.load(Ordering::SeqCst) {
                mover.connection = Some(connection);
            }
        }));
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new connection. Before one that writes is used, what stands in the log is made durable, also
/// after a failure, when it replaces one that saw it: on a thread that may wait for locks and disk.
async fn connect(path: &Path, access: Access) -> Result<Connection> {
    if access != Access::Write {
        return open_connection(path, access);
    }
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || {
        let connection = open_connection(&path, access)?;
        wal::make_durable(&connection, &path)?;
        // From here on a writer waits without holding up its thread: see `begin_immediate`.
        connection.busy_timeout(Duration::ZERO)?;
        Ok(connection)
    });
    opened.await.unwrap_or(Err(DriverError::Closed.into()))
}

fn open_connection(path: &Path, access: Access) -> Result<Connection> {
    let mode = match access {
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Access::Read | Access::Inspect => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    // A connection is used by one thread at a time; the lease sees to that.
    let connection = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.busy_timeout(WAIT_MAX)?;
    // Nothing of what is being written goes to a file outside the gateway's own.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A plan does not depend on what is bound: otherwise many statements are prepared at every use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if access == Access::Inspect {
        return Ok(connection);
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    // A commit that is answered must survive a power cut, not only a crash of this process.
    connection.pragma_update(None, "synchronous", "FULL")?;
    if access == Access::Write {
        let pages = LOG_PAGES_HARD;
        connection.pragma_update_and_check(None, "wal_autocheckpoint", pages, |_row| Ok(()))?;
        // What it wrote last it needs again. Readers get none: every commit voids what they hold.
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    }
    // What is deleted, for example a destroyed key, is overwritten in the file.
    connection.pragma_update_and_check(None, "secure_delete", true, |_row| Ok(()))?;
    Ok(connection)
}

/// A connection in use. It goes back when dropped, outside any transaction.
#[derive(Debug)]
pub struct Lease {
    pool: Pool,
    connection: Option<Connection>,
    failed: bool,
    _place: OwnedSemaphorePermit,
}

impl Lease {
    fn connection(&self) -> Result<&Connection> {
        self.connection.as_ref().ok_or_else(|| DriverError::Closed.into())
    }

    /// Notes a failure of the database itself.
    fn checked<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.failed |= error.is_outage();
        }
        result
    }

    fn run(&mut self, sql: &str) -> Result<()> {
        let done = self.connection().and_then(|connection| Ok(connection.execute_batch(sql)?));
        self.checked(done)
    }

    /// Reads one value, for settings.
    pub(in crate::store) fn value<T: rusqlite::types::FromSql>(&mut self, sql: &str) -> Result<T> {
        let found = self
            .connection()
            .and_then(|connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
        self.checked(found)
    }

    /// Writes a copy of the database to an empty file, in one transaction of its own.
    pub(in crate::store) fn copy_into(&mut self, to: &Path) -> Result<()> {
        let to = to.to_string_lossy();
        let copied = self
            .connection()
            .and_then(|connection| Ok(connection.execute("-- backup.copy\nVACUUM INTO $1", [to])?));
        self.checked(copied).map(drop)
    }

    /// Begins a transaction that may write. Another process may be writing: it waits its turn.
    pub(in crate::store) async fn begin_immediate(mut self) -> Result<SqliteTx> {
        let started = Instant::now();
        loop {
            match self.run("BEGIN IMMEDIATE") {
                Err(Error::Busy(_)) if started.elapsed() < WAIT_MAX => sleep(LOOK_AGAIN).await,
                begun => return begun.map(|()| SqliteTx(self)),
            }
        }
    }

    /// Begins a transaction that sees one snapshot.
    pub(in crate::store) fn begin(mut self) -> Result<SqliteTx> {
        self.run("BEGIN")?;
        Ok(SqliteTx(self))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let outside = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        if outside && !self.failed && !self.pool.0.closed.load(Ordering::SeqCst) {
            self.pool.free().push(connection);
        }
    }
}

/// One transaction. Dropping it rolls back.
#[derive(Debug)]
pub struct SqliteTx(Lease);

impl SqliteTx {
    /// Makes it durable, on a thread that may wait for the disk.
    pub(in crate::store) async fn commit(mut self) -> Result<()> {
        let pool = self.0.pool.clone();
        let committed = tokio::task::spawn_blocking(move || self.0.run("COMMIT")).await;
        committed.unwrap_or(Err(Error::OutcomeUnknown))?;
        pool.shorten_log();
        Ok(())
    }

    /// Runs a statement and returns how many rows it changed.
    pub(super) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64> {
        let changed = self.0.connection().and_then(|connection| {
            let mut statement = prepare(connection, sql, values)?;
            // A statement may return rows; whoever executes it has no use for them.
            if statement.column_count() == 0 {
                return Ok(statement.raw_execute()?);
            }
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(0)
        });
        let changed = self.0.checked(changed)?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    /// Shows every row.
    pub(super) fn visit(
        &mut self,
        sql: &str,
        values: &[Value],
        mut show: impl FnMut(&rusqlite::Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let seen = self.0.connection().and_then(|connection| {
            let mut statement = prepare(connection, sql, values)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                show(row)?;
            }
            Ok(())
        });
        self.0.checked(seen)
    }

    /// Reads up to `limit` rows.
    pub(super) fn fetch<T>(
        &mut self,
        sql: &str,
        values: &[Value],
        limit: usize,
        read: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let found = self.0.connection().and_then(|connection| {
            let mut statement = prepare(connection, sql, values)?;
            let mut rows = statement.raw_query();
            let mut found = Vec::new();
            while found.len() < limit
                && let Some(row) = rows.next()?
            {
                found.push(read(row)?);
            }
            Ok(found)
        });
        self.0.checked(found)
    }
}

/// Binds by number: SQLite takes `$2` for a name and counts by first appearance.
fn prepare<'c>(
    connection: &'c Connection,
    sql: &str,
    values: &[Value],
) -> Result<CachedStatement<'c>> {
    let mut statement = connection.prepare_cached(sql)?;
    for place in 1..=statement.parameter_count() {
        let number = statement.parameter_name(place).and_then(|name| name.get(1..)?.parse().ok());
        let number: usize = number.unwrap_or(place);
        let value = number.checked_sub(1).and_then(|index| values.get(index));
        let value = value.ok_or_else(|| {
            rusqlite::Error::InvalidParameterCount(values.len(), statement.parameter_count())
        })?;
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(statement)
}
