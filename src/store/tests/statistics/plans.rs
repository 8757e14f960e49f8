//! A report of a quarter reads what falls in the quarter, through an index, and never a whole table: the
//! store of a region grows for decades. The databases are asked how they would run every statement.

use crate::store::db::Sql;
use crate::store::statistics as sums;
use crate::store::statistics::cases as courses;
use crate::store::tests::{explained, leaked, plan_of};
use crate::store::{Tx, tests::Place};

use super::super::{Fixture, at, on_both_databases};
use super::bounds;

on_both_databases!(no_statement_of_a_report_reads_a_whole_table);

const ROWS: u32 = 20_000;

/// The statements of a report, and the index that finds what falls in its period.
const STATEMENTS: [(&str, &str); 19] = [
    (sums::ACKNOWLEDGED, "referrals_by_acknowledgement"),
    (sums::VIOLENCE, "referrals_by_acknowledgement"),
    (sums::TRIAGED, "referrals_by_triage"),
    (sums::FEEDBACK, "referrals_by_feedback_due"),
    (sums::DISCLOSURES, "disclosures_by_time"),
    (sums::CONSENTS, "consents_by_time"),
    (sums::WITHDRAWALS, "consents_by_time"),
    (sums::EMERGENCIES, "reviews_by_declaration"),
    (sums::REVIEWS_CLOSED, "reviews_by_closing"),
    (sums::REVIEWS_DUE, "reviews_by_due"),
    (sums::OVERRIDDEN, "reviews_by_declaration"),
    (sums::LATE, "missed_deadlines_by_due"),
    (courses::OPENED, "cases_by_opening"),
    (courses::RELEASED, "case_history_by_time"),
    (courses::REOPENED, "case_history_by_time"),
    (courses::STAYS, "case_history_by_time"),
    (courses::SUBJECT_REQUESTS, "subject_requests_by_receipt"),
    (courses::SUBJECT_REQUESTS_DUE, "subject_requests_by_due"),
    (courses::FIRST_CONTACTS, "referrals_by_first_contact"),
];

/// Derived tables of the statements: what they hold was found by an index.
const DERIVED: [&str; 5] = ["people", "opened", "let_go", "moves", "stays"];

/// One row of everything for each second, all of them linked. `{id}`: sixteen bytes of the number;
/// `{at}`: its moment; `{text}`: the number in six digits.
const FILL: [&str; 8] = [
    "INSERT INTO referrals (referral_id, sender_oin, request_id, recipient_oin, team_id,
            routing_version, state, urgency, effective_urgency, gemeentecode, violence_kinds,
            with_children, body_digest, submitted_at, ack_due_at, safety_assessment_due_at,
            inform_subject_due_at, feedback_due_at, acknowledged_at, first_contact_at, triaged_at,
            triage_outcome, repeat_index, address, subjects, receipt, content)
     SELECT {id}, '1', {id}, '2', 'team', '2026-1', 2, 2, 2, '0518', 1, 1, {id}, {at}, {at}, {at},
            {at}, {at}, {at}, {at}, {at}, 1, 1, {id}, {id}, '', {id}",
    "INSERT INTO cases (case_ref, team_id, steunpunt_oin, state, phase, process_director_user_id,
            manager_user_id, referral_id, version, facts_version, opened_at, content)
     SELECT 'VVT-2026-' || {text}, 'team', '2', 1, 1, 'd', 'm', {id}, 1, 1, {at}, {id}",
    "INSERT INTO case_history (case_ref, version, at, moved, state, phase, child_count,
            children_spoken, agreement_count, family_owned_count, secured_count, broken_count,
            violence_stopped)
     SELECT 'VVT-2026-' || {text}, 1, {at}, 1, CASE WHEN {n} % 10 = 0 THEN 9 ELSE 2 + {n} % 6 END, 1, 0, 0,
            0, 0, 0, 0, 1",
    "INSERT INTO disclosures (idx, event_id, group_id, event_code, outcome, denial, disposition, recorded_at,
            actor_oin, actor_user_id, purpose, basis, categories, case_ref, subject, sealed)
     SELECT {n}, {id}, {id}, 8, 0, 0, 1, {at}, '1', 'u', 1, 1, 1, 'VVT-2026-' || {text}, {id}, {id}",
    "INSERT INTO consents (consent_id, version, case_ref, subject, source_oin, recipient_oin,
            purpose, categories, valid_from, valid_until, state, recorded_at, content)
     SELECT {id}, 1, 'VVT-2026-' || {text}, {id}, '1', '2', 1, 1, {at}, {at}, 2, {at}, {id}",
    "INSERT INTO reviews (review_id, version, state, cause, case_ref, group_id, idx, discloser_oin,
            discloser_role, recipient_oin, recipient_role, purpose, basis, categories, is_override,
            takes_two, declared_by, declared_at, expires_at, due_at, closed_at, subjects, content)
     SELECT {id}, 1, 4, 3, 'VVT-2026-' || {text}, {id}, {n}, '1', 1, '2', 2, 1, 1, 1, 1, 0, 'u', {at},
            {at}, {at}, {at}, {id}, {id}",
    "INSERT INTO missed_deadlines (idx, kind, due_at, referral_id)
     SELECT {n}, 1, {at}, {id}",
    "INSERT INTO subject_requests (subject_request_id, oin, case_ref, subject, capacity,
            is_mandated, state, verdict, version, received_at, due_at, content)
     SELECT {id}, '1', 'VVT-2026-' || {text}, {id}, 1, 0, 1, 1, 1, {at}, {at}, {id}",
];

async fn no_statement_of_a_report_reads_a_whole_table(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for template in FILL {
        tx.query(filling(template)).execute().await.unwrap();
    }
    tx.query("ANALYZE").execute().await.unwrap();
    for (statement, index) in STATEMENTS {
        let plan = explain(&mut tx, statement, &fixture.place).await;
        let what = format!("{statement}\n\n{plan}");
        assert!(plan.contains(index), "{index} is not used: {what}");
        match fixture.place {
            Place::Sqlite(_) => finds_by_key_on_sqlite(&plan, &what),
            Place::Postgres { .. } => finds_by_key_on_postgres(&plan, &what),
        }
    }
}

/// A template for each second, in both spellings.
fn filling(template: &str) -> Sql {
    let spelled = |id: &str, text: &str| {
        let moment = format!("({} + i * 1000000)", at(0).as_micros());
        let values = [("{id}", id), ("{text}", text), ("{at}", &moment), ("{n}", "i")];
        values.iter().fold(template.to_owned(), |sql, (name, value)| sql.replace(name, value))
    };
    let sqlite = spelled("unhex(printf('%032x', i))", "printf('%06d', i)");
    let (into, select) = sqlite.split_once("SELECT").unwrap();
    let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <";
    let sqlite = format!("{numbers} {ROWS}) {into} SELECT {select} FROM n");
    let postgres =
        spelled("decode(lpad(to_hex(i), 32, '0'), 'hex')", "lpad(CAST(i AS TEXT), 6, '0')");
    let postgres = format!("{postgres} FROM generate_series(CAST(1 AS BIGINT), {ROWS}) AS n (i)");
    leaked(&sqlite, &postgres)
}

async fn explain(tx: &mut Tx, statement: &'static str, place: &Place) -> String {
    let (from, until) = bounds();
    let query = tx.query(explained(statement.into())).bind(from).bind(until);
    let query = if statement == courses::FIRST_CONTACTS {
        query.bind(Vec::<u8>::new()).bind(1000_i64)
    } else {
        query
    };
    plan_of(query, place).await
}

fn finds_by_key_on_sqlite(plan: &str, what: &str) {
    for step in plan.lines() {
        if let Some(table) = step.strip_prefix("SCAN ") {
            let name = table.split(' ').next().unwrap();
            assert!(DERIVED.contains(&name), "{step}: {what}");
        }
        // A search that knows nothing of the first column of its index is a scan by another name.
        assert!(!step.contains("ANY("), "{step}: {what}");
    }
}

fn finds_by_key_on_postgres(plan: &str, what: &str) {
    let steps: Vec<&str> = plan.lines().collect();
    for (place, step) in steps.iter().enumerate() {
        assert!(!step.contains("Seq Scan"), "{step}: {what}");
        if step.contains("Index Scan") || step.contains("Index Only Scan") {
            let of_step = steps[place + 1..].iter().take_while(|line| !line.contains("->"));
            let has_condition = of_step.into_iter().any(|line| line.contains("Index Cond:"));
            assert!(has_condition, "{step}: {what}");
        }
    }
}
