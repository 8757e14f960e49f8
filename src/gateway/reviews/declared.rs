//! What reviewers judge on: the emergency as it was declared, and what was weighed on the basis. Sealed
//! together under the keys of everybody it is about.

use serde::{Deserialize, Serialize};

use crate::domain::emergency::Emergency;
use crate::domain::id::ReviewId;
use crate::domain::policy::BasisEvidence;
use crate::gateway::error::{Error, Result};
use crate::gateway::keys::{open_cell, seal_cell};
use crate::store::ReviewRow;
use crate::vault::envelope::WrappingKey;

/// What was declared, in words.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Why it could not wait.
    pub emergency: Emergency,
    /// What the basis demanded: necessity, the reporting code, the answers of a conflict of duties.
    pub evidence: BasisEvidence,
}

impl Declared {
    pub(in crate::gateway) fn seal(
        &self,
        key: &WrappingKey,
        review_id: ReviewId,
    ) -> Result<Vec<u8>> {
        let content = serde_json::to_vec(self).map_err(Error::internal)?;
        seal_cell(&content, key, "reviews", review_id.as_bytes())
    }

    pub(super) fn open(row: &ReviewRow, key: &WrappingKey) -> Result<Self> {
        let content = open_cell(&row.content, key, "reviews", row.review_id.as_bytes())?;
        serde_json::from_slice(&content).map_err(Error::internal)
    }
}
