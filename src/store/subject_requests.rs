//! Requests of data subjects to see who shared what about them.

use crate::domain::id::{CaseRef, Oin, Pseudonym, SubjectRequestId};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::Tx;
use super::error::Result;

record! {
    /// One request.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SubjectRequestRow {
        /// Its id. Ids rise with time.
        pub subject_request_id: SubjectRequestId,
        /// Organisation that answers.
        pub oin: Oin,
        /// Case.
        pub case_ref: CaseRef,
        /// Whose data.
        pub subject: Pseudonym,
        /// Who asks; none when that is the person, or nobody of the case.
        pub requester: Option<Pseudonym>,
        /// Number of the capacity in which is asked.
        pub capacity: i64,
        /// 1: by a written mandate of the person.
        pub is_mandated: i64,
        /// Number of the state.
        pub state: i64,
        /// Number of the verdict.
        pub verdict: i64,
        /// Number of how it ended.
        pub ending: Option<i64>,
        /// 1, 2, 3, ...
        pub version: i64,
        /// When it came in.
        pub received_at: Timestamp,
        /// When it must be answered.
        pub due_at: Timestamp,
        /// When the report was first made.
        pub reported_at: Option<Timestamp>,
        /// When it ended.
        pub closed_at: Option<Timestamp>,
        /// Particulars, sealed under the person's key.
        pub content: Vec<u8>,
    }
}

macro_rules! select {
    ($name:literal, $rest:literal) => {
        concat!(
            "-- ",
            $name,
            "\nSELECT subject_request_id, oin, case_ref, subject, requester, capacity, is_mandated,
                      state, verdict, ending, version, received_at, due_at, reported_at, closed_at,
                      content
                 FROM subject_requests ",
            $rest
        )
    };
}

pub(in crate::store) const WAITING: &str = select!(
    "subject_requests.waiting",
    "WHERE state <> 5 AND (due_at, subject_request_id) > ($1, $2) AND ($3 IS NULL OR oin = $3)
     ORDER BY due_at, subject_request_id LIMIT $4"
);

impl Tx {
    /// One request.
    pub async fn subject_request(
        &mut self,
        id: SubjectRequestId,
    ) -> Result<Option<SubjectRequestRow>> {
        self.query(select!("subject_requests.by_id", "WHERE subject_request_id = $1"))
            .bind(id)
            .fetch_optional()
            .await
    }

    /// Requests that an organisation answers (none: that anybody answers), after one of them, in the
    /// order of their ids, at most `limit`. `state` 0: in any state.
    pub async fn subject_requests(
        &mut self,
        (oin, state): (Option<&Oin>, i64),
        after: Option<SubjectRequestId>,
        limit: u32,
    ) -> Result<Vec<SubjectRequestRow>> {
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        let query = match oin {
            Some(oin) => self
                .query(select!(
                    "subject_requests.of",
                    "WHERE subject_request_id > $1 AND ($2 = 0 OR state = $2) AND oin = $4
                     ORDER BY oin, subject_request_id LIMIT $3"
                ))
                .bind(after)
                .bind(state)
                .bind(i64::from(limit))
                .bind(oin.clone()),
            None => self
                .query(select!(
                    "subject_requests.all",
                    "WHERE subject_request_id > $1 AND ($2 = 0 OR state = $2)
                     ORDER BY subject_request_id LIMIT $3"
                ))
                .bind(after)
                .bind(state)
                .bind(i64::from(limit)),
        };
        query.fetch_all().await
    }

    /// Requests of one organisation, or of all, that have not ended, in the order in which they must be
    /// answered, after one of them; at most `limit`.
    pub async fn waiting_subject_requests(
        &mut self,
        of: Option<&Oin>,
        after: Option<(Timestamp, SubjectRequestId)>,
        limit: u32,
    ) -> Result<Vec<SubjectRequestRow>> {
        let first = (Timestamp::EPOCH, SubjectRequestId::from_bytes([0; 16]));
        let (due_at, id) = after.unwrap_or(first);
        self.query(WAITING)
            .bind(due_at)
            .bind(id)
            .bind(of.cloned())
            .bind(i64::from(limit))
            .fetch_all()
            .await
    }

    /// Keeps a new request.
    pub async fn insert_subject_request(&mut self, row: &SubjectRequestRow) -> Result<()> {
        self.query(
            "-- subject_requests.insert
             INSERT INTO subject_requests (subject_request_id, oin, case_ref, subject, requester,
                    capacity, is_mandated, state, verdict, ending, version, received_at, due_at,
                    reported_at, closed_at, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(row.subject_request_id)
        .bind(row.oin.clone())
        .bind(row.case_ref.clone())
        .bind(row.subject)
        .bind(row.requester)
        .bind(row.capacity)
        .bind(row.is_mandated)
        .bind(row.state)
        .bind(row.verdict)
        .bind(row.ending)
        .bind(row.version)
        .bind(row.received_at)
        .bind(row.due_at)
        .bind(row.reported_at)
        .bind(row.closed_at)
        .bind(row.content.clone())
        .execute_one()
        .await
    }

    /// Replaces what changes of a request; a conflict when `row.version` is not the next one.
    pub async fn update_subject_request(&mut self, row: &SubjectRequestRow) -> Result<()> {
        self.query(
            "-- subject_requests.update
             UPDATE subject_requests
                SET state = $2, verdict = $3, ending = $4, version = $5, due_at = $6,
                    reported_at = $7, closed_at = $8, content = $9
              WHERE subject_request_id = $1 AND version = $5 - 1",
        )
        .bind(row.subject_request_id)
        .bind(row.state)
        .bind(row.verdict)
        .bind(row.ending)
        .bind(row.version)
        .bind(row.due_at)
        .bind(row.reported_at)
        .bind(row.closed_at)
        .bind(row.content.clone())
        .execute_one()
        .await
    }
}
