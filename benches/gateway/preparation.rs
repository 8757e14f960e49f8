//! Cases to ask about, made through the gateway as its users make them: referral, acknowledgement,
//! triage, case, team, consents of everybody, published summary.

use std::ops::Range;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use ketenpoort::gateway::Clock;
use ketenpoort::grpc::pb::case_service_client::CaseServiceClient;
use ketenpoort::grpc::pb::consent_service_client::ConsentServiceClient;
use ketenpoort::grpc::pb::referral_service_client::ReferralServiceClient;
use ketenpoort::grpc::pb::settlement::{Acknowledge, Action};
use ketenpoort::grpc::pb::{
    Actor, AddCaseTeamMemberRequest, Capacity, Consent, CreateCaseRequest, Evidence, EvidenceKind,
    Grantor, Information, MemberKind, PublishSummaryRequest, PullReferralsRequest, Purpose,
    RecordConsentRequest, RecordTriageRequest, Representation, SettleReferralsRequest, Settlement,
    Summary, TriageOutcome, UserRole,
};
use tonic::transport::Channel;

use crate::family::{Families, moment};
use crate::installation::{GGZ_OIN, STEUNPUNT_OIN};
use crate::requests::{AGREED, actor, new_id, submit_referral};

const DIRECTOR: &str = "sp-0147";

/// A summary of 1 MiB is larger than what tonic sends by default.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// Who makes cases, and of whom.
#[derive(Clone, Copy)]
pub(crate) struct Cases<'a> {
    pub(crate) police: &'a Channel,
    pub(crate) steunpunt: &'a Channel,
    pub(crate) families: &'a Families,
}

impl Cases<'_> {
    /// Makes the cases with these numbers, each with `summary`; the answer is their references.
    pub(crate) async fn make(
        self,
        numbers: Range<usize>,
        summary: &Summary,
    ) -> anyhow::Result<Vec<String>> {
        let count = numbers.len();
        let submitted = (0..count).map(|_| submit(self.police, self.families));
        let submitted = try_join_all(submitted).await?;
        acknowledge(self.steunpunt, count).await?;
        let opened = submitted.iter().zip(numbers).map(|(referral_id, number)| {
            open(self.steunpunt, referral_id, format!("VVT-2026-{number:06}"), summary)
        });
        try_join_all(opened).await
    }
}

async fn submit(police: &Channel, families: &Families) -> anyhow::Result<String> {
    let request = submit_referral(families);
    let referral_id = request.referral.as_ref().context("no referral")?.referral_id.clone();
    ReferralServiceClient::new(police.clone()).submit_referral(request).await?;
    Ok(referral_id)
}

/// Takes everything out of the inbox of the Steunpunt.
async fn acknowledge(steunpunt: &Channel, count: usize) -> anyhow::Result<()> {
    let mut referrals = ReferralServiceClient::new(steunpunt.clone());
    let mut acknowledged = 0;
    while acknowledged < count {
        let pull = PullReferralsRequest {
            actor: Some(actor("sp-inbox", UserRole::System)),
            client_id: "sp-reader-1".to_owned(),
            max_referrals: 32,
            ..PullReferralsRequest::default()
        };
        let pulled = referrals.pull_referrals(pull).await?.into_inner().referrals;
        ensure!(!pulled.is_empty(), "the inbox is empty too early");
        acknowledged += pulled.len();
        let acknowledge = |lease_token| Settlement {
            lease_token,
            action: Some(Action::Acknowledge(Acknowledge::default())),
        };
        let settle = SettleReferralsRequest {
            actor: Some(actor("sp-inbox", UserRole::System)),
            settlements: pulled.into_iter().map(|one| acknowledge(one.lease_token)).collect(),
        };
        referrals.settle_referrals(settle).await?;
    }
    Ok(())
}

/// Everything from triage to the published summary.
async fn open(
    steunpunt: &Channel,
    referral_id: &str,
    case_ref: String,
    summary: &Summary,
) -> anyhow::Result<String> {
    let triage = RecordTriageRequest {
        request_id: new_id(),
        actor: Some(director()),
        referral_id: referral_id.to_owned(),
        outcome: TriageOutcome::VvtTeam.into(),
    };
    ReferralServiceClient::new(steunpunt.clone()).record_triage(triage).await?;
    let mut cases = CaseServiceClient::new(steunpunt.clone())
        .max_encoding_message_size(MESSAGE_BYTES_MAX)
        .max_decoding_message_size(MESSAGE_BYTES_MAX);
    cases.create_case(new_case(&case_ref, referral_id)).await?;
    cases.add_case_team_member(member(&case_ref)).await?;
    for (person, signers) in CONSENTS {
        let consent = RecordConsentRequest {
            request_id: new_id(),
            actor: Some(director()),
            consent: Some(consent(&case_ref, person, signers)),
            refused: false,
        };
        ConsentServiceClient::new(steunpunt.clone()).record_consent(consent).await?;
    }
    let publish = PublishSummaryRequest {
        request_id: new_id(),
        actor: Some(director()),
        case_ref: case_ref.clone(),
        expected_revision: 0,
        summary: Some(summary.clone()),
    };
    cases.publish_summary(publish).await?;
    Ok(case_ref)
}

fn new_case(case_ref: &str, referral_id: &str) -> CreateCaseRequest {
    let parents = |child: &'static str| {
        ["mother", "father"].map(|parent| Representation {
            person_key: child.to_owned(),
            representative_key: parent.to_owned(),
            capacity: Capacity::ParentWithAuthority.into(),
        })
    };
    CreateCaseRequest {
        request_id: new_id(),
        actor: Some(director()),
        case_ref: case_ref.to_owned(),
        referral_id: referral_id.to_owned(),
        process_director_user_id: DIRECTOR.to_owned(),
        manager_user_id: "sp-0012".to_owned(),
        representations: ["daughter", "son"].into_iter().flat_map(parents).collect(),
        incapacities: Vec::new(),
    }
}

fn member(case_ref: &str) -> AddCaseTeamMemberRequest {
    AddCaseTeamMemberRequest {
        request_id: new_id(),
        actor: Some(director()),
        case_ref: case_ref.to_owned(),
        member_oin: GGZ_OIN.to_owned(),
        kind: MemberKind::Core.into(),
        ..AddCaseTeamMemberRequest::default()
    }
}

/// Somebody who signs, and in what capacity.
type Signer = (&'static str, Capacity);

/// Whose consent, and who signs: from 16 on alone, from 12 with a parent, below that both parents.
const CONSENTS: [(&str, &[Signer]); 4] = [
    ("mother", &[("mother", Capacity::Self_)]),
    ("father", &[("father", Capacity::Self_)]),
    ("daughter", &[("daughter", Capacity::Self_), ("mother", Capacity::ParentWithAuthority)]),
    (
        "son",
        &[("mother", Capacity::ParentWithAuthority), ("father", Capacity::ParentWithAuthority)],
    ),
];

fn consent(case_ref: &str, person: &str, signers: &[Signer]) -> Consent {
    // Nobody signs in the future.
    let signed_at = Some(moment(Clock::system().now().minus(Duration::from_secs(1))));
    let grantor = |(key, capacity): &Signer| Grantor {
        person_key: (*key).to_owned(),
        capacity: (*capacity).into(),
        signed_at,
    };
    Consent {
        case_ref: case_ref.to_owned(),
        person_key: person.to_owned(),
        source_oin: STEUNPUNT_OIN.to_owned(),
        recipient_oin: GGZ_OIN.to_owned(),
        purpose: Purpose::CareCoordination.into(),
        categories: AGREED.map(i32::from).into(),
        grantors: signers.iter().map(grantor).collect(),
        evidence: Some(Evidence {
            kind: EvidenceKind::SignedPaper.into(),
            document_ref: format!("toestemming-{person}"),
            document_sha256: vec![7; 32],
            captured_by_user_id: DIRECTOR.to_owned(),
            captured_at: signed_at,
            language: "nl".to_owned(),
            policy_version_uri: "https://veilig-verder.example/toestemming/3".to_owned(),
            witness_user_id: String::new(),
        }),
        information_given: [
            Information::Recipients,
            Information::Purpose,
            Information::Categories,
            Information::RightToWithdraw,
        ]
        .map(i32::from)
        .into(),
        ..Consent::default()
    }
}

fn director() -> Actor {
    actor(DIRECTOR, UserRole::ProcessDirector)
}
