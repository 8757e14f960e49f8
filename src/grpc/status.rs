//! The only table from what went wrong to what a caller is told.
//!
//! Invariant: a status holds a code, a sentence and details that are safe to show; never a value of
//! the request or of the store. Every failure is logged once, here, as it becomes a status.

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{
    ErrorDetails, FieldViolation, PreconditionViolation, QuotaViolation, StatusExt as _,
};
use uuid::Uuid;

use super::pb::ErrorReason;
use crate::domain::event::DenialReason;
use crate::domain::violation::{Violation, Violations};
use crate::gateway::{Error, Reused, Unmet};

/// Domain of every reason (AIP-193).
const DOMAIN: &str = "ketenpoort.nl";
/// When to come back after too much was waiting.
const RETRY_BUSY: Duration = Duration::from_millis(500);
/// When to come back after the ledger could not be written: somebody has to act first.
const RETRY_LEDGER: Duration = Duration::from_secs(5);
/// Details travel in a header, and clients in Java and Go take 8 KiB of headers unless told
/// otherwise; in base64 this much becomes 5.4 KiB.
const VIOLATION_BYTES_MAX: usize = 4096;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let (code, reason) = row(&error);
        if let Error::Internal(source) = &error {
            return internal(source.as_ref());
        }
        log(&error, reason);
        let mut details = details_of(&error);
        match metadata(&error) {
            Some((key, value)) => {
                let pair = (key.to_owned(), value.to_owned());
                details.set_error_info(word(reason), DOMAIN, [pair]);
            }
            None => {
                details.set_error_info(word(reason), DOMAIN, []);
            }
        }
        Self::with_error_details(code, error.to_string(), details)
    }
}

/// Code and reason of every error.
fn row(error: &Error) -> (Code, ErrorReason) {
    match error {
        Error::Invalid(_) => (Code::InvalidArgument, ErrorReason::FieldInvalid),
        Error::Denied { reason: Some(DenialReason::VitalInterestNeedsIncapacity) } => {
            (Code::InvalidArgument, ErrorReason::BasisNotApplicable)
        }
        Error::Denied { reason: _ } => (Code::PermissionDenied, ErrorReason::AccessDenied),
        Error::NotInRegion => (Code::OutOfRange, ErrorReason::NotInRegion),
        Error::Reused(Reused::RequestId) => (Code::AlreadyExists, ErrorReason::RequestIdReused),
        Error::Reused(Reused::ReferralId) => (Code::AlreadyExists, ErrorReason::ReferralIdReused),
        Error::Reused(Reused::CaseRef) => (Code::AlreadyExists, ErrorReason::CaseRefTaken),
        Error::Precondition(unmet) => (Code::FailedPrecondition, precondition(unmet)),
        Error::RevisionMismatch => (Code::Aborted, ErrorReason::RevisionMismatch),
        Error::PageToken => (Code::InvalidArgument, ErrorReason::PageTokenMismatch),
        Error::Busy => (Code::ResourceExhausted, ErrorReason::Busy),
        Error::LedgerUnavailable(_) | Error::OutcomeUnknown => {
            (Code::Unavailable, ErrorReason::LedgerUnavailable)
        }
        Error::Internal(_) => (Code::Internal, ErrorReason::Internal),
    }
}

/// Some missing things have a reason of their own, because a client can act on them.
fn precondition(unmet: &[Unmet]) -> ErrorReason {
    match unmet.first().map(|unmet| unmet.code) {
        Some("CONSENT_CHANGED") => ErrorReason::ConsentChanged,
        Some("SIGNATURES_INSUFFICIENT") => ErrorReason::SignaturesInsufficient,
        Some("WITHDRAWAL_WITHOUT_EFFECT") => ErrorReason::WithdrawalWithoutEffect,
        Some(_) | None => ErrorReason::PreconditionMissing,
    }
}

/// At most one pair: the details of one error are always the same bytes.
fn metadata(error: &Error) -> Option<(&'static str, &'static str)> {
    let Error::Denied { reason: Some(reason) } = error else { return None };
    match reason {
        // The same bytes as for a thing that does not exist.
        DenialReason::NotFoundOrNotAllowed => None,
        DenialReason::VitalInterestNeedsIncapacity => Some(("hint", "WMO_5_2_6_REPORT")),
        DenialReason::NoConsent
        | DenialReason::Refused
        | DenialReason::Withdrawn
        | DenialReason::Expired
        | DenialReason::NotYetValid
        | DenialReason::NeedsRenewal
        | DenialReason::WrongRecipient
        | DenialReason::WrongPurpose
        | DenialReason::CategoryNotCovered
        | DenialReason::SignaturesInsufficient
        | DenialReason::NotInRegion
        | DenialReason::BasisNotApplicable
        | DenialReason::BasisDisabled
        | DenialReason::CategoryNotAllowedForRole
        | DenialReason::RoleNotAllowed
        | DenialReason::NotInCaseTeam
        | DenialReason::FourEyesRequired
        | DenialReason::PurposeNotAllowed
        | DenialReason::ProcessingRestricted
        | DenialReason::EmergencyRequired
        | DenialReason::NotInEmergency => Some(("denial", reason.as_str())),
    }
}

fn details_of(error: &Error) -> ErrorDetails {
    match error {
        Error::Invalid(violations) => ErrorDetails::with_bad_request(field_violations(violations)),
        Error::Precondition(unmet) => {
            ErrorDetails::with_precondition_failure(unmet.iter().map(missing).collect::<Vec<_>>())
        }
        Error::Busy => ErrorDetails::with_retry_info(Some(RETRY_BUSY)),
        Error::LedgerUnavailable(_) | Error::OutcomeUnknown => {
            ErrorDetails::with_retry_info(Some(RETRY_LEDGER))
        }
        Error::Denied { .. }
        | Error::NotInRegion
        | Error::Reused(_)
        | Error::RevisionMismatch
        | Error::PageToken
        | Error::Internal(_) => ErrorDetails::new(),
    }
}

fn missing(unmet: &Unmet) -> PreconditionViolation {
    PreconditionViolation::new(unmet.code, "", &unmet.description)
}

/// As many as fit, and how many more there are.
fn field_violations(violations: &Violations) -> Vec<FieldViolation> {
    let mut shown = Vec::new();
    let mut room = VIOLATION_BYTES_MAX;
    let mut left = violations.iter();
    for violation in left.by_ref() {
        let field = field_violation(violation);
        let size = field.field.len() + field.description.len() + field.reason.len();
        let Some(rest) = room.checked_sub(size) else {
            let more = 1 + left.count();
            shown.push(FieldViolation {
                description: format!("{more} more fields break a rule"),
                reason: "MORE".to_owned(),
                ..FieldViolation::default()
            });
            return shown;
        };
        room = rest;
        shown.push(field);
    }
    shown
}

fn field_violation(violation: &Violation) -> FieldViolation {
    FieldViolation {
        field: violation.field.clone(),
        description: violation.description.clone(),
        reason: violation.rule.to_owned(),
        localized_message: None,
    }
}

/// The certificate's organisation may not call: the same answer for every cause.
pub(super) fn not_admitted() -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(word(ErrorReason::CallerNotAdmitted), DOMAIN, []);
    let sentence = "the organisation of this certificate is not admitted";
    Status::with_error_details(Code::Unauthenticated, sentence, details)
}

/// The deadline of the call passed; what was begun is finished all the same.
pub(super) fn deadline_exceeded() -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(word(ErrorReason::DeadlineExceeded), DOMAIN, []);
    let sentence = "the deadline passed; repeat the call with the same request id to learn more";
    Status::with_error_details(Code::DeadlineExceeded, sentence, details)
}

/// A message is over its limit.
pub(super) fn message_too_large(limit: usize) -> Status {
    let mut details = ErrorDetails::with_quota_failure([QuotaViolation::new(
        "message",
        format!("a message of this call has at most {limit} bytes"),
    )]);
    details.set_error_info(word(ErrorReason::LimitExceeded), DOMAIN, []);
    Status::with_error_details(Code::ResourceExhausted, "the message is too large", details)
}

/// Whether a call ended because there was too much to do.
pub(super) fn is_busy(status: &Status) -> bool {
    let details = status.get_error_details();
    details.error_info().is_some_and(|info| info.reason == word(ErrorReason::Busy))
}

/// The request is not what the method takes: no message, several, or bytes that are none.
pub(super) fn malformed(rule: &'static str, description: &'static str) -> Status {
    let mut violations = Violations::new();
    violations.add("", rule, description);
    Error::Invalid(violations).into()
}

/// A fault of the gateway. The caller gets an id to quote; the cause stands in the log beside it.
pub(super) fn internal(source: &(dyn std::error::Error + 'static)) -> Status {
    let id = Uuid::new_v4();
    tracing::error!(request = %id, cause = %Causes(source), "internal error");
    internal_with(id)
}

/// A handler panicked, which no input may bring about.
pub(super) fn panicked() -> Status {
    let id = Uuid::new_v4();
    tracing::error!(request = %id, "a handler panicked");
    internal_with(id)
}

fn internal_with(id: Uuid) -> Status {
    let mut details = ErrorDetails::new();
    let metadata = [("request".to_owned(), id.to_string())];
    details.set_error_info(word(ErrorReason::Internal), DOMAIN, metadata);
    Status::with_error_details(Code::Internal, "internal error", details)
}

/// The reason without its prefix.
fn word(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

fn log(error: &Error, reason: ErrorReason) {
    let reason = word(reason);
    match error {
        Error::Busy | Error::OutcomeUnknown => tracing::warn!(reason, "call failed"),
        Error::LedgerUnavailable(source) => {
            tracing::warn!(reason, cause = %Causes(source), "call failed");
        }
        Error::Invalid(_)
        | Error::Denied { .. }
        | Error::NotInRegion
        | Error::Reused(_)
        | Error::Precondition(_)
        | Error::RevisionMismatch
        | Error::PageToken
        | Error::Internal(_) => tracing::info!(reason, "call refused"),
    }
}

/// An error with everything that caused it, in one line.
struct Causes<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
