//! Handovers, and who directs a case and who is in its team afterwards.

use crate::domain::case::HandoverState;
use crate::domain::id::HandoverId;
use crate::store::error::Error;
use crate::store::{HandoverRow, MemberRow};

use super::samples::{case, case_ref, oin, user, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    a_handover_is_answered_once,
    handovers_of_a_case_come_newest_first,
    a_membership_ends_once,
    a_case_gets_another_direction,
);

fn handover(number: u64) -> HandoverRow {
    HandoverRow {
        handover_id: HandoverId::from_bytes(uuid(number)),
        case_ref: case_ref(1),
        from_oin: oin(3),
        to_oin: oin(4),
        offered_by_oin: oin(2),
        state: HandoverState::Offered,
        offered_at: at(number),
        answered_at: None,
        answered_by: None,
        content: vec![9; 40],
    }
}

async fn a_handover_is_answered_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.handover(handover(1).handover_id).await.unwrap(), None);
    tx.insert_handover(&handover(1)).await.unwrap();
    let accepted = HandoverRow {
        state: HandoverState::Accepted,
        answered_at: Some(at(7)),
        answered_by: Some(user("amw-1")),
        ..handover(1)
    };
    tx.answer_handover(&accepted).await.unwrap();
    assert_eq!(tx.handover(accepted.handover_id).await.unwrap(), Some(accepted.clone()));
    let declined = HandoverRow { state: HandoverState::Declined, ..accepted.clone() };
    let again = tx.answer_handover(&declined).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    assert_eq!(tx.handover(accepted.handover_id).await.unwrap(), Some(accepted));
}

async fn handovers_of_a_case_come_newest_first(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in [1, 3, 2] {
        tx.insert_handover(&handover(number)).await.unwrap();
    }
    let other = HandoverRow { case_ref: case_ref(2), ..handover(4) };
    tx.insert_handover(&other).await.unwrap();
    let found = tx.handovers_of(&case_ref(1), 2).await.unwrap();
    assert_eq!(found, [handover(3), handover(2)]);
}

async fn a_membership_ends_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let member = |from: u64, until: Option<u64>| MemberRow {
        oin: oin(3),
        kind: 1,
        reason: 0,
        member_from: at(from),
        member_until: until.map(at),
    };
    tx.insert_case_member(&case_ref(1), &member(1, Some(2))).await.unwrap();
    tx.insert_case_member(&case_ref(1), &member(5, None)).await.unwrap();
    tx.end_case_member(&case_ref(1), &oin(3), at(8)).await.unwrap();
    let found = tx.case_members(&case_ref(1)).await.unwrap();
    assert_eq!(found, [member(1, Some(2)), member(5, Some(8))]);
    let again = tx.end_case_member(&case_ref(1), &oin(3), at(9)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}

async fn a_case_gets_another_direction(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_case(&case(1)).await.unwrap();
    tx.direct_case(&case_ref(1), &user("nieuw"), &user("baas")).await.unwrap();
    let mut expected = case(1);
    (expected.process_director_user_id, expected.manager_user_id) = (user("nieuw"), user("baas"));
    assert_eq!(tx.case(&case_ref(1)).await.unwrap(), Some(expected));
}
