//! Why there is no answer, for a person and for a script: a sentence with its code and its fields, and how the
//! command ends.

use std::error::Error as _;

use tonic::{Code, Status, TimeoutExpired};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::words;
use crate::cli::exit::{Exit, Failure};

/// What a status says, and the exit code of it.
pub(super) fn failure(status: &Status) -> Failure {
    if is_late(status) {
        let words = "no answer in time; whether it was done is found by repeating it";
        Failure::new(Exit::Temporary, words)
    } else if status.source().is_some() {
        broken(status)
    } else {
        refused(status)
    }
}

/// Whether the time was over. A call that was given up because its connection ended has the same code, and
/// another cause.
fn is_late(status: &Status) -> bool {
    match (status.code(), status.source()) {
        (Code::DeadlineExceeded, _) | (Code::Cancelled, None) => true,
        (Code::Cancelled, Some(mut cause)) => loop {
            match cause.source() {
                _ if cause.is::<TimeoutExpired>() => break true,
                Some(deeper) => cause = deeper,
                None => break false,
            }
        },
        (_, _) => false,
    }
}

/// Nothing of the gateway: the connection ended.
fn broken(status: &Status) -> Failure {
    let mut cause = status.source();
    let mut root = status.message().to_owned();
    while let Some(error) = cause {
        root = error.to_string();
        cause = error.source();
    }
    let hint = if root.contains("fatal alert") {
        "the gateway does not accept the certificate"
    } else {
        // Whether the word of the gateway still arrives is chance: it closes at once.
        "the connection ended before there was an answer, as when a certificate is not accepted"
    };
    Failure::new(Exit::Connection, format!("{hint}: {root}"))
}

/// The gateway said no.
fn refused(status: &Status) -> Failure {
    let details = status.get_error_details();
    let codes = codes(status, &details).join(", ");
    let mut lines = vec![format!("the gateway refused: {} ({codes})", status.message())];
    let fields = details.bad_request().map(|bad| &bad.field_violations);
    for field in fields.into_iter().flatten() {
        let path = if field.field.is_empty() { "" } else { &format!("{}: ", field.field) };
        lines.push(format!("{path}{}: {}", field.reason, field.description));
    }
    let unmet = details.precondition_failure().map(|unmet| &unmet.violations);
    for one in unmet.into_iter().flatten() {
        lines.push(format!("{}: {}", one.r#type, one.description));
    }
    if let Some(delay) = details.retry_info().and_then(|info| info.retry_delay) {
        lines.push(format!("try again after {} ms", delay.as_millis()));
    }
    Failure::new(Exit::of(&status.clone().into()), lines.join("\n  "))
}

/// The gRPC code, the reason, and what goes with it: what scripts look for.
fn codes(status: &Status, details: &ErrorDetails) -> Vec<String> {
    let mut codes = vec![words::upper(&format!("{:?}", status.code()))];
    if let Some(info) = details.error_info() {
        codes.push(info.reason.clone());
        codes.extend(info.metadata.iter().map(|(key, value)| format!("{key} {value}")));
    }
    codes
}

#[cfg(test)]
mod tests {
    use tonic_types::{FieldViolation, PreconditionViolation};

    use super::*;

    fn told(status: &Status) -> (Exit, String) {
        let failure = failure(status);
        let text = failure.to_string();
        (Exit::of(&failure.into()), text)
    }

    #[test]
    fn a_wrong_field_is_told_with_its_path_and_rule() {
        let mut details = ErrorDetails::with_bad_request(vec![FieldViolation {
            field: "filter.period".to_owned(),
            description: "must have a start and an end".to_owned(),
            reason: "REQUIRED".to_owned(),
            localized_message: None,
        }]);
        details.set_error_info("FIELD_INVALID", "ketenpoort.nl", []);
        let status = Status::with_error_details(Code::InvalidArgument, "a field is wrong", details);
        let expected = "the gateway refused: a field is wrong (INVALID_ARGUMENT, FIELD_INVALID)\n  \
                        filter.period: REQUIRED: must have a start and an end";
        assert_eq!(told(&status), (Exit::Usage, expected.to_owned()));
    }

    #[test]
    fn what_is_missing_and_why_it_is_denied_is_told() {
        let unmet = PreconditionViolation::new("SIGNAL_OPEN", "", "the signal was closed before");
        let details = ErrorDetails::with_precondition_failure(vec![unmet]);
        let status = Status::with_error_details(Code::FailedPrecondition, "not now", details);
        let (exit, text) = told(&status);
        assert_eq!(exit, Exit::Error);
        assert!(text.ends_with("\n  SIGNAL_OPEN: the signal was closed before"), "{text}");
        let mut details = ErrorDetails::new();
        let pair = ("denial".to_owned(), "ROLE_NOT_ALLOWED".to_owned());
        details.set_error_info("ACCESS_DENIED", "ketenpoort.nl", [pair]);
        let status = Status::with_error_details(Code::PermissionDenied, "denied", details);
        let (exit, text) = told(&status);
        assert_eq!(exit, Exit::Denied);
        assert!(
            text.ends_with("(PERMISSION_DENIED, ACCESS_DENIED, denial ROLE_NOT_ALLOWED)"),
            "{text}"
        );
    }

    #[test]
    fn a_connection_that_ended_is_told_from_a_gateway_that_is_busy() {
        let broken =
            |words: &str| Status::from_error(std::io::Error::other(words.to_owned()).into());
        let (exit, text) = told(&broken("received fatal alert: UnknownCA"));
        assert_eq!(exit, Exit::Connection);
        assert!(text.contains("does not accept the certificate"), "{text}");
        let (exit, text) = told(&broken("connection reset"));
        assert_eq!(exit, Exit::Connection);
        assert!(text.ends_with("a certificate is not accepted: connection reset"), "{text}");
        assert_eq!(told(&Status::resource_exhausted("busy")).0, Exit::Temporary);
        assert_eq!(told(&Status::cancelled("Timeout expired")).0, Exit::Temporary);
        assert_eq!(told(&Status::from_error(TimeoutExpired(()).into())).0, Exit::Temporary);
        // Given up before it was sent, because the connection was gone.
        let mut given_up = Status::cancelled("operation was canceled");
        given_up.set_source(std::sync::Arc::new(std::io::Error::other("operation was canceled")));
        assert_eq!(told(&given_up).0, Exit::Connection);
    }
}
