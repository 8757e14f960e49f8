//! `report management`: a table or JSON, beside a gateway that serves, and an entry of the ledger each time.

use super::place::{Place, Run, json};
use super::serve::Serving;

/// A quarter that ended long ago, and one that nobody here will see the end of.
const ENDED: &str = "2020-Q2";
const AHEAD: &str = "9998-Q1";

fn report(place: &Place, more: &[&str]) -> Run {
    place.run(&[&["report", "management", "--period"], more].concat())
}

/// The events of the ledger that are about reports, with the number of tables that each stands for.
fn made(place: &Place) -> Vec<u64> {
    let size = json(&place.run(&["log", "verify", "--json"]))["size"].as_u64().unwrap();
    let entry =
        |index: u64| json(&place.run(&["log", "show", "--index", &index.to_string(), "--json"]));
    let entries = (0..size).map(entry).filter(|entry| entry["event"] == "REPORT_GENERATED");
    entries.map(|entry| entry["administration"]["count"].as_u64().unwrap()).collect()
}

#[test]
fn a_report_is_a_table_or_json_and_an_entry_of_the_ledger() {
    let place = Place::new();
    let text = report(&place, &[ENDED]);
    assert_eq!(text.code, 0, "{}", text.stderr);
    assert!(
        text.stdout.starts_with("2020-Q2  PUBLICATION  rules haaglanden-1\n"),
        "{}",
        text.stdout
    );
    assert!(text.stdout.contains("\nTRIAGE_IN_TIME PERCENT, target 90\n"), "{}", text.stdout);
    let document = json(&report(&place, &[ENDED, "--json"]));
    let tables = document["tables"].as_array().unwrap();
    for indicator in ["PHASE_REACHED", "TIME_TO_FIRST_CONTACT", "DSAR_IN_TIME", "LATE_DEADLINES"] {
        assert!(tables.iter().any(|table| table["indicator"] == indicator), "{indicator}");
    }
    // Nine municipalities and the region, of which nothing was ever reported.
    let totals = tables.iter().find(|table| table["indicator"] == "REFERRALS_TOTAL").unwrap();
    let cells: Vec<_> =
        totals["rows"].as_array().unwrap().iter().map(|row| &row["cells"]).collect();
    assert_eq!(cells, vec![&serde_json::json!([0]); 10]);
    assert_eq!((&document["view"], &document["version"]), (&"PUBLICATION".into(), &1.into()));
    assert_eq!(document["digest"].as_str().unwrap().len(), 64);
    // The same again, and nothing was published by it.
    assert_eq!(json(&report(&place, &[ENDED, "--json"])), document);
    assert_eq!(made(&place), vec![u64::try_from(tables.len()).unwrap(); 3]);
}

#[test]
fn figures_as_they_are_need_somebody_of_the_steunpunt_who_asked() {
    let place = Place::new();
    let nobody = report(&place, &[ENDED, "--view", "work"]);
    assert_eq!((nobody.code, nobody.stdout.as_str()), (2, ""), "{}", nobody.stderr);
    assert!(nobody.stderr.contains("--for"), "{}", nobody.stderr);
    let document = json(&report(&place, &[ENDED, "--view", "work", "--for", "sp-0147", "--json"]));
    assert_eq!((&document["view"], &document["version"]), (&"WORK".into(), &0.into()));
    assert_eq!(made(&place).len(), 1, "what was refused left nothing");
}

#[test]
fn a_period_that_tells_too_much_or_has_not_ended_has_no_report() {
    let place = Place::new();
    for (period, code, word) in [
        ("2020-05", 2, "narrower than a quarter"),
        ("2020-Q5", 2, "quarter like 2026-Q2"),
        (AHEAD, 1, "the period has not ended"),
    ] {
        let run = report(&place, &[period]);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{period}: {}", run.stderr);
        assert!(run.stderr.contains(word), "{period}: {}", run.stderr);
    }
    assert_eq!(made(&place), [0_u64; 0]);
}

#[tokio::test]
async fn a_report_is_made_beside_a_gateway_that_serves() {
    let place = Place::for_serving();
    let serving = Serving::start(&place);
    for _ in 0..2 {
        let run = report(&place, &[ENDED, "--json"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    assert_eq!(made(&place).len(), 2);
    let status = place.serving_status(serving.address).await.unwrap();
    assert_eq!(status, tonic_health::ServingStatus::Serving);
    assert_eq!(place.run(&["log", "verify"]).code, 0);
}
