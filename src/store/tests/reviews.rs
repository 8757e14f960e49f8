//! Reviews, votes, who is told of them, and incidents.

use std::slice::from_ref;

use crate::domain::id::{GroupId, IncidentId, ReviewId};
use crate::domain::review::ReviewState;
use crate::domain::time::Timestamp;
use crate::store::error::Error;
use crate::store::reviews::{CLOSED, OPEN_OF_PARTY, STATE_OF_ACT};
use crate::store::{
    AssignmentRow, IncidentRow, InformationRow, ReviewChangeRow, ReviewQuery, ReviewRow, VoteRow,
};

use super::samples::{case_ref, oin, subject, user, uuid};
use super::{Fixture, at, explained, on_both_databases, plan_of};

on_both_databases!(
    a_review_is_read_back_as_it_was_kept,
    both_parties_and_nobody_else_have_a_review_in_their_queue,
    a_queue_is_read_in_the_order_in_which_reviews_are_due,
    what_is_closed_leaves_the_queue_and_stays_in_the_list,
    what_was_closed_last_comes_first,
    a_vote_by_a_stale_reader_is_a_conflict,
    votes_come_in_their_order,
    the_review_of_an_act_is_found_by_index,
    what_was_answered_comes_in_its_order_and_moves_the_review_on,
    a_seat_has_the_officer_who_took_it_last,
    both_parties_are_told_of_every_change_once,
    an_incident_is_listed_for_the_organisation_that_must_notify,
    a_review_opens_one_incident,
    an_incident_is_answered_once,
    queues_are_read_by_index,
);

fn id(number: u64) -> ReviewId {
    ReviewId::from_bytes(uuid(number))
}

fn review(number: u64, from: u64, to: u64, due: u64) -> ReviewRow {
    ReviewRow {
        review_id: id(number),
        version: 1,
        state: 1,
        cause: 3,
        case_ref: case_ref(1),
        group_id: GroupId::from_bytes(uuid(number)),
        idx: i64::try_from(number).unwrap() * 10,
        discloser_oin: oin(from),
        discloser_role: 5,
        recipient_oin: oin(to),
        recipient_role: 2,
        purpose: 2,
        basis: 2,
        categories: (1 << 40) | 1,
        is_override: 1,
        takes_two: 1,
        declared_by: user("ggz-0207"),
        declared_for: number.is_multiple_of(2).then(|| user("ggz-0208")),
        consulted: (number % 2 == 1).then(|| user("ggz-0310")),
        declared_at: at(0),
        expires_at: at(86_400),
        due_at: at(due),
        closed_at: None,
        subjects: subject(1).as_bytes().to_vec(),
        content: vec![1, 2, 0],
    }
}

fn vote(row: &ReviewRow, position: i64, idx: i64) -> VoteRow {
    VoteRow {
        review_id: row.review_id,
        position,
        seat: position - 1,
        oin: oin(1),
        user_id: user("fg-ggz-01"),
        verdict: 4,
        voted_at: at(9),
        idx,
        content: vec![9, 9],
        unread: Vec::new(),
    }
}

fn query(party: Option<u64>, open_only: bool) -> ReviewQuery {
    ReviewQuery { party: party.map(oin), open_only, after: None }
}

async fn a_review_is_read_back_as_it_was_kept(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [review(1, 1, 2, 50), review(2, 1, 2, 50)] {
        tx.insert_review(&row).await.unwrap();
        assert_eq!(tx.review(row.review_id).await.unwrap(), Some(row));
    }
    assert_eq!(tx.review(id(3)).await.unwrap(), None);
    assert_eq!(tx.votes(id(1)).await.unwrap(), []);
    let again = tx.insert_review(&review(1, 1, 2, 60)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}

async fn both_parties_and_nobody_else_have_a_review_in_their_queue(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let (one, other) = (review(1, 1, 2, 50), review(2, 2, 3, 60));
    for row in [&one, &other] {
        tx.insert_review(row).await.unwrap();
    }
    for open_only in [true, false] {
        let of = |party| query(party, open_only);
        assert_eq!(tx.reviews(&of(Some(1)), 9).await.unwrap(), from_ref(&one));
        assert_eq!(tx.reviews(&of(Some(2)), 9).await.unwrap(), [one.clone(), other.clone()]);
        assert_eq!(tx.reviews(&of(Some(3)), 9).await.unwrap(), from_ref(&other));
        assert_eq!(tx.reviews(&of(Some(4)), 9).await.unwrap(), []);
        assert_eq!(tx.reviews(&of(None), 9).await.unwrap(), [one.clone(), other.clone()]);
    }
}

async fn a_queue_is_read_in_the_order_in_which_reviews_are_due(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let rows = [(4, 1, 2, 90), (1, 1, 2, 70), (2, 3, 1, 50), (3, 1, 2, 70)]
        .map(|(number, from, to, due)| review(number, from, to, due));
    for row in &rows {
        tx.insert_review(row).await.unwrap();
    }
    for party in [Some(1), None] {
        let mut read: Vec<ReviewRow> = Vec::new();
        let mut place: Option<(Timestamp, ReviewId)> = None;
        loop {
            let page = ReviewQuery { after: place, ..query(party, true) };
            let page = tx.reviews(&page, 1).await.unwrap();
            let Some(last) = page.last() else { break };
            place = Some((last.due_at, last.review_id));
            read.extend(page);
        }
        let order: Vec<ReviewId> = read.iter().map(|row| row.review_id).collect();
        assert_eq!(order, [id(2), id(1), id(3), id(4)], "{party:?}");
    }
}

async fn what_is_closed_leaves_the_queue_and_stays_in_the_list(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for state in ReviewState::ALL {
        let number = u64::from(state.number());
        let row = ReviewRow { state: i64::from(state.number()), ..review(number, 1, 2, number) };
        tx.insert_review(&row).await.unwrap();
    }
    let open = ReviewState::ALL.iter().filter(|state| !state.is_closed()).count();
    for party in [Some(1), Some(2), None] {
        assert_eq!(tx.reviews(&query(party, true), 99).await.unwrap().len(), open);
        let all = tx.reviews(&query(party, false), 99).await.unwrap();
        assert_eq!(all.len(), ReviewState::ALL.len());
    }
}

async fn what_was_closed_last_comes_first(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (number, from, to, closed) in
        [(1, 1, 2, Some(70)), (2, 3, 1, Some(90)), (3, 1, 2, None), (4, 2, 3, Some(70))]
    {
        let closed_at = closed.map(at);
        let state = if closed_at.is_some() { 4 } else { 1 };
        let row = ReviewRow { state, closed_at, ..review(number, from, to, number) };
        tx.insert_review(&row).await.unwrap();
    }
    let first = (at(100), id(0));
    for (party, expected) in
        [(None, vec![2, 4, 1]), (Some(1), vec![2, 1]), (Some(2), vec![4, 1]), (Some(9), vec![])]
    {
        let mut read = Vec::new();
        let mut before = first;
        loop {
            let party = party.map(oin);
            let page = tx.closed_reviews(party.as_ref(), before, 1).await.unwrap();
            let Some(last) = page.last() else { break };
            before = (last.closed_at.unwrap(), last.review_id);
            read.push(last.review_id);
        }
        assert_eq!(read, expected.into_iter().map(id).collect::<Vec<_>>(), "{party:?}");
    }
}

async fn a_vote_by_a_stale_reader_is_a_conflict(fixture: Fixture) {
    let row = review(1, 1, 2, 50);
    let mut tx = fixture.write().await;
    tx.insert_review(&row).await.unwrap();
    let closed = ReviewRow { state: 4, closed_at: Some(at(9)), ..row.clone() };
    tx.add_vote(&closed, &vote(&row, 1, 11)).await.unwrap();
    assert_eq!(tx.review(id(1)).await.unwrap(), Some(ReviewRow { version: 2, ..closed.clone() }));
    let stale = tx.add_vote(&closed, &vote(&row, 2, 12)).await;
    assert!(matches!(stale, Err(Error::Conflict)), "{stale:?}");
}

async fn the_review_of_an_act_is_found_by_index(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..200 {
        let state = if number == 7 { 5 } else { 1 };
        tx.insert_review(&ReviewRow { state, ..review(number, 1, 2, 50) }).await.unwrap();
    }
    let act = |number| GroupId::from_bytes(uuid(number));
    assert_eq!(tx.review_state_of_act(act(7)).await.unwrap(), Some(5));
    assert_eq!(tx.review_state_of_act(act(300)).await.unwrap(), None);
    tx.query("ANALYZE reviews").execute().await.unwrap();
    if matches!(fixture.place, super::Place::Postgres { .. }) {
        // Small tables are read whole there; this asks what could be used.
        tx.query("SET LOCAL enable_seqscan = off").execute().await.unwrap();
    }
    let asked = tx.query(explained(STATE_OF_ACT.into())).bind(act(7));
    let plan = plan_of(asked, &fixture.place).await;
    assert!(plan.contains("reviews_by_group"), "{plan}");
}

async fn votes_come_in_their_order(fixture: Fixture) {
    let row = review(1, 1, 2, 50);
    let mut tx = fixture.write().await;
    tx.insert_review(&row).await.unwrap();
    tx.insert_review(&review(2, 1, 2, 50)).await.unwrap();
    for position in [1, 2, 3] {
        let read = ReviewRow { version: position, ..row.clone() };
        tx.add_vote(&read, &vote(&row, position, 10 + position)).await.unwrap();
    }
    let expected = [1, 2, 3].map(|position| vote(&row, position, 10 + position));
    assert_eq!(tx.votes(id(1)).await.unwrap(), expected);
    assert_eq!(tx.votes(id(2)).await.unwrap(), []);
}

async fn what_was_answered_comes_in_its_order_and_moves_the_review_on(fixture: Fixture) {
    let row = review(1, 1, 2, 50);
    let mut tx = fixture.write().await;
    tx.insert_review(&row).await.unwrap();
    let answer = |position: i64| InformationRow {
        review_id: row.review_id,
        position,
        after_votes: 2 * position,
        oin: oin(1),
        user_id: user("ggz-0207"),
        given_at: at(7),
        idx: 10 + position,
        content: vec![8, 0, 8],
        unread: Vec::new(),
    };
    for position in [1, 2] {
        let read = ReviewRow { version: position, state: position, ..row.clone() };
        tx.add_review_information(&read, &answer(position)).await.unwrap();
    }
    assert_eq!(tx.review_information(id(1)).await.unwrap(), [answer(1), answer(2)]);
    assert_eq!(tx.review_information(id(2)).await.unwrap(), []);
    let moved = ReviewRow { version: 3, state: 2, ..row.clone() };
    assert_eq!(tx.review(id(1)).await.unwrap(), Some(moved));
    assert_eq!(tx.last_review_change(None).await.unwrap(), Some(12), "watchers are told");
    let stale = tx.add_review_information(&row, &answer(3)).await;
    assert!(matches!(stale, Err(Error::Conflict)), "{stale:?}");
}

async fn a_seat_has_the_officer_who_took_it_last(fixture: Fixture) {
    let row = review(1, 1, 2, 50);
    let mut tx = fixture.write().await;
    tx.insert_review(&row).await.unwrap();
    let taken = |seat, by: &str, second| AssignmentRow {
        review_id: row.review_id,
        seat,
        oin: oin(1),
        user_id: user(by),
        assigned_at: at(second),
    };
    for (number, one) in [(11, taken(2, "fg-2", 1)), (12, taken(1, "fg-1", 2))] {
        tx.assign_review(&row, &one, number).await.unwrap();
    }
    tx.assign_review(&row, &taken(2, "fg-3", 3), 13).await.unwrap();
    let expected = [taken(1, "fg-1", 2), taken(2, "fg-3", 3)];
    assert_eq!(tx.review_assignments(row.review_id).await.unwrap(), expected);
    assert_eq!(tx.review_assignments(id(2)).await.unwrap(), []);
    assert_eq!(tx.last_review_change(None).await.unwrap(), Some(13));
}

async fn both_parties_are_told_of_every_change_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for party in [Some(oin(1)), None] {
        assert_eq!(tx.last_review_change(party.as_ref()).await.unwrap(), None);
        assert_eq!(tx.review_changes(party.as_ref(), -1, 9).await.unwrap(), []);
    }
    let (one, other) = (review(1, 1, 2, 50), review(2, 2, 3, 60));
    for row in [&one, &other] {
        tx.insert_review(row).await.unwrap();
    }
    tx.add_vote(&one, &vote(&one, 1, 30)).await.unwrap();
    let told = |idx, review| ReviewChangeRow { idx, review_id: id(review) };
    for (party, all, last) in [
        (Some(oin(1)), vec![told(30, 1)], 30),
        (Some(oin(2)), vec![told(20, 2), told(30, 1)], 30),
        (Some(oin(3)), vec![told(20, 2)], 20),
        (None, vec![told(20, 2), told(30, 1)], 30),
    ] {
        assert_eq!(tx.review_changes(party.as_ref(), -1, 9).await.unwrap(), all);
        assert_eq!(tx.review_changes(party.as_ref(), last, 9).await.unwrap(), []);
        assert_eq!(tx.last_review_change(party.as_ref()).await.unwrap(), Some(last));
    }
    // Page by page: the last place of a page is where the next one goes on.
    assert_eq!(tx.review_changes(Some(&oin(2)), -1, 1).await.unwrap(), [told(10, 1)]);
    assert_eq!(tx.review_changes(Some(&oin(2)), 10, 1).await.unwrap(), [told(20, 2)]);
    assert_eq!(tx.review_changes(None, -1, 1).await.unwrap(), [told(10, 1)]);
    assert_eq!(tx.review_changes(Some(&oin(4)), -1, 9).await.unwrap(), []);
}

fn incident(number: u64, of: u64, review: Option<u64>, due: u64) -> IncidentRow {
    IncidentRow {
        incident_id: IncidentId::from_bytes(uuid(number)),
        oin: oin(of),
        cause: 1,
        review_id: review.map(id),
        case_ref: review.map(|_| case_ref(1)),
        idx: 7,
        aware_at: at(due),
        notify_due_at: at(due + 72 * 3600),
        subjects: subject(1).as_bytes().to_vec(),
        notification: None,
        notified_at: None,
        motivation: None,
    }
}

async fn an_incident_is_answered_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = incident(1, 1, Some(5), 10);
    tx.insert_incident(&row).await.unwrap();
    assert_eq!(tx.incident(row.incident_id).await.unwrap(), Some(row.clone()));
    let answered = IncidentRow {
        notification: Some(1),
        notified_at: Some(at(99)),
        motivation: Some("Found in phases.".to_owned()),
        ..row
    };
    tx.answer_incident(&answered).await.unwrap();
    assert_eq!(tx.incident(answered.incident_id).await.unwrap(), Some(answered.clone()));
    assert_eq!(tx.incidents(None, None, 9).await.unwrap(), from_ref(&answered));
    let again = tx.answer_incident(&IncidentRow { motivation: None, ..answered }).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}

async fn an_incident_is_listed_for_the_organisation_that_must_notify(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let rows = [incident(2, 1, Some(5), 10), incident(1, 1, None, 20), incident(3, 2, None, 15)];
    for row in [&rows[1], &rows[0], &rows[2]] {
        tx.insert_incident(row).await.unwrap();
    }
    let of = oin(1);
    assert_eq!(tx.incidents(Some(&of), None, 9).await.unwrap(), rows[..2]);
    assert_eq!(tx.incidents(Some(&of), None, 1).await.unwrap(), rows[..1]);
    let after = Some((rows[0].notify_due_at, rows[0].incident_id));
    assert_eq!(tx.incidents(Some(&of), after, 9).await.unwrap(), rows[1..2]);
    assert_eq!(tx.incidents(Some(&oin(3)), None, 9).await.unwrap(), []);
    let all = [rows[0].clone(), rows[2].clone(), rows[1].clone()];
    assert_eq!(tx.incidents(None, None, 9).await.unwrap(), all);
    assert_eq!(tx.incident_of_review(id(5)).await.unwrap(), Some(rows[0].clone()));
    assert_eq!(tx.incident_of_review(id(6)).await.unwrap(), None);
}

async fn a_review_opens_one_incident(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.insert_incident(&incident(1, 1, Some(5), 10)).await.unwrap();
    let again = tx.insert_incident(&incident(2, 1, Some(5), 10)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}

/// A queue of ten years must not be walked through to find what is open.
async fn queues_are_read_by_index(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..200 {
        let state = if number % 50 == 0 { 1 } else { 4 };
        let row = ReviewRow { state, ..review(number, number % 7, 8 + number % 7, number) };
        tx.insert_review(&row).await.unwrap();
    }
    tx.query("ANALYZE reviews").execute().await.unwrap();
    if matches!(fixture.place, super::Place::Postgres { .. }) {
        // Small tables are read whole there; this asks what could be used.
        tx.query("SET LOCAL enable_seqscan = off").execute().await.unwrap();
    }
    let asked = tx.query(explained(OPEN_OF_PARTY.into()));
    let asked = asked.bind(oin(1)).bind(at(0)).bind(id(0)).bind(10_i64);
    let plan = plan_of(asked, &fixture.place).await;
    for index in ["reviews_open_of_discloser", "reviews_open_of_recipient"] {
        assert!(plan.contains(index), "{plan}");
    }
    let asked = tx.query(explained(CLOSED.into()));
    let asked = asked.bind(at(9)).bind(id(0)).bind(Some(oin(1))).bind(10_i64);
    let plan = plan_of(asked, &fixture.place).await;
    assert!(plan.contains("reviews_by_closing") && !plan.contains("TEMP B-TREE"), "{plan}");
}
