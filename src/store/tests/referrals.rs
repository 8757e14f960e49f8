//! Referrals, their people and what links them.

use crate::domain::id::ReferralId;
use crate::domain::referral::{SendBackReason, State, TriageOutcome};
use crate::store::error::Error;
use crate::store::{EarlierRow, LinkKind, ReferralRow, Transition};

use super::samples::{oin, referral, subject, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    a_referral_is_stored_once,
    a_referral_goes_from_state_to_state_and_keeps_what_was_noted,
    a_referral_in_another_state_is_left_alone,
    a_receipt_is_kept,
    a_sender_pages_through_its_referrals_newest_first,
    people_come_in_the_order_of_the_message,
    earlier_referrals_about_a_person_are_found,
    earlier_referrals_at_an_address_are_found,
    links_are_kept_once,
);

fn id(number: u64) -> ReferralId {
    ReferralId::from_bytes(uuid(number))
}

async fn a_referral_is_stored_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.referral(id(1)).await.unwrap(), None);
    let mut row = referral(1);
    row.safety_assessment_due_at = Some(at(7));
    assert!(tx.record_referral(&row).await.unwrap());
    let other = ReferralRow { content: vec![1], ..row.clone() };
    assert!(!tx.record_referral(&other).await.unwrap());
    assert_eq!(tx.referral(id(1)).await.unwrap(), Some(row));
}

async fn a_referral_goes_from_state_to_state_and_keeps_what_was_noted(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_referral(&referral(1)).await.unwrap();
    let acknowledged = Transition {
        acknowledged_at: Some(at(5)),
        local_reference: Some("VT-17".to_owned()),
        feedback_due_at: Some(at(50)),
        ..Transition::default()
    };
    tx.update_referral(id(1), State::Routed, State::Acknowledged, &acknowledged).await.unwrap();
    let triaged = Transition {
        triaged_at: Some(at(6)),
        triage_outcome: Some(TriageOutcome::VvtTeam),
        feedback_due_at: Some(at(60)),
        feedback_sent_at: Some(at(8)),
        send_back_reason: Some(SendBackReason::WrongRegion),
        ..Transition::default()
    };
    tx.update_referral(id(1), State::Acknowledged, State::Triaged, &triaged).await.unwrap();
    let expected = ReferralRow {
        state: State::Triaged,
        acknowledged_at: Some(at(5)),
        local_reference: Some("VT-17".to_owned()),
        triaged_at: Some(at(6)),
        triage_outcome: Some(TriageOutcome::VvtTeam),
        feedback_due_at: Some(at(60)),
        feedback_sent_at: Some(at(8)),
        send_back_reason: Some(SendBackReason::WrongRegion),
        ..referral(1)
    };
    assert_eq!(tx.referral(id(1)).await.unwrap(), Some(expected));
}

async fn a_referral_in_another_state_is_left_alone(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_referral(&referral(1)).await.unwrap();
    let nothing = Transition::default();
    for (number, from) in [(1, State::Delivered), (2, State::Routed)] {
        let moved = tx.update_referral(id(number), from, State::Acknowledged, &nothing).await;
        assert!(matches!(moved, Err(Error::Conflict)), "{moved:?}");
    }
    assert_eq!(tx.referral(id(1)).await.unwrap(), Some(referral(1)));
}

async fn a_receipt_is_kept(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_referral(&referral(1)).await.unwrap();
    tx.update_receipt(id(1), "signed").await.unwrap();
    assert_eq!(tx.referral(id(1)).await.unwrap().unwrap().receipt, "signed");
    let missing = tx.update_receipt(id(2), "signed").await;
    assert!(matches!(missing, Err(Error::Conflict)), "{missing:?}");
}

async fn a_sender_pages_through_its_referrals_newest_first(fixture: Fixture) {
    let mut tx = fixture.write().await;
    // Two were stored in the same moment: the id decides.
    for (number, moment) in [(1, 10), (2, 20), (3, 20), (4, 30)] {
        let row = ReferralRow { submitted_at: at(moment), ..referral(number) };
        tx.record_referral(&row).await.unwrap();
    }
    let other = ReferralRow { sender_oin: oin(9), ..referral(5) };
    tx.record_referral(&other).await.unwrap();
    let mut seen = Vec::new();
    let mut below = None;
    loop {
        let page = tx.referrals_of(&oin(1), below, 1).await.unwrap();
        let [row] = page.as_slice() else { break };
        seen.push(row.referral_id);
        below = Some((row.submitted_at, row.referral_id));
    }
    assert_eq!(seen, [id(4), id(3), id(2), id(1)]);
    let all = tx.referrals_of(&oin(1), None, 10).await.unwrap();
    assert_eq!(all.iter().map(|row| row.referral_id).collect::<Vec<_>>(), seen);
    assert_eq!(tx.referrals_of(&oin(8), None, 10).await.unwrap(), []);
}

async fn people_come_in_the_order_of_the_message(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (position, person) in [(2, 7), (1, 9), (3, 8)] {
        tx.insert_referral_person(id(1), position, subject(person)).await.unwrap();
    }
    tx.insert_referral_person(id(2), 1, subject(1)).await.unwrap();
    let found = tx.referral_subjects(id(1)).await.unwrap();
    assert_eq!(found, [(subject(9),), (subject(7),), (subject(8),)]);
    let twice = tx.insert_referral_person(id(1), 1, subject(5)).await;
    assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
}

fn earlier(number: u64, kind: LinkKind) -> EarlierRow {
    EarlierRow { referral_id: id(number), submitted_at: at(number), kind }
}

async fn earlier_referrals_about_a_person_are_found(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=5 {
        tx.record_referral(&referral(number)).await.unwrap();
        let person = if number == 3 { subject(2) } else { subject(1) };
        tx.insert_referral_person(id(number), 1, person).await.unwrap();
    }
    let kind = LinkKind::Person;
    let found = tx.earlier_about(subject(1), at(2), 10).await.unwrap();
    assert_eq!(found, [earlier(5, kind), earlier(4, kind), earlier(2, kind)]);
    let found = tx.earlier_about(subject(1), at(0), 2).await.unwrap();
    assert_eq!(found, [earlier(5, kind), earlier(4, kind)]);
    assert_eq!(tx.earlier_about(subject(3), at(0), 10).await.unwrap(), []);
}

async fn earlier_referrals_at_an_address_are_found(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=4 {
        let address = if number == 3 { subject(201) } else { subject(200) };
        tx.record_referral(&ReferralRow { address, ..referral(number) }).await.unwrap();
    }
    let kind = LinkKind::Address;
    let found = tx.earlier_at(subject(200), at(2), 10).await.unwrap();
    assert_eq!(found, [earlier(4, kind), earlier(2, kind)]);
    assert_eq!(tx.earlier_at(subject(200), at(0), 1).await.unwrap(), [earlier(4, kind)]);
}

async fn links_are_kept_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.insert_referral_link(id(9), id(2), LinkKind::Address).await.unwrap();
    tx.insert_referral_link(id(9), id(1), LinkKind::Person).await.unwrap();
    tx.insert_referral_link(id(9), id(1), LinkKind::Address).await.unwrap();
    let found = tx.referral_links(id(9)).await.unwrap();
    assert_eq!(found, [(id(1), LinkKind::Person), (id(2), LinkKind::Address)]);
    assert_eq!(tx.referral_links(id(1)).await.unwrap(), []);
}
