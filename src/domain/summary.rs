//! What one organisation wants its partners to know about a family (DOMAIN §1.2, *één keer
//! verhaal*).
//!
//! A [`Summary`] is parsed once, with every mistake at once. It is stored, sealed and released as
//! [`Part`]s, each of one category and about at least one person; [`view()`] releases a part only
//! when everybody it is about may be released for its category.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::category::Category;
use super::id::PersonKey;
use super::text::{Line, Prose};
use super::violation::Rule;

mod agreement;
mod assessment;
mod draft;
mod part;
mod view;

pub use agreement::{AgreementDraft, AgreementStatus, PlanAgreement};
pub use assessment::{
    AssessmentDraft, AssessmentIncomplete, AssessmentList, RaterKind, SCALE_MAX, SafetyAssessment,
    SafetyScale, ScaleDraft,
};
pub use draft::{SectionDraft, SummaryDraft};
pub use part::{Part, identification_part, payload_value};
pub use view::{View, view};

pub(super) use agreement::read_agreements;
pub(super) use assessment::read_scales;

/// Most sections in one summary. Partners read it in a conversation; more is a file, not a summary.
pub const SECTIONS_MAX: usize = 100;

/// Most agreements in one plan, for the same reason.
pub const AGREEMENTS_MAX: usize = 100;

/// Most texts in each list of an assessment, and most ratings.
pub const ASSESSMENT_ITEMS_MAX: usize = 50;

/// Name of a part that the gateway itself adds: what says who a person is.
const IDENTIFICATION_ID: &str = "identification";

/// Name of the part that the assessment becomes.
const ASSESSMENT_ID: &str = "assessment";

/// Name of a section or agreement within its summary: 1 to 36 of `A-Z a-z 0-9 . _ -`.
///
/// Chosen by people, so it may hold a name and does not show itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct PartId(String);

/// A text that is not a [`PartId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 36 of A-Z a-z 0-9 . _ -")]
pub struct InvalidPartId;

impl Rule for InvalidPartId {
    fn rule(&self) -> &'static str {
        "PART_ID"
    }
}

impl PartId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the gateway gives this name to a part of its own.
    fn is_reserved(&self) -> bool {
        matches!(self.as_str(), IDENTIFICATION_ID | ASSESSMENT_ID)
    }
}

impl FromStr for PartId {
    type Err = InvalidPartId;
    fn from_str(text: &str) -> Result<Self, InvalidPartId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=36).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPartId)
        }
    }
}

impl<'de> serde::Deserialize<'de> for PartId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for PartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartId(…)")
    }
}

/// What one organisation wants its partners to know. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Free parts, in the order of their writer.
    pub sections: Vec<SummarySection>,
    /// Signs of Safety assessment.
    pub assessment: Option<SafetyAssessment>,
    /// Agreements of the plan.
    pub agreements: Vec<PlanAgreement>,
}

/// One free part of a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummarySection {
    /// Unique within the summary.
    pub section_id: PartId,
    /// What kind of data it is; never IDENTIFICATION, which the gateway adds from the case.
    pub category: Category,
    /// Heading.
    pub title: Line<200>,
    /// Text.
    pub text: Prose<20_000>,
    /// Whom it is about; at least one person.
    pub about: BTreeSet<PersonKey>,
}

#[cfg(test)]
mod tests;
