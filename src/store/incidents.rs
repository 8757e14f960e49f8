//! Incidents, and by when the authority must know of them.

use crate::domain::id::{CaseRef, IncidentId, Oin, ReviewId};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::Tx;
use super::error::Result;

record! {
    /// One incident.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct IncidentRow {
        /// Its id.
        pub incident_id: IncidentId,
        /// Organisation that has to notify the authority.
        pub oin: Oin,
        /// Number of the cause.
        pub cause: i64,
        /// Review that found it.
        pub review_id: Option<ReviewId>,
        /// Case.
        pub case_ref: Option<CaseRef>,
        /// First ledger entry of the opening.
        pub idx: i64,
        /// When the organisation knew.
        pub aware_at: Timestamp,
        /// When the authority must know.
        pub notify_due_at: Timestamp,
        /// Pseudonyms of the people it is about, 32 bytes each.
        pub subjects: Vec<u8>,
        /// Number of how the duty to notify was met.
        pub notification: Option<i64>,
        /// When it was met.
        pub notified_at: Option<Timestamp>,
        /// Why late, or not at all; nothing about a person.
        pub motivation: Option<String>,
    }
}

impl Tx {
    /// Keeps a new incident.
    pub async fn insert_incident(&mut self, row: &IncidentRow) -> Result<()> {
        self.query(
            "-- incidents.insert
             INSERT INTO incidents (incident_id, oin, cause, review_id, case_ref, idx, aware_at,
                    notify_due_at, subjects, notification, notified_at, motivation)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(row.incident_id)
        .bind(row.oin.clone())
        .bind(row.cause)
        .bind(row.review_id)
        .bind(row.case_ref.clone())
        .bind(row.idx)
        .bind(row.aware_at)
        .bind(row.notify_due_at)
        .bind(row.subjects.clone())
        .bind(row.notification)
        .bind(row.notified_at)
        .bind(row.motivation.clone())
        .execute_one()
        .await
    }

    /// One incident.
    pub async fn incident(&mut self, id: IncidentId) -> Result<Option<IncidentRow>> {
        self.query(
            "-- incidents.by_id
             SELECT incident_id, oin, cause, review_id, case_ref, idx, aware_at, notify_due_at,
                    subjects, notification, notified_at, motivation
               FROM incidents WHERE incident_id = $1",
        )
        .bind(id)
        .fetch_optional()
        .await
    }

    /// Keeps how the duty to notify was met; a conflict when that was told before.
    pub async fn answer_incident(&mut self, row: &IncidentRow) -> Result<()> {
        self.query(
            "-- incidents.answer
             UPDATE incidents SET notification = $2, notified_at = $3, motivation = $4
              WHERE incident_id = $1 AND notified_at IS NULL",
        )
        .bind(row.incident_id)
        .bind(row.notification)
        .bind(row.notified_at)
        .bind(row.motivation.clone())
        .execute_one()
        .await
    }

    /// Incidents of one organisation, or of all, in the order in which the authority must know, after
    /// a place in that order; at most `limit`.
    pub async fn incidents(
        &mut self,
        of: Option<&Oin>,
        after: Option<(Timestamp, IncidentId)>,
        limit: u32,
    ) -> Result<Vec<IncidentRow>> {
        let first = (Timestamp::EPOCH, IncidentId::from_bytes([0; 16]));
        let (due_at, incident_id) = after.unwrap_or(first);
        let query = match of {
            None => self.query(
                "-- incidents.of_all
                 SELECT incident_id, oin, cause, review_id, case_ref, idx, aware_at, notify_due_at,
                        subjects, notification, notified_at, motivation
                   FROM incidents
                  WHERE (notify_due_at, incident_id) > ($1, $2)
                  ORDER BY notify_due_at, incident_id
                  LIMIT $3",
            ),
            Some(_) => self.query(
                "-- incidents.of_organisation
                 SELECT incident_id, oin, cause, review_id, case_ref, idx, aware_at, notify_due_at,
                        subjects, notification, notified_at, motivation
                   FROM incidents
                  WHERE (notify_due_at, incident_id) > ($1, $2) AND oin = $4
                  ORDER BY notify_due_at, incident_id
                  LIMIT $3",
            ),
        };
        let query = query.bind(due_at).bind(incident_id).bind(i64::from(limit));
        match of {
            None => query.fetch_all().await,
            Some(of) => query.bind(of.clone()).fetch_all().await,
        }
    }

    /// The incident that a review opened.
    pub async fn incident_of_review(&mut self, review_id: ReviewId) -> Result<Option<IncidentRow>> {
        self.query(
            "-- incidents.of_review
             SELECT incident_id, oin, cause, review_id, case_ref, idx, aware_at, notify_due_at,
                    subjects, notification, notified_at, motivation
               FROM incidents
              WHERE review_id = $1",
        )
        .bind(review_id)
        .fetch_optional()
        .await
    }
}
