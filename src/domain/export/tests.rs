//! The record of DOMAIN §6.1 in every form, as the files of DOMAIN §6.2 to §6.4 have it.

use serde_json::Value;

use super::*;
use crate::domain::consent::Consent;
use crate::domain::disclosure::Party;
use crate::domain::event::DenialReason;
use crate::domain::time::Timestamp;

mod denials;
mod others;

fn names() -> Names {
    let organisation = |oin: &str, name: &str| (oin.parse().unwrap(), name.to_owned());
    Names {
        base: "https://vvt-haaglanden.example".parse().unwrap(),
        register: "https://register.vvt-haaglanden.example/verwerkingsactiviteiten"
            .parse()
            .unwrap(),
        gateway: "00000099000000001000".parse().unwrap(),
        gateway_name: "VVT gateway".to_owned(),
        gateway_address: "gateway.vvt-haaglanden.example".to_owned(),
        software_version: "1.0.0".to_owned(),
        applications: [(
            "00000099000000003000".parse().unwrap(),
            "https://steunpunt-voorbeeld.example/zaaksysteem".parse().unwrap(),
        )]
        .into(),
        organisations: [
            organisation("00000099000000003000", "Steunpunt Huiselijk Geweld"),
            organisation("00000099000000006000", "GGZ Voorbeeld"),
        ]
        .into(),
    }
}

fn whole(record: &DisclosureRecord) -> Line<'_> {
    Line { record, is_forgotten: false, changed: &[] }
}

/// Exports hold one object a line; the files show it on many. But for that, bytes are compared: values,
/// order and spelling.
fn assert_file(written: &Json, file: &str) {
    assert_eq!(serde_json::to_string_pretty(written).unwrap(), file.trim_end());
    let line: Value = serde_json::from_slice(&written.line()).unwrap();
    assert_eq!(line, serde_json::from_str::<Value>(file).unwrap());
    assert!(!written.line().contains(&b'\n'));
}

#[test]
fn the_example_is_the_audit_event_of_the_domain_model() {
    let record = DisclosureRecord::example();
    let written = fhir::audit_event(whole(&record), &names());
    assert_file(&written, include_str!("examples/auditevent.json"));
}

#[test]
fn the_example_is_the_log_line_of_the_domain_model() {
    let record = DisclosureRecord::example();
    let written = ldv::log_line(whole(&record), &names());
    assert_file(&written, include_str!("examples/ldv.json"));
}

#[test]
fn the_example_is_the_span_of_the_domain_model() {
    let record = DisclosureRecord::example();
    let written = otlp::request(whole(&record), &names());
    assert_file(&written, include_str!("examples/otlp.json"));
}

#[test]
fn the_example_is_the_row_of_the_domain_model() {
    let record = DisclosureRecord::example();
    let written = [nen7513::header(), nen7513::row(whole(&record))].concat();
    // Files of a repository have the line ends of the machine; those of RFC 4180 are CRLF.
    let file = include_str!("examples/nen7513.csv").replace('\r', "").replace('\n', "\r\n");
    assert_eq!(String::from_utf8(written).unwrap(), file);
}

/// The consent of step 6 of the scenario (DOMAIN §10), of Noor and her mother.
fn consent_of_noor() -> Consent {
    let text = r#"{
        "consent_id": "3f0d2f52-2b34-4a27-8f0e-6f1f4f7c9a10",
        "version": 1,
        "terms": {
            "case_ref": "VVT-2026-000123",
            "subject": "5d05c72d7a94558b52c2b9d6c768b193e04ffbb4d99e7a3a6fe2a6a9ed33e95c",
            "source": "00000099000000003000",
            "recipient": "00000099000000006000",
            "purpose": "CARE_COORDINATION",
            "categories": ["IDENTIFICATION", "SAFETY_ASSESSMENT", "SAFETY_AGREEMENTS"],
            "period": {
                "valid_from": "2026-04-02T13:10:00Z", "valid_until": "2026-10-02T13:10:00Z"
            },
            "grantors": [
                {
                    "person": "5d05c72d7a94558b52c2b9d6c768b193e04ffbb4d99e7a3a6fe2a6a9ed33e95c",
                    "capacity": "SELF",
                    "signed_at": "2026-04-02T13:05:00Z"
                },
                {
                    "person": "9c829aef05cbe1039fcab6f1ad2e66892ea7ba076ca1ed2cbec90776a3bf8a61",
                    "capacity": "PARENT_WITH_AUTHORITY",
                    "signed_at": "2026-04-02T13:10:00Z"
                }
            ],
            "evidence": {
                "kind": "SIGNED_PAPER",
                "document_ref": "urn:uuid:9a0f0a50-6b0a-4a44-9d54-0a1c8a2b7d33",
                "document_sha256": "DIGEST",
                "captured_by": "sp-0147",
                "captured_at": "2026-04-02T13:10:00Z",
                "language": "nl",
                "policy_version_uri": "https://vvt-haaglanden.example/policies/consent/2026-1",
                "witness": null
            },
            "information_given": ["RECIPIENTS", "PURPOSE", "CATEGORIES", "RIGHT_TO_WITHDRAW"],
            "dual_override": null
        },
        "status": {"state": "ACTIVE"}
    }"#;
    serde_json::from_str(&text.replace("DIGEST", &"ab".repeat(32))).unwrap()
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_consent_of_the_scenario_is_the_consent_of_the_domain_model() {
    let consent = consent_of_noor();
    let given = consent::Given::of(&consent, moment("2026-04-14T10:22:31Z"));
    assert_file(&consent::consent(given, &names()), include_str!("examples/consent.json"));
}
