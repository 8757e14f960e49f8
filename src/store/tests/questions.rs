//! Questions to organisations.

use crate::domain::id::QuestionId;
use crate::domain::question::QuestionState;
use crate::store::error::Error;
use crate::store::questions::{OF_ALL, OF_PARTY, WAITING};
use crate::store::{QuestionQuery, QuestionToPartyRow};

use super::samples::{case_ref, oin, subject, user, uuid};
use super::{Fixture, at, explained, on_both_databases, plan_of};

on_both_databases!(
    a_question_is_answered_once,
    questions_come_newest_first_to_who_asked_and_who_was_asked,
    a_question_ends_with_its_entry,
    what_others_ask_pushes_nobodys_question_off_the_page,
    questions_are_found_by_index,
);

fn question(number: u64, (from, to): (u64, u64)) -> QuestionToPartyRow {
    QuestionToPartyRow {
        question_id: QuestionId::from_bytes(uuid(number)),
        entry_idx: 9,
        case_ref: Some(case_ref(1)),
        subject: (number == 1).then(|| subject(1)),
        asker_oin: oin(from),
        asker_user_id: user("fg-1"),
        asked_oin: oin(to),
        asked_at: at(number),
        due_at: at(number + 10),
        idx: i64::try_from(number).unwrap(),
        content: vec![1, 2, 3],
        answer_user_id: None,
        answered_at: None,
        answer_idx: None,
        answer: None,
        unread: Vec::new(),
    }
}

fn answered(of: &QuestionToPartyRow, seconds: u64) -> QuestionToPartyRow {
    QuestionToPartyRow {
        answer_user_id: Some(user("u-7")),
        answered_at: Some(at(seconds)),
        answer_idx: Some(40),
        answer: Some(vec![4, 5]),
        ..of.clone()
    }
}

async fn a_question_is_answered_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let (first, second) = (question(1, (1, 2)), question(2, (1, 3)));
    for row in [&first, &second] {
        tx.insert_question(row).await.unwrap();
    }
    assert_eq!(tx.question(first.question_id).await.unwrap(), Some(first.clone()));
    assert_eq!(tx.question(QuestionId::from_bytes(uuid(9))).await.unwrap(), None);
    let given = answered(&first, 5);
    tx.answer_question(&given).await.unwrap();
    let again = tx.answer_question(&answered(&first, 6)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    tx.place_answer(first.question_id, 40).await.unwrap();
    let again = tx.place_answer(first.question_id, 41).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    assert_eq!(tx.questions_of_entry(9, None).await.unwrap(), [given.clone(), second.clone()]);
    assert_eq!(tx.questions_of_entry(9, Some(&oin(1))).await.unwrap(), [given.clone(), second]);
    assert_eq!(tx.questions_of_entry(9, Some(&oin(2))).await.unwrap(), [given]);
    assert_eq!(tx.questions_of_entry(9, Some(&oin(4))).await.unwrap(), []);
    assert_eq!(tx.questions_of_entry(8, None).await.unwrap(), []);
}

async fn questions_come_newest_first_to_who_asked_and_who_was_asked(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (number, parties) in [(1, (1, 2)), (2, (2, 1)), (3, (3, 2)), (4, (1, 3))] {
        tx.insert_question(&question(number, parties)).await.unwrap();
    }
    tx.answer_question(&answered(&question(4, (1, 3)), 5)).await.unwrap();
    // The first is late, by the moment at which it was due.
    let all =
        QuestionQuery { party: None, asked_only: false, state: None, now: at(12), before: None };
    let own = QuestionQuery { party: Some(oin(1)), ..all.clone() };
    let before = Some((at(3), QuestionId::from_bytes(uuid(3))));
    let of = |state| QuestionQuery { state: Some(state), ..all.clone() };
    for (query, limit, expected) in [
        (all.clone(), 10, vec![4, 3, 2, 1]),
        (all.clone(), 2, vec![4, 3]),
        (QuestionQuery { before, ..all.clone() }, 10, vec![2, 1]),
        (own.clone(), 10, vec![4, 2, 1]),
        (QuestionQuery { asked_only: true, ..own.clone() }, 10, vec![2]),
        (of(QuestionState::Open), 10, vec![3, 2]),
        (of(QuestionState::Late), 10, vec![1]),
        (of(QuestionState::Answered), 10, vec![4]),
        (of(QuestionState::Forgotten), 10, vec![3, 2, 1]),
    ] {
        let found = tx.questions(&query, limit).await.unwrap();
        let numbers: Vec<i64> = found.iter().map(|row| row.idx).collect();
        assert_eq!(numbers, expected, "{query:?}");
    }
    let mut waiting = tx.waiting_questions(None, at(12)).await.unwrap();
    waiting.sort_unstable();
    assert_eq!(waiting, [(None, 2, 0), (Some(subject(1)), 0, 1)]);
    let mut waiting = tx.waiting_questions(Some(&oin(1)), at(12)).await.unwrap();
    waiting.sort_unstable();
    assert_eq!(waiting, [(None, 1, 0), (Some(subject(1)), 0, 1)]);
    assert_eq!(tx.waiting_questions(Some(&oin(4)), at(12)).await.unwrap(), []);
    for (asker, open) in [(1, 1), (2, 1), (3, 1), (4, 0)] {
        assert_eq!(tx.open_questions(9, &oin(asker)).await.unwrap(), open, "{asker}");
    }
    assert_eq!(tx.open_questions(8, &oin(1)).await.unwrap(), 0);
}

async fn a_question_ends_with_its_entry(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let (first, second) = (question(1, (1, 2)), question(20, (1, 2)));
    for row in [&first, &second] {
        tx.insert_question(row).await.unwrap();
    }
    assert_eq!(tx.purge_signals((at(12), at(12).date()), 10).await.unwrap(), 1);
    assert_eq!(tx.questions_of_entry(9, None).await.unwrap(), [second], "not past its term");
}

async fn what_others_ask_pushes_nobodys_question_off_the_page(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let own = question(1, (1, 2));
    tx.insert_question(&own).await.unwrap();
    for number in 2..300 {
        tx.insert_question(&question(number, (3, 3))).await.unwrap();
    }
    assert_eq!(tx.questions_of_entry(9, Some(&oin(2))).await.unwrap(), [own]);
}

async fn questions_are_found_by_index(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 0..300 {
        let row = question(number, (number % 30, 31 + number % 40));
        tx.insert_question(&row).await.unwrap();
    }
    tx.query("ANALYZE questions").execute().await.unwrap();
    if matches!(fixture.place, super::Place::Postgres { .. }) {
        // Small tables are read whole there; this asks what could be used.
        tx.query("SET LOCAL enable_seqscan = off").execute().await.unwrap();
    }
    for (statement, party, indexes) in [
        (OF_ALL, String::new(), vec!["questions_by_moment"]),
        (OF_PARTY, oin(1).to_string(), vec!["questions_of_asked", "questions_of_asker"]),
    ] {
        let asked = tx
            .query(explained(statement.into()))
            .bind(party)
            .bind(0_i64)
            .bind(at(1))
            .bind(i64::MAX)
            .bind(vec![0xff_u8; 16])
            .bind(10_i64)
            .bind(0_i64);
        let plan = plan_of(asked, &fixture.place).await;
        for index in indexes {
            assert!(plan.contains(index), "{index}: {plan}");
        }
    }
    let asked = tx.query(explained(WAITING.into())).bind(String::new()).bind(at(1)).bind(10_i64);
    let plan = plan_of(asked, &fixture.place).await;
    assert!(plan.contains("questions_waiting"), "{plan}");
}
