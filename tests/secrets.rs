//! Promise 7: nothing of the people in the scenario is in any file or output of the demo.
#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Every personal value of the scenario, as it could stand in a file.
const VALUES: [&str; 17] = [
    "Testema",
    "Yara",
    "Ruben",
    "Noor",
    "999990020",
    "999990032",
    "999990044",
    "999990056",
    "Voorbeeldstraat",
    "2500AA",
    "2500 AA",
    "1987-02-14",
    "1984-09-30",
    "2010-05-20",
    "2017-11-03",
    "\"Sem\"",
    "Sem Testema",
];

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn holds(bytes: &[u8], value: &str) -> bool {
    let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [value.as_bytes(), &wide]
        .iter()
        .any(|needle| bytes.windows(needle.len()).any(|window| window == *needle))
}

fn values_in(bytes: &[u8]) -> Vec<&'static str> {
    VALUES.into_iter().filter(|value| holds(bytes, value)).collect()
}

#[test]
fn nothing_of_the_scenario_is_in_any_file_or_output_of_the_demo() {
    let directory = tempfile::tempdir().unwrap();
    let played = Command::new(env!("CARGO_BIN_EXE_ketenpoort"))
        .args(["demo", "--exit", "--dir"])
        .arg(directory.path())
        .env("RUST_LOG", "trace")
        .env("KETENPOORT__LOG__LEVEL", "trace")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success(), "the demo failed: {said}");
    assert!(!played.stdout.is_empty() || !played.stderr.is_empty());
    for output in [&played.stdout, &played.stderr] {
        assert_eq!(values_in(output), Vec::<&str>::new(), "in the output of the demo");
    }
    let mut all = Vec::new();
    files(directory.path(), &mut all);
    assert!(all.iter().any(|path| path.extension().is_some_and(|end| end == "sqlite")));
    for path in all {
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(values_in(&bytes), Vec::<&str>::new(), "in {}", path.display());
    }
}

#[test]
fn the_search_would_find_a_value() {
    assert_eq!(values_in(b"..Testema.."), ["Testema"]);
    let wide: Vec<u8> = "Yara".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(values_in(&wide), ["Yara"]);
}
