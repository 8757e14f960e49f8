//! What a message may and may not say.

use super::*;
use crate::domain::testema::{AGREED, NOOR, SIGNING, YARA, at, people};

fn evidence() -> EvidenceDraft {
    EvidenceDraft {
        kind: 1,
        document_ref: "dossier-12".to_owned(),
        document_sha256: vec![7; 32],
        captured_by_user_id: "sp-0147".to_owned(),
        captured_at: Some(at(SIGNING)),
        language: "nl".to_owned(),
        policy_version_uri: "https://vvt.example/uitleg/3".to_owned(),
        witness_user_id: String::new(),
    }
}

fn grantor(name: &str, capacity: Capacity) -> GrantorDraft {
    GrantorDraft {
        person_key: name.to_owned(),
        capacity: capacity.number().into(),
        signed_at: Some(at(SIGNING)),
    }
}

/// Noor's consent of step 6.
fn draft() -> ConsentDraft {
    ConsentDraft {
        case_ref: "VVT-2026-000123".to_owned(),
        person_key: "noor".to_owned(),
        source_oin: "00000099000000003000".to_owned(),
        recipient_oin: "00000099000000006000".to_owned(),
        purpose: 1,
        categories: vec![1, 5, 6],
        valid_from: None,
        valid_until: Some(at("2026-10-02T13:10:00Z")),
        grantors: vec![
            grantor("noor", Capacity::Itself),
            grantor("yara", Capacity::ParentWithAuthority),
        ],
        evidence: Some(evidence()),
        information_given: vec![1, 2, 3, 4],
        dual_override: None,
    }
}

fn parse(draft: &ConsentDraft) -> Result<Terms, Violations> {
    draft.parse(&people(), at(SIGNING), &ConsentRules::default())
}

fn wrong(draft: &ConsentDraft) -> Vec<(String, &'static str)> {
    let violations = parse(draft).unwrap_err();
    violations.iter().map(|v| (v.field.clone(), v.rule)).collect()
}

#[track_caller]
fn assert_wrong<const N: usize>(draft: &ConsentDraft, expected: [(&str, &'static str); N]) {
    assert_eq!(wrong(draft), expected.map(|(field, rule)| (format!("consent.{field}"), rule)));
}

#[test]
fn a_good_message_becomes_terms() {
    let terms = parse(&draft()).unwrap();
    assert_eq!(terms.subject, NOOR);
    assert_eq!(terms.categories, AGREED);
    assert_eq!(terms.period.valid_from(), at(SIGNING));
    assert_eq!(terms.grantors[1].person, YARA);
    assert_eq!(terms.signed_at(), Some(at(SIGNING)));
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let empty = ConsentDraft::default();
    assert_wrong(
        &empty,
        [
            ("case_ref", "REQUIRED"),
            ("person_key", "REQUIRED"),
            ("source_oin", "REQUIRED"),
            ("recipient_oin", "REQUIRED"),
            ("purpose", "REQUIRED"),
            ("categories", "REQUIRED"),
            ("grantors", "REQUIRED"),
            ("evidence", "REQUIRED"),
            ("information_given", "REQUIRED"),
        ],
    );
}

#[test]
fn a_recipient_is_one_other_organisation() {
    let wildcard = ConsentDraft { recipient_oin: "*".to_owned(), ..draft() };
    assert_wrong(&wildcard, [("recipient_oin", "NO_WILDCARD")]);
    let itself = ConsentDraft { recipient_oin: draft().source_oin, ..draft() };
    assert_wrong(&itself, [("recipient_oin", "SAME_ORGANISATION")]);
}

#[test]
fn a_consent_ends_within_a_year() {
    let long = ConsentDraft { valid_until: Some(at("2027-04-03T00:00:00Z")), ..draft() };
    assert_wrong(&long, [("valid_until", "PERIOD_TOO_LONG")]);
    let past = ConsentDraft {
        valid_from: Some(at("2026-01-01T00:00:00Z")),
        valid_until: Some(at("2026-02-01T00:00:00Z")),
        ..draft()
    };
    assert_wrong(&past, [("valid_until", "PERIOD_PAST")]);
}

#[test]
fn a_signature_of_tomorrow_is_refused() {
    let mut draft = draft();
    draft.grantors[0].signed_at = Some(at("2026-04-02T13:10:01Z"));
    assert_wrong(&draft, [("grantors[0].signed_at", "IN_FUTURE")]);
}

#[test]
fn the_person_signs_as_self_and_nobody_else_does() {
    let mut draft = draft();
    draft.grantors = vec![grantor("noor", Capacity::Relative), grantor("yara", Capacity::Itself)];
    assert_wrong(
        &draft,
        [
            ("grantors[0].capacity", "CAPACITY_MISMATCH"),
            ("grantors[1].capacity", "CAPACITY_MISMATCH"),
        ],
    );
}

#[test]
fn nobody_signs_twice_and_no_stranger_signs() {
    let mut draft = draft();
    draft.grantors = vec![
        grantor("yara", Capacity::ParentWithAuthority),
        grantor("yara", Capacity::Guardian),
        grantor("oma", Capacity::Relative),
    ];
    assert_wrong(
        &draft,
        [("grantors[1].person_key", "DUPLICATE"), ("grantors[2].person_key", "UNKNOWN_PERSON")],
    );
}

#[test]
fn more_signers_than_a_family_has_are_refused() {
    let mut draft = draft();
    draft.grantors = vec![GrantorDraft::default(); GRANTORS_MAX + 1];
    assert!(wrong(&draft).contains(&("consent.grantors".to_owned(), "TOO_MANY")));
}

#[test]
fn categories_are_known_and_named_once() {
    let draft = ConsentDraft { categories: vec![1, 1, 99, 0], ..draft() };
    assert_wrong(
        &draft,
        [
            ("categories[1]", "DUPLICATE"),
            ("categories[2]", "UNKNOWN_CODE"),
            ("categories[3]", "REQUIRED"),
        ],
    );
}

#[test]
fn a_flood_of_codes_gets_a_short_answer() {
    let draft = ConsentDraft { categories: vec![99; 100_000], ..draft() };
    assert_eq!(wrong(&draft).len(), CODES_MAX + 1);
}

#[test]
fn nobody_consents_to_an_emergency_or_to_figures() {
    for purpose in [3, 4, 5, 6, 7] {
        assert_wrong(&ConsentDraft { purpose, ..draft() }, [("purpose", "PURPOSE_NOT_ALLOWED")]);
    }
}

#[test]
fn consent_is_informed_or_it_is_not_consent() {
    let draft = ConsentDraft { information_given: vec![1, 2, 3], ..draft() };
    assert_wrong(&draft, [("information_given", "INFORMATION_INCOMPLETE")]);
}

#[test]
fn an_override_is_decided_by_two() {
    let dual_override = DualOverrideDraft {
        reason: 2,
        decided_by: "sp-0147".to_owned(),
        supervisor: "sp-0147".to_owned(),
    };
    let draft = ConsentDraft { dual_override: Some(dual_override), ..draft() };
    assert_wrong(&draft, [("dual_override.supervisor", "FOUR_EYES")]);
}

#[test]
fn no_answer_repeats_what_was_sent() {
    let draft = ConsentDraft {
        person_key: "Jan de Vries".to_owned(),
        case_ref: "Jan de Vries".to_owned(),
        ..draft()
    };
    let violations = parse(&draft).unwrap_err();
    assert!(violations.iter().count() >= 2);
    assert!(violations.iter().all(|violation| !violation.description.contains("Vries")));
}
