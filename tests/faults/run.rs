//! One run of an experiment: an installation, the clients' journals outside of it, and the looks of
//! the oracle.

use std::path::PathBuf;
use std::time::Duration;

use ketenpoort::store::{Db, ledger};
use sqlx::Connection as _;
use tempfile::TempDir;

use super::journal::Journals;
use super::load::Load;
use super::oracle::{self, Verdict};
use super::server::{Installation, Server};

/// A gateway's installation and what is known of it from outside.
pub(crate) struct Run {
    pub(crate) installation: Installation,
    database: String,
    outside: TempDir,
}

impl Run {
    pub(crate) fn new(database: &str) -> Self {
        Self {
            installation: Installation::new(Some(database)),
            database: database.to_owned(),
            outside: tempfile::tempdir().unwrap(),
        }
    }

    /// A path that no fault of the gateway's disk reaches.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.outside.path().join(name)
    }

    pub(crate) fn start(&self) -> Server {
        self.installation.start()
    }

    /// Sets the clients to work on a running gateway.
    pub(crate) async fn load(&self, seed: u64) -> Load {
        let address = format!("localhost:{}", self.installation.address().port());
        let pki = self.installation.pki();
        Load::start(seed, &pki, &address, &self.outside("journals")).await
    }

    /// Reads what the clients were told since the last time, and looks whether it is there; the
    /// ledger as a whole must verify.
    pub(crate) async fn check_new(&self, journals: &mut Journals, when: &str) {
        let seen = journals.acked.len();
        journals.read_on(&self.outside("journals"));
        let db = self.look().await;
        let findings = oracle::still_there(&db, &journals.acked[seen..]).await;
        db.close().await;
        assert!(findings.is_empty(), "{when}: {findings:#?}");
        self.verify(when);
    }

    /// Lets the clients end their work, repeats everything they ever sent, and compares.
    pub(crate) async fn finish(&self, load: Load, journals: &mut Journals) -> Verdict {
        let mut repeated = 0;
        for mut client in load.finish().await {
            repeated += client.repeat_all().await;
        }
        journals.read_on(&self.outside("journals"));
        let verdict = Verdict { repeated, ..self.compare(journals).await };
        verdict.assert_clean("at the end");
        self.verify("at the end");
        verdict
    }

    /// Opens the store to look at it. Closed again after every look, so that a gateway that starts
    /// finds the files as the fault left them.
    pub(crate) async fn look(&self) -> Db {
        oracle::look(&self.database, self.installation.path()).await
    }

    /// The same for the keys of persons, which SQLite keeps in a file of their own.
    pub(crate) async fn look_at_keys(&self) -> Db {
        let path = self.installation.path().join("ketenpoort-keys.sqlite");
        Db::open_sqlite_read_only(&path).await.unwrap()
    }

    /// Compares all journals with all of the store.
    pub(crate) async fn compare(&self, journals: &Journals) -> Verdict {
        let db = self.look().await;
        let verdict = oracle::compare(&db, journals).await;
        db.close().await;
        verdict
    }

    /// The ledger as a whole is as it must be.
    pub(crate) fn verify(&self, when: &str) {
        let verified = tokio::task::block_in_place(|| self.installation.run(&["log", "verify"]));
        let said = String::from_utf8_lossy(&verified.stderr);
        assert!(verified.status.success(), "{when}, the ledger does not verify: {said}");
    }

    /// Changes the database behind the gateway's back.
    pub(crate) async fn execute(&self, sql: &'static str) {
        let changed = if let Some(file) = self.database.strip_prefix("sqlite:") {
            let path = self.installation.path().join(file);
            let connection = rusqlite::Connection::open(path).unwrap();
            u64::try_from(connection.execute(sql, []).unwrap()).unwrap()
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.database).await.unwrap();
            let tables = format!("SET search_path TO {}", ledger::SCHEMA.name);
            sqlx::query(sqlx::AssertSqlSafe(tables)).execute(&mut connection).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
        };
        assert_eq!(changed, 1, "{sql}");
    }
}

/// A runtime that may block: journals are synced on its threads.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
}

/// A percentile of sorted durations.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() - 1) * percent / 100]
}
