//! Everything that a decision can say has words in both languages.

use std::collections::BTreeSet;

use super::*;
use crate::domain::case::{JoinReason, Membership};
use crate::domain::consent::{Consent, Span, Status};
use crate::domain::decision::PersonDecision;
use crate::domain::policy::{
    AddressRelease, Asked, BasisEvidence, Facts, Initiative, Request, evaluate,
};
use crate::domain::testema::{
    NOOR, RUBEN, SEM, SIGNING, SUMMARY, YARA, active, actor, at, conflict_of_duties, emergency,
    evidence, family_facts, ggz, itself, member, party, reporting_code, steunpunt, summary_request,
    terms, withdrawal,
};

/// What a decision said: the condition, and what it needed or found.
type Said = BTreeSet<(ConditionId, String)>;

fn listen(said: &mut Said, request: &Request, facts: &Facts) {
    let decision = evaluate(request, facts, at(SUMMARY));
    let own = decision.persons.iter().flat_map(PersonDecision::conditions);
    for condition in decision.conditions.iter().chain(own) {
        said.insert((condition.id, condition.needed.to_string()));
        said.insert((condition.id, condition.found.to_string()));
    }
}

/// Requests on one basis, with everything, nothing and the wrong things given with it.
fn requests(basis: Basis) -> Vec<Request> {
    let full = evidence(basis);
    let broken = crate::domain::policy::evidence::ConflictOfDuties {
        conscience: false,
        no_other_way: false,
        ..conflict_of_duties()
    };
    let given = [
        BasisEvidence::default(),
        full.clone(),
        BasisEvidence { incapacity: Some(IncapacityKind::Legal), ..full.clone() },
        BasisEvidence {
            conflict_of_duties: Some(broken),
            reporting_code_decision: Some(reporting_code(ReportingConclusion::NoReport)),
            ..full
        },
    ];
    let everything = Asked::Exactly(Categories::ALL);
    let request = Request { basis, asked: everything, ..summary_request() };
    let declared = emergency(Categories::ALL, SIGNING);
    let mut able = emergency(Categories::of(&[Category::Incident]), SIGNING);
    able.is_unable_to_consent = false;
    let emergencies = [None, Some(declared), Some(able)];
    let all = given.iter().flat_map(|evidence| {
        let request = &request;
        emergencies.map(|emergency| Request {
            evidence: evidence.clone(),
            emergency,
            ..request.clone()
        })
    });
    all.collect()
}

/// The family after each of the things that can happen to it.
fn families() -> Vec<Facts> {
    let with = |change: &dyn Fn(&mut Facts)| {
        let mut facts = family_facts();
        change(&mut facts);
        facts
    };
    let consents = |change: &dyn Fn(&mut Vec<Consent>)| {
        with(&|facts| facts.subjects.iter_mut().for_each(|one| change(&mut one.consents)))
    };
    let status = |status: Status| {
        consents(&|all| all.iter_mut().for_each(|consent| consent.status = status.clone()))
    };
    let membership = |kind: Membership| {
        with(&|facts| facts.members.iter_mut().for_each(|one| one.membership = kind))
    };
    vec![
        family_facts(),
        consents(&Vec::clear),
        consents(&|all| all.iter_mut().for_each(|consent| consent.terms.grantors.clear())),
        consents(&|all| *all = vec![active(9, terms(YARA, &[itself(YARA), itself(RUBEN)]))]),
        status(Status::Refused),
        status(Status::Withdrawn(withdrawal(itself(RUBEN), SUMMARY))),
        membership(Membership::Observer),
        membership(Membership::OnCall(JoinReason::AlreadyInvolved)),
        with(&|facts| facts.members.clear()),
        with(&|facts| facts.members.push(member(crate::domain::testema::police()))),
        with(&|facts| facts.reporter = Some(ggz())),
        with(&|facts| {
            for subject in &mut facts.subjects {
                subject.is_processing_restricted = true;
                subject.present = Categories::EMPTY;
                subject.position.incapable = vec![Span::since(at(SIGNING))];
                subject.position.representatives.clear();
                subject.consents.clear();
            }
        }),
    ]
}

fn release(request: &Request) -> Vec<AddressRelease> {
    let of = |subject| AddressRelease {
        sender: request.sender.oin.clone(),
        recipient: request.recipient.oin.clone(),
        subject,
        agreed_by: "sp-0012".parse().unwrap(),
        agreed_for: None,
        agreed_at: at(SIGNING),
        until: at("2027-01-01T00:00:00Z"),
    };
    [YARA, RUBEN, NOOR, SEM].map(of).into()
}

fn everything_said() -> Said {
    let mut said = Said::new();
    let families = families();
    let base = family_facts();
    for basis in Basis::ALL.iter().copied() {
        for request in requests(basis) {
            for facts in &families {
                listen(&mut said, &request, facts);
            }
            let everything = Request { asked: Asked::Everything, ..request };
            listen(&mut said, &everything, families.last().unwrap());
        }
        for role in Role::ALL.iter().copied() {
            for initiative in [Initiative::Give, Initiative::Ask] {
                let recipient = party(ggz(), role);
                let evidence = evidence(basis);
                let asked = Asked::Exactly(Categories::ALL);
                let request =
                    Request { recipient, initiative, basis, evidence, asked, ..summary_request() };
                let released = Facts { address_releases: release(&request), ..base.clone() };
                listen(&mut said, &request, &released);
            }
        }
    }
    for role in UserRole::ALL.iter().copied() {
        listen(&mut said, &Request { actor: actor("u-1", role), ..summary_request() }, &base);
    }
    for purpose in Purpose::ALL.iter().copied() {
        listen(&mut said, &Request { purpose, ..summary_request() }, &base);
    }
    let to_itself = party(steunpunt(), Role::Steunpunt);
    listen(&mut said, &Request { recipient: to_itself, ..summary_request() }, &base);
    said
}

fn name(oin: &Oin) -> String {
    let digits: u32 = oin.as_str().bytes().map(|byte| u32::from(byte - b'0')).sum();
    format!("organisatie {digits}")
}

/// Whether it reads like a record: a code, the number of an organisation, or a moment of a machine.
fn is_raw(told: &str) -> bool {
    let mut words =
        told.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':' || c == '-'));
    words.any(|word| {
        let is_code = word.contains('_') && word.len() > 3;
        let is_moment = word.contains('T') && word.ends_with('Z');
        is_code || is_moment || (word.len() == 20 && word.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

#[test]
fn everything_that_a_decision_says_is_told_in_both_languages() {
    let said = everything_said();
    let of: BTreeSet<ConditionId> = said.iter().map(|(id, _)| *id).collect();
    let all: BTreeSet<ConditionId> = ConditionId::ALL.iter().copied().collect();
    assert_eq!(of, all, "the walk comes along every condition");
    for phrase in Phrase::ALL.iter().map(|phrase| phrase.as_str()) {
        let holds = |text: &str| {
            let before = text.split_once(phrase).map(|(before, _)| before);
            before.is_some_and(|before| before.is_empty() || before.ends_with(' '))
        };
        assert!(said.iter().any(|(_, text)| holds(text)), "the walk comes along {phrase:?}");
    }
    for lang in Lang::ALL {
        let findings = Findings { lang, name: &name };
        for (id, text) in &said {
            let told = findings.read(*id, text);
            assert!(told.is_some(), "{id}: {text:?} has no words");
            let told = told.unwrap_or_default();
            assert!(!told.is_empty() && !is_raw(&told), "{id}: {text:?} is told as {told:?}");
        }
    }
}

#[test]
fn what_no_decision_says_stands_as_the_record_has_it() {
    let findings = Findings { lang: Lang::Nl, name: &name };
    for text in ["", "something of old", "POLICE to", "declared, until soon"] {
        assert_eq!(findings.tell(ConditionId::EmergencyDeclared, text), text);
    }
}

#[test]
fn codes_numbers_and_moments_are_told_in_words() {
    let route = format!("{} to {}", steunpunt(), ggz());
    let names = format!("{} → {}", name(&steunpunt()), name(&ggz()));
    let cases = [
        (
            ConditionId::BasisApplicable,
            "POLICE to STEUNPUNT, another organisation, not certified",
            "Politie → Steunpunt (Veilig Thuis), een andere organisatie, niet gecertificeerd",
        ),
        (ConditionId::ConsentRecorded, route.as_str(), names.as_str()),
        (ConditionId::ConsentRecorded, "version 2", "versie 2"),
        (
            ConditionId::ConsentNotWithdrawn,
            "WITHDRAWN 2026-05-28T07:15:00Z",
            "ingetrokken op 28 mei 2026, 09:15",
        ),
        (
            ConditionId::ConsentNotExpired,
            "ends after 2026-11-14T22:41:07Z",
            "eindigt na 14 nov 2026, 23:41",
        ),
        (
            ConditionId::ConsentSigned,
            "SELF + one of 2 PARENT_WITH_AUTHORITY",
            "zelf en een van de 2 (ouder met gezag)",
        ),
        (
            ConditionId::CategoryAllowedForRole,
            "IDENTIFICATION INCIDENT for SHELTER",
            "Identiteit, Incident voor Opvang",
        ),
        (ConditionId::EmergencyCategory, "", "geen"),
        (ConditionId::BasisEvidence, "NECESSITY_TEXT", "Waarom het nodig was"),
        (
            ConditionId::ConflictHolds,
            "not conscience no_other_way",
            "niet: gewetensnood, geen andere weg",
        ),
    ];
    let findings = Findings { lang: Lang::Nl, name: &name };
    for (id, text, told) in cases {
        assert_eq!(findings.tell(id, text), told);
    }
}
