//! A request as it is stored, and back.

use serde::{Deserialize, Serialize};

use crate::domain::consent::Capacity;
use crate::domain::id::{PersonKey, SubjectRequestId};
use crate::domain::person::AgeBand;
use crate::domain::subject_request::{
    Ending, Particulars, PreparedReport, RequestState, SubjectRequest, Term, Verdict,
};
use crate::domain::time::{Date, Timestamp};
use crate::gateway::case_file::code;
use crate::gateway::error::{Error, Result};
use crate::gateway::keys::{open_cell, seal_cell};
use crate::store::SubjectRequestRow;
use crate::vault::subject::SubjectKey;

/// What is sealed under the person's key: names within the case, and what was weighed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::gateway) struct Sealed {
    pub(in crate::gateway) subject: PersonKey,
    pub(super) birth_date: Date,
    pub(super) requester: Option<PersonKey>,
    pub(in crate::gateway) particulars: Particulars,
    /// The report as it was prepared last.
    pub(super) report: Option<PreparedReport>,
}

impl Sealed {
    pub(super) fn seal(&self, id: SubjectRequestId, key: &SubjectKey) -> Result<Vec<u8>> {
        let content = serde_json::to_vec(self).map_err(Error::internal)?;
        seal_cell(&content, &key.wrapping_key(), "subject_requests", id.as_bytes())
    }
}

/// Opens what is sealed of a request.
pub(in crate::gateway) fn sealed_of(row: &SubjectRequestRow, key: &SubjectKey) -> Result<Sealed> {
    let name = row.subject_request_id.as_bytes();
    let content = open_cell(&row.content, &key.wrapping_key(), "subject_requests", name)?;
    serde_json::from_slice(&content).map_err(Error::internal)
}

/// The age of the person now.
pub(super) fn age_band(
    row: &SubjectRequestRow,
    key: &SubjectKey,
    now: Timestamp,
) -> Result<AgeBand> {
    Ok(AgeBand::on(sealed_of(row, key)?.birth_date, now))
}

pub(super) fn capacity(row: &SubjectRequestRow) -> Result<Capacity> {
    code(row.capacity, Capacity::from_number)
}

/// Where a stored request is in its life.
pub(in crate::gateway) fn life_of(row: &SubjectRequestRow) -> Result<SubjectRequest> {
    Ok(SubjectRequest {
        state: code(row.state, RequestState::from_number)?,
        term: Term { received_at: row.received_at, due_at: row.due_at },
        verdict: code(row.verdict, Verdict::from_number)?,
        ending: row.ending.map(|ending| code(ending, Ending::from_number)).transpose()?,
    })
}

/// The row after a step of its life.
pub(in crate::gateway) fn moved(
    row: &SubjectRequestRow,
    life: SubjectRequest,
) -> SubjectRequestRow {
    SubjectRequestRow {
        state: i64::from(life.state.number()),
        verdict: i64::from(life.verdict.number()),
        ending: life.ending.map(|ending| i64::from(ending.number())),
        due_at: life.term.due_at,
        version: row.version + 1,
        ..row.clone()
    }
}
