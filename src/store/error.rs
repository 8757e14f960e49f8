//! What can go wrong below the gateway. Absence is not an error: lookups return `Option`.

/// Result of a store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the database or of what stands in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row with this key exists.
    #[error("a row with this key exists")]
    Conflict,
    /// The database is busy or another transaction won; the same work may be tried again.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
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
    /// The schema could not be brought up to date.
    #[error("migration failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The database does not guarantee what the gateway promises.
    #[error("unsafe database setting: {0}")]
    UnsafeSetting(String),
    /// Any other failure of the database.
    #[error("database error")]
    Driver(#[source] sqlx::Error),
}

impl Error {
    /// Whether the same work may succeed when it is tried again.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::QueueFull)
    }

    /// Whether the database could not be reached.
    pub const fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Driver(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Configuration(_))
        )
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::PoolTimedOut = error {
            return Self::Busy(error);
        }
        let Some(database) = error.as_database_error() else {
            return Self::Driver(error);
        };
        if database.is_unique_violation() {
            return Self::Conflict;
        }
        // PostgreSQL: serialization_failure, deadlock_detected. SQLite: BUSY, BUSY_SNAPSHOT.
        if matches!(database.code().as_deref(), Some("40001" | "40P01" | "5" | "517")) {
            return Self::Busy(error);
        }
        Self::Driver(error)
    }
}
