//! The running gateway against a client that shares nothing with it: Python, with stubs made from
//! `proto/` alone and proofs checked by a verifier written from the RFC.
#![cfg(test)]

use std::path::Path;
use std::process::Output;

#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

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
}

#[test]
fn a_python_client_plays_its_journey_on_sqlite() {
    plays_its_journey(None);
}

#[test]
fn a_python_client_plays_its_journey_on_postgresql() {
    plays_its_journey(Some(&postgres::fresh_database()));
}
