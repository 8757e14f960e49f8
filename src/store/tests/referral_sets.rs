//! Statements that take many at once: referrals and their links, summaries.

use crate::domain::id::ReferralId;
use crate::domain::referral::{SendBackReason, State};
use crate::store::error::Error;
use crate::store::{LinkKind, Moved};

use super::samples::{case_ref, entry, oin, referral, user, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    many_referrals_are_read_with_their_links,
    referrals_move_on_together_or_not_at_all,
    those_in_a_state_move_on,
    a_retraction_takes_back_all_versions_so_far,
    whoever_got_data_out_of_a_summary_is_its_recipient,
);

fn id(number: u64) -> ReferralId {
    ReferralId::from_bytes(uuid(number))
}

async fn many_referrals_are_read_with_their_links(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=3 {
        tx.insert_referral(&referral(number)).await.unwrap();
    }
    tx.insert_referral_link(id(3), id(1), LinkKind::Person).await.unwrap();
    tx.insert_referral_link(id(3), id(2), LinkKind::Address).await.unwrap();
    tx.insert_referral_link(id(2), id(1), LinkKind::Person).await.unwrap();

    let mut found = tx.referrals(&[id(3), id(1), id(9)]).await.unwrap();
    found.sort_by_key(|row| row.referral_id);
    assert_eq!(found, [referral(1), referral(3)]);
    assert_eq!(tx.referrals(&[]).await.unwrap(), []);
    let links = tx.links_of_referrals(&[id(1), id(3)]).await.unwrap();
    let expected = [(id(3), id(1), LinkKind::Person), (id(3), id(2), LinkKind::Address)];
    assert_eq!(links, expected);
}

async fn referrals_move_on_together_or_not_at_all(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=3 {
        tx.insert_referral(&referral(number)).await.unwrap();
    }
    let delivered = |number| Moved::new(id(number), State::Routed, State::Delivered);
    tx.move_referrals(&[delivered(1), delivered(2)]).await.unwrap();
    let acknowledged = Moved {
        acknowledged_at: Some(at(70)),
        // A quotation mark and what is not ASCII arrive as they are.
        local_reference: Some("D-\"1\" é".to_owned()),
        ..Moved::new(id(1), State::Delivered, State::Acknowledged)
    };
    let returned = Moved {
        send_back_reason: Some(SendBackReason::Unusable),
        ..Moved::new(id(2), State::Delivered, State::Returned)
    };
    tx.move_referrals(&[acknowledged, returned]).await.unwrap();
    tx.move_referrals(&[]).await.unwrap();
    let one = tx.referral(id(1)).await.unwrap().unwrap();
    assert_eq!((one.state, one.acknowledged_at), (State::Acknowledged, Some(at(70))));
    assert_eq!(one.local_reference.as_deref(), Some("D-\"1\" é"));
    assert_eq!(one.send_back_reason, None);
    let two = tx.referral(id(2)).await.unwrap().unwrap();
    assert_eq!((two.state, two.acknowledged_at), (State::Returned, None));
    assert_eq!(two.send_back_reason, Some(SendBackReason::Unusable));
    let stale = tx.move_referrals(&[delivered(3), delivered(1)]).await;
    assert!(matches!(stale, Err(Error::Conflict)), "{stale:?}");
}

async fn those_in_a_state_move_on(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=3 {
        tx.insert_referral(&referral(number)).await.unwrap();
    }
    let (from, to) = (State::Routed, State::Delivered);
    assert_eq!(tx.move_from(&[id(1)], from, to).await.unwrap(), 1);
    assert_eq!(tx.move_from(&[id(1), id(2), id(9)], from, to).await.unwrap(), 1);
    assert_eq!(tx.move_from(&[], from, to).await.unwrap(), 0);
    assert_eq!(tx.referral(id(2)).await.unwrap().unwrap().state, State::Delivered);
    assert_eq!(tx.referral(id(3)).await.unwrap().unwrap().state, State::Routed);
}

async fn a_retraction_takes_back_all_versions_so_far(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let revision = |author, number| crate::store::RevisionRow {
        case_ref: case_ref(1),
        author_oin: oin(author),
        revision: number,
        categories: 1,
        published_at: at(number.unsigned_abs()),
        published_by: user("u.bakker"),
        retracted_at: None,
        content_purged_at: None,
    };
    for (author, number) in [(1, 1), (1, 2), (2, 1)] {
        tx.insert_revision(&revision(author, number), &[]).await.unwrap();
    }
    assert_eq!(tx.retract_revisions(&case_ref(1), &oin(1), at(50)).await.unwrap(), 2);
    tx.insert_revision(&revision(1, 3), &[]).await.unwrap();
    let mut seen = Vec::new();
    for (author, number) in [(1, 1), (1, 2), (1, 3), (2, 1)] {
        let row = tx.revision(&case_ref(1), &oin(author), number).await.unwrap().unwrap();
        seen.push(row.retracted_at);
    }
    assert_eq!(seen, [Some(at(50)), Some(at(50)), None, None]);
    // The moment of a version that is taken back already stays.
    assert_eq!(tx.retract_revisions(&case_ref(1), &oin(1), at(60)).await.unwrap(), 1);
    let first = tx.revision(&case_ref(1), &oin(1), 1).await.unwrap().unwrap();
    assert_eq!(first.retracted_at, Some(at(50)));
}

async fn whoever_got_data_out_of_a_summary_is_its_recipient(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let delivered = i64::from(crate::domain::event::EventCode::SummaryDelivered.number());
    for (idx, case, recipient, event_code, outcome) in [
        (0, 1, 3, delivered, 0),
        (1, 1, 3, delivered, 0), // twice
        (2, 1, 4, delivered, 0),
        (3, 1, 5, delivered + 7, 8), // denied
        (4, 2, 6, delivered, 0),     // of another case
        (5, 1, 1, delivered, 0),     // the author itself
    ] {
        let mut row = entry(u64::try_from(idx).unwrap()).row;
        row.idx = idx;
        row.case_ref = Some(case_ref(case));
        row.sender_oin = Some(oin(1));
        row.recipient_oin = Some(oin(recipient));
        row.event_code = event_code;
        row.outcome = outcome;
        tx.insert_disclosure(row).await.unwrap();
    }
    let recipients = tx.summary_recipients(&case_ref(1), &oin(1)).await.unwrap();
    assert_eq!(recipients, [(oin(3),), (oin(4),)]);
    assert_eq!(tx.summary_recipients(&case_ref(1), &oin(2)).await.unwrap(), []);
}
