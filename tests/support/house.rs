//! A gateway on SQLite in a directory of its own, with the family and the organisations of the
//! synthetic scenario. Everything goes through the use cases; nothing is put into the database.

use std::fmt::Write as _;
use std::path::Path;

use ketenpoort::domain::case::{InvolvementDraft, JoinReason, MemberKind};
use ketenpoort::domain::consent::{ConsentDraft, EvidenceDraft, GrantorDraft};
use ketenpoort::domain::export::Names;
use ketenpoort::domain::id::{CaseRef, ClientId, Oin, ReferralId, RequestId, SubjectRequestId};
use ketenpoort::domain::organisation::{Actor, UserRole};
use ketenpoort::domain::person::AddressDraft;
use ketenpoort::domain::policy::BasisEvidenceDraft;
use ketenpoort::domain::referral::{PersonDraft, ReferralDraft, Settlement, TriageOutcome};
use ketenpoort::domain::summary::{SectionDraft, SummaryDraft};
use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::access_report::Reading;
use ketenpoort::gateway::cases::{CaseDraft, CaseView, Joining, RepresentationDraft};
use ketenpoort::gateway::consents::{ConsentRecorded, WithdrawalDraft, Word};
use ketenpoort::gateway::publish_summary::Revision;
use ketenpoort::gateway::replay::Replayer;
use ketenpoort::gateway::request_summary::{Requested, SummaryRequestDraft};
use ketenpoort::gateway::subject_requests::RequestView;
use ketenpoort::gateway::subject_requests::preparing::{Approving, Preparing};
use ketenpoort::gateway::submit_referral::Submitted;
use ketenpoort::gateway::{Call, Clock, Error, Gateway, Opening, Request};
use ketenpoort::store::{self, Db, KeyDb};
use ketenpoort::vault::keyring::Keyring;
use tempfile::TempDir;

pub(crate) const POLICE: &str = "00000099000000002000";
pub(crate) const STEUNPUNT: &str = "00000099000000003000";
pub(crate) const GGZ: &str = "00000099000000006000";
pub(crate) const MEE: &str = "00000099000000007000";
pub(crate) const CASE: &str = "VVT-2026-000123";

/// People by key, role number, date of birth and BSN (all from the test range).
const FAMILY: [(&str, i32, &str, &str); 4] = [
    ("mother", 2, "1987-02-14", "999990020"),
    ("father", 1, "1984-09-30", "999990032"),
    ("daughter", 3, "2010-05-20", "999990044"),
    ("son", 3, "2017-11-03", "999990056"),
];

pub(crate) struct House {
    pub(crate) directory: TempDir,
    pub(crate) gateway: Gateway,
    keyring: String,
}

impl House {
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let keyring = Keyring::generate().unwrap().to_file_text().to_string();
        let gateway = open(directory.path(), &keyring).await;
        gateway.clock().set(at("2026-03-12T00:52:00Z"));
        Self { directory, gateway, keyring }
    }

    /// A gateway that somebody else opened, on whatever store.
    pub(crate) fn around(directory: TempDir, gateway: Gateway, keyring: String) -> Self {
        Self { directory, gateway, keyring }
    }

    /// Closes the gateway and opens another one on the same files.
    pub(crate) async fn restart(self) -> Self {
        let moment = self.gateway.clock().now();
        self.gateway.close().await;
        let gateway = open(self.directory.path(), &self.keyring).await;
        gateway.clock().set(moment);
        Self { gateway, ..self }
    }

    pub(crate) fn call(&self, oin: &str, role: UserRole) -> Call {
        self.call_of(oin, "u-1", role)
    }

    pub(crate) fn call_of(&self, oin: &str, user: &str, role: UserRole) -> Call {
        let oin: Oin = oin.parse().unwrap();
        let caller = self.gateway.admit(&oin, None).unwrap();
        caller.act(Actor { user_id: user.parse().unwrap(), role, on_behalf_of: None })
    }

    /// One officer prepares the report of a request, another approves it.
    pub(crate) async fn give_report(&self, oin: &str, id: SubjectRequestId) -> Result<(), Error> {
        let officer = |user| self.call_of(oin, user, UserRole::PrivacyOfficer);
        let gateway = &self.gateway;
        let draft = gateway.read_access_report(&officer("u-1"), id, Reading::Anew(None)).await?;
        let preparing = Preparing { id, tree_size: draft.tree_size, withheld: Vec::new() };
        let request = new_request("PrepareAccessReport");
        let digest = |view: &RequestView| view.report.as_ref().unwrap().digest.to_vec();
        let digest =
            gateway.prepare_access_report(&officer("u-1"), &request, preparing, digest).await?;
        let approving = Approving { id, digest: digest.try_into().unwrap() };
        let request = new_request("ApproveAccessReport");
        let second = officer("u-2");
        gateway.approve_access_report(&second, &request, approving, |_| Vec::new()).await?;
        Ok(())
    }

    pub(crate) async fn submit(&self, request: &Request) -> Result<Vec<u8>, Error> {
        self.submit_draft(request, referral(&self.gateway, referral_id_of(request))).await
    }

    async fn submit_draft(
        &self,
        request: &Request,
        draft: ReferralDraft,
    ) -> Result<Vec<u8>, Error> {
        let call = self.call(POLICE, UserRole::PoliceOfficer);
        self.gateway.submit_referral(&call, request, draft, encode_submitted).await
    }

    /// Steps 1 to 3 and 6 to 7: a referral becomes a case with consents and a summary.
    pub(crate) async fn case_with_summary(&self) -> Vec<String> {
        let steunpunt = self.call(STEUNPUNT, UserRole::ProcessDirector);
        self.open_case(&steunpunt, CASE, None).await;
        let mut consents = Vec::new();
        for (person, signers) in [
            ("mother", vec![("mother", 1)]),
            ("father", vec![("father", 1)]),
            ("daughter", vec![("daughter", 1), ("mother", 2)]),
            ("son", vec![("mother", 2), ("father", 2)]),
        ] {
            consents.push(self.consent_now(CASE, person, &signers).await.unwrap());
        }
        self.publish(&steunpunt, CASE).await;
        consents
    }

    /// As [`House::case_with_summary`], in a case of this name, where nobody has consented.
    pub(crate) async fn case_without_consents(&self, case_ref: &str) {
        let steunpunt = self.call(STEUNPUNT, UserRole::ProcessDirector);
        self.open_case(&steunpunt, case_ref, None).await;
        self.publish(&steunpunt, case_ref).await;
    }

    /// As [`House::case_without_consents`], about other people than all cases of another name.
    pub(crate) async fn case_about(&self, case_ref: &str, family_name: &str) {
        let steunpunt = self.call(STEUNPUNT, UserRole::ProcessDirector);
        self.open_case(&steunpunt, case_ref, Some(family_name)).await;
        self.publish(&steunpunt, case_ref).await;
    }

    async fn publish(&self, steunpunt: &Call, case_ref: &str) {
        let publish = new_request("PublishSummary");
        let case: CaseRef = case_ref.parse().unwrap();
        self.gateway
            .publish_summary(steunpunt, &publish, &case, (summary(), 0), encode_revision)
            .await
            .unwrap();
    }

    pub(crate) async fn acknowledge_all(&self, steunpunt: &Call) {
        let client: ClientId = "reader".parse().unwrap();
        let mut inbox = self.gateway.open_inbox(steunpunt, client, None, None).await.unwrap();
        let received = self.gateway.receive(steunpunt, &mut inbox, 10).await.unwrap();
        let settlements = received
            .iter()
            .map(|one| (one.lease_token, Settlement::Acknowledge { local_reference: None }))
            .collect();
        self.gateway.settle(steunpunt, settlements).await.unwrap();
    }

    /// The referral of a request is taken in and triaged to a team.
    pub(crate) async fn triage(&self, request: &Request) {
        let steunpunt = self.call(STEUNPUNT, UserRole::ProcessDirector);
        self.acknowledge_all(&steunpunt).await;
        let (referral_id, outcome) = (referral_id_of(request), TriageOutcome::VvtTeam);
        let triage = new_request("RecordTriage");
        self.gateway
            .record_triage(&steunpunt, &triage, referral_id, outcome, |_| Vec::new())
            .await
            .unwrap();
    }

    /// A referral is taken in, and a case is opened about it.
    async fn open_case(&self, steunpunt: &Call, case_ref: &str, family: Option<&str>) {
        let request = new_request("SubmitReferral");
        let mut draft = referral(&self.gateway, referral_id_of(&request));
        if let Some(name) = family {
            draft.persons = draft.persons.into_iter().map(|one| named(one, name)).collect();
        }
        self.submit_draft(&request, draft).await.unwrap();
        self.triage(&request).await;
        let referral_id = referral_id_of(&request);
        let parent = |person_key: &str, representative_key: &str| RepresentationDraft {
            person_key: person_key.to_owned(),
            representative_key: representative_key.to_owned(),
            capacity: 2,
        };
        let draft = CaseDraft {
            case_ref: case_ref.to_owned(),
            referral_id: referral_id.to_string(),
            process_director_user_id: "sp-0147".to_owned(),
            manager_user_id: "sp-0012".to_owned(),
            representations: vec![
                parent("daughter", "mother"),
                parent("daughter", "father"),
                parent("son", "mother"),
                parent("son", "father"),
            ],
            incapacities: Vec::new(),
        };
        let create = new_request("CreateCase");
        self.gateway.create_case(steunpunt, &create, draft, encode_case).await.unwrap();
        for (oin, kind, reason) in [
            (GGZ, MemberKind::Core, None),
            (MEE, MemberKind::OnCall, Some(JoinReason::ExpertiseNeeded)),
        ] {
            let joining = Joining {
                case_ref: case_ref.parse().unwrap(),
                oin: oin.parse().unwrap(),
                kind,
                reason,
            };
            let join = new_request("AddCaseTeamMember");
            self.gateway
                .add_case_team_member(steunpunt, &join, joining, encode_case)
                .await
                .unwrap();
        }
    }

    /// Records a consent of a person for Steunpunt to GGZ; the answer is its id.
    pub(crate) async fn consent(
        &self,
        call: &Call,
        person: &str,
        signers: &[(&str, i32)],
    ) -> Result<String, Error> {
        self.consent_as(&new_request("RecordConsent"), call, person, signers).await
    }

    /// The same, as this request.
    pub(crate) async fn consent_as(
        &self,
        request: &Request,
        call: &Call,
        person: &str,
        signers: &[(&str, i32)],
    ) -> Result<String, Error> {
        let signed_at = call_time(self.gateway.clock().now());
        self.record(request, call, consent_draft(CASE, person, signers, signed_at)).await
    }

    /// Records a consent that is signed now: it counts also right after a withdrawal.
    pub(crate) async fn consent_now(
        &self,
        case_ref: &str,
        person: &str,
        signers: &[(&str, i32)],
    ) -> Result<String, Error> {
        let draft = consent_draft(case_ref, person, signers, self.gateway.clock().now());
        let call = self.call(STEUNPUNT, UserRole::ProcessDirector);
        self.record(&new_request("RecordConsent"), &call, draft).await
    }

    /// Records a consent that was drafted.
    pub(crate) async fn record_draft(&self, draft: ConsentDraft) -> Result<String, Error> {
        let call = self.call(STEUNPUNT, UserRole::ProcessDirector);
        self.record(&new_request("RecordConsent"), &call, draft).await
    }

    async fn record(
        &self,
        request: &Request,
        call: &Call,
        draft: ConsentDraft,
    ) -> Result<String, Error> {
        let bytes = self
            .gateway
            .record_consent(call, request, (draft, Word::Given), encode_consent)
            .await?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    pub(crate) async fn withdraw(
        &self,
        consent_id: &str,
        by: &str,
        capacity: i32,
    ) -> Result<Vec<u8>, Error> {
        self.withdraw_as(&new_request("WithdrawConsent"), consent_id, by, capacity).await
    }

    /// The same, as this request.
    pub(crate) async fn withdraw_as(
        &self,
        request: &Request,
        consent_id: &str,
        by: &str,
        capacity: i32,
    ) -> Result<Vec<u8>, Error> {
        let call = self.call(STEUNPUNT, UserRole::ProcessDirector);
        let draft = WithdrawalDraft {
            consent_id: consent_id.to_owned(),
            withdrawn_by_person_key: by.to_owned(),
            capacity,
            channel: 1,
        };
        self.gateway.withdraw_consent(&call, request, draft, encode_consent).await
    }

    pub(crate) async fn ask(&self, oin: &str, request: &Request) -> Result<Vec<u8>, Error> {
        self.ask_about(CASE, oin, request).await
    }

    pub(crate) async fn ask_about(
        &self,
        case_ref: &str,
        oin: &str,
        request: &Request,
    ) -> Result<Vec<u8>, Error> {
        let call = self.call(oin, UserRole::CaseWorker);
        let draft = SummaryRequestDraft {
            case_ref: case_ref.to_owned(),
            author_oin: STEUNPUNT.to_owned(),
            revision: 0,
            purpose: 1,
            basis: 1,
            categories: Vec::new(),
            involvement: Some(InvolvementDraft { kind: 2, ..InvolvementDraft::default() }),
            evidence: BasisEvidenceDraft::default(),
        };
        self.gateway.request_summary(&call, request, draft, encode_requested).await
    }

    /// Decides again what was decided in this house.
    pub(crate) async fn replayer(&self) -> Replayer {
        let path = self.directory.path().join("keys.sqlite");
        let keys = KeyDb::new(Db::open_sqlite(&path, store::keys::SCHEMA).await.unwrap());
        let keyring = Keyring::parse(&self.keyring).unwrap();
        Replayer::open(&self.db().await, keys, keyring, Vec::new()).await.unwrap()
    }

    /// Changes the database behind the gateway's back.
    pub(crate) fn tamper(&self, statement: &str) {
        let path = self.directory.path().join("data.sqlite");
        let database = rusqlite::Connection::open(path).unwrap();
        assert_eq!(database.execute(statement, []).unwrap(), 1, "{statement}");
    }

    /// Changes the sealed record of an entry.
    pub(crate) fn tamper_record(&self, idx: i64) {
        self.tamper(&format!(
            "UPDATE disclosures
                SET sealed = CAST(sealed || x'01' AS BLOB)
              WHERE idx = {idx}"
        ));
    }

    /// A database of this house, for looking at what is stored.
    pub(crate) async fn db(&self) -> Db {
        Db::open_sqlite(&self.directory.path().join("data.sqlite"), store::ledger::SCHEMA)
            .await
            .unwrap()
    }
}

async fn open(directory: &Path, keyring: &str) -> Gateway {
    let data = directory.join("data.sqlite");
    let keys = directory.join("keys.sqlite");
    let db = Db::open_sqlite(&data, store::ledger::SCHEMA).await.unwrap();
    let keys = Db::open_sqlite(&keys, store::keys::SCHEMA).await.unwrap();
    gateway_on(db, keys, keyring, Clock::system()).await.unwrap()
}

/// A gateway on any two databases, with the organisations of the scenario.
pub(crate) async fn gateway_on(
    db: Db,
    keys: Db,
    keyring: &str,
    clock: Clock,
) -> Result<Gateway, Error> {
    let directory = include_str!("../../certs-example/directory.toml");
    let policy = include_str!("../../certs-example/haaglanden-1.toml");
    Gateway::open(Opening {
        db,
        keys: KeyDb::new(keys),
        keyring: Keyring::parse(keyring).unwrap(),
        origin: "ketenpoort.example/test".parse().unwrap(),
        own_oin: "00000099000000001000".parse().unwrap(),
        directory: ketenpoort::cli::directory::from_texts(directory, policy).unwrap(),
        names: Names::of("ketenpoort.example/test", "00000099000000001000".parse().unwrap())
            .unwrap(),
        clock,
        anchor: None,
        witnesses: None,
    })
    .await
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A moment just before now: signatures and evidence cannot be of the future.
pub(crate) fn call_time(now: Timestamp) -> Timestamp {
    now.minus(std::time::Duration::from_secs(1))
}

pub(crate) fn new_request(method: &'static str) -> Request {
    let id = RequestId::new(ketenpoort::vault::random::uuid_v4().unwrap());
    Request::new(id, method, id.as_bytes().to_vec())
}

/// In these tests a referral has the id of its request.
pub(crate) fn referral_id_of(request: &Request) -> ReferralId {
    ReferralId::from_bytes(*request.id().as_bytes())
}

pub(crate) fn referral(gateway: &Gateway, id: ReferralId) -> ReferralDraft {
    let now = gateway.clock().now();
    ReferralDraft {
        referral_id: id.to_string(),
        sender_oin: POLICE.to_owned(),
        police_unit: "Eenheid Den Haag".to_owned(),
        police_registration_no: "PL1500-2026000001".to_owned(),
        officer_ref: "pol-77".to_owned(),
        incident_at: Some(call_time(now)),
        reported_at: Some(call_time(now)),
        incident_gemeentecode: "0518".to_owned(),
        residence_gemeentecode: "0518".to_owned(),
        address: Some(AddressDraft {
            street: "Voorbeeldstraat".to_owned(),
            house_number: "12".to_owned(),
            suffix: String::new(),
            postcode: "2500AA".to_owned(),
            place: "Den Haag".to_owned(),
        }),
        persons: FAMILY.iter().map(person).collect(),
        violence_kinds: vec![1],
        children_present: Some(true),
        weapon_involved: 2,
        injury: 3,
        arrest_made: 2,
        alcohol_or_drugs: 3,
        urgency: 3,
        facts: "Neighbours called; door was damaged.".to_owned(),
        wpg_basis: 1,
        ..ReferralDraft::default()
    }
}

pub(crate) fn consent_draft(
    case_ref: &str,
    person: &str,
    signers: &[(&str, i32)],
    signed_at: Timestamp,
) -> ConsentDraft {
    let grantor = |(key, capacity): &(&str, i32)| GrantorDraft {
        person_key: (*key).to_owned(),
        capacity: *capacity,
        signed_at: Some(signed_at),
    };
    ConsentDraft {
        case_ref: case_ref.to_owned(),
        person_key: person.to_owned(),
        source_oin: STEUNPUNT.to_owned(),
        recipient_oin: GGZ.to_owned(),
        purpose: 1,
        categories: vec![1, 5, 6],
        valid_from: None,
        valid_until: None,
        grantors: signers.iter().map(grantor).collect(),
        evidence: Some(EvidenceDraft {
            kind: 1,
            document_ref: "dossier-12".to_owned(),
            document_sha256: vec![7; 32],
            captured_by_user_id: "sp-0147".to_owned(),
            captured_at: Some(signed_at),
            language: "nl".to_owned(),
            policy_version_uri: "https://vvt.example/uitleg/3".to_owned(),
            witness_user_id: String::new(),
        }),
        information_given: vec![1, 2, 3, 4],
        dual_override: None,
    }
}

fn person((key, role, birth_date, bsn): &(&str, i32, &str, &str)) -> PersonDraft {
    PersonDraft {
        person_key: (*key).to_owned(),
        role: *role,
        family_name: "Testema".to_owned(),
        given_names: format!("Given {key}"),
        birth_date: (*birth_date).to_owned(),
        bsn: (*bsn).to_owned(),
        bsn_ground: 1,
        lives_at_address: Some(true),
        informed_of_referral: Some(true),
        not_informed_reason: 0,
    }
}

/// The person with another name and no BSN, who is known by name, date of birth and address.
fn named(person: PersonDraft, family_name: &str) -> PersonDraft {
    let (family_name, bsn) = (family_name.to_owned(), String::new());
    PersonDraft { family_name, bsn, bsn_ground: 0, ..person }
}

pub(crate) fn summary() -> SummaryDraft {
    let about = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    let section = |id: &str, category: i32, keys: &[&str]| SectionDraft {
        section_id: id.to_owned(),
        category,
        title: format!("Title {id}"),
        text: format!("Text {id}"),
        about_person_keys: about(keys),
    };
    SummaryDraft {
        sections: vec![
            section("assessment-all", 5, &["mother", "father", "daughter", "son"]),
            section("agreement-mother", 6, &["mother"]),
            section("agreement-father", 6, &["father"]),
            section("agreement-children", 6, &["daughter", "son"]),
            section("health-father", 9, &["father"]),
        ],
        ..SummaryDraft::default()
    }
}

// What the tests look at in an answer, as text.

fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).unwrap();
}

pub(crate) fn encode_submitted(answer: &Submitted) -> Vec<u8> {
    let mut text = format!("{}proofs\n", answer.receipt);
    for entry in &answer.entries {
        add(&mut text, format_args!("{} {}\n", entry.index, entry.tlog_proof));
    }
    text.into_bytes()
}

fn encode_case(answer: &CaseView) -> Vec<u8> {
    format!("{} {}", answer.case_ref, answer.state).into_bytes()
}

fn encode_revision(answer: &Revision) -> Vec<u8> {
    answer.revision.to_string().into_bytes()
}

fn encode_consent(answer: &ConsentRecorded) -> Vec<u8> {
    answer.view.consent.consent_id.to_string().into_bytes()
}

/// One line per released part, then `people <released> <left out>`, then one line per entry.
fn encode_requested(answer: &Requested) -> Vec<u8> {
    let mut text = String::new();
    for part in &answer.parts {
        add(&mut text, format_args!("part {}\n", part.section_id));
    }
    add(&mut text, format_args!("people {} {}\n", answer.persons.len(), answer.redacted_subjects));
    for entry in &answer.entries {
        add(&mut text, format_args!("entry {}\n{}", entry.index, entry.tlog_proof));
    }
    text.into_bytes()
}
