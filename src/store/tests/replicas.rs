//! Several processes that write to one database make one history.

use crate::ledger::Hash;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::Note;

use super::commands::Log;
use super::ledger_rows::{roots, unsigned, verify};
use super::{Fixture, ORIGIN, on_both_databases, start, verifier};

on_both_databases!(
    writers_of_two_processes_make_one_log,
    writers_that_take_turns_continue_each_other,
);

async fn writers_of_two_processes_make_one_log(fixture: Fixture) {
    const TASKS: u64 = 4;
    const STEPS: u64 = 20;
    let mut tasks = Vec::new();
    for process in 0..2_u64 {
        let writer = start(fixture.open_again().await).await;
        for task in 0..TASKS {
            let writer = writer.clone();
            tasks.push(tokio::spawn(async move {
                for step in 0..STEPS {
                    let first = process * 100_000 + task * 1000 + step * 10;
                    writer.commit(Log::entries(first..first + 3)).await.unwrap();
                }
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    check_history(&fixture, 2 * TASKS * STEPS * 3).await;
    let state = fixture.read().await.log_state().await.unwrap().unwrap();
    assert_eq!(state.epoch, 2);
}

/// Each has an edge in memory that the other has made stale.
async fn writers_that_take_turns_continue_each_other(fixture: Fixture) {
    let writers =
        [start(fixture.open_again().await).await, start(fixture.open_again().await).await];
    let mut next = 0;
    for (turn, size) in [1, 2, 250, 1, 1, 1, 1, 3, 252, 1, 1].into_iter().enumerate() {
        let logged = writers[turn % 2].commit(Log::entries(next..next + size)).await.unwrap();
        assert_eq!(logged.first, next);
        next += size;
    }
    check_history(&fixture, next).await;
}

/// Every checkpoint is signed, larger than the one before, and has the root that the entries give.
async fn check_history(fixture: &Fixture, entries: u64) {
    let mut tx = fixture.read().await;
    let leaves = tx.leaves(0, u32::MAX).await.unwrap();
    assert_eq!(u64::try_from(leaves.len()).unwrap(), entries);
    let roots = roots(&leaves);
    let origin = ORIGIN.parse().unwrap();
    let mut size = -1;
    for row in tx.checkpoints(-1, u32::MAX).await.unwrap() {
        assert!(row.size > size);
        size = row.size;
        let note: Note = row.note.parse().unwrap();
        let checkpoint = Checkpoint::open(&note, &[verifier()], &origin).unwrap();
        assert_eq!(checkpoint.size, unsigned(size));
        assert_eq!(checkpoint.root, roots[usize::try_from(size).unwrap()]);
    }
    let state = tx.log_state().await.unwrap().unwrap();
    assert_eq!((state.size, Hash::from_slice(&state.root)), (size, roots.last().copied()));
    assert_eq!(unsigned(size), entries);
    let report = verify(&fixture.db).await;
    assert!(report.is_clean(), "{:?}", report.findings);
}
