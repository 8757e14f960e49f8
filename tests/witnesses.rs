//! Witnesses over the wire: the gateway, `ketenpoort witness serve` and a witness in Python, each a process
//! of its own, over real TLS. A database that went back is recognised by those who watch, also where the
//! anchor went back with it.
#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[path = "support/python.rs"]
mod python;
#[path = "support/running.rs"]
#[expect(dead_code, reason = "these tests start their witnesses in more ways")]
mod running;
#[path = "support/server.rs"]
mod server;

use ketenpoort::gateway::Clock;
use ketenpoort::grpc::pb::GetCheckpointRequest;
use ketenpoort::grpc::pb::disclosure_service_client::DisclosureServiceClient;
use ketenpoort::tls::authority::Subject;
use ketenpoort::tls::development::LEAF_VALIDITY;
use ketenpoort::tls::identity::Validity;
use ketenpoort::tls::{self, ClientMaterial, DevelopmentPki};
use running::{Running, line_with};
use server::{BINARY, Installation};
use tonic::Code;

/// Nothing that works takes this long, on a busy machine and in a debug build neither.
const PATIENCE: Duration = Duration::from_mins(2);

/// A witness that runs until the test ends.
struct Watching {
    _process: Running,
    vkey: String,
    address: String,
}

/// Certificate and key of a server on this machine.
fn certified(installation: &Installation, slug: &str) -> (PathBuf, PathBuf) {
    let mut pki = DevelopmentPki::open(&installation.pki()).unwrap();
    let oin = "00000099000000002000".parse().unwrap();
    let subject = Subject { oin, organisation: slug.to_owned(), unit: None };
    let now = Clock::system().now();
    let validity = Validity { not_before: now, not_after: now.plus(LEAF_VALIDITY) };
    let files = pki.issue_server(slug, &subject, &["127.0.0.1"], validity).unwrap();
    (files.chain, files.key)
}

fn ledger_key(installation: &Installation) -> String {
    let printed = installation.run(&["log", "vkey"]);
    assert!(printed.status.success(), "{printed:?}");
    String::from_utf8(printed.stdout).unwrap().trim().to_owned()
}

/// `ketenpoort witness serve`, with the directory of its state.
fn ours(installation: &Installation, state: &Path) -> Watching {
    let key = installation.path().join("witness.key");
    if !key.exists() {
        let made = Command::new(BINARY)
            .args(["witness", "key", "--name", "witness.politie.example", "--out"])
            .arg(&key)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
    }
    let (chain, tls_key) = certified(installation, "witness-one");
    let mut process = Command::new(BINARY)
        .args(["witness", "serve", "--listen", "127.0.0.1:0", "--log", &ledger_key(installation)])
        .arg("--key")
        .arg(&key)
        .arg("--state")
        .arg(state)
        .arg("--certificate")
        .arg(&chain)
        .arg("--tls-key")
        .arg(&tls_key)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (line, _) = line_with("ready witness=", process.stderr.take().unwrap());
    let words: Vec<&str> = line.split_whitespace().collect();
    let address = words[1].strip_prefix("witness=").unwrap().to_owned();
    let vkey = words[2].strip_prefix("key=").unwrap().to_owned();
    let again = Command::new(BINARY).args(["witness", "vkey", "--key"]).arg(&key).output().unwrap();
    assert_eq!(String::from_utf8(again.stdout).unwrap().trim(), vkey);
    Watching { _process: Running(process), vkey, address }
}

/// The witness in Python.
fn foreign(installation: &Installation) -> Watching {
    let (chain, key) = certified(installation, "witness-two");
    let mut process: Child = python::script("witness.py")
        .args(["witness.fg.example", &ledger_key(installation)])
        .args([chain, key])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (line, _) = line_with("ready ", process.stdout.take().unwrap());
    let words: Vec<&str> = line.split_whitespace().collect();
    let (address, vkey) = (format!("https://{}", words[1]), words[2].to_owned());
    Watching { _process: Running(process), vkey, address }
}

fn configure(installation: &Installation, witnesses: &[&Watching]) {
    let path = installation.config();
    let text = std::fs::read_to_string(&path).unwrap();
    let before = text.split("[witnesses]").next().unwrap();
    let keys: Vec<String> =
        witnesses.iter().map(|one| format!("{} {}", one.vkey, one.address)).collect();
    let section = format!(
        "[witnesses]\nkeys = {keys:?}\nneeded = {}\nca_file = \"pki/ca/root.pem\"\nask_every = \"1s\"\n",
        keys.len()
    );
    std::fs::write(&path, format!("{before}{section}")).unwrap();
}

/// The newest checkpoint with enough cosignatures, of at least this size.
async fn witnessed(installation: &Installation, at_least: i64) -> (String, i64) {
    let pki = installation.pki();
    let clock = Clock::system();
    let clock = tls::Clock::new(move || clock.now());
    let files = |name: &str| pki.join("client").join(name);
    let (chain, key) = (files("fg.pem"), files("fg.key"));
    let material = ClientMaterial::load(&pki.join("ca/root.pem"), &chain, &key, &clock).unwrap();
    let channel = material.connect(&installation.address().to_string()).await.unwrap();
    let mut client = DisclosureServiceClient::new(channel);
    let started = Instant::now();
    loop {
        match client.get_checkpoint(GetCheckpointRequest { witnessed: true }).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                if answer.tree_size >= at_least {
                    return (answer.checkpoint, answer.tree_size);
                }
            }
            Err(status) => assert_eq!(status.code(), Code::PermissionDenied, "{status}"),
        }
        assert!(started.elapsed() < PATIENCE, "nothing of {at_least} entries is witnessed");
        tokio::task::yield_now().await;
    }
}

fn copy(installation: &Installation, from: &str, to: &str) {
    for name in ["ketenpoort.sqlite", "ketenpoort-keys.sqlite", "keyring.anchor"] {
        let place = |prefix: &str| installation.path().join(format!("{prefix}{name}"));
        std::fs::copy(place(from), place(to)).unwrap();
        for tail in ["-wal", "-shm"] {
            let log = installation.path().join(format!("{to}{name}{tail}"));
            if log.exists() {
                std::fs::remove_file(log).unwrap();
            }
        }
    }
}

/// What is on disk when a gateway was stopped is all there is.
fn stop(running: server::Server, installation: &Installation) {
    drop(running.kill());
    // Opened once, what stands in the write-ahead log is in the file.
    let path = installation.path().join("ketenpoort.sqlite");
    let sql = rusqlite::Connection::open(path).unwrap();
    sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

#[tokio::test]
async fn a_ledger_is_watched_by_ours_and_by_a_foreign_witness_and_cannot_go_back() {
    let installation = Installation::new(None);
    let state = installation.path().join("witnessed");
    let (one, two) = (ours(&installation, &state), foreign(&installation));
    configure(&installation, &[&one, &two]);
    let gateway = installation.start();
    let (note, size) = witnessed(&installation, 1).await;

    // Others verify it with code of their own.
    let log = ledger_key(&installation);
    let verified = python::script("witness.py")
        .args(["verify", &log, &note, &one.vkey, &two.vkey])
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
    let verified = String::from_utf8(verified.stdout).unwrap();
    let names: Vec<&str> = verified.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(names, ["witness.politie.example", "witness.fg.example"]);
    assert!(!verified.contains("None"), "{verified}");

    // What is older is kept aside; then the ledger goes on, and that is witnessed.
    stop(gateway, &installation);
    copy(&installation, "", "older-");
    let gateway = installation.start();
    let report = ["report", "signals", "--json"];
    assert!(installation.run(&report).status.success());
    let (_, newer) = witnessed(&installation, size + 1).await;
    stop(gateway, &installation);
    copy(&installation, "", "newer-");

    let checked = installation.run(&["log", "verify", "--json"]);
    let checked: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(checked["witnessed"]["size"], newer, "{checked}");
    assert_eq!(checked["findings_total"], 0, "{checked}");

    // Database, keys and anchor go back together: nothing on this machine knows better.
    copy(&installation, "older-", "");
    let ended = installation.try_start(&[]).err().expect("a ledger that went back was started");
    assert_eq!(ended.status.code(), Some(6), "{}", ended.output);
    assert!(ended.output.contains(&format!("has cosigned {newer} entries")), "{}", ended.output);
    let examined = installation.run(&["doctor"]);
    let told = String::from_utf8(examined.stdout).unwrap();
    for name in names {
        assert!(told.contains(&format!("{name}: it cosigned {newer} entries")), "{told}");
    }
    assert_eq!(examined.status.code(), Some(1));

    // The right one starts again, also when nobody watches any more.
    copy(&installation, "newer-", "");
    drop((one, two));
    drop(installation.start().kill());
    let told = String::from_utf8(installation.run(&["doctor"]).stdout).unwrap();
    assert!(told.contains("warn  witness"), "{told}");
}

/// A line that was changed in the database is found, and the ledger is not what it signed.
#[tokio::test]
async fn a_changed_cosignature_is_found_by_who_verifies_the_ledger() {
    let installation = Installation::new(None);
    let one = ours(&installation, &installation.path().join("witnessed"));
    configure(&installation, &[&one]);
    let gateway = installation.start();
    witnessed(&installation, 1).await;
    stop(gateway, &installation);
    let clean = installation.run(&["log", "verify"]);
    assert!(clean.status.success(), "{clean:?}");
    let sql = rusqlite::Connection::open(installation.path().join("ketenpoort.sqlite")).unwrap();
    let changed = "UPDATE cosignatures SET line = replace(line, 'A', 'B')";
    assert!(sql.execute(changed, []).unwrap() > 0);
    drop(sql);
    let found = installation.run(&["log", "verify"]);
    assert_eq!(found.status.code(), Some(6));
    let found = String::from_utf8(found.stdout).unwrap();
    let told = found.contains("by witness.politie.example+") && found.contains("is not by it");
    assert!(told, "{found}");
    // Who brings keys wants to see what their witnesses said; nothing is not enough.
    let sql = rusqlite::Connection::open(installation.path().join("ketenpoort.sqlite")).unwrap();
    sql.execute("DELETE FROM cosignatures", []).unwrap();
    drop(sql);
    assert!(installation.run(&["log", "verify"]).status.success());
    let keyed = installation.run(&["log", "verify", "--witness", &one.vkey]);
    assert_eq!(keyed.status.code(), Some(6), "{keyed:?}");
    let other = "w.example+9d2cdcda+BP1/Ni3tVhUBu9xpmSC7zjVKBNsk8zr+gOgBhg+4ZBOE";
    let other = installation.run(&["log", "verify", "--witness", other]);
    assert_eq!(other.status.code(), Some(2), "a mistyped key is no key: {other:?}");
}
