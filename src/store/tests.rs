//! Every method of the store, on both databases: what works on one and not on the other, or behaves
//! otherwise there, fails here.
//!
//! A test is an `async fn name(fixture: Fixture)`; [`on_both_databases`] makes two of it. Fixtures
//! share no data, so tests run side by side.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tempfile::TempDir;

use crate::domain::time::Timestamp;
use crate::ledger::note::{Signer, Verifier};

use super::db::{Query, Schema, Sql};
use super::postgres_for_tests::fresh_database;
use super::{Db, KeyDb, Tx, Writer, keys, ledger};

mod anchors;
mod before;
mod blocks;
mod breaches;
mod cases;
mod changes;
mod commands;
mod consents;
mod content;
mod cosignatures;
mod deadlines;
mod deliveries;
mod digests;
mod directory;
mod disclosures;
mod failures;
mod handovers;
mod history;
mod judgements;
mod ledger_rows;
mod lost_replies;
mod networks;
mod organisation_calls;
mod people;
mod proofs;
mod questions;
mod raised_signals;
mod referral_clocks;
mod referral_sets;
mod referrals;
mod repeats;
mod replicas;
mod requests;
mod retention;
mod reviews;
mod samples;
mod saved_searches;
mod schema;
mod shares;
mod signals;
mod statistics;
mod subject_requests;
mod summaries;
mod summary_facts;
mod tampering;
mod transactions;
mod wake;
mod writer;

macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => { $(
        mod $test {
            use crate::store::tests::Fixture;

            #[tokio::test]
            async fn on_sqlite() {
                super::$test(Fixture::sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                super::$test(Fixture::postgres().await).await;
            }
        }
    )+ };
}
use on_both_databases;

/// Name of the test log and of its key.
const ORIGIN: &str = "log.example/utrecht";

/// Empty tables, opened once.
struct Fixture {
    db: Db,
    place: Place,
}

/// Where the tables are; a further process can open them.
enum Place {
    Sqlite(TempDir),
    Postgres {
        url: String,
        /// Stands behind the names of the schemas.
        suffix: String,
    },
}

impl Place {
    async fn open(&self, schema: Schema) -> super::Result<Db> {
        match self {
            Self::Sqlite(directory) => {
                Db::open_sqlite(&directory.path().join(schema.name), schema).await
            }
            Self::Postgres { url, suffix } => {
                let name = format!("{}{suffix}", schema.name).leak();
                Db::open_postgres(url, Schema { name, ..schema }).await
            }
        }
    }
}

impl Fixture {
    async fn sqlite() -> Self {
        Self::at(Place::Sqlite(tempfile::tempdir().unwrap())).await
    }

    /// In schemas of its own: making a database takes PostgreSQL longer than most tests.
    async fn postgres() -> Self {
        static URL: LazyLock<String> = LazyLock::new(fresh_database);
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let suffix = format!("_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self::at(Place::Postgres { url: URL.clone(), suffix }).await
    }

    /// In a database of its own, under the names of production.
    async fn postgres_database() -> Self {
        Self::at(Place::Postgres { url: fresh_database(), suffix: String::new() }).await
    }

    async fn at(place: Place) -> Self {
        Self { db: place.open(ledger::SCHEMA).await.unwrap(), place }
    }

    /// Opens the same database again, as another process would.
    async fn open_again(&self) -> Db {
        self.place.open(ledger::SCHEMA).await.unwrap()
    }

    async fn keys(&self) -> KeyDb {
        KeyDb::new(self.place.open(keys::SCHEMA).await.unwrap())
    }

    async fn writer(&self) -> Writer {
        start(self.db.clone()).await
    }

    async fn read(&self) -> Tx {
        self.db.read().await.unwrap()
    }

    async fn write(&self) -> Tx {
        self.db.write().await.unwrap()
    }
}

/// A writer with the key of the test log and a clock that stands still.
async fn start(db: Db) -> Writer {
    Writer::start(db, signer(), Arc::new(|| at(1)), None).await.unwrap()
}

fn signer() -> Signer {
    Signer::from_seed(ORIGIN.parse().unwrap(), &[7; 32])
}

fn verifier() -> Verifier {
    signer().verifier().clone()
}

/// A moment, counted in seconds from the start of the tests' time.
fn at(seconds: u64) -> Timestamp {
    let start: Timestamp = "2026-11-02T08:00:00Z".parse().unwrap();
    start.plus(Duration::from_secs(seconds))
}

/// The question how a database would run a statement.
fn explained(sql: Sql) -> Sql {
    leaked(&format!("EXPLAIN QUERY PLAN {}", sql.sqlite), &format!("EXPLAIN {}", sql.postgres))
}

/// Statements are constants; a test makes some of its own.
fn leaked(sqlite: &str, postgres: &str) -> Sql {
    Sql { sqlite: sqlite.to_owned().leak(), postgres: postgres.to_owned().leak() }
}

/// The answer to such a question, one step a line.
async fn plan_of(query: Query<'_>, place: &Place) -> String {
    match place {
        Place::Sqlite(_) => {
            let steps: Vec<(i64, i64, i64, String)> = query.fetch_all().await.unwrap();
            steps.into_iter().map(|(.., step)| step + "\n").collect()
        }
        Place::Postgres { .. } => {
            let steps: Vec<(String,)> = query.fetch_all().await.unwrap();
            steps.into_iter().map(|(step,)| step + "\n").collect()
        }
    }
}
