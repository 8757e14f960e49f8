//! Answers given, so that a repeated request gets the same bytes (promise 2).

use crate::domain::id::{CaseRef, Oin, RequestId};
use crate::domain::time::Timestamp;

use super::db::Tx;
use super::error::{Error, Result};

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

/// Method, digest, response (none until it is known), owners, and the parts of [`RestsOn`].
type AnswerColumns =
    (String, Vec<u8>, Option<Vec<u8>>, Vec<u8>, Option<CaseRef>, Option<i64>, Option<Timestamp>);

/// What a disclosure rests on. When the facts change or the time is over, its answer is not given
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestsOn {
    /// Case.
    pub case_ref: CaseRef,
    /// Version of its facts.
    pub facts_version: i64,
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

impl Tx {
    /// The answer to a request, when there is one. A request of the same commit has none yet:
    /// [`Error::InFlight`], on which the writer applies the command again in the next commit.
    pub async fn answer(
        &mut self,
        caller: &Oin,
        request_id: RequestId,
    ) -> Result<Option<StoredAnswer>> {
        let row: Option<AnswerColumns> = self
            .query(
                "-- requests.answer
                 SELECT method, body_digest, response, owners, case_ref, facts_version,
                        reusable_until
                   FROM requests
                  WHERE caller_oin = $1 AND request_id = $2",
            )
            .bind(caller.clone())
            .bind(request_id)
            .fetch_optional()
            .await?;
        let Some((method, body_digest, response, owners, case_ref, facts_version, until)) = row
        else {
            return Ok(None);
        };
        let response = response.ok_or(Error::InFlight)?;
        let rests_on = match (case_ref, facts_version, until) {
            (Some(case_ref), Some(facts_version), Some(until)) => {
                Some(RestsOn { case_ref, facts_version, until })
            }
            _ => None,
        };
        Ok(Some(StoredAnswer { method, body_digest, response, owners, rests_on }))
    }

    /// Takes a request id; false when it was taken before. The answer follows in the same
    /// transaction, by [`Tx::update_answer`].
    pub async fn record_request(&mut self, row: &RequestRow, now: Timestamp) -> Result<bool> {
        let inserted = self
            .query(
                "-- requests.record
                 INSERT INTO requests (caller_oin, request_id, method, body_digest, owners,
                        created_at)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (caller_oin, request_id) DO NOTHING",
            )
            .bind(row.caller.clone())
            .bind(row.request_id)
            .bind(row.method)
            .bind(row.body_digest.to_vec())
            .bind(Vec::new())
            .bind(now)
            .execute()
            .await?;
        Ok(inserted == 1)
    }

    /// Keeps the answer of a request taken in this transaction.
    pub async fn update_answer(&mut self, row: &RequestRow, answer: SealedAnswer) -> Result<()> {
        let rests_on = answer.rests_on;
        self.query(
            "-- requests.update_answer
             UPDATE requests
                SET response = $3, owners = $4, case_ref = $5, facts_version = $6,
                    reusable_until = $7
              WHERE caller_oin = $1 AND request_id = $2",
        )
        .bind(row.caller.clone())
        .bind(row.request_id)
        .bind(answer.response)
        .bind(answer.owners)
        .bind(rests_on.as_ref().map(|on| on.case_ref.clone()))
        .bind(rests_on.as_ref().map(|on| on.facts_version))
        .bind(rests_on.map(|on| on.until))
        .execute_one()
        .await
    }
}
