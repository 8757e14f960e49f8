//! The course of cases.

use crate::domain::case::{CaseState, SafetyPhase};
use crate::store::HistoryRow;
use crate::store::error::Error;

use super::samples::case_ref;
use super::{Fixture, at, on_both_databases};

on_both_databases!(the_course_of_a_case_is_kept_version_by_version);

fn row(version: i64) -> HistoryRow {
    HistoryRow {
        case_ref: case_ref(1),
        version,
        at: at(7),
        moved: 1,
        state: CaseState::Monitoring,
        phase: SafetyPhase::RiskDrivenCare,
        first_contact_at: Some(at(3)),
        child_count: 2,
        children_spoken: 1,
        agreement_count: 9,
        family_owned_count: 5,
        secured_count: 4,
        broken_count: 3,
        first_scale: Some(6),
        last_scale: None,
        violence_stopped: 1,
    }
}

async fn the_course_of_a_case_is_kept_version_by_version(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for version in [2, 1, 4] {
        tx.insert_history(&row(version)).await.unwrap();
    }
    let other = HistoryRow { case_ref: case_ref(2), first_contact_at: None, ..row(1) };
    tx.insert_history(&other).await.unwrap();
    let found = tx.history_of(&case_ref(1), 1, 9).await.unwrap();
    assert_eq!(found, [row(2), row(4)]);
    assert_eq!(tx.history_of(&case_ref(1), 0, 1).await.unwrap(), [row(1)]);
    assert_eq!(tx.history_of(&case_ref(2), 0, 9).await.unwrap(), [other]);
    let again = tx.insert_history(&row(4)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}
