//! What was refused, what the log lines of the Logboek Dataverwerkingen never say, and what is left of
//! somebody who was forgotten.

use super::*;

fn value(written: &Json) -> Value {
    serde_json::from_slice(&written.line()).unwrap()
}

fn denied() -> DisclosureRecord {
    let mut record = DisclosureRecord::example();
    record.event_code = EventCode::AccessDenied;
    record.action = Action::E;
    record.outcome = Outcome::SeriousFailure;
    record.denial = Some(DenialReason::NoConsent);
    record.consent_ids.clear();
    record
}

/// The cells of a row that holds no quotes.
fn cells(row: Vec<u8>) -> Vec<String> {
    let row = String::from_utf8(row).unwrap();
    row.trim_end().split(',').map(str::to_owned).collect()
}

#[test]
fn a_denial_is_a_security_alert_and_says_why() {
    let event = value(&fhir::audit_event(whole(&denied()), &names()));
    assert_eq!(event["type"]["code"], "110113");
    assert_eq!(event["type"]["display"], "Security Alert");
    assert_eq!((&event["action"], &event["outcome"]), (&"E".into(), &"8".into()));
    assert_eq!(event["outcomeDesc"], "NO_CONSENT");
    assert_eq!(event["subtype"][0]["code"], "AuthZ-Consent");
    assert_eq!(event["subtype"][1]["code"], "ACCESS_DENIED");
    assert_eq!(event["meta"]["profile"], Value::Null);
    // She allowed nothing.
    let agents = event["agent"].as_array().unwrap();
    assert!(agents.iter().all(|agent| agent["type"]["coding"][0]["code"] != "429577009"));
    let row = cells(nen7513::row(whole(&denied())));
    assert_eq!((&*row[2], &*row[3], &*row[6]), ("DCM:110113", "E", "8"));
}

#[test]
fn a_denial_of_a_delivery_is_a_security_alert_too() {
    let mut record = DisclosureRecord::example();
    record.denial = Some(DenialReason::Withdrawn);
    record.outcome = Outcome::SeriousFailure;
    let event = value(&fhir::audit_event(whole(&record), &names()));
    assert_eq!((&event["type"]["code"], &event["action"]), (&"110113".into(), &"E".into()));
    assert_eq!(event["meta"]["profile"], Value::Null);
}

#[test]
fn a_refusal_is_unset_and_a_fault_an_error() {
    let status = |record: &DisclosureRecord| {
        let line = value(&ldv::log_line(whole(record), &names()));
        let otlp = value(&otlp::request(whole(record), &names()));
        let span = &otlp["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        (line["status"].clone(), span["status"]["code"].clone())
    };
    let mut record = denied();
    assert_eq!(status(&record), ("Unset".into(), 0.into()));
    record.denial = None;
    record.outcome = Outcome::MinorFailure;
    assert_eq!(status(&record), ("Unset".into(), 0.into()));
    record.outcome = Outcome::MajorFailure;
    assert_eq!(status(&record), ("Error".into(), 2.into()));
    let event = value(&fhir::audit_event(whole(&record), &names()));
    assert_eq!(event["outcome"], "12");
    assert_eq!(status(&DisclosureRecord::example()), ("Ok".into(), 1.into()));
}

/// Logboek Dataverwerkingen, decision records: a log line says whom and in which activity, never who did
/// it; and attributes of our own need an adopted extension.
#[test]
fn row_12_no_user_and_no_word_of_our_own_stands_in_a_log_line() {
    let mut record = DisclosureRecord::example();
    record.recipient = record.recipient.map(|recipient| Party {
        user_id: Some("ggz-0310".parse().unwrap()),
        responsible_user_id: Some("ggz-0001".parse().unwrap()),
        ..recipient
    });
    for record in [DisclosureRecord::example(), record, denied()] {
        for written in
            [ldv::log_line(whole(&record), &names()), otlp::request(whole(&record), &names())]
        {
            let text = String::from_utf8(written.line()).unwrap();
            for user in ["sp-0147", "sp-0012", "ggz-0310", "ggz-0001", "PROCESS_DIRECTOR"] {
                assert!(!text.contains(user), "{user} in {text}");
            }
            assert!(!text.contains("dpl.vvt"), "{text}");
            assert_eq!(text.matches("dpl.").count(), text.matches("dpl.core.").count(), "{text}");
            // What the register knows does not stand in the line either.
            for known in ["6(1)(e)", "\"CONSENT\"", "SAFETY_ASSESSMENT", "VVT-2026-000123"] {
                assert!(!text.contains(known), "{known} in {text}");
            }
        }
    }
}

#[test]
fn of_a_forgotten_person_every_form_keeps_its_line() {
    let record = DisclosureRecord::example();
    let line = Line { is_forgotten: true, ..whole(&record) };
    let event = value(&fhir::audit_event(line, &names()));
    assert_eq!(event["outcomeDesc"], "the person was forgotten; this is what is left");
    let details = event["entity"][1]["detail"].to_string();
    assert!(details.contains("disclosure_group_id") && !details.contains("traceparent"));
    assert!(cells(nen7513::row(line)).last().unwrap().is_empty());
    let row = String::from_utf8(officer::row(line, &names())).unwrap();
    assert!(row.ends_with(";ja;nee\r\n") && !row.contains("12_15"), "{row}");
}

#[test]
fn a_line_that_was_changed_says_so_in_every_form() {
    let record = DisclosureRecord::example();
    let line = Line { changed: &["recipient_oin", "sealed"], ..whole(&record) };
    let event = value(&fhir::audit_event(line, &names()));
    assert_eq!(event["outcomeDesc"], "the sealed record was changed; this is what is left");
    let details = &event["entity"][1]["detail"];
    let changed = serde_json::json!({"type": "changed", "valueString": "recipient_oin sealed"});
    assert!(details.as_array().unwrap().contains(&changed), "{details}");
    assert!(!details.to_string().contains("traceparent"), "{details}");
    let row = cells(nen7513::row(line));
    assert!(row[7].starts_with("GEWIJZIGD: recipient_oin sealed"), "{row:?}");
    assert!(row.last().unwrap().is_empty(), "the trace was sealed");
    let row = String::from_utf8(officer::row(line, &names())).unwrap();
    assert!(row.ends_with(";nee;recipient_oin sealed\r\n") && !row.contains("12_15"), "{row}");
    let words = "(changed in the database: recipient_oin sealed)";
    for written in [ldv::log_line(line, &names()), otlp::request(line, &names())] {
        assert!(String::from_utf8(written.line()).unwrap().contains(words));
    }
    // A sound record keeps what it says.
    let beside = Line { changed: &["recipient_oin"], ..line };
    let event = value(&fhir::audit_event(beside, &names()));
    assert_eq!(event["outcomeDesc"], "delivered");
    assert!(event["entity"][1]["detail"].to_string().contains("\"changed\""));
    assert!(event["entity"][1]["detail"].to_string().contains("traceparent"));
}
