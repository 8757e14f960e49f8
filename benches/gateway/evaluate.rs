//! How long one decision takes: a family of four, three consents each, twelve categories asked for.
//! No gateway and no network: the function alone, beside one Ed25519 signature of a checkpoint.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use ketenpoort::cli::directory::from_texts;
use ketenpoort::domain::basis::Basis;
use ketenpoort::domain::case::{Involvement, Member, Membership};
use ketenpoort::domain::category::{Categories, Category};
use ketenpoort::domain::consent::{
    Capacity, Consent, ConsentRules, Evidence, EvidenceKind, Grantor, Information, LegalPosition,
    Period, Representative, Signer, Span, Status, Terms,
};
use ketenpoort::domain::decision::{Effect, PackId};
use ketenpoort::domain::id::{ConsentId, GroupId, Oin, Pseudonym};
use ketenpoort::domain::organisation::{Actor, Role, UserRole};
use ketenpoort::domain::policy::{
    Asked, BasisEvidence, Facts, Initiative, Party, PolicyPack, Request, SubjectFacts, evaluate,
};
use ketenpoort::domain::purpose::Purpose;
use ketenpoort::domain::time::Timestamp;
use ketenpoort::ledger::note::{Note, Signer as NoteSigner};

use crate::numbers::{micros_each, quantile};

const DIRECTORY: &str = include_str!("../../certs-example/directory.toml");
const PACK: &str = include_str!("../../certs-example/haaglanden-1.toml");

const NOW: &str = "2026-04-14T10:22:31.412Z";
const SIGNED: &str = "2026-04-02T13:10:00Z";
const STEUNPUNT: &str = "00000099000000003000";
const GGZ: &str = "00000099000000006000";
const SOCIAL_WORK: &str = "00000099000000004000";

/// Decisions in a round, and rounds. Long enough for a clock, short enough to sit between two
/// interruptions.
const DECISIONS: u32 = 200;
const ROUNDS: usize = 300;

/// Birth dates of the family: two parents, one of 15, one of 8.
const FAMILY: [(&str, u8, &str); 4] = [
    ("mother", 1, "1987-02-14"),
    ("father", 2, "1984-09-30"),
    ("daughter", 3, "2010-05-20"),
    ("son", 4, "2017-11-03"),
];

/// Measures it and prints one line.
pub(crate) fn measure() -> anyhow::Result<()> {
    let (request, facts, now) = (request()?, facts()?, NOW.parse()?);
    let decision = evaluate(&request, &facts, now);
    anyhow::ensure!(decision.effect == Effect::AllowReduced, "decided {:?}", decision.effect);
    let signer = NoteSigner::from_seed("bench.example".parse()?, &[7; 32]);
    let checkpoint = "bench.example\n1\nAAAA\n".to_owned();
    let mut deciding = Vec::with_capacity(ROUNDS);
    let mut signing = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        deciding.push(timed(|| drop(black_box(evaluate(black_box(&request), &facts, now)))));
        signing.push(timed(|| drop(black_box(Note::sign(black_box(checkpoint.clone()), &signer)))));
    }
    deciding.sort_unstable();
    signing.sort_unstable();
    let each = |sorted: &[Duration], at| micros_each(quantile(sorted, at), u64::from(DECISIONS));
    println!(
        "path=evaluate people=4 consents=12 categories=12 p50_us={:.2} p99_us={:.2} \
         signature_p50_us={:.2} of_signature={:.3}",
        each(&deciding, 0.5),
        each(&deciding, 0.99),
        each(&signing, 0.5),
        each(&deciding, 0.5) / each(&signing, 0.5),
    );
    Ok(())
}

fn timed(work: impl Fn()) -> Duration {
    let begun = Instant::now();
    for _ in 0..DECISIONS {
        work();
    }
    begun.elapsed()
}

/// Mental health care asks the Steunpunt for everything it may have.
fn request() -> anyhow::Result<Request> {
    let party = |oin: &str, role| -> anyhow::Result<Party> {
        Ok(Party { oin: oin.parse()?, role, is_certified_institution: false })
    };
    Ok(Request {
        decision_id: GroupId::from_bytes([5; 16]),
        case_ref: Some("VVT-2026-000123".parse()?),
        sender: party(STEUNPUNT, Role::Steunpunt)?,
        recipient: party(GGZ, Role::MentalHealth)?,
        initiative: Initiative::Ask,
        actor: Actor {
            user_id: "ggz-0310".parse()?,
            role: UserRole::CaseWorker,
            on_behalf_of: None,
        },
        purpose: Purpose::CareCoordination,
        basis: Basis::Consent,
        evidence: BasisEvidence::default(),
        emergency: None,
        relied_on: Vec::new(),
        asked: Asked::Everything,
        involvement: Some(Involvement::Consented),
    })
}

fn facts() -> anyhow::Result<Facts> {
    let pack: PolicyPack = from_texts(DIRECTORY, PACK)?.policy;
    let member = |oin: &str| -> anyhow::Result<Member> {
        Ok(Member {
            oin: oin.parse()?,
            membership: Membership::Core,
            member_from: "2026-03-16T09:00:00Z".parse()?,
            member_until: None,
        })
    };
    let subjects = FAMILY.iter().map(|(key, number, born)| subject(key, *number, born));
    Ok(Facts {
        pack: PackId { version: pack.version.clone(), hash: [3; 32] },
        rules: Arc::new(pack),
        members: vec![member(STEUNPUNT)?, member(SOCIAL_WORK)?, member(GGZ)?],
        reporter: None,
        address_releases: Vec::new(),
        subjects: subjects.collect::<anyhow::Result<_>>()?,
    })
}

fn subject(key: &str, number: u8, born: &str) -> anyhow::Result<SubjectFacts> {
    let person = pseudonym(number);
    let itself = Signer { person, capacity: Capacity::Itself };
    let parents =
        [1, 2].map(|of| Signer { person: pseudonym(of), capacity: Capacity::ParentWithAuthority });
    let [mother, father] = parents;
    let (representatives, signers) = match number {
        3 => (parents.to_vec(), vec![itself, mother]),
        4 => (parents.to_vec(), vec![mother, father]),
        _ => (Vec::new(), vec![itself]),
    };
    let agreed = [Category::Identification, Category::SafetyAssessment, Category::SafetyAgreements];
    let ways = [
        (STEUNPUNT, GGZ, Purpose::CareCoordination),
        (STEUNPUNT, GGZ, Purpose::SafetyProtection),
        (GGZ, STEUNPUNT, Purpose::CareCoordination),
    ];
    let consents = (0_u8..).zip(ways).map(|(place, way)| {
        consent(number * 10 + place, person, &signers, way, Categories::of(&agreed))
    });
    let signed_at: Timestamp = SIGNED.parse()?;
    Ok(SubjectFacts {
        person: key.parse()?,
        position: LegalPosition {
            subject: person,
            birth_date: born.parse()?,
            incapable: Vec::new(),
            representatives: representatives
                .into_iter()
                .map(|signer| Representative {
                    signer,
                    has_authority: true,
                    during: Span::since(signed_at),
                    exclusions: Vec::new(),
                })
                .collect(),
        },
        consents: consents.collect::<anyhow::Result<_>>()?,
        present: Category::ALL.iter().copied().take(12).collect(),
        is_processing_restricted: false,
    })
}

fn consent(
    number: u8,
    subject: Pseudonym,
    signers: &[Signer],
    (source, recipient, purpose): (&str, &str, Purpose),
    categories: Categories,
) -> anyhow::Result<Consent> {
    let signed_at: Timestamp = SIGNED.parse()?;
    let oin = |text: &str| text.parse::<Oin>().context("an OIN");
    Ok(Consent {
        consent_id: ConsentId::from_bytes([number; 16]),
        version: 1,
        terms: Terms {
            case_ref: "VVT-2026-000123".parse()?,
            subject,
            source: oin(source)?,
            recipient: oin(recipient)?,
            purpose,
            categories,
            period: Period::parse(Some(signed_at), None, signed_at, &ConsentRules::default())
                .ok()
                .context("a period")?,
            grantors: signers
                .iter()
                .map(|one| Grantor { person: one.person, capacity: one.capacity, signed_at })
                .collect(),
            evidence: Evidence {
                kind: EvidenceKind::SignedPaper,
                document_ref: "dossier-12".parse()?,
                document_sha256: [7; 32],
                captured_by: "sp-0147".parse()?,
                captured_at: signed_at,
                language: "nl".parse()?,
                policy_version_uri: "https://vvt.example/uitleg/3".parse()?,
                witness: None,
            },
            information_given: Information::ALL.iter().copied().collect(),
            dual_override: None,
        },
        status: Status::Active,
    })
}

fn pseudonym(number: u8) -> Pseudonym {
    Pseudonym::new([number; 32])
}
