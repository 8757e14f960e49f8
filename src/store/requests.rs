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
    /// Case whose facts it rests on, if any.
    pub case_ref: Option<CaseRef>,
    /// Version of those facts.
    pub facts_version: Option<i64>,
}

/// Method, digest, response (none until it is known), owners, case and version of its facts.
type AnswerColumns = (String, Vec<u8>, Option<Vec<u8>>, Vec<u8>, Option<CaseRef>, Option<i64>);

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
    /// Case and version of the facts it rests on. When they change, the answer is not given again.
    pub facts: Option<(CaseRef, i64)>,
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
                 SELECT method, body_digest, response, owners, case_ref, facts_version
                   FROM requests
                  WHERE caller_oin = $1 AND request_id = $2",
            )
            .bind(caller.clone())
            .bind(request_id)
            .fetch_optional()
            .await?;
        let Some((method, body_digest, response, owners, case_ref, facts_version)) = row else {
            return Ok(None);
        };
        let response = response.ok_or(Error::InFlight)?;
        Ok(Some(StoredAnswer { method, body_digest, response, owners, case_ref, facts_version }))
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
        let (case_ref, facts_version) = answer.facts.unzip();
        self.query(
            "-- requests.update_answer
             UPDATE requests
                SET response = $3, owners = $4, case_ref = $5, facts_version = $6
              WHERE caller_oin = $1 AND request_id = $2",
        )
        .bind(row.caller.clone())
        .bind(row.request_id)
        .bind(answer.response)
        .bind(answer.owners)
        .bind(case_ref)
        .bind(facts_version)
        .execute_one()
        .await
    }
}
