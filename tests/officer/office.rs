//! A gateway over real mutual TLS, with a family, an emergency and a signal; and an officer's shell beside it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use ketenpoort::domain::case::InvolvementDraft;
use ketenpoort::domain::emergency::{ClientInformedDraft, EmergencyDraft};
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::policy::BasisEvidenceDraft;
use ketenpoort::gateway::Clock;
use ketenpoort::gateway::sharing::ShareDraft;
use ketenpoort::grpc;
use ketenpoort::tls::development::{DevelopmentPki, Organisation};
use ketenpoort::tls::{self, ClientMaterial, IdentityPolicy, LiveTrust, TestOins, TrustOptions};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::Value;
use tokio::net::TcpListener;
use tonic::transport::Channel;

use crate::house::{CASE, GGZ, House, STEUNPUNT, at, new_request};

/// An officer who declared nothing and was not consulted.
pub(crate) const OFFICER: &str = "fg-sp-01";

/// By day, after the night in which everything happened.
const DAY: &str = "2026-03-12T11:00:00Z";

/// The office of the Steunpunt's privacy officer.
pub(crate) struct Office {
    pub(crate) house: House,
    pub(crate) address: SocketAddr,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Office {
    /// A case at night: a summary went to mental health care, and an emergency was declared.
    pub(crate) async fn open() -> Self {
        let house = House::open().await;
        house.case_with_summary().await;
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        declare(&house).await;
        house.gateway.clock().set(at(DAY));
        while house.gateway.detect_signals().await.unwrap().more {}
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        serve(&house, listener);
        Self { house, address }
    }

    pub(crate) fn home(&self) -> &Path {
        self.house.directory.path()
    }

    fn pki(&self, name: &str) -> PathBuf {
        self.home().join("pki").join(name)
    }

    /// The binary with the connection of an organisation in its environment.
    pub(crate) fn command(&self, slug: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ketenpoort"));
        command
            .current_dir(self.home())
            .env("KETENPOORT_GATEWAY", format!("localhost:{}", self.address.port()))
            .env("KETENPOORT_CA", self.pki("ca/root.pem"))
            .env("KETENPOORT_CERTIFICATE", self.pki(&format!("client/{slug}.pem")))
            .env("KETENPOORT_KEY", self.pki(&format!("client/{slug}.key")))
            .env("KETENPOORT_OFFICER", OFFICER);
        command
    }

    /// A command of the officer of the Steunpunt, in words without spaces.
    pub(crate) fn run(&self, line: &str) -> Run {
        Run::of(self.command("steunpunt").args(line.split_whitespace()))
    }

    /// The same, which must go well.
    pub(crate) fn ask(&self, line: &str) -> String {
        let run = self.run(line);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{line}: {run:?}");
        run.stdout
    }

    /// The same for its JSON.
    pub(crate) fn json(&self, line: &str) -> Value {
        self.json_of("steunpunt", line)
    }

    /// The same for an officer of another organisation.
    pub(crate) fn json_of(&self, slug: &str, line: &str) -> Value {
        let line = format!("{line} --json");
        let run = Run::of(self.command(slug).args(line.split_whitespace()));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{line}: {run:?}");
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {run:?}"))
    }

    /// A connection of the organisation for the generated clients.
    pub(crate) async fn channel(&self) -> Channel {
        let system = Clock::system();
        let clock = tls::Clock::new(move || system.now());
        let (chain, key) = (self.pki("client/steunpunt.pem"), self.pki("client/steunpunt.key"));
        let material = ClientMaterial::load(&self.pki("ca/root.pem"), &chain, &key, &clock);
        material.unwrap().connect(&format!("localhost:{}", self.address.port())).await.unwrap()
    }
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        Self {
            code: status.code().unwrap(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }
}

/// What `--json` printed, as the message that it is.
pub(crate) fn message<M: Message + Default>(name: &str, json: Value) -> M {
    let pool = DescriptorPool::decode(grpc::pb::DESCRIPTORS).unwrap();
    let found = pool.get_message_by_name(&format!("ketenpoort.v1.{name}")).unwrap();
    let message = DynamicMessage::deserialize(found, json).unwrap();
    M::decode(&*message.encode_to_vec()).unwrap()
}

/// Employee `u-1` of the Steunpunt declares an emergency and shares with mental health care.
async fn declare(house: &House) {
    let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let declared = EmergencyDraft {
        reason_code: 1,
        danger_to: 2,
        situation: "Er wordt gedreigd.".to_owned(),
        why_no_consent: 5,
        alternatives_tried: "Bellen.".to_owned(),
        consulted_colleague_user_id: "u-2".to_owned(),
        minimality_text: "Alleen wie het is.".to_owned(),
        client_informed: Some(ClientInformedDraft::After),
        authenticated_at: Some(house.gateway.clock().now()),
        ..EmergencyDraft::default()
    };
    let draft = ShareDraft {
        case_ref: CASE.to_owned(),
        recipient_oin: GGZ.to_owned(),
        purpose: 2,
        basis: 3,
        categories: vec![1],
        involvement: InvolvementDraft { kind: 3, ..InvolvementDraft::default() },
        evidence: BasisEvidenceDraft {
            gravity_text: "Er zijn kinderen in huis.".to_owned(),
            ..BasisEvidenceDraft::default()
        },
        emergency: Some(declared),
        ..ShareDraft::default()
    };
    let request = new_request("ShareSummary");
    house.gateway.share_summary(&call, &request, draft, |_| Vec::new()).await.unwrap();
}

/// Serves the gateway of a house to whoever has a certificate of the authority in its directory.
fn serve(house: &House, listener: TcpListener) {
    let now = || Clock::system().now();
    let organisations =
        [("steunpunt", STEUNPUNT), ("ggz", GGZ), ("stranger", "00000099000000077000")].map(
            |(slug, oin)| Organisation {
                oin: oin.parse().unwrap(),
                name: format!("{slug} Voorbeeld"),
                slug: slug.to_owned(),
            },
        );
    let directory = house.directory.path().join("pki");
    let pki = DevelopmentPki::lay_out(&directory, &organisations, now()).unwrap();
    let files = pki.trust_files().unwrap();
    let trust = LiveTrust::load(files, TrustOptions::default(), tls::Clock::new(now)).unwrap();
    let policy = IdentityPolicy { test_oins: TestOins::Accept };
    let limits = tls::Limits::default();
    let peers = tls::incoming(listener, trust.clone(), limits, policy, std::future::pending());
    let live: grpc::Live = Arc::new(move |peer| trust.check_live(peer, trust.now()).is_ok());
    let gateway = house.gateway.clone();
    tokio::spawn(async move {
        grpc::serve(gateway, peers, grpc::Options::new(live), std::future::pending()).await
    });
}
