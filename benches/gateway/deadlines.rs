//! A look for what is late among very many terms that run, beside the lookup of a single row by its key
//! on the same database.
//!
//! The terms are written by statements of their own, so that a million of them take seconds. The look
//! is that of the sweeper, through the gateway's own store; the lookup goes past it. A look that
//! scanned would cost thousands of lookups.

use std::time::{Duration, Instant};

use anyhow::ensure;
use ketenpoort::domain::time::Timestamp;
use ketenpoort::store::{self, Db};
use rusqlite::Connection;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::numbers::{median, ratio};
use crate::options::{Options, Store};
use crate::postgres;

/// Looks and lookups, of which the medians count.
const TIMES: u32 = 400;

/// Terms that a sweep takes at once.
const BATCH: u32 = 64;

/// Every term ends so many microseconds after the one before it, from this moment on.
const FIRST_DUE: i64 = 1_800_000_000_000_000;

/// Measures with as many terms as asked for.
pub(crate) async fn measure(store: Store, options: &Options) -> anyhow::Result<()> {
    let terms = i64::try_from(options.deadlines)?;
    ensure!(terms > 0, "there must be a term");
    let directory = tempfile::tempdir_in(crate::machine::data_directory())?;
    let path = directory.path().join("data.sqlite");
    let (db, lookup, name) = if store == Store::Sqlite {
        let db = Db::open_sqlite(&path, store::ledger::SCHEMA).await?;
        let connection = Connection::open(&path)?;
        fill_sqlite(&connection, terms)?;
        (db, lookup_sqlite(&connection, terms)?, "sqlite")
    } else {
        let url = postgres::fresh_database();
        let db = Db::open_postgres(&url, store::ledger::SCHEMA).await?;
        let mut connection = PgConnection::connect(&url).await?;
        fill_postgres(&mut connection, terms).await?;
        (db, lookup_postgres(&mut connection, terms).await?, "postgres")
    };
    // Nothing is due yet; then as many as a sweep takes.
    let nothing = look(&db, FIRST_DUE, 0).await?;
    let batch = i64::from(BATCH).min(terms);
    let full = look(&db, FIRST_DUE + batch, usize::try_from(batch)?).await?;
    println!(
        "path=deadlines store={name} open={terms} lookup_us={:.1} look_us={:.1} look_64_us={:.1} \
         look_ratio={:.2} look_64_ratio={:.2}",
        micros(lookup),
        micros(nothing),
        micros(full),
        ratio(nothing, lookup),
        ratio(full, lookup),
    );
    db.close().await;
    Ok(())
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// The median of some durations.
fn middle(taken: &[Duration]) -> Duration {
    Duration::from_secs_f64(median(taken.iter().map(Duration::as_secs_f64).collect()))
}

/// The look of a sweep at a moment: every term that ended before it, and the next one.
async fn look(db: &Db, now: i64, expected: usize) -> anyhow::Result<Duration> {
    let now = Timestamp::from_micros(now).ok_or_else(|| anyhow::anyhow!("no moment"))?;
    let mut taken = Vec::new();
    for _ in 0..TIMES {
        let mut tx = db.read().await?;
        let begun = Instant::now();
        let due = tx.due_deadlines(now, BATCH).await?;
        taken.push(begun.elapsed());
        ensure!(due.len() == expected, "{} terms were due, not {expected}", due.len());
    }
    Ok(middle(&taken))
}

fn fill_sqlite(connection: &Connection, terms: i64) -> anyhow::Result<()> {
    connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
         INSERT INTO deadlines (kind, about, responsible_oin, subjects, opened_at, due_at)
         SELECT 7, unhex(printf('%032x', i)), '00000099000000003000', randomblob(32), 0, ?2 + i
           FROM n",
        (terms, FIRST_DUE),
    )?;
    connection.execute_batch("ANALYZE")?;
    Ok(())
}

async fn fill_postgres(connection: &mut PgConnection, terms: i64) -> anyhow::Result<()> {
    sqlx::query(
        "INSERT INTO ketenpoort.deadlines
                (kind, about, responsible_oin, subjects, opened_at, due_at)
         SELECT 7, decode(lpad(to_hex(i), 32, '0'), 'hex'), '00000099000000003000',
                uuid_send(gen_random_uuid()), 0, $2 + i
           FROM generate_series(0, $1 - 1) AS n (i)",
    )
    .bind(terms)
    .bind(FIRST_DUE)
    .execute(&mut *connection)
    .await?;
    sqlx::query("ANALYZE ketenpoort.deadlines").execute(connection).await?;
    Ok(())
}

fn key(number: i64) -> [u8; 16] {
    i128::from(number).to_be_bytes()
}

fn lookup_sqlite(connection: &Connection, terms: i64) -> anyhow::Result<Duration> {
    let mut statement =
        connection.prepare("SELECT due_at FROM deadlines WHERE kind = 7 AND about = ?1")?;
    let mut taken = Vec::new();
    for round in 0..i64::from(TIMES) {
        let number = round * 7919 % terms;
        let begun = Instant::now();
        let due: i64 = statement.query_row([key(number)], |row| row.get(0))?;
        taken.push(begun.elapsed());
        ensure!(due == FIRST_DUE + number, "another row was found");
    }
    Ok(middle(&taken))
}

async fn lookup_postgres(connection: &mut PgConnection, terms: i64) -> anyhow::Result<Duration> {
    let mut taken = Vec::new();
    for round in 0..i64::from(TIMES) {
        let number = round * 7919 % terms;
        let begun = Instant::now();
        let row =
            sqlx::query("SELECT due_at FROM ketenpoort.deadlines WHERE kind = 7 AND about = $1")
                .bind(key(number).to_vec())
                .fetch_one(&mut *connection)
                .await?;
        taken.push(begun.elapsed());
        ensure!(row.try_get::<i64, _>(0)? == FIRST_DUE + number, "another row was found");
    }
    Ok(middle(&taken))
}
