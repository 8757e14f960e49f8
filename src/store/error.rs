//! What can go wrong below the gateway. Absence is not an error: lookups return `Option`.

use std::sync::Arc;

use super::anchor::{AnchorError, Fork};

/// Result of a store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the database or of what stands in it. It can be cloned, because a commit that fails
/// fails for everybody in it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A row with this key exists.
    #[error("a row with this key exists")]
    Conflict,
    /// The database is busy or another transaction won; the same work may be tried again.
    #[error("the database is busy")]
    Busy(#[source] Arc<sqlx::Error>),
    /// A request with the same id is being answered in this very commit.
    #[error("a request with this id is being answered")]
    InFlight,
    /// The queue of the writer is full; try again later.
    #[error("too many writes are waiting")]
    QueueFull,
    /// The writer has stopped; nothing can be stored any more.
    #[error("the writer has stopped")]
    Stopped,
    /// The connection failed while committing: the work may or may not have been done. Reading the
    /// stored answer of the request tells which.
    #[error("the outcome of the commit is unknown")]
    OutcomeUnknown,
    /// What is stored does not make sense; somebody or something changed it.
    #[error("corrupt data in {table}.{column}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
    },
    /// The ledger in the database does not continue what was signed. Nothing is signed.
    #[error("nothing is signed: {0}")]
    Fork(Fork),
    /// Another directory came in force since the work was decided: decide again.
    #[error("another directory came in force")]
    DirectoryChanged,
    /// The anchor outside the database cannot be read or written.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// The schema could not be brought up to date.
    #[error("migration failed")]
    Migration(#[source] Arc<sqlx::migrate::MigrateError>),
    /// The database does not guarantee what the gateway promises.
    #[error("unsafe database setting: {0}")]
    UnsafeSetting(String),
    /// Any other failure of the database.
    #[error("database error")]
    Driver(#[source] Arc<sqlx::Error>),
}

/// Another transaction won: PostgreSQL's `serialization_failure` and `deadlock_detected`, SQLite's
/// `BUSY_SNAPSHOT`.
const LOST_RACES: [&str; 3] = ["40001", "40P01", "517"];
/// A lock or a place did not come free in time: PostgreSQL's `lock_not_available` and
/// `too_many_connections`, SQLite's `BUSY` and `BUSY_RECOVERY`.
const WAITED_IN_VAIN: [&str; 4] = ["55P03", "53300", "5", "261"];

impl Error {
    /// Whether the same work may succeed when it is tried again.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Busy(_) | Self::InFlight | Self::QueueFull | Self::DirectoryChanged
        )
    }

    /// Whether the database could not be reached.
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Driver(source)
                if matches!(
                    **source,
                    sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Configuration(_)
                )
        )
    }

    /// Whether the database itself fails, so that no other work will succeed either.
    pub(super) fn is_outage(&self) -> bool {
        matches!(self, Self::Driver(source) if is_outage(source))
    }

    /// Whether another transaction won, so that trying again at once is likely to succeed. After
    /// waiting in vain it is not: the caller has to know first.
    pub(super) fn is_lost_race(&self) -> bool {
        let Self::Busy(source) = self else { return false };
        let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| LOST_RACES.contains(&code.as_ref()))
    }
}

/// Whether the database itself fails, and not the statement: SQLite cannot use its file, or
/// PostgreSQL reports a connection, resource, operator, system or internal failure.
fn is_outage(error: &sqlx::Error) -> bool {
    const POSTGRES_CLASSES: [&str; 5] = ["08", "53", "57", "58", "XX"];
    // NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB: the low byte of the extended code.
    const SQLITE_CODES: [u32; 7] = [7, 8, 10, 11, 13, 14, 26];
    if let sqlx::Error::Database(database) = error {
        let Some(code) = database.code() else { return false };
        // SQLSTATE has five characters; no code of SQLite is that long.
        return match code.parse::<u32>() {
            Ok(number) if code.len() < 5 => SQLITE_CODES.contains(&(number % 256)),
            Ok(_) | Err(_) => POSTGRES_CLASSES.iter().any(|class| code.starts_with(class)),
        };
    }
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
    )
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let mut busy = matches!(error, sqlx::Error::PoolTimedOut);
        if let Some(database) = error.as_database_error() {
            if database.is_unique_violation() {
                return Self::Conflict;
            }
            let codes = LOST_RACES.iter().chain(&WAITED_IN_VAIN);
            busy = database.code().is_some_and(|code| codes.clone().any(|known| *known == code));
        }
        if busy { Self::Busy(Arc::new(error)) } else { Self::Driver(Arc::new(error)) }
    }
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(Arc::new(error))
    }
}
