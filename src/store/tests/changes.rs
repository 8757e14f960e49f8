//! What senders are told of their referrals, and the places in that list.

use crate::domain::id::{NoticeId, ReferralId};
use crate::store::error::Error;
use crate::store::{ChangeRow, NoticeRow};

use super::samples::{case_ref, oin, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    a_referral_that_changed_twice_is_told_of_once,
    a_place_is_taken_once,
    a_notice_keeps_what_belongs_to_its_kind,
);

fn id(number: u64) -> ReferralId {
    ReferralId::from_bytes(uuid(number))
}

async fn a_referral_that_changed_twice_is_told_of_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.last_change(&oin(1)).await.unwrap(), None);
    assert_eq!(tx.changes(&oin(1), -1, 10).await.unwrap(), []);
    tx.insert_changes(&[]).await.unwrap();
    let change = |sender, idx, referral| (oin(sender), idx, id(referral));
    let all = [change(1, 0, 7), change(1, 4, 8), change(2, 5, 9), change(1, 6, 7), change(1, 9, 8)];
    tx.insert_changes(&all).await.unwrap();
    let told = |idx, referral| ChangeRow { idx, referral_id: id(referral) };
    assert_eq!(tx.changes(&oin(1), -1, 10).await.unwrap(), [told(6, 7), told(9, 8)]);
    assert_eq!(tx.changes(&oin(2), -1, 10).await.unwrap(), [told(5, 9)]);
    assert_eq!(tx.changes(&oin(1), 6, 10).await.unwrap(), [told(9, 8)]);
    assert_eq!(tx.changes(&oin(1), 9, 10).await.unwrap(), []);
    // Page by page: the last place of a page is where the next one goes on.
    assert_eq!(tx.changes(&oin(1), -1, 2).await.unwrap(), [told(0, 7), told(4, 8)]);
    assert_eq!(tx.changes(&oin(1), 4, 2).await.unwrap(), [told(6, 7), told(9, 8)]);
    assert_eq!(tx.last_change(&oin(1)).await.unwrap(), Some(9));
}

async fn a_place_is_taken_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.insert_changes(&[(oin(1), 3, id(7))]).await.unwrap();
    let again = tx.insert_changes(&[(oin(1), 3, id(8))]).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}

async fn a_notice_keeps_what_belongs_to_its_kind(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.last_notice(&oin(1)).await.unwrap(), None);
    let notice = NoticeRow {
        recipient_oin: oin(1),
        idx: 12,
        notice_id: NoticeId::from_bytes(uuid(1)),
        case_ref: Some(case_ref(1)),
        content: "what it says".to_owned(),
        effective_at: at(5),
    };
    tx.insert_notice(notice.clone()).await.unwrap();
    assert_eq!(tx.notices(&oin(1), -1, 10).await.unwrap(), [notice]);
    assert_eq!(tx.last_notice(&oin(1)).await.unwrap(), Some(12));
    assert_eq!(tx.last_notice(&oin(2)).await.unwrap(), None);
}
