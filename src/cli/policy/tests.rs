//! Packs and scenarios in files, as a lawyer keeps them.

use super::diff::{Difference, between};
use super::*;
use crate::cli::terminal::tests::kept;

const SHIPPED: &str = include_str!("../../../certs-example/haaglanden-1.toml");
const SCENARIOS: &str = include_str!("../../../certs-example/haaglanden-1.scenarios.toml");

/// A pack in a file, with one text in place of another.
fn pack_file(old: &str, new: &str) -> (tempfile::TempDir, PathBuf) {
    assert!(SHIPPED.contains(old), "{old}");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pack.toml");
    std::fs::write(&path, SHIPPED.replacen(old, new, 1)).unwrap();
    (directory, path)
}

fn scenarios_file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("scenarios.toml");
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

fn lines_of(command: &PolicyCommand) -> (Exit, String) {
    let (mut terminal, data, _) = kept();
    let exit = run(command, &mut terminal).unwrap();
    (exit, data.text())
}

#[test]
fn the_shipped_pack_is_whole_and_tells_its_hash() {
    let (_directory, pack) = pack_file("haaglanden-1", "haaglanden-1");
    let hash = hex::encode(policy_hash(&read(&pack).unwrap()).unwrap());
    let (exit, lines) = lines_of(&PolicyCommand::Check { pack: pack.clone(), json: false });
    assert_eq!(exit, Exit::Ok);
    assert!(lines.contains("haaglanden-1") && lines.contains(&hash), "{lines}");
    let (_, json) = lines_of(&PolicyCommand::Check { pack, json: true });
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["sha256"], hash);
    assert_eq!(json["valid_from"], "2026-01-01");
}

#[test]
fn a_fault_in_a_pack_is_told_with_its_line_and_path() {
    let line_of = |text: &str| {
        1 + SHIPPED.split_once(text).unwrap().0.bytes().filter(|byte| *byte == b'\n').count()
    };
    let (_directory, pack) = pack_file("emergency_notice = true\n", "");
    let fault = read(&pack).unwrap_err();
    let (section, path) = (line_of("[bases.WMO_4_1_1_2_E]"), "bases.WMO_4_1_1_2_E.cap");
    let lines: Vec<&str> = fault.lines().collect();
    assert_eq!(lines.len(), 2, "{fault}");
    for line in lines {
        let number = line.split("line ").nth(1).and_then(|rest| rest.split(':').next()).unwrap();
        assert!(number.parse::<usize>().unwrap() > section, "{line}");
        assert!(line.contains(path) && line.ends_with("(CONTRADICTION)"), "{line}");
    }
    let (_directory, pack) = pack_file("valid_months_max", "valid_months");
    let fault = read(&pack).unwrap_err();
    assert!(fault.contains("pack.toml: line ") && fault.contains("unknown field"), "{fault}");
    let error = run(&PolicyCommand::Check { pack, json: false }, &mut kept().0).unwrap_err();
    assert_eq!(Exit::of(&error), Exit::Config);
}

#[test]
fn a_difference_names_the_field_and_what_came_and_went() {
    let (_old, old) = pack_file("haaglanden-1\"", "haaglanden-1\"");
    let (_new, new) =
        pack_file("purposes = [\"REFERRAL_HANDLING\"]", "purposes = [\"SAFETY_PROTECTION\"]");
    let found = between(&read(&old).unwrap(), &read(&new).unwrap()).unwrap();
    let expected = Difference {
        field: "bases.WMO_4_1_1_2_G.purposes".to_owned(),
        old: vec!["REFERRAL_HANDLING".to_owned()],
        new: vec!["SAFETY_PROTECTION".to_owned()],
    };
    assert_eq!(found, [expected]);
    let differ = PolicyCommand::Diff { old: old.clone(), new, json: false };
    let (exit, lines) = lines_of(&differ);
    assert_eq!(exit, Exit::Error);
    assert_eq!(
        lines,
        "bases.WMO_4_1_1_2_G.purposes\n  - REFERRAL_HANDLING\n  + SAFETY_PROTECTION\n"
    );
    let (exit, lines) = lines_of(&PolicyCommand::Diff { old: old.clone(), new: old, json: true });
    assert_eq!((exit, lines.trim()), (Exit::Ok, "[]"));
}

#[test]
fn the_order_of_a_list_is_no_difference() {
    let (_old, old) = pack_file("haaglanden-1\"", "haaglanden-1\"");
    let (_new, new) =
        pack_file("initiative = [\"GIVE\", \"ASK\"]", "initiative = [\"ASK\", \"GIVE\"]");
    assert_eq!(between(&read(&old).unwrap(), &read(&new).unwrap()).unwrap(), []);
}

#[test]
fn the_shipped_scenarios_come_out_as_they_should() {
    let (_pack, pack) = pack_file("haaglanden-1", "haaglanden-1");
    let (_scenarios, scenarios) = scenarios_file(SCENARIOS);
    let (exit, lines) = lines_of(&PolicyCommand::Test { pack, scenarios, json: false });
    assert_eq!(exit, Exit::Ok, "{lines}");
    assert_eq!(lines.lines().count(), SCENARIOS.matches("[[scenarios]]").count());
}

#[test]
fn a_pack_that_decides_otherwise_fails_its_scenario_and_no_other() {
    let health = "[categories.HEALTH_MENTAL]\nallowed = [\"STEUNPUNT\", ";
    let (_pack, pack) = pack_file(health, &format!("{health}\"SOCIAL_WORK\", "));
    let (_scenarios, scenarios) = scenarios_file(SCENARIOS);
    let (exit, lines) = lines_of(&PolicyCommand::Test {
        pack: pack.clone(),
        scenarios: scenarios.clone(),
        json: false,
    });
    assert_eq!(exit, Exit::Error);
    let failed: Vec<&str> = lines.lines().filter(|line| line.starts_with("no")).collect();
    assert_eq!(failed.len(), 1, "{lines}");
    assert!(failed[0].contains("health data do not go to social work"), "{failed:?}");
    assert!(failed[0].ends_with("ALLOW, not DENY CATEGORY_NOT_ALLOWED_FOR_ROLE"), "{failed:?}");
    let (_, json) = lines_of(&PolicyCommand::Test { pack, scenarios, json: true });
    let json: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(json.iter().filter(|one| one["as_expected"] == false).count(), 1);
}

#[test]
fn no_basis_that_the_shipped_pack_switches_on_is_refused_all_the_same() {
    let (_directory, pack) = pack_file("haaglanden-1", "haaglanden-1");
    let (_, json) = lines_of(&PolicyCommand::Check { pack, json: true });
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let refused = json["bases_enabled_but_refused"].as_array().unwrap();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn a_table_without_scenarios_proves_nothing() {
    let (_pack, pack) = pack_file("haaglanden-1", "haaglanden-1");
    let (_scenarios, scenarios) = scenarios_file("scenarios = []");
    let error = run(&PolicyCommand::Test { pack, scenarios, json: false }, &mut kept().0);
    assert_eq!(Exit::of(&error.unwrap_err()), Exit::Config);
}

#[test]
fn a_scenario_with_an_unknown_word_is_told_with_its_line() {
    let (_pack, pack) = pack_file("haaglanden-1", "haaglanden-1");
    let (_scenarios, scenarios) =
        scenarios_file(&SCENARIOS.replacen("\"CONSENT\"", "\"CONCENT\"", 1));
    let test = PolicyCommand::Test { pack, scenarios, json: false };
    let error = run(&test, &mut kept().0).unwrap_err();
    assert_eq!(Exit::of(&error), Exit::Config);
    assert!(error.to_string().contains("scenarios.toml: line "), "{error}");
}
