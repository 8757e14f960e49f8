//! A gateway in a directory of its own, and runs of the binary.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const CONFIG: &str = include_str!("../../certs-example/ketenpoort.toml");
const DIRECTORY: &str = include_str!("../../certs-example/directory.toml");
const POLICY: &str = include_str!("../../certs-example/haaglanden-1.toml");

/// How a run of the binary ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn ketenpoort(arguments: &[&str]) -> Run {
    ketenpoort_in(Path::new("."), arguments)
}

pub(crate) fn ketenpoort_in(directory: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ketenpoort"));
    let output = command.current_dir(directory).args(arguments).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The one JSON document on standard output.
pub(crate) fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

/// A check of `doctor --json`.
pub(crate) fn check_of(doctor: &Run, name: &str) -> serde_json::Value {
    let checks = json(doctor)["checks"].as_array().unwrap().clone();
    let found = checks.into_iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no check {name}: {}", doctor.stdout))
}

/// Everything that a gateway needs, made with the binary itself.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        let config = CONFIG
            .replace("\"server.pem\"", "\"pki/server/server.pem\"")
            .replace("\"server.key\"", "\"pki/server/server.key\"")
            .replace("\"root.pem\"", "\"pki/ca/root.pem\"")
            .replace("\"issuing.pem\"", "\"pki/ca/issuing.pem\"")
            .replace("\"crl.pem\"", "\"pki/crl.pem\"");
        std::fs::write(place.path("ketenpoort.toml"), config).unwrap();
        std::fs::write(place.path("directory.toml"), DIRECTORY).unwrap();
        std::fs::write(place.path("haaglanden-1.toml"), POLICY).unwrap();
        for made in [
            "keyring new --out keyring",
            "pki init --dir pki",
            "pki issue server --dir pki --oin 00000099000000001000 --name Poort --ip 127.0.0.1",
        ] {
            let run = place.run(&made.split(' ').collect::<Vec<_>>());
            assert_eq!(run.code, 0, "{made}: {}", run.stderr);
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        ketenpoort_in(self.0.path(), arguments)
    }

    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }
}
