//! The writer when a command or the database fails: only what failed is missing.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;

use crate::domain::id::EventId;
use crate::store::error::{Error, Result};
use crate::store::{Command, Db, Flow, Placed, Tx};

use super::commands::{Bad, Fault, Gate, Log, in_one_batch};
use super::ledger_rows::verify;
use super::samples::{oin, organisation, uuid};
use super::{Fixture, Place, on_both_databases};

on_both_databases!(
    a_command_that_goes_wrong_takes_only_itself_down,
    a_command_that_goes_wrong_alone_leaves_nothing,
    a_statement_that_failed_unnoticed_is_never_answered_as_done,
    a_writer_that_cannot_write_says_so_and_recovers,
    a_writer_that_nobody_asks_finds_out_by_itself_that_it_can_write_again,
    a_command_that_panics_ends_the_writer_visibly,
);

const FAULTS: [Fault; 7] = [
    Fault::Stop,
    Fault::Conflict,
    Fault::Refused,
    Fault::Own,
    Fault::KnownEvent,
    Fault::RefusedInComplete,
    Fault::OwnInComplete,
];

/// Rows and entries, by number.
async fn stored(fixture: &Fixture) -> (Vec<u64>, Vec<u64>) {
    let mut tx = fixture.read().await;
    let numbers = 0..100;
    let rows = tx.organisations().await.unwrap();
    let rows = numbers.clone().filter(|number| rows.contains(&organisation(*number))).collect();
    let leaves = tx.leaves(0, 1000).await.unwrap();
    let entries = leaves.iter().map(|leaf| {
        let is_of = |number: &u64| leaf.event_id == EventId::from_bytes(uuid(*number));
        numbers.clone().find(is_of).unwrap()
    });
    (rows, entries.collect())
}

fn check_answer(fault: Fault, answer: &Result<&'static str>) {
    let fits = match fault {
        Fault::Stop => matches!(answer, Ok("stopped")),
        Fault::Conflict | Fault::KnownEvent => matches!(answer, Err(Error::Conflict)),
        Fault::Refused | Fault::RefusedInComplete => matches!(answer, Err(Error::Driver(_))),
        Fault::Own | Fault::OwnInComplete => {
            matches!(answer, Err(Error::Corrupt { table: "cases", .. }))
        }
        Fault::Swallowed => matches!(answer, Ok("done")),
    };
    assert!(fits, "{fault:?}: {answer:?}");
}

async fn a_command_that_goes_wrong_takes_only_itself_down(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(Log::entries(0..1)).await.unwrap();
    let (mut rows, mut entries) = (vec![], vec![0]);
    for (turn, fault) in (0..).zip(FAULTS) {
        let [before, number, after] = [1, 2, 3].map(|step| turn * 10 + step);
        let good = |number| {
            let commit = writer.commit(Log::row(number));
            async move { commit.await.map(|logged| assert_eq!(logged.entries.len(), 1)) }
        };
        let bad = writer.commit(Bad { number, fault });
        let commits: [Pin<Box<dyn Future<Output = ()> + Send>>; 3] = [
            Box::pin(async { good(before).await.unwrap() }),
            Box::pin(async { check_answer(fault, &bad.await) }),
            Box::pin(async { good(after).await.unwrap() }),
        ];
        in_one_batch(&writer, commits).await;
        rows.extend([before, after]);
        entries.extend([before, after]);
        assert_eq!(stored(&fixture).await, (rows.clone(), entries.clone()), "{fault:?}");
        assert!(*writer.writable().borrow(), "one bad command does not make the ledger unwritable");
    }
    let report = verify(&fixture.db).await;
    assert!(report.is_clean(), "{:?}", report.findings);
}

async fn a_command_that_goes_wrong_alone_leaves_nothing(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(Log::entries(0..1)).await.unwrap();
    for fault in FAULTS {
        check_answer(fault, &writer.commit(Bad { number: 5, fault }).await);
        assert_eq!(stored(&fixture).await, (vec![], vec![0]), "{fault:?}");
        assert!(*writer.writable().borrow());
    }
    let commits = FAULTS.map(|fault| writer.commit(Bad { number: 6, fault }));
    for (fault, answer) in FAULTS.into_iter().zip(in_one_batch(&writer, commits).await) {
        check_answer(fault, &answer);
    }
    assert_eq!(stored(&fixture).await, (vec![], vec![0]));
    writer.commit(Log::row(7)).await.unwrap();
    assert_eq!(stored(&fixture).await, (vec![7], vec![0, 7]));
}

/// After a failed statement PostgreSQL commits nothing, without an error. Promise 1: whatever the
/// command makes of its failed statement, no answer says that something was stored that was not.
async fn a_statement_that_failed_unnoticed_is_never_answered_as_done(fixture: Fixture) {
    let writer = fixture.writer().await;
    let good = |number| writer.commit(Log::row(number));
    let bad = writer.commit(Bad { number: 5, fault: Fault::Swallowed });
    let commits: [Pin<Box<dyn Future<Output = bool> + Send>>; 3] = [
        Box::pin(async { good(1).await.is_ok() }),
        Box::pin(async { bad.await.is_ok() }),
        Box::pin(async { good(7).await.is_ok() }),
    ];
    let answers = in_one_batch(&writer, commits).await;
    let numbers = match fixture.place {
        Place::Sqlite(_) => vec![1, 5, 7],
        Place::Postgres { .. } => vec![1, 7],
    };
    assert_eq!(answers, [true, numbers.contains(&5), true]);
    assert_eq!(stored(&fixture).await, (numbers.clone(), numbers));
}

async fn a_writer_that_cannot_write_says_so_and_recovers(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(Log::row(1)).await.unwrap();
    let mut tx = fixture.write().await;
    tx.query("ALTER TABLE checkpoints RENAME TO hidden").execute().await.unwrap();
    tx.commit().await.unwrap();
    let mut writable = writer.writable();
    assert!(*writable.borrow_and_update());
    let commits = [2, 3].map(|number| writer.commit(Log::row(number)));
    for answer in in_one_batch(&writer, commits).await {
        let answer = answer.map(|_| ());
        assert!(matches!(answer, Err(Error::Driver(_))), "{answer:?}");
    }
    assert!(writable.has_changed().unwrap());
    assert!(!*writable.borrow_and_update());
    assert_eq!(stored(&fixture).await, (vec![1], vec![1]));

    let mut tx = fixture.write().await;
    tx.query("ALTER TABLE hidden RENAME TO checkpoints").execute().await.unwrap();
    tx.commit().await.unwrap();
    writer.commit(Log::row(4)).await.unwrap();
    assert!(*writable.borrow_and_update());
    assert_eq!(stored(&fixture).await, (vec![1, 4], vec![1, 4]));
}

/// Health is `NOT_SERVING` while the ledger cannot be written, and who heeds it sends nothing.
async fn a_writer_that_nobody_asks_finds_out_by_itself_that_it_can_write_again(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(Log::row(1)).await.unwrap();
    let mut tx = fixture.write().await;
    tx.query("ALTER TABLE checkpoints RENAME TO hidden").execute().await.unwrap();
    tx.commit().await.unwrap();
    assert!(writer.commit(Log::row(2)).await.is_err());
    let mut writable = writer.writable();
    assert!(!*writable.borrow_and_update());
    // It looked in vain once or more, and does not say that all is well.
    let early = tokio::time::timeout(Duration::from_millis(1200), writable.changed()).await;
    assert!(early.is_err() && !*writable.borrow());

    let mut tx = fixture.write().await;
    tx.query("ALTER TABLE hidden RENAME TO checkpoints").execute().await.unwrap();
    tx.commit().await.unwrap();
    let recovered = tokio::time::timeout(Duration::from_secs(20), writable.changed()).await;
    recovered.expect("the writer looks every second").unwrap();
    assert!(*writable.borrow());
    writer.commit(Log::row(3)).await.unwrap();
    assert_eq!(stored(&fixture).await, (vec![1, 3], vec![1, 3]));
}

struct Panic;

impl Command for Panic {
    type Outcome = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Flow<()>> {
        tx.record_organisation(&organisation(9)).await?;
        panic!("a command with a fault of its own")
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> Result<()> {
        Ok(())
    }
}

async fn a_command_that_panics_ends_the_writer_visibly(fixture: Fixture) {
    let writer = fixture.writer().await;
    let writable = writer.writable();
    let answer = writer.commit(Panic).await;
    assert!(matches!(answer, Err(Error::OutcomeUnknown)), "{answer:?}");
    let later = writer.commit(Log::row(1)).await.map(|_| ());
    assert!(matches!(later, Err(Error::Stopped)), "{later:?}");
    assert!(!*writable.borrow());
    assert_eq!(stored(&fixture).await, (vec![], vec![]));
}

/// A server that ends a connection in the middle of a batch costs that batch a new try, no more.
#[tokio::test]
async fn a_lost_connection_to_postgresql_is_replaced() {
    let fixture = Fixture::postgres_database().await;
    let writer = fixture.writer().await;
    writer.commit(Log::row(1)).await.unwrap();
    let mut tx = fixture.open_again().await.write().await.unwrap();
    tx.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute()
    .await
    .unwrap();
    drop(tx);
    writer.commit(Log::row(2)).await.unwrap();
    assert_eq!(stored(&fixture).await, (vec![1, 2], vec![1, 2]));
}

/// Two transactions that wait for each other: one of them is told to try again, and does.
#[tokio::test]
async fn a_deadlock_on_postgresql_is_tried_again() {
    struct Crossing([u64; 2]);
    impl Command for Crossing {
        type Outcome = ();
        async fn apply(&self, tx: &mut Tx) -> Result<Flow<()>> {
            tx.query("SET LOCAL deadlock_timeout = '10ms'").execute().await?;
            for number in self.0 {
                let raise = "UPDATE organisations SET updated_at = updated_at + 1 WHERE oin = $1";
                tx.query(raise).bind(oin(number)).execute_one().await?;
                tx.query("SELECT pg_sleep(0.02)").execute().await?;
            }
            Ok(Flow::Append(Vec::new()))
        }
        async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> Result<()> {
            Ok(())
        }
    }
    let fixture = Fixture::postgres().await;
    let writer = fixture.writer().await;
    let other = super::start(fixture.open_again().await).await;
    for number in [1, 2] {
        writer.commit(Log::row(number)).await.unwrap();
    }
    let (one, two) = tokio::join!(writer.commit(Crossing([1, 2])), other.commit(Crossing([2, 1])));
    one.unwrap();
    two.unwrap();
    for row in fixture.read().await.organisations().await.unwrap() {
        let stored = organisation(if row.oin == oin(1) { 1 } else { 2 });
        assert_eq!(row.updated_at.as_micros(), stored.updated_at.as_micros() + 2);
    }
}

/// A full disk ends SQLite's transaction behind the driver's back. As soon as there is room (here on
/// the next connection) the writer goes on.
#[tokio::test]
async fn a_disk_that_was_full_for_a_moment_is_no_matter() {
    let fixture = Fixture::sqlite().await;
    let writer = fixture.writer().await;
    writer.commit(Log::row(1)).await.unwrap();
    let Db::Sqlite { writer: pool, .. } = &fixture.db else { panic!("this is SQLite") };
    pool.lease().await.unwrap().value::<i64>("PRAGMA max_page_count = 1").unwrap();
    let commits = [10..400, 400..800].map(|numbers| writer.commit(Log::entries(numbers)));
    for answer in in_one_batch(&writer, commits).await {
        assert!(answer.unwrap().proofs.len() >= 390);
    }
    writer.commit(Log::row(2)).await.unwrap();
    let report = verify(&fixture.db).await;
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.entries, 792);
}

/// A database that is gone is told to everybody, also to those that another command's fault had
/// put behind.
#[tokio::test]
async fn a_database_that_is_gone_is_told_to_everybody() {
    for fault in [Fault::Stop, Fault::OwnInComplete] {
        let fixture = Fixture::sqlite().await;
        let writer = fixture.writer().await;
        let Db::Sqlite { writer: pool, .. } = &fixture.db else { panic!("this is SQLite") };
        let gate = Gate::shut(&writer).await;
        let first = writer.commit(Bad { number: 99, fault });
        let commits = (1..=50).map(|number| writer.commit(Log::row(number)));
        let (_, answers, ()) = tokio::join!(first, join_all(commits), async {
            // The gate holds the only connection; nobody gets it after.
            let closing = pool.close();
            gate.open();
            closing.await;
        });
        for answer in answers {
            let answer = answer.map(|_| ());
            assert!(matches!(answer, Err(Error::Driver(_))), "{answer:?}");
        }
        assert!(!*writer.writable().borrow());
    }
}
