//! Events that disclose nothing, emergencies, the rows of officers, and the lives of consents.

use super::*;
use crate::domain::consent::{State, Status};
use crate::domain::disclosure::ObjectType;
use crate::domain::organisation::{Actor, UserRole};

fn value(written: &Json) -> Value {
    serde_json::from_slice(&written.line()).unwrap()
}

/// An event of the gateway about nobody.
fn about_nobody(event: EventCode, object: ObjectType) -> DisclosureRecord {
    let mut record = DisclosureRecord::example();
    record.event_code = event;
    record.action = event.dicom().1;
    record.object_type = object;
    record.recipient = None;
    record.data_subject = None;
    record.case_ref = None;
    record.message_id = None;
    record.purpose = None;
    record.basis = None;
    record.data_categories = crate::domain::category::Categories::EMPTY;
    record.consent_ids.clear();
    record.parent_span_id = None;
    record.sender.network_address = None;
    record.outcome_detail = "SEARCH PRIVACY_REVIEW".to_owned();
    record
}

#[test]
fn every_event_has_the_code_of_its_kind() {
    use EventCode::{BreakGlassDeclared, LogExported, LogQueried, ReferralRouted, ReviewDecided};
    for (event, code, action) in [
        (LogQueried, "110101", "R"),
        (LogExported, "110101", "R"),
        (BreakGlassDeclared, "110127", "E"),
        (ReviewDecided, "110113", "E"),
        (ReferralRouted, "110107", "C"),
        (EventCode::SummaryRead, "110110", "R"),
    ] {
        let record = about_nobody(event, ObjectType::DisclosureLog);
        let written = value(&fhir::audit_event(whole(&record), &names()));
        assert_eq!(written["type"]["code"], code, "{event}");
        assert_eq!(written["action"], action, "{event}");
        assert_eq!(written["meta"]["profile"], Value::Null, "{event}");
        assert_eq!(written["subtype"].as_array().unwrap().len(), 1, "{event}");
        assert_eq!(written["purposeOfEvent"].is_null(), event != BreakGlassDeclared, "{event}");
    }
}

#[test]
fn no_event_is_without_its_words() {
    for event in EventCode::ALL {
        let record = about_nobody(*event, ObjectType::Case);
        let line = value(&ldv::log_line(whole(&record), &names()));
        let written = value(&fhir::audit_event(whole(&record), &names()));
        let words = [&line["name"], &written["subtype"][0]["display"]];
        assert!(words.iter().all(|words| words.as_str().is_some_and(|w| w.len() > 5)), "{event}");
        assert_eq!(line["attributes"].as_object().unwrap().len(), 2, "nobody: {line}");
    }
}

#[test]
fn a_look_at_the_log_says_what_was_asked() {
    let record = about_nobody(EventCode::LogQueried, ObjectType::DisclosureLog);
    let row = String::from_utf8(nen7513::row(whole(&record))).unwrap();
    let cells: Vec<&str> = row.trim_end().split(',').collect();
    assert_eq!(cells.len(), 41);
    assert_eq!(cells[29], "SEARCH PRIVACY_REVIEW");
    // An event about nobody still names an object, as the standard demands.
    let group = record.disclosure_group_id.to_string();
    assert_eq!((cells[18], cells[19], cells[20]), ("DISCLOSURE_LOG", "2", &*group));
    let written = value(&fhir::audit_event(whole(&record), &names()));
    assert_eq!(written["entity"][0]["role"]["code"], "24");
    assert_eq!(written["outcomeDesc"], "SEARCH PRIVACY_REVIEW");
}

#[test]
fn an_emergency_shows_in_every_form_that_has_a_word_for_it() {
    let mut record = DisclosureRecord::example();
    record.break_glass = Some(record.disclosure_id);
    let written = value(&fhir::audit_event(whole(&record), &names()));
    assert_eq!(written["purposeOfEvent"][0]["coding"][2]["code"], "BTG");
    let row = String::from_utf8(nen7513::row(whole(&record))).unwrap();
    assert!(row.ends_with(",true,7c1e4f0b9d2a4c6e8f10a1b2c3d4e5f6\r\n"), "{row}");
}

#[test]
fn a_program_is_no_person_and_a_recipient_without_address_has_an_unknown_one() {
    let mut record = DisclosureRecord::example();
    let actor =
        Actor { user_id: "inbox-1".parse().unwrap(), role: UserRole::System, on_behalf_of: None };
    record.sender = Party::new(record.sender.org_oin, record.sender.org_role);
    record.recipient = record
        .recipient
        .map(|recipient| Party { network_address: None, ..recipient }.acting(&actor));
    let written = value(&fhir::audit_event(whole(&record), &names()));
    let absent = &written["agent"][1]["network"]["extension"][0];
    assert_eq!(absent["valueCode"], "unknown");
    assert_eq!(written["agent"][3]["type"]["coding"][0]["code"], "110150");
    let system = &written["agent"][3]["who"]["identifier"]["system"];
    assert_eq!(system, "urn:vvt:user:00000099000000006000");
}

#[test]
fn an_address_loses_its_port_and_keeps_its_kind() {
    for (address, kind, host) in [
        ("2001:db8:10::17", "2", "2001:db8:10::17"),
        ("[2001:db8:10::17]:8443", "2", "2001:db8:10::17"),
        ("192.0.2.7:8443", "2", "192.0.2.7"),
        ("grpc.ggz.example:8443", "1", "grpc.ggz.example"),
        ("grpc.ggz.example", "1", "grpc.ggz.example"),
    ] {
        assert_eq!(access_point(address), (kind, host));
    }
}

#[test]
fn an_activity_stands_in_the_register_of_the_deployment() {
    let mut record = DisclosureRecord::example();
    record.processing_activity_id = "urn:ketenpoort:activity:consent".to_owned();
    let line = value(&ldv::log_line(whole(&record), &names()));
    let base = "https://register.vvt-haaglanden.example/verwerkingsactiviteiten";
    assert_eq!(line["attributes"]["dpl.core.processing_activity_id"], format!("{base}/consent"));
}

#[test]
fn an_officer_gets_dutch_time_semicolons_and_the_number_of_rows() {
    let mut record = DisclosureRecord::example();
    record.checks = "consent=valid".to_owned();
    let end = officer::End {
        rows: 1,
        tree_size: 4712,
        origin: "ketenpoort.example/haaglanden/2026",
        checkpoint_size: 4713,
        checkpoint_root: "AAAA".to_owned(),
    };
    let file = [officer::header(), officer::row(whole(&record), &names()), officer::end(&end)];
    let text = String::from_utf8(file.concat()).unwrap();
    assert!(text.starts_with("\u{feff}volgnummer;kenmerk;"));
    let rows: Vec<Vec<&str>> =
        text.trim_end().split("\r\n").map(|row| row.split(';').collect()).collect();
    assert_eq!(rows[0].len(), rows[1].len());
    assert_eq!(rows[1][3], "2026-04-14T12:22:31.412+02:00");
    assert_eq!(rows[1][10], "GGZ Voorbeeld");
    let last =
        "einde;regels;1;stand;4712;controlepunt;ketenpoort.example/haaglanden/2026;4713;AAAA";
    assert_eq!(rows[2].join(";"), last);
}

#[test]
fn what_became_of_a_consent_is_its_status() {
    let mut consent = consent_of_noor();
    let during = moment("2026-05-01T00:00:00Z");
    let of = |consent: &Consent, at| {
        let written = value(&consent::consent(consent::Given::of(consent, at), &names()));
        (written["status"].clone(), written["provision"]["type"].clone())
    };
    assert_eq!(of(&consent, during), ("active".into(), "permit".into()));
    assert_eq!(of(&consent, moment("2026-10-02T13:10:00Z")).0, "inactive");
    consent.status = Status::Refused;
    assert_eq!(of(&consent, during), ("rejected".into(), "deny".into()));
    consent.status = Status::Proposed;
    assert_eq!(of(&consent, during).0, "proposed");
}

#[test]
fn of_a_forgotten_person_a_consent_keeps_its_terms_and_loses_its_signatures() {
    let consent = consent_of_noor();
    let given = consent::Given::of(&consent, moment("2026-05-01T00:00:00Z"));
    let forgotten = consent::Given { signed: None, state: State::Withdrawn, ..given };
    let written = value(&consent::consent(forgotten, &names()));
    assert_eq!((&written["performer"], &written["policy"]), (&Value::Null, &Value::Null));
    assert_eq!(written["provision"]["class"][0]["code"], "IDENTIFICATION");
    assert_eq!(written["status"], "inactive");
}
