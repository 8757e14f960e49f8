//! The course of cases in plain numbers, for management information.

use crate::domain::case::{CaseState, Milestone, SafetyPhase};
use crate::domain::id::CaseRef;
use crate::domain::time::Timestamp;

use super::columns::{code_columns, record};
use super::db::Tx;
use super::error::{Error, Result};

code_columns!(CaseState, SafetyPhase);

record! {
    /// Where a case stood when it moved, or when its numbers changed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct HistoryRow {
        /// Case.
        pub case_ref: CaseRef,
        /// Version of the case that the row describes.
        pub version: i64,
        /// When.
        pub at: Timestamp,
        /// 1 when the state or the phase changed with this row.
        pub moved: i64,
        /// State; `REOPENED` is the moment in which the case went back to `TRIAGED`.
        pub state: CaseState,
        /// Phase.
        pub phase: SafetyPhase,
        /// First contact.
        pub first_contact_at: Option<Timestamp>,
        /// People younger than 18.
        pub child_count: i64,
        /// Those who were spoken with apart or observed.
        pub children_spoken: i64,
        /// Agreements of the newest plan.
        pub agreement_count: i64,
        /// Those that the family or its network owns.
        pub family_owned_count: i64,
        /// Those that are secured.
        pub secured_count: i64,
        /// Those that are broken.
        pub broken_count: i64,
        /// First rating of the professionals.
        pub first_scale: Option<i64>,
        /// Last rating of the professionals.
        pub last_scale: Option<i64>,
        /// 1 when it is confirmed that the violence has stopped.
        pub violence_stopped: i64,
    }
}

impl HistoryRow {
    /// The row of a milestone.
    pub fn of(
        case_ref: &CaseRef,
        version: i64,
        at: Timestamp,
        (milestone, moved): (&Milestone, bool),
    ) -> Result<Self> {
        let count = |number: usize| {
            i64::try_from(number)
                .or(Err(Error::Corrupt { table: "case_history", column: "child_count" }))
        };
        let scales = milestone.professional_scales;
        Ok(Self {
            case_ref: case_ref.clone(),
            version,
            at,
            moved: i64::from(moved),
            state: milestone.state,
            phase: milestone.phase,
            first_contact_at: milestone.first_contact_at,
            child_count: count(milestone.children)?,
            children_spoken: count(milestone.children_spoken)?,
            agreement_count: count(milestone.agreements.total())?,
            family_owned_count: count(milestone.agreements.family_owned)?,
            secured_count: count(milestone.agreements.secured)?,
            broken_count: count(milestone.agreements.broken)?,
            first_scale: scales.map(|(first, _last)| i64::from(first)),
            last_scale: scales.map(|(_first, last)| i64::from(last)),
            violence_stopped: i64::from(milestone.violence_stopped),
        })
    }
}

impl Tx {
    /// Keeps where a case stands.
    pub async fn insert_history(&mut self, row: &HistoryRow) -> Result<()> {
        self.query(
            "-- history.insert
             INSERT INTO case_history (case_ref, version, at, moved, state, phase, first_contact_at,
                    child_count, children_spoken, agreement_count, family_owned_count,
                    secured_count, broken_count, first_scale, last_scale, violence_stopped)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(row.case_ref.clone())
        .bind(row.version)
        .bind(row.at)
        .bind(row.moved)
        .bind(row.state)
        .bind(row.phase)
        .bind(row.first_contact_at)
        .bind(row.child_count)
        .bind(row.children_spoken)
        .bind(row.agreement_count)
        .bind(row.family_owned_count)
        .bind(row.secured_count)
        .bind(row.broken_count)
        .bind(row.first_scale)
        .bind(row.last_scale)
        .bind(row.violence_stopped)
        .execute_one()
        .await
    }

    /// The course of a case after a version, oldest first, at most `limit` rows.
    pub async fn history_of(
        &mut self,
        case_ref: &CaseRef,
        after: i64,
        limit: u32,
    ) -> Result<Vec<HistoryRow>> {
        self.query(
            "-- history.of_case
             SELECT case_ref, version, at, moved, state, phase, first_contact_at, child_count,
                    children_spoken, agreement_count, family_owned_count, secured_count,
                    broken_count, first_scale, last_scale, violence_stopped
               FROM case_history
              WHERE case_ref = $1 AND version > $2
              ORDER BY version
              LIMIT $3",
        )
        .bind(case_ref.clone())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }
}
