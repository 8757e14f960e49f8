//! Who sends a digest, how often it is tried, and what it counts from.

use crate::domain::digest::DigestLanguage;
use crate::domain::id::SavedSearchId;
use crate::domain::time::Date;
use crate::store::{DigestOf, SavedSearchRow};

use super::samples::{oin, user, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    a_digest_is_taken_on_by_one_and_tried_again_after_its_pause,
    who_was_not_heard_of_again_is_replaced_once,
    weekly_searches_are_those_marked_before_it_was_due,
);

fn of(week: &str) -> DigestOf {
    let week: Date = week.parse().unwrap();
    DigestOf { oin: oin(1), user_id: user("fg-1"), week }
}

async fn a_digest_is_taken_on_by_one_and_tried_again_after_its_pause(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let first = of("2026-03-09");
    assert_eq!(tx.claim_digest(&first, (at(10), at(20))).await.unwrap(), Some(1));
    assert_eq!(tx.claim_digest(&first, (at(19), at(29))).await.unwrap(), None);
    // It failed, and waits.
    assert!(tx.end_digest((&first, 1), (None, at(40))).await.unwrap());
    assert!(!tx.end_digest((&first, 1), (None, at(40))).await.unwrap());
    assert_eq!(tx.claim_digest(&first, (at(39), at(49))).await.unwrap(), None);
    for attempt in 2..5 {
        let now = at(u64::try_from(attempt).unwrap() * 100);
        assert_eq!(tx.claim_digest(&first, (now, now)).await.unwrap(), Some(attempt));
        assert!(tx.end_digest((&first, attempt), (None, now)).await.unwrap());
    }
    assert_eq!(tx.claim_digest(&first, (at(500), at(510))).await.unwrap(), Some(5));
    assert!(tx.end_digest((&first, 5), (Some(at(501)), at(501))).await.unwrap());
    assert_eq!(tx.claim_digest(&first, (at(900), at(910))).await.unwrap(), None, "it was sent");
    // The next week begins anew, and no earlier one comes back.
    let next = of("2026-03-16");
    assert_eq!(tx.claim_digest(&next, (at(900), at(910))).await.unwrap(), Some(1));
    assert_eq!(tx.claim_digest(&first, (at(990), at(991))).await.unwrap(), None);
}

async fn who_was_not_heard_of_again_is_replaced_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let digest = of("2026-03-09");
    assert_eq!(tx.claim_digest(&digest, (at(10), at(20))).await.unwrap(), Some(1));
    assert_eq!(tx.claim_digest(&digest, (at(20), at(30))).await.unwrap(), Some(2));
    assert!(
        !tx.end_digest((&digest, 1), (Some(at(21)), at(21))).await.unwrap(),
        "it is not its any more"
    );
    assert_eq!(tx.claim_digest(&digest, (at(30), at(40))).await.unwrap(), None);
    assert!(tx.end_digest((&digest, 2), (None, at(50))).await.unwrap(), "it was only slow");
    assert_eq!(tx.claim_digest(&digest, (at(50), at(60))).await.unwrap(), Some(3));
    let next = of("2026-03-16");
    assert_eq!(tx.claim_digest(&next, (at(60), at(70))).await.unwrap(), Some(1));
    assert_eq!(tx.claim_digest(&next, (at(70), at(80))).await.unwrap(), Some(2), "once a week");
}

async fn weekly_searches_are_those_marked_before_it_was_due(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let search = |number: u64, officer, weekly| SavedSearchRow {
        saved_search_id: SavedSearchId::from_bytes(uuid(number)),
        oin: oin(1),
        user_id: user(officer),
        name: "Noodtoegang".to_owned(),
        query: "uitkomst=noodtoegang".to_owned(),
        is_shared: 1,
        saved_at: at(number),
        weekly,
        counted_at: at(number),
        counted_size: 0,
    };
    let english = Some(DigestLanguage::English);
    let (weekly, late) = (search(1, "fg-1", english), search(9, "fg-1", english));
    let (silent, others) = (search(2, "fg-1", None), search(3, "fg-2", english));
    for row in [&weekly, &late, &silent, &others] {
        tx.insert_saved_search(row).await.unwrap();
    }
    let officers = tx.weekly_officers(at(5)).await.unwrap();
    assert_eq!(officers, [(oin(1), user("fg-1")), (oin(1), user("fg-2"))]);
    assert_eq!(tx.weekly_officers(at(2)).await.unwrap().len(), 1);
    let (organisation, officer) = (oin(1), user("fg-1"));
    let whose = (&organisation, &officer);
    assert_eq!(tx.weekly_searches(whose, at(5)).await.unwrap(), std::slice::from_ref(&weekly));
    tx.count_saved_search(weekly.saved_search_id, (at(6), 7)).await.unwrap();
    assert_eq!(tx.weekly_searches(whose, at(5)).await.unwrap(), []);
    let counted = SavedSearchRow { counted_at: at(6), counted_size: 7, ..weekly };
    assert_eq!(tx.weekly_searches(whose, at(9)).await.unwrap(), [counted, late]);
}
