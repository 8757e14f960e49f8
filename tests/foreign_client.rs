//! The running gateway against a client that shares nothing with it: Python, with stubs made from
//! `proto/` alone and proofs checked by a verifier written from the RFC; and its exports against a FHIR
//! library, the definitions of OpenTelemetry and Python's reader of tables.
#![cfg(test)]

use std::path::Path;
use std::process::Output;

#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use serde_json::Value;
use server::Installation;

fn journey(installation: &Installation) -> Output {
    python::script("journey.py")
        .arg("--proto")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("proto"))
        .args(["--address", &format!("localhost:{}", installation.address().port())])
        .arg("--pki")
        .arg(installation.pki())
        .output()
        .unwrap()
}

fn plays_its_journey(database: Option<&str>) {
    let installation = Installation::new(database);
    let server = installation.start();
    let played = journey(&installation);
    let output = server.kill();
    assert!(
        played.status.success(),
        "{}\n{}\n{output}",
        String::from_utf8_lossy(&played.stdout),
        String::from_utf8_lossy(&played.stderr)
    );
    for (command, what) in [("verify", "ledger"), ("audit", "promise 3")] {
        let checked = installation.run(&["log", command]);
        assert!(checked.status.success(), "{what}: {}", String::from_utf8_lossy(&checked.stderr));
    }
    let told: Value = serde_json::from_slice(&played.stdout).unwrap();
    its_exports_are_read(&installation, told["case_ref"].as_str().unwrap());
}

/// Exports the whole ledger in every form, for the office of the region, and has each read.
fn its_exports_are_read(installation: &Installation, case_ref: &str) {
    let directory = installation.path().join("exports");
    std::fs::create_dir(&directory).unwrap();
    let period = ["--from", "2020-01-01", "--until", "2100-01-01"];
    let case = ["--case", case_ref];
    for (format, of) in [
        ("fhir", &period[..]),
        ("ldv", &period),
        ("otlp", &period),
        ("nen7513", &period),
        ("csv", &period),
        ("fhir-consent", &case),
    ] {
        let out = directory.join(format).to_str().unwrap().to_owned();
        let whole = ["log", "export", "--format", format, "--out", &out];
        let whose = ["--organisation", "00000099000000009000", "--for", "fg-01"];
        let made = installation.run(&[&whole[..], &whose, of].concat());
        assert!(made.status.success(), "{format}: {}", String::from_utf8_lossy(&made.stderr));
    }
    let read = python::script("exports.py").arg(&directory).output().unwrap();
    let stderr = String::from_utf8_lossy(&read.stderr);
    assert!(read.status.success(), "{}\n{stderr}", String::from_utf8_lossy(&read.stdout));
}

#[test]
fn a_python_client_plays_its_journey_on_sqlite() {
    plays_its_journey(None);
}

#[test]
fn a_python_client_plays_its_journey_on_postgresql() {
    plays_its_journey(Some(&postgres::fresh_database()));
}
