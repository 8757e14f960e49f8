//! What holds of a person for a time.

use crate::domain::event::EventCode;
use crate::domain::id::{EventId, GroupId};
use crate::store::error::Error;
use crate::store::{DisclosureRow, PersonFactKind, PersonFactRow};

use super::samples::{case_ref, oin, subject, user, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    facts_come_person_by_person_in_the_order_of_their_beginning,
    a_fact_ends_once_and_keeps_its_end,
    the_same_fact_may_hold_again_later,
    a_restriction_is_found_in_whatever_case_while_it_lasts,
    who_received_a_summary_about_a_person_is_found,
);

fn fact(kind: PersonFactKind, of: u8, other: u8, from: u64) -> PersonFactRow {
    PersonFactRow {
        subject: subject(of),
        kind: i64::from(kind.number()),
        other: subject(other),
        code: 2,
        counts_from: at(from),
        counts_until: None,
        decided_by: user("a"),
        supervisor_user_id: Some(user("b")),
        ended_by: None,
        end_supervisor_user_id: None,
    }
}

fn ended(row: &PersonFactRow, until: u64) -> PersonFactRow {
    PersonFactRow {
        counts_until: Some(at(until)),
        ended_by: Some(user("c")),
        end_supervisor_user_id: Some(user("d")),
        ..row.clone()
    }
}

use PersonFactKind::{Excluded, Represented, Restricted};

async fn facts_come_person_by_person_in_the_order_of_their_beginning(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let rows = [
        fact(Represented, 1, 3, 4),
        fact(Represented, 1, 2, 5),
        fact(Excluded, 1, 2, 1),
        fact(Represented, 2, 3, 0),
    ];
    for row in [&rows[3], &rows[1], &rows[2], &rows[0]] {
        tx.insert_person_fact(&case_ref(1), row).await.unwrap();
    }
    tx.insert_person_fact(&case_ref(2), &rows[0]).await.unwrap();
    assert_eq!(tx.person_facts(&case_ref(1)).await.unwrap(), rows);
    assert_eq!(tx.person_facts(&case_ref(3)).await.unwrap(), []);
}

async fn a_fact_ends_once_and_keeps_its_end(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = fact(Represented, 1, 2, 5);
    tx.insert_person_fact(&case_ref(1), &row).await.unwrap();
    tx.insert_person_fact(&case_ref(2), &row).await.unwrap();
    for missing in [fact(Represented, 1, 3, 5), fact(Excluded, 1, 2, 5), fact(Represented, 1, 2, 6)]
    {
        let refused = tx.end_person_fact(&case_ref(1), &ended(&missing, 9)).await;
        assert!(matches!(refused, Err(Error::Conflict)), "{refused:?}");
    }
    tx.end_person_fact(&case_ref(1), &ended(&row, 9)).await.unwrap();
    let again = tx.end_person_fact(&case_ref(1), &ended(&row, 10)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    assert_eq!(tx.person_facts(&case_ref(1)).await.unwrap(), [ended(&row, 9)]);
    assert_eq!(tx.person_facts(&case_ref(2)).await.unwrap(), [row]);
}

async fn the_same_fact_may_hold_again_later(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = fact(Represented, 1, 2, 5);
    tx.insert_person_fact(&case_ref(1), &row).await.unwrap();
    let twice = tx.insert_person_fact(&case_ref(1), &row).await;
    assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    tx.end_person_fact(&case_ref(1), &ended(&row, 9)).await.unwrap();
    let later = fact(Represented, 1, 2, 12);
    tx.insert_person_fact(&case_ref(1), &later).await.unwrap();
    assert_eq!(tx.person_facts(&case_ref(1)).await.unwrap(), [ended(&row, 9), later]);
}

async fn a_restriction_is_found_in_whatever_case_while_it_lasts(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let lasting = fact(Restricted, 1, 1, 5);
    let lifted = fact(Restricted, 2, 2, 5);
    tx.insert_person_fact(&case_ref(1), &lasting).await.unwrap();
    tx.insert_person_fact(&case_ref(2), &lifted).await.unwrap();
    tx.insert_person_fact(&case_ref(2), &fact(Excluded, 3, 4, 5)).await.unwrap();
    let everybody = [1, 2, 3].map(subject);
    let both = [(subject(1),), (subject(2),)];
    assert_eq!(tx.restricted_among(&everybody).await.unwrap(), both);
    tx.end_person_fact(&case_ref(2), &ended(&lifted, 9)).await.unwrap();
    assert_eq!(tx.restricted_among(&everybody).await.unwrap(), both[..1]);
    assert_eq!(tx.restricted_among(&everybody[1..]).await.unwrap(), []);
    assert_eq!(tx.restricted_among(&[]).await.unwrap(), []);
}

fn shared(number: u64, event: EventCode, about: u8, to: u64) -> DisclosureRow {
    DisclosureRow {
        idx: i64::try_from(number).unwrap(),
        event_id: EventId::from_bytes(uuid(number)),
        group_id: GroupId::from_bytes(uuid(number)),
        event_code: i64::from(event.number()),
        outcome: 0,
        denial: 0,
        disposition: 1,
        recorded_at: at(number),
        actor_oin: oin(to),
        actor_user_id: user("a"),
        sender_oin: Some(oin(1)),
        recipient_oin: Some(oin(to)),
        purpose: 1,
        basis: 1,
        categories: 1,
        case_ref: Some(case_ref(1)),
        message_id: None,
        subject: Some(subject(about)),
        sealed: Vec::new(),
        unread: Vec::new(),
    }
}

async fn who_received_a_summary_about_a_person_is_found(fixture: Fixture) {
    use EventCode::{AccessDenied, ConsentChecked, SummaryDelivered, SummaryRead, SummaryShared};
    let mut tx = fixture.write().await;
    let denied = DisclosureRow { outcome: 8, ..shared(5, AccessDenied, 1, 9) };
    let elsewhere = DisclosureRow { case_ref: Some(case_ref(2)), ..shared(6, SummaryRead, 1, 8) };
    for row in [
        shared(1, SummaryDelivered, 1, 4),
        shared(2, SummaryDelivered, 1, 4),
        shared(3, SummaryRead, 1, 3),
        shared(4, ConsentChecked, 1, 7),
        denied,
        elsewhere,
        shared(7, SummaryDelivered, 2, 6),
        shared(8, SummaryShared, 1, 5),
    ] {
        tx.insert_disclosure(row).await.unwrap();
    }
    let found = tx.received_about(&case_ref(1), subject(1)).await.unwrap();
    assert_eq!(found, [(oin(3),), (oin(4),), (oin(5),)]);
    assert_eq!(tx.received_about(&case_ref(1), subject(3)).await.unwrap(), []);
}
