//! On what ground something was given: kept with the share, sealed under the keys of everybody it is
//! about, because every look at the share is decided on it anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::basis::Basis;
use crate::domain::case::Involvement;
use crate::domain::category::Categories;
use crate::domain::emergency::Emergency;
use crate::domain::id::{EventId, PersonKey, ShareId};
use crate::domain::organisation::Actor;
use crate::domain::policy::{BasisEvidence, DeclaredEmergency};
use crate::domain::purpose::Purpose;
use crate::gateway::error::{Error, Result};
use crate::gateway::keys::{open_cell, seal_cell};
use crate::store::ShareRow;
use crate::vault::envelope::WrappingKey;

/// Who gave what, and why.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ground {
    pub(super) giver: Actor,
    pub(super) purpose: Purpose,
    pub(super) basis: Basis,
    pub(super) evidence: BasisEvidence,
    pub(super) emergency: Option<Emergency>,
    pub(super) involvement: Involvement,
    /// What was given about each person. A look never gets more.
    pub(super) granted: BTreeMap<PersonKey, Categories>,
    /// The entries that declared the emergency.
    pub(super) declared: BTreeMap<PersonKey, EventId>,
}

impl Ground {
    pub(super) fn seal(&self, key: &WrappingKey, share_id: ShareId) -> Result<Vec<u8>> {
        let content = serde_json::to_vec(self).map_err(Error::internal)?;
        seal_cell(&content, key, "shares", share_id.as_bytes())
    }

    pub(super) fn open(row: &ShareRow, key: &WrappingKey) -> Result<Self> {
        let content = open_cell(&row.content, key, "shares", row.share_id.as_bytes())?;
        serde_json::from_slice(&content).map_err(Error::internal)
    }
}

/// As far as a decision depends on it.
pub(super) fn declared_emergency(emergency: &Emergency) -> DeclaredEmergency {
    DeclaredEmergency {
        is_unable_to_consent: emergency.why_no_consent.is_incapacity(),
        categories: emergency.categories,
        started_at: emergency.started_at,
        expires_at: emergency.expires_at,
    }
}
