//! What must be done before a moment: by whom, about what, and whether it was.
//!
//! One row per duty, named by its kind and the bytes of what it is about. The clocks of a referral
//! are not among them, but in its own row: see [`referrals`](super::referrals).

use crate::domain::deadline::DeadlineKind;
use crate::domain::id::{CaseRef, Oin, Pseudonym, ReferralId};
use crate::domain::time::Timestamp;

use super::columns::{code_columns, record};
use super::db::{Sql, Tx};
use super::error::{Error, Result};
use super::sets;

code_columns!(DeadlineKind);

record! {
    /// A duty with a moment.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DeadlineRow {
        /// What must be done.
        pub kind: DeadlineKind,
        /// What it is about: the bytes of an id, alone or with more behind it.
        pub about: Vec<u8>,
        /// Who must do it, and is told when it is late.
        pub responsible_oin: Oin,
        /// Its case.
        pub case_ref: Option<CaseRef>,
        /// Its people: their pseudonyms, one after the other.
        pub subjects: Vec<u8>,
        /// When the term started.
        pub opened_at: Timestamp,
        /// When it ends.
        pub due_at: Timestamp,
        /// When it was done.
        pub met_at: Option<Timestamp>,
        /// When it was found to be late.
        pub escalated_at: Option<Timestamp>,
    }
}

impl DeadlineRow {
    /// A term that starts, in no case and about nobody. What else is to be said of it is set by name.
    pub fn starting(
        kind: DeadlineKind,
        about: &[u8],
        responsible: &Oin,
        (opened_at, due_at): (Timestamp, Timestamp),
    ) -> Self {
        Self {
            kind,
            about: about.to_vec(),
            responsible_oin: responsible.clone(),
            case_ref: None,
            subjects: Vec::new(),
            opened_at,
            due_at,
            met_at: None,
            escalated_at: None,
        }
    }

    /// Pseudonyms of its people.
    pub fn people(&self) -> Result<Vec<Pseudonym>> {
        let (people, []) = self.subjects.as_chunks() else {
            return Err(Error::Corrupt { table: "deadlines", column: "subjects" });
        };
        Ok(people.iter().copied().map(Pseudonym::new).collect())
    }

    /// Whether it was not done in time, as far as is known at a moment.
    pub fn is_late(&self, at: Timestamp) -> bool {
        self.met_at.unwrap_or(at) > self.due_at
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::json!([
            self.kind.number(),
            hex::encode(&self.about),
            self.due_at.as_micros(),
            self.met_at.map(Timestamp::as_micros),
        ])
    }
}

record! {
    /// A term that was missed, as it was told of.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct MissedRow {
        /// First ledger entry that tells of it.
        pub idx: i64,
        /// What was not done.
        pub kind: DeadlineKind,
        /// Before when.
        pub due_at: Timestamp,
        /// The referral that it is about.
        pub referral_id: Option<ReferralId>,
        /// The case that it is about.
        pub case_ref: Option<CaseRef>,
    }
}

macro_rules! select {
    ($label:literal, $rest:literal) => {
        concat!(
            "-- ",
            $label,
            "
             SELECT kind, about, responsible_oin, case_ref, subjects, opened_at, due_at, met_at,
                    escalated_at
               FROM deadlines ",
            $rest
        )
    };
}

/// What is done late stays among them until it was told: a gateway that was down at the moment itself
/// still tells.
pub(in crate::store) const DUE: &str = select!(
    "deadlines.due",
    "WHERE escalated_at IS NULL AND (met_at IS NULL OR met_at > due_at) AND due_at < $1
      ORDER BY due_at, kind, about
      LIMIT $2"
);

pub(in crate::store) const NEXT: &str = "-- deadlines.next
    SELECT MIN(due_at) FROM deadlines
     WHERE escalated_at IS NULL AND (met_at IS NULL OR met_at > due_at)";

pub(in crate::store) const OF_CASE: &str =
    select!("deadlines.of_case", "WHERE case_ref = $1 ORDER BY due_at, kind, about LIMIT $2");

pub(in crate::store) const OPEN_OF: &str = select!(
    "deadlines.open_of",
    "WHERE responsible_oin = $1 AND met_at IS NULL ORDER BY due_at, kind, about LIMIT $2"
);

pub(in crate::store) const ESCALATE: Sql = Sql {
    sqlite: "-- deadlines.escalate
             UPDATE deadlines
                SET escalated_at = $1
               FROM (SELECT json_extract(value, '$[0]') AS kind,
                            unhex(json_extract(value, '$[1]')) AS about,
                            json_extract(value, '$[2]') AS due_at,
                            json_extract(value, '$[3]') AS met_at
                       FROM json_each($2)) AS e
              WHERE deadlines.kind = e.kind AND deadlines.about = e.about
                AND deadlines.due_at = e.due_at AND deadlines.met_at IS e.met_at
                AND deadlines.escalated_at IS NULL
             RETURNING kind, about",
    postgres: "-- deadlines.escalate
             UPDATE deadlines
                SET escalated_at = $1
               FROM (SELECT CAST(value->>0 AS BIGINT) AS kind, decode(value->>1, 'hex') AS about,
                            CAST(value->>2 AS BIGINT) AS due_at,
                            CAST(value->>3 AS BIGINT) AS met_at
                       FROM jsonb_array_elements(CAST($2 AS JSONB)) AS s (value)) AS e
              WHERE deadlines.kind = e.kind AND deadlines.about = e.about
                AND deadlines.due_at = e.due_at
                AND deadlines.met_at IS NOT DISTINCT FROM e.met_at
                AND deadlines.escalated_at IS NULL
             RETURNING deadlines.kind, deadlines.about",
};

impl Tx {
    /// Starts a term. A second one of the same kind about the same thing is a conflict.
    pub async fn open_deadline(&mut self, row: &DeadlineRow) -> Result<()> {
        self.query(
            "-- deadlines.open
             INSERT INTO deadlines (kind, about, responsible_oin, case_ref, subjects, opened_at,
                    due_at, met_at, escalated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(row.kind)
        .bind(row.about.clone())
        .bind(row.responsible_oin.clone())
        .bind(row.case_ref.clone())
        .bind(row.subjects.clone())
        .bind(row.opened_at)
        .bind(row.due_at)
        .bind(row.met_at)
        .bind(row.escalated_at)
        .execute_one()
        .await
    }

    /// A term.
    pub async fn deadline(
        &mut self,
        kind: DeadlineKind,
        about: &[u8],
    ) -> Result<Option<DeadlineRow>> {
        self.query(select!("deadlines.by_name", "WHERE kind = $1 AND about = $2"))
            .bind(kind)
            .bind(about.to_vec())
            .fetch_optional()
            .await
    }

    /// Ends a term because the duty is done, or is one no longer; false when it was ended before, or
    /// never started.
    pub async fn meet_deadline(
        &mut self,
        kind: DeadlineKind,
        about: &[u8],
        at: Timestamp,
    ) -> Result<bool> {
        let ended = self
            .query(
                "-- deadlines.meet
                 UPDATE deadlines SET met_at = $3
                  WHERE kind = $1 AND about = $2 AND met_at IS NULL",
            )
            .bind(kind)
            .bind(about.to_vec())
            .bind(at)
            .execute()
            .await?;
        Ok(ended == 1)
    }

    /// Moves the end of a term that runs, and lets it be told of again when it is missed; false when
    /// it does not run, or ends at another moment than `from`.
    pub async fn move_deadline(
        &mut self,
        kind: DeadlineKind,
        about: &[u8],
        (from, to): (Timestamp, Timestamp),
    ) -> Result<bool> {
        let moved = self
            .query(
                "-- deadlines.move
                 UPDATE deadlines SET due_at = $4, escalated_at = NULL
                  WHERE kind = $1 AND about = $2 AND due_at = $3 AND met_at IS NULL",
            )
            .bind(kind)
            .bind(about.to_vec())
            .bind(from)
            .bind(to)
            .execute()
            .await?;
        Ok(moved == 1)
    }

    /// Terms that ended before `now` and were not told of, the oldest first, at most `limit`: those
    /// that are not met, and those that were met late.
    pub async fn due_deadlines(&mut self, now: Timestamp, limit: u32) -> Result<Vec<DeadlineRow>> {
        self.query(DUE).bind(now).bind(i64::from(limit)).fetch_all().await
    }

    /// The next moment at which a term ends that was not told of.
    pub async fn next_deadline(&mut self) -> Result<Option<Timestamp>> {
        let (next,): (Option<Timestamp>,) = self.query(NEXT).fetch_one().await?;
        Ok(next)
    }

    /// Notes that terms were missed. Says of which this was not noted before and which are still as
    /// they were read: of several gateways that try, one gets it.
    pub async fn escalate_deadlines(
        &mut self,
        rows: &[DeadlineRow],
        at: Timestamp,
    ) -> Result<Vec<(DeadlineKind, Vec<u8>)>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sets::rows(rows.iter().map(DeadlineRow::to_json));
        self.query(ESCALATE).bind(at).bind(rows).fetch_all().await
    }

    /// Keeps that a term was missed.
    pub async fn insert_missed_deadline(&mut self, row: &MissedRow) -> Result<()> {
        self.query(
            "-- deadlines.insert_missed
             INSERT INTO missed_deadlines (idx, kind, due_at, referral_id, case_ref)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(row.idx)
        .bind(row.kind)
        .bind(row.due_at)
        .bind(row.referral_id)
        .bind(row.case_ref.clone())
        .execute_one()
        .await
    }

    /// Terms of a kind about things whose bytes begin with `prefix`, in the order of those bytes, at
    /// most `limit`.
    pub async fn deadlines_about(
        &mut self,
        kind: DeadlineKind,
        prefix: &[u8],
        limit: u32,
    ) -> Result<Vec<DeadlineRow>> {
        self.query(select!(
            "deadlines.about",
            "WHERE kind = $1 AND about >= $2 AND about < $3 ORDER BY about LIMIT $4"
        ))
        .bind(kind)
        .bind(prefix.to_vec())
        .bind(after_all_with(prefix))
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Terms of a case, the earliest first, at most `limit`.
    pub async fn deadlines_of_case(
        &mut self,
        case_ref: &CaseRef,
        limit: u32,
    ) -> Result<Vec<DeadlineRow>> {
        self.query(OF_CASE).bind(case_ref.clone()).bind(i64::from(limit)).fetch_all().await
    }

    /// Terms of an organisation that run, the earliest first, at most `limit`.
    pub async fn open_deadlines_of(&mut self, oin: &Oin, limit: u32) -> Result<Vec<DeadlineRow>> {
        self.query(OPEN_OF).bind(oin.clone()).bind(i64::from(limit)).fetch_all().await
    }
}

/// The first bytes that come after everything that begins with `prefix`.
fn after_all_with(prefix: &[u8]) -> Vec<u8> {
    // Nothing that deadlines are about is as long as this.
    [prefix, &[0xff; 64]].concat()
}
