//! Inboxes: who may lease what, and who may settle it.

use std::collections::BTreeSet;

use crate::domain::id::{DeliveryId, LeaseToken, ReferralId};
use crate::domain::referral::Urgency;
use crate::domain::time::Timestamp;
use crate::store::error::Error;
use crate::store::{Backlog, ClaimedRow, Db, DeliveryRow, DeliveryState, Lease, Reader, Tx};

use super::samples::{delivery, oin, team, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    a_delivery_is_found_by_its_referral,
    the_most_urgent_and_then_the_oldest_is_free_first,
    only_what_waits_for_the_reader_is_free,
    a_lease_ends_with_its_time,
    a_reader_that_reconnects_takes_back_its_own,
    readers_at_the_same_time_never_lease_a_delivery_twice,
    a_delivery_that_does_not_exist_cannot_be_leased,
    the_holder_of_a_lease_settles_it_once,
    an_expired_lease_settles_nothing,
    a_stale_token_settles_nothing,
    a_lease_can_be_extended_and_given_back,
    a_settled_delivery_leaves_the_inbox,
    a_sender_takes_a_delivery_back_while_it_is_not_settled,
    the_backlog_counts_what_waits,
);

fn id(number: u64) -> DeliveryId {
    DeliveryId::from_bytes(uuid(number))
}

fn token(number: u64) -> LeaseToken {
    LeaseToken::from_bytes(uuid(number))
}

fn reader(client: &str) -> Reader {
    Reader {
        recipient: oin(2),
        team_id: None,
        client_id: client.parse().unwrap(),
        takes_back: false,
    }
}

fn lease(number: u64, until: u64) -> Lease {
    Lease { token: token(number), until: at(until) }
}

/// Reader `a` leases a delivery as it stands; says whether it got it.
async fn claim(tx: &mut Tx, number: u64, lease: Lease, now: u64) -> bool {
    claim_for(tx, number, &reader("a"), lease, now).await
}

async fn claim_for(tx: &mut Tx, number: u64, reader: &Reader, lease: Lease, now: u64) -> bool {
    let attempts: Option<(i64,)> = tx
        .query("SELECT attempts FROM deliveries WHERE delivery_id = $1")
        .bind(id(number))
        .fetch_optional()
        .await
        .unwrap();
    let row = ClaimedRow {
        delivery_id: id(number),
        referral_id: ReferralId::from_bytes(uuid(number)),
        attempts: attempts.map_or(0, |(attempts,)| attempts),
    };
    tx.claim_delivery(&row, reader, &lease, at(now)).await.unwrap()
}

async fn insert(tx: &mut Tx, row: &DeliveryRow, urgency: Urgency, now: Timestamp) {
    tx.insert_delivery(row, urgency, now).await.unwrap();
}

/// Deliveries with these numbers, each made at the moment of its number.
async fn inbox(fixture: &Fixture, numbers: std::ops::RangeInclusive<u64>) -> Tx {
    let mut tx = fixture.write().await;
    for number in numbers {
        insert(&mut tx, &delivery(number), Urgency::Standard, at(number)).await;
    }
    tx
}

async fn free(tx: &mut Tx, reader: &Reader, now: u64) -> Vec<DeliveryId> {
    let rows = tx.free_deliveries(reader, at(now), 100).await.unwrap();
    rows.iter().map(|row| row.delivery_id).collect()
}

async fn a_delivery_is_found_by_its_referral(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    let referral = ReferralId::from_bytes(uuid(1));
    assert_eq!(tx.delivery_of(referral).await.unwrap(), Some(delivery(1)));
    // Routed again: the newest delivery is the one that counts.
    let again = DeliveryRow { delivery_id: id(7), referral_id: referral, ..delivery(5) };
    insert(&mut tx, &again, Urgency::Standard, at(9)).await;
    assert_eq!(tx.delivery_of(referral).await.unwrap(), Some(again));
    assert_eq!(tx.delivery_of(ReferralId::from_bytes(uuid(2))).await.unwrap(), None);
    let twice = tx.insert_delivery(&delivery(1), Urgency::Standard, at(1)).await;
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
    let most_urgent = tx.free_deliveries(&reader("a"), at(50), 1).await.unwrap();
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
}

async fn a_lease_ends_with_its_time(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    assert_eq!(free(&mut tx, &reader("a"), 99).await, []);
    assert_eq!(free(&mut tx, &reader("b"), 99).await, []);
    let free_again = tx.free_deliveries(&reader("b"), at(100), 10).await.unwrap();
    assert_eq!(free_again.len(), 1);
    assert_eq!((free_again[0].delivery_id, free_again[0].attempts), (id(1), 1));
    assert!(claim(&mut tx, 1, lease(2, 200), 100).await);
    let leased = tx.delivery_by_lease(token(2), &oin(2)).await.unwrap().unwrap();
    assert_eq!((leased.state, leased.attempts), (DeliveryState::Leased, 2));
    assert_eq!((leased.available_at, leased.lease_token), (at(200), Some(token(2))));
    assert_eq!(leased.client_id, Some("a".parse().unwrap()));
    assert_eq!(tx.delivery_by_lease(token(1), &oin(2)).await.unwrap(), None);
    assert_eq!(tx.delivery_by_lease(token(2), &oin(3)).await.unwrap(), None);
}

async fn a_reader_that_reconnects_takes_back_its_own(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=3).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    assert!(claim_for(&mut tx, 2, &reader("b"), lease(2, 100), 50).await);
    let back = |client| Reader { takes_back: true, ..reader(client) };
    assert_eq!(free(&mut tx, &reader("a"), 50).await, [id(3)]);
    assert_eq!(free(&mut tx, &back("a"), 50).await, [id(1), id(3)]);
    assert!(!claim_for(&mut tx, 1, &back("b"), lease(9, 100), 50).await);
    assert_eq!(free(&mut tx, &back("b"), 50).await, [id(2), id(3)]);
    // What it settled does not come back.
    let settled =
        tx.settle_delivery(token(1), DeliveryState::Acknowledged, at(50), at(50)).await.unwrap();
    assert!(settled);
    assert_eq!(free(&mut tx, &back("a"), 50).await, [id(3)]);
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
    let mut leased = Vec::new();
    loop {
        let mut tx = db.write().await.unwrap();
        let found = tx.free_deliveries(&reader(&client.to_string()), at(100), 3).await.unwrap();
        if found.is_empty() {
            return leased;
        }
        for row in found {
            let number = client * 1000 + u64::try_from(leased.len()).unwrap();
            let reader = reader(&client.to_string());
            if tx.claim_delivery(&row, &reader, &lease(number, 500), at(100)).await.unwrap() {
                leased.push(row.delivery_id);
            }
        }
        tx.commit().await.unwrap();
    }
}

async fn a_delivery_that_does_not_exist_cannot_be_leased(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert!(!claim(&mut tx, 1, lease(1, 100), 50).await);
}

async fn settle(tx: &mut Tx, number: u64, to: DeliveryState, now: u64) -> bool {
    tx.settle_delivery(token(number), to, at(now), at(now)).await.unwrap()
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

async fn the_holder_of_a_lease_settles_it_once(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=2).await;
    for (number, to) in [(1, DeliveryState::Acknowledged), (2, DeliveryState::SentBack)] {
        assert!(claim(&mut tx, number, lease(number, 100), 50).await);
        assert_eq!(settled_at(&mut tx, number).await, None);
        assert!(settle(&mut tx, number, to, 60).await);
        assert_eq!(settled_at(&mut tx, number).await, Some(at(60)));
        assert!(!settle(&mut tx, number, to, 61).await);
        assert!(!settle(&mut tx, number, DeliveryState::Waiting, 61).await);
        let row = tx.delivery_by_lease(token(number), &oin(2)).await.unwrap().unwrap();
        assert_eq!(row.state, to);
        assert_eq!(settled_at(&mut tx, number).await, Some(at(60)));
    }
}

async fn an_expired_lease_settles_nothing(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    for now in [100, 101] {
        assert!(!settle(&mut tx, 1, DeliveryState::Acknowledged, now).await);
    }
    let row = tx.delivery_by_lease(token(1), &oin(2)).await.unwrap().unwrap();
    assert_eq!(row.state, DeliveryState::Leased);
    assert!(settle(&mut tx, 1, DeliveryState::Acknowledged, 99).await);
}

async fn a_stale_token_settles_nothing(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    assert!(!claim(&mut tx, 1, lease(2, 200), 99).await, "somebody else holds it");
    assert!(claim(&mut tx, 1, lease(2, 200), 100).await);
    assert!(!settle(&mut tx, 1, DeliveryState::Acknowledged, 50).await);
    assert!(!settle(&mut tx, 3, DeliveryState::Acknowledged, 50).await);
    assert!(settle(&mut tx, 2, DeliveryState::Acknowledged, 50).await);
}

async fn a_lease_can_be_extended_and_given_back(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    let extended =
        tx.settle_delivery(token(1), DeliveryState::Leased, at(300), at(50)).await.unwrap();
    assert!(extended);
    assert_eq!(free(&mut tx, &reader("b"), 299).await, []);
    let released =
        tx.settle_delivery(token(1), DeliveryState::Waiting, at(70), at(60)).await.unwrap();
    assert!(released);
    assert_eq!(settled_at(&mut tx, 1).await, None);
    assert_eq!(free(&mut tx, &reader("b"), 69).await, []);
    assert_eq!(free(&mut tx, &reader("b"), 70).await, [id(1)]);
    // Given back is given back, also for whoever could take its own leases.
    let back = Reader { takes_back: true, ..reader("a") };
    assert_eq!(free(&mut tx, &back, 69).await, []);
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
    let referral = |number| ReferralId::from_bytes(uuid(number));
    for (number, withdrawn) in [(1, true), (2, true), (3, false), (4, false)] {
        assert_eq!(tx.withdraw_delivery(referral(number), at(60)).await.unwrap(), withdrawn);
    }
    assert_eq!(settled_at(&mut tx, 1).await, Some(at(60)));
    assert_eq!(settled_at(&mut tx, 3).await, Some(at(50)));
    // The reader that held it cannot settle any more.
    assert!(!settle(&mut tx, 2, DeliveryState::Acknowledged, 70).await);
    assert!(!tx.withdraw_delivery(referral(1), at(61)).await.unwrap());
    assert_eq!(free(&mut tx, &reader("a"), 1000).await, []);
}

async fn the_backlog_counts_what_waits(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let empty = Backlog { waiting: 0, oldest_at: None, next_available_at: None };
    assert_eq!(tx.backlog(&oin(2), None).await.unwrap(), empty);
    for number in 1..=4 {
        insert(&mut tx, &delivery(number), Urgency::Standard, at(number)).await;
    }
    let south = DeliveryRow { team_id: team("utrecht-zuid"), ..delivery(5) };
    insert(&mut tx, &south, Urgency::Standard, at(5)).await;
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    assert!(settle(&mut tx, 1, DeliveryState::Acknowledged, 50).await);
    assert!(claim(&mut tx, 2, lease(2, 100), 50).await);
    let backlog = |waiting, oldest, next| Backlog {
        waiting,
        oldest_at: Some(at(oldest)),
        next_available_at: Some(at(next)),
    };
    assert_eq!(tx.backlog(&oin(2), None).await.unwrap(), backlog(4, 2, 3));
    let found = tx.backlog(&oin(2), Some(&team("utrecht-zuid"))).await.unwrap();
    assert_eq!(found, backlog(1, 5, 5));
    assert_eq!(tx.backlog(&oin(3), None).await.unwrap(), empty);
}
