//! A gateway that is well, and each way in which it can be ill.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::cli::config::REFERENCE;
use crate::cli::keys;
use crate::cli::terminal::tests::kept;
use crate::domain::time::Timestamp;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Hash;
use crate::store::{self, Anchor, Db, Writer};
use crate::tls::DevelopmentPki;

const DIRECTORY: &str = include_str!("../../../certs-example/directory.toml");
const POLICY: &str = include_str!("../../../certs-example/haaglanden-1.toml");
const DAY: std::time::Duration = std::time::Duration::from_hours(24);

fn start() -> Timestamp {
    "2026-03-12T00:52:00Z".parse().unwrap()
}

/// A laid out gateway that has never started.
struct Place {
    directory: TempDir,
    clock: Clock,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::system();
        clock.set(start());
        let place = Self { directory, clock };
        let pki = DevelopmentPki::lay_out(&place.path("pki"), &[], start()).unwrap();
        drop(pki);
        let config = REFERENCE
            .replace("\"server.pem\"", "\"pki/server/localhost.pem\"")
            .replace("\"server.key\"", "\"pki/server/localhost.key\"")
            .replace("\"root.pem\"", "\"pki/ca/root.pem\"")
            .replace("\"issuing.pem\"", "\"pki/ca/issuing.pem\"")
            .replace("\"crl.pem\"", "\"pki/crl.pem\"")
            // A port at which nobody is asked on a machine where a gateway may run.
            .replace("listen = \"127.0.0.1:9464\"", "");
        std::fs::write(place.config(), config).unwrap();
        std::fs::write(place.path("directory.toml"), DIRECTORY).unwrap();
        std::fs::write(place.path("haaglanden-1.toml"), POLICY).unwrap();
        let out = place.path("keyring");
        let (mut terminal, ..) = kept();
        keys::run(&keys::KeyringCommand::New { out }, &mut terminal).unwrap();
        place
    }

    /// The same with databases, as after the first start.
    async fn started() -> Self {
        let place = Self::new();
        let keyring = keys::read(&place.path("keyring")).unwrap();
        let origin = Loaded::read(&place.config()).unwrap().config.gateway.origin;
        let db = place.database("ketenpoort.sqlite", store::ledger::SCHEMA).await;
        let keys = place.database("ketenpoort-keys.sqlite", store::keys::SCHEMA).await;
        let signer = keys::log_signer(&keyring, &origin);
        let writer = Writer::start(db.clone(), signer, Arc::new(start), None).await.unwrap();
        drop(writer);
        db.close().await;
        keys.close().await;
        place
    }

    async fn database(&self, name: &str, schema: store::db::Schema) -> Db {
        Db::open_sqlite(&self.path(name), schema).await.unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path("ketenpoort.toml")
    }

    fn replace(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }

    async fn checks(&self) -> Vec<Check> {
        examine(&self.config(), &self.clock).await
    }

    /// The checks that are not in order.
    async fn ills(&self) -> Vec<(&'static str, State)> {
        let checks = self.checks().await;
        let ills = checks.iter().filter(|check| check.state != State::Ok);
        // How much room the disk of a test machine has, and who keeps its clock, is not ours to say.
        let of_the_machine = ["disk", "time service"];
        ills.filter(|check| !of_the_machine.contains(&check.name))
            .map(|check| (check.name, check.state))
            .collect()
    }
}

#[tokio::test]
async fn a_gateway_that_is_well_has_no_ills() {
    let place = Place::started().await;
    assert_eq!(place.ills().await, []);
    let names: Vec<_> = place.checks().await.into_iter().map(|check| check.name).collect();
    for name in [
        "keyring",
        "certificate",
        "revocation lists",
        "directory",
        "database",
        "database settings",
        "key store settings",
        "ledger",
        "backlog",
        "disk",
        "time service",
        "gateway",
    ] {
        assert!(names.contains(&name), "{name}");
    }
}

#[tokio::test]
async fn a_gateway_that_never_started_needs_nothing_but_its_first_start() {
    let place = Place::new();
    assert_eq!(place.ills().await, [("database", State::Warn), ("key store", State::Warn)]);
    assert!(!place.path("ketenpoort.sqlite").exists());
}

#[tokio::test]
async fn a_wrong_configuration_is_the_only_thing_that_is_told() {
    let place = Place::new();
    place.replace("ketenpoort.toml", "[log]", "[lok]");
    let checks = place.checks().await;
    assert_eq!(checks.len(), 1);
    assert!(checks[0].detail.contains("did you mean log?"), "{}", checks[0].detail);
}

#[tokio::test]
async fn secrets_that_others_can_read_are_found() {
    let place = Place::started().await;
    for name in ["keyring", "pki/server/localhost.key"] {
        set_permissions(place.path(name), Permissions::from_mode(0o644)).unwrap();
    }
    assert_eq!(place.ills().await, [("keyring", State::Fail), ("private key", State::Fail)]);
}

#[tokio::test]
async fn time_runs_out_first_for_the_lists_then_for_the_certificate() {
    let place = Place::started().await;
    let ills_after = async |days: u32| {
        place.clock.set(start().plus(DAY * days).minus(DAY / 2));
        place.ills().await
    };
    assert_eq!(ills_after(29).await, []);
    assert_eq!(ills_after(30).await, [("revocation lists", State::Warn)]);
    assert_eq!(ills_after(31).await, [("revocation lists", State::Fail)]);
    place.replace("ketenpoort.toml", "stale_crl = \"refuse\"", "stale_crl = \"accept\"");
    assert_eq!(ills_after(31).await, [("revocation lists", State::Warn)]);
    let stale = ("revocation lists", State::Warn);
    assert_eq!(ills_after(336).await, [("certificate", State::Warn), stale]);
    assert_eq!(ills_after(366).await, [("certificate", State::Fail), stale]);
}

#[tokio::test]
async fn a_clock_that_was_set_back_is_found() {
    let place = Place::started().await;
    place.clock.set(start().minus(DAY));
    assert_eq!(place.ills().await.first(), Some(&("certificate", State::Fail)));
}

#[tokio::test]
async fn the_certificate_of_another_gateway_is_found() {
    let place = Place::started().await;
    place.replace(
        "ketenpoort.toml",
        "oin = \"00000099000000001000\"",
        "oin = \"00000099000000003000\"",
    );
    // It is in the directory, but as a Steunpunt.
    assert_eq!(place.ills().await, [("certificate OIN", State::Fail), ("directory", State::Fail)]);
}

#[tokio::test]
async fn a_chain_in_the_wrong_order_is_found() {
    let place = Place::started().await;
    let leaf = std::fs::read_to_string(place.path("pki/server/localhost.pem")).unwrap();
    let root = std::fs::read_to_string(place.path("pki/ca/root.pem")).unwrap();
    let (leaf, _issuing) = leaf.split_once("-----END CERTIFICATE-----\n").unwrap();
    let alone = format!("{leaf}-----END CERTIFICATE-----\n");
    std::fs::write(place.path("pki/server/localhost.pem"), &alone).unwrap();
    assert_eq!(place.ills().await, [("certificate chain", State::Warn)]);
    std::fs::write(place.path("pki/server/localhost.pem"), alone + &root).unwrap();
    assert_eq!(place.ills().await, [("certificate chain", State::Fail)]);
}

#[tokio::test]
async fn a_policy_pack_outside_its_term_is_told() {
    let place = Place::started().await;
    let from = "valid_from = \"2026-01-01\"";
    let ended = format!("{from}\nvalid_until = \"2026-01-31\"");
    place.replace("haaglanden-1.toml", from, &ended);
    let checks = place.checks().await;
    let directory = checks.iter().find(|check| check.name == "directory").unwrap();
    assert_eq!(directory.state, State::Fail);
    assert!(
        directory.detail.contains("haaglanden-1 is not in force today"),
        "{}",
        directory.detail
    );
}

#[tokio::test]
async fn a_policy_pack_that_ends_soon_is_told_before_it_does() {
    let place = Place::started().await;
    let from = "valid_from = \"2026-01-01\"";
    let (soon, late) = (start().plus(DAY * 59).date(), start().plus(DAY * 61).date());
    place.replace("haaglanden-1.toml", from, &format!("{from}\nvalid_until = \"{soon}\""));
    assert_eq!(place.ills().await, [("directory", State::Warn)]);
    place.replace("haaglanden-1.toml", &soon.to_string(), &late.to_string());
    assert_eq!(place.ills().await, []);
}

#[tokio::test]
async fn organisations_that_are_not_admitted_are_told() {
    let place = Place::started().await;
    place.replace("directory.toml", "standing = \"ACTIVE\"\nagreement", "standing = \"ACTIVE\"\n#");
    let checks = place.checks().await;
    let directory = checks.iter().find(|check| check.name == "directory").unwrap();
    assert_eq!(directory.state, State::Warn);
    assert!(directory.detail.contains("not admitted: 0000009900000000"), "{}", directory.detail);
}

#[tokio::test]
async fn the_ledger_of_another_gateway_is_found() {
    let place = Place::started().await;
    place.replace("ketenpoort.toml", "haaglanden/2026", "rijnmond/2026");
    assert_eq!(place.ills().await, [("ledger", State::Fail)]);
}

#[tokio::test]
async fn a_database_that_lacks_what_was_signed_is_found() {
    let place = Place::started().await;
    let keyring = keys::read(&place.path("keyring")).unwrap();
    let origin = Loaded::read(&place.config()).unwrap().config.gateway.origin;
    let signer = keys::log_signer(&keyring, &origin);
    let signed = Checkpoint { origin, size: 5, root: Hash::leaf(b"gone") }.sign(&signer).unwrap();
    let path = place.path("keyring.anchor");
    let anchor = Anchor::open(&path, signer.verifier()).unwrap();
    assert_eq!(place.ills().await, []);
    anchor.replace(&signed).await.unwrap();
    assert_eq!(place.ills().await, [("anchor", State::Fail)]);
    let checks = place.checks().await;
    let check = checks.iter().find(|check| check.name == "anchor").unwrap();
    assert!(check.detail.contains("answered entries are missing"), "{}", check.detail);
    assert!(check.fix.as_ref().unwrap().contains("log anchor accept --reason"));
    std::fs::write(&path, [1; 8192]).unwrap();
    assert_eq!(place.ills().await, [("anchor", State::Fail)]);
}

#[tokio::test]
async fn every_ill_comes_with_a_remedy_and_the_exit_code_tells() {
    let place = Place::started().await;
    set_permissions(place.path("keyring"), Permissions::from_mode(0o644)).unwrap();
    let (mut terminal, data, _) = kept();
    let file = ConfigFile { path: place.config() };
    let exit = run(DoctorArgs { file, json: false }, &mut terminal).await.unwrap();
    assert_eq!(exit, Exit::Error);
    assert!(data.text().contains("fail  keyring"), "{}", data.text());
    assert!(data.text().contains("fix: `chmod 600"), "{}", data.text());
    for check in place.checks().await {
        assert_eq!(check.fix.is_none(), check.state == State::Ok, "{}", check.name);
    }
}

#[tokio::test]
async fn the_mail_program_of_the_digest_is_looked_for_where_there_is_a_digest() {
    let place = Place::started().await;
    let note = async || {
        let checks = examine(&place.config(), &place.clock).await;
        checks.into_iter().find(|check| check.name == "mail program")
    };
    assert!(note().await.is_none(), "nothing is mailed");
    let program = place.path("mail.sh");
    let digest = format!(
        "[digest]\ncommand = [{program:?}, \"-t\"]\nsender = \"poort@a.example\"\n\
         offices = [\"00000099000000003000=fg@b.example\"]\n"
    );
    place.replace("ketenpoort.toml", "[digest]\n", &digest);
    let missing = note().await.unwrap();
    assert_eq!(missing.state, State::Fail);
    assert!(missing.detail.ends_with("mail.sh: entity not found"), "{}", missing.detail);
    assert!(missing.fix.unwrap().contains("digest.command"));
    std::fs::write(&program, "#!/bin/sh\n").unwrap();
    for (mode, state) in [(0o600, State::Fail), (0o755, State::Ok)] {
        set_permissions(&program, Permissions::from_mode(mode)).unwrap();
        let found = note().await.unwrap();
        assert_eq!((found.state, found.fix.is_some()), (state, state == State::Fail));
    }
    // A directory can be entered, and is no program.
    std::fs::remove_file(&program).unwrap();
    std::fs::create_dir(&program).unwrap();
    let found = note().await.unwrap();
    assert!(found.state == State::Fail && found.detail.ends_with("is no program"));
}
