//! Every row of the table, and what may never be told.

use tonic_types::StatusExt as _;

use super::*;
use crate::store;

fn row_of(error: Error) -> (Code, String, Option<String>) {
    let details = Status::from(error);
    let code = details.code();
    let info = details.get_error_details().error_info().cloned().unwrap();
    assert_eq!(info.domain, "ketenpoort.nl");
    (
        code,
        info.reason,
        info.metadata.into_iter().map(|(key, value)| format!("{key}={value}")).next(),
    )
}

fn unmet(code: &'static str) -> Error {
    Error::unmet(code, "a sentence")
}

#[test]
fn every_error_has_its_code_and_reason() {
    let denied = Error::denied;
    for (error, code, reason, metadata) in [
        (Error::Invalid(Violations::new()), Code::InvalidArgument, "FIELD_INVALID", None),
        (Error::hidden(), Code::PermissionDenied, "ACCESS_DENIED", None),
        (
            denied(DenialReason::NoConsent),
            Code::PermissionDenied,
            "ACCESS_DENIED",
            Some("denial=NO_CONSENT"),
        ),
        (
            denied(DenialReason::VitalInterestNeedsIncapacity),
            Code::InvalidArgument,
            "BASIS_NOT_APPLICABLE",
            Some("hint=WMO_5_2_6_REPORT"),
        ),
        (Error::NotInRegion, Code::OutOfRange, "NOT_IN_REGION", None),
        (Error::Reused(Reused::RequestId), Code::AlreadyExists, "REQUEST_ID_REUSED", None),
        (Error::Reused(Reused::ReferralId), Code::AlreadyExists, "REFERRAL_ID_REUSED", None),
        (Error::Reused(Reused::CaseRef), Code::AlreadyExists, "CASE_REF_TAKEN", None),
        (unmet("TRIAGED"), Code::FailedPrecondition, "PRECONDITION_MISSING", None),
        (unmet("CONSENT_CHANGED"), Code::FailedPrecondition, "CONSENT_CHANGED", None),
        (
            unmet("SIGNATURES_INSUFFICIENT"),
            Code::FailedPrecondition,
            "SIGNATURES_INSUFFICIENT",
            None,
        ),
        (
            unmet("WITHDRAWAL_WITHOUT_EFFECT"),
            Code::FailedPrecondition,
            "WITHDRAWAL_WITHOUT_EFFECT",
            None,
        ),
        (Error::RevisionMismatch, Code::Aborted, "REVISION_MISMATCH", None),
        (Error::PageToken, Code::InvalidArgument, "PAGE_TOKEN_MISMATCH", None),
        (Error::Busy, Code::ResourceExhausted, "BUSY", None),
        (
            Error::LedgerUnavailable(store::Error::Stopped),
            Code::Unavailable,
            "LEDGER_UNAVAILABLE",
            None,
        ),
        (Error::OutcomeUnknown, Code::Unavailable, "LEDGER_UNAVAILABLE", None),
    ] {
        let expected = (code, reason.to_owned(), metadata.map(str::to_owned));
        assert_eq!(row_of(error), expected);
    }
}

#[test]
fn every_reason_of_the_contract_is_sent_by_something() {
    let by_hand = [
        not_admitted(),
        deadline_exceeded(),
        message_too_large(1),
        panicked(),
        malformed("MALFORMED", "a sentence"),
    ];
    let reasons = by_hand.map(|status| {
        (status.code(), status.get_error_details().error_info().unwrap().reason.clone())
    });
    let expected = [
        (Code::Unauthenticated, "CALLER_NOT_ADMITTED"),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        (Code::ResourceExhausted, "LIMIT_EXCEEDED"),
        (Code::Internal, "INTERNAL"),
        (Code::InvalidArgument, "FIELD_INVALID"),
    ];
    assert_eq!(reasons, expected.map(|(code, reason)| (code, reason.to_owned())));
}

#[test]
fn a_hidden_thing_and_a_missing_thing_are_the_same_bytes() {
    let hidden = Status::from(Error::hidden());
    let missing = Status::from(Error::denied(DenialReason::NotFoundOrNotAllowed));
    assert_eq!(hidden.message(), missing.message());
    assert_eq!(hidden.details(), missing.details());
}

#[test]
fn an_internal_error_tells_an_id_and_nothing_else() {
    let cause = std::io::Error::other("row 999990019 of persons");
    let status = Status::from(Error::internal(cause));
    assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"));
    assert!(!String::from_utf8_lossy(status.details()).contains("999990019"));
    let details = status.get_error_details();
    let id = details.error_info().unwrap().metadata["request"].clone();
    assert!(id.parse::<Uuid>().is_ok());
}

#[test]
fn violations_carry_path_rule_and_sentence() {
    let mut violations = Violations::new();
    violations.add("referral.persons[2].bsn", "BSN_ELEVEN_TEST", "must be a BSN");
    let status = Status::from(Error::from(violations));
    let details = status.get_error_details();
    let [violation] = details.bad_request().unwrap().field_violations.as_slice() else { panic!() };
    assert_eq!(violation.field, "referral.persons[2].bsn");
    assert_eq!(violation.reason, "BSN_ELEVEN_TEST");
    assert_eq!(violation.description, "must be a BSN");
}

#[test]
fn violations_fit_into_a_header_and_the_rest_is_counted() {
    let mut violations = Violations::new();
    for index in 0..500 {
        violations.add(format!("referral.persons[{index}].bsn"), "REQUIRED", "must be given");
    }
    let status = Status::from(Error::from(violations));
    assert!(status.details().len() < 6 * 1024, "{}", status.details().len());
    let details = status.get_error_details();
    let shown = &details.bad_request().unwrap().field_violations;
    let last = shown.last().unwrap();
    let left: usize = last.description.split(' ').next().unwrap().parse().unwrap();
    assert_eq!((last.reason.as_str(), shown.len() - 1 + left), ("MORE", 500));
}

#[test]
fn what_is_missing_is_listed_and_what_may_be_repeated_says_when() {
    let status = Status::from(unmet("CHILD_INVOLVED"));
    let details = status.get_error_details();
    assert_eq!(details.precondition_failure().unwrap().violations[0].r#type, "CHILD_INVOLVED");
    for error in
        [Error::Busy, Error::OutcomeUnknown, Error::LedgerUnavailable(store::Error::Stopped)]
    {
        let details = Status::from(error).get_error_details();
        assert!(details.retry_info().unwrap().retry_delay.unwrap() >= RETRY_BUSY);
    }
}
