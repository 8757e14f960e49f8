//! Who decides for whom, since when and until when, and who may not after all (DOMAIN §3.1).
//!
//! Nothing of it is overwritten: authority that was lost, an exclusion that was lifted and an
//! incapacity that ended stay with their moments, so that what was true at an earlier moment can
//! always be told.

use serde::{Deserialize, Serialize};

use super::Capacity;
use crate::domain::code::codes;
use crate::domain::id::{Pseudonym, UserId};
use crate::domain::time::Timestamp;

codes! {
    /// Why somebody may not decide for a person (Jeugdwet art. 7.3.15 lid 4).
    pub enum ExclusionReason {
        /// Not compatible with the care of a good care worker.
        IncompatibleWithGoodCare = 1, "INCOMPATIBLE_WITH_GOOD_CARE";
        /// Suspected of the violence.
        SuspectedPerpetrator = 2, "SUSPECTED_PERPETRATOR";
    }
}

/// A stretch of time in which something is so: from its first moment until the moment at which it
/// is so no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// First moment.
    pub from: Timestamp,
    /// First moment after it; none while there is no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Span {
    /// From a moment on, without an end.
    pub const fn since(from: Timestamp) -> Self {
        Self { from, until: None }
    }

    /// Whether it is so at a moment.
    pub fn covers(self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// Whether there is no end yet.
    pub const fn is_open(self) -> bool {
        self.until.is_none()
    }
}

/// Somebody in a capacity in which they can sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// Who.
    #[serde(with = "crate::domain::hex_text")]
    pub person: Pseudonym,
    /// In what capacity.
    pub capacity: Capacity,
}

/// Somebody who may decide for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Representative {
    /// Who, in what capacity.
    pub signer: Signer,
    /// Whether they have authority (gezag) over a minor.
    pub has_authority: bool,
    /// Since when, and until when it was lost.
    pub during: Span,
    /// When they might not decide after all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
}

/// The decision that somebody may not decide for a person. Two people took it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// Why.
    pub reason: ExclusionReason,
    /// Who decided.
    pub decided_by: UserId,
    /// Who agreed; somebody else.
    pub supervisor: UserId,
    /// From when on, and until when it was lifted.
    pub during: Span,
}

impl Representative {
    /// Whether they decide at this moment: neither lost nor excluded.
    pub fn counts(&self, at: Timestamp) -> bool {
        self.during.covers(at) && !self.is_excluded(at)
    }

    /// Whether they may not decide at this moment, though they represent.
    pub fn is_excluded(&self, at: Timestamp) -> bool {
        self.exclusions.iter().any(|exclusion| exclusion.during.covers(at))
    }

    pub(super) fn is_guardian_of_minor(&self, at: Timestamp) -> bool {
        self.has_authority
            && self.during.covers(at)
            && matches!(self.signer.capacity, Capacity::ParentWithAuthority | Capacity::Guardian)
    }
}
