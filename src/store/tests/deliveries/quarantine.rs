//! What could not be delivered stays to be seen, and comes back.

use crate::domain::delivery::QuarantineCause;

use super::*;

on_both_databases!(
    a_quarantined_delivery_says_why_and_comes_back,
    what_another_reader_has_is_not_quarantined,
    a_quarantined_delivery_can_be_taken_back,
);

async fn quarantine(tx: &mut Tx, rows: Vec<ClaimedRow>, now: u64) -> BTreeSet<DeliveryId> {
    let found: Vec<_> =
        rows.into_iter().map(|row| (row, QuarantineCause::AttemptsExhausted)).collect();
    let done = tx.quarantine_deliveries(&found, &reader("a"), at(now)).await.unwrap();
    done.into_iter().collect()
}

async fn a_quarantined_delivery_says_why_and_comes_back(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=3).await;
    assert!(claim(&mut tx, 1, lease(1, 40), 30).await);
    let rows = free_rows(&mut tx, &reader("a"), 50).await;
    let done = quarantine(&mut tx, rows[..2].to_vec(), 50).await;
    assert_eq!(done, [1, 2].map(id).into());
    assert_eq!(quarantine(&mut tx, rows[..2].to_vec(), 51).await, BTreeSet::new(), "once");
    assert_eq!(free(&mut tx, &reader("a"), 1000).await, [id(3)]);
    let row = stored(&mut tx, 1).await;
    assert_eq!(row.state, DeliveryState::Quarantined);
    assert_eq!(row.quarantine_cause, Some(QuarantineCause::AttemptsExhausted));
    assert_eq!((row.attempts, row.failures), (1, 1));
    let backlog = tx.backlog(&oin(2), None, at(50)).await.unwrap();
    assert_eq!((backlog.waiting, backlog.quarantined), (1, 2));

    let listed = tx.quarantined_deliveries(None, 10).await.unwrap();
    let listed: Vec<_> =
        listed.iter().map(|row| (row.delivery_id, row.settled_at, row.created_at)).collect();
    assert_eq!(listed, [(id(1), at(50), at(1)), (id(2), at(50), at(2))]);
    assert_eq!(tx.quarantined_deliveries(None, 1).await.unwrap().len(), 1);
    let rest = tx.quarantined_deliveries(Some(id(1)), 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].quarantine_cause, QuarantineCause::AttemptsExhausted);

    assert!(tx.requeue_delivery(id(1), at(60)).await.unwrap());
    assert!(!tx.requeue_delivery(id(1), at(60)).await.unwrap(), "once");
    assert!(!tx.requeue_delivery(id(3), at(60)).await.unwrap(), "it is not quarantined");
    assert!(!tx.requeue_delivery(id(9), at(60)).await.unwrap(), "it does not exist");
    let row = stored(&mut tx, 1).await;
    assert_eq!((row.state, row.failures), (DeliveryState::Waiting, 0));
    assert_eq!((row.attempts, row.quarantine_cause), (1, None));
    assert_eq!(settled_at(&mut tx, 1).await, None);
    assert_eq!(free(&mut tx, &reader("a"), 59).await, [id(3)]);
    assert_eq!(free(&mut tx, &reader("a"), 60).await, [1, 3].map(id));
}

async fn what_another_reader_has_is_not_quarantined(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=2).await;
    let rows = free_rows(&mut tx, &reader("a"), 50).await;
    // One was leased since, one was leased and its lease made longer.
    assert!(claim_for(&mut tx, 1, &reader("b"), lease(1, 100), 50).await);
    assert_eq!(quarantine(&mut tx, rows[..1].to_vec(), 50).await, BTreeSet::new());
    assert!(claim_for(&mut tx, 2, &reader("b"), lease(2, 100), 50).await);
    let over = free_rows(&mut tx, &reader("a"), 110).await;
    assert_eq!(over.len(), 2);
    let extend = Ending {
        token: token(2),
        to: DeliveryState::Leased,
        available_at: at(205),
        lease_until: Some(at(200)),
    };
    assert!(end(&mut tx, extend, 99).await);
    assert_eq!(quarantine(&mut tx, over, 110).await, [id(1)].into());
    assert!(settle(&mut tx, 2, DeliveryState::Acknowledged, 120).await);
    assert!(!settle(&mut tx, 1, DeliveryState::Acknowledged, 90).await, "it is quarantined");
}

async fn a_quarantined_delivery_can_be_taken_back(fixture: Fixture) {
    let mut tx = inbox(&fixture, 1..=1).await;
    let rows = free_rows(&mut tx, &reader("a"), 50).await;
    assert_eq!(quarantine(&mut tx, rows, 50).await, [id(1)].into());
    assert!(tx.withdraw_delivery(referral_id(1), at(60)).await.unwrap());
    let row = stored(&mut tx, 1).await;
    assert_eq!((row.state, row.quarantine_cause), (DeliveryState::Withdrawn, None));
    assert!(!tx.requeue_delivery(id(1), at(70)).await.unwrap());
}
