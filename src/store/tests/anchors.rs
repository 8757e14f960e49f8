//! A writer with an anchor: what it recognises, and that no answer goes before the anchor.

use std::path::PathBuf;
use std::sync::Arc;

use crate::store::anchor::{Anchor, Fork};
use crate::store::error::{Error, Result};
use crate::store::{LogState, Writer};

use super::commands::Log;
use super::{Fixture, at, on_both_databases, signer, start, verifier};

on_both_databases!(
    an_answer_is_in_the_anchor_before_it_is_given,
    a_restart_goes_on_where_the_anchor_is,
    a_database_that_went_back_is_recognised_before_anything_is_signed,
    a_database_that_went_on_otherwise_is_recognised,
    another_database_is_recognised,
    a_ledger_without_an_anchor_is_not_continued,
    who_recognises_it_stops_the_others,
    nothing_is_answered_while_the_anchor_cannot_be_written,
);

struct Anchored {
    directory: tempfile::TempDir,
}

impl Anchored {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("anchor")
    }

    fn open(&self) -> Anchor {
        Anchor::open(&self.path(), &verifier()).unwrap()
    }

    async fn start(&self, fixture: &Fixture) -> Result<Writer> {
        let db = fixture.open_again().await;
        Writer::start(db, signer(), Arc::new(|| at(1)), Some(self.open())).await
    }

    fn size(&self) -> u64 {
        let kept = Anchor::look(&self.path(), &verifier()).unwrap();
        kept.map_or(0, |kept| kept.checkpoint.size)
    }
}

async fn state(fixture: &Fixture) -> LogState {
    fixture.read().await.log_state().await.unwrap().unwrap()
}

/// The fork that a start found. Nothing may have been appended by it.
async fn refused(anchored: &Anchored, fixture: &Fixture) -> Fork {
    let before = state(fixture).await;
    let Err(Error::Fork(fork)) = anchored.start(fixture).await else {
        panic!("a gateway started on a ledger that it must not continue");
    };
    let after = state(fixture).await;
    assert_eq!((before.size, before.root), (after.size, after.root));
    fork
}

/// Takes the database back to what `to` was, as a restored backup does.
async fn set_back(fixture: &Fixture, to: &LogState) {
    let mut tx = fixture.write().await;
    tx.query("UPDATE log_state SET size = $1, root = $2, frontier = $3")
        .bind(to.size)
        .bind(to.root.clone())
        .bind(to.frontier.clone())
        .execute_one()
        .await
        .unwrap();
    for statement in [
        "DELETE FROM leaves WHERE idx >= $1",
        "DELETE FROM disclosures WHERE idx >= $1",
        "DELETE FROM tiles WHERE level = 0 AND (idx + 1) * 256 > $1",
        "DELETE FROM checkpoints WHERE size > $1",
    ] {
        tx.query(statement).bind(to.size).execute().await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn settle(fixture: &Fixture) {
    let mut tx = fixture.write().await;
    tx.settle_dispute().await.unwrap();
    tx.commit().await.unwrap();
}

async fn an_answer_is_in_the_anchor_before_it_is_given(fixture: Fixture) {
    let anchored = Anchored::new();
    let writer = anchored.start(&fixture).await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..60 {
        let (writer, path) = (writer.clone(), anchored.path());
        tasks.push(tokio::spawn(async move {
            let logged = writer.commit(Log::entries(number * 5..number * 5 + 5)).await.unwrap();
            let kept = Anchor::look(&path, &verifier()).unwrap().unwrap();
            assert!(kept.checkpoint.size >= logged.first + 5);
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(anchored.size(), 300);
}

async fn a_restart_goes_on_where_the_anchor_is(fixture: Fixture) {
    let anchored = Anchored::new();
    for turn in 0..3 {
        let writer = anchored.start(&fixture).await.unwrap();
        writer.commit(Log::entries(turn * 100..turn * 100 + 100)).await.unwrap();
        assert_eq!(anchored.size(), turn * 100 + 100);
    }
    // Behind the ledger, as after a crash between the commit and the anchor, or when others wrote.
    let other = start(fixture.open_again().await).await;
    other.commit(Log::entries(300..700)).await.unwrap();
    anchored.start(&fixture).await.unwrap().commit(Log::entries(700..701)).await.unwrap();
    assert_eq!(anchored.size(), 701);
}

async fn a_database_that_went_back_is_recognised_before_anything_is_signed(fixture: Fixture) {
    let anchored = Anchored::new();
    let writer = anchored.start(&fixture).await.unwrap();
    writer.commit(Log::entries(0..3)).await.unwrap();
    let earlier = state(&fixture).await;
    writer.commit(Log::entries(3..300)).await.unwrap();
    set_back(&fixture, &earlier).await;
    // By the process that was there, and by the one after it.
    let running = writer.commit(Log::entries(500..501)).await.map(|_| ());
    assert!(matches!(running, Err(Error::Fork(Fork::Behind { signed: 300, found: 3 }))));
    assert!(!*writer.writable().borrow());
    assert_eq!(anchored.size(), 300);
    assert_eq!(refused(&anchored, &fixture).await, Fork::Behind { signed: 300, found: 3 });
}

async fn a_database_that_went_on_otherwise_is_recognised(fixture: Fixture) {
    let anchored = Anchored::new();
    let writer = anchored.start(&fixture).await.unwrap();
    writer.commit(Log::entries(0..3)).await.unwrap();
    let earlier = state(&fixture).await;
    writer.commit(Log::entries(3..9)).await.unwrap();
    drop(writer);
    set_back(&fixture, &earlier).await;
    let unaware = start(fixture.open_again().await).await;
    for numbers in [100..106, 106..400] {
        unaware.commit(Log::entries(numbers)).await.unwrap();
        assert_eq!(refused(&anchored, &fixture).await, Fork::Other { signed: 9 });
        settle(&fixture).await;
    }
}

async fn another_database_is_recognised(fixture: Fixture) {
    let anchored = Anchored::new();
    let elsewhere = Fixture::sqlite().await;
    anchored.start(&elsewhere).await.unwrap().commit(Log::entries(0..5)).await.unwrap();
    let Err(error) = anchored.start(&fixture).await else { panic!("it started") };
    assert!(matches!(error, Error::Fork(Fork::Behind { signed: 5, found: 0 })), "{error}");
    assert_eq!(fixture.read().await.log_state().await.unwrap(), None, "no log was made");
}

async fn a_ledger_without_an_anchor_is_not_continued(fixture: Fixture) {
    let writer = fixture.writer().await;
    let anchored = Anchored::new();
    drop(anchored.start(&fixture).await.unwrap());
    writer.commit(Log::entries(0..5)).await.unwrap();
    assert_eq!(refused(&anchored, &fixture).await, Fork::Unanchored { found: 5 });
    assert_eq!(state(&fixture).await.disputed, None, "others may go on");
    writer.commit(Log::entries(5..6)).await.unwrap();
}

async fn who_recognises_it_stops_the_others(fixture: Fixture) {
    let [knowing, unaware] = [Anchored::new(), Anchored::new()];
    let writer = knowing.start(&fixture).await.unwrap();
    writer.commit(Log::entries(0..3)).await.unwrap();
    std::fs::copy(knowing.path(), unaware.path()).unwrap();
    let earlier = state(&fixture).await;
    let other = unaware.start(&fixture).await.unwrap();
    writer.commit(Log::entries(3..9)).await.unwrap();
    drop(writer);
    set_back(&fixture, &earlier).await;
    assert_eq!(refused(&knowing, &fixture).await, Fork::Behind { signed: 9, found: 3 });
    let stopped = other.commit(Log::entries(20..21)).await.map(|_| ());
    assert!(matches!(stopped, Err(Error::Fork(Fork::Disputed { signed: 9 }))), "{stopped:?}");
    assert!(!*other.writable().borrow());
    assert_eq!(refused(&unaware, &fixture).await, Fork::Disputed { signed: 9 });
    assert_eq!(refused(&knowing, &fixture).await, Fork::Behind { signed: 9, found: 3 });
}

/// A gateway that nobody calls: it learns what others signed, and sees by itself when that is lost.
#[tokio::test]
async fn an_idle_gateway_takes_over_what_others_sign_and_misses_it_by_itself() {
    let fixture = Fixture::postgres().await;
    let [busy, idle] = [Anchored::new(), Anchored::new()];
    let writer = busy.start(&fixture).await.unwrap();
    let idler = idle.start(&fixture).await.unwrap();
    writer.commit(Log::entries(0..3)).await.unwrap();
    let earlier = state(&fixture).await;
    writer.commit(Log::entries(3..300)).await.unwrap();
    drop(writer);
    while idle.size() < 300 {
        tokio::task::yield_now().await;
    }
    set_back(&fixture, &earlier).await;
    let mut writable = idler.writable();
    writable.wait_for(|writable| !writable).await.unwrap();
    assert_eq!(refused(&idle, &fixture).await, Fork::Behind { signed: 300, found: 3 });
}

/// The file is in the way of being written, as on a failing disk; when it works again, so does the
/// gateway, without a restart.
async fn nothing_is_answered_while_the_anchor_cannot_be_written(fixture: Fixture) {
    let anchored = Anchored::new();
    let writer = anchored.start(&fixture).await.unwrap();
    writer.commit(Log::entries(0..3)).await.unwrap();
    let good = std::fs::read(anchored.path()).unwrap();
    std::fs::write(anchored.path(), vec![1; good.len()]).unwrap();
    let unanswered = writer.commit(Log::entries(3..4)).await.map(|_| ());
    assert!(matches!(unanswered, Err(Error::OutcomeUnknown)), "{unanswered:?}");
    let mut writable = writer.writable();
    writable.wait_for(|writable| !writable).await.unwrap();
    std::fs::write(anchored.path(), good).unwrap();
    writable.wait_for(|writable| *writable).await.unwrap();
    writer.commit(Log::entries(4..5)).await.unwrap();
    assert_eq!(anchored.size(), 5);
}
