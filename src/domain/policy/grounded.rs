//! Whether a basis really applies: what it demands was given, and an emergency was declared where it
//! needs one (DOMAIN §4.2 "required extra fields", §4.4).
//!
//! Texts are about people. The most that is told about one is that it was given.

use super::evidence::{BasisEvidence, ConflictAnswer, EvidenceItem, EvidenceNeed};
use super::facts::SubjectFacts;
use super::pack::BasisRule;
use super::request::Request;
use crate::domain::basis::Basis;
use crate::domain::consent::{Consent, State};
use crate::domain::decision::{Condition, ConditionId, Phrase, Wording};
use crate::domain::person::AgeBand;
use crate::domain::policy::evidence::IncapacityKind;
use crate::domain::reporting_code::ReportingConclusion;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// What holds, or does not, for everybody in a request.
pub(super) fn conditions(request: &Request, rule: &BasisRule, now: Timestamp) -> Vec<Condition> {
    let weighed = rule.evidence.iter().filter(|need| !about_incapacity(need));
    let mut conditions: Vec<Condition> =
        weighed.map(|need| given(need, &request.evidence)).collect();
    conditions.extend(report_concluded(request));
    conditions.extend(conflict_holds(request));
    conditions.extend(incapacity_stated(request));
    conditions.extend(emergency_declared(request, now));
    conditions
}

fn about_incapacity(need: &EvidenceNeed) -> bool {
    need.items().any(|item| item == EvidenceItem::Incapacity)
}

fn given(need: &EvidenceNeed, evidence: &BasisEvidence) -> Condition {
    let is_given = need.items().any(|item| evidence.has(item));
    let points_at_it = need.items().all(EvidenceItem::is_reference);
    let id = if points_at_it { ConditionId::BasisReference } else { ConditionId::BasisEvidence };
    let found = if is_given { Phrase::Given } else { Phrase::None };
    let condition = Condition::new(id, need.to_string(), found, is_given);
    match reference(need, evidence) {
        Some(reference) => condition.seen_in(reference),
        None => condition,
    }
}

/// The document or record that is pointed at, as its owner calls it.
fn reference(need: &EvidenceNeed, evidence: &BasisEvidence) -> Option<String> {
    let text = |line: &Option<Line<100>>| line.as_ref().map(|line| line.as_str().to_owned());
    let references = [
        (EvidenceItem::ReferralId, evidence.referral_id.map(|id| id.to_string())),
        (EvidenceItem::SupervisionOrderRef, text(&evidence.supervision_order_ref)),
        (EvidenceItem::SupervisorRef, text(&evidence.supervisor_ref)),
        (EvidenceItem::SubjectRequestId, text(&evidence.subject_request_id)),
        (EvidenceItem::AuthorityAgreementRef, text(&evidence.authority_agreement_ref)),
        (EvidenceItem::PartnershipDecisionRef, text(&evidence.partnership_decision_ref)),
    ];
    let mut named = references.into_iter().filter(|(item, _)| need.items().any(|one| one == *item));
    named.find_map(|(_, reference)| reference)
}

/// A reporting code that was gone through must have led to a report (DOMAIN §4.3).
fn report_concluded(request: &Request) -> Option<Condition> {
    let conclusion = request.evidence.reporting_code_decision.as_ref()?.conclusion;
    Some(Condition::new(
        ConditionId::ReportConcluded,
        ReportingConclusion::Report,
        conclusion,
        conclusion == ReportingConclusion::Report,
    ))
}

/// All five answers of the conflict of duties are yes.
fn conflict_holds(request: &Request) -> Option<Condition> {
    let conflict = request.evidence.conflict_of_duties.as_ref()?;
    let answers = ConflictAnswer::ALL.iter().filter(|answer| !conflict.answers(**answer));
    let not: Vec<&str> = answers.map(|answer| answer.as_str()).collect();
    let found = if not.is_empty() {
        Phrase::AllFive.into()
    } else {
        Wording::from(format!("not {}", not.join(" ")))
    };
    Some(Condition::new(
        ConditionId::ConflictHolds,
        Phrase::AllFiveOfConflict,
        found,
        conflict.holds(),
    ))
}

/// Vital interest is for people who cannot consent, and never because somebody refused.
fn incapacity_stated(request: &Request) -> Option<Condition> {
    if request.basis != Basis::VitalInterest {
        return None;
    }
    let stated = request.evidence.incapacity;
    let is_other_reason = request.emergency.is_some_and(|declared| !declared.is_unable_to_consent);
    let found = match stated {
        Some(_) if is_other_reason => Phrase::AnotherReason.into(),
        Some(incapacity) => Wording::from(incapacity),
        None => Phrase::None.into(),
    };
    Some(Condition::new(
        ConditionId::SubjectIncapable,
        Phrase::Incapable,
        found,
        stated.is_some() && !is_other_reason,
    ))
}

/// Some bases carry nothing outside a declared emergency; one that was declared must last.
fn emergency_declared(request: &Request, now: Timestamp) -> Option<Condition> {
    let is_needed = matches!(request.basis, Basis::VitalInterest | Basis::ConflictOfDuties);
    if !is_needed && request.emergency.is_none() {
        return None;
    }
    Some(emergency(request, now, Phrase::Emergency))
}

fn emergency(request: &Request, now: Timestamp, needed: Phrase) -> Condition {
    let (found, lasts) = match request.emergency {
        None => (Phrase::None.into(), false),
        Some(declared) => {
            let until = Wording::Moment(Some(Phrase::DeclaredUntil), declared.expires_at);
            (until, declared.lasts_at(now))
        }
    };
    Condition::new(ConditionId::EmergencyDeclared, needed, found, lasts)
}

/// Whoever shares on another basis than consent although the person refused or took back a consent
/// towards this recipient, declares an emergency.
pub(super) fn override_declared(
    request: &Request,
    subject: &SubjectFacts,
    now: Timestamp,
) -> Option<Condition> {
    // Consent in force is no override, and a supervisor's look is nothing one consents to.
    let is_override = !matches!(request.basis, Basis::Consent | Basis::Oversight);
    if !is_override || !said_no(request, subject) {
        return None;
    }
    Some(emergency(request, now, Phrase::EmergencyAfterNo))
}

/// Whether the last word of the person about this recipient is a no, from whatever organisation it
/// was asked.
fn said_no(request: &Request, subject: &SubjectFacts) -> bool {
    let about_it = |consent: &&Consent| {
        consent.terms.subject == subject.position.subject
            && consent.terms.recipient == request.recipient.oin
            && consent.state() != State::EnteredInError
    };
    let has_newer_version = |no: &Consent| {
        let mut others = subject.consents.iter().filter(about_it);
        others.any(|other| other.consent_id == no.consent_id && other.version > no.version)
    };
    // A later yes to less leaves the rest refused.
    let still_refused = |no: &Consent| {
        let newer = subject.consents.iter().filter(about_it).filter(|other| {
            other.state() == State::Active
                && other.terms.source == no.terms.source
                && other.terms.purpose == no.terms.purpose
                && other.spoken_at() > no.spoken_at()
        });
        newer.fold(no.terms.categories, |left, yes| left.without(yes.terms.categories))
    };
    let mut denials = subject.consents.iter().filter(about_it).filter(|one| one.is_denial());
    denials.any(|no| !has_newer_version(no) && !still_refused(no).is_empty())
}

/// Whoever is called legally incapable must be so by age or by a decision in the file. Physical
/// incapacity is seen by who declares it, and by nobody else.
pub(super) fn subject_incapable(
    request: &Request,
    subject: &SubjectFacts,
    now: Timestamp,
) -> Option<Condition> {
    let is_legal = request.evidence.incapacity == Some(IncapacityKind::Legal);
    if request.basis != Basis::VitalInterest || !is_legal {
        return None;
    }
    let band = subject.position.age_band(now);
    let is_child = matches!(band, AgeBand::Under12 | AgeBand::Age12To15);
    let is_capable = subject.position.is_capable(now);
    let able = if is_capable { Phrase::Capable } else { Phrase::NotCapable };
    Some(Condition::new(
        ConditionId::SubjectIncapable,
        Phrase::IncapableByLaw,
        format!("{band}, {able}"),
        is_child || !is_capable,
    ))
}
