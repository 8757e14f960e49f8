//! A declared emergency, as far as a decision depends on it (break-glass, DOMAIN §4.4).

use serde::{Deserialize, Serialize};

use crate::domain::category::Categories;
use crate::domain::time::Timestamp;

/// What was declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredEmergency {
    /// Whether consent was not asked because the person cannot give it, physically or by law; any
    /// other reason, a refusal above all, is no reason for a vital interest.
    pub is_unable_to_consent: bool,
    /// What is needed to avert the danger; nothing else is shared.
    pub categories: Categories,
    /// From when on.
    pub started_at: Timestamp,
    /// First moment after.
    pub expires_at: Timestamp,
}

impl DeclaredEmergency {
    /// Whether it lasts at a moment.
    pub fn lasts_at(&self, moment: Timestamp) -> bool {
        self.started_at <= moment && moment < self.expires_at
    }
}
