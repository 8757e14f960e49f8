//! Answers kept for repeated requests, and keys of people and cases.

use std::collections::BTreeMap;
use std::task::Poll;

use crate::domain::id::{Oin, RequestId};
use crate::store::error::Error;
use crate::store::{KeyDb, NewKey, OwnerKind, RequestRow, SealedAnswer};

use super::samples::{oin, uuid};
use super::{Fixture, Place, at, on_both_databases};

on_both_databases!(
    a_request_is_taken_once_and_its_answer_kept,
    an_answer_may_be_empty,
    callers_do_not_share_request_ids,
    an_answer_that_is_not_there_yet_is_not_given,
    the_first_key_of_an_owner_counts,
    keys_that_are_made_together_go_to_whom_they_belong,
    one_who_gives_up_does_not_hold_up_the_others,
    processes_that_make_a_key_together_agree_on_one,
    a_destroyed_key_is_gone,
);

fn request(caller: Oin, number: u64) -> RequestRow {
    RequestRow {
        caller,
        request_id: RequestId::from_bytes(uuid(number)),
        method: "ketenpoort.v1.Referrals/Submit",
        body_digest: [4; 32],
    }
}

fn answer(response: Vec<u8>, owners: Vec<u8>) -> SealedAnswer {
    SealedAnswer { response, owners, rests_on: None }
}

async fn a_request_is_taken_once_and_its_answer_kept(fixture: Fixture) {
    let row = request(oin(1), 1);
    let mut tx = fixture.write().await;
    assert!(tx.answer(&row.caller, row.request_id).await.unwrap().is_none());
    tx.insert_answer(&row, answer(vec![0, 9, 255], vec![1; 64]), at(1)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = fixture.write().await;
    let other = RequestRow { body_digest: [5; 32], method: "other", ..row.clone() };
    tx.begin_part();
    let twice = tx.insert_answer(&other, answer(vec![1], Vec::new()), at(2)).await;
    assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    tx.end_part(false).await.unwrap();
    let kept = tx.answer(&row.caller, row.request_id).await.unwrap().unwrap();
    assert_eq!(kept.method, row.method);
    assert_eq!(kept.body_digest, row.body_digest);
    assert_eq!((kept.response, kept.owners), (vec![0, 9, 255], vec![1; 64]));
}

async fn an_answer_may_be_empty(fixture: Fixture) {
    let row = request(oin(1), 1);
    let mut tx = fixture.write().await;
    tx.insert_answer(&row, answer(Vec::new(), Vec::new()), at(1)).await.unwrap();
    let kept = tx.answer(&row.caller, row.request_id).await.unwrap().unwrap();
    assert_eq!((kept.response, kept.owners), (vec![], vec![]));
}

async fn callers_do_not_share_request_ids(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for caller in [oin(1), oin(2)] {
        let row = request(caller.clone(), 1);
        let answer = answer(caller.as_bytes().to_vec(), Vec::new());
        tx.insert_answer(&row, answer, at(1)).await.unwrap();
    }
    for caller in [oin(1), oin(2)] {
        let kept = tx.answer(&caller, RequestId::from_bytes(uuid(1))).await.unwrap().unwrap();
        assert_eq!(kept.response, caller.as_bytes());
    }
    assert!(tx.answer(&oin(3), RequestId::from_bytes(uuid(1))).await.unwrap().is_none());
}

/// Two requests with one id in one commit: the second must not take the missing answer for an
/// empty one.
async fn an_answer_that_is_not_there_yet_is_not_given(fixture: Fixture) {
    let row = request(oin(1), 1);
    let mut tx = fixture.write().await;
    tx.take_request(&row.caller, row.request_id);
    let early = tx.answer(&row.caller, row.request_id).await.map(|_| ());
    assert!(matches!(early, Err(Error::InFlight)), "{early:?}");
}

async fn the_first_key_of_an_owner_counts(fixture: Fixture) {
    let keys = fixture.keys().await;
    assert_eq!(found(&keys, b"noor").await, None);
    let made = vec![key(b"noor", b"first"), key(b"sam", b"second")];
    let counting = keys.record(made).await.unwrap();
    assert_eq!(counting, wrapped(&[(b"noor", b"first"), (b"sam", b"second")]));
    let later = vec![key(b"sam", b"third"), key(b"mila", b"fourth"), key(b"mila", b"fifth")];
    let counting = keys.record(later).await.unwrap();
    assert_eq!(counting, wrapped(&[(b"sam", b"second"), (b"mila", b"fourth")]));
    assert_eq!(found(&keys, b"sam").await, Some(b"second".to_vec()));
    let asked = vec![b"noor".to_vec(), b"nobody".to_vec(), b"mila".to_vec()];
    let both = keys.keys(asked).await.unwrap();
    assert_eq!(both, wrapped(&[(b"noor", b"first"), (b"mila", b"fourth")]));
    assert!(keys.record(Vec::new()).await.unwrap().is_empty());
}

fn wrapped(keys: &[(&[u8], &[u8])]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    keys.iter().map(|(owner, wrapped)| (owner.to_vec(), wrapped.to_vec())).collect()
}

fn key(owner: &[u8], wrapped: &[u8]) -> NewKey {
    NewKey {
        owner: owner.to_vec(),
        kind: OwnerKind::Person,
        wrapped: wrapped.to_vec(),
        created_at: at(1),
    }
}

async fn found(keys: &KeyDb, owner: &[u8]) -> Option<Vec<u8>> {
    keys.keys(vec![owner.to_vec()]).await.unwrap().remove(owner)
}

/// Those who come at the same time share a commit, and each gets the keys of its own owners.
async fn keys_that_are_made_together_go_to_whom_they_belong(fixture: Fixture) {
    let keys = fixture.keys().await;
    let made = (0..40_u8).map(|number| {
        let own = vec![key(&[number], &[number, 1]), key(b"common", &[number])];
        keys.record(own)
    });
    let answers = futures_util::future::join_all(made).await;
    for (number, answer) in (0_u8..).zip(answers) {
        let answer = answer.unwrap();
        assert_eq!(answer, wrapped(&[(&[number], &[number, 1]), (b"common", &[0])]));
        assert_eq!(found(&keys, &[number]).await, Some(vec![number, 1]));
    }
}

/// Whoever writes for all may be stopped half-way; nobody waits for ever or is told a key that is not
/// there.
async fn one_who_gives_up_does_not_hold_up_the_others(fixture: Fixture) {
    let keys = fixture.keys().await;
    let mut writing = Box::pin(keys.record(vec![key(b"noor", b"first")]));
    let mut waiting = Box::pin(keys.record(vec![key(b"sam", b"second")]));
    for future in [&mut writing, &mut waiting] {
        assert!(
            std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
        );
    }
    drop(writing);
    assert_eq!(waiting.await.unwrap(), wrapped(&[(b"sam", b"second")]));
    assert_eq!(found(&keys, b"sam").await, Some(b"second".to_vec()));
}

async fn processes_that_make_a_key_together_agree_on_one(fixture: Fixture) {
    let (one, other) = (fixture.keys().await, fixture.keys().await);
    let made: Vec<_> = (0..8_u8)
        .map(|number| {
            let keys = if number % 2 == 0 { one.clone() } else { other.clone() };
            // Everybody names the two owners in another order: waiting for each other must not end
            // in a deadlock.
            let mut pairs = vec![key(b"noor", &[number]), key(b"sam", &[number])];
            if number % 2 == 0 {
                pairs.reverse();
            }
            tokio::spawn(async move { keys.record(pairs).await.unwrap() })
        })
        .collect();
    let mut answers = Vec::new();
    for task in made {
        answers.push(task.await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

/// On SQLite its bytes leave the file and the write-ahead log too.
async fn a_destroyed_key_is_gone(fixture: Fixture) {
    const WRAPPED: &[u8] = b"a wrapped key that nobody may find again";
    let keys = fixture.keys().await;
    keys.record(vec![key(b"noor", WRAPPED), key(b"sam", b"stays")]).await.unwrap();
    assert!(found_on_disk(&fixture, WRAPPED) || matches!(fixture.place, Place::Postgres { .. }));
    assert!(keys.destroy(b"noor").await.unwrap());
    assert_eq!(found(&keys, b"noor").await, None);
    assert_eq!(found(&keys, b"sam").await, Some(b"stays".to_vec()));
    assert!(!keys.destroy(b"noor").await.unwrap());
    assert!(!found_on_disk(&fixture, WRAPPED), "the key is still in a file");
}

fn found_on_disk(fixture: &Fixture, bytes: &[u8]) -> bool {
    let Place::Sqlite(directory) = &fixture.place else { return false };
    std::fs::read_dir(directory.path()).unwrap().any(|file| {
        let content = std::fs::read(file.unwrap().path()).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}
