//! What a decision is made on. Everything is handed in, so that a decision can be replayed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::case::Member;
use crate::domain::category::Categories;
use crate::domain::consent::{Consent, LegalPosition};
use crate::domain::decision::PackId;
use crate::domain::id::{Oin, PersonKey};

use super::four_eyes::AddressRelease;
use super::pack::PolicyPack;

/// The facts at the moment of the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Which policy pack the rules come from.
    pub pack: PackId,
    /// What that pack says.
    pub rules: Arc<PolicyPack>,
    /// The case team.
    pub members: Vec<Member>,
    /// Who made the referral that feedback is about.
    pub reporter: Option<Oin>,
    /// The agreements to release hidden addresses.
    pub address_releases: Vec<AddressRelease>,
    /// The people the data is about.
    pub subjects: Vec<SubjectFacts>,
}

/// The facts about one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectFacts {
    /// Name within the message or case.
    pub person: PersonKey,
    /// Pseudonym, age, and who decides for the person.
    pub position: LegalPosition,
    /// The consents of the person; others are ignored.
    pub consents: Vec<Consent>,
    /// What there is about the person.
    pub present: Categories,
    /// Whether the person had the processing restricted (AVG art. 18).
    pub is_processing_restricted: bool,
}
