//! Why a use case did not give what was asked for, by whose doing.
//!
//! `Display` of everything here is safe to show to a caller: it never holds a value of a request
//! or of the store. What went wrong inside stands in `source`, for the log of the operator.

use crate::domain::event::DenialReason;
use crate::domain::violation::Violations;
use crate::store;

/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case ended without its answer. Nothing was stored or disclosed, except where a
/// variant says so.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields of the request are wrong.
    #[error("the request has fields that break a rule")]
    Invalid(Violations),
    /// Policy said no, or it does not exist: the caller cannot tell which. The denial is in the ledger.
    #[error("not allowed, or does not exist")]
    Denied {
        /// The reason, where the caller may know it.
        reason: Option<DenialReason>,
    },
    /// The municipality of residence is not in the region. Nothing of the content was stored; that
    /// it was refused is in the ledger.
    #[error("the municipality of residence is not in the region of this gateway")]
    NotInRegion,
    /// The same id came before with something else.
    #[error("{}", .0.sentence())]
    Reused(Reused),
    /// The state of things does not allow this step.
    #[error("the step cannot be taken yet or any more")]
    Precondition(Vec<Unmet>),
    /// Somebody else was first; read again and repeat.
    #[error("another version was stored first")]
    RevisionMismatch,
    /// A page token of another query, or none of ours.
    #[error("the page token does not belong to this query")]
    PageToken,
    /// Too much is waiting.
    #[error("too much is waiting; try again later")]
    Busy,
    /// The ledger cannot be written, so nothing is stored or disclosed.
    #[error("the ledger cannot be written; nothing was stored or disclosed")]
    LedgerUnavailable(#[source] store::Error),
    /// The commit may or may not have happened; repeating with the same request id tells.
    #[error("the outcome is unknown; repeat the call with the same request id")]
    OutcomeUnknown,
    /// A fault of the gateway.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reused {
    /// A request id, with another body.
    RequestId,
    /// A referral id, with other content.
    ReferralId,
    /// A case reference.
    CaseRef,
}

impl Reused {
    const fn sentence(self) -> &'static str {
        match self {
            Self::RequestId => "this request id came before with another body",
            Self::ReferralId => "this referral id came before with other content",
            Self::CaseRef => "this case reference is in use",
        }
    }
}

/// One thing that is missing before a step can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// Stable code in `UPPER_SNAKE_CASE`.
    pub code: &'static str,
    /// One sentence without any personal value.
    pub description: String,
}

impl Error {
    /// One missing thing.
    pub fn unmet(code: &'static str, description: impl Into<String>) -> Self {
        Self::Precondition(vec![Unmet { code, description: description.into() }])
    }

    /// A denial whose reason the caller may know.
    pub const fn denied(reason: DenialReason) -> Self {
        Self::Denied { reason: Some(reason) }
    }

    /// A denial that does not tell whether the thing exists.
    pub const fn hidden() -> Self {
        Self::Denied { reason: None }
    }

    /// A fault of the gateway.
    pub fn internal(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Box::new(source))
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::QueueFull
            | store::Error::Busy(_)
            | store::Error::InFlight
            | store::Error::DirectoryChanged
            | store::Error::Overtaken => Self::Busy,
            store::Error::OutcomeUnknown => Self::OutcomeUnknown,
            store::Error::Stopped
            | store::Error::Driver(_)
            | store::Error::Fork(_)
            | store::Error::Anchor(_) => Self::LedgerUnavailable(error),
            store::Error::Conflict
            | store::Error::Corrupt { .. }
            | store::Error::Migration(_)
            | store::Error::UnsafeSetting(_) => Self::internal(error),
        }
    }
}

/// Sealed content that cannot be opened: it was changed, moved, or its key was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("content of {table} cannot be opened")]
pub struct Unreadable {
    /// Table it stands in.
    pub table: &'static str,
}
