//! Step 6: everybody decides about their own data, for one recipient and one purpose at a time.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_lc_rs::digest::{SHA256, digest};
use tonic::{Code, Response, Status};

use super::{CASE_REF, Story, request_id};
use crate::cli::demo::expect;
use crate::cli::demo::family::Member;
use crate::cli::demo::party::Party;
use crate::cli::demo::world::{Desk, Desks};
use crate::cli::demo::{employee, moment};
use crate::grpc::pb::{
    Capacity, Category, CheckConsentRequest, CheckConsentResponse, Consent, ConsentState,
    ErrorReason, Evidence, EvidenceKind, GetConsentRequest, Grantor, Information, Purpose,
    RecordConsentRequest, RecordConsentResponse,
};

/// What the family agreed to share.
pub(super) const AGREED: [Category; 3] =
    [Category::Identification, Category::SafetyAssessment, Category::SafetyAgreements];

/// From one organisation to another.
pub(super) type Way = (Party, Party);

/// From the Steunpunt to mental health care.
pub(super) const TO_GGZ: Way = (Party::Steunpunt, Party::Ggz);
/// And back.
pub(super) const FROM_GGZ: Way = (Party::Ggz, Party::Steunpunt);

/// The consents in force, by person and way.
pub(super) type Consents = BTreeMap<(Member, Way), String>;

const SIGNED_AT: &str = "2026-04-02T15:00:00+02:00";
const VALID_UNTIL: &str = "2026-10-02T00:00:00+02:00";

/// Step 6.
pub(super) async fn tell(story: &mut Story<'_>) -> Result<Consents> {
    story.chapter("Everybody decides about their own data")?;
    story.step(
        "6",
        "2026-04-02T15:10:00+02:00",
        "The family agrees that the Steunpunt and mental health care share who they are, the \
         assessment and the agreements with each other, until 2 October.",
    )?;
    let mut consents = Consents::new();
    for member in Member::ALL {
        if member == Member::Son {
            signed_by_one_parent(story).await?;
        }
        let signers = signers(member);
        for way in [TO_GGZ, FROM_GGZ] {
            let consent_id = record(story, &proposal(member, way, &signers, SIGNED_AT)).await?;
            consents.insert((member, way), consent_id);
        }
        story.happened(
            &format!("{member} agrees, {}: two consents.", how(member)).replacen("the ", "The ", 1),
        )?;
    }
    expect::equal("consents in force", consents.len(), 8)?;
    story.grew_by(8, "new entries of the consents").await?;
    Ok(consents)
}

/// DOMAIN §3.1: from 16 on alone, from 12 with a parent, below that all who have authority.
fn signers(member: Member) -> Vec<(Member, Capacity)> {
    match member {
        Member::Mother | Member::Father => vec![(member, Capacity::Self_)],
        Member::Daughter => vec![
            (Member::Daughter, Capacity::Self_),
            (Member::Mother, Capacity::ParentWithAuthority),
        ],
        Member::Son => vec![
            (Member::Mother, Capacity::ParentWithAuthority),
            (Member::Father, Capacity::ParentWithAuthority),
        ],
    }
}

const fn how(member: Member) -> &'static str {
    match member {
        Member::Mother | Member::Father => "alone",
        Member::Daughter => "15 years old, together with the mother",
        Member::Son => "8 years old, by both parents",
    }
}

async fn signed_by_one_parent(story: &mut Story<'_>) -> Result<()> {
    let alone = [(Member::Mother, Capacity::ParentWithAuthority)];
    let outcome = send(story.desks, proposal(Member::Son, TO_GGZ, &alone, SIGNED_AT)).await;
    let refusal = expect::refused(
        "consent for the son signed by one of two parents",
        outcome,
        Code::FailedPrecondition,
        ErrorReason::SignaturesInsufficient,
        None,
    )?;
    story.refused(&refusal, "The mother alone cannot agree for the son.")
}

/// Records a consent and checks that it is in force and in the ledger.
pub(super) async fn record(story: &mut Story<'_>, proposal: &Consent) -> Result<String> {
    let answer =
        expect::answered("recording a consent", send(story.desks, proposal.clone()).await)?;
    let consent = expect::given("the consent", answer.consent)?;
    expect::equal("state of the consent", consent.state(), ConsentState::Active)?;
    story.one_act(&[expect::given("the entry of the consent", answer.entry)?])?;
    Ok(consent.consent_id)
}

async fn send(desks: &Desks, consent: Consent) -> Result<Response<RecordConsentResponse>, Status> {
    let request = RecordConsentRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        consent: Some(consent),
        refused: false,
    };
    desks.steunpunt.consents().record_consent(request).await
}

/// A consent as the Steunpunt takes it down.
pub(super) fn proposal(
    member: Member,
    (source, recipient): Way,
    signers: &[(Member, Capacity)],
    signed_at: &str,
) -> Consent {
    let document_ref =
        format!("toestemming-{}-{}-{}", member.key(), source.slug(), recipient.slug());
    let grantor = |(signer, capacity): &(Member, Capacity)| Grantor {
        person_key: signer.key().to_owned(),
        capacity: (*capacity).into(),
        signed_at: Some(moment::proto(signed_at)),
    };
    Consent {
        case_ref: CASE_REF.to_owned(),
        person_key: member.key().to_owned(),
        source_oin: source.oin().to_owned(),
        recipient_oin: recipient.oin().to_owned(),
        purpose: Purpose::CareCoordination.into(),
        categories: AGREED.map(i32::from).into(),
        valid_until: Some(moment::proto(VALID_UNTIL)),
        grantors: signers.iter().map(grantor).collect(),
        evidence: Some(Evidence {
            kind: EvidenceKind::SignedPaper.into(),
            document_sha256: digest(&SHA256, document_ref.as_bytes()).as_ref().to_vec(),
            document_ref,
            captured_by_user_id: employee::PROCESS_DIRECTOR.to_owned(),
            captured_at: Some(moment::proto(signed_at)),
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

/// The state of a consent, as the Steunpunt reads it.
pub(super) async fn state(desks: &Desks, consent_id: &str) -> Result<ConsentState> {
    let request = GetConsentRequest {
        actor: Some(employee::process_director()),
        consent_id: consent_id.to_owned(),
    };
    let outcome = desks.steunpunt.consents().get_consent(request).await;
    let consent = expect::answered("reading a consent", outcome)?.consent;
    Ok(expect::given("the consent", consent)?.state())
}

/// Asks the closed question: may the Steunpunt send this about this person to the asker?
pub(super) async fn may_receive(
    desk: &Desk,
    asker: Party,
    member: Member,
    categories: &[Category],
) -> Result<CheckConsentResponse> {
    let request = CheckConsentRequest {
        actor: Some(employee::worker_of(asker)),
        case_ref: CASE_REF.to_owned(),
        person_key: member.key().to_owned(),
        source_oin: Party::Steunpunt.oin().to_owned(),
        recipient_oin: asker.oin().to_owned(),
        purpose: Purpose::CareCoordination.into(),
        categories: categories.iter().copied().map(i32::from).collect(),
    };
    let outcome = desk.consents().check_consent(request).await;
    Ok(expect::answered("the closed question about consent", outcome)?)
}
