//! The example of DOMAIN §6.1, there and back.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// DOMAIN §6.1.
const EXAMPLE: &str = r#"{
  "schema_version": 1,
  "disclosure_id": "0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11",
  "disclosure_group_id": "5b9b1f4e-0a55-4a6b-8a8d-4c1f6c6a9e20",
  "sequence": 4711,
  "trace_id": "7c1e4f0b9d2a4c6e8f10a1b2c3d4e5f6",
  "span_id": "a1b2c3d4e5f60718",
  "parent_span_id": "00f067aa0ba902b7",
  "event_code": "SUMMARY_DELIVERED",
  "action": "R",
  "started_at": "2026-04-14T10:22:31.000Z",
  "recorded_at": "2026-04-14T10:22:31.412Z",
  "outcome": "SUCCESS",
  "outcome_detail": "",
  "sender": {
    "org_oin": "00000099000000003000",
    "org_role": "STEUNPUNT",
    "user_id": "sp-0147",
    "user_role": "PROCESS_DIRECTOR",
    "responsible_user_id": "sp-0012",
    "responsible_user_role": "TEAM_MANAGER",
    "network_address": "2001:db8:10::17"
  },
  "recipient": {
    "org_oin": "00000099000000006000",
    "org_role": "MENTAL_HEALTH",
    "network_address": "grpc.ggz-voorbeeld.example:8443"
  },
  "custodian_oin": "00000099000000003000",
  "data_subject": {
    "pseudonym": "5d05c72d7a94558b52c2b9d6c768b193e04ffbb4d99e7a3a6fe2a6a9ed33e95c",
    "id_type": "VVT_PSEUDONYM",
    "age_band": "12_15"
  },
  "case_ref": "VVT-2026-000123",
  "message_id": "e2b0a3a4-7c3e-4f0b-8a39-9d7f1f5e3c01",
  "object_type": "CASE_SUMMARY",
  "object_version": 1,
  "data_categories": [
    "IDENTIFICATION",
    "SAFETY_ASSESSMENT",
    "SAFETY_AGREEMENTS"
  ],
  "purpose": "CARE_COORDINATION",
  "basis": "CONSENT",
  "avg_article_6": "6(1)(e)",
  "avg_article_9": "9(2)(a)",
  "confidentiality_ground": "CONSENT",
  "consent_ids": [
    "3f0d2f52-2b34-4a27-8f0e-6f1f4f7c9a10"
  ],
  "authorization_policy": "vvt-authz-v3",
  "checks": "consent=valid;recipient=case_team;categories=subset",
  "break_glass": null,
  "processing_activity_id": "https://register.vvt-haaglanden.example/verwerkingsactiviteiten/consented-case-summary-sharing",
  "source_system": "vvt-gateway",
  "source_site": "vvt-gateway-dc1"
}"#;

/// What our record has beyond the example.
fn example() -> Value {
    let mut value: Value = serde_json::from_str(EXAMPLE).unwrap();
    value["policy_hash"] = "ab".repeat(32).into();
    value["denial"] = "".into();
    value["conditions"] = json!([{
        "id": "consent.recorded",
        "needed": "ACTIVE",
        "found": "ACTIVE",
        "evidence": "3f0d2f52-2b34-4a27-8f0e-6f1f4f7c9a10",
        "met": true,
    }]);
    value
}

impl DisclosureRecord {
    /// The example as a record, for tests of what is made from records.
    pub(in crate::domain) fn example() -> Self {
        read(&example()).unwrap()
    }
}

fn read(value: &Value) -> Result<DisclosureRecord, InvalidRecord> {
    DisclosureRecord::from_bytes(value.to_string().as_bytes())
}

#[test]
fn the_example_is_read_and_written_unchanged() {
    let record = read(&example()).unwrap();
    let written: Value = serde_json::from_slice(&record.to_bytes()).unwrap();
    assert_eq!(written, example());
}

#[test]
fn the_example_says_what_it_says() {
    let record = read(&example()).unwrap();
    assert_eq!(record.event_code, EventCode::SummaryDelivered);
    assert_eq!(record.event_code.dicom().1, record.action);
    assert_eq!(record.outcome.severity(), 0);
    assert_eq!(record.sequence, Some(4711));
    assert_eq!(record.data_subject.as_ref().unwrap().age_band, AgeBand::Age12To15);
    assert_eq!(record.basis, Some(Basis::Consent));
    let grounds = crate::domain::policy::shipped_pack().basis(Basis::Consent).grounds.clone();
    assert_eq!(record.avg_article_6, Some(grounds.avg_article_6.clone()));
    assert_eq!(record.avg_article_9, grounds.avg_article_9);
    assert_eq!(record.confidentiality_ground, Some(grounds.confidentiality_ground));
    assert_eq!((record.denial, record.break_glass), (None, None));
}

#[test]
fn a_denied_record_about_nobody_is_read_again() {
    let mut record = read(&example()).unwrap();
    record.sequence = None;
    record.parent_span_id = None;
    record.outcome = Outcome::SeriousFailure;
    record.denial = Some(DenialReason::NoConsent);
    record.recipient = None;
    record.data_subject = None;
    record.uavg_criminal = Some("UAVG 32(a)".to_owned());
    record.break_glass = Some(record.disclosure_id);
    assert_eq!(DisclosureRecord::from_bytes(&record.to_bytes()).unwrap(), record);
    let written: Value = serde_json::from_slice(&record.to_bytes()).unwrap();
    assert_eq!(written["denial"], "NO_CONSENT");
    assert_eq!(written["sequence"], Value::Null);
}

#[test]
fn another_version_an_unknown_field_or_word_is_refused() {
    for (field, value) in [
        ("schema_version", json!(2)),
        ("family_name", json!("Testema")),
        ("event_code", json!("SUMMARY_LOST")),
        ("denial", json!("BECAUSE")),
        ("policy_hash", json!("ab")),
        ("span_id", json!("7c1e4f0b9d2a4c6e8f10a1b2c3d4e5f6")),
        ("sender", Value::Null),
    ] {
        let mut changed = example();
        changed[field] = value;
        assert_eq!(read(&changed), Err(InvalidRecord), "{field}");
    }
    let mut lacking = example();
    lacking.as_object_mut().unwrap().remove("policy_hash");
    assert_eq!(read(&lacking), Err(InvalidRecord));
}

#[test]
fn the_acting_party_is_the_one_with_an_employee() {
    let mut record = read(&example()).unwrap();
    assert_eq!(record.acting_party().org_role, Role::Steunpunt);
    let actor = Actor {
        user_id: "ggz-0310".parse().unwrap(),
        role: UserRole::CaseWorker,
        on_behalf_of: None,
    };
    record.sender = Party::new(record.sender.org_oin, Role::Steunpunt);
    record.recipient = record.recipient.map(|party| party.acting(&actor));
    assert_eq!(record.acting_party().org_role, Role::MentalHealth);
    assert_eq!(record.acting_party().user_role, Some(UserRole::CaseWorker));
}

#[test]
fn a_record_shows_its_id_and_nothing_else() {
    let record = read(&example()).unwrap();
    assert_eq!(format!("{record:?}"), "DisclosureRecord(0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11)");
}

proptest! {
    #[test]
    fn a_moment_keeps_its_microseconds(micros in 0..253_402_300_799_999_999_i64) {
        let mut record = read(&example()).unwrap();
        record.started_at = Timestamp::from_micros(micros).unwrap();
        let again = DisclosureRecord::from_bytes(&record.to_bytes()).unwrap();
        prop_assert_eq!(again.started_at, record.started_at);
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(DisclosureRecord::from_bytes(&bytes).is_err());
    }
}
