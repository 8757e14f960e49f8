//! What makes a privacy officer look at the ledger (NEN 7513: a look at the log is an event of its own).

use super::code::codes;
use super::purpose::Purpose;

codes! {
    /// What makes a privacy officer look at the ledger.
    pub enum Occasion {
        /// Somebody complained.
        Complaint = 1, "COMPLAINT";
        /// Systematic review of a sample.
        Sample = 2, "SAMPLE";
        /// An incident, or a signal that may be one.
        Incident = 3, "INCIDENT";
        /// A data subject asked for access (AVG art. 15).
        SubjectRequest = 4, "SUBJECT_REQUEST";
        /// The weekly digest of saved searches: nobody states it, the gateway counts for it.
        Digest = 5, "DIGEST";
    }
}

impl Occasion {
    /// Whether an officer may say that it made them look.
    pub const fn is_stated(self) -> bool {
        !matches!(self, Self::Digest)
    }

    /// The purpose of processing that it comes under.
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Complaint | Self::Sample | Self::Incident | Self::Digest => {
                Purpose::PrivacyReview
            }
            Self::SubjectRequest => Purpose::DataSubjectRequest,
        }
    }
}
