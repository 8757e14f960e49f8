//! Referrals, their people and what links them.

use crate::domain::id::ReferralId;
use crate::domain::referral::{SendBackReason, State, TriageOutcome};
use crate::store::error::Error;
use crate::store::{
    DisclosureRow, EarlierRow, Incoming, LinkKind, Needs, NewEntry, ReferralRow, Transition,
};

use super::samples::{entry, oin, referral, subject, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    a_referral_is_stored_once,
    a_referral_goes_from_state_to_state_and_keeps_what_was_noted,
    a_referral_in_another_state_is_left_alone,
    a_sender_pages_through_its_referrals_newest_first,
    people_come_in_the_order_of_the_message,
    earlier_referrals_about_a_person_are_found,
    earlier_referrals_at_an_address_are_found,
    what_is_read_ahead_is_what_is_read_alone,
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
    row.receipt = "signed".to_owned();
    assert_eq!(tx.referral_name(id(1)).await.unwrap(), None);
    tx.insert_referral(&row).await.unwrap();
    let other = ReferralRow { content: vec![1], ..row.clone() };
    tx.begin_part();
    let twice = tx.insert_referral(&other).await;
    assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    tx.end_part(false).await.unwrap();
    let name = tx.referral_name(id(1)).await.unwrap().unwrap();
    assert_eq!((name.sender_oin, name.request_id), (oin(1), row.request_id));
    assert_eq!(name.body_digest, row.body_digest);
    assert_eq!(tx.referral(id(1)).await.unwrap(), Some(row));
}

async fn a_referral_goes_from_state_to_state_and_keeps_what_was_noted(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.insert_referral(&referral(1)).await.unwrap();
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
        // The first of the two that it was given.
        next_due_at: Some(at(50)),
        feedback_sent_at: Some(at(8)),
        send_back_reason: Some(SendBackReason::WrongRegion),
        ..referral(1)
    };
    assert_eq!(tx.referral(id(1)).await.unwrap(), Some(expected));
}

async fn a_referral_in_another_state_is_left_alone(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.insert_referral(&referral(1)).await.unwrap();
    let nothing = Transition::default();
    for (number, from) in [(1, State::Delivered), (2, State::Routed)] {
        let moved = tx.update_referral(id(number), from, State::Acknowledged, &nothing).await;
        assert!(matches!(moved, Err(Error::Conflict)), "{moved:?}");
    }
    assert_eq!(tx.referral(id(1)).await.unwrap(), Some(referral(1)));
}

async fn a_sender_pages_through_its_referrals_newest_first(fixture: Fixture) {
    let mut tx = fixture.write().await;
    // Two were stored in the same moment: the id decides.
    for (number, moment) in [(1, 10), (2, 20), (3, 20), (4, 30)] {
        let row = ReferralRow { submitted_at: at(moment), ..referral(number) };
        tx.insert_referral(&row).await.unwrap();
    }
    let other = ReferralRow { sender_oin: oin(9), ..referral(5) };
    tx.insert_referral(&other).await.unwrap();
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
    let subjects = [9, 7, 8].map(|person| *subject(person).as_bytes()).concat();
    tx.insert_referral(&ReferralRow { subjects, ..referral(1) }).await.unwrap();
    let row = tx.referral(id(1)).await.unwrap().unwrap();
    assert_eq!(row.people().unwrap(), [subject(9), subject(7), subject(8)]);
    let cut = ReferralRow { subjects: vec![1; 33], ..row };
    assert!(matches!(cut.people(), Err(Error::Corrupt { .. })));
}

fn earlier(number: u64, kind: LinkKind) -> EarlierRow {
    EarlierRow { referral_id: id(number), submitted_at: at(number), kind }
}

/// A referral about a person, as the log tells it.
fn about(number: u64, person: u8) -> DisclosureRow {
    let NewEntry { row, .. } = entry(number);
    DisclosureRow {
        idx: i64::try_from(number).unwrap(),
        subject: Some(subject(person)),
        message_id: Some(uuid(number).to_vec()),
        ..row
    }
}

async fn earlier_referrals_about_a_person_are_found(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=5 {
        let person = if number == 3 { 2 } else { 1 };
        tx.insert_disclosure(about(number, person)).await.unwrap();
    }
    // What happened to a referral later does not make it another one.
    let delivered = DisclosureRow { event_code: 3, ..about(6, 1) };
    tx.insert_disclosure(delivered).await.unwrap();
    let kind = LinkKind::Person;
    let found = tx.earlier(LinkKind::Person, subject(1), at(2)).await.unwrap();
    assert_eq!(found, [earlier(5, kind), earlier(4, kind), earlier(2, kind)]);
    assert_eq!(tx.earlier(LinkKind::Person, subject(3), at(0)).await.unwrap(), []);
}

async fn earlier_referrals_at_an_address_are_found(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=4 {
        let address = if number == 3 { subject(201) } else { subject(200) };
        tx.insert_referral(&ReferralRow { address, ..referral(number) }).await.unwrap();
    }
    let kind = LinkKind::Address;
    let found = tx.earlier(LinkKind::Address, subject(200), at(2)).await.unwrap();
    assert_eq!(found, [earlier(4, kind), earlier(2, kind)]);
}

/// Read for a whole batch at once or one by one, with those that the batch itself stores: the same.
async fn what_is_read_ahead_is_what_is_read_alone(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=3 {
        tx.insert_referral(&referral(number)).await.unwrap();
        tx.insert_disclosure(about(number, 1)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (mut alone, mut ahead) = (fixture.read().await, fixture.read().await);
    let needs = Needs {
        referrals: vec![id(2), id(9)],
        subjects: vec![subject(1), subject(4), subject(1)],
        addresses: vec![subject(200), subject(201)],
        from: Some(at(2)),
        ..Needs::default()
    };
    ahead.read_ahead(needs).await.unwrap();
    for tx in [&mut alone, &mut ahead] {
        tx.take_referral(Incoming {
            referral_id: id(4),
            subjects: vec![subject(1), subject(5)],
            address: subject(201),
            submitted_at: at(4),
        });
    }
    for person in [1, 4, 5] {
        let expected = alone.earlier(LinkKind::Person, subject(person), at(2)).await.unwrap();
        assert_eq!(
            ahead.earlier(LinkKind::Person, subject(person), at(2)).await.unwrap(),
            expected
        );
    }
    for address in [200, 201] {
        let expected = alone.earlier(LinkKind::Address, subject(address), at(3)).await.unwrap();
        assert_eq!(
            ahead.earlier(LinkKind::Address, subject(address), at(3)).await.unwrap(),
            expected
        );
    }
    for number in [2, 9] {
        let expected = alone.referral_name(id(number)).await.unwrap();
        assert_eq!(ahead.referral_name(id(number)).await.unwrap(), expected);
    }
    assert!(matches!(ahead.referral_name(id(4)).await, Err(Error::InFlight)));
    let person = LinkKind::Person;
    let found = ahead.earlier(LinkKind::Person, subject(1), at(2)).await.unwrap();
    assert_eq!(found, [earlier(4, person), earlier(3, person), earlier(2, person)]);
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
