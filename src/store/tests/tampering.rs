//! A ledger that was changed behind the writer's back is never signed over.

use std::time::Duration;

use crate::store::error::Error;
use crate::store::{LogState, Writer};

use super::commands::{Bad, Fault, Log};
use super::{Fixture, on_both_databases, start};

on_both_databases!(
    a_changed_root_is_never_signed_over,
    a_changed_entry_is_never_signed_over,
    a_log_shorter_than_its_checkpoints_is_never_signed_over,
    a_log_that_was_set_back_is_never_signed_over_by_who_knows_better,
    a_log_that_was_set_back_and_grew_otherwise_is_never_signed_over,
);

async fn set_root(fixture: &Fixture, root: Vec<u8>) {
    let mut tx = fixture.write().await;
    tx.query("UPDATE log_state SET root = $1").bind(root).execute_one().await.unwrap();
    tx.commit().await.unwrap();
}

/// What a restarted writer would find out by its first entry, a running one finds by itself.
#[tokio::test]
async fn looking_whether_it_can_write_again_does_not_excuse_a_changed_ledger() {
    let fixture = Fixture::sqlite().await;
    let writer = fixture.writer().await;
    writer.commit(Log::entries(0..3)).await.unwrap();
    set_root(&fixture, vec![0; 32]).await;
    assert_refuses(&fixture, &writer).await;
    let mut writable = writer.writable();
    writable.mark_unchanged();
    let changed = tokio::time::timeout(Duration::from_millis(1200), writable.changed()).await;
    assert!(changed.is_err() && !*writable.borrow());
}

async fn state(fixture: &Fixture) -> LogState {
    fixture.read().await.log_state().await.unwrap().unwrap()
}

/// Tries twice: a writer that refused once must not have forgotten why.
async fn assert_refuses(fixture: &Fixture, writer: &Writer) {
    let mut before = state(fixture).await;
    for number in [5000, 5001] {
        let refused = writer.commit(Log::row(number)).await.map(|_| ());
        assert!(matches!(refused, Err(Error::Corrupt { .. } | Error::Fork(_))), "{refused:?}");
        // Nor does a commit that needs no ledger hide it.
        writer.commit(Bad { number, fault: Fault::Stop }).await.unwrap();
        assert!(!*writer.writable().borrow());
    }
    let mut tx = fixture.read().await;
    assert_eq!(tx.organisations().await.unwrap(), []);
    assert_eq!(tx.leaf(before.size).await.unwrap(), None);
    let after = tx.log_state().await.unwrap().unwrap();
    before.epoch = after.epoch;
    // Who finds that signed entries are missing says so to all.
    before.disputed = after.disputed.clone();
    assert_eq!(after, before);
}

async fn a_changed_root_is_never_signed_over(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(Log::entries(0..3)).await.unwrap();
    let root = state(&fixture).await.root;
    for changed in [vec![0; 32], vec![], root[1..].to_vec()] {
        set_root(&fixture, changed).await;
        assert_refuses(&fixture, &writer).await;
        let restarted = start(fixture.open_again().await).await;
        assert_refuses(&fixture, &restarted).await;
    }
    set_root(&fixture, root).await;
    writer.commit(Log::entries(3..4)).await.unwrap();
    assert!(*writer.writable().borrow());
}

/// The right edge is read again at the start, so a change there shows: of an entry that is in no full
/// tile yet, of the root of a tile, of what is there at all.
async fn a_changed_entry_is_never_signed_over(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(Log::entries(0..300)).await.unwrap();
    drop(writer);
    let mut tx = fixture.read().await;
    let leaf = tx.leaf(299).await.unwrap().unwrap();
    let tile = tx.tiles(0, 0, 1).await.unwrap().remove(0);
    drop(tx);
    for (change, bytes) in [
        ("UPDATE leaves SET entry = $1 WHERE idx = 299", &leaf.entry),
        ("UPDATE tiles SET root = $1 WHERE idx = 0", &tile.root),
    ] {
        let mut changed = bytes.clone();
        changed[20] ^= 1;
        for bytes in [&changed, bytes] {
            let mut tx = fixture.write().await;
            tx.query(change).bind(bytes.clone()).execute_one().await.unwrap();
            tx.commit().await.unwrap();
            if *bytes == changed {
                assert_refuses(&fixture, &start(fixture.open_again().await).await).await;
            }
        }
    }
    let mut tx = fixture.write().await;
    tx.query("DELETE FROM leaves WHERE idx = 257").execute_one().await.unwrap();
    tx.commit().await.unwrap();
    assert_refuses(&fixture, &start(fixture.open_again().await).await).await;
}

/// Takes the log back to an earlier state, as a restored backup does.
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
    ] {
        tx.query(statement).bind(to.size).execute().await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn forget_checkpoints(fixture: &Fixture, above: i64) {
    let mut tx = fixture.write().await;
    tx.query("DELETE FROM checkpoints WHERE size > $1").bind(above).execute().await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_log_shorter_than_its_checkpoints_is_never_signed_over(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(Log::entries(0..3)).await.unwrap();
    let earlier = state(&fixture).await;
    writer.commit(Log::entries(3..9)).await.unwrap();
    set_back(&fixture, &earlier).await;
    assert_refuses(&fixture, &writer).await;
    assert_refuses(&fixture, &start(fixture.open_again().await).await).await;
}

async fn a_log_that_was_set_back_is_never_signed_over_by_who_knows_better(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(Log::entries(0..3)).await.unwrap();
    let earlier = state(&fixture).await;
    writer.commit(Log::entries(3..300)).await.unwrap();
    set_back(&fixture, &earlier).await;
    forget_checkpoints(&fixture, 3).await;
    assert_refuses(&fixture, &writer).await;
}

/// Another process, which does not know of the first log, continues the one that was set back: the
/// process that does know sees two histories.
async fn a_log_that_was_set_back_and_grew_otherwise_is_never_signed_over(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(Log::entries(0..3)).await.unwrap();
    let earlier = state(&fixture).await;
    writer.commit(Log::entries(3..9)).await.unwrap();
    set_back(&fixture, &earlier).await;
    forget_checkpoints(&fixture, 3).await;
    let other = start(fixture.open_again().await).await;
    other.commit(Log::entries(100..106)).await.unwrap();
    assert_refuses(&fixture, &writer).await;
    assert!(state(&fixture).await.disputed.is_some());
    assert_refuses(&fixture, &other).await;
}
