//! Somebody looks at data of a person of the own family name (A10): over real TLS, with the name in the
//! metadata of the call, of which nothing stays but that the names are the same.
#![cfg(test)]

use std::sync::Arc;
use std::time::Duration;

use ketenpoort::domain::case::InvolvementDraft;
use ketenpoort::domain::export::Format;
use ketenpoort::domain::organisation::{Actor, UserRole};
use ketenpoort::domain::signal::{SignalRule, SignalState};
use ketenpoort::gateway::Error;
use ketenpoort::gateway::disclosures::SearchDraft;
use ketenpoort::gateway::exports::{ExportDraft, Part};
use ketenpoort::gateway::request_summary::SummaryRequestDraft;
use ketenpoort::gateway::sharing::{Given, ShareDraft};
use ketenpoort::gateway::stated_name::StatedName;
use ketenpoort::grpc::{self, pb};
use ketenpoort::store::{SignalQuery, SignalRow};
use ketenpoort::tls::identity::{IdentityPolicy, TestOins};
use ketenpoort::tls::trust::{LiveTrust, TrustOptions};
use ketenpoort::tls::{self, ClientMaterial, DevelopmentPki};
use tokio::net::TcpListener;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request};

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

use house::{CASE, GGZ, House, MEE, STEUNPUNT, at, new_request};
use pb::case_service_client::CaseServiceClient;

/// The office of the region, which sees the whole ledger.
const REGION: &str = "00000099000000009000";
const HEADER: &str = "ketenpoort-user-family-name-bin";

/// A house with a gateway that answers the GGZ over TLS.
struct Served {
    house: House,
    client: CaseServiceClient<Channel>,
}

impl Served {
    async fn open() -> Self {
        let house = House::open().await;
        house.case_with_summary().await;
        house.gateway.clock().set(at("2026-03-12T11:00:00Z"));
        let now = || ketenpoort::gateway::Clock::system().now();
        let ggz = tls::development::Organisation {
            oin: GGZ.parse().unwrap(),
            name: "GGZ Voorbeeld".to_owned(),
            slug: "ggz".to_owned(),
        };
        let pki = house.directory.path().join("pki");
        let files = DevelopmentPki::lay_out(&pki, &[ggz], now()).unwrap().trust_files().unwrap();
        let clock = tls::Clock::new(now);
        let trust = LiveTrust::load(files, TrustOptions::default(), clock.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("localhost:{}", listener.local_addr().unwrap().port());
        let policy = IdentityPolicy { test_oins: TestOins::Accept };
        let never = std::future::pending;
        let incoming =
            tls::incoming(listener, trust.clone(), tls::Limits::default(), policy, never());
        let live: grpc::Live = Arc::new(move |peer| trust.check_live(peer, trust.now()).is_ok());
        let options = grpc::Options { reflection: false, live, limits: grpc::Limits::default() };
        tokio::spawn(grpc::serve(house.gateway.clone(), incoming, options, never()));
        let file = |name: &str| pki.join(name);
        let (root, chain, key) =
            (file("ca/root.pem"), file("client/ggz.pem"), file("client/ggz.key"));
        let material = ClientMaterial::load(&root, &chain, &key, &clock).unwrap();
        let channel = material.connect(&address).await.unwrap();
        Self { house, client: CaseServiceClient::new(channel) }
    }

    async fn ask(&mut self, user: &str, name: Option<&[u8]>) -> Result<(), tonic::Status> {
        let id = ketenpoort::vault::random::uuid_v4().unwrap();
        let mut request = Request::new(pb::RequestSummaryRequest {
            request_id: id.to_string(),
            actor: Some(pb::Actor {
                user_id: user.to_owned(),
                role: pb::UserRole::CaseWorker.into(),
                ..pb::Actor::default()
            }),
            case_ref: CASE.to_owned(),
            author_oin: STEUNPUNT.to_owned(),
            purpose: pb::Purpose::CareCoordination.into(),
            basis: pb::Basis::Consent.into(),
            involvement: Some(pb::Involvement { kind: 2, ..pb::Involvement::default() }),
            ..pb::RequestSummaryRequest::default()
        });
        request.set_timeout(Duration::from_secs(20));
        if let Some(name) = name {
            request.metadata_mut().insert_bin(HEADER, MetadataValue::from_bytes(name));
        }
        self.client.request_summary(request).await.map(drop)
    }

    async fn signals(&self) -> Vec<SignalRow> {
        self.signals_seen_by(None).await
    }

    /// None: by the region.
    async fn signals_seen_by(&self, oin: Option<&str>) -> Vec<SignalRow> {
        while self.house.gateway.detect_signals().await.unwrap().more {}
        let all = SignalQuery {
            party: oin.map(|oin| oin.parse().unwrap()),
            state: SignalState::Open,
            rule: Some(SignalRule::OwnFamily),
            score_min: 0,
            before: None,
        };
        self.house.db().await.read().await.unwrap().signals(&all, 100).await.unwrap()
    }
}

impl Served {
    /// The whole ledger as an officer of an organisation takes it away.
    async fn exported(&self, oin: &str) -> String {
        let officer = self.house.call(oin, UserRole::PrivacyOfficer);
        let search = SearchDraft {
            purpose: pb::Purpose::PrivacyReview.into(),
            from: Some(at("2026-01-01T00:00:00Z")),
            until: Some(at("2027-01-01T00:00:00Z")),
            ..SearchDraft::default()
        };
        let format = Format::JsonLines.number().into();
        let draft = ExportDraft { format, search, tree_size: None };
        let mut export = self.house.gateway.export_disclosures(&officer, draft).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(Part::Bytes(more)) = export.next().await.unwrap() {
            bytes.extend(more);
        }
        String::from_utf8(bytes).unwrap()
    }
}

#[tokio::test]
async fn a_look_at_the_own_name_is_a_signal_and_the_name_stays_nowhere() {
    let mut served = Served::open().await;
    served.ask("u-other", Some("van Bakkersma".as_bytes())).await.unwrap();
    served.ask("u-silent", None).await.unwrap();
    assert_eq!(served.signals().await, []);
    // Half of a double name, with a small word, in other case.
    served.ask("u-same", Some("Bakkersma - van TESTEMA".as_bytes())).await.unwrap();
    let found = served.signals().await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].user_id.as_ref().unwrap().as_str(), "u-same");
    assert_eq!(found[0].case_ref.as_ref().unwrap().as_str(), CASE);
    assert_eq!((found[0].score, found[0].entry_count), (60, 4), "everybody in the case has it");
    assert_eq!(found[0].subject, None);
    // What an employee is called is the employer's to know, not that of who sent the data.
    assert_eq!(served.signals_seen_by(Some(STEUNPUNT)).await, []);
    assert_eq!(served.signals_seen_by(Some(GGZ)).await, found);
    for (oin, is_told) in [(STEUNPUNT, false), (GGZ, true), (REGION, true)] {
        let lines = served.exported(oin).await;
        let told = lines.lines().filter(|line| line.contains("\"same_family_name\":true"));
        let told: Vec<_> = told.map(|line| line.contains("u-same")).collect();
        assert_eq!(told, if is_told { vec![true; 4] } else { Vec::new() }, "{oin}");
    }

    served.house.gateway.close().await;
    let mut read = 0;
    for file in std::fs::read_dir(served.house.directory.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
        read += bytes.len();
        for secret in [&b"testema"[..], b"bakkersma"] {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!is_there, "{} holds the name", path.display());
        }
    }
    assert!(read > 100_000, "the databases were read");
}

/// Who gives looks into nothing new, and who is denied saw nothing.
#[tokio::test]
async fn what_was_given_counts_when_it_is_read() {
    let served = Served::open().await;
    let house = &served.house;
    let named = |oin: &str, user: &str, role| {
        let name = StatedName::read(b"Testema").map(Arc::new);
        let caller = house.gateway.admit(&oin.parse().unwrap(), None).unwrap().of_name(name);
        caller.act(Actor { user_id: user.parse().unwrap(), role, on_behalf_of: None })
    };
    let involvement = InvolvementDraft { kind: 3, ..InvolvementDraft::default() };
    let draft = ShareDraft {
        case_ref: CASE.to_owned(),
        recipient_oin: GGZ.to_owned(),
        purpose: pb::Purpose::CareCoordination.into(),
        basis: pb::Basis::Consent.into(),
        involvement: involvement.clone(),
        ..ShareDraft::default()
    };
    let giver = named(STEUNPUNT, "sp-0147", UserRole::ProcessDirector);
    let request = new_request("ShareSummary");
    let encode = |given: &Given| given.share_id.to_string().into_bytes();
    let given = house.gateway.share_summary(&giver, &request, draft, encode).await.unwrap();
    let wanted = SummaryRequestDraft {
        case_ref: CASE.to_owned(),
        author_oin: STEUNPUNT.to_owned(),
        purpose: pb::Purpose::CareCoordination.into(),
        basis: pb::Basis::Consent.into(),
        involvement: Some(involvement),
        ..SummaryRequestDraft::default()
    };
    let denied = named(MEE, "u-denied", UserRole::CaseWorker);
    let request = new_request("RequestSummary");
    let answer = house.gateway.request_summary(&denied, &request, wanted, |_| Vec::new()).await;
    assert!(matches!(answer, Err(Error::Denied { .. })), "{answer:?}");
    assert_eq!(served.signals().await, []);

    let reader = named(GGZ, "u-reader", UserRole::CaseWorker);
    let (id, request) = (String::from_utf8(given).unwrap(), new_request("ReadSharedSummary"));
    let id = id.parse().unwrap();
    house.gateway.read_shared_summary(&reader, &request, id, |_| Vec::new()).await.unwrap();
    let found = served.signals().await;
    let users: Vec<_> = found.iter().map(|one| one.user_id.as_ref().unwrap().as_str()).collect();
    assert_eq!(users, ["u-reader"]);
}

#[tokio::test]
async fn what_is_no_name_is_refused_and_not_repeated() {
    let mut served = Served::open().await;
    let long = "Bakkersma".repeat(23);
    for wrong in [long.as_bytes(), b"Bakkersma\xff", b"Bakkersma\n", b" "] {
        let refused = served.ask("u-1", Some(wrong)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let told = format!("{refused:?}");
        assert!(!told.contains("Bakkersma"), "{told}");
        let details = String::from_utf8_lossy(refused.details()).into_owned();
        assert!(details.contains(HEADER) && !details.contains("Bakkersma"), "{details}");
    }
}
