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
    Busy(#[source] Arc<DriverError>),
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
    /// What the work was applied on changed before its place in the ledger was certain: apply it again.
    #[error("what was read has changed")]
    Overtaken,
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
    Driver(#[source] Arc<DriverError>),
}

/// A failure that one of the two drivers reported.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// PostgreSQL, or a migration.
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
    /// SQLite.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A file of SQLite could not be read or written.
    #[error("a file of the database cannot be read or written")]
    File(#[source] std::io::Error),
    /// The gateway is closing, or has closed, the database.
    #[error("the database was closed")]
    Closed,
    /// All connections stayed in use.
    #[error("no connection came free in time")]
    NoConnection,
    /// A reader kept the write-ahead log from being emptied.
    #[error("a reader kept the write-ahead log from being emptied")]
    LogInUse,
    /// Something was bound that is no value.
    #[error("not a value that can be stored")]
    NotAValue,
}

impl Error {
    /// Whether the same work may succeed when it is tried again.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Busy(_)
                | Self::InFlight
                | Self::QueueFull
                | Self::DirectoryChanged
                | Self::Overtaken
        )
    }

    /// Whether the database could not be reached.
    pub fn is_unreachable(&self) -> bool {
        let Self::Driver(source) = self else { return false };
        matches!(
            **source,
            DriverError::Sqlx(
                sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Configuration(_)
            )
        )
    }

    /// Whether the database itself fails, so that no other work will succeed either.
    pub(super) fn is_outage(&self) -> bool {
        matches!(self, Self::Driver(source) if source.kind() == Kind::Outage)
    }

    /// Whether another transaction won, so that trying again at once is likely to succeed. After
    /// waiting in vain it is not: the caller has to know first.
    pub(super) fn is_lost_race(&self) -> bool {
        match self {
            Self::Busy(source) => source.kind() == Kind::LostRace,
            Self::Overtaken => true,
            Self::Conflict
            | Self::InFlight
            | Self::QueueFull
            | Self::Stopped
            | Self::OutcomeUnknown
            | Self::Corrupt { .. }
            | Self::Fork(_)
            | Self::DirectoryChanged
            | Self::Anchor(_)
            | Self::Migration(_)
            | Self::UnsafeSetting(_)
            | Self::Driver(_) => false,
        }
    }
}

/// What a failure of a driver means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A row with this key exists.
    Conflict,
    /// Another transaction won.
    LostRace,
    /// A lock or a place did not come free in time.
    WaitedInVain,
    /// The database itself fails, and not the statement.
    Outage,
    /// The statement.
    Other,
}

impl DriverError {
    fn kind(&self) -> Kind {
        match self {
            Self::Sqlx(error) => kind_of_sqlx(error),
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => {
                kind_of_sqlite(error.extended_code)
            }
            Self::NoConnection | Self::LogInUse => Kind::WaitedInVain,
            Self::Closed | Self::File(_) => Kind::Outage,
            Self::Sqlite(_) | Self::NotAValue => Kind::Other,
        }
    }
}

fn kind_of_sqlite(extended: i32) -> Kind {
    match extended {
        // PRIMARYKEY, UNIQUE, ROWID.
        1555 | 2067 | 2579 => Kind::Conflict,
        // BUSY_SNAPSHOT.
        517 => Kind::LostRace,
        _ => match extended & 0xff {
            // BUSY, LOCKED.
            5 | 6 => Kind::WaitedInVain,
            // NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB: it cannot use its file.
            7 | 8 | 10 | 11 | 13 | 14 | 26 => Kind::Outage,
            _ => Kind::Other,
        },
    }
}

fn kind_of_sqlx(error: &sqlx::Error) -> Kind {
    if let Some(code) = error.as_database_error().and_then(sqlx::error::DatabaseError::code) {
        // SQLSTATE has five characters; no code of SQLite, which only migrates here, is that long.
        return match code.parse::<i32>() {
            Ok(number) if code.len() < 5 => kind_of_sqlite(number),
            Ok(_) | Err(_) => kind_of_sqlstate(&code),
        };
    }
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return Kind::WaitedInVain;
    }
    let outage = matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
    );
    if outage { Kind::Outage } else { Kind::Other }
}

fn kind_of_sqlstate(code: &str) -> Kind {
    // Connection, resource, operator, system or internal failure.
    const OUTAGES: [&str; 5] = ["08", "53", "57", "58", "XX"];
    match code {
        // unique_violation
        "23505" => Kind::Conflict,
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => Kind::LostRace,
        // lock_not_available, too_many_connections
        "55P03" | "53300" => Kind::WaitedInVain,
        _ if OUTAGES.iter().any(|class| code.starts_with(class)) => Kind::Outage,
        _ => Kind::Other,
    }
}

impl From<DriverError> for Error {
    fn from(error: DriverError) -> Self {
        match error.kind() {
            Kind::Conflict => Self::Conflict,
            Kind::LostRace | Kind::WaitedInVain => Self::Busy(Arc::new(error)),
            Kind::Outage | Kind::Other => Self::Driver(Arc::new(error)),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        DriverError::from(error).into()
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        DriverError::from(error).into()
    }
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(Arc::new(error))
    }
}
