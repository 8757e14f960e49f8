//! Referrals that share people: one after the other, whoever reads, and no family waits for another.

use super::*;

on_both_databases!(
    a_family_is_handed_over_in_its_order,
    what_is_urgent_takes_its_family_with_it,
    families_that_meet_become_one,
    a_quarantined_one_does_not_hold_up_its_family,
    a_family_of_another_recipient_is_another_family,
);

/// Puts a delivery behind others.
async fn insert_after(tx: &mut Tx, number: u64, urgency: Urgency, after: &[u64]) {
    let after: Vec<_> = after.iter().map(|number| referral_id(*number)).collect();
    let place = Place { urgency, after: &after };
    tx.insert_delivery(&delivery(number), place, at(number)).await.unwrap();
}

/// Two families: 1, 3, 4 and 2.
async fn two_families(fixture: &Fixture) -> Tx {
    let mut tx = fixture.write().await;
    for (number, after) in [(1, &[][..]), (2, &[]), (3, &[1]), (4, &[3, 1])] {
        insert_after(&mut tx, number, Urgency::Standard, after).await;
    }
    tx
}

async fn a_family_is_handed_over_in_its_order(fixture: Fixture) {
    let mut tx = two_families(&fixture).await;
    assert_eq!(free(&mut tx, &reader("b"), 50).await, [1, 2].map(id));
    assert!(!claim_for(&mut tx, 3, &reader("b"), lease(3, 100), 50).await, "out of order");
    assert!(claim(&mut tx, 1, lease(1, 100), 50).await);
    // While the first is out with one reader, no other gets the next, nor does that reader.
    for client in ["a", "b"] {
        assert_eq!(free(&mut tx, &reader(client), 60).await, [id(2)]);
    }
    assert!(settle(&mut tx, 1, DeliveryState::Waiting, 60).await);
    assert_eq!(free(&mut tx, &reader("b"), 60).await, [1, 2].map(id));
    assert!(claim(&mut tx, 1, lease(11, 100), 60).await);
    assert!(settle(&mut tx, 11, DeliveryState::Acknowledged, 70).await);
    assert_eq!(free(&mut tx, &reader("b"), 70).await, [2, 3].map(id));
    assert!(tx.withdraw_delivery(referral_id(3), at(80)).await.unwrap());
    assert_eq!(free(&mut tx, &reader("b"), 80).await, [2, 4].map(id));
    // All before it are settled: who comes now does not wait.
    assert!(claim(&mut tx, 4, lease(4, 100), 80).await);
    assert!(settle(&mut tx, 4, DeliveryState::Acknowledged, 80).await);
    insert_after(&mut tx, 5, Urgency::Standard, &[1, 3, 4]).await;
    assert_eq!(free(&mut tx, &reader("b"), 90).await, [2, 5].map(id));
}

async fn what_is_urgent_takes_its_family_with_it(fixture: Fixture) {
    let mut tx = two_families(&fixture).await;
    insert_after(&mut tx, 5, Urgency::Standard, &[2]).await;
    insert_after(&mut tx, 6, Urgency::Acute, &[5, 2]).await;
    assert_eq!(free(&mut tx, &reader("a"), 50).await, [2, 1].map(id));
    insert_after(&mut tx, 7, Urgency::Information, &[6]).await;
    assert_eq!(free(&mut tx, &reader("a"), 50).await, [2, 1].map(id), "nothing is lowered");
}

async fn families_that_meet_become_one(fixture: Fixture) {
    let mut tx = two_families(&fixture).await;
    // About people of both.
    insert_after(&mut tx, 5, Urgency::Standard, &[2, 4]).await;
    // In each other's way now: of 1 and 2, who are both the first of theirs, the smaller id goes.
    assert_eq!(free(&mut tx, &reader("a"), 50).await, [id(1)]);
    let mut order: Vec<DeliveryId> = Vec::new();
    for number in 1..=5 {
        let next = free(&mut tx, &reader("a"), 50).await;
        assert_eq!(next.len(), 1, "{next:?}");
        order.extend(&next);
        let claims = [Claim { delivery_id: next[0], attempts: 0, lease: lease(number, 100) }];
        tx.claim_deliveries(&claims, &reader("a"), at(50)).await.unwrap();
        assert!(settle(&mut tx, number, DeliveryState::Acknowledged, 50).await);
    }
    assert_eq!(order, [1, 2, 3, 4, 5].map(id));
}

async fn a_quarantined_one_does_not_hold_up_its_family(fixture: Fixture) {
    let mut tx = two_families(&fixture).await;
    let first = free_rows(&mut tx, &reader("a"), 50).await.remove(0);
    let cause = crate::domain::delivery::QuarantineCause::ContentUnreadable;
    tx.quarantine_deliveries(&[(first, cause)], &reader("a"), at(50)).await.unwrap();
    assert_eq!(free(&mut tx, &reader("a"), 50).await, [2, 3].map(id));
    assert!(tx.requeue_delivery(id(1), at(60)).await.unwrap());
    assert_eq!(free(&mut tx, &reader("a"), 60).await, [1, 2].map(id));
}

async fn a_family_of_another_recipient_is_another_family(fixture: Fixture) {
    let mut tx = two_families(&fixture).await;
    let elsewhere = DeliveryRow { recipient_oin: oin(3), ..delivery(5) };
    let place = Place { urgency: Urgency::Acute, after: &[referral_id(1)] };
    tx.insert_delivery(&elsewhere, place, at(5)).await.unwrap();
    let there = Reader { recipient: oin(3), ..reader("c") };
    assert_eq!(free(&mut tx, &there, 50).await, [id(5)]);
    assert_eq!(free(&mut tx, &reader("a"), 50).await, [1, 2].map(id));
}
