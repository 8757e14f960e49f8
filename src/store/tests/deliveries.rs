//! Inboxes: who may lease what, in which order, and who may settle it.

use std::collections::BTreeSet;

use crate::domain::id::{DeliveryId, HolderId, LeaseToken, ReferralId};
use crate::domain::referral::Urgency;
use crate::domain::time::Timestamp;
use crate::store::error::Error;
use crate::store::{
    Backlog, Claim, ClaimedRow, Db, DeliveryRow, DeliveryState, Ending, Lease, Place, Reader,
    ReferralRow, Tx,
};

use super::samples::{delivery, oin, referral, team, uuid};
use super::{Fixture, at, on_both_databases};

mod families;
mod plans;
mod quarantine;

on_both_databases!(
    a_delivery_is_found_by_its_referral,
    the_most_urgent_and_then_the_oldest_is_free_first,
    only_what_waits_for_the_reader_is_free,
    a_lease_ends_with_its_time,
    a_lease_that_ended_without_a_word_is_a_failure,
    what_failed_often_can_be_left_out,
    a_reader_that_reconnects_takes_back_its_own,
    what_a_lost_reader_held_is_let_go,
    readers_at_the_same_time_never_lease_a_delivery_twice,
    a_delivery_that_does_not_exist_cannot_be_leased,
    the_holder_of_a_lease_settles_it_once,
    an_expired_lease_settles_nothing,
    a_stale_token_settles_nothing,
    settlements_of_a_batch_have_their_own_fates,
    a_lease_can_be_extended_and_given_back,
    a_settled_delivery_leaves_the_inbox,
    a_sender_takes_a_delivery_back_while_it_is_not_settled,
    the_backlog_counts_what_is_not_settled,
    what_is_late_is_told_to_both_sides,
);

fn id(number: u64) -> DeliveryId {
    DeliveryId::from_bytes(uuid(number))
}

fn referral_id(number: u64) -> ReferralId {
    ReferralId::from_bytes(uuid(number))
}

fn token(number: u64) -> LeaseToken {
    LeaseToken::from_bytes(uuid(number))
}

/// A reader on its first stream.
fn reader(client: &str) -> Reader {
    Reader {
        recipient: oin(2),
        team_id: None,
        client_id: client.parse().unwrap(),
        holder: HolderId::from_bytes(uuid(u64::from(client.as_bytes()[0]))),
    }
}

/// The same reader on another stream.
fn again(client: &str) -> Reader {
    Reader { holder: HolderId::from_bytes(uuid(999)), ..reader(client) }
}

/// Others may have it five seconds after the lease.
fn lease(number: u64, until: u64) -> Lease {
    Lease { token: token(number), until: at(until), others_from: at(until + 5) }
}

async fn insert(tx: &mut Tx, row: &DeliveryRow, urgency: Urgency, now: Timestamp) {
    tx.insert_delivery(row, Place { urgency, after: &[] }, now).await.unwrap();
}

/// Deliveries with these numbers, each made at the moment of its number.
async fn inbox(fixture: &Fixture, numbers: std::ops::RangeInclusive<u64>) -> Tx {
    let mut tx = fixture.write().await;
    for number in numbers {
        insert(&mut tx, &delivery(number), Urgency::Standard, at(number)).await;
    }
    tx
}

async fn stored(tx: &mut Tx, number: u64) -> DeliveryRow {
    tx.delivery_of(referral_id(number)).await.unwrap().unwrap()
}

/// Reader `a` leases a delivery as it stands; says whether it got it.
async fn claim(tx: &mut Tx, number: u64, lease: Lease, now: u64) -> bool {
    claim_for(tx, number, &reader("a"), lease, now).await
}

async fn claim_for(tx: &mut Tx, number: u64, reader: &Reader, lease: Lease, now: u64) -> bool {
    let row = tx.delivery_of(referral_id(number)).await.unwrap();
    let attempts = row.map_or(0, |row| row.attempts);
    let claims = [Claim { delivery_id: id(number), attempts, lease }];
    let claimed = tx.claim_deliveries(&claims, reader, at(now)).await.unwrap();
    claimed == [id(number)]
}

async fn free_rows(tx: &mut Tx, reader: &Reader, now: u64) -> Vec<ClaimedRow> {
    tx.free_deliveries(reader, i64::MAX, at(now), 100).await.unwrap()
}

async fn free(tx: &mut Tx, reader: &Reader, now: u64) -> Vec<DeliveryId> {
    free_rows(tx, reader, now).await.iter().map(|row| row.delivery_id).collect()
}

async fn held(tx: &mut Tx, reader: &Reader, now: u64) -> Vec<DeliveryId> {
    let rows = tx.held_before(reader, i64::MAX, at(now), 100).await.unwrap();
    rows.iter().map(|row| row.delivery_id).collect()
}

fn ending(number: u64, to: DeliveryState, now: u64) -> Ending {
    Ending { token: token(number), to, available_at: at(now), lease_until: Some(at(now)) }
}

async fn end(tx: &mut Tx, ending: Ending, now: u64) -> bool {
    let ended = tx.settle_deliveries(&[ending], &oin(2), at(now)).await.unwrap();
    ended == [ending.token]
}

async fn settle(tx: &mut Tx, number: u64, to: DeliveryState, now: u64) -> bool {
    end(tx, ending(number, to, now), now).await
}

async fn settled_at(tx: &mut Tx, number: u64) -> Option<Timestamp> {
    let row: (Option<Timestamp>,) = tx
        .query("SELECT settled_at FROM deliveries WHERE delivery_id = $1")
        .bind(id(number))
        .fetch_one()
        .await
        .unwrap();
    row.0
}

async fn a_delivery_is_found_by_its_referral(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    assert_eq!(tx.delivery_of(referral_id(1)).await.unwrap(), Some(delivery(1)));
    // Routed again: the newest delivery is the one that counts.
    let again = DeliveryRow { delivery_id: id(7), referral_id: referral_id(1), ..delivery(5) };
    insert(&mut tx, &again, Urgency::Standard, at(9)).await;
    insert(&mut tx, &delivery(3), Urgency::Standard, at(3)).await;
    assert_eq!(tx.delivery_of(referral_id(1)).await.unwrap(), Some(again.clone()));
    assert_eq!(tx.delivery_of(referral_id(2)).await.unwrap(), None);
    let of = [1, 2, 3].map(referral_id);
    let found = tx.deliveries_of(&of).await.unwrap();
    assert_eq!(found, [delivery(1), delivery(3), again]);
    assert_eq!(tx.deliveries_of(&[]).await.unwrap(), []);
    let place = Place { urgency: Urgency::Standard, after: &[] };
    let twice = tx.insert_delivery(&delivery(1), place, at(1)).await;
    assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
}

async fn the_most_urgent_and_then_the_oldest_is_free_first(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (number, urgency, made) in [
        (1, Urgency::Information, 1),
        (2, Urgency::Standard, 2),
        (3, Urgency::Acute, 4),
        (4, Urgency::Urgent, 3),
        (6, Urgency::Standard, 1),
        (5, Urgency::Standard, 1),
    ] {
        insert(&mut tx, &delivery(number), urgency, at(made)).await;
    }
    let found = free(&mut tx, &reader("a"), 50).await;
    assert_eq!(found, [3, 4, 5, 6, 2, 1].map(id));
    let most_urgent = tx.free_deliveries(&reader("a"), i64::MAX, at(50), 1).await.unwrap();
    assert_eq!(most_urgent.len(), 1);
    assert_eq!(most_urgent[0].delivery_id, id(3));
}

async fn only_what_waits_for_the_reader_is_free(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=2).await;
    let elsewhere = DeliveryRow { recipient_oin: oin(3), ..delivery(3) };
    let other_team = DeliveryRow { team_id: team("utrecht-zuid"), ..delivery(4) };
    let not_yet = DeliveryRow { available_at: at(90), ..delivery(5) };
    for row in [elsewhere, other_team, not_yet] {
        insert(&mut tx, &row, Urgency::Standard, at(20)).await;
    }
    assert_eq!(free(&mut tx, &reader("a"), 50).await, [1, 2, 4].map(id));
    let of_team = Reader { team_id: Some(team("utrecht-zuid")), ..reader("a") };
    assert_eq!(free(&mut tx, &of_team, 50).await, [id(4)]);
    assert_eq!(free(&mut tx, &reader("a"), 90).await, [1, 2, 4, 5].map(id));
    // Nor can it be leased by whoever it is not for, or before its time.
    assert!(!claim_for(&mut tx, 3, &reader("a"), lease(3, 100), 50).await);
    assert!(!claim_for(&mut tx, 1, &of_team, lease(1, 100), 50).await);
    assert!(!claim(&mut tx, 5, lease(5, 100), 89).await);
    assert!(claim(&mut tx, 5, lease(5, 100), 90).await);
}

async fn a_lease_ends_with_its_time(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    assert_eq!(free(&mut tx, &reader("a"), 99).await, []);
    // Over, but others wait a little longer after a failure.
    assert_eq!(free(&mut tx, &reader("b"), 104).await, []);
    let free_again = free_rows(&mut tx, &reader("b"), 105).await;
    assert_eq!(free_again.len(), 1);
    assert_eq!((free_again[0].delivery_id, free_again[0].attempts), (id(1), 1));
    assert_eq!(free_again[0].state, DeliveryState::Leased);
    assert!(claim(&mut tx, 1, lease(2, 200), 105).await);
    let leased = tx.deliveries_by_lease(&[token(2)], &oin(2)).await.unwrap().remove(0);
    assert_eq!((leased.state, leased.attempts), (DeliveryState::Leased, 2));
    assert_eq!((leased.available_at, leased.lease_until), (at(205), Some(at(200))));
    assert_eq!(leased.lease_token, Some(token(2)));
    assert_eq!(leased.client_id, Some("a".parse().unwrap()));
    let of = [token(1), token(2)];
    assert_eq!(tx.deliveries_by_lease(&of, &oin(2)).await.unwrap(), [leased]);
    assert_eq!(tx.deliveries_by_lease(&of, &oin(3)).await.unwrap(), []);
    assert_eq!(tx.deliveries_by_lease(&[], &oin(2)).await.unwrap(), []);
}

async fn a_lease_that_ended_without_a_word_is_a_failure(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=2).await;
    for number in [1, 2] {
        assert!(claim(&mut tx, number, lease(number, 100), 50).await);
        assert_eq!(stored(&mut tx, number).await.failures, 0);
    }
    // One was given back, one was not.
    assert!(settle(&mut tx, 2, DeliveryState::Waiting, 60).await);
    for number in [1, 2] {
        assert!(claim(&mut tx, number, lease(10 + number, 300), 200).await);
    }
    let (silent, given_back) = (stored(&mut tx, 1).await, stored(&mut tx, 2).await);
    assert_eq!((silent.attempts, silent.failures), (2, 1));
    assert_eq!((given_back.attempts, given_back.failures), (2, 0));
}

async fn what_failed_often_can_be_left_out(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=3).await;
    let failed = |number, failures| DeliveryRow { failures, ..delivery(number) };
    insert(&mut tx, &failed(4, 2), Urgency::Acute, at(4)).await;
    insert(&mut tx, &failed(5, 3), Urgency::Acute, at(5)).await;
    // The lease of 3 ended without a word: that is its first failure.
    assert!(claim(&mut tx, 3, lease(3, 20), 10).await);
    for (limit, expected) in
        [(4, vec![4, 5, 1, 2, 3]), (3, vec![4, 1, 2, 3]), (2, vec![1, 2, 3]), (1, vec![1, 2])]
    {
        let rows = tx.free_deliveries(&reader("a"), limit, at(50), 100).await.unwrap();
        let found: Vec<_> = rows.iter().map(|row| row.delivery_id).collect();
        assert_eq!(found, expected.into_iter().map(id).collect::<Vec<_>>(), "{limit}");
    }
    let rows = tx.held_before(&again("a"), 1, at(15), 100).await.unwrap();
    assert_eq!(rows, [], "its failure would be the first");
    assert_eq!(tx.held_before(&again("a"), 2, at(15), 100).await.unwrap().len(), 1);
}

async fn a_reader_that_reconnects_takes_back_its_own(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=3).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    assert!(claim_for(&mut tx, 2, &reader("b"), lease(2, 100), 50).await);
    assert_eq!(free(&mut tx, &reader("a"), 50).await, [id(3)]);
    assert_eq!(held(&mut tx, &reader("a"), 50).await, [], "on the stream that holds it");
    assert_eq!(held(&mut tx, &again("a"), 50).await, [id(1)]);
    assert_eq!(held(&mut tx, &again("b"), 50).await, [id(2)]);
    let elsewhere = Reader { recipient: oin(3), ..again("a") };
    assert_eq!(held(&mut tx, &elsewhere, 50).await, []);
    let other_team = Reader { team_id: Some(team("utrecht-zuid")), ..again("a") };
    assert_eq!(held(&mut tx, &other_team, 50).await, []);
    assert!(!claim_for(&mut tx, 1, &again("b"), lease(9, 100), 50).await);
    assert!(!claim_for(&mut tx, 1, &reader("a"), lease(9, 100), 50).await);
    // What was taken back is held by the new stream, with a new token.
    assert!(claim_for(&mut tx, 1, &again("a"), lease(7, 120), 60).await);
    assert_eq!(held(&mut tx, &again("a"), 60).await, []);
    assert!(!settle(&mut tx, 1, DeliveryState::Acknowledged, 60).await);
    assert!(settle(&mut tx, 7, DeliveryState::Acknowledged, 60).await);
    // What it settled does not come back, nor what it gave back, nor what ended.
    assert_eq!(held(&mut tx, &reader("a"), 60).await, []);
    assert!(settle(&mut tx, 2, DeliveryState::Waiting, 60).await);
    assert_eq!(held(&mut tx, &again("b"), 60).await, []);
    assert!(claim_for(&mut tx, 3, &reader("b"), lease(3, 100), 60).await);
    assert_eq!(held(&mut tx, &again("b"), 99).await, [id(3)]);
    assert_eq!(held(&mut tx, &again("b"), 100).await, []);
}

async fn what_a_lost_reader_held_is_let_go(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=4).await;
    for number in 1..=3 {
        assert!(claim(&mut tx, number, lease(number, 200), 50).await);
    }
    assert!(claim_for(&mut tx, 4, &reader("b"), lease(4, 200), 50).await);
    assert!(settle(&mut tx, 3, DeliveryState::Acknowledged, 55).await);
    assert_eq!(tx.failures_of_held(&reader("a")).await.unwrap(), [(0,)]);
    assert_eq!(tx.failures_of_held(&again("a")).await.unwrap(), []);
    let lost = tx.let_go(&reader("a"), 1, DeliveryState::Leased, at(62)).await.unwrap();
    assert_eq!(lost, 0, "nothing it holds has failed once");
    let lost = tx.let_go(&reader("a"), 0, DeliveryState::Leased, at(62)).await.unwrap();
    assert_eq!(lost, 2);
    // Others have it soon; its reader may settle until the lease ends, or take it back at once.
    assert_eq!(free(&mut tx, &reader("b"), 61).await, []);
    assert_eq!(free(&mut tx, &reader("b"), 62).await, [1, 2].map(id));
    assert_eq!(held(&mut tx, &again("a"), 61).await, [1, 2].map(id));
    assert!(settle(&mut tx, 1, DeliveryState::Acknowledged, 199).await);
    // Once somebody else has it, its reader can settle no more, and the loss was a failure.
    assert!(claim_for(&mut tx, 2, &reader("b"), lease(12, 300), 100).await);
    assert!(!settle(&mut tx, 2, DeliveryState::Acknowledged, 101).await);
    assert_eq!(stored(&mut tx, 2).await.failures, 1);
    // In good order it is none.
    let left = tx.let_go(&reader("b"), 1, DeliveryState::Waiting, at(110)).await.unwrap();
    assert_eq!(left, 1);
    assert_eq!(held(&mut tx, &again("b"), 105).await, [2, 4].map(id));
    assert!(claim(&mut tx, 2, lease(22, 400), 120).await);
    assert_eq!(stored(&mut tx, 2).await.failures, 1);
    // The end of a lease is never put off.
    let lost = tx.let_go(&reader("a"), 1, DeliveryState::Leased, at(9999)).await.unwrap();
    assert_eq!(lost, 1);
    assert_eq!(stored(&mut tx, 2).await.available_at, at(405));
}

async fn readers_at_the_same_time_never_lease_a_delivery_twice(fixture: Fixture) {
    const DELIVERIES: u64 = 60;
    inbox(&fixture, 1..=DELIVERIES).await.commit().await.unwrap();
    let readers: Vec<_> =
        (0..8).map(|number| tokio::spawn(drain(fixture.db.clone(), number))).collect();
    let mut leased = Vec::new();
    for reader in readers {
        leased.extend(reader.await.unwrap());
    }
    let distinct: BTreeSet<_> = leased.iter().copied().collect();
    assert_eq!(distinct.len(), leased.len(), "a delivery was leased twice");
    assert_eq!(distinct, (1..=DELIVERIES).map(id).collect());
}

/// Leases three at a time until nothing is free.
async fn drain(db: Db, client: u64) -> Vec<DeliveryId> {
    let reader = reader(&client.to_string());
    let mut leased = Vec::new();
    loop {
        let mut tx = db.write().await.unwrap();
        let found = tx.free_deliveries(&reader, i64::MAX, at(100), 3).await.unwrap();
        if found.is_empty() {
            return leased;
        }
        let mut number = client * 1000 + u64::try_from(leased.len()).unwrap();
        let claims: Vec<_> = found
            .iter()
            .map(|row| {
                number += 1;
                let lease = lease(number, 500);
                Claim { delivery_id: row.delivery_id, attempts: row.attempts, lease }
            })
            .collect();
        leased.extend(tx.claim_deliveries(&claims, &reader, at(100)).await.unwrap());
        tx.commit().await.unwrap();
    }
}

async fn a_delivery_that_does_not_exist_cannot_be_leased(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert!(!claim(&mut tx, 1, lease(1, 100), 50).await);
    assert_eq!(tx.claim_deliveries(&[], &reader("a"), at(1)).await.unwrap(), []);
}

async fn the_holder_of_a_lease_settles_it_once(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=2).await;
    for (number, to) in [(1, DeliveryState::Acknowledged), (2, DeliveryState::SentBack)] {
        assert!(claim(&mut tx, number, lease(number, 100), 50).await);
        assert_eq!(settled_at(&mut tx, number).await, None);
        assert!(settle(&mut tx, number, to, 60).await);
        assert_eq!(settled_at(&mut tx, number).await, Some(at(60)));
        assert!(!settle(&mut tx, number, to, 61).await);
        assert!(!settle(&mut tx, number, DeliveryState::Waiting, 61).await);
        assert_eq!(stored(&mut tx, number).await.state, to);
        assert_eq!(settled_at(&mut tx, number).await, Some(at(60)));
    }
}

async fn an_expired_lease_settles_nothing(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    // Also while nobody else may have it yet.
    for now in [100, 101, 106] {
        assert!(!settle(&mut tx, 1, DeliveryState::Acknowledged, now).await);
    }
    assert_eq!(stored(&mut tx, 1).await.state, DeliveryState::Leased);
    assert!(settle(&mut tx, 1, DeliveryState::Acknowledged, 99).await);
}

async fn a_stale_token_settles_nothing(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    assert!(!claim(&mut tx, 1, lease(2, 200), 99).await, "somebody else holds it");
    assert!(claim(&mut tx, 1, lease(2, 200), 105).await);
    assert!(!settle(&mut tx, 1, DeliveryState::Acknowledged, 50).await);
    assert!(!settle(&mut tx, 3, DeliveryState::Acknowledged, 50).await);
    let foreign = tx
        .settle_deliveries(&[ending(2, DeliveryState::Acknowledged, 50)], &oin(3), at(50))
        .await
        .unwrap();
    assert_eq!(foreign, [], "of another organisation");
    assert!(settle(&mut tx, 2, DeliveryState::Acknowledged, 50).await);
}

async fn settlements_of_a_batch_have_their_own_fates(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=5).await;
    for number in 1..=4 {
        assert!(claim(&mut tx, number, lease(number, 100 * number), 50).await);
    }
    let endings = [
        ending(1, DeliveryState::Acknowledged, 150), // over
        ending(2, DeliveryState::Acknowledged, 150),
        ending(3, DeliveryState::SentBack, 150),
        Ending { available_at: at(170), ..ending(4, DeliveryState::Waiting, 150) },
        ending(5, DeliveryState::Acknowledged, 150), // never leased
        ending(9, DeliveryState::Acknowledged, 150), // of nobody
    ];
    let ended = tx.settle_deliveries(&endings, &oin(2), at(150)).await.unwrap();
    let ended: BTreeSet<_> = ended.into_iter().collect();
    assert_eq!(ended, [2, 3, 4].map(token).into());
    let mut states = Vec::new();
    for number in 1..=5 {
        states.push(stored(&mut tx, number).await.state);
    }
    assert_eq!(
        states,
        [
            DeliveryState::Leased,
            DeliveryState::Acknowledged,
            DeliveryState::SentBack,
            DeliveryState::Waiting,
            DeliveryState::Waiting,
        ]
    );
    assert_eq!(stored(&mut tx, 4).await.available_at, at(170));
    assert_eq!(tx.settle_deliveries(&[], &oin(2), at(150)).await.unwrap(), []);
}

async fn a_lease_can_be_extended_and_given_back(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    let extend = Ending {
        token: token(1),
        to: DeliveryState::Leased,
        available_at: at(305),
        lease_until: Some(at(300)),
    };
    assert!(end(&mut tx, extend, 50).await);
    assert_eq!(free(&mut tx, &reader("b"), 304).await, []);
    assert_eq!(free(&mut tx, &reader("b"), 305).await, [id(1)]);
    let give_back = Ending { available_at: at(70), ..ending(1, DeliveryState::Waiting, 60) };
    assert!(end(&mut tx, give_back, 60).await);
    assert_eq!(settled_at(&mut tx, 1).await, None);
    assert_eq!(free(&mut tx, &reader("b"), 69).await, []);
    assert_eq!(free(&mut tx, &reader("b"), 70).await, [id(1)]);
    // Given back is given back, also for whoever could take its own leases.
    assert_eq!(held(&mut tx, &again("a"), 65).await, []);
    assert!(!settle(&mut tx, 1, DeliveryState::Acknowledged, 65).await);
}

async fn a_settled_delivery_leaves_the_inbox(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    assert!(settle(&mut tx, 1, DeliveryState::SentBack, 50).await);
    assert_eq!(free(&mut tx, &reader("b"), 1000).await, []);
}

async fn a_sender_takes_a_delivery_back_while_it_is_not_settled(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=3).await;
    assert!(claim(&mut tx, 2, lease(2, 100), 50).await);
    assert!(claim(&mut tx, 3, lease(3, 100), 50).await);
    assert!(settle(&mut tx, 3, DeliveryState::Acknowledged, 50).await);
    for (number, withdrawn) in [(1, true), (2, true), (3, false), (4, false)] {
        let done = tx.withdraw_delivery(referral_id(number), at(60)).await.unwrap();
        assert_eq!(done, withdrawn);
    }
    assert_eq!(settled_at(&mut tx, 1).await, Some(at(60)));
    assert_eq!(settled_at(&mut tx, 3).await, Some(at(50)));
    // The reader that held it cannot settle any more.
    assert!(!settle(&mut tx, 2, DeliveryState::Acknowledged, 70).await);
    assert!(!tx.withdraw_delivery(referral_id(1), at(61)).await.unwrap());
    assert_eq!(free(&mut tx, &reader("a"), 1000).await, []);
}

async fn the_backlog_counts_what_is_not_settled(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let empty = Backlog { waiting: 0, oldest_at: None, overdue: 0, quarantined: 0 };
    assert_eq!(tx.backlog(&oin(2), None, at(0)).await.unwrap(), empty);
    for number in 1..=4 {
        insert(&mut tx, &delivery(number), Urgency::Standard, at(number)).await;
    }
    let south = DeliveryRow { team_id: team("utrecht-zuid"), ..delivery(5) };
    insert(&mut tx, &south, Urgency::Standard, at(5)).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    assert!(settle(&mut tx, 1, DeliveryState::Acknowledged, 50).await);
    assert!(claim(&mut tx, 2, lease(2, 100), 50).await);
    let backlog = |waiting, oldest, overdue| Backlog {
        waiting,
        oldest_at: Some(at(oldest)),
        overdue,
        quarantined: 0,
    };
    assert_eq!(tx.backlog(&oin(2), None, at(62)).await.unwrap(), backlog(4, 2, 0));
    // Each is to be acknowledged 60 seconds after it was made, and not a moment later.
    assert_eq!(tx.backlog(&oin(2), None, at(64)).await.unwrap(), backlog(4, 2, 2));
    let found = tx.backlog(&oin(2), Some(&team("utrecht-zuid")), at(66)).await.unwrap();
    assert_eq!(found, backlog(1, 5, 1));
    assert_eq!(tx.backlog(&oin(3), None, at(99)).await.unwrap(), empty);
}

async fn what_is_late_is_told_to_both_sides(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=4).await;
    for number in 1..=4 {
        let sender_oin = oin(if number == 4 { 7 } else { 1 });
        let row = ReferralRow { sender_oin, ..referral(number) };
        tx.insert_referral(&row).await.unwrap();
    }
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    assert!(settle(&mut tx, 1, DeliveryState::Acknowledged, 50).await);
    let stuck = "UPDATE deliveries SET state = 6 WHERE delivery_id = $1";
    tx.query(stuck).bind(id(3)).execute_one().await.unwrap();
    let mut late = async |party: Option<u64>, now, limit| {
        let party = party.map(oin);
        let found = tx.undelivered(party.as_ref(), at(now), limit).await.unwrap();
        found.into_iter().map(|row| row.referral_id).collect::<Vec<_>>()
    };
    // Each is to be acknowledged 60 seconds after it was made, and not a moment later.
    assert_eq!(late(None, 62, 9).await, []);
    assert_eq!(late(None, 63, 9).await, [referral_id(2)]);
    assert_eq!(late(None, 99, 9).await, [2, 3, 4].map(referral_id), "also what is stuck");
    assert_eq!(late(None, 99, 2).await, [2, 3].map(referral_id));
    assert_eq!(late(Some(2), 99, 9).await, [2, 3, 4].map(referral_id), "the recipient");
    assert_eq!(late(Some(1), 99, 9).await, [2, 3].map(referral_id), "a sender");
    assert_eq!(late(Some(3), 99, 9).await, []);
    let row = tx.undelivered(None, at(99), 1).await.unwrap().pop().unwrap();
    assert_eq!((row.sender_oin, row.recipient_oin, row.ack_due_at), (oin(1), oin(2), at(62)));
}
