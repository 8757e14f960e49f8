//! Family Testema and the organisations of the synthetic scenario (DOMAIN §10), for tests.

use std::collections::BTreeMap;

use super::basis::Basis;
use super::case::{Involvement, Member, Membership};
use super::category::{Categories, Category};
use super::consent::{
    Capacity, Consent, ConsentRules, Evidence, EvidenceKind, Exclusion, ExclusionReason, Grantor,
    Information, LegalPosition, Period, Representative, Signer, Span, Terms, Withdrawal,
    WithdrawalChannel,
};
use super::decision::PackId;
use super::id::{ConsentId, GroupId, Oin, PersonKey, Pseudonym, ReferralId};
use super::organisation::{Actor, Role, UserRole};
use super::policy::evidence::{ConflictOfDuties, IncapacityKind};
use super::policy::{
    Asked, BasisEvidence, DeclaredEmergency, Facts, Initiative, Party, Request, SubjectFacts,
    shipped_pack,
};
use super::purpose::Purpose;
use super::referral::WpgPurpose;
use super::reporting_code::{
    Considerations, ReportingCodeDecision, ReportingConclusion, ReportingStep,
};
use super::time::Timestamp;

pub(crate) const YARA: Pseudonym = Pseudonym::new([0xa1; 32]);
pub(crate) const RUBEN: Pseudonym = Pseudonym::new([0xb2; 32]);
pub(crate) const NOOR: Pseudonym = Pseudonym::new([0xc3; 32]);
pub(crate) const SEM: Pseudonym = Pseudonym::new([0xd4; 32]);
pub(crate) const FAMILY: [Pseudonym; 4] = [YARA, RUBEN, NOOR, SEM];

/// The parents have authority since before anything else.
pub(crate) const AUTHORITY: &str = "2017-11-03T09:00:00Z";
/// 2026-04-02 15:10 in The Hague: the family signs.
pub(crate) const SIGNING: &str = "2026-04-02T13:10:00Z";
/// 2026-04-14: the summary goes to the GGZ.
pub(crate) const SUMMARY: &str = "2026-04-14T10:22:31.412Z";

/// What the family agreed to share.
pub(crate) const AGREED: Categories = Categories::of(&[
    Category::Identification,
    Category::SafetyAssessment,
    Category::SafetyAgreements,
]);

pub(crate) fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

pub(crate) fn key(name: &str) -> PersonKey {
    name.parse().unwrap()
}

pub(crate) fn key_of(person: Pseudonym) -> PersonKey {
    let people = people();
    people.iter().find(|(_, pseudonym)| **pseudonym == person).unwrap().0.clone()
}

/// The people of the case by key.
pub(crate) fn people() -> BTreeMap<PersonKey, Pseudonym> {
    [("yara", YARA), ("ruben", RUBEN), ("noor", NOOR), ("sem", SEM)]
        .map(|(name, pseudonym)| (key(name), pseudonym))
        .into()
}

pub(crate) fn police() -> Oin {
    "00000099000000002000".parse().unwrap()
}
pub(crate) fn steunpunt() -> Oin {
    "00000099000000003000".parse().unwrap()
}
pub(crate) fn social_work() -> Oin {
    "00000099000000004000".parse().unwrap()
}
pub(crate) fn ggz() -> Oin {
    "00000099000000006000".parse().unwrap()
}
pub(crate) fn mee() -> Oin {
    "00000099000000007000".parse().unwrap()
}

pub(crate) fn itself(person: Pseudonym) -> Signer {
    Signer { person, capacity: Capacity::Itself }
}

pub(crate) fn parent(person: Pseudonym) -> Signer {
    Signer { person, capacity: Capacity::ParentWithAuthority }
}

/// Birth date and representatives as the scenario has them; everybody is capable.
pub(crate) fn position(subject: Pseudonym) -> LegalPosition {
    let birth_date = match subject {
        YARA => "1987-02-14",
        RUBEN => "1984-09-30",
        NOOR => "2010-05-20",
        SEM => "2017-11-03",
        _ => panic!("not of this family"),
    };
    let parents = [YARA, RUBEN].map(|person| Representative {
        signer: parent(person),
        has_authority: true,
        during: Span::since(at(AUTHORITY)),
        exclusions: Vec::new(),
    });
    LegalPosition {
        subject,
        birth_date: birth_date.parse().unwrap(),
        incapable: Vec::new(),
        representatives: if [NOOR, SEM].contains(&subject) { parents.into() } else { Vec::new() },
    }
}

/// Step 10b: Ruben no longer decides for Sem.
pub(crate) fn exclude(position: &mut LegalPosition, person: Pseudonym, moment: &str) {
    for representative in &mut position.representatives {
        if representative.signer.person == person {
            representative.exclusions.push(Exclusion {
                reason: ExclusionReason::IncompatibleWithGoodCare,
                decided_by: "sp-0147".parse().unwrap(),
                supervisor: "sp-0012".parse().unwrap(),
                during: Span::since(at(moment)),
            });
        }
    }
}

/// Those who sign for each member of the family on 2 April.
pub(crate) fn signers(subject: Pseudonym) -> Vec<Signer> {
    match subject {
        NOOR => vec![itself(NOOR), parent(YARA)],
        SEM => vec![parent(YARA), parent(RUBEN)],
        adult => vec![itself(adult)],
    }
}

/// Consent from Steunpunt to GGZ as the family signed it.
pub(crate) fn terms(subject: Pseudonym, signers: &[Signer]) -> Terms {
    terms_signed_at(subject, signers, SIGNING)
}

pub(crate) fn terms_signed_at(subject: Pseudonym, signers: &[Signer], moment: &str) -> Terms {
    let signed_at = at(moment);
    let rules = ConsentRules::default();
    Terms {
        case_ref: "VVT-2026-000123".parse().unwrap(),
        subject,
        source: steunpunt(),
        recipient: ggz(),
        purpose: Purpose::CareCoordination,
        categories: AGREED,
        period: Period::parse(Some(signed_at), None, signed_at, &rules).unwrap(),
        grantors: signers
            .iter()
            .map(|signer| Grantor { person: signer.person, capacity: signer.capacity, signed_at })
            .collect(),
        evidence: Evidence {
            kind: EvidenceKind::SignedPaper,
            document_ref: "dossier-12".parse().unwrap(),
            document_sha256: [7; 32],
            captured_by: "sp-0147".parse().unwrap(),
            captured_at: signed_at,
            language: "nl".parse().unwrap(),
            policy_version_uri: "https://vvt.example/uitleg/3".parse().unwrap(),
            witness: None,
        },
        information_given: Information::ALL.iter().copied().collect(),
        dual_override: None,
    }
}

pub(crate) fn consent_id(number: u8) -> ConsentId {
    ConsentId::from_bytes([number; 16])
}

/// An active consent, whoever signed it.
pub(crate) fn active(number: u8, terms: Terms) -> Consent {
    use super::consent::Status;
    Consent { consent_id: consent_id(number), version: 1, terms, status: Status::Active }
}

/// The consent of one member of the family of 2 April, from Steunpunt to GGZ.
pub(crate) fn family_consent(subject: Pseudonym) -> Consent {
    let number = subject.as_bytes()[0];
    let terms = terms(subject, &signers(subject));
    Consent::give(
        consent_id(number),
        terms,
        &position(subject),
        at(SIGNING),
        &ConsentRules::default(),
    )
    .unwrap()
}

pub(crate) fn withdrawal(by: Signer, moment: &str) -> Withdrawal {
    Withdrawal {
        at: at(moment),
        by,
        channel: WithdrawalChannel::Phone,
        recorded_by: "sp-0147".parse().unwrap(),
    }
}

pub(crate) fn party(oin: Oin, role: Role) -> Party {
    Party { oin, role, is_certified_institution: false }
}

pub(crate) fn actor(user_id: &str, role: UserRole) -> Actor {
    Actor { user_id: user_id.parse().unwrap(), role, on_behalf_of: None }
}

/// Step 8: the GGZ asks the Steunpunt for the summary.
pub(crate) fn summary_request() -> Request {
    Request {
        decision_id: GroupId::from_bytes([5; 16]),
        case_ref: Some("VVT-2026-000123".parse().unwrap()),
        sender: party(steunpunt(), Role::Steunpunt),
        recipient: party(ggz(), Role::MentalHealth),
        initiative: Initiative::Ask,
        actor: actor("ggz-0310", UserRole::CaseWorker),
        purpose: Purpose::CareCoordination,
        basis: Basis::Consent,
        evidence: BasisEvidence::default(),
        emergency: None,
        relied_on: Vec::new(),
        asked: Asked::Exactly(AGREED),
        involvement: Some(Involvement::Consented),
    }
}

pub(crate) fn member(oin: Oin) -> Member {
    Member {
        oin,
        membership: Membership::Core,
        member_from: at("2026-03-16T09:00:00Z"),
        member_until: None,
    }
}

/// The facts of step 8: the whole family signed, Steunpunt, AMW and GGZ are in the team.
pub(crate) fn family_facts() -> Facts {
    Facts {
        pack: PackId { version: "vvt-authz-v3".parse().unwrap(), hash: [3; 32] },
        rules: shipped_pack(),
        members: vec![member(steunpunt()), member(social_work()), member(ggz())],
        reporter: None,
        address_releases: Vec::new(),
        subjects: FAMILY.map(subject_facts).into(),
    }
}

pub(crate) fn subject_facts(person: Pseudonym) -> SubjectFacts {
    SubjectFacts {
        person: key_of(person),
        position: position(person),
        consents: vec![family_consent(person)],
        present: AGREED,
        is_processing_restricted: false,
    }
}

/// What a basis demands, as well as it can be given.
pub(crate) fn evidence(basis: Basis) -> BasisEvidence {
    let none = BasisEvidence::default();
    let text = |text: &str| Some(text.parse().unwrap());
    let reference = || Some("VRB-2026-4".parse().unwrap());
    match basis {
        Basis::Consent | Basis::Wpg18 | Basis::Wams | Basis::Wgs => none,
        Basis::Wmo526Report => BasisEvidence {
            necessity_text: text("Ruben dreigt."),
            reporting_code_decision: Some(reporting_code(ReportingConclusion::Report)),
            ..none
        },
        Basis::Wmo4112D | Basis::Wmo4112E => {
            BasisEvidence { gravity_text: text("Er is een wapen."), ..none }
        }
        Basis::Wmo4112G => {
            BasisEvidence { referral_id: Some(ReferralId::from_bytes([6; 16])), ..none }
        }
        Basis::Wpg19 => BasisEvidence {
            wpg_purpose: Some(WpgPurpose::Assistance),
            authority_agreement_ref: reference(),
            ..none
        },
        Basis::Wpg20 => BasisEvidence { partnership_decision_ref: reference(), ..none },
        Basis::Jeugdwet73114 => BasisEvidence { supervision_order_ref: reference(), ..none },
        Basis::DirectInvolvement => BasisEvidence { necessity_text: text("Zelfde hulp."), ..none },
        Basis::VitalInterest => {
            BasisEvidence { incapacity: Some(IncapacityKind::Physical), ..none }
        }
        Basis::ConflictOfDuties => {
            BasisEvidence { conflict_of_duties: Some(conflict_of_duties()), ..none }
        }
        Basis::DataSubjectRequest => BasisEvidence { subject_request_id: reference(), ..none },
        Basis::Oversight => BasisEvidence { supervisor_ref: reference(), ..none },
    }
}

pub(crate) fn conflict_of_duties() -> ConflictOfDuties {
    ConflictOfDuties {
        tried_consent: true,
        conscience: true,
        no_other_way: true,
        averts_harm: true,
        as_little_as_possible: true,
        text: "Er is geen andere weg.".parse().unwrap(),
    }
}

/// A reporting code that was gone through, whatever it led to.
pub(crate) fn reporting_code(conclusion: ReportingConclusion) -> ReportingCodeDecision {
    ReportingCodeDecision {
        steps_done: ReportingStep::ALL.iter().copied().collect(),
        step3_skipped_reason: None,
        considerations: Considerations::default(),
        conclusion,
        decided_by: "ggz-0311".parse().unwrap(),
        at: at(SIGNING),
    }
}

/// An emergency of a day about people who cannot be asked.
pub(crate) fn emergency(categories: Categories, from: &str) -> DeclaredEmergency {
    let started_at = at(from);
    DeclaredEmergency {
        is_unable_to_consent: true,
        categories,
        started_at,
        expires_at: started_at.plus(std::time::Duration::from_hours(24)),
    }
}
