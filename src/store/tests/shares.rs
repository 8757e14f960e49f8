//! Shares and the agreements to release hidden addresses.

use crate::domain::id::{GroupId, ShareId};
use crate::store::{AddressReleaseRow, ShareRow};

use super::samples::{case_ref, oin, subject, user, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    a_share_is_read_back_as_it_was_kept,
    a_share_is_found_by_its_act,
    emergencies_that_are_over_are_found_until_their_end_is_written_down,
    an_agreement_holds_between_two_organisations_until_its_end,
);

fn share(number: u64, expires: u64, is_emergency: i64) -> ShareRow {
    ShareRow {
        share_id: ShareId::from_bytes(uuid(number)),
        case_ref: case_ref(1),
        author_oin: oin(1),
        revision: 2,
        recipient_oin: oin(2),
        group_id: GroupId::from_bytes(uuid(number)),
        shared_at: at(1),
        expires_at: at(expires),
        is_emergency,
        ended_at: None,
        subjects: vec![7; 64],
        content: vec![0, 128, 255],
    }
}

async fn a_share_is_read_back_as_it_was_kept(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let kept = share(1, 20, 1);
    tx.insert_share(&kept).await.unwrap();
    assert_eq!(tx.share(kept.share_id).await.unwrap(), Some(kept));
    assert_eq!(tx.share(share(2, 20, 1).share_id).await.unwrap(), None);
}

async fn a_share_is_found_by_its_act(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in [1, 2] {
        tx.insert_share(&share(number, 20, 0)).await.unwrap();
    }
    let (case, author) = (case_ref(1), oin(1));
    let group = share(2, 20, 0).group_id;
    let found = tx.share_of_act((&case, &author, 2), group).await.unwrap();
    assert_eq!(found, Some(share(2, 20, 0)));
    assert_eq!(tx.share_of_act((&case, &author, 3), group).await.unwrap(), None);
    let unknown = GroupId::from_bytes(uuid(3));
    assert_eq!(tx.share_of_act((&case, &author, 2), unknown).await.unwrap(), None);
}

async fn emergencies_that_are_over_are_found_until_their_end_is_written_down(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [share(1, 20, 1), share(2, 10, 1), share(3, 10, 0), share(4, 21, 1)] {
        tx.insert_share(&row).await.unwrap();
    }
    let over = tx.shares_to_end(at(20), 10).await.unwrap();
    assert_eq!(over, [share(2, 10, 1), share(1, 20, 1)]);
    assert_eq!(tx.shares_to_end(at(20), 1).await.unwrap(), [share(2, 10, 1)]);
    assert!(tx.end_share(over[0].share_id, at(20)).await.unwrap());
    assert!(!tx.end_share(over[0].share_id, at(21)).await.unwrap(), "once");
    assert_eq!(tx.shares_to_end(at(20), 10).await.unwrap(), [share(1, 20, 1)]);
    assert_eq!(tx.share(over[0].share_id).await.unwrap().unwrap().ended_at, Some(at(20)));
}

async fn an_agreement_holds_between_two_organisations_until_its_end(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let release = |until| AddressReleaseRow {
        sender_oin: oin(1),
        recipient_oin: oin(2),
        subject: subject(1),
        agreed_by: user("u.bakker"),
        agreed_for: Some(user(&format!("u.until{until}"))),
        agreed_at: at(1),
        valid_until: at(until),
    };
    tx.keep_address_release(&case_ref(1), &release(10)).await.unwrap();
    tx.keep_address_release(&case_ref(1), &release(20)).await.unwrap();
    let between = (&oin(1), &oin(2));
    let found = tx.address_releases(&case_ref(1), between, at(19)).await.unwrap();
    assert_eq!(found, [release(20)], "who agrees again replaces what was agreed");
    assert_eq!(tx.address_releases(&case_ref(1), between, at(20)).await.unwrap(), []);
    assert_eq!(tx.address_releases(&case_ref(2), between, at(19)).await.unwrap(), []);
    let back = (&oin(2), &oin(1));
    assert_eq!(tx.address_releases(&case_ref(1), back, at(19)).await.unwrap(), []);
}
