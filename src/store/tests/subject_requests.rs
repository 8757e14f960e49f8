//! Requests of data subjects, and holds.

use crate::domain::id::{HoldId, SubjectRequestId};
use crate::store::error::Error;
use crate::store::subject_requests::WAITING;
use crate::store::{HoldRow, SubjectRequestRow};

use super::samples::{case_ref, oin, subject, uuid};
use super::{Fixture, at, explained, on_both_databases, plan_of};

on_both_databases!(
    a_request_is_kept_and_changed_by_one_writer_at_a_time,
    requests_are_listed_by_organisation_and_state,
    what_waits_for_an_answer_comes_by_its_term,
    holds_of_a_cause_are_listed_for_who_placed_them,
    a_hold_is_placed_and_lifted_once,
);

fn request(number: u64, of: u64) -> SubjectRequestRow {
    SubjectRequestRow {
        subject_request_id: SubjectRequestId::from_bytes(uuid(number)),
        oin: oin(of),
        case_ref: case_ref(1),
        subject: subject(1),
        requester: Some(subject(2)),
        capacity: 2,
        is_mandated: 0,
        state: 1,
        verdict: 1,
        ending: None,
        version: 1,
        received_at: at(0),
        due_at: at(100),
        reported_at: None,
        closed_at: None,
        content: vec![1, 2, 0],
    }
}

async fn a_request_is_kept_and_changed_by_one_writer_at_a_time(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = request(1, 1);
    assert_eq!(tx.subject_request(row.subject_request_id).await.unwrap(), None);
    tx.insert_subject_request(&row).await.unwrap();
    let changed = SubjectRequestRow {
        state: 5,
        verdict: 4,
        ending: Some(2),
        version: 2,
        due_at: at(300),
        reported_at: Some(at(4)),
        closed_at: Some(at(5)),
        content: vec![9],
        ..row
    };
    tx.update_subject_request(&changed).await.unwrap();
    let id = changed.subject_request_id;
    assert_eq!(tx.subject_request(id).await.unwrap(), Some(changed.clone()));
    let stale = tx.update_subject_request(&changed).await;
    assert!(matches!(stale, Err(Error::Conflict)), "{stale:?}");
}

async fn requests_are_listed_by_organisation_and_state(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let rows = [request(1, 1), request(2, 2), SubjectRequestRow { state: 4, ..request(3, 1) }];
    for row in &rows {
        tx.insert_subject_request(row).await.unwrap();
    }
    let mine = oin(1);
    let all = tx.subject_requests((None, 0), None, 10).await.unwrap();
    assert_eq!(all, rows);
    let own = tx.subject_requests((Some(&mine), 0), None, 10).await.unwrap();
    assert_eq!(own, [rows[0].clone(), rows[2].clone()]);
    let refused = tx.subject_requests((Some(&mine), 4), None, 10).await.unwrap();
    assert_eq!(refused, [rows[2].clone()]);
    let after = Some(rows[0].subject_request_id);
    assert_eq!(tx.subject_requests((Some(&mine), 0), after, 10).await.unwrap(), refused);
    assert_eq!(tx.subject_requests((None, 0), after, 1).await.unwrap(), [rows[1].clone()]);
}

async fn what_waits_for_an_answer_comes_by_its_term(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (number, of, due, state) in
        [(1, 1, 300, 1), (2, 2, 200, 3), (3, 1, 100, 4), (4, 1, 50, 5), (5, 1, 300, 2)]
    {
        let row = SubjectRequestRow { due_at: at(due), state, ..request(number, of) };
        tx.insert_subject_request(&row).await.unwrap();
    }
    let mine = oin(1);
    for (of, expected) in [(None, vec![3, 2, 1, 5]), (Some(&mine), vec![3, 1, 5])] {
        let mut read = Vec::new();
        let mut after = None;
        loop {
            let page = tx.waiting_subject_requests(of, after, 1).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.due_at, last.subject_request_id));
            read.push(last.subject_request_id);
        }
        let expected: Vec<_> =
            expected.into_iter().map(|one| SubjectRequestId::from_bytes(uuid(one))).collect();
        assert_eq!(read, expected);
    }
    for number in 100..400 {
        let row = SubjectRequestRow { state: 5, ..request(number, 1) };
        tx.insert_subject_request(&row).await.unwrap();
    }
    tx.query("ANALYZE subject_requests").execute().await.unwrap();
    if matches!(fixture.place, super::Place::Postgres { .. }) {
        // Small tables are read whole there; this asks what could be used.
        tx.query("SET LOCAL enable_seqscan = off").execute().await.unwrap();
    }
    let asked = tx.query(explained(WAITING.into()));
    let first = SubjectRequestId::from_bytes([0; 16]);
    let asked = asked.bind(at(0)).bind(first).bind(Some(mine)).bind(10_i64);
    let plan = plan_of(asked, &fixture.place).await;
    assert!(plan.contains("subject_requests_waiting"), "{plan}");
}

async fn holds_of_a_cause_are_listed_for_who_placed_them(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let hold = |number, cause, of| HoldRow {
        hold_id: HoldId::from_bytes(uuid(number)),
        cause,
        oin: oin(of),
        reason: (cause == 2).then_some(3),
        case_ref: (cause == 2).then(|| case_ref(1)),
        subject: None,
        group_id: None,
        from_at: None,
        until_at: None,
        placed_at: at(2),
        lifted_at: None,
    };
    let rows = [hold(1, 2, 1), hold(2, 4, 1), hold(3, 2, 2), hold(4, 2, 1), hold(5, 2, 1)];
    for row in &rows {
        tx.place_hold(row).await.unwrap();
    }
    tx.lift_hold(rows[4].hold_id, at(3)).await.unwrap();
    let mine = oin(1);
    let own = tx.holds_of((Some(&mine), 2), None, 10).await.unwrap();
    assert_eq!(own, [rows[0].clone(), rows[3].clone()]);
    let all = tx.holds_of((None, 2), None, 10).await.unwrap();
    assert_eq!(all, [rows[0].clone(), rows[2].clone(), rows[3].clone()]);
    let after = Some(rows[0].hold_id);
    assert_eq!(tx.holds_of((None, 2), after, 1).await.unwrap(), [rows[2].clone()]);
}

async fn a_hold_is_placed_and_lifted_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let hold = |number| HoldRow {
        hold_id: HoldId::from_bytes(uuid(number)),
        cause: 4,
        oin: oin(1),
        reason: None,
        case_ref: None,
        subject: Some(subject(1)),
        group_id: None,
        from_at: Some(at(1)),
        until_at: None,
        placed_at: at(2),
        lifted_at: None,
    };
    for number in [1, 2] {
        tx.place_hold(&hold(number)).await.unwrap();
    }
    let twice = tx.place_hold(&hold(1)).await;
    assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    assert_eq!(tx.holds_in_force(None, 10).await.unwrap(), [hold(1), hold(2)]);
    let after = Some(hold(1).hold_id);
    assert_eq!(tx.holds_in_force(after, 10).await.unwrap(), [hold(2)]);
    tx.lift_hold(hold(1).hold_id, at(9)).await.unwrap();
    let lifted = HoldRow { lifted_at: Some(at(9)), ..hold(1) };
    assert_eq!(tx.hold(lifted.hold_id).await.unwrap(), Some(lifted.clone()));
    assert_eq!(tx.holds_in_force(None, 10).await.unwrap(), [hold(2)]);
    let again = tx.lift_hold(lifted.hold_id, at(9)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}
