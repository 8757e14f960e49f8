//! `log export`: a file with its manifest, checked again, cut off and changed.

use serde_json::Value;

use super::place::{Place, Run, json};

const REGION: &str = "00000099000000009000";

/// Everything that there is, for the office of the region.
fn export(place: &Place, format: &str, out: &str) -> Run {
    place.run(&[
        "log",
        "export",
        "--format",
        format,
        "--out",
        out,
        "--organisation",
        REGION,
        "--for",
        "fg-01",
        "--from",
        "2020-01-01",
        "--until",
        "2100-01-01",
        "--json",
    ])
}

fn verify(place: &Place, out: &str) -> Run {
    place.run(&["log", "export", "--verify", out, "--json"])
}

fn fault(run: &Run) -> String {
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    assert_eq!(json(run)["whole"], false);
    json(run)["faults"].to_string()
}

#[test]
fn a_file_of_every_form_is_whole_and_its_manifest_is_beside_it() {
    let place = Place::new();
    let mut count = 0;
    for format in ["fhir", "ldv", "otlp", "nen7513", "csv", "jsonl"] {
        let out = format!("log.{format}");
        let run = export(&place, format, &out);
        assert_eq!(run.code, 0, "{format}: {}", run.stderr);
        let manifest: Value = serde_json::from_str(
            &std::fs::read_to_string(place.path(&format!("{out}.manifest.json"))).unwrap(),
        )
        .unwrap();
        assert_eq!(manifest, json(&run));
        assert_eq!(manifest["requester_oin"], REGION);
        assert_eq!(manifest["requester_user_id"], "fg-01");
        // Every export is an entry, which the next one holds.
        let entries = manifest["count"].as_u64().unwrap();
        assert!(entries > count, "{entries} after {count}");
        count = entries;
        let checked = verify(&place, &out);
        assert_eq!(checked.code, 0, "{format}: {}", checked.stdout);
        assert_eq!(json(&checked)["count"], entries);
        assert!(!place.path(&format!("{out}.part")).exists());
    }
    let last = count - 1;
    let entry = json(&place.run(&["log", "show", "--index", &last.to_string(), "--json"]));
    assert_eq!(entry["event"], "LOG_EXPORTED");
}

#[test]
fn every_filter_of_a_search_is_one_of_an_export() {
    let place = Place::new();
    let count = |out: &str, filter: &[&str]| {
        let fixed = ["log", "export", "--format", "csv", "--out", out, "--organisation", REGION];
        let period = ["--for", "fg-01", "--from", "2020-01-01", "--until", "2100-01-01", "--json"];
        let run = place.run(&[&fixed[..], &period[..], filter].concat());
        assert_eq!(run.code, 0, "{filter:?}: {}", run.stderr);
        json(&run)["count"].as_u64().unwrap()
    };
    let all = count("all.csv", &[]);
    let again = all.to_string();
    // The export before is one entry more; of the size before it, nothing is.
    assert_eq!(count("sized.csv", &["--tree-size", &again]), all);
    let looks = ["--event", "LOG_EXPORTED,LOG_QUERIED"];
    let until_now = count("looks.csv", &looks);
    assert!((2..=all + 1).contains(&until_now), "{until_now} of {all}");
    assert_eq!(count("more-looks.csv", &looks), until_now + 1, "the export before is one");
    for (number, none) in [
        ["--for-purpose", "SAFETY_PROTECTION"],
        ["--basis", "CONSENT"],
        ["--category", "HEALTH_MENTAL,IDENTIFICATION"],
        ["--disposition", "REFUSED,EMERGENCY"],
        ["--sender", "00000099000000002000"],
        ["--act", "0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11"],
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(count(&format!("none-{number}.csv"), none), 0, "{none:?}");
    }
    // It was the gateway itself that exported, on behalf of this officer.
    assert_eq!(count("own.csv", &["--party", REGION, "--user", "fg-01"]), 0);
    let run =
        place.run(&["log", "export", "--format", "csv", "--basis", "HUNCH", "--out", "x.csv"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
}

#[test]
fn a_file_that_was_cut_off_or_changed_is_found() {
    let place = Place::new();
    assert_eq!(export(&place, "nen7513", "log.csv").code, 0);
    let whole = std::fs::read(place.path("log.csv")).unwrap();
    let cut = &whole[..whole.len() - 40];
    std::fs::write(place.path("log.csv"), cut).unwrap();
    let found = fault(&verify(&place, "log.csv"));
    assert!(found.contains("cut off") && found.contains("records instead of"), "{found}");
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(place.path("log.csv"), &changed).unwrap();
    let found = fault(&verify(&place, "log.csv"));
    assert!(found.contains("was changed") && !found.contains("cut off"), "{found}");
    std::fs::write(place.path("log.csv"), [&whole[..], b"x"].concat()).unwrap();
    assert!(fault(&verify(&place, "log.csv")).contains("1 bytes too many"));
    std::fs::remove_file(place.path("log.csv.manifest.json")).unwrap();
    assert_eq!(verify(&place, "log.csv").code, 7);
}

#[test]
fn with_the_key_of_the_ledger_every_leaf_is_proven() {
    let place = Place::new();
    let manifest = json(&export(&place, "jsonl", "log.jsonl"));
    let vkey = json(&place.run(&["log", "vkey", "--json"]))["vkey"].as_str().unwrap().to_owned();
    let check =
        || place.run(&["log", "export", "--verify", "log.jsonl", "--vkey", &vkey, "--json"]);
    let checked = check();
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
    assert_eq!(json(&checked)["proven"], manifest["count"]);
    // Two leaves change places: every byte is there, but not where the ledger holds it.
    let text = std::fs::read_to_string(place.path("log.jsonl")).unwrap();
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (first, second) = (lines[0]["leaf"].clone(), lines[1]["leaf"].clone());
    lines[0]["leaf"] = second;
    lines[1]["leaf"] = first;
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let text = lines.join("\n") + "\n";
    std::fs::write(place.path("log.jsonl"), text).unwrap();
    let found = fault(&check());
    assert!(found.contains("line 1: the ledger of the checkpoint does not hold"), "{found}");
    // A checkpoint of another ledger.
    let other = Place::new();
    assert_eq!(other.run(&["report", "management", "--period", "2020-Q2"]).code, 0);
    let other = json(&other.run(&["log", "vkey", "--json"]))["vkey"].as_str().unwrap().to_owned();
    let run = place.run(&["log", "export", "--verify", "log.jsonl", "--vkey", &other]);
    assert_eq!(run.code, 6, "{}", run.stdout);
    assert!(run.stderr.contains("the checkpoint of the manifest"), "{}", run.stderr);
}

#[test]
fn what_cannot_be_exported_leaves_no_file() {
    let place = Place::new();
    std::fs::write(place.path("there"), "mine").unwrap();
    let exists = export(&place, "csv", "there");
    assert_eq!(exists.code, 1);
    assert!(exists.stderr.contains("exists already"), "{}", exists.stderr);
    assert_eq!(std::fs::read_to_string(place.path("there")).unwrap(), "mine");
    let base = ["log", "export", "--format", "csv", "--out", "new", "--for", "fg-01"];
    for (more, word) in [
        (&["--organisation", REGION][..], "period: must have a start and an end"),
        (&["--organisation", "00000099000000077000"], "must be an organisation of the directory"),
        (&[], "--organisation"),
    ] {
        let run = place.run(&[&base[..], more].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{more:?}: {}", run.stderr);
        assert!(run.stderr.contains(word), "{more:?}: {}", run.stderr);
    }
    for left in ["new", "new.part", "new.manifest.json", "new.manifest.json.part"] {
        assert!(!place.path(left).exists(), "{left}");
    }
}

#[test]
fn a_file_with_a_record_that_was_changed_is_whole_and_is_not_taken_for_right() {
    let place = Place::new();
    assert_eq!(export(&place, "csv", "before.csv").code, 0);
    let database = rusqlite::Connection::open(place.path("ketenpoort.sqlite")).unwrap();
    let change = "UPDATE disclosures SET actor_user_id = 'another' WHERE idx = 0";
    assert_eq!(database.execute(change, []).unwrap(), 1);
    drop(database);
    let run = export(&place, "csv", "log.csv");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    assert_eq!((&json(&run)["changed"], &json(&run)["changed_indexes"][0]), (&1.into(), &0.into()));
    // No watch went round here, so nothing more is known.
    assert_eq!(json(&run)["known_changed"], 0);
    let text = std::fs::read_to_string(place.path("log.csv")).unwrap();
    assert_eq!(text.lines().filter(|line| line.ends_with(";actor_user_id")).count(), 1, "{text}");
    let found = fault(&verify(&place, "log.csv"));
    assert!(found.contains("1 records were changed in the database: 0"), "{found}");
    assert_eq!(verify(&place, "before.csv").code, 0);
}
