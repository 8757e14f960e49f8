//! Scenarios: who wants to share what with whom, and what a pack must make of it.
//!
//! Everything that a scenario does not name is as favourable as it can be: another organisation in the
//! case team, a person of age, a valid consent. So a scenario fails only by what it is about.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::{Terminal, Tone};
use crate::cli::toml_file;
use crate::domain::basis::Basis;
use crate::domain::case::{Member, Membership};
use crate::domain::category::Categories;
use crate::domain::consent::{
    Capacity, Consent, Evidence, EvidenceKind, Grantor, Information, LegalPosition, Period, Status,
    Terms,
};
use crate::domain::decision::{Decision, Effect, PackId};
use crate::domain::event::DenialReason;
use crate::domain::id::{ConsentId, GroupId, Oin, Pseudonym, ReferralId};
use crate::domain::organisation::{Actor, Role, UserRole};
use crate::domain::policy::evidence::{ConflictOfDuties, IncapacityKind};
use crate::domain::policy::{
    self, AddressRelease, Asked, BasisEvidence, DeclaredEmergency, Facts, Initiative, Party,
    PolicyPack, Request, SubjectFacts,
};
use crate::domain::purpose::Purpose;
use crate::domain::referral::WpgPurpose;
use crate::domain::reporting_code::{
    Considerations, ReportingCodeDecision, ReportingConclusion, ReportingStep,
};
use crate::domain::time::{Date, Timestamp};
use crate::gateway::policy_hash;

/// A table of scenarios.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    scenarios: Vec<Scenario>,
}

/// One of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of the table, a yes or a no")]
struct Scenario {
    name: String,
    basis: Basis,
    from: Role,
    to: Role,
    purpose: Purpose,
    categories: Categories,
    #[serde(default = "give")]
    initiative: Initiative,
    #[serde(default = "case_worker")]
    actor: UserRole,
    /// Whether what the basis demands is given.
    #[serde(default = "yes")]
    evidence: bool,
    /// What the reporting code led to.
    #[serde(default = "report")]
    concluded: ReportingConclusion,
    /// Why the person cannot consent.
    #[serde(default = "physical")]
    incapacity: IncapacityKind,
    /// Whether an emergency was declared.
    #[serde(default = "yes")]
    emergency: bool,
    /// Whether the person refused what would otherwise have been consented to.
    #[serde(default)]
    refused: bool,
    /// Whether a second person agreed to release a hidden address.
    #[serde(default = "yes")]
    second_person: bool,
    /// Whether sender and recipient are in the case team.
    #[serde(default = "yes")]
    in_case_team: bool,
    /// Whether the recipient is a gecertificeerde instelling.
    #[serde(default = "yes")]
    certified: bool,
    /// Whether the recipient made the referral that it is about.
    #[serde(default = "yes")]
    reporter: bool,
    /// What the person consented to; everything that is asked when it is not said.
    consented: Option<Categories>,
    /// Whether the person had the processing restricted (AVG art. 18).
    #[serde(default)]
    restricted: bool,
    /// On which day.
    on: Date,
    expect: Effect,
    /// Why not.
    reason: Option<DenialReason>,
}

const fn give() -> Initiative {
    Initiative::Give
}

const fn case_worker() -> UserRole {
    UserRole::CaseWorker
}

const fn yes() -> bool {
    true
}

const fn report() -> ReportingConclusion {
    ReportingConclusion::Report
}

const fn physical() -> IncapacityKind {
    IncapacityKind::Physical
}

pub(super) fn run(
    pack: &PolicyPack,
    scenarios: &Path,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let table: Table =
        toml_file::read(scenarios).map_err(|fault| Failure::new(Exit::Config, fault))?;
    if table.scenarios.is_empty() {
        let fault = format!("{}: there are no scenarios in it", scenarios.display());
        return Err(Failure::new(Exit::Config, fault).into());
    }
    let id = PackId { version: pack.version.clone(), hash: policy_hash(pack)? };
    let mut wrong = 0_usize;
    let mut told = Vec::with_capacity(table.scenarios.len());
    for scenario in &table.scenarios {
        let decision = scenario.decide(pack, &id)?;
        let (effect, reason) = (decision.effect, decision.denial());
        let as_expected = effect == scenario.expect && reason == scenario.reason;
        wrong += usize::from(!as_expected);
        told.push(json!({
            "name": scenario.name,
            "as_expected": as_expected,
            "effect": effect,
            "reason": reason,
        }));
        if !json {
            print(scenario, &decision, as_expected, terminal)?;
        }
    }
    if json {
        terminal.json(&told)?;
    }
    let all = table.scenarios.len();
    terminal.note(format_args!("{} of {all} scenarios as expected", all - wrong));
    Ok(if wrong == 0 { Exit::Ok } else { Exit::Error })
}

fn print(
    scenario: &Scenario,
    decision: &Decision,
    as_expected: bool,
    terminal: &mut Terminal,
) -> std::io::Result<()> {
    let because =
        |reason: Option<DenialReason>| reason.map(|one| format!(" {one}")).unwrap_or_default();
    let name = &scenario.name;
    if as_expected {
        let mark = terminal.paint(Tone::Good, "ok");
        return terminal.line(format_args!("{mark}   {name}"));
    }
    let mark = terminal.paint(Tone::Bad, "no");
    let (effect, reason) = (decision.effect, because(decision.denial()));
    let (expected, why) = (scenario.expect, because(scenario.reason));
    terminal.line(format_args!("{mark}   {name}: {effect}{reason}, not {expected}{why}"))
}

impl Scenario {
    fn decide(&self, pack: &PolicyPack, id: &PackId) -> anyhow::Result<Decision> {
        let now = self.on.start();
        let (sender, recipient) = (oin(1)?, oin(2)?);
        let request = Request {
            decision_id: GroupId::from_bytes([1; 16]),
            case_ref: Some("VVT-2026-000001".parse()?),
            sender: Party { oin: sender.clone(), role: self.from, is_certified_institution: true },
            recipient: Party {
                oin: recipient.clone(),
                role: self.to,
                is_certified_institution: self.certified,
            },
            initiative: self.initiative,
            actor: Actor { user_id: "user-1".parse()?, role: self.actor, on_behalf_of: None },
            purpose: self.purpose,
            basis: self.basis,
            evidence: if self.evidence { self.given(now)? } else { BasisEvidence::default() },
            emergency: self.declared(now),
            relied_on: Vec::new(),
            asked: Asked::Exactly(self.categories),
            involvement: None,
        };
        let member = |oin: &Oin| Member {
            oin: oin.clone(),
            membership: Membership::Core,
            member_from: now,
            member_until: None,
        };
        let team = || vec![member(&sender), member(&recipient)];
        let released =
            self.second_person.then(|| released(&sender, &recipient, now)).transpose()?;
        let consent = self.consent(pack, (&sender, &recipient), now)?;
        let facts = Facts {
            pack: id.clone(),
            rules: std::sync::Arc::new(pack.clone()),
            members: if self.in_case_team { team() } else { Vec::new() },
            reporter: self.reporter.then_some(recipient),
            address_releases: released.into_iter().collect(),
            subjects: vec![SubjectFacts {
                person: "person-1".parse()?,
                position: adult(now)?,
                consents: consent.into_iter().collect(),
                present: Categories::ALL,
                is_processing_restricted: self.restricted,
            }],
        };
        Ok(policy::evaluate(&request, &facts, now))
    }

    /// Everything that a basis can demand.
    fn given(&self, now: Timestamp) -> anyhow::Result<BasisEvidence> {
        Ok(BasisEvidence {
            necessity_text: Some("text".parse()?),
            gravity_text: Some("text".parse()?),
            reporting_code_decision: Some(ReportingCodeDecision {
                steps_done: ReportingStep::ALL.iter().copied().collect(),
                step3_skipped_reason: None,
                considerations: Considerations::default(),
                conclusion: self.concluded,
                decided_by: "user-1".parse()?,
                at: now,
            }),
            amhk_request_id: Some("reference-1".parse()?),
            referral_id: Some(ReferralId::from_bytes([1; 16])),
            supervision_order_ref: Some("reference-1".parse()?),
            information_request_id: Some("reference-1".parse()?),
            incapacity: Some(self.incapacity),
            conflict_of_duties: Some(ConflictOfDuties {
                tried_consent: true,
                conscience: true,
                no_other_way: true,
                averts_harm: true,
                as_little_as_possible: true,
                text: "text".parse()?,
            }),
            supervisor_ref: Some("reference-1".parse()?),
            subject_request_id: Some("reference-1".parse()?),
            wpg_purpose: Some(WpgPurpose::Assistance),
            authority_agreement_ref: Some("reference-1".parse()?),
            partnership_decision_ref: Some("reference-1".parse()?),
        })
    }

    /// An emergency that needs what is asked, and no more.
    fn declared(&self, now: Timestamp) -> Option<DeclaredEmergency> {
        self.emergency.then(|| DeclaredEmergency {
            is_unable_to_consent: !self.refused,
            categories: self.categories,
            started_at: now,
            expires_at: now.plus(std::time::Duration::from_hours(24)),
        })
    }

    /// The consent of the person; none to nothing.
    fn consent(
        &self,
        pack: &PolicyPack,
        (source, recipient): (&Oin, &Oin),
        now: Timestamp,
    ) -> anyhow::Result<Option<Consent>> {
        let categories = self.consented.unwrap_or(self.categories);
        if categories.is_empty() {
            return Ok(None);
        }
        let terms = Terms {
            case_ref: "VVT-2026-000001".parse()?,
            subject: PERSON,
            source: source.clone(),
            recipient: recipient.clone(),
            purpose: self.purpose,
            categories,
            period: Period::parse(Some(now), None, now, &pack.consent)?,
            grantors: vec![Grantor { person: PERSON, capacity: Capacity::Itself, signed_at: now }],
            evidence: Evidence {
                kind: EvidenceKind::SignedPaper,
                document_ref: "document-1".parse()?,
                document_sha256: [1; 32],
                captured_by: "user-1".parse()?,
                captured_at: now,
                language: "nl".parse()?,
                policy_version_uri: "https://voorbeeld.example/1".parse()?,
                witness: None,
            },
            information_given: Information::ALL.iter().copied().collect(),
            dual_override: None,
        };
        let consent_id = ConsentId::from_bytes([1; 16]);
        let status = if self.refused { Status::Refused } else { Status::Active };
        Ok(Some(Consent { consent_id, version: 1, terms, status }))
    }
}

const PERSON: Pseudonym = Pseudonym::new([1; 32]);

fn adult(now: Timestamp) -> anyhow::Result<LegalPosition> {
    let (year, _, _) = now.date().ymd();
    let birth_date: Date = format!("{}-01-01", year - 40).parse()?;
    Ok(LegalPosition {
        subject: PERSON,
        birth_date,
        incapable: Vec::new(),
        representatives: Vec::new(),
    })
}

/// The agreement of somebody else of the sender.
fn released(sender: &Oin, recipient: &Oin, now: Timestamp) -> anyhow::Result<AddressRelease> {
    Ok(AddressRelease {
        sender: sender.clone(),
        recipient: recipient.clone(),
        subject: PERSON,
        agreed_by: "user-2".parse()?,
        agreed_for: None,
        agreed_at: now,
        until: now.plus(std::time::Duration::from_hours(1)),
    })
}

/// An invented organisation.
fn oin(number: u8) -> anyhow::Result<Oin> {
    Ok(format!("0000009900000000{number}000").parse()?)
}
