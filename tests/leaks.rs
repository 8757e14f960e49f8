//! A hidden address stays hidden: every method of the contract, with every organisation and kind of user,
//! on every basis, and whatever the command line prints or the disk holds. Only the recipient that two
//! people of the shelter agreed about ever gets it (DOMAIN §3.5, §8 row 9).
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _};
use ketenpoort::gateway::Clock;
use ketenpoort::grpc::pb;
use ketenpoort::tls::authority::Subject;
use ketenpoort::tls::client::ClientMaterial;
use ketenpoort::tls::development::DevelopmentPki;
use ketenpoort::tls::identity::Validity;
use prost::Message;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Code, Status};

#[path = "leaks/contract.rs"]
mod contract;
#[expect(dead_code, reason = "other tests use other messages")]
#[path = "faults/messages.rs"]
mod messages;
#[expect(dead_code, reason = "other tests use other choices")]
#[path = "faults/random.rs"]
mod random;
#[path = "support/server.rs"]
mod server;

use contract::{Contract, Filling, Method};
use random::Random;
use server::Installation;

const CASE: &str = "VVT-2026-000123";
/// What must not be found.
const HIDDEN: &str = "Verscholenhof-77-XQZ";
const SHELTER_ADDRESS: i32 = 3;
const SHELTER: &str = "00000099000000008000";
/// Frames of a stream that are read.
const FRAMES: usize = 3;
/// How long a stream may say nothing before it is left.
const STREAM_WAIT: Duration = Duration::from_millis(100);

/// Organisations by the name of their certificate, with the kinds of users that are tried.
const CALLERS: [(&str, &[i32]); 9] = [
    ("police", &[5, 6]),
    ("steunpunt", &[1, 6, 8]),
    ("amw", &[3, 6]),
    ("bjz", &[3]),
    ("ggz", &[3, 4, 6]),
    ("mee", &[3]),
    ("shelter", &[3, 6]),
    ("fg", &[6, 7]),
    ("gemeente", &[3, 6]),
];

/// What each basis takes as evidence; everything else is left out.
const EVIDENCE: [(u64, &[&str]); 16] = [
    (1, &[]),
    (2, &["necessity_text", "amhk_request_id"]),
    (3, &["gravity_text"]),
    (4, &["gravity_text"]),
    (5, &["referral_id"]),
    (6, &[]),
    (7, &["wpg_purpose", "authority_agreement_ref"]),
    (8, &["partnership_decision_ref"]),
    (9, &["supervision_order_ref"]),
    (10, &["necessity_text"]),
    (11, &["incapacity"]),
    (12, &["conflict_of_duties"]),
    (13, &["subject_request_id"]),
    (14, &["supervisor_ref"]),
    (15, &[]),
    (16, &[]),
];

/// Sends and receives bytes as they are.
#[derive(Debug, Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self
    }
    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;
    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;
    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}

/// A gateway with its callers, each at a connection.
struct Stage {
    contract: Contract,
    channels: BTreeMap<&'static str, Channel>,
    random: Random,
    /// Shares there are, by their ids.
    shares: Vec<String>,
    referral_id: String,
}

/// Everything that came back of one call.
struct Answer {
    code: Code,
    bytes: Vec<u8>,
}

async fn connect(installation: &Installation, slug: &str) -> Channel {
    let pki = installation.pki();
    let file = |name: String| -> PathBuf { pki.join("client").join(name) };
    let now = Clock::system();
    let clock = ketenpoort::tls::Clock::new(move || now.now());
    let (chain, key) = (file(format!("{slug}.pem")), file(format!("{slug}.key")));
    let material = ClientMaterial::load(&pki.join("ca/root.pem"), &chain, &key, &clock).unwrap();
    material.connect(&format!("localhost:{}", installation.address().port())).await.unwrap()
}

/// A certificate for an organisation that the installation has none of.
fn issue(installation: &Installation, slug: &str, oin: &str) {
    let now = Clock::system().now();
    let subject = Subject { oin: oin.parse().unwrap(), organisation: slug.to_owned(), unit: None };
    let day = Duration::from_hours(24);
    let validity = Validity { not_before: now.minus(day), not_after: now.plus(day) };
    let mut pki = DevelopmentPki::open(&installation.pki()).unwrap();
    pki.issue_client(slug, &subject, validity).unwrap();
}

/// A municipality takes part too.
fn installation() -> Installation {
    let installation = Installation::new(None);
    issue(&installation, "bjz", "00000099000000005000");
    issue(&installation, "gemeente", "00000099000010000000");
    let file = installation.path().join("directory.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once("[[organisations]]").unwrap();
    let gemeente = "[[organisations]]\noin = \"00000099000010000000\"\nname = \"Gemeente Voorbeeld\"\n\
                    role = \"MUNICIPALITY\"\nstanding = \"ACTIVE\"\nagreement = { version = \
                    \"haaglanden-1\", signed_on = \"2026-01-05\", valid_until = \"2030-12-31\" }\n";
    std::fs::write(&file, format!("{before}{gemeente}\n[[organisations]]{rest}")).unwrap();
    installation
}

impl Stage {
    async fn set(installation: &Installation) -> Self {
        let mut channels = BTreeMap::new();
        for (slug, _) in CALLERS {
            channels.insert(slug, connect(installation, slug).await);
        }
        let mut stage = Self {
            contract: Contract::read(),
            channels,
            random: Random::new(7, 7),
            shares: Vec::new(),
            referral_id: String::new(),
        };
        stage.open_case().await;
        stage.publish("shelter", 3, SHELTER_ADDRESS).await;
        stage.publish("steunpunt", 1, SHELTER_ADDRESS).await;
        stage
    }

    async fn call(&self, slug: &str, path: &str, request: Vec<u8>) -> Answer {
        let mut client = tonic::client::Grpc::new(self.channels[slug].clone());
        client.ready().await.unwrap();
        let path = path.parse().unwrap();
        match client.unary(tonic::Request::new(request), path, Raw).await {
            Ok(answer) => Answer { code: Code::Ok, bytes: answer.into_inner() },
            Err(status) => refused(&status),
        }
    }

    /// The first frames of a stream.
    async fn stream(&self, slug: &str, path: &str, request: Vec<u8>) -> Answer {
        let mut client = tonic::client::Grpc::new(self.channels[slug].clone());
        client.ready().await.unwrap();
        let request = tonic::Request::new(tokio_stream::once(request));
        let opened = client.streaming(request, path.parse().unwrap(), Raw).await;
        let mut frames = match opened {
            Ok(answer) => answer.into_inner(),
            Err(status) => return refused(&status),
        };
        let mut bytes = Vec::new();
        for _ in 0..FRAMES {
            match tokio::time::timeout(STREAM_WAIT, frames.message()).await {
                Ok(Ok(Some(frame))) => bytes.extend(frame),
                Ok(Err(status)) => {
                    bytes.extend(refused(&status).bytes);
                    return Answer { code: status.code(), bytes };
                }
                Ok(Ok(None)) | Err(_) => break,
            }
        }
        Answer { code: Code::Ok, bytes }
    }

    async fn must<A: Message + Default>(&self, slug: &str, path: &str, request: impl Message) -> A {
        let path = format!("/ketenpoort.v1.{path}");
        let answer = self.call(slug, &path, request.encode_to_vec()).await;
        let told = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert_eq!(answer.code, Code::Ok, "{path}: {told}");
        A::decode(&*answer.bytes).unwrap()
    }

    /// From a referral to a case with three partners.
    async fn open_case(&mut self) {
        let submit = messages::submit(&mut self.random);
        self.referral_id = submit.referral.as_ref().unwrap().referral_id.clone();
        drop(
            self.must::<pb::SubmitReferralResponse>(
                "police",
                "ReferralService/SubmitReferral",
                submit,
            )
            .await,
        );
        let pulled: pb::PullReferralsResponse = self
            .must("steunpunt", "ReferralService/PullReferrals", messages::pull("r", 1, 0))
            .await;
        let leases = [pulled.referrals[0].lease_token.clone()];
        drop(
            self.must::<pb::SettleReferralsResponse>(
                "steunpunt",
                "ReferralService/SettleReferrals",
                messages::acknowledge(&leases),
            )
            .await,
        );
        let triage = messages::triage(&self.referral_id, &mut self.random);
        drop(
            self.must::<pb::RecordTriageResponse>(
                "steunpunt",
                "ReferralService/RecordTriage",
                triage,
            )
            .await,
        );
        let create = messages::create_case(CASE, &self.referral_id, &mut self.random);
        drop(
            self.must::<pb::CreateCaseResponse>("steunpunt", "CaseService/CreateCase", create)
                .await,
        );
        for oin in [messages::GGZ, SHELTER, "00000099000000005000"] {
            let mut join = messages::add_member(CASE, &mut self.random);
            oin.clone_into(&mut join.member_oin);
            drop(
                self.must::<pb::AddCaseTeamMemberResponse>(
                    "steunpunt",
                    "CaseService/AddCaseTeamMember",
                    join,
                )
                .await,
            );
        }
    }

    /// Writes the hidden address down, and one thing more.
    async fn publish(&mut self, slug: &str, role: i32, category: i32) {
        let section = |id: &str, category: i32, text: &str| pb::SummarySection {
            section_id: id.to_owned(),
            category,
            title: format!("Verblijf {HIDDEN}"),
            text: text.to_owned(),
            about_person_keys: vec!["mother".to_owned()],
        };
        let publish = pb::PublishSummaryRequest {
            request_id: self.random.uuid(),
            actor: Some(actor("author-1", role)),
            case_ref: CASE.to_owned(),
            expected_revision: 0,
            summary: Some(pb::Summary {
                sections: vec![section("hidden", category, HIDDEN)],
                ..pb::Summary::default()
            }),
        };
        drop(
            self.must::<pb::PublishSummaryResponse>(slug, "CaseService/PublishSummary", publish)
                .await,
        );
    }

    /// The shelter gives the address to the Steunpunt, as somebody else of it agreed.
    async fn give(&mut self) -> String {
        let agree = pb::AgreeToAddressReleaseRequest {
            request_id: self.random.uuid(),
            actor: Some(actor("vo-2", 3)),
            case_ref: CASE.to_owned(),
            person_keys: vec!["mother".to_owned()],
            recipient_oin: messages::STEUNPUNT.to_owned(),
            valid_until: None,
        };
        drop(
            self.must::<pb::AgreeToAddressReleaseResponse>(
                "shelter",
                "SharingService/AgreeToAddressRelease",
                agree,
            )
            .await,
        );
        let share = pb::ShareSummaryRequest {
            request_id: self.random.uuid(),
            actor: Some(actor("vo-1", 3)),
            case_ref: CASE.to_owned(),
            recipient_oin: messages::STEUNPUNT.to_owned(),
            // The walk may have published after it.
            revision: 1,
            purpose: 2,
            basis: 2,
            evidence: Some(pb::BasisEvidence {
                necessity_text: "Nodig.".to_owned(),
                amhk_request_id: "AMHK-1".to_owned(),
                ..pb::BasisEvidence::default()
            }),
            categories: vec![SHELTER_ADDRESS],
            involvement: Some(pb::Involvement { kind: 3, ..pb::Involvement::default() }),
            ..pb::ShareSummaryRequest::default()
        };
        let shared: pb::ShareSummaryResponse =
            self.must("shelter", "SharingService/ShareSummary", share).await;
        shared.share_id
    }

    fn filling(&self, role: i32, recipient: &str, share_id: &str) -> Filling {
        let text = |text: &str| text.to_owned();
        Filling {
            texts: BTreeMap::from([
                ("case_ref", text(CASE)),
                ("referral_id", self.referral_id.clone()),
                ("share_id", text(share_id)),
                ("consent_id", text("8d7f2f0c-27d8-4a3a-9c5c-3a8f5f0d8b11")),
                ("_id", text("8d7f2f0c-27d8-4a3a-9c5c-3a8f5f0d8b11")),
                ("oin", text(recipient)),
                ("author_oin", text(SHELTER)),
                ("user_id", text("leak-1")),
                ("on_behalf_of_user_id", String::new()),
                ("consulted_colleague_user_id", text("leak-2")),
                ("supervisor_user_id", text("leak-2")),
                ("single_handed_reason", String::new()),
                ("step3_skipped_reason", String::new()),
                ("person_key", text("mother")),
                ("person_keys", text("mother")),
                ("representative_key", text("father")),
                ("date", text("2030-06-01")),
                ("planned_on", day_after_tomorrow()),
                ("birth_date", text("1987-02-14")),
                ("gemeentecode", text("0518")),
                ("postcode", text("2500AA")),
                ("token", String::new()),
                ("client_id", text("leak")),
                ("team_id", text("team-3")),
                ("language", text("nl")),
                ("uri", text("https://voorbeeld.example/1")),
                ("bsn", String::new()),
                ("pseudonym", text(&"ab".repeat(32))),
            ]),
            codes: BTreeMap::from([
                ("role", u64::try_from(role).unwrap()),
                ("on_behalf_of_role", 0),
                ("purpose", 2),
                ("categories", 3),
                ("kind", 3),
                ("first_tree_size", 1),
                // A signal is closed as explained.
                ("state", 2),
            ]),
            choice: 0,
            without: vec!["planned_date", "reason"],
        }
    }

    /// Everything that is tried of one method by one caller.
    fn requests(&mut self, method: &Method, slug: &str, role: i32) -> Vec<Vec<u8>> {
        let mut requests = Vec::new();
        let shares = self.shares.clone();
        let none = [self.random.uuid()];
        for share_id in shares.iter().chain(&none) {
            let filling = self.filling(role, messages::STEUNPUNT, share_id);
            let has = |field| self.contract.has(&method.input, field);
            if has("basis") && has("evidence") {
                for recipient in [messages::STEUNPUNT, messages::GGZ] {
                    let filling = self.filling(role, recipient, share_id);
                    requests.extend(self.on_every_basis(method, &filling));
                }
                break;
            }
            for choice in 0..self.contract.choices(&method.input) {
                for without in [vec!["planned_date", "reason"], Vec::new()] {
                    let filling = Filling { choice, without, ..filling.clone() };
                    requests.push(self.contract.fill(&method.input, &filling));
                }
            }
            if !has("share_id") {
                break;
            }
        }
        requests.extend(self.by_hand(&method.path, slug));
        requests
    }

    fn on_every_basis(&self, method: &Method, filling: &Filling) -> Vec<Vec<u8>> {
        let evidence: BTreeSet<&str> =
            EVIDENCE.iter().flat_map(|(_, fields)| fields.iter().copied()).collect();
        let mut requests = Vec::new();
        for (basis, fields) in EVIDENCE {
            for emergency in [true, false] {
                for everything in [true, false] {
                    let mut filling = filling.clone();
                    filling.codes.insert("basis", basis);
                    filling.without.extend(evidence.iter().filter(|one| !fields.contains(one)));
                    filling.without.extend(["reporting_code_decision", "information_request_id"]);
                    if !emergency {
                        filling.without.push("emergency");
                    } else if everything {
                        continue;
                    }
                    if everything {
                        filling.without.push("categories");
                    }
                    requests.push(self.contract.fill(&method.input, &filling));
                }
            }
        }
        requests
    }

    /// What no filling makes well.
    fn by_hand(&mut self, path: &str, slug: &str) -> Option<Vec<u8>> {
        let random = &mut self.random;
        Some(match path.rsplit('/').next()? {
            "SubmitReferral" => messages::submit(random).encode_to_vec(),
            "PullReferrals" => messages::pull("leak", 5, 0).encode_to_vec(),
            "CreateCase" => {
                messages::create_case("VVT-2026-000777", &self.referral_id, random).encode_to_vec()
            }
            "RecordConsent" if slug == "steunpunt" => {
                messages::consent(CASE, "mother", random).encode_to_vec()
            }
            "RequestSummary" => messages::request_summary(CASE, random).encode_to_vec(),
            "SettleReferrals" => {
                let lease = random.uuid();
                messages::acknowledge(&[lease]).encode_to_vec()
            }
            "ListDeadlines" => {
                let referral_id = self.referral_id.clone();
                let actor = Some(actor("leak-1", 1));
                pb::ListDeadlinesRequest { actor, referral_id, case_ref: String::new() }
                    .encode_to_vec()
            }
            "ListSignals" => pb::ListSignalsRequest {
                actor: Some(actor("leak-1", 6)),
                purpose: pb::Purpose::PrivacyReview.into(),
                ..pb::ListSignalsRequest::default()
            }
            .encode_to_vec(),
            "OfferHandover" => pb::OfferHandoverRequest {
                request_id: random.uuid(),
                actor: Some(actor("leak-1", 1)),
                case_ref: CASE.to_owned(),
                from_oin: messages::GGZ.to_owned(),
                to_oin: SHELTER.to_owned(),
                reason: "tekst".to_owned(),
                involvement: Some(pb::Involvement { kind: 1, ..pb::Involvement::default() }),
            }
            .encode_to_vec(),
            "WithdrawConsent" => messages::withdraw(&random.uuid(), random).encode_to_vec(),
            _ => return None,
        })
    }

    /// Walks every method with everybody. Tells who got the address by what, and which methods nobody got
    /// through the check of their fields of.
    async fn walk(&mut self) -> (BTreeSet<(String, String)>, Vec<String>) {
        let mut found = BTreeSet::new();
        let mut untried = Vec::new();
        for method in self.contract.methods.clone() {
            let mut is_walked = false;
            for (slug, roles) in CALLERS {
                for role in roles {
                    for request in self.requests(&method, slug, *role) {
                        let answer = if method.is_stream {
                            self.stream(slug, &method.path, request).await
                        } else {
                            self.call(slug, &method.path, request).await
                        };
                        assert_ne!(answer.code, Code::Internal, "{} {slug}", method.path);
                        let unread = [Code::InvalidArgument, Code::Unimplemented];
                        is_walked |= !unread.contains(&answer.code);
                        if holds(&answer.bytes) {
                            found.insert((slug.to_owned(), method.path.clone()));
                        }
                    }
                }
            }
            if !is_walked {
                untried.push(method.path.clone());
            }
        }
        (found, untried)
    }
}

fn actor(user_id: &str, role: i32) -> pb::Actor {
    pb::Actor { user_id: user_id.to_owned(), role, ..pb::Actor::default() }
}

fn day_after_tomorrow() -> String {
    Clock::system().now().plus(Duration::from_hours(48)).date().to_string()
}

fn refused(status: &Status) -> Answer {
    let mut bytes = status.message().as_bytes().to_vec();
    bytes.extend(status.details());
    Answer { code: status.code(), bytes }
}

fn holds(bytes: &[u8]) -> bool {
    bytes.windows(HIDDEN.len()).any(|window| window == HIDDEN.as_bytes())
}

fn files(directory: &std::path::Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[tokio::test]
async fn row_9_no_path_returns_a_shelter_address_but_to_whom_two_people_agreed() {
    let installation = installation();
    let server = installation.start();
    let mut stage = Stage::set(&installation).await;

    let (found, untried) = stage.walk().await;
    assert_eq!(found, BTreeSet::new(), "nobody agreed to anything yet");
    assert_eq!(untried, Vec::<String>::new(), "methods that nobody walked: give them a request");

    let shared = stage.give().await;
    stage.shares.push(shared);
    let (found, _) = stage.walk().await;
    let read = "/ketenpoort.v1.SharingService/ReadSharedSummary".to_owned();
    assert_eq!(found, BTreeSet::from([("steunpunt".to_owned(), read)]));

    for arguments in [["log", "verify"], ["log", "audit"], ["log", "show"], ["log", "vkey"]] {
        let printed = installation.run(&arguments);
        assert!(!holds(&printed.stdout) && !holds(&printed.stderr), "{arguments:?}");
    }
    drop(stage);
    assert!(!holds(server.kill().as_bytes()), "nor does the gateway write it in its log");
    let mut written = Vec::new();
    files(installation.path(), &mut written);
    for file in written {
        assert!(!holds(&std::fs::read(&file).unwrap()), "{}", file.display());
    }
}
