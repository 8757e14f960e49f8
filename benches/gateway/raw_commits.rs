//! What the database alone takes for the same rows: no gateway, no network, no thread but one.
//!
//! The rows of the newest acts are written once more, to empty tables with the same columns and indexes,
//! in commits of as many acts and with the same durability. Their keys go first, as in the gateway. No
//! gateway that writes these rows can do more acts a second on this machine; how near it comes says what
//! everything else costs.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::installation::Installation;
use crate::numbers::per_second;
use crate::requests::Call;

/// Acts that are written again: enough for a steady figure, few enough to hold their rows.
const ACTS_MAX: usize = 4_000;

/// Pages of the write-ahead log from which it is moved into the file: as rarely as the gateway does it.
const LOG_PAGES: u32 = 8_192;

/// A table that every act writes to.
#[derive(Debug, Clone, Copy)]
struct Table {
    name: &'static str,
    /// Rises with time.
    key: &'static str,
    rows_per_act: usize,
}

const fn table(name: &'static str, key: &'static str, rows_per_act: usize) -> Table {
    Table { name, key, rows_per_act }
}

/// The keys of the people of a new family.
const KEYS: [Table; 1] = [table("owner_keys", "created_at", 4)];

const REFERRAL: [Table; 5] = [
    table("leaves", "idx", 4),
    table("disclosures", "idx", 4),
    table("referrals", "referral_id", 1),
    table("deliveries", "delivery_id", 1),
    table("requests", "request_id", 1),
];

const SUMMARY: [Table; 3] =
    [table("leaves", "idx", 4), table("disclosures", "idx", 4), table("requests", "request_id", 1)];

/// What an act writes: keys of people, and the rest.
const fn tables(call: Call) -> (&'static [Table], &'static [Table]) {
    match call {
        Call::SubmitReferral => (&KEYS, &REFERRAL),
        Call::RequestSummary => (&[], &SUMMARY),
    }
}

/// Acts a second, in commits of `per_commit` acts.
pub(crate) async fn measure(
    installation: &Installation,
    call: Call,
    per_commit: usize,
) -> anyhow::Result<f64> {
    let per_commit = per_commit.max(1);
    let (acts, elapsed) = match installation.postgres() {
        Some(url) => on_postgres(url, call, per_commit).await?,
        None => on_sqlite(installation, call, per_commit)?,
    };
    ensure!(acts >= per_commit, "there are too few rows to write again");
    Ok(per_second(u64::try_from(acts)?, elapsed))
}

fn on_sqlite(
    installation: &Installation,
    call: Call,
    per_commit: usize,
) -> anyhow::Result<(usize, Duration)> {
    let directory = tempfile::tempdir_in(crate::machine::data_directory())?;
    let (keys, data) = tables(call);
    let mut keys = SqliteCopy::of(&installation.sqlite_keys(), keys, directory.path())?;
    let mut data = SqliteCopy::of(&installation.sqlite(), data, directory.path())?;
    let acts = keys.acts().unwrap_or(usize::MAX).min(data.acts().unwrap_or(0));
    let begun = Instant::now();
    for first in (0..acts).step_by(per_commit) {
        let acts = first..acts.min(first + per_commit);
        keys.commit(acts.clone())?;
        data.commit(acts)?;
    }
    Ok((acts, begun.elapsed()))
}

/// An empty database, and the rows that go into it.
struct SqliteCopy {
    to: Connection,
    rows: Vec<Rows>,
}

/// The rows of one table, and how one goes in.
struct Rows {
    table: Table,
    insert: String,
    values: Vec<Vec<Value>>,
}

impl Rows {
    fn of(from: &Connection, table: Table) -> anyhow::Result<Self> {
        let values = newest_rows(from, table)?;
        let places = vec!["?"; values.first().map_or(0, Vec::len)].join(", ");
        let insert = format!("INSERT INTO {} VALUES ({places})", table.name);
        Ok(Self { table, insert, values })
    }
}

impl SqliteCopy {
    fn of(path: &Path, tables: &[Table], directory: &Path) -> anyhow::Result<Self> {
        let from = Connection::open(path)?;
        let name = path.file_name().unwrap_or_default();
        let to = Connection::open(directory.join(name))?;
        to.pragma_update(None, "journal_mode", "WAL")?;
        to.pragma_update(None, "synchronous", "FULL")?;
        to.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        let rows = tables.iter().map(|table| {
            copy_schema(&from, &to, table.name)?;
            Rows::of(&from, *table)
        });
        let rows = rows.collect::<anyhow::Result<_>>()?;
        Ok(Self { to, rows })
    }

    /// How many acts there are rows of; none when an act writes nothing here.
    fn acts(&self) -> Option<usize> {
        self.rows.iter().map(|one| one.values.len() / one.table.rows_per_act).min()
    }

    fn commit(&mut self, acts: std::ops::Range<usize>) -> anyhow::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.to.execute_batch("BEGIN IMMEDIATE")?;
        for Rows { table, insert, values } in &self.rows {
            let part = acts.start * table.rows_per_act..acts.end * table.rows_per_act;
            let mut insert = self.to.prepare_cached(insert)?;
            for row in values.get(part).unwrap_or_default() {
                insert.execute(params_from_iter(row))?;
            }
        }
        Ok(self.to.execute_batch("COMMIT")?)
    }
}

fn copy_schema(from: &Connection, to: &Connection, table: &str) -> anyhow::Result<()> {
    let mut statement = from.prepare(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY rowid",
    )?;
    let made = statement.query_map([table], |row| row.get::<_, String>(0))?;
    for sql in made {
        to.execute_batch(&sql?)?;
    }
    Ok(())
}

fn newest_rows(from: &Connection, table: Table) -> anyhow::Result<Vec<Vec<Value>>> {
    let Table { name, key, rows_per_act } = table;
    let limit = ACTS_MAX * rows_per_act;
    let sql = format!("SELECT * FROM {name} ORDER BY {key} DESC LIMIT {limit}");
    let mut statement = from.prepare(&sql)?;
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
    let mut rows = statement.query_map([], read)?.collect::<Result<Vec<Vec<Value>>, _>>()?;
    rows.reverse();
    Ok(rows)
}

/// The rows go from table to table within the server: the least that it can be asked for.
async fn on_postgres(
    url: &str,
    call: Call,
    per_commit: usize,
) -> anyhow::Result<(usize, Duration)> {
    let mut connection = PgConnection::connect(url).await?;
    let (keys, data) = tables(call);
    let keys = PostgresCopy::of(&mut connection, "ketenpoort_keys", keys).await?;
    let data = PostgresCopy::of(&mut connection, "ketenpoort", data).await?;
    let acts = keys.acts().unwrap_or(usize::MAX).min(data.acts().unwrap_or(0));
    let begun = Instant::now();
    for first in (0..acts).step_by(per_commit) {
        let acts = first..acts.min(first + per_commit);
        keys.commit(&mut connection, acts.clone()).await?;
        data.commit(&mut connection, acts).await?;
    }
    let elapsed = begun.elapsed();
    run(&mut connection, "DROP SCHEMA IF EXISTS raw CASCADE").await?;
    connection.close().await?;
    Ok((acts, elapsed))
}

/// Empty tables, and where the rows stand that go into them.
struct PostgresCopy {
    schema: &'static str,
    places: Vec<(Table, Vec<String>)>,
}

impl PostgresCopy {
    async fn of(
        connection: &mut PgConnection,
        schema: &'static str,
        tables: &[Table],
    ) -> anyhow::Result<Self> {
        run(connection, "CREATE SCHEMA IF NOT EXISTS raw").await?;
        let mut places = Vec::new();
        for table in tables {
            let Table { name, key, rows_per_act } = *table;
            let make = format!("CREATE TABLE raw.{name} (LIKE {schema}.{name} INCLUDING ALL)");
            run(connection, &make).await?;
            let limit = ACTS_MAX * rows_per_act;
            let newest = format!(
                "SELECT CAST(ctid AS TEXT) FROM {schema}.{name} ORDER BY {key} DESC LIMIT {limit}"
            );
            let mut newest: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(newest)).fetch_all(&mut *connection).await?;
            newest.reverse();
            places.push((*table, newest));
        }
        Ok(Self { schema, places })
    }

    /// How many acts there are rows of; none when an act writes nothing here.
    fn acts(&self) -> Option<usize> {
        self.places.iter().map(|(table, places)| places.len() / table.rows_per_act).min()
    }

    async fn commit(
        &self,
        connection: &mut PgConnection,
        acts: std::ops::Range<usize>,
    ) -> anyhow::Result<()> {
        if self.places.is_empty() {
            return Ok(());
        }
        run(connection, "BEGIN").await?;
        for (table, places) in &self.places {
            let part = acts.start * table.rows_per_act..acts.end * table.rows_per_act;
            let part = places.get(part).unwrap_or_default();
            let (schema, name) = (self.schema, table.name);
            let insert = format!(
                "INSERT INTO raw.{name} SELECT * FROM {schema}.{name}
                  WHERE ctid = ANY(CAST(CAST($1 AS TEXT[]) AS TID[]))"
            );
            sqlx::query(AssertSqlSafe(insert)).bind(part).execute(&mut *connection).await?;
        }
        run(connection, "COMMIT").await
    }
}

async fn run(connection: &mut PgConnection, sql: &str) -> anyhow::Result<()> {
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(connection).await?;
    Ok(())
}
