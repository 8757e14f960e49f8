//! Terms: started, met, moved, missed; and that a look for the missed ones reads nothing else.

use crate::domain::deadline::DeadlineKind;
use crate::store::db::Sql;
use crate::store::deadlines::{DUE, ESCALATE, NEXT, OF_CASE, OPEN_OF};
use crate::store::error::Error;
use crate::store::{DeadlineRow, Tx};

use super::samples::{case_ref, oin, subject, uuid};
use super::{Fixture, at, explained, on_both_databases, plan_of};

on_both_databases!(
    a_term_runs_until_it_is_met,
    a_term_starts_once,
    a_term_is_due_when_its_moment_has_passed,
    what_is_met_late_is_told_of_too,
    a_missed_term_is_noted_once,
    a_term_that_changed_since_it_was_read_is_not_noted,
    a_moved_term_is_told_of_again,
    terms_are_found_by_what_they_are_about_and_by_whose_they_are,
    looking_for_what_is_due_reads_nothing_else,
);

const KIND: DeadlineKind = DeadlineKind::Review;

fn row(number: u64, due: u64) -> DeadlineRow {
    DeadlineRow {
        case_ref: Some(case_ref(1)),
        subjects: [*subject(1).as_bytes(), *subject(2).as_bytes()].concat(),
        ..DeadlineRow::starting(KIND, &uuid(number), &oin(2), (at(0), at(due)))
    }
}

async fn opened(tx: &mut Tx, rows: &[DeadlineRow]) {
    for row in rows {
        tx.open_deadline(row).await.unwrap();
    }
}

async fn a_term_runs_until_it_is_met(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = row(1, 60);
    assert_eq!(tx.deadline(KIND, &row.about).await.unwrap(), None);
    assert!(!tx.meet_deadline(KIND, &row.about, at(5)).await.unwrap());
    opened(&mut tx, std::slice::from_ref(&row)).await;
    assert_eq!(tx.deadline(KIND, &row.about).await.unwrap(), Some(row.clone()));
    assert_eq!(row.people().unwrap(), [subject(1), subject(2)]);
    assert!(tx.meet_deadline(KIND, &row.about, at(5)).await.unwrap());
    assert!(!tx.meet_deadline(KIND, &row.about, at(6)).await.unwrap());
    let met = tx.deadline(KIND, &row.about).await.unwrap().unwrap();
    assert_eq!(met.met_at, Some(at(5)));
    assert!(!met.is_late(at(99)) && row.is_late(at(61)) && !row.is_late(at(60)));
    assert_eq!(tx.due_deadlines(at(99), 10).await.unwrap(), []);
    assert_eq!(tx.next_deadline().await.unwrap(), None);
}

async fn a_term_starts_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    opened(&mut tx, &[row(1, 60)]).await;
    let again = tx.open_deadline(&row(1, 70)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}

async fn a_term_is_due_when_its_moment_has_passed(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let (first, second, third) = (row(1, 60), row(2, 61), row(3, 90));
    opened(&mut tx, &[third.clone(), second.clone(), first.clone()]).await;
    assert_eq!(tx.next_deadline().await.unwrap(), Some(at(60)));
    assert_eq!(tx.due_deadlines(at(60), 10).await.unwrap(), []);
    assert_eq!(tx.due_deadlines(at(62), 10).await.unwrap(), [first.clone(), second]);
    assert_eq!(tx.due_deadlines(at(99), 1).await.unwrap(), [first]);
}

async fn what_is_met_late_is_told_of_too(fixture: Fixture) {
    let mut tx = fixture.write().await;
    opened(&mut tx, &[row(1, 60), row(2, 60)]).await;
    tx.meet_deadline(KIND, &uuid(1), at(60)).await.unwrap();
    tx.meet_deadline(KIND, &uuid(2), at(61)).await.unwrap();
    let late = [DeadlineRow { met_at: Some(at(61)), ..row(2, 60) }];
    assert_eq!(tx.due_deadlines(at(99), 10).await.unwrap(), late);
    assert_eq!(tx.escalate_deadlines(&late, at(99)).await.unwrap().len(), 1);
    assert_eq!(tx.due_deadlines(at(99), 10).await.unwrap(), []);
}

async fn a_missed_term_is_noted_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let rows = [row(1, 60), row(2, 60)];
    opened(&mut tx, &rows).await;
    assert_eq!(tx.escalate_deadlines(&[], at(61)).await.unwrap(), []);
    let noted = tx.escalate_deadlines(&rows[..1], at(61)).await.unwrap();
    assert_eq!(noted, [(KIND, uuid(1).to_vec())]);
    let noted = tx.escalate_deadlines(&rows, at(62)).await.unwrap();
    assert_eq!(noted, [(KIND, uuid(2).to_vec())]);
    assert_eq!(tx.escalate_deadlines(&rows, at(63)).await.unwrap(), []);
    let kept = tx.deadline(KIND, &uuid(1)).await.unwrap().unwrap();
    assert_eq!(kept.escalated_at, Some(at(61)));
    // It is late, and it still has to be done.
    assert!(tx.meet_deadline(KIND, &uuid(1), at(70)).await.unwrap());
    assert_eq!(tx.due_deadlines(at(99), 10).await.unwrap(), []);
}

async fn a_term_that_changed_since_it_was_read_is_not_noted(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let rows = [row(1, 60), row(2, 60)];
    opened(&mut tx, &rows).await;
    tx.meet_deadline(KIND, &uuid(1), at(59)).await.unwrap();
    assert!(tx.move_deadline(KIND, &uuid(2), (at(60), at(80))).await.unwrap());
    assert_eq!(tx.escalate_deadlines(&rows, at(61)).await.unwrap(), []);
}

async fn a_moved_term_is_told_of_again(fixture: Fixture) {
    let mut tx = fixture.write().await;
    opened(&mut tx, &[row(1, 60)]).await;
    tx.escalate_deadlines(&[row(1, 60)], at(61)).await.unwrap();
    assert!(!tx.move_deadline(KIND, &uuid(1), (at(59), at(80))).await.unwrap());
    assert!(tx.move_deadline(KIND, &uuid(1), (at(60), at(80))).await.unwrap());
    assert_eq!(tx.due_deadlines(at(99), 10).await.unwrap(), [row(1, 80)]);
    tx.meet_deadline(KIND, &uuid(1), at(70)).await.unwrap();
    assert!(!tx.move_deadline(KIND, &uuid(1), (at(80), at(90))).await.unwrap());
}

async fn terms_are_found_by_what_they_are_about_and_by_whose_they_are(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let of = |number: u64, behind: &[u8]| DeadlineRow {
        about: [&uuid(number)[..], behind].concat(),
        ..row(number, 60)
    };
    let mine = [of(1, &[0]), of(1, &[7; 32]), of(1, &[0xff; 32])];
    opened(&mut tx, &mine).await;
    let other = DeadlineRow { case_ref: None, responsible_oin: oin(3), ..of(2, &[]) };
    opened(&mut tx, std::slice::from_ref(&other)).await;
    assert_eq!(tx.deadlines_about(KIND, &uuid(1), 10).await.unwrap(), mine);
    assert_eq!(tx.deadlines_about(KIND, &uuid(1), 2).await.unwrap(), mine[..2]);
    assert_eq!(tx.deadlines_about(DeadlineKind::Triage, &uuid(1), 10).await.unwrap(), []);
    assert_eq!(tx.deadlines_of_case(&case_ref(1), 10).await.unwrap(), mine);
    assert_eq!(tx.deadlines_of_case(&case_ref(2), 10).await.unwrap(), []);
    assert_eq!(tx.open_deadlines_of(&oin(3), 10).await.unwrap(), [other]);
    tx.meet_deadline(KIND, &mine[0].about, at(5)).await.unwrap();
    assert_eq!(tx.open_deadlines_of(&oin(2), 10).await.unwrap(), mine[1..]);
}

/// Terms by the thousand: most met, most of the others not yet due, some told of.
const FILL: Sql = Sql {
    sqlite: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
             INSERT INTO deadlines (kind, about, responsible_oin, case_ref, subjects, opened_at,
                    due_at, met_at, escalated_at)
             SELECT 1 + i % 9, randomblob(16), '00000099' || printf('%09d', i % 20) || '000',
                    'VVT-2026-' || printf('%06d', i % 5000), randomblob(32), i, i,
                    CASE WHEN i % 50 < 40 THEN i - 1 WHEN i % 50 < 42 THEN i + 1 END,
                    CASE WHEN i % 50 BETWEEN 40 AND 44 THEN i + 2 END
               FROM n",
    postgres: "INSERT INTO deadlines (kind, about, responsible_oin, case_ref, subjects, opened_at,
                    due_at, met_at, escalated_at)
             SELECT 1 + i % 9, uuid_send(gen_random_uuid()),
                    '00000099' || lpad((i % 20)::text, 9, '0') || '000',
                    'VVT-2026-' || lpad((i % 5000)::text, 6, '0'), uuid_send(gen_random_uuid()),
                    i, i, CASE WHEN i % 50 < 40 THEN i - 1 WHEN i % 50 < 42 THEN i + 1 END,
                    CASE WHEN i % 50 BETWEEN 40 AND 44 THEN i + 2 END
               FROM generate_series(1, 30000) AS n (i)",
};

async fn looking_for_what_is_due_reads_nothing_else(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.query(FILL).execute().await.unwrap();
    tx.query("ANALYZE deadlines").execute().await.unwrap();
    let due = tx.query(explained(DUE.into())).bind(at(1)).bind(100_i64);
    uses(&plan_of(due, &fixture.place).await, "deadlines_untold");
    let next = tx.query(explained(NEXT.into()));
    uses(&plan_of(next, &fixture.place).await, "deadlines_untold");
    let of_case = tx.query(explained(OF_CASE.into())).bind(case_ref(1)).bind(100_i64);
    let plan = plan_of(of_case, &fixture.place).await;
    assert!(plan.contains("deadlines_by_case") && !plan.contains("Seq Scan"), "{plan}");
    let open_of = tx.query(explained(OPEN_OF.into())).bind(oin(9)).bind(100_i64);
    uses(&plan_of(open_of, &fixture.place).await, "deadlines_open");
    let rows = r#"[[7,"00000000000000000000000000000001",1,null]]"#.to_owned();
    let escalate = tx.query(explained(ESCALATE)).bind(at(1)).bind(rows);
    let plan = plan_of(escalate, &fixture.place).await;
    let by_key = ["deadlines_pkey", "sqlite_autoindex_deadlines_1", "PRIMARY KEY"];
    assert!(by_key.iter().any(|key| plan.contains(key)), "{plan}");
}

/// Through an index that holds them in their order: nothing is scanned or sorted.
fn uses(plan: &str, index: &str) {
    assert!(plan.contains(index), "{index} is not used:\n{plan}");
    for scan in ["Seq Scan", "SCAN deadlines\n", "TEMP B-TREE", "Sort"] {
        assert!(!plan.contains(scan), "{scan}:\n{plan}");
    }
}
