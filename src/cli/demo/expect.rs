//! What the story expects, turned into one clear sentence where it turns out otherwise.
//!
//! A sentence holds states, codes, counts and moments, never a value of a person.

use std::fmt;

use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

use crate::grpc::pb::ErrorReason;

/// Something turned out otherwise than the story expects.
#[derive(Debug, thiserror::Error)]
#[error("{what}: expected {expected}, observed {observed}")]
pub(super) struct Deviation {
    what: String,
    expected: String,
    observed: String,
}

/// Result of an expectation.
pub(super) type Result<T, E = Deviation> = std::result::Result<T, E>;

/// Expects a value. Only for values that may be shown.
pub(super) fn equal<T: Copy + PartialEq + fmt::Debug>(
    what: &str,
    observed: T,
    expected: T,
) -> Result<()> {
    if observed == expected {
        Ok(())
    } else {
        Err(deviation(what, format!("{expected:?}"), format!("{observed:?}")))
    }
}

/// Expects that something is so. Says what, never which values decided it.
pub(super) fn so(what: &str, fact: bool) -> Result<()> {
    if fact { Ok(()) } else { Err(deviation(what, "that it is so", "that it is not")) }
}

/// Expects a part of an answer to be there.
pub(super) fn given<T>(what: &str, part: Option<T>) -> Result<T> {
    part.ok_or_else(|| deviation(what, "to be given", "nothing"))
}

/// Expects an answer.
pub(super) fn answered<T>(what: &str, outcome: Result<Response<T>, Status>) -> Result<T> {
    match outcome {
        Ok(response) => Ok(response.into_inner()),
        Err(status) => Err(deviation(what, "an answer", Refused::read(&status))),
    }
}

/// Expects a refusal with this status, reason and, where given, detail: a denial, a missing
/// precondition or the rule that a field breaks.
pub(super) fn refused<T>(
    what: &str,
    outcome: Result<Response<T>, Status>,
    code: Code,
    reason: ErrorReason,
    detail: Option<&str>,
) -> Result<Refused> {
    let expected = Refused {
        code,
        reason: short(reason.as_str_name(), "ERROR_REASON_"),
        details: detail.map(str::to_owned).into_iter().collect(),
        sent: (String::new(), Vec::new()),
    };
    let observed = match outcome {
        Ok(_answer) => return Err(deviation(what, expected, "an answer")),
        Err(status) => Refused::read(&status),
    };
    let fits = observed.code == expected.code
        && observed.reason == expected.reason
        && expected.details.iter().all(|detail| observed.details.contains(detail));
    if fits { Ok(observed) } else { Err(deviation(what, expected, observed)) }
}

/// What a refusal says. Two are equal when a caller cannot tell them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    code: Code,
    reason: String,
    details: Vec<String>,
    /// Message and details as they were sent.
    sent: (String, Vec<u8>),
}

impl Refused {
    fn read(status: &Status) -> Self {
        let found = status.get_error_details();
        let info = found.error_info();
        let denial = info.and_then(|info| info.metadata.get("denial")).cloned();
        let missing = found.precondition_failure().into_iter().flat_map(|one| &one.violations);
        let wrong = found.bad_request().into_iter().flat_map(|one| &one.field_violations);
        Self {
            code: status.code(),
            reason: info.map_or_else(String::new, |info| info.reason.clone()),
            details: denial
                .into_iter()
                .chain(missing.map(|violation| violation.r#type.clone()))
                .chain(wrong.map(|violation| format!("{} {}", violation.field, violation.reason)))
                .collect(),
            sent: (status.message().to_owned(), status.details().to_vec()),
        }
    }
}

/// Like `PERMISSION_DENIED, ACCESS_DENIED: NO_CONSENT`.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `PermissionDenied` as the gRPC specification spells it.
        for (at, letter) in format!("{:?}", self.code).char_indices() {
            let separator = if at > 0 && letter.is_ascii_uppercase() { "_" } else { "" };
            write!(f, "{separator}{}", letter.to_ascii_uppercase())?;
        }
        if !self.reason.is_empty() {
            write!(f, ", {}", self.reason)?;
        }
        let details = self.details.iter().filter(|detail| **detail != self.reason);
        for (at, detail) in details.enumerate() {
            write!(f, "{}{detail}", if at == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

/// The name of a protobuf enum's value without the name of the enum.
pub(super) fn short(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_owned()
}

fn deviation(what: &str, expected: impl fmt::Display, observed: impl fmt::Display) -> Deviation {
    Deviation {
        what: what.to_owned(),
        expected: expected.to_string(),
        observed: observed.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::{ErrorDetails, StatusExt as _};

    use super::*;

    fn no_consent() -> Result<Response<()>, Status> {
        let metadata = [("denial".to_owned(), "NO_CONSENT".to_owned())];
        let details = ErrorDetails::with_error_info("ACCESS_DENIED", "ketenpoort.nl", metadata);
        Err(Status::with_error_details(Code::PermissionDenied, "no", details))
    }

    fn sentence(error: Result<impl fmt::Debug>) -> String {
        error.unwrap_err().to_string()
    }

    #[test]
    fn a_refusal_must_be_the_expected_one() {
        let expect = |code, reason, detail| refused("reading", no_consent(), code, reason, detail);
        let (denied, reason) = (Code::PermissionDenied, ErrorReason::AccessDenied);
        let refused = expect(denied, reason, Some("NO_CONSENT")).unwrap();
        assert_eq!(refused.to_string(), "PERMISSION_DENIED, ACCESS_DENIED: NO_CONSENT");
        assert!(expect(denied, reason, None).is_ok());
        for other in [
            expect(Code::NotFound, reason, None),
            expect(denied, ErrorReason::NotInRegion, None),
            expect(denied, reason, Some("WITHDRAWN")),
        ] {
            assert!(
                sentence(other).ends_with("observed PERMISSION_DENIED, ACCESS_DENIED: NO_CONSENT")
            );
        }
    }

    #[test]
    fn an_answer_is_no_refusal_and_a_refusal_no_answer() {
        let answer = Ok(Response::new(()));
        assert_eq!(
            sentence(refused("reading", answer, Code::NotFound, ErrorReason::NotInRegion, None)),
            "reading: expected NOT_FOUND, NOT_IN_REGION, observed an answer"
        );
        assert!(
            sentence(answered("reading", no_consent())).starts_with("reading: expected an answer")
        );
    }
}
