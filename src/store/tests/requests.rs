//! Answers kept for repeated requests, and keys of people and cases.

use crate::domain::id::{Oin, RequestId};
use crate::store::error::Error;
use crate::store::{OwnerKind, RequestRow, SealedAnswer};

use super::samples::{oin, uuid};
use super::{Fixture, Place, at, on_both_databases};

on_both_databases!(
    a_request_is_taken_once_and_its_answer_kept,
    an_answer_may_be_empty,
    callers_do_not_share_request_ids,
    an_answer_that_is_not_there_yet_is_not_given,
    an_answer_without_a_request_is_a_conflict,
    the_first_key_of_an_owner_counts,
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
    assert!(tx.record_request(&row, at(1)).await.unwrap());
    tx.update_answer(&row, answer(vec![0, 9, 255], vec![1; 64])).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = fixture.write().await;
    let other = RequestRow { body_digest: [5; 32], method: "other", ..row.clone() };
    assert!(!tx.record_request(&other, at(2)).await.unwrap());
    let kept = tx.answer(&row.caller, row.request_id).await.unwrap().unwrap();
    assert_eq!(kept.method, row.method);
    assert_eq!(kept.body_digest, row.body_digest);
    assert_eq!((kept.response, kept.owners), (vec![0, 9, 255], vec![1; 64]));
}

async fn an_answer_may_be_empty(fixture: Fixture) {
    let row = request(oin(1), 1);
    let mut tx = fixture.write().await;
    tx.record_request(&row, at(1)).await.unwrap();
    tx.update_answer(&row, answer(Vec::new(), Vec::new())).await.unwrap();
    let kept = tx.answer(&row.caller, row.request_id).await.unwrap().unwrap();
    assert_eq!((kept.response, kept.owners), (vec![], vec![]));
}

async fn callers_do_not_share_request_ids(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for caller in [oin(1), oin(2)] {
        let row = request(caller.clone(), 1);
        assert!(tx.record_request(&row, at(1)).await.unwrap());
        tx.update_answer(&row, answer(caller.as_bytes().to_vec(), Vec::new())).await.unwrap();
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
    assert!(tx.record_request(&row, at(1)).await.unwrap());
    assert!(!tx.record_request(&row, at(1)).await.unwrap());
    let early = tx.answer(&row.caller, row.request_id).await.map(|_| ());
    assert!(matches!(early, Err(Error::InFlight)), "{early:?}");
}

async fn an_answer_without_a_request_is_a_conflict(fixture: Fixture) {
    let updated =
        fixture.write().await.update_answer(&request(oin(1), 1), answer(vec![1], Vec::new())).await;
    assert!(matches!(updated, Err(Error::Conflict)), "{updated:?}");
}

async fn the_first_key_of_an_owner_counts(fixture: Fixture) {
    let keys = fixture.keys().await;
    assert_eq!(keys.key(b"noor").await.unwrap(), None);
    let pair = |owner: &[u8], key: &[u8]| (owner.to_vec(), key.to_vec());
    let made = [pair(b"noor", b"first"), pair(b"sam", b"second")];
    let counting = keys.record(OwnerKind::Person, &made, at(1)).await.unwrap();
    assert_eq!(counting, [b"first".to_vec(), b"second".to_vec()]);
    let later = [pair(b"sam", b"third"), pair(b"VVT-2026-000001", b"fourth")];
    let counting = keys.record(OwnerKind::Case, &later, at(2)).await.unwrap();
    assert_eq!(counting, [b"second".to_vec(), b"fourth".to_vec()]);
    assert_eq!(keys.key(b"sam").await.unwrap(), Some(b"second".to_vec()));
    assert_eq!(keys.record(OwnerKind::Case, &[], at(3)).await.unwrap(), Vec::<Vec<u8>>::new());
}

async fn processes_that_make_a_key_together_agree_on_one(fixture: Fixture) {
    let (one, other) = (fixture.keys().await, fixture.keys().await);
    let made: Vec<_> = (0..8_u8)
        .map(|number| {
            let keys = if number % 2 == 0 { one.clone() } else { other.clone() };
            // Everybody names the two owners in another order: waiting for each other must not end
            // in a deadlock.
            let mut pairs = vec![(b"noor".to_vec(), vec![number]), (b"sam".to_vec(), vec![number])];
            if number % 2 == 0 {
                pairs.reverse();
            }
            tokio::spawn(async move {
                let counting = keys.record(OwnerKind::Person, &pairs, at(1)).await.unwrap();
                pairs.into_iter().map(|(owner, _)| owner).zip(counting).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in made {
        let mut answer = task.await.unwrap();
        answer.sort();
        answers.push(answer);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

/// On SQLite its bytes leave the file and the write-ahead log too.
async fn a_destroyed_key_is_gone(fixture: Fixture) {
    const WRAPPED: &[u8] = b"a wrapped key that nobody may find again";
    let keys = fixture.keys().await;
    let pair = [(b"noor".to_vec(), WRAPPED.to_vec()), (b"sam".to_vec(), b"stays".to_vec())];
    keys.record(OwnerKind::Person, &pair, at(1)).await.unwrap();
    assert!(found_on_disk(&fixture, WRAPPED) || matches!(fixture.place, Place::Postgres { .. }));
    assert!(keys.destroy(b"noor").await.unwrap());
    assert_eq!(keys.key(b"noor").await.unwrap(), None);
    assert_eq!(keys.key(b"sam").await.unwrap(), Some(b"stays".to_vec()));
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
