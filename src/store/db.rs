//! The one place that knows there are two databases.
//!
//! Everything above this file writes one SQL text with `$1` placeholders, binds ordinary values
//! and reads [`record!`](super::columns::record) types. Where the dialects differ, a caller passes
//! both texts as [`Sql`].

use std::path::Path;
use std::time::Duration;

use rusqlite::types::Value;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgArguments, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{
    Arguments as _, AssertSqlSafe, ConnectOptions as _, Connection as _, Encode, FromRow, Postgres,
    SqlSafeStr as _, Transaction, Type,
};
use tokio::time::{Instant, sleep, timeout};

use super::batch::Batch;
use super::error::{DriverError, Error, Result};
use super::primary::{self, Servers};

pub mod page;
pub mod sqlite;
pub(super) mod table;
mod wal;

use sqlite::{Access, Pool, SqliteTx};
use table::Sets;

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

/// Every statement of the gateway finds its rows by an index. Without statistics, as after a start or
/// while a table grows quickly, the server would rather read whole tables, and take its time to
/// compile that.
const BY_INDEX: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];

/// A value that SQLite can store.
pub trait SqliteColumn {
    /// The value as SQLite keeps it, without a copy.
    fn into_sqlite(self) -> Value;
}

/// A value both databases can store.
pub trait Column: SqliteColumn + for<'q> Encode<'q, Postgres> + Type<Postgres> + Send {}
impl<T> Column for T where T: SqliteColumn + for<'q> Encode<'q, Postgres> + Type<Postgres> + Send {}

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
        if path.exists() {
            // Before anything is built on what stands in the write-ahead log.
            drop(Pool::open(path, Access::Write, 1).await?);
        }
        migrate_sqlite(path, schema).await?;
        let writer = Pool::open(path, Access::Write, 1).await?;
        read_back_durability(&writer).await?;
        let readers = Pool::open(path, Access::Read, SQLITE_READERS_MAX).await?;
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
            server
                .options([
                    // While a commit waits for its standby, a time-out would make the server call it done.
                    ("statement_timeout", 0),
                    ("lock_timeout", WAIT_MAX.as_millis()),
                    ("idle_in_transaction_session_timeout", IDLE_MAX.as_millis()),
                ])
                .options(BY_INDEX)
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
                Tx::new(On::Sqlite(writer.lease().await?.begin_immediate().await?))
            }
            // Said, because the server's default may be another.
            Self::Postgres(pool) => Tx::new(On::Postgres(
                begin_postgres(pool, "BEGIN ISOLATION LEVEL READ COMMITTED").await?,
            )),
        })
    }

    /// Opens a transaction that sees one consistent snapshot and cannot write.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::new(On::Sqlite(readers.lease().await?.begin()?)),
            Self::Postgres(pool) => Tx::new(On::Postgres(
                begin_postgres(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
            )),
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

/// Begins a transaction, also for a caller that goes away in the middle of it. The driver counts a
/// transaction only once its `BEGIN` was answered: a connection that a caller leaves before would go
/// back to the pool inside a transaction, and whoever came next would read an old snapshot.
async fn begin_postgres(
    pool: &PgPool,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    let beginning = tokio::spawn(async move { pool.begin_with(statement).await });
    Ok(beginning.await.map_err(|_ended| Error::Stopped)??)
}

/// Brings a file up to date, on a connection of its own.
async fn migrate_sqlite(path: &Path, schema: Schema) -> Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(WAIT_MAX)
        .disable_statement_logging();
    let mut connection = connect_to_migrate(&options).await?;
    // In one transaction, so that another process that starts now waits and finds it done.
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    migrator(schema, |migration| migration.2).run(&mut *tx).await?;
    tx.commit().await?;
    connection.close().await?;
    Ok(())
}

/// A new file is given its journal at once, and for that SQLite waits for no lock: of processes that start
/// together, all but one are told that the file is busy.
async fn connect_to_migrate(options: &SqliteConnectOptions) -> Result<SqliteConnection> {
    let started = Instant::now();
    loop {
        match options.connect().await.map_err(Error::from) {
            Err(Error::Busy(_)) if started.elapsed() < WAIT_MAX => sleep(sqlite::LOOK_AGAIN).await,
            connected => return connected,
        }
    }
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
pub struct Tx {
    on: On,
    savepoint: Savepoint,
    sets: Sets,
    gathers: bool,
    /// What the commands of one batch know of each other.
    pub(super) batch: Batch,
}

#[derive(Debug)]
enum On {
    Sqlite(SqliteTx),
    Postgres(Transaction<'static, Postgres>),
}

/// Whether what is done next can be undone by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    /// It cannot.
    None,
    /// A savepoint is set as soon as there is something to undo.
    Wanted,
    /// It can.
    Set,
}

impl Tx {
    fn new(on: On) -> Self {
        let batch = Batch::default();
        Self { on, savepoint: Savepoint::None, sets: Sets::default(), gathers: false, batch }
    }

    /// Whether the database is SQLite, where a statement costs no round trip.
    pub(super) const fn is_sqlite(&self) -> bool {
        matches!(self.on, On::Sqlite(_))
    }

    /// On PostgreSQL not longer than a while: without its synchronous standby a server never answers,
    /// and neither does one that is gone without a word. The outcome is unknown then.
    pub(super) async fn commit(mut self) -> Result<()> {
        self.send_sets().await?;
        match self.on {
            On::Sqlite(tx) => tx.commit().await?,
            On::Postgres(tx) => match timeout(COMMIT_MAX, tx.commit()).await {
                Ok(committed) => committed?,
                Err(_elapsed) => {
                    let silent = std::io::ErrorKind::TimedOut;
                    return Err(sqlx::Error::Io(silent.into()).into());
                }
            },
        }
        Ok(())
    }

    /// Fails when a statement has failed before, whatever its caller made of it. After that,
    /// PostgreSQL would answer COMMIT with ROLLBACK, which the driver takes for success.
    pub(super) async fn check_not_failed(&mut self) -> Result<()> {
        if let On::Postgres(tx) = &mut self.on {
            sqlx::query("SELECT 1").execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// From here on what is done can be undone by itself.
    pub(super) const fn begin_part(&mut self) {
        self.savepoint = Savepoint::Wanted;
    }

    /// Keeps or undoes what was done since [`Tx::begin_part`].
    pub(super) async fn end_part(&mut self, keep: bool) -> Result<()> {
        if std::mem::replace(&mut self.savepoint, Savepoint::None) == Savepoint::Set {
            if !keep {
                self.run("ROLLBACK TO SAVEPOINT part").await?;
            }
            self.run("RELEASE SAVEPOINT part").await?;
        }
        Ok(())
    }

    async fn run(&mut self, sql: &'static str) -> Result<()> {
        match &mut self.on {
            On::Sqlite(tx) => tx.execute(sql, &[]).map(|_rows| ()),
            On::Postgres(tx) => {
                sqlx::query(sql).execute(&mut **tx).await.map(|_done| ()).map_err(Into::into)
            }
        }
    }

    /// Before a statement: what it does can be undone, and the rows that it may need are there.
    async fn prepare(&mut self, writes: bool) -> Result<()> {
        // A statement that fails spoils the whole transaction on PostgreSQL, one that reads too.
        if self.savepoint == Savepoint::Wanted && (writes || !self.is_sqlite()) {
            self.savepoint = Savepoint::Set;
            self.run("SAVEPOINT part").await?;
        }
        self.send_sets().await
    }

    async fn insert_now(&mut self, sql: &str, values: &[Value]) -> Result<()> {
        self.prepare(true).await?;
        if let On::Sqlite(tx) = &mut self.on {
            tx.execute(sql, values)?;
        }
        Ok(())
    }

    async fn insert_set(&mut self, sql: &str, arguments: PgArguments) -> Result<()> {
        if let On::Postgres(tx) = &mut self.on {
            // Made of the names of tables and columns, which stand in the code.
            let sql = AssertSqlSafe(sql.to_owned());
            sqlx::query_with(sql, arguments).execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// Starts a statement; bind its values in order, then execute or fetch it.
    pub(super) fn query(&mut self, sql: impl Into<Sql>) -> Query<'_> {
        let sql = sql.into();
        let (sql, values) = match self.on {
            On::Sqlite(_) => (sql.sqlite, Values::Sqlite(Vec::new())),
            On::Postgres(_) => (sql.postgres, Values::Postgres(PgArguments::default())),
        };
        Query { tx: self, sql, values, bound: Ok(()) }
    }
}

/// A statement on its way to the database.
#[must_use = "a query does nothing until it is executed or fetched"]
pub(super) struct Query<'t> {
    tx: &'t mut Tx,
    sql: &'static str,
    values: Values,
    /// The first value that could not be encoded; reported when the query runs.
    bound: Result<()>,
}

enum Values {
    Sqlite(Vec<Value>),
    Postgres(PgArguments),
}

/// A statement whose values are bound, at its database.
enum Bound<'t> {
    Sqlite(&'t mut SqliteTx, Vec<Value>),
    Postgres(&'t mut Transaction<'static, Postgres>, PgArguments),
}

impl<'t> Query<'t> {
    async fn ready(self, writes: bool) -> Result<(&'static str, Bound<'t>)> {
        self.bound?;
        self.tx.prepare(writes).await?;
        let bound = match (&mut self.tx.on, self.values) {
            (On::Sqlite(tx), Values::Sqlite(values)) => Bound::Sqlite(tx, values),
            (On::Postgres(tx), Values::Postgres(values)) => Bound::Postgres(tx, values),
            _ => return Err(DriverError::NotAValue.into()),
        };
        Ok((self.sql, bound))
    }

    /// Binds the next `$n`.
    pub(super) fn bind(mut self, value: impl Column) -> Self {
        let added = match &mut self.values {
            Values::Sqlite(values) => {
                values.push(value.into_sqlite());
                Ok(())
            }
            Values::Postgres(arguments) => {
                arguments.add(value).map_err(|error| sqlx::Error::Encode(error).into())
            }
        };
        self.bound = self.bound.and(added);
        self
    }

    /// Binds the next `$n` to an array, in a statement that only PostgreSQL is asked.
    pub(super) fn bind_set<T>(mut self, values: Vec<T>) -> Self
    where
        Vec<T>: for<'q> Encode<'q, Postgres> + Type<Postgres>,
    {
        let added = match &mut self.values {
            Values::Sqlite(_) => Err(DriverError::NotAValue.into()),
            Values::Postgres(arguments) => {
                arguments.add(values).map_err(|error| sqlx::Error::Encode(error).into())
            }
        };
        self.bound = self.bound.and(added);
        self
    }

    /// Runs the statement and returns how many rows it changed.
    pub(super) async fn execute(self) -> Result<u64> {
        Ok(match self.ready(true).await? {
            (sql, Bound::Sqlite(tx, values)) => tx.execute(sql, &values)?,
            (sql, Bound::Postgres(tx, arguments)) => {
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
        Ok(match self.ready(false).await? {
            (sql, Bound::Sqlite(tx, values)) => {
                tx.fetch(sql, &values, usize::MAX, T::from_sqlite)?
            }
            (sql, Bound::Postgres(tx, arguments)) => {
                sqlx::query_as_with(sql, arguments).fetch_all(&mut **tx).await?
            }
        })
    }

    /// Returns the row, if there is one.
    pub(super) async fn fetch_optional<T: Record>(self) -> Result<Option<T>> {
        Ok(match self.ready(false).await? {
            (sql, Bound::Sqlite(tx, values)) => tx.fetch(sql, &values, 1, T::from_sqlite)?.pop(),
            (sql, Bound::Postgres(tx, arguments)) => {
                sqlx::query_as_with(sql, arguments).fetch_optional(&mut **tx).await?
            }
        })
    }

    /// Returns the row; its absence is an error.
    pub(super) async fn fetch_one<T: Record>(self) -> Result<T> {
        self.fetch_optional().await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }
}
