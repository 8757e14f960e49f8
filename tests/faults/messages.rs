//! The requests that the clients send, about an invented family in a new household each time.

use ketenpoort::gateway::Clock;
use ketenpoort::grpc::pb::settlement::{Acknowledge, Action};
use ketenpoort::grpc::pb::{
    Actor, AddCaseTeamMemberRequest, Address, Basis, Capacity, Category, ClientInvolvement,
    Consent, CreateCaseRequest, Evidence, EvidenceKind, Grantor, Information, Involvement,
    MemberKind, NotInformedReason, PersonRole, PublishSummaryRequest, PullReferralsRequest,
    Purpose, RecordConsentRequest, RecordTriageRequest, Referral, ReferralPerson, Representation,
    RequestSummaryRequest, SettleReferralsRequest, Settlement, SubmitReferralRequest, Summary,
    SummarySection, TriageOutcome, Urgency, UserRole, ViolenceKind, WithdrawConsentRequest,
    WithdrawalChannel, WpgBasis, YesNoUnknown,
};
use prost_types::{Duration, Timestamp};

use super::random::Random;

pub(crate) const POLICE: &str = "00000099000000002000";
pub(crate) const STEUNPUNT: &str = "00000099000000003000";
pub(crate) const GGZ: &str = "00000099000000006000";

/// People in every referral and case, and so entries of every act about one.
pub(crate) const PEOPLE: usize = 4;

/// Somebody who signs, and in what capacity.
type Signer = (&'static str, Capacity);

/// Who must sign for whom (DOMAIN §3.1): at 8 both parents, at 15 together with one.
pub(crate) const SIGNERS: [(&str, &[Signer]); PEOPLE] = [
    ("mother", &[("mother", Capacity::Self_)]),
    ("father", &[("father", Capacity::Self_)]),
    ("daughter", &[("daughter", Capacity::Self_), ("mother", Capacity::ParentWithAuthority)]),
    (
        "son",
        &[("mother", Capacity::ParentWithAuthority), ("father", Capacity::ParentWithAuthority)],
    ),
];

/// What the family agrees to share.
const AGREED: [Category; 3] =
    [Category::Identification, Category::SafetyAssessment, Category::SafetyAgreements];

/// The shortest lease there is, so that what a kill left leased comes back soon.
const LEASE_SECONDS: i64 = 10;

/// A moment some minutes ago.
fn ago(minutes: i64) -> Timestamp {
    let now = Clock::system().now().as_micros() / 1_000_000;
    Timestamp { seconds: now - minutes * 60, nanos: 0 }
}

fn actor(user_id: &str, role: UserRole) -> Actor {
    Actor { user_id: user_id.to_owned(), role: role.into(), ..Actor::default() }
}

fn director() -> Actor {
    actor("sp-0147", UserRole::ProcessDirector)
}

/// A referral about people whom nobody reported before.
pub(crate) fn submit(random: &mut Random) -> SubmitReferralRequest {
    let letters = b"ABCDEGHJKLMNPRTVWXZ";
    let mut letter = || {
        let at = usize::try_from(random.between(0, 19)).unwrap();
        char::from(letters[at])
    };
    let letters: String = [letter(), letter()].into_iter().collect();
    let postcode = format!("{}{letters}", random.between(2490, 2600));
    SubmitReferralRequest {
        request_id: random.uuid(),
        actor: Some(actor("pol-2210", UserRole::PoliceOfficer)),
        referral: Some(Referral {
            referral_id: random.uuid(),
            sender_oin: POLICE.to_owned(),
            police_unit: "Eenheid Den Haag".to_owned(),
            police_registration_no: format!("PL1500-{}", random.between(1, 1_000_000_000)),
            officer_ref: "pol-2210".to_owned(),
            incident_at: Some(ago(120)),
            reported_at: Some(ago(60)),
            incident_gemeentecode: "0518".to_owned(),
            residence_gemeentecode: "0518".to_owned(),
            address: Some(Address {
                street: "Voorbeeldstraat".to_owned(),
                house_number: random.between(1, 100_000).to_string(),
                suffix: String::new(),
                postcode,
                place: "Den Haag".to_owned(),
            }),
            persons: vec![
                person("mother", PersonRole::Victim, "1987-02-14", random),
                person("father", PersonRole::SuspectedPerpetrator, "1984-09-30", random),
                person("daughter", PersonRole::ChildWitness, "2010-05-20", random),
                person("son", PersonRole::ChildWitness, "2017-11-03", random),
            ],
            violence_kinds: vec![ViolenceKind::Physical.into()],
            children_present: Some(true),
            weapon_involved: YesNoUnknown::No.into(),
            injury: YesNoUnknown::Yes.into(),
            arrest_made: YesNoUnknown::No.into(),
            alcohol_or_drugs: YesNoUnknown::Unknown.into(),
            urgency: Urgency::Urgent.into(),
            facts: "Buren melden geschreeuw. Ter plaatse: een kapotte deur.".to_owned(),
            wpg_basis: WpgBasis::Wpg18.into(),
            ..Referral::default()
        }),
    }
}

/// Without a BSN, and with a name of their own, so that no referral is a repeat of another.
fn person(key: &str, role: PersonRole, birth_date: &str, random: &mut Random) -> ReferralPerson {
    ReferralPerson {
        person_key: key.to_owned(),
        role: role.into(),
        family_name: format!("Testema {:x}", random.next()),
        given_names: format!("Voornaam {key}"),
        birth_date: birth_date.to_owned(),
        lives_at_address: Some(true),
        informed_of_referral: Some(key == "mother"),
        not_informed_reason: if key == "mother" {
            NotInformedReason::Unspecified.into()
        } else {
            NotInformedReason::NotReached.into()
        },
        ..ReferralPerson::default()
    }
}

/// Takes referrals out of the inbox.
pub(crate) fn pull(client: &str, most: i32, wait_seconds: i64) -> PullReferralsRequest {
    PullReferralsRequest {
        actor: Some(actor("sp-inbox", UserRole::System)),
        client_id: client.to_owned(),
        team_id: String::new(),
        max_referrals: most,
        wait_duration: Some(Duration { seconds: wait_seconds, nanos: 0 }),
        lease_duration: Some(Duration { seconds: LEASE_SECONDS, nanos: 0 }),
    }
}

/// Takes responsibility for what was received.
pub(crate) fn acknowledge(leases: &[String]) -> SettleReferralsRequest {
    let acknowledge = |lease: &String| Settlement {
        lease_token: lease.clone(),
        action: Some(Action::Acknowledge(Acknowledge { local_reference: String::new() })),
    };
    SettleReferralsRequest {
        actor: Some(actor("sp-inbox", UserRole::System)),
        settlements: leases.iter().map(acknowledge).collect(),
    }
}

pub(crate) fn triage(referral_id: &str, random: &mut Random) -> RecordTriageRequest {
    RecordTriageRequest {
        request_id: random.uuid(),
        actor: Some(director()),
        referral_id: referral_id.to_owned(),
        outcome: TriageOutcome::VvtTeam.into(),
    }
}

/// A case from a referral, with both parents as representatives of both children.
pub(crate) fn create_case(
    case_ref: &str,
    referral_id: &str,
    random: &mut Random,
) -> CreateCaseRequest {
    let of = |child: &'static str| {
        ["mother", "father"].map(|parent| Representation {
            person_key: child.to_owned(),
            representative_key: parent.to_owned(),
            capacity: Capacity::ParentWithAuthority.into(),
        })
    };
    CreateCaseRequest {
        request_id: random.uuid(),
        actor: Some(director()),
        case_ref: case_ref.to_owned(),
        referral_id: referral_id.to_owned(),
        process_director_user_id: "sp-0147".to_owned(),
        manager_user_id: "sp-0012".to_owned(),
        representations: ["daughter", "son"].into_iter().flat_map(of).collect(),
        incapacities: Vec::new(),
    }
}

pub(crate) fn add_member(case_ref: &str, random: &mut Random) -> AddCaseTeamMemberRequest {
    AddCaseTeamMemberRequest {
        request_id: random.uuid(),
        actor: Some(director()),
        case_ref: case_ref.to_owned(),
        member_oin: GGZ.to_owned(),
        kind: MemberKind::Core.into(),
        ..AddCaseTeamMemberRequest::default()
    }
}

/// Consent of one person, with the signatures that the age asks for.
pub(crate) fn consent(case_ref: &str, person: &str, random: &mut Random) -> RecordConsentRequest {
    let (_, signers) = SIGNERS.iter().find(|(key, _)| *key == person).unwrap();
    let grantor = |(key, capacity): &(&str, Capacity)| Grantor {
        person_key: (*key).to_owned(),
        capacity: (*capacity).into(),
        signed_at: Some(ago(5)),
    };
    RecordConsentRequest {
        request_id: random.uuid(),
        actor: Some(director()),
        consent: Some(Consent {
            case_ref: case_ref.to_owned(),
            person_key: person.to_owned(),
            source_oin: STEUNPUNT.to_owned(),
            recipient_oin: GGZ.to_owned(),
            purpose: Purpose::CareCoordination.into(),
            categories: AGREED.map(i32::from).into(),
            grantors: signers.iter().map(grantor).collect(),
            evidence: Some(Evidence {
                kind: EvidenceKind::SignedPaper.into(),
                document_ref: "scan-000123".to_owned(),
                document_sha256: vec![7; 32],
                captured_by_user_id: "sp-0147".to_owned(),
                captured_at: Some(ago(5)),
                language: "nl".to_owned(),
                policy_version_uri: "https://vvt.example/toestemming/2026-1".to_owned(),
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
        }),
        refused: false,
    }
}

/// The father changes his mind.
pub(crate) fn withdraw(consent_id: &str, random: &mut Random) -> WithdrawConsentRequest {
    WithdrawConsentRequest {
        request_id: random.uuid(),
        actor: Some(director()),
        consent_id: consent_id.to_owned(),
        withdrawn_by_person_key: "father".to_owned(),
        capacity: Capacity::Self_.into(),
        channel: WithdrawalChannel::Phone.into(),
    }
}

/// A summary with one part about everybody and one about the father alone.
pub(crate) fn publish(case_ref: &str, random: &mut Random) -> PublishSummaryRequest {
    let section = |id: &str, category: Category, about: &[&str]| SummarySection {
        section_id: id.to_owned(),
        category: category.into(),
        title: "Afspraken".to_owned(),
        text: "Bij ruzie gaan de kinderen naar oma.".to_owned(),
        about_person_keys: about.iter().map(|key| (*key).to_owned()).collect(),
    };
    let everybody = SIGNERS.map(|(key, _)| key);
    PublishSummaryRequest {
        request_id: random.uuid(),
        actor: Some(director()),
        case_ref: case_ref.to_owned(),
        expected_revision: 0,
        summary: Some(Summary {
            sections: vec![
                section("all", Category::SafetyAgreements, &everybody),
                section("father", Category::SafetyAgreements, &["father"]),
                section("children", Category::SafetyAssessment, &["daughter", "son"]),
            ],
            ..Summary::default()
        }),
    }
}

/// Mental health care asks for what it may see.
pub(crate) fn request_summary(case_ref: &str, random: &mut Random) -> RequestSummaryRequest {
    RequestSummaryRequest {
        request_id: random.uuid(),
        actor: Some(actor("ggz-0310", UserRole::CaseWorker)),
        case_ref: case_ref.to_owned(),
        author_oin: STEUNPUNT.to_owned(),
        revision: 0,
        purpose: Purpose::CareCoordination.into(),
        basis: Basis::Consent.into(),
        categories: Vec::new(),
        involvement: Some(Involvement {
            kind: ClientInvolvement::Consented.into(),
            ..Involvement::default()
        }),
        evidence: None,
    }
}
