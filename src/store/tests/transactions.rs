//! Transactions and settings of the two databases.

use std::time::Duration;

use crate::domain::id::{Oin, Pseudonym};
use crate::domain::referral::State;
use crate::store::db::Sql;
use crate::store::error::{DriverError, Error};
use crate::store::{Db, RuleSetKind};

use super::samples::{oin, organisation};
use super::{Fixture, on_both_databases};

on_both_databases!(
    a_read_transaction_cannot_write,
    a_dropped_transaction_leaves_nothing,
    a_read_transaction_sees_one_snapshot,
    a_reader_does_not_wait_for_the_writer,
    a_committed_row_is_there_for_another_process,
    stored_nonsense_is_an_error_and_no_panic,
    a_statement_that_hits_no_row_is_a_conflict,
    a_second_row_with_the_same_key_is_a_conflict,
);

async fn a_read_transaction_cannot_write(fixture: Fixture) {
    let written = fixture.read().await.record_organisation(&organisation(1)).await;
    assert!(matches!(written, Err(Error::Driver(_))), "{written:?}");
    assert_eq!(fixture.read().await.organisations().await.unwrap(), []);
}

async fn a_dropped_transaction_leaves_nothing(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_organisation(&organisation(1)).await.unwrap();
    drop(tx);
    let mut tx = fixture.write().await;
    tx.record_organisation(&organisation(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(fixture.read().await.organisations().await.unwrap(), [organisation(2)]);
}

async fn a_read_transaction_sees_one_snapshot(fixture: Fixture) {
    let mut before = fixture.read().await;
    assert_eq!(before.organisations().await.unwrap(), []);
    let mut tx = fixture.write().await;
    tx.record_organisation(&organisation(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(before.organisations().await.unwrap(), []);
    assert_eq!(fixture.read().await.organisations().await.unwrap(), [organisation(1)]);
}

async fn a_reader_does_not_wait_for_the_writer(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_organisation(&organisation(1)).await.unwrap();
    let read = async { fixture.read().await.organisations().await.unwrap() };
    let read = tokio::time::timeout(Duration::from_secs(2), read).await;
    assert_eq!(read, Ok(vec![]));
    tx.commit().await.unwrap();
}

async fn a_committed_row_is_there_for_another_process(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_organisation(&organisation(1)).await.unwrap();
    tx.commit().await.unwrap();
    let other = fixture.open_again().await;
    assert_eq!(other.read().await.unwrap().organisations().await.unwrap(), [organisation(1)]);
}

async fn stored_nonsense_is_an_error_and_no_panic(fixture: Fixture) {
    let mut tx = fixture.read().await;
    let errors = [
        tx.query("SELECT 'not an OIN'").fetch_one::<(Oin,)>().await.map(drop),
        tx.query("SELECT CAST(99 AS BIGINT)").fetch_one::<(State,)>().await.map(drop),
        tx.query("SELECT CAST(0 AS BIGINT)").fetch_one::<(RuleSetKind,)>().await.map(drop),
        tx.query(Sql { sqlite: "SELECT x'00'", postgres: "SELECT '\\x00'::bytea" })
            .fetch_one::<(Pseudonym,)>()
            .await
            .map(drop),
        tx.query("SELECT CAST(-1 AS BIGINT)")
            .fetch_one::<(crate::domain::time::Timestamp,)>()
            .await
            .map(drop),
    ];
    for error in errors {
        assert!(
            matches!(&error, Err(Error::Driver(source)) if matches!(
                **source,
                DriverError::Sqlx(sqlx::Error::ColumnDecode { .. })
                    | DriverError::Sqlite(rusqlite::Error::FromSqlConversionFailure(..))
            )),
            "{error:?}"
        );
    }
}

async fn a_statement_that_hits_no_row_is_a_conflict(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let updated = tx
        .query("UPDATE organisations SET name = $2 WHERE oin = $1")
        .bind(oin(1))
        .bind("nobody")
        .execute_one()
        .await;
    assert!(matches!(updated, Err(Error::Conflict)), "{updated:?}");
    let found = tx.query("SELECT oin FROM organisations").fetch_one::<(Oin,)>().await;
    assert!(matches!(found, Err(Error::Driver(_))), "{found:?}");
}

/// Both kinds of key: an integer, which SQLite keeps as its row id, and a text.
async fn a_second_row_with_the_same_key_is_a_conflict(fixture: Fixture) {
    for statement in [
        "INSERT INTO checkpoints (size, note, signed_at) VALUES (1, 'a', 1)",
        "INSERT INTO organisations (oin, name, role, standing, certified_institution, updated_at)
         VALUES ('x', 'x', 1, 1, 0, 1)",
    ] {
        let mut tx = fixture.write().await;
        tx.query(statement).execute_one().await.unwrap();
        let again = tx.query(statement).execute_one().await;
        assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    }
}

#[tokio::test]
async fn every_connection_to_sqlite_has_the_settings_that_promises_rest_on() {
    let fixture = Fixture::sqlite().await;
    let Db::Sqlite { writer, readers } = &fixture.db else { panic!("this is SQLite") };
    // The writer waits its turn without holding up a thread.
    for (pool, waits) in [(writer, 0_i64), (readers, 5000)] {
        let mut lease = pool.lease().await.unwrap();
        for (pragma, wanted) in [
            ("PRAGMA synchronous", 2_i64),
            ("PRAGMA secure_delete", 1),
            ("PRAGMA foreign_keys", 1),
            ("PRAGMA busy_timeout", waits),
        ] {
            assert_eq!(lease.value::<i64>(pragma).unwrap(), wanted, "{pragma}");
        }
        assert_eq!(lease.value::<String>("PRAGMA journal_mode").unwrap(), "wal");
    }
}

/// Two processes on one file: the second writer waits for the first without holding up its thread.
#[tokio::test]
async fn a_second_process_waits_for_the_first_to_finish_writing_on_sqlite() {
    let fixture = Fixture::sqlite().await;
    let other = fixture.open_again().await;
    let mut first = fixture.write().await;
    first.record_organisation(&organisation(1)).await.unwrap();
    let second = tokio::spawn(async move {
        let mut second = other.write().await.unwrap();
        second.record_organisation(&organisation(2)).await.unwrap();
        second.commit().await.unwrap();
    });
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    first.commit().await.unwrap();
    second.await.unwrap();
    assert_eq!(fixture.read().await.organisations().await.unwrap().len(), 2);
}

#[tokio::test]
async fn every_connection_to_postgresql_has_the_settings_that_promises_rest_on() {
    let fixture = Fixture::postgres_database().await;
    for mut tx in [fixture.read().await, fixture.write().await] {
        for (setting, wanted) in [
            ("synchronous_commit", "on"),
            ("search_path", "ketenpoort"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "1min"),
        ] {
            let found: (String,) =
                tx.query("SELECT current_setting($1)").bind(setting).fetch_one().await.unwrap();
            assert_eq!(found.0, wanted, "{setting}");
        }
    }
    let level: (String,) = fixture
        .write()
        .await
        .query("SELECT current_setting('transaction_isolation')")
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(level.0, "read committed");
}

/// A lock that does not come is told as such, so that the caller tries again.
#[tokio::test]
async fn waiting_too_long_for_a_row_is_busy_on_postgresql() {
    let fixture = Fixture::postgres().await;
    let mut tx = fixture.write().await;
    tx.record_organisation(&organisation(1)).await.unwrap();
    let mut other = fixture.write().await;
    other.query("SET LOCAL lock_timeout = 20").execute().await.unwrap();
    let waited = other.record_organisation(&organisation(1)).await;
    assert!(matches!(waited, Err(Error::Busy(_))), "{waited:?}");
    assert!(waited.unwrap_err().is_transient());
}

/// PostgreSQL answers `COMMIT` after a failed statement with `ROLLBACK`, which is no error.
#[tokio::test]
async fn a_transaction_with_a_failed_statement_is_known_as_such_on_postgresql() {
    let fixture = Fixture::postgres().await;
    let mut tx = fixture.write().await;
    tx.record_organisation(&organisation(1)).await.unwrap();
    tx.check_not_failed().await.unwrap();
    assert!(tx.query("SELECT 1 / 0").execute().await.is_err());
    assert!(tx.check_not_failed().await.is_err());
    tx.commit().await.unwrap();
    assert_eq!(fixture.read().await.organisations().await.unwrap(), []);
}
