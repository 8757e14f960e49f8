//! Answers given, so that a repeated request gets the same bytes (promise 2).

use std::fmt;

use crate::domain::id::{CaseRef, Oin, RequestId};
use crate::domain::time::Timestamp;

use super::batch::Ahead;
use super::columns::record;
use super::db::Tx;
use super::db::table::{Kind, Table};
use super::error::Result;

/// What is kept of a request that was answered.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Full name of the method.
    pub method: String,
    /// Keyed digest of the request.
    pub body_digest: Vec<u8>,
    /// The answer, sealed unless `owners` is empty.
    pub response: Vec<u8>,
    /// Names of the keys it is sealed under, 32 bytes each.
    pub owners: Vec<u8>,
    /// What it rests on, for an answer that discloses.
    pub rests_on: Option<RestsOn>,
}

/// Shows no answer: it may be about people.
impl fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredAnswer").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What a disclosure rests on. When the facts change or the time is over, its answer is not given
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestsOn {
    /// Case.
    pub case_ref: CaseRef,
    /// Version of its facts.
    pub facts_version: i64,
    /// Version of the directory, and with it of the policy pack.
    pub directory_version: i64,
    /// When time alone could change the decision: a consent ends, somebody turns older.
    pub until: Timestamp,
}

/// Names a request and its body.
#[derive(Debug, Clone)]
pub struct RequestRow {
    /// Who asked.
    pub caller: Oin,
    /// Chosen by the client.
    pub request_id: RequestId,
    /// Full name of the method.
    pub method: &'static str,
    /// Keyed digest of the request.
    pub body_digest: [u8; 32],
}

/// An answer as it is kept.
#[derive(Debug, Clone)]
pub struct SealedAnswer {
    /// The answer, sealed unless `owners` is empty.
    pub response: Vec<u8>,
    /// Names of the keys it is sealed under, 32 bytes each.
    pub owners: Vec<u8>,
    /// What it rests on, for an answer that discloses.
    pub rests_on: Option<RestsOn>,
}

record! {
    /// A kept answer with the request it belongs to.
    pub(super) struct AnswerRow {
        /// Who asked.
        caller_oin: Oin,
        /// Chosen by the client.
        request_id: RequestId,
        /// Full name of the method.
        method: String,
        /// Keyed digest of the request.
        body_digest: Vec<u8>,
        /// The answer.
        response: Vec<u8>,
        /// Names of the keys it is sealed under.
        owners: Vec<u8>,
        /// Case it rests on.
        case_ref: Option<CaseRef>,
        /// Version of the facts of that case.
        facts_version: Option<i64>,
        /// Version of the directory it was decided by.
        directory_version: Option<i64>,
        /// When time alone could change the decision.
        reusable_until: Option<Timestamp>,
    }
}

impl AnswerRow {
    pub(super) fn name(&self) -> (Oin, RequestId) {
        (self.caller_oin.clone(), self.request_id)
    }
}

impl From<AnswerRow> for StoredAnswer {
    fn from(row: AnswerRow) -> Self {
        let versions = row.facts_version.zip(row.directory_version);
        let rests_on = match (row.case_ref, versions, row.reusable_until) {
            (Some(case_ref), Some((facts_version, directory_version)), Some(until)) => {
                Some(RestsOn { case_ref, facts_version, directory_version, until })
            }
            _ => None,
        };
        let AnswerRow { method, body_digest, response, owners, .. } = row;
        Self { method, body_digest, response, owners, rests_on }
    }
}

static REQUESTS: Table = Table::new(
    "requests",
    &[
        ("caller_oin", Kind::Text),
        ("request_id", Kind::Blob),
        ("method", Kind::Text),
        ("body_digest", Kind::Blob),
        ("response", Kind::Blob),
        ("owners", Kind::Blob),
        ("case_ref", Kind::Text),
        ("facts_version", Kind::Integer),
        ("directory_version", Kind::Integer),
        ("reusable_until", Kind::Integer),
        ("created_at", Kind::Integer),
    ],
);

impl Tx {
    /// The answer to a request, when there is one. A request of the same commit has none yet:
    /// [`Error::InFlight`](super::Error::InFlight), on which the writer applies the command again in
    /// the next commit.
    pub async fn answer(
        &mut self,
        caller: &Oin,
        request_id: RequestId,
    ) -> Result<Option<StoredAnswer>> {
        if let Ahead::Read(known) = self.batch.answer(&(caller.clone(), request_id))? {
            return Ok(known);
        }
        let row: Option<AnswerRow> = self
            .query(
                "-- requests.answer
                 SELECT caller_oin, request_id, method, body_digest, response, owners, case_ref,
                        facts_version, directory_version, reusable_until
                   FROM requests
                  WHERE caller_oin = $1 AND request_id = $2",
            )
            .bind(caller.clone())
            .bind(request_id)
            .fetch_optional()
            .await?;
        Ok(row.map(Into::into))
    }

    /// Keeps the answer to a request. A request that was answered before is a conflict.
    pub async fn insert_answer(
        &mut self,
        row: &RequestRow,
        answer: SealedAnswer,
        now: Timestamp,
    ) -> Result<()> {
        let rests_on = answer.rests_on;
        self.insert(&REQUESTS)
            .set(row.caller.clone())
            .set(row.request_id)
            .set(row.method)
            .set(row.body_digest.to_vec())
            .set(answer.response)
            .set(answer.owners)
            .set(rests_on.as_ref().map(|on| on.case_ref.clone()))
            .set(rests_on.as_ref().map(|on| on.facts_version))
            .set(rests_on.as_ref().map(|on| on.directory_version))
            .set(rests_on.map(|on| on.until))
            .set(now)
            .keep()
            .await
    }
}
