//! `serve`: a gateway in a process of its own, from its first line to its last.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use ketenpoort::tls::client::ClientError;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::place::{Place, json};

/// Longer than anything here takes, also on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

impl Place {
    /// A gateway for this machine, with the police as a client.
    pub(crate) fn for_serving() -> Self {
        let place = Self::new();
        place.replace("ketenpoort.toml", "0.0.0.0:8443", "127.0.0.1:0");
        place.replace("ketenpoort.toml", "0.0.0.0:8444", "127.0.0.1:0");
        place.replace("ketenpoort.toml", "127.0.0.1:9464", "127.0.0.1:0");
        place.issue("00000099000000002000", "police");
        place
    }

    pub(crate) async fn serving_status(
        &self,
        address: SocketAddr,
    ) -> Result<ServingStatus, ClientError> {
        let channel = self.connect("police", address).await?;
        let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await;
        Ok(match answer {
            Ok(answer) if answer.get_ref().status == 1 => ServingStatus::Serving,
            Ok(_) => ServingStatus::NotServing,
            Err(_) => ServingStatus::Unknown,
        })
    }
}

/// A gateway in a process of its own.
pub(crate) struct Serving {
    process: Child,
    log: std::io::Lines<BufReader<ChildStderr>>,
    pub(crate) address: SocketAddr,
    /// The port for operators.
    pub(crate) ops: SocketAddr,
}

impl Place {
    /// The gateway never saw the ledger that was restored: it goes on only when it is told to.
    pub(crate) fn accept_restored(&self) {
        let reason = ["--reason", "restored from a backup"];
        let accept = ["log", "anchor", "accept", "--config", "restored.toml"];
        let accepted = self.run(&[&accept[..], &reason].concat());
        assert_eq!(accepted.code, 0, "{}", accepted.stderr);
    }
}

impl Serving {
    /// Starts it and waits for its first line.
    pub(crate) fn start(place: &Place) -> Self {
        Self::start_with(place, "ketenpoort.toml")
    }

    /// The one that was restored, once the operator has accepted what it holds.
    pub(crate) fn start_restored(place: &Place) -> Self {
        place.accept_restored();
        Self::start_with(place, "restored.toml")
    }

    /// The same with another configuration.
    pub(crate) fn start_with(place: &Place, config: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ketenpoort"))
            .current_dir(place.path(""))
            .args(["serve", "--config", config])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut told = |start: &str| -> SocketAddr {
            let told = log
                .find_map(|line| line.unwrap().strip_prefix(start).map(str::to_owned))
                .unwrap_or_else(|| panic!("it did not say {start}"));
            told.trim_end_matches("/metrics").parse().unwrap()
        };
        let ops = told("operators http://");
        let address = told("ready grpc=");
        Self { process, log, address, ops }
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Reads the log up to an event.
    pub(crate) fn wait_for(&mut self, event: &str) -> serde_json::Value {
        let lines = self.log.by_ref().map(|line| line.unwrap());
        let mut events = lines.filter_map(|line| serde_json::from_str(&line).ok());
        events
            .find(|found: &serde_json::Value| found["event"] == event)
            .unwrap_or_else(|| panic!("no event {event}"))
    }

    /// Waits for the end and returns the exit code.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the gateway did not stop");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_serves_and_stops_when_it_is_told() {
    let place = Place::for_serving();
    let mut serving = Serving::start(&place);
    assert_eq!(place.serving_status(serving.address).await.unwrap(), ServingStatus::Serving);
    serving.signal("-TERM");
    serving.wait_for("gateway.stopping");
    assert_eq!(serving.ended(), Some(0));
    assert!(place.serving_status(serving.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_checked_beside_a_gateway_that_serves() {
    let place = Place::for_serving();
    let serving = Serving::start(&place);
    // The directory that it put in force is in the ledger, with rows beside it.
    let verified = place.run(&["log", "verify", "--json"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    assert!(json(&verified)["rows"].as_u64().unwrap() >= 3);
    assert_eq!(place.run(&["log", "audit"]).code, 0);
    assert_eq!(place.run(&["log", "show", "--index", "0"]).code, 0);
    let vkey = place.run(&["log", "vkey"]).stdout;
    assert!(vkey.starts_with("ketenpoort.example/haaglanden/2026+"), "{vkey}");
    let doctor = place.run(&["doctor", "--json"]);
    assert_eq!(doctor.code, 0, "{}", doctor.stdout);
    let database = std::fs::metadata(place.path("ketenpoort-keys.sqlite")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&database) & 0o777, 0o600);
    drop(serving);
    // After a crash too, and the next start goes on where it ended.
    assert_eq!(place.run(&["log", "verify"]).code, 0);
    let mut again = Serving::start(&place);
    again.signal("-INT");
    assert_eq!(again.ended(), Some(0));
    assert_eq!(json(&place.run(&["log", "verify", "--json"]))["size"], json(&verified)["size"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_is_refused_after_a_hangup() {
    let place = Place::for_serving();
    let mut serving = Serving::start(&place);
    assert_eq!(place.serving_status(serving.address).await.unwrap(), ServingStatus::Serving);
    assert_eq!(place.run(&["pki", "revoke", "--dir", "pki", "--client", "police"]).code, 0);
    serving.signal("-HUP");
    serving.wait_for("trust.replaced");
    serving.wait_for("directory.in_force");
    let refused = place.serving_status(serving.address).await;
    assert!(!matches!(refused, Ok(ServingStatus::Serving)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cannot_be_used_leaves_the_old_one_in_force() {
    let place = Place::for_serving();
    let mut serving = Serving::start(&place);
    place.replace("directory.toml", "\"0503\" = \"team-1\"", "\"0503\" = \"team-2\"");
    serving.signal("-HUP");
    let kept = serving.wait_for("directory.kept");
    assert!(kept["error"].as_str().unwrap().contains("give it another one"), "{kept}");
    assert_eq!(place.serving_status(serving.address).await.unwrap(), ServingStatus::Serving);
    place.replace("directory.toml", "\"0503\" = \"team-2\"", "\"0503\" = \"team-1\"");
    let pack = "version = \"haaglanden-1\"\n";
    let ended = "version = \"haaglanden-0\"\nvalid_until = \"2026-01-31\"\n";
    place.replace("haaglanden-1.toml", pack, ended);
    serving.signal("-HUP");
    let kept = serving.wait_for("directory.kept");
    assert!(kept["error"].as_str().unwrap().contains("is not in force today"), "{kept}");
    place.replace("haaglanden-1.toml", ended, "version = \"haaglanden-2\"\n");
    serving.signal("-HUP");
    serving.wait_for("directory.in_force");
    place.replace("directory.toml", "\"0503\" = \"team-1\"", "\"0503\" = \"team-2\"");
    let version = "version = \"haaglanden-1\"\n# The Steunpunt";
    place.replace("directory.toml", version, "version = \"haaglanden-2\"\n# The Steunpunt");
    serving.signal("-HUP");
    serving.wait_for("directory.in_force");
    assert_eq!(place.run(&["log", "verify"]).code, 0);
}

#[test]
fn a_gateway_that_could_not_serve_does_not_start_and_changes_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (name, from, to, code, said) in [
        ("ketenpoort.toml", "127.0.0.1:0", taken.as_str(), 4, "cannot listen on"),
        ("ketenpoort.toml", "crl_files = [\"pki/crl.pem\"]", "crl_files = []", 4, "revocation"),
        ("ketenpoort.toml", "\"keyring\"", "\"none\"", 3, "gateway.keyring_file: "),
        ("haaglanden-1.toml", "emergency_notice = true", "", 3, "haaglanden-1.toml: line "),
        ("haaglanden-1.toml", "[bases.WGS]", "[bases.OTHER]", 3, "not one of the codes of Basis"),
        ("directory.toml", "\"haaglanden-1.toml\"", "\"none.toml\"", 3, "policy_file: "),
        ("directory.toml", "role = \"GATEWAY\"", "role = \"POLICE\"", 3, "role GATEWAY"),
        ("directory.toml", "\"0503\" = \"team-1\"", "", 3, "municipality 0503 has no team"),
    ] {
        let place = Place::for_serving();
        place.replace(name, from, to);
        for arguments in [&["serve", "--check"][..], &["serve"]] {
            let run = place.run(arguments);
            assert_eq!(run.code, code, "{to}: {}", run.stderr);
            assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
        }
        assert!(!place.path("ketenpoort.sqlite").exists());
    }
}

#[test]
fn a_check_starts_nothing() {
    let place = Place::for_serving();
    let run = place.run(&["serve", "--check"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    assert!(run.stderr.starts_with("everything can be read"), "{}", run.stderr);
    assert!(!place.path("ketenpoort.sqlite").exists());
}

#[test]
fn secrets_that_others_can_read_keep_a_gateway_from_starting() {
    use std::os::unix::fs::PermissionsExt as _;
    for (secret, key) in
        [("keyring", "gateway.keyring_file"), ("pki/server/server.key", "tls.key_file")]
    {
        let place = Place::for_serving();
        let mode = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(place.path(secret), mode).unwrap();
        let run = place.run(&["serve"]);
        assert_eq!(run.code, 3);
        assert!(run.stderr.contains(key) && run.stderr.contains("chmod 600"), "{}", run.stderr);
    }
}
