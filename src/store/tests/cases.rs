//! Cases, members and people.

use crate::store::error::Error;
use crate::store::{MemberRow, PersonRow};

use super::samples::{case, case_ref, oin, subject};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    a_case_is_stored_once,
    a_case_moves_on_from_the_version_that_was_read,
    facts_of_a_case_have_a_version_that_rises,
    what_counts_everywhere_raises_the_facts_of_every_case_of_the_person,
    members_come_in_the_order_in_which_they_joined,
    people_of_a_case_come_in_order,
    what_is_sealed_of_a_person_is_changed,
);

async fn a_case_is_stored_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.case(&case_ref(1)).await.unwrap(), None);
    assert!(tx.record_case(&case(1)).await.unwrap());
    let mut other = case(1);
    other.content = vec![8];
    assert!(!tx.record_case(&other).await.unwrap());
    assert_eq!(tx.case(&case_ref(1)).await.unwrap(), Some(case(1)));
}

async fn a_case_moves_on_from_the_version_that_was_read(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_case(&case(1)).await.unwrap();
    tx.update_case(&case(1), 2, 3, vec![4]).await.unwrap();
    let mut moved = case(1);
    (moved.state, moved.phase, moved.content, moved.version) = (2, 3, vec![4], 2);
    assert_eq!(tx.case(&case_ref(1)).await.unwrap(), Some(moved.clone()));
    for stale in [case(1), case(2)] {
        let updated = tx.update_case(&stale, 9, 9, vec![9]).await;
        assert!(matches!(updated, Err(Error::Conflict)), "{updated:?}");
    }
    assert_eq!(tx.case(&case_ref(1)).await.unwrap(), Some(moved));
}

async fn facts_of_a_case_have_a_version_that_rises(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.facts_version(&case_ref(1)).await.unwrap(), None);
    let raised = tx.raise_facts_version(&case_ref(1)).await;
    assert!(matches!(raised, Err(Error::Conflict)), "{raised:?}");
    tx.record_case(&case(1)).await.unwrap();
    assert_eq!(tx.facts_version(&case_ref(1)).await.unwrap(), Some(1));
    tx.raise_facts_version(&case_ref(1)).await.unwrap();
    assert_eq!(tx.facts_version(&case_ref(1)).await.unwrap(), Some(2));
    assert_eq!(tx.case(&case_ref(1)).await.unwrap().unwrap().version, 1);
}

async fn what_counts_everywhere_raises_the_facts_of_every_case_of_the_person(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (number, people) in [(1, [1, 2]), (2, [2, 1]), (3, [3, 4])] {
        tx.record_case(&case(number)).await.unwrap();
        for (position, person) in (0..).zip(people) {
            let person = PersonRow { position, subject: subject(person), content: vec![1] };
            tx.insert_case_person(&case_ref(number), &person).await.unwrap();
        }
    }
    tx.raise_facts_of(&case_ref(2), subject(1)).await.unwrap();
    tx.raise_facts_elsewhere(&case_ref(1), subject(2)).await.unwrap();
    for (number, version) in [(1, 2), (2, 3), (3, 1)] {
        assert_eq!(tx.facts_version(&case_ref(number)).await.unwrap(), Some(version), "{number}");
    }
}

/// Promise 3 rests on it: a decision that read the facts keeps a change of them waiting until its
/// entry is durable.
#[tokio::test]
async fn a_change_of_facts_waits_for_decisions_in_flight_on_postgresql() {
    let fixture = Fixture::postgres().await;
    let mut tx = fixture.write().await;
    tx.record_case(&case(1)).await.unwrap();
    tx.commit().await.unwrap();

    let mut decision = fixture.write().await;
    assert_eq!(decision.facts_version(&case_ref(1)).await.unwrap(), Some(1));
    let mut second = fixture.write().await;
    assert_eq!(second.facts_version(&case_ref(1)).await.unwrap(), Some(1));
    let mut change = fixture.write().await;
    change.query("SET LOCAL lock_timeout = 20").execute().await.unwrap();
    let raised = change.raise_facts_version(&case_ref(1)).await;
    assert!(matches!(raised, Err(Error::Busy(_))), "{raised:?}");
    drop(change);

    decision.commit().await.unwrap();
    second.commit().await.unwrap();
    let mut change = fixture.write().await;
    change.raise_facts_version(&case_ref(1)).await.unwrap();
}

async fn members_come_in_the_order_in_which_they_joined(fixture: Fixture) {
    let member = |number: u64, from: u64, until: Option<u64>| MemberRow {
        oin: oin(number),
        kind: 1,
        reason: 0,
        member_from: at(from),
        member_until: until.map(at),
    };
    let mut tx = fixture.write().await;
    for row in [member(3, 5, None), member(4, 1, Some(9)), member(2, 5, None)] {
        tx.insert_case_member(&case_ref(1), &row).await.unwrap();
    }
    tx.insert_case_member(&case_ref(2), &member(9, 1, None)).await.unwrap();
    let found = tx.case_members(&case_ref(1)).await.unwrap();
    assert_eq!(found, [member(4, 1, Some(9)), member(2, 5, None), member(3, 5, None)]);
    let twice = tx.insert_case_member(&case_ref(1), &member(4, 1, None)).await;
    assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    // Whoever left may come back.
    tx.insert_case_member(&case_ref(1), &member(4, 10, None)).await.unwrap();
    assert_eq!(tx.case_members(&case_ref(1)).await.unwrap().len(), 4);
    // But nobody is a member twice at a time.
    let twice = tx.insert_case_member(&case_ref(1), &member(4, 11, None)).await;
    assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    tx.end_case_member(&case_ref(1), &oin(4), at(12)).await.unwrap();
}

async fn people_of_a_case_come_in_order(fixture: Fixture) {
    let person =
        |position| PersonRow { position, subject: subject(1), content: vec![0, 1, 0xff, 0] };
    let mut tx = fixture.write().await;
    for position in [2, 1] {
        tx.insert_case_person(&case_ref(1), &person(position)).await.unwrap();
    }
    assert_eq!(tx.case_persons(&case_ref(1)).await.unwrap(), [person(1), person(2)]);
    assert_eq!(tx.case_persons(&case_ref(2)).await.unwrap(), []);
    let twice = tx.insert_case_person(&case_ref(1), &person(2)).await;
    assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
}

async fn what_is_sealed_of_a_person_is_changed(fixture: Fixture) {
    let person = |position, subject, content| PersonRow { position, subject, content };
    let mut tx = fixture.write().await;
    for number in [1_u8, 2] {
        let row = person(i64::from(number), subject(number), vec![1]);
        tx.insert_case_person(&case_ref(1), &row).await.unwrap();
        tx.insert_case_person(&case_ref(2), &row).await.unwrap();
    }
    tx.update_case_person(&case_ref(1), subject(2), vec![2]).await.unwrap();
    let expected = [person(1, subject(1), vec![1]), person(2, subject(2), vec![2])];
    assert_eq!(tx.case_persons(&case_ref(1)).await.unwrap(), expected);
    assert_eq!(tx.case_persons(&case_ref(2)).await.unwrap()[1].content, [1]);
    let missing = tx.update_case_person(&case_ref(1), subject(3), vec![2]).await;
    assert!(matches!(missing, Err(Error::Conflict)), "{missing:?}");
}
