//! The one place that knows there are two databases.
//!
//! Everything above this file writes one SQL text with `$1` placeholders, binds ordinary values
//! and reads [`record!`](super::columns::record) types. Where the dialects differ, a caller passes
//! both texts as [`Sql`].

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgArguments, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{
    Arguments as _, ConnectOptions as _, Connection as _, Encode, FromRow, Postgres,
    SqlSafeStr as _, Transaction, Type,
};
use tokio::time::timeout;

use super::error::{DriverError, Error, Result};
use super::primary::{self, Servers};

pub mod sqlite;

use sqlite::{Access, Pool, SqliteTx};

/// Readers of SQLite: more than the cores of a small machine, few enough to bound memory.
const SQLITE_READERS_MAX: u32 = 8;
/// Connections to PostgreSQL per process: a region's load needs a few; the server has to serve N replicas.
const POSTGRES_CONNECTIONS_MAX: u32 = 16;
/// Longest wait for a connection or a lock before a caller is told that the database is busy.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(5);
/// Longest pause within a transaction on PostgreSQL. A replica that hangs while it holds the state
/// of the ledger would stop all others; the server ends its connection instead.
const IDLE_MAX: Duration = Duration::from_mins(1);
/// Longest wait for PostgreSQL to say that a commit is durable, on its standby too.
const COMMIT_MAX: Duration = Duration::from_secs(10);

/// A value both databases can store.
pub trait Column: ToSql + for<'q> Encode<'q, Postgres> + Type<Postgres> + Send {}
impl<T> Column for T where T: ToSql + for<'q> Encode<'q, Postgres> + Type<Postgres> + Send {}

/// A row type that SQLite can fill.
pub trait SqliteRecord: Sized {
    /// Reads the columns of a row.
    fn from_sqlite(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self>;
}

/// A row type both databases can fill.
pub trait Record: SqliteRecord + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Record for T where T: SqliteRecord + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// A statement, in two spellings where the dialects differ.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    /// Spelling for SQLite.
    pub sqlite: &'static str,
    /// Spelling for PostgreSQL.
    pub postgres: &'static str,
}

impl From<&'static str> for Sql {
    fn from(both: &'static str) -> Self {
        Self { sqlite: both, postgres: both }
    }
}

/// A schema: its migrations in both dialects. The texts are compiled in.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// PostgreSQL schema that holds the tables.
    pub name: &'static str,
    /// Number, name, SQLite text, PostgreSQL text. Never changed once released.
    pub migrations: &'static [(i64, &'static str, &'static str, &'static str)],
}

/// A pool of connections to one of the two databases.
#[derive(Debug, Clone)]
pub enum Db {
    /// SQLite admits one writer at a time, so writers queue for one connection instead of polling
    /// a lock.
    Sqlite {
        /// The one connection that writes.
        writer: Pool,
        /// Connections that only read.
        readers: Pool,
    },
    /// PostgreSQL.
    Postgres(PgPool),
}

impl Db {
    /// Opens or makes a SQLite file and brings its schema up to date.
    pub async fn open_sqlite(path: &Path, schema: Schema) -> Result<Self> {
        migrate_sqlite(path, schema).await?;
        let writer = Pool::open(path, Access::Write, 1)?;
        read_back_durability(&writer).await?;
        let readers = Pool::open(path, Access::Read, SQLITE_READERS_MAX)?;
        Ok(Self::Sqlite { writer, readers })
    }

    /// Connects to PostgreSQL and brings the schema up to date.
    pub async fn open_postgres(url: &str, schema: Schema) -> Result<Self> {
        let servers = Servers::of(url)?.with(|server| {
            server
                // Waits for the disk of a synchronous standby too, where the server has one.
                .options([("search_path", schema.name), ("synchronous_commit", "on")])
                .application_name("ketenpoort")
                .disable_statement_logging()
        });
        // On a connection of its own: a replica waits as long as another one's migration takes.
        let mut connection = servers.primary().await?.options.connect().await?;
        let mut migrator = migrator(schema, |migration| migration.3);
        migrator.create_schema(schema.name);
        migrator.run(&mut connection).await?;
        connection.close().await?;
        let servers = servers.with(|server| {
            server.options([
                // While a commit waits for its standby, a time-out would make the server call it done.
                ("statement_timeout", 0),
                ("lock_timeout", WAIT_MAX.as_millis()),
                ("idle_in_transaction_session_timeout", IDLE_MAX.as_millis()),
            ])
        });
        let primary = servers.primary().await?;
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS_MAX)
            .acquire_timeout(WAIT_MAX)
            .connect_with(primary.options.clone())
            .await?;
        let (fsync,): (String,) =
            sqlx::query_as("SELECT current_setting('fsync')").fetch_one(&pool).await?;
        if fsync != "on" {
            return Err(Error::UnsafeSetting(format!("PostgreSQL has fsync = {fsync}")));
        }
        primary::follow(pool.clone(), servers, primary);
        Ok(Self::Postgres(pool))
    }

    /// Whether several gateways may use it at once.
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Opens a transaction that may write. Dropping it rolls back.
    pub(super) async fn write(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => {
                Tx::Sqlite(writer.lease().await?.begin_immediate().await?)
            }
            // Said, because the server's default may be another.
            Self::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?)
            }
        })
    }

    /// Opens a transaction that sees one consistent snapshot and cannot write.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.lease().await?.begin()?),
            Self::Postgres(pool) => Tx::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
            ),
        })
    }

    /// Empties SQLite's write-ahead log, so that what was deleted is in no file any more.
    pub(super) async fn forget_deleted(&self) -> Result<()> {
        if let Self::Sqlite { writer, .. } = self {
            let mut lease = writer.lease().await?;
            if lease.value::<i64>("PRAGMA wal_checkpoint(TRUNCATE)")? != 0 {
                return Err(DriverError::LogInUse.into());
            }
        }
        Ok(())
    }

    /// Closes all connections after their work is done.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Brings a file up to date, on a connection of its own.
async fn migrate_sqlite(path: &Path, schema: Schema) -> Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(WAIT_MAX)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    // In one transaction, so that another process that starts now waits and finds it done.
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    migrator(schema, |migration| migration.2).run(&mut *tx).await?;
    tx.commit().await?;
    connection.close().await?;
    Ok(())
}

/// `PRAGMA synchronous` and `journal_mode` are read back: a setting that was not taken over would
/// lose answered commits without a sign.
async fn read_back_durability(writer: &Pool) -> Result<()> {
    let mut lease = writer.lease().await?;
    let synchronous: i64 = lease.value("PRAGMA synchronous")?;
    let journal: String = lease.value("PRAGMA journal_mode")?;
    if synchronous < 2 || journal != "wal" {
        return Err(Error::UnsafeSetting(format!(
            "SQLite has synchronous = {synchronous}, journal_mode = {journal}"
        )));
    }
    Ok(())
}

type MigrationTexts = (i64, &'static str, &'static str, &'static str);

fn migrator(schema: Schema, text: fn(&MigrationTexts) -> &'static str) -> Migrator {
    Migrator::with_migrations(
        schema
            .migrations
            .iter()
            .map(|migration| {
                Migration::new(
                    migration.0,
                    migration.1.into(),
                    MigrationType::Simple,
                    text(migration).into_sql_str(),
                    false,
                )
            })
            .collect(),
    )
}

/// One transaction.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(SqliteTx),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// On PostgreSQL not longer than a while: without its synchronous standby a server never answers,
    /// and neither does one that is gone without a word. The outcome is unknown then.
    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => match timeout(COMMIT_MAX, tx.commit()).await {
                Ok(committed) => committed?,
                Err(_elapsed) => {
                    let silent = std::io::ErrorKind::TimedOut;
                    return Err(sqlx::Error::Io(silent.into()).into());
                }
            },
        }
        Ok(())
    }

    /// Waits until no other transaction holds one of these keys, and holds them until the end. All at
    /// once, in order and before anything else, so that nobody waits for each other in a circle.
    /// SQLite has one writer.
    pub(super) async fn take_turns(&mut self, keys: BTreeSet<i64>) -> Result<()> {
        if let Self::Postgres(tx) = self
            && !keys.is_empty()
        {
            let keys: Vec<i64> = keys.into_iter().collect();
            sqlx::query("SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key")
                .bind(keys)
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }

    /// Fails when a statement has failed before, whatever its caller made of it. After that,
    /// PostgreSQL would answer COMMIT with ROLLBACK, which the driver takes for success.
    pub(super) async fn check_not_failed(&mut self) -> Result<()> {
        if let Self::Postgres(tx) = self {
            sqlx::query("SELECT 1").execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// Starts a statement; bind its values in order, then execute or fetch it.
    pub(super) fn query(&mut self, sql: impl Into<Sql>) -> Query<'_> {
        let sql = sql.into();
        let target = match self {
            Self::Sqlite(tx) => Target::Sqlite(tx, sql.sqlite, Vec::new()),
            Self::Postgres(tx) => Target::Postgres(tx, sql.postgres, PgArguments::default()),
        };
        Query { target, bound: Ok(()) }
    }
}

/// A statement on its way to the database.
#[must_use = "a query does nothing until it is executed or fetched"]
pub(super) struct Query<'t> {
    target: Target<'t>,
    /// The first value that could not be encoded; reported when the query runs.
    bound: Result<()>,
}

enum Target<'t> {
    Sqlite(&'t mut SqliteTx, &'static str, Vec<Value>),
    Postgres(&'t mut Transaction<'static, Postgres>, &'static str, PgArguments),
}

impl<'t> Query<'t> {
    fn target(self) -> Result<Target<'t>> {
        self.bound?;
        Ok(self.target)
    }

    /// Binds the next `$n`.
    pub(super) fn bind(mut self, value: impl Column) -> Self {
        let added = match &mut self.target {
            Target::Sqlite(_, _, values) => owned(&value).map(|value| values.push(value)),
            Target::Postgres(_, _, arguments) => {
                arguments.add(value).map_err(|error| sqlx::Error::Encode(error).into())
            }
        };
        self.bound = self.bound.and(added);
        self
    }

    /// Runs the statement and returns how many rows it changed.
    pub(super) async fn execute(self) -> Result<u64> {
        Ok(match self.target()? {
            Target::Sqlite(tx, sql, values) => tx.execute(sql, &values)?,
            Target::Postgres(tx, sql, arguments) => {
                sqlx::query_with(sql, arguments).execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// Runs a statement that must change exactly one row; anything else is a conflict.
    pub(super) async fn execute_one(self) -> Result<()> {
        if self.execute().await? == 1 { Ok(()) } else { Err(Error::Conflict) }
    }

    /// Returns every row. The statement bounds their number.
    pub(super) async fn fetch_all<T: Record>(self) -> Result<Vec<T>> {
        Ok(match self.target()? {
            Target::Sqlite(tx, sql, values) => {
                tx.fetch(sql, &values, usize::MAX, T::from_sqlite)?
            }
            Target::Postgres(tx, sql, arguments) => {
                sqlx::query_as_with(sql, arguments).fetch_all(&mut **tx).await?
            }
        })
    }

    /// Returns the row, if there is one.
    pub(super) async fn fetch_optional<T: Record>(self) -> Result<Option<T>> {
        Ok(match self.target()? {
            Target::Sqlite(tx, sql, values) => tx.fetch(sql, &values, 1, T::from_sqlite)?.pop(),
            Target::Postgres(tx, sql, arguments) => {
                sqlx::query_as_with(sql, arguments).fetch_optional(&mut **tx).await?
            }
        })
    }

    /// Returns the row; its absence is an error.
    pub(super) async fn fetch_one<T: Record>(self) -> Result<T> {
        self.fetch_optional().await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }
}

/// A value as SQLite keeps it.
fn owned(value: &impl ToSql) -> Result<Value> {
    match value.to_sql()? {
        ToSqlOutput::Owned(value) => Ok(value),
        ToSqlOutput::Borrowed(value) => Ok(value.try_into().map_err(rusqlite::Error::from)?),
        // Blobs to be filled later and pointers: nothing here makes them.
        _ => Err(DriverError::NotAValue.into()),
    }
}
