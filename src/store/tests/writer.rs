//! The writer when all goes well: order, batches, proofs, repetition, restart.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::domain::id::RequestId;
use crate::ledger::Hash;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::Signer;
use crate::ledger::tlog_proof::TlogProof;
use crate::store::error::{Error, Result};
use crate::store::{Command, Flow, Needs, Placed, RequestRow, SealedAnswer, Tx, Writer};

use super::commands::{Gate, Log, Logged, in_one_batch};
use super::ledger_rows::{unsigned, verify};
use super::samples::{entries, oin, organisation, uuid};
use super::{Fixture, ORIGIN, at, on_both_databases, verifier};

on_both_databases!(
    entries_of_concurrent_commands_have_places_without_gaps,
    what_is_answered_is_durable,
    an_answer_carries_proofs_that_hold,
    a_batch_signs_one_checkpoint,
    a_full_queue_refuses_and_stores_nothing,
    a_command_is_done_though_its_caller_went_away,
    a_command_without_entries_stands_at_the_end_of_the_log,
    two_requests_with_one_id_in_one_batch_get_one_answer,
    a_restarted_writer_continues,
    the_key_of_another_log_is_refused,
);

async fn entries_of_concurrent_commands_have_places_without_gaps(fixture: Fixture) {
    let writer = fixture.writer().await;
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let writer = writer.clone();
            tokio::spawn(async move {
                let mut logged = Vec::new();
                for step in 0..50 {
                    let first = task * 1000 + step * 10;
                    logged
                        .push(writer.commit(Log::entries(first..first + step % 3)).await.unwrap());
                }
                logged
            })
        })
        .collect();
    let mut logged: Vec<Logged> = Vec::new();
    for task in tasks {
        logged.extend(task.await.unwrap());
    }
    logged.retain(|logged| !logged.entries.is_empty());
    logged.sort_by_key(|logged| logged.first);
    let answered: Vec<Vec<u8>> = logged
        .iter()
        .scan(0, |next, logged| {
            assert_eq!(logged.first, *next, "a gap or an overlap");
            *next += u64::try_from(logged.entries.len()).unwrap();
            Some(logged.entries.clone())
        })
        .flatten()
        .collect();
    let mut tx = fixture.read().await;
    let leaves = tx.leaves(0, 10_000).await.unwrap();
    assert_eq!(leaves.len(), 8 * 49);
    assert!(leaves.iter().map(|leaf| &leaf.entry).eq(answered.iter()));
    for leaf in &leaves {
        let row = tx.disclosure(leaf.idx).await.unwrap().unwrap();
        assert_eq!(row.event_id, leaf.event_id);
    }
    let report = verify(&fixture.db).await;
    assert!(report.is_clean(), "{:?}", report.findings);
    // 264 commands have entries.
    assert!(report.checkpoints < 132, "commands do not share commits: {}", report.checkpoints);
}

async fn what_is_answered_is_durable(fixture: Fixture) {
    let logged = fixture.writer().await.commit(Log::row(7)).await.unwrap();
    fixture.db.close().await;
    let db = fixture.open_again().await;
    let mut tx = db.read().await.unwrap();
    assert_eq!(tx.organisations().await.unwrap(), [organisation(7)]);
    assert_eq!(tx.leaf(0).await.unwrap().unwrap().entry, logged.entries[0]);
    let stored = tx.latest_checkpoint().await.unwrap().unwrap();
    assert_eq!((stored.note, stored.signed_at), (logged.checkpoint.to_string(), at(1)));
}

fn check_proofs(logged: &Logged) {
    let origin = ORIGIN.parse().unwrap();
    for ((index, entry), proof) in (logged.first..).zip(&logged.entries).zip(&logged.proofs) {
        let proof: TlogProof = proof.parse().unwrap();
        assert_eq!(proof.index(), index);
        assert_eq!(*proof.checkpoint(), logged.checkpoint);
        proof.verify(Hash::leaf(entry), &[verifier()], &origin).unwrap();
    }
    assert_eq!(logged.proofs.len(), logged.entries.len());
}

/// Batches that end before, on and after the boundaries of tiles, and one that spans two tiles.
async fn an_answer_carries_proofs_that_hold(fixture: Fixture) {
    let writer = fixture.writer().await;
    let mut first = 0;
    for size in [1, 2, 252, 1, 1, 254, 2, 3, 600, 1] {
        let numbers = first..first + size;
        let (a, b) = (first..first + size / 2, first + size / 2..first + size);
        let commits = [a, b].map(|numbers| writer.commit(Log::entries(numbers)));
        let logged = in_one_batch(&writer, commits).await;
        assert_eq!(logged.len(), 2);
        for logged in logged {
            check_proofs(&logged.unwrap());
        }
        first = numbers.end;
    }
    let report = verify(&fixture.db).await;
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!((report.entries, report.checkpoints), (first, 10));
}

async fn a_batch_signs_one_checkpoint(fixture: Fixture) {
    let writer = fixture.writer().await;
    let commits = (0..100).map(|number| writer.commit(Log::entries(number..number + 1)));
    let logged = in_one_batch(&writer, commits).await;
    let origin = ORIGIN.parse().unwrap();
    for (index, logged) in (0..).zip(logged) {
        let logged = logged.unwrap();
        assert_eq!(logged.first, index);
        let checkpoint = Checkpoint::open(&logged.checkpoint, &[verifier()], &origin).unwrap();
        assert_eq!(checkpoint.size, 100);
    }
    let checkpoints = fixture.read().await.checkpoints(0, 1000).await.unwrap();
    assert_eq!(checkpoints.len(), 1);
}

async fn a_full_queue_refuses_and_stores_nothing(fixture: Fixture) {
    let writer = fixture.writer().await;
    let gate = Gate::shut(&writer).await;
    let waiting: Vec<_> = (1..=1024).map(|number| writer.commit(Log::row(number))).collect();
    let (answers, ()) = tokio::join!(join_all(waiting), async {
        let refused = writer.commit(Log::row(5000)).await;
        assert!(matches!(&refused, Err(Error::QueueFull)), "{:?}", refused.map(|_| ()));
        gate.open();
    });
    assert!(answers.iter().all(Result::is_ok));
    let stored = fixture.read().await.organisations().await.unwrap();
    assert_eq!(stored, (1..=1024).map(organisation).collect::<Vec<_>>());
    writer.commit(Log::row(5000)).await.unwrap();
}

async fn a_command_is_done_though_its_caller_went_away(fixture: Fixture) {
    let writer = fixture.writer().await;
    let gate = Gate::shut(&writer).await;
    let impatient = writer.clone();
    let caller = tokio::spawn(async move { impatient.commit(Log::row(1)).await.map(|_| ()) });
    tokio::task::yield_now().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    gate.open();
    writer.commit(Log::row(2)).await.unwrap();
    let stored = fixture.read().await.organisations().await.unwrap();
    assert_eq!(stored, [organisation(1), organisation(2)]);
}

async fn a_command_without_entries_stands_at_the_end_of_the_log(fixture: Fixture) {
    let writer = fixture.writer().await;
    let nothing = || Log { row: 3, entries: Vec::new() };
    let empty = writer.commit(nothing()).await.unwrap();
    assert_eq!((empty.first, empty.entries), (0, Vec::<Vec<u8>>::new()));
    let logged = writer.commit(Log::entries(0..5)).await.unwrap();
    let last = writer.commit(nothing()).await.unwrap();
    assert_eq!((last.first, &last.checkpoint), (5, &logged.checkpoint));
    // A process that has appended nothing itself knows the end too.
    let other = super::start(fixture.open_again().await).await;
    let there = other.commit(nothing()).await.unwrap();
    assert_eq!((there.first, there.checkpoint), (5, last.checkpoint));
    let stored = fixture.read().await.organisations().await.unwrap();
    assert_eq!(stored, [organisation(3)]);
}

/// Takes a request id as a use case does, and answers with the place of its entry.
#[derive(Clone)]
struct Once(RequestRow, u64);

/// An answer, and whether it is the one of an earlier request.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Now(Vec<u8>),
    Before(Vec<u8>),
}

impl Once {
    fn new(request: u64, entry: u64) -> Self {
        let row = RequestRow {
            caller: oin(1),
            request_id: RequestId::from_bytes(uuid(request)),
            method: "Test/Once",
            body_digest: [0; 32],
        };
        Self(row, entry)
    }
}

impl Command for Once {
    type Outcome = Answer;

    fn needs(&self) -> Needs {
        Needs { requests: vec![(self.0.caller.clone(), self.0.request_id)], ..Needs::default() }
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Flow<Answer>> {
        if let Some(kept) = tx.answer(&self.0.caller, self.0.request_id).await? {
            return Ok(Flow::Stop(Answer::Before(kept.response)));
        }
        tx.take_request(&self.0.caller, self.0.request_id);
        Ok(Flow::Append(entries(self.1..self.1 + 1)))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> Result<Answer> {
        let answer = format!("entry {}", placed.first()).into_bytes();
        let kept = SealedAnswer { response: answer.clone(), owners: Vec::new(), rests_on: None };
        tx.insert_answer(&self.0, kept, at(1)).await?;
        Ok(Answer::Now(answer))
    }
}

async fn two_requests_with_one_id_in_one_batch_get_one_answer(fixture: Fixture) {
    let writer = fixture.writer().await;
    let commits = [Once::new(1, 1), Once::new(1, 2), Once::new(2, 3), Once::new(1, 4)]
        .map(|once| writer.commit(once));
    let answers: Vec<_> =
        in_one_batch(&writer, commits).await.into_iter().map(Result::unwrap).collect();
    let first = b"entry 0".to_vec();
    assert_eq!(
        answers,
        [
            Answer::Now(first.clone()),
            Answer::Before(first.clone()),
            Answer::Now(b"entry 1".to_vec()),
            Answer::Before(first),
        ]
    );
    assert_eq!(fixture.read().await.leaves(0, 10).await.unwrap().len(), 2);
}

async fn a_restarted_writer_continues(fixture: Fixture) {
    let mut next = 0;
    for size in [3, 254, 1, 2, 300] {
        let db = fixture.open_again().await;
        let writer = super::start(db.clone()).await;
        let logged = writer.commit(Log::entries(next..next + size)).await.unwrap();
        assert_eq!(logged.first, next);
        check_proofs(&logged);
        next += size;
        drop(writer);
        db.close().await;
    }
    let state = fixture.read().await.log_state().await.unwrap().unwrap();
    assert_eq!((unsigned(state.size), state.epoch), (next, 5));
    let report = verify(&fixture.db).await;
    assert!(report.is_clean(), "{:?}", report.findings);
}

async fn the_key_of_another_log_is_refused(fixture: Fixture) {
    drop(fixture.writer().await);
    let before = fixture.read().await.log_state().await.unwrap();
    let other = Signer::from_seed("log.example/zeeland".parse().unwrap(), &[7; 32]);
    let refused = Writer::start(fixture.db.clone(), other, Arc::new(|| at(1)), None).await;
    assert!(matches!(refused, Err(Error::UnsafeSetting(_))), "{refused:?}");
    assert_eq!(fixture.read().await.log_state().await.unwrap(), before);
}
