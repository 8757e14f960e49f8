//! Exports of the disclosure log: complete, in order, proven, logged before their first byte, and of what
//! the officer may see (CONSOLE §1.4 P2, DOMAIN §6).
#![cfg(test)]

use ketenpoort::domain::event::{DenialReason, EventCode};
use ketenpoort::domain::export::{Format, Manifest};
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::gateway::disclosures::SearchDraft;
use ketenpoort::gateway::exports::{Export, ExportDraft, Part};
use ketenpoort::gateway::{Call, Error};
use ketenpoort::ledger::checkpoint::Checkpoint;
use ketenpoort::ledger::entry::Entry;
use ketenpoort::ledger::hash::Hash;
use ketenpoort::ledger::note::Note;
use ketenpoort::ledger::proof::verify_inclusion;
use ketenpoort::store::{self, Db, DisclosureRow, KeyDb};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

use house::{CASE, GGZ, House, MEE, STEUNPUNT, at, new_request};

/// The office of the region, which sees the whole ledger.
const REGION: &str = "00000099000000009000";
const PRIVACY_REVIEW: i32 = 5;

fn officer(house: &House, oin: &str) -> Call {
    house.call(oin, UserRole::PrivacyOfficer)
}

/// The year of the scenario: longer than any search may be, and without a key.
fn the_year() -> SearchDraft {
    SearchDraft {
        purpose: PRIVACY_REVIEW,
        from: Some(at("2026-01-01T00:00:00Z")),
        until: Some(at("2027-01-01T00:00:00Z")),
        ..SearchDraft::default()
    }
}

fn draft(format: Format, search: SearchDraft) -> ExportDraft {
    ExportDraft { format: format.number().into(), search, tree_size: None }
}

/// Everything that comes, and the manifest at its end. What the manifest says of the bytes is true.
async fn read(mut export: Export) -> (Vec<u8>, Manifest) {
    let mut bytes = Vec::new();
    loop {
        match export.next().await.unwrap().expect("a manifest comes last") {
            Part::Bytes(more) => {
                assert!(!more.is_empty() && more.len() < 2_000_000, "{}", more.len());
                bytes.extend(more);
            }
            Part::End(manifest) => {
                assert!(export.next().await.unwrap().is_none());
                assert_eq!(manifest.bytes, u64::try_from(bytes.len()).unwrap());
                assert_eq!(manifest.sha256[..], Sha256::digest(&bytes)[..]);
                return (bytes, *manifest);
            }
        }
    }
}

async fn exported(house: &House, oin: &str, draft: ExportDraft) -> (Vec<u8>, Manifest) {
    read(house.gateway.export_disclosures(&officer(house, oin), draft).await.unwrap()).await
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of the whole ledger.
async fn rows(house: &House) -> Vec<DisclosureRow> {
    let mut tx = house.db().await.read().await.unwrap();
    let search = store::Search { size: i64::MAX, ..store::Search::default() };
    tx.search(&search, 100_000).await.unwrap()
}

/// A case with a disclosure to GGZ and a refusal to MEE.
async fn with_disclosures() -> House {
    let house = House::open().await;
    house.case_with_summary().await;
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    house.ask(MEE, &new_request("RequestSummary")).await.unwrap_err();
    house
}

fn is_party(row: &DisclosureRow, oin: &str) -> bool {
    let own = oin.parse().unwrap();
    [Some(&row.actor_oin), row.sender_oin.as_ref(), row.recipient_oin.as_ref()]
        .contains(&Some(&own))
}

const OF_THE_LEDGER: [Format; 6] = [
    Format::FhirAuditEvent,
    Format::Ldv,
    Format::Otlp,
    Format::Nen7513Csv,
    Format::Csv,
    Format::JsonLines,
];

/// How many records a file holds, by its own form.
fn records(format: Format, bytes: &[u8]) -> usize {
    let ends = std::str::from_utf8(bytes).unwrap().matches('\n').count();
    match format {
        Format::Nen7513Csv | Format::JsonLines => ends - 1,
        Format::Csv => ends - 2,
        Format::FhirAuditEvent | Format::Ldv | Format::Otlp | Format::FhirConsent => ends,
    }
}

#[tokio::test]
async fn an_export_of_any_form_has_every_entry_once_and_in_order() {
    let house = with_disclosures().await;
    // More than two pages: every look is an entry.
    let look = SearchDraft {
        until: Some(at("2026-02-01T00:00:00Z")),
        case_ref: CASE.to_owned(),
        ..the_year()
    };
    for _ in 0..280 {
        let call = officer(&house, REGION);
        house.gateway.search_disclosures(&call, look.clone(), None, 1).await.unwrap();
    }
    for format in OF_THE_LEDGER {
        let (bytes, manifest) = exported(&house, REGION, draft(format, the_year())).await;
        let all = rows(&house).await;
        assert!(all.len() > 300);
        assert_eq!(records(format, &bytes), all.len(), "{format}");
        assert_eq!(manifest.count, u64::try_from(all.len()).unwrap(), "{format}");
        assert_eq!((manifest.format, manifest.forgotten), (format, 0));
        let (first, last) = (all.first().map(|row| row.idx), all.last().map(|row| row.idx));
        assert_eq!((manifest.first_index, manifest.last_index), (first, last), "{format}");
        assert_eq!(manifest.tree_size, last.unwrap() + 1);
    }
    let (bytes, _) = exported(&house, REGION, draft(Format::JsonLines, the_year())).await;
    let indexes: Vec<i64> =
        lines(&bytes).iter().filter_map(|line| line["index"].as_i64()).collect();
    assert_eq!(indexes, rows(&house).await.iter().map(|row| row.idx).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_officer_exports_the_own_entries_and_what_was_asked_for() {
    let house = with_disclosures().await;
    let all = rows(&house).await;
    for oin in [GGZ, MEE, STEUNPUNT] {
        let (bytes, manifest) = exported(&house, oin, draft(Format::JsonLines, the_year())).await;
        let own: Vec<_> = rows(&house).await.into_iter().filter(|row| is_party(row, oin)).collect();
        assert!(!own.is_empty() && (oin == STEUNPUNT || own.len() < all.len()), "{oin}");
        let mut found = lines(&bytes);
        found.pop();
        let found: Vec<_> = found.iter().map(|line| line["index"].as_i64().unwrap()).collect();
        assert_eq!(found, own.iter().map(|row| row.idx).collect::<Vec<_>>(), "{oin}");
        assert_eq!(manifest.requester_oin.as_str(), oin);
    }
    let denied = SearchDraft { denied_only: true, ..the_year() };
    let (bytes, manifest) = exported(&house, REGION, draft(Format::FhirAuditEvent, denied)).await;
    let expected = all.iter().filter(|row| row.denial != 0).count();
    assert!(expected > 0);
    assert_eq!(manifest.count, u64::try_from(expected).unwrap());
    for event in lines(&bytes) {
        assert_eq!((&event["type"]["code"], &event["outcome"]), (&"110113".into(), &"8".into()));
    }
}

/// An export and a search find the same by every condition, also those that only one of them has an
/// index for.
#[tokio::test]
async fn every_condition_means_in_an_export_what_it_means_in_a_search() {
    let house = with_disclosures().await;
    let search = SearchDraft {
        from: Some(at("2026-03-01T00:00:00Z")),
        until: Some(at("2026-04-01T00:00:00Z")),
        case_ref: CASE.to_owned(),
        ..the_year()
    };
    let about = rows(&house).await.iter().find(|row| row.subject.is_some()).unwrap().idx;
    let conditions: [fn(&mut SearchDraft); 9] = [
        |_| {},
        |search| search.dispositions = vec![3],
        |search| search.dispositions = vec![1, 2],
        |search| search.categories = vec![1],
        |search| search.categories = vec![9],
        |search| search.denied_only = true,
        |search| search.event_codes = vec![EventCode::SummaryDelivered.number().into()],
        |search| search.sender_oin = STEUNPUNT.to_owned(),
        |search| {
            search.actor_user_id = "u-1".to_owned();
            search.oin = GGZ.to_owned();
        },
    ];
    let mut counts = Vec::new();
    for condition in conditions {
        for subject_of in [None, Some(about)] {
            let mut search = SearchDraft { subject_of, ..search.clone() };
            condition(&mut search);
            let call = officer(&house, REGION);
            let page =
                house.gateway.search_disclosures(&call, search.clone(), None, 500).await.unwrap();
            let then =
                ExportDraft { tree_size: Some(page.tree_size), ..draft(Format::JsonLines, search) };
            let (bytes, _) = exported(&house, REGION, then).await;
            let mut found = lines(&bytes);
            found.pop();
            let found: Vec<_> = found.iter().map(|line| line["index"].as_i64().unwrap()).collect();
            let expected: Vec<_> = page.entries.iter().map(|one| one.row.idx).collect();
            assert_eq!(found, expected);
            counts.push(found.len());
        }
    }
    let different: std::collections::BTreeSet<_> = counts.iter().collect();
    assert!(different.len() > 4, "the conditions find something: {counts:?}");
}

#[tokio::test]
async fn an_export_is_an_entry_before_its_first_byte_and_names_it() {
    let house = with_disclosures().await;
    let before = rows(&house).await.len();
    let call = officer(&house, GGZ);
    let wanted = draft(Format::Ldv, SearchDraft { case_ref: CASE.to_owned(), ..the_year() });
    let export = house.gateway.export_disclosures(&call, wanted).await.unwrap();
    let new = &rows(&house).await[before..];
    assert_eq!(new.len(), 1);
    assert_eq!(new[0].event_code, i64::from(EventCode::LogExported.number()));
    // What was asked for is not in it, what form and why are.
    let text = String::from_utf8_lossy(&new[0].sealed).into_owned();
    assert!(text.contains("EXPORT PRIVACY_REVIEW LDV 00000099000000006000"), "{text}");
    assert!(!text.contains(CASE));
    let (_, manifest) = read(export).await;
    assert_eq!(manifest.export_id, new[0].event_id);
    assert_eq!(manifest.requester_user_id.as_str(), "u-1");
    assert_eq!(manifest.period_until, Some(at("2027-01-01T00:00:00Z")));
    assert_eq!(rows(&house).await.len(), before + 1, "reading it adds nothing");
}

#[tokio::test]
async fn nothing_is_exported_when_that_cannot_be_written_down() {
    let house = with_disclosures().await;
    let call = officer(&house, REGION);
    house.gateway.close().await;
    let refused = house.gateway.export_disclosures(&call, draft(Format::Csv, the_year())).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, Error::LedgerUnavailable(_) | Error::OutcomeUnknown), "{error:?}");
}

#[tokio::test]
async fn every_line_is_proven_under_the_checkpoint_at_the_end() {
    let house = with_disclosures().await;
    let (bytes, manifest) = exported(&house, GGZ, draft(Format::JsonLines, the_year())).await;
    let mut lines = lines(&bytes);
    let end = lines.pop().unwrap();
    assert_eq!(end["count"], manifest.count);
    assert_eq!(end["checkpoint"], *manifest.checkpoint);
    let note: Note = manifest.checkpoint.parse().unwrap();
    let key = house.gateway.ledger_verifier();
    let checkpoint = Checkpoint::open(&note, std::slice::from_ref(key), key.name()).unwrap();
    assert!(i64::try_from(checkpoint.size).unwrap() >= manifest.tree_size);
    for line in &lines {
        let leaf = base64(&line["leaf"]);
        let hashes: Vec<Hash> = line["inclusion_proof"]["hashes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hash| Hash::from_base64(hash.as_str().unwrap()).unwrap())
            .collect();
        let index = line["index"].as_u64().unwrap();
        let hash = Hash::leaf(&leaf);
        verify_inclusion(hash, index, checkpoint.size, &hashes, checkpoint.root).unwrap();
        let entry = Entry::decode(&leaf).unwrap();
        assert_eq!(line["record"]["disclosure_id"], entry.event_id.to_string());
        assert_eq!(line["record"]["sequence"], index);
    }
    assert!(lines.len() > 3);
}

fn base64(value: &Value) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn an_export_at_the_size_of_a_search_agrees_with_it() {
    let house = with_disclosures().await;
    let search = SearchDraft {
        from: Some(at("2026-03-01T00:00:00Z")),
        until: Some(at("2026-04-01T00:00:00Z")),
        case_ref: CASE.to_owned(),
        ..the_year()
    };
    let call = officer(&house, REGION);
    let page = house.gateway.search_disclosures(&call, search.clone(), None, 500).await.unwrap();
    // The ledger goes on.
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let then = ExportDraft { tree_size: Some(page.tree_size), ..draft(Format::JsonLines, search) };
    let (bytes, manifest) = exported(&house, REGION, then.clone()).await;
    let mut found = lines(&bytes);
    found.pop();
    let found: Vec<_> = found.iter().map(|line| line["index"].as_i64().unwrap()).collect();
    assert_eq!(found, page.entries.iter().map(|one| one.row.idx).collect::<Vec<_>>());
    assert_eq!(manifest.tree_size, page.tree_size);
    let now = ExportDraft { tree_size: None, ..then };
    assert!(exported(&house, REGION, now).await.1.count > manifest.count);
}

#[tokio::test]
async fn of_a_forgotten_person_a_line_is_left_in_every_form() {
    let house = with_disclosures().await;
    let all = rows(&house).await;
    let somebody = all.iter().find_map(|row| row.subject).unwrap();
    let about =
        u64::try_from(all.iter().filter(|row| row.subject == Some(somebody)).count()).unwrap();
    let path = house.directory.path().join("keys.sqlite");
    let keys = KeyDb::new(Db::open_sqlite(&path, store::keys::SCHEMA).await.unwrap());
    assert!(keys.destroy(somebody.as_bytes()).await.unwrap());
    // Keys stay in memory for a while; a gateway that starts has none.
    let house = house.restart().await;
    for format in OF_THE_LEDGER {
        let (bytes, manifest) = exported(&house, REGION, draft(format, the_year())).await;
        assert_eq!(manifest.forgotten, about, "{format}");
        let entries = rows(&house).await.len();
        assert_eq!(manifest.count, u64::try_from(entries).unwrap(), "{format}");
        assert_eq!(records(format, &bytes), entries, "{format}");
    }
    let about_her = SearchDraft { subject_pseudonym: somebody.to_hex(), ..the_year() };
    let (bytes, _) = exported(&house, REGION, draft(Format::JsonLines, about_her)).await;
    let lines = lines(&bytes);
    assert!(lines[0]["forgotten"] == true && lines[0]["leaf"].is_string());
    let consents = consents(SearchDraft { subject_pseudonym: somebody.to_hex(), ..no_filter() });
    let (bytes, manifest) = exported(&house, REGION, consents).await;
    assert!(manifest.forgotten > 0 && manifest.forgotten == manifest.count);
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains("performer") && text.contains("provision"), "{text}");
}

fn no_filter() -> SearchDraft {
    SearchDraft { purpose: PRIVACY_REVIEW, ..SearchDraft::default() }
}

fn consents(search: SearchDraft) -> ExportDraft {
    draft(Format::FhirConsent, search)
}

#[tokio::test]
async fn consents_go_to_the_officers_of_those_between_whom_they_are() {
    let house = with_disclosures().await;
    let of_case = SearchDraft { case_ref: CASE.to_owned(), ..no_filter() };
    let (bytes, manifest) = exported(&house, REGION, consents(of_case.clone())).await;
    assert_eq!((manifest.count, manifest.forgotten, manifest.first_index), (4, 0, None));
    assert_eq!((manifest.period_from, manifest.period_until), (None, None));
    let all = lines(&bytes);
    for consent in &all {
        assert_eq!(
            (&consent["resourceType"], &consent["status"]),
            (&"Consent".into(), &"active".into())
        );
        assert_eq!(consent["organization"][0]["identifier"]["value"], STEUNPUNT);
    }
    for (oin, seen) in [(GGZ, 4), (STEUNPUNT, 4), (MEE, 0)] {
        let (_, manifest) = exported(&house, oin, consents(of_case.clone())).await;
        assert_eq!(manifest.count, seen, "{oin}");
    }
    let person = all[0]["patient"]["identifier"]["value"].as_str().unwrap().to_owned();
    let of_person = SearchDraft { subject_pseudonym: person.clone(), ..no_filter() };
    let (bytes, manifest) = exported(&house, REGION, consents(of_person)).await;
    assert_eq!(manifest.count, 1);
    assert_eq!(lines(&bytes)[0]["patient"]["identifier"]["value"], person);
}

#[track_caller]
fn assert_violates(refused: Result<Export, Error>, expected: (&str, &str)) {
    let error = refused.unwrap_err();
    let Error::Invalid(violations) = error else { panic!("{error:?}") };
    let found: Vec<_> = violations.iter().map(|one| (one.field.as_str(), one.rule)).collect();
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn what_may_not_be_exported_is_refused_before_anything_is_written() {
    let house = with_disclosures().await;
    let call = officer(&house, REGION);
    let before = rows(&house).await.len();
    let export = |draft| house.gateway.export_disclosures(&call, draft);
    let unknown = ExportDraft { format: 99, search: the_year(), tree_size: None };
    assert_violates(export(unknown).await, ("format", "UNKNOWN_CODE"));
    let for_care = draft(Format::Csv, SearchDraft { purpose: 1, ..the_year() });
    assert_violates(export(for_care).await, ("purpose", "PURPOSE_NOT_ALLOWED"));
    let endless = draft(Format::Csv, SearchDraft { until: None, ..the_year() });
    assert_violates(export(endless).await, ("filter.period", "PERIOD"));
    assert_violates(export(consents(no_filter())).await, ("filter", "KEY_REQUIRED"));
    let more = SearchDraft { case_ref: CASE.to_owned(), ..the_year() };
    assert_violates(export(consents(more)).await, ("filter", "NOT_FOR_CONSENTS"));
    assert_eq!(rows(&house).await.len(), before);

    let worker = house.call(REGION, UserRole::Supervisor);
    let refused = house.gateway.export_disclosures(&worker, draft(Format::Csv, the_year())).await;
    let reason = Some(DenialReason::RoleNotAllowed);
    assert!(matches!(refused.unwrap_err(), Error::Denied { reason: found } if found == reason));
    let denied = &rows(&house).await[before..];
    assert_eq!(denied.len(), 1, "a refusal is an entry too");
}

#[tokio::test]
async fn the_operator_exports_for_an_officer_what_that_officer_sees_and_the_ledger_says_so() {
    let house = with_disclosures().await;
    let wanted =
        || draft(Format::JsonLines, SearchDraft { case_ref: CASE.to_owned(), ..the_year() });
    let for_whom = || (GGZ.parse().unwrap(), "fg-ggz-01".parse().unwrap());
    let export = house.gateway.export_for_operator(for_whom(), wanted()).await.unwrap();
    let (_, by_operator) = read(export).await;
    let (_, by_officer) = exported(&house, GGZ, wanted()).await;
    assert_eq!(by_operator.count, by_officer.count);
    let all = exported(&house, REGION, wanted()).await.1;
    assert!(by_operator.count < all.count);
    assert_eq!(by_operator.requester_user_id.as_str(), "fg-ggz-01");
    let entry = rows(&house).await.into_iter().find(|row| row.event_id == by_operator.export_id);
    let entry = entry.unwrap();
    assert_eq!(entry.actor_oin.as_str(), "00000099000000001000");
    assert!(String::from_utf8_lossy(&entry.sealed).contains("fg-ggz-01"));
    let nobody = ("00000099000000077000".parse().unwrap(), "x".parse().unwrap());
    let refused = house.gateway.export_for_operator(nobody, wanted()).await;
    assert_violates(refused, ("organisation", "UNKNOWN_ORGANISATION"));
}

/// Four entries of the region: the record of one is changed, a party of another, and a third has a party
/// that is none; the leaf of the last is gone.
async fn tampered(house: &House) -> [i64; 4] {
    let all = rows(house).await;
    let shared = all.iter().filter(|row| row.recipient_oin.is_some());
    let places: Vec<i64> = shared.map(|row| row.idx).take(4).collect();
    let [sealed, other, none, gone] = places.try_into().unwrap();
    house.tamper_record(sealed);
    house.tamper(&format!("UPDATE disclosures SET recipient_oin = '{MEE}' WHERE idx = {other}"));
    house.tamper(&format!(
        "UPDATE disclosures SET recipient_oin = 'nobody', event_code = 999, outcome = 7
          WHERE idx = {none}"
    ));
    house.tamper(&format!("DELETE FROM leaves WHERE idx = {gone}"));
    [sealed, other, none, gone]
}

#[tokio::test]
async fn an_export_goes_on_over_what_was_changed_and_says_so() {
    let house = with_disclosures().await;
    let before = exported(&house, REGION, draft(Format::JsonLines, the_year())).await;
    let (before, manifest) = (lines(&before.0), before.1);
    assert_eq!((manifest.changed, &manifest.changed_indexes[..]), (0, &[][..]));
    assert!(before.iter().all(|line| line["changed"].as_array().is_none_or(Vec::is_empty)));
    let tampered = tampered(&house).await;
    for format in OF_THE_LEDGER {
        let (bytes, manifest) = exported(&house, REGION, draft(format, the_year())).await;
        let all = rows(&house).await.len();
        assert_eq!(manifest.count, u64::try_from(all).unwrap(), "{format}");
        assert_eq!(records(format, &bytes), all, "{format}");
        assert_eq!((manifest.changed, manifest.forgotten), (4, 0), "{format}");
        assert_eq!(manifest.changed_indexes, tampered, "{format}");
        let text = String::from_utf8(bytes).unwrap();
        let told = text.lines().filter(|line| line.contains("recipient_oin")).count();
        assert_eq!(told, 2, "{format}: {text}");
    }
    let (bytes, _) = exported(&house, REGION, draft(Format::JsonLines, the_year())).await;
    let now = lines(&bytes);
    let line = |all: &[Value], idx: i64| {
        all.iter().find(|line| line["index"].as_i64() == Some(idx)).unwrap().clone()
    };
    let [sealed, other, none, gone] = tampered;
    for (idx, columns) in [
        (sealed, vec!["sealed"]),
        (other, vec!["recipient_oin"]),
        (none, vec!["event_code", "outcome", "recipient_oin"]),
        (gone, vec!["entry"]),
    ] {
        assert_eq!(line(&now, idx)["changed"], serde_json::json!(columns), "{idx}");
        assert_eq!(line(&now, idx)["forgotten"], false);
    }
    // What the entry itself says is right; of a record that is sound, all of it.
    let said = |of: &Value| of["record"]["recipient"]["org_oin"].clone();
    for idx in [sealed, other, none] {
        assert_eq!(said(&line(&now, idx)), said(&line(&before, idx)), "{idx}");
    }
    assert_eq!(line(&now, other)["record"], line(&before, other)["record"]);
    let is_whole =
        |line: &Value| line["record"]["conditions"].as_array().is_some_and(|all| !all.is_empty());
    assert!(!is_whole(&line(&now, sealed)) || !is_whole(&line(&before, sealed)));
    assert!(line(&now, gone)["leaf"].is_null() && line(&now, gone)["inclusion_proof"].is_null());
}

#[tokio::test]
async fn a_record_about_nobody_that_was_written_anew_is_not_told_as_if_it_were_right() {
    let house = with_disclosures().await;
    let call = officer(&house, REGION);
    let search = SearchDraft {
        case_ref: CASE.to_owned(),
        until: Some(at("2026-02-01T00:00:00Z")),
        ..the_year()
    };
    house.gateway.search_disclosures(&call, search, None, 1).await.unwrap();
    let look = rows(&house).await.iter().map(|row| row.idx).max().unwrap();
    // It is not sealed: whoever writes the database can write another one.
    house.tamper(&format!(
        "UPDATE disclosures
            SET sealed = CAST(replace(CAST(sealed AS TEXT), 'u-1', 'u-2') AS BLOB)
          WHERE idx = {look}"
    ));
    let (bytes, manifest) = exported(&house, REGION, draft(Format::JsonLines, the_year())).await;
    assert_eq!(manifest.changed_indexes, [look]);
    let found = lines(&bytes);
    let line = found.iter().find(|line| line["index"].as_i64() == Some(look)).unwrap();
    assert_eq!(line["changed"], serde_json::json!(["sealed"]), "{line}");
    assert!(
        !line["record"].to_string().contains("u-2"),
        "what was written there is not told: {line}"
    );
}

#[tokio::test]
async fn an_export_warns_that_what_was_changed_may_be_missing() {
    let house = with_disclosures().await;
    let to_ggz = || SearchDraft { recipient_oin: GGZ.to_owned(), ..the_year() };
    let export = |tree_size| ExportDraft { tree_size, ..draft(Format::Csv, to_ggz()) };
    let sound = exported(&house, REGION, export(None)).await.1;
    assert_eq!((sound.changed, sound.known_changed), (0, 0));
    let given = i64::from(EventCode::SummaryDelivered.number());
    let idx = rows(&house).await.iter().find(|row| row.event_code == given).unwrap().idx;
    house.tamper(&format!("UPDATE disclosures SET recipient_oin = '{MEE}' WHERE idx = {idx}"));
    while house.gateway.detect_signals().await.unwrap().more {}
    let now = exported(&house, REGION, export(None)).await.1;
    assert_eq!((now.count, now.changed, now.known_changed), (sound.count - 1, 0, 1));
    let before = exported(&house, REGION, export(Some(idx))).await.1;
    assert_eq!(before.known_changed, 0, "of the ledger that it was taken from");
}

#[tokio::test]
async fn whom_an_entry_is_about_is_searched_by_its_parties_alone_and_only_when_it_is_right() {
    let house = with_disclosures().await;
    let ggz = GGZ.parse().unwrap();
    let about =
        |row: &&DisclosureRow| row.recipient_oin.as_ref() == Some(&ggz) && row.subject.is_some();
    let idx = rows(&house).await.iter().find(about).unwrap().idx;
    let person = SearchDraft { subject_of: Some(idx), ..the_year() };
    let ask = async |oin: &str| {
        let call = officer(&house, oin);
        house.gateway.export_disclosures(&call, draft(Format::Csv, person.clone())).await
    };
    assert!(ask(GGZ).await.is_ok());
    house.tamper(&format!("UPDATE disclosures SET recipient_oin = '{MEE}' WHERE idx = {idx}"));
    assert!(matches!(ask(MEE).await.unwrap_err(), Error::Denied { reason: None }));
    assert!(ask(GGZ).await.is_ok());
    house.tamper(&format!(
        "UPDATE disclosures SET subject =
                (SELECT other.subject FROM disclosures AS other
                  WHERE other.subject <> disclosures.subject LIMIT 1)
          WHERE idx = {idx}"
    ));
    assert!(matches!(ask(GGZ).await.unwrap_err(), Error::Denied { reason: None }));
}
