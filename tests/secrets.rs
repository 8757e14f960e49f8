//! Promise 7: nothing of the people in the scenario is in any file or output of the demo.
#![cfg(test)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

/// Plays the demo and, while it serves on, reads its page of figures. Everything it wrote, and the page.
fn play(directory: &Path) -> (String, String, String) {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_ketenpoort"))
        .args(["demo", "--dir"])
        .arg(directory)
        .env("RUST_LOG", "trace")
        .env("KETENPOORT__LOG__LEVEL", "trace")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = demo.stderr.take().unwrap();
    let stderr = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).unwrap();
        text
    });
    let mut stdout = String::new();
    let mut lines = BufReader::new(demo.stdout.take().unwrap());
    // The last line that it writes: then it serves on until it is told to end.
    let page = loop {
        let mut line = String::new();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the demo ended: {stdout}");
        stdout.push_str(&line);
        if let Some(address) = line.trim().strip_prefix("curl http://") {
            break fetch(address.strip_suffix("/metrics").unwrap());
        }
    };
    // It may not listen to signals yet.
    let ended = loop {
        let interrupt = ["-INT", &demo.id().to_string()];
        Command::new("kill").args(interrupt).status().unwrap();
        if let Some(ended) = demo.try_wait().unwrap() {
            break ended;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    };
    lines.read_to_string(&mut stdout).unwrap();
    let stderr = stderr.join().unwrap();
    assert!(ended.success(), "the demo failed: {stderr}");
    (stdout, stderr, page)
}

/// The page of figures.
fn fetch(address: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut page = String::new();
    connection.read_to_string(&mut page).unwrap();
    page
}

#[test]
fn row_11_and_21_nothing_of_the_scenario_is_in_any_file_or_output_of_the_demo() {
    let directory = tempfile::tempdir().unwrap();
    let (stdout, stderr, page) = play(directory.path());
    assert!(!stdout.is_empty() || !stderr.is_empty());
    assert!(page.contains("rpc_server_duration_seconds_count"), "{page}");
    assert!(page.contains("ketenpoort_inbox_waiting"), "{page}");
    for output in [stdout.as_bytes(), stderr.as_bytes(), page.as_bytes()] {
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
