//! The built binary as scripts and people meet it: exit codes, outputs, files.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

#[path = "cli/backup.rs"]
mod backup;
#[path = "cli/backup_postgres.rs"]
mod backup_postgres;
#[path = "cli/caller.rs"]
mod caller;
#[path = "cli/deliveries.rs"]
mod deliveries;
#[path = "cli/drain.rs"]
mod drain;
#[path = "cli/export.rs"]
mod export;
#[path = "cli/http.rs"]
mod http;
#[path = "cli/ledger.rs"]
mod ledger;
#[path = "cli/ops.rs"]
mod ops;
#[path = "cli/place.rs"]
mod place;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "cli/report.rs"]
mod report;
#[path = "cli/serve.rs"]
mod serve;

use place::{Place, json, ketenpoort, ketenpoort_in};

#[test]
fn help_documents_the_exit_codes() {
    let help = ketenpoort(&["--help"]);
    assert_eq!(help.code, 0);
    for line in ["0  done", "2  the command line", "6  a proof or the ledger", "75  it may work"] {
        assert!(help.stdout.contains(line), "{line}\n{}", help.stdout);
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_so_on_standard_error() {
    for wrong in [&[][..], &["lgo"], &["log", "show"], &["log", "show", "--index", "x"]] {
        let run = ketenpoort(wrong);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{wrong:?}");
        assert!(!run.stderr.is_empty());
    }
}

#[test]
fn the_reference_configuration_is_the_example_file() {
    let run = ketenpoort(&["config", "reference"]);
    assert_eq!(run.code, 0);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("certs-example/ketenpoort.toml");
    assert_eq!(run.stdout, std::fs::read_to_string(example).unwrap());
}

#[test]
fn a_wrong_configuration_ends_with_3_and_names_key_and_line() {
    let place = Place::new();
    let missing = place.run(&["config", "show", "--config", "none.toml"]);
    assert_eq!(missing.code, 3);
    assert!(missing.stderr.contains("none.toml: cannot be read"), "{}", missing.stderr);
    place.replace("ketenpoort.toml", "listen = \"0.0.0.0:8443\"", "listen = 8443");
    let wrong = place.run(&["config", "show"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (3, ""));
    assert!(wrong.stderr.contains("ketenpoort.toml line "), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("grpc.listen: must be a string"), "{}", wrong.stderr);
}

#[test]
fn the_environment_overrules_the_file_and_is_named_as_the_origin() {
    let place = Place::new();
    let show = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ketenpoort"));
        command.current_dir(place.path("")).args(arguments);
        command.env("KETENPOORT__LOG__LEVEL", "debug");
        command.env("KETENPOORT__DATABASE__URL", "postgres://kp:geheim@db/kp");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = show(&["config", "show", "--origin"]);
    let origin = "# environment variable KETENPOORT__LOG__LEVEL\nlevel = \"debug\"";
    assert!(text.contains(origin), "{text}");
    assert!(!text.contains("geheim"), "{text}");
    let settings: serde_json::Value =
        serde_json::from_str(&show(&["config", "show", "--json"])).unwrap();
    let url = settings.as_array().unwrap().iter().find(|one| one["key"] == "database.url").unwrap();
    assert_eq!(url["value"], "postgres://kp:…@db/kp");
    assert_eq!(url["origin"], "environment variable KETENPOORT__DATABASE__URL");
}

#[test]
fn a_keyring_is_made_once() {
    let place = TempDir::new().unwrap();
    let new = || ketenpoort_in(place.path(), &["keyring", "new", "--out", "k"]);
    assert_eq!(new().code, 0);
    let again = new();
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
}

#[test]
fn certificates_are_issued_listed_and_revoked() {
    let place = TempDir::new().unwrap();
    let pki = |arguments: &str| {
        let mut all: Vec<&str> = vec!["pki"];
        all.extend(arguments.split(' '));
        all.extend(["--dir", "ca-dir"]);
        ketenpoort_in(place.path(), &all)
    };
    let client = "issue client --oin 00000099000000002000 --name Politie --slug police";
    assert_eq!(pki("list").code, 7);
    assert_eq!(pki("init").code, 0);
    assert_eq!(pki("init").code, 1);

    let issued = pki(client);
    assert_eq!(issued.code, 0, "{}", issued.stderr);
    let files: Vec<PathBuf> = issued.stdout.lines().map(|line| place.path().join(line)).collect();
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|file| file.exists()), "{files:?}");
    let server = "issue server --oin 00000099000000001000 --name Poort";
    assert_eq!(pki(server).code, 2, "a server needs a name");
    assert_eq!(pki(&format!("{server} --dns gateway.test --ip ::1")).code, 0);
    assert_eq!(pki(&format!("{server} --dns gate\u{1}way")).code, 2);
    assert_eq!(pki(&client.replace("--slug police", "--slug ../police")).code, 2);
    assert_eq!(pki(&client.replace("00000099000000002000", "12345")).code, 2);

    let listed = json(&pki("list --json"));
    assert_eq!(listed[0]["oin"], "00000099000000002000");
    assert_eq!((&listed[0]["kind"], &listed[0]["state"]), (&"CLIENT".into(), &"VALID".into()));
    assert_eq!(listed[1]["kind"], "SERVER");

    let before = std::fs::read(place.path().join("ca-dir/crl.pem")).unwrap();
    assert_eq!(pki("revoke --client police --reason KEY_COMPROMISE").code, 0);
    assert_ne!(std::fs::read(place.path().join("ca-dir/crl.pem")).unwrap(), before);
    assert_eq!(pki("revoke --serial 0badc0de").code, 7);
    assert_eq!(pki("revoke --client police --reason BORED").code, 2);
    let listed = json(&pki("list --json"));
    assert_eq!(listed[0]["state"], "REVOKED");
    assert_eq!(listed[0]["reason"], "KEY_COMPROMISE");
    assert!(pki("list").stdout.starts_with("revoked  client"));
}

#[test]
fn doctor_ends_with_1_when_a_check_fails() {
    let place = Place::new();
    let well = place.run(&["doctor", "--json"]);
    assert_eq!(well.code, 0, "{}{}", well.stdout, well.stderr);
    assert_eq!(json(&well)["ok"], true);
    std::fs::remove_file(place.path("keyring")).unwrap();
    let ill = place.run(&["doctor", "--json"]);
    assert_eq!(ill.code, 1);
    let checks = json(&ill)["checks"].clone();
    let keyring =
        checks.as_array().unwrap().iter().find(|check| check["name"] == "keyring").unwrap();
    assert_eq!(keyring["state"], "fail");
    assert!(keyring["fix"].as_str().unwrap().contains("keyring new"));
}

#[test]
fn colour_comes_only_when_it_is_asked_for() {
    let place = Place::new();
    assert!(!place.run(&["doctor"]).stdout.contains('\u{1b}'));
    assert!(place.run(&["doctor", "--color", "always"]).stdout.contains("\u{1b}[32mok"));
}
