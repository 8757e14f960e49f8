//! From the basic plan to a safety plan that is watched, with its phases, checks and ratings
//! (DOMAIN §1.2, §1.3): one test for each transition and guard.

use super::super::*;
use super::{
    AgreementDraft, ScaleDraft, agreement, all_talks, assessment, at, family, items, meeting, now,
    plan, plan_draft, texts,
};
use crate::domain::summary::{AgreementStatus, RaterKind};
use crate::domain::violation::Violations;

/// Well after everything below.
pub(super) fn later() -> Timestamp {
    at("2026-09-30T12:00:00Z")
}

pub(super) fn step(draft: StepDraft) -> Step {
    draft.parse(&family(), later()).unwrap()
}

pub(super) fn record(case: Case, draft: StepDraft) -> Result<Case, Missing> {
    case.record(step(draft), later())
}

/// The family after step 7.
pub(super) fn planned() -> Case {
    let steps = all_talks().into_iter().chain([meeting("2026-04-07T08:00:00Z"), assessment()]);
    let case =
        steps.chain([plan()]).try_fold(Case::open(family()), |case, step| case.record(step, now()));
    case.unwrap()
}

fn further() -> StepDraft {
    StepDraft::NetworkMeeting { held_at: Some(at("2026-05-12T08:00:00Z")) }
}

fn due(id: &str) -> AgreementDraft {
    AgreementDraft { due_date: "2026-10-01".to_owned(), family_owned: id == "a1", ..agreement(id) }
}

pub(super) fn safety_plan(agreements: Vec<AgreementDraft>) -> StepDraft {
    StepDraft::SafetyPlan(PlanDraft { agreements, ..plan_draft() })
}

fn monitoring() -> StepDraft {
    StepDraft::Monitoring { started_at: Some(at("2026-05-20T08:00:00Z")) }
}

/// The plan of two agreements, watched since 20 May.
pub(super) fn watched() -> Case {
    let case = record(planned(), further()).unwrap();
    let case = record(case, safety_plan(vec![due("a1"), due("a2")])).unwrap();
    record(case, monitoring()).unwrap()
}

pub(super) fn check(results: &[(&str, AgreementStatus)], new_violence: bool) -> StepDraft {
    StepDraft::AgreementCheck(AgreementCheckDraft {
        checked_at: Some(at("2026-06-08T08:00:00Z")),
        results: results
            .iter()
            .map(|(id, status)| ((*id).to_owned(), status.number().into()))
            .collect(),
        new_violence,
    })
}

#[test]
fn a_safety_plan_needs_a_further_meeting() {
    let early = record(planned(), safety_plan(vec![due("a1")]));
    assert_eq!(items(early), [("FURTHER_MEETING", 1)]);
    // The meeting of the basic plan, recorded a second time, is no further one.
    let again = StepDraft::NetworkMeeting { held_at: Some(at("2026-04-07T08:00:00Z")) };
    assert_eq!(items(record(planned(), again)), [("NEW_MEETING", 1)]);
    let met = record(planned(), further()).unwrap();
    assert_eq!(met.state, CaseState::BasicPlan);
    assert_eq!(record(met, safety_plan(vec![due("a1")])).unwrap().state, CaseState::SafetyPlan);
}

#[test]
fn a_safety_plan_needs_an_agreement_and_a_basic_plan_before_it() {
    let met = record(planned(), further()).unwrap();
    let Step::SafetyPlan(content) = step(safety_plan(vec![due("a1")])) else { unreachable!() };
    let empty = Step::SafetyPlan(PlanContent { agreements: vec![], ..content });
    assert_eq!(items(met.record(empty, later())), [("AGREEMENT", 1)]);
    let open = Case::open(family());
    let found = items(record(open, safety_plan(vec![due("a1")])));
    assert_eq!(found, [("CASE_STATE", 1), ("FURTHER_MEETING", 1)]);
}

#[test]
fn a_new_version_of_the_plan_overwrites_none() {
    let case = watched();
    let case = record(case, check(&[("a1", AgreementStatus::Kept)], false)).unwrap();
    let case = record(case, safety_plan(vec![due("a3")])).unwrap();
    assert_eq!(case.state, CaseState::Monitoring);
    let ids = |plan: &Plan| -> Vec<String> {
        let ids = plan.content.agreements.iter();
        ids.map(|one| one.agreement_id.as_str().to_owned()).collect()
    };
    let versions: Vec<_> = case.progress.plans.iter().map(|plan| (plan.kind, ids(plan))).collect();
    assert_eq!(
        versions,
        [
            (PlanKind::Basic, texts(&["a1"])),
            (PlanKind::Safety, texts(&["a1", "a2"])),
            (PlanKind::Safety, texts(&["a3"])),
        ]
    );
    assert_eq!(case.progress.plans[1].counts().kept, 1);
}

#[test]
fn monitoring_needs_an_owner_and_a_due_date_of_every_agreement() {
    let met = record(planned(), further()).unwrap();
    let undated = vec![due("a1"), agreement("a2"), agreement("a3")];
    let case = record(met, safety_plan(undated.clone())).unwrap();
    assert_eq!(items(record(case, monitoring())), [("DUE_DATE", 2)]);
    // Nor can they come in later, while the plan is watched.
    assert_eq!(items(record(watched(), safety_plan(undated))), [("DUE_DATE", 2)]);
    let unowned = AgreementDraft { responsible: String::new(), ..due("a1") };
    let refused = safety_plan(vec![unowned]).parse(&family(), later()).unwrap_err();
    let found: Vec<_> = refused.iter().map(|one| (one.field.as_str(), one.rule)).collect();
    assert_eq!(found, [("step.safety_plan.agreements[0].responsible", "REQUIRED")]);
}

#[test]
fn monitoring_follows_a_safety_plan() {
    assert_eq!(watched().state, CaseState::Monitoring);
    assert_eq!(items(record(planned(), monitoring())), [("CASE_STATE", 1), ("DUE_DATE", 1)]);
    assert_eq!(items(record(watched(), monitoring())), [("CASE_STATE", 1)]);
}

#[test]
fn a_check_says_how_agreements_stand_and_keeps_the_checks_before_it() {
    use AgreementStatus::{Broken, Kept, Secured};
    let case = record(watched(), check(&[("a1", Kept), ("a2", Broken)], false)).unwrap();
    assert_eq!(case.phase, SafetyPhase::DirectSafety);
    let case = record(case, check(&[("a1", Secured)], false)).unwrap();
    let plan = case.progress.plan().unwrap();
    let expected = AgreementCounts { broken: 1, secured: 1, family_owned: 1, ..Default::default() };
    assert_eq!(plan.counts(), expected);
    assert_eq!(plan.checks.len(), 2);
}

#[test]
fn a_check_is_of_agreements_of_the_newest_plan() {
    let kept = AgreementStatus::Kept;
    assert_eq!(
        items(record(watched(), check(&[("a1", kept), ("b1", kept)], false))),
        [("AGREEMENT", 1)]
    );
    let open = Case::open(family());
    let found = items(record(open, check(&[("a1", kept)], false)));
    assert_eq!(found, [("FIRST_CONTACT", 1), ("PLAN", 1)]);
}

#[test]
fn an_agreement_that_is_broken_with_new_violence_brings_phase_1_back() {
    let case = Case { phase: SafetyPhase::RecoveryCare, ..watched() };
    let stopped = StepDraft::ViolenceStopped {
        confirmed_at: Some(at("2026-06-01T08:00:00Z")),
        confirmed_by_user_id: "sp-0147".to_owned(),
    };
    let case = record(case, stopped).unwrap();
    assert!(case.milestone(later(), None).violence_stopped);
    let case = record(case, check(&[("a1", AgreementStatus::Broken)], true)).unwrap();
    assert_eq!((case.state, case.phase), (CaseState::Monitoring, SafetyPhase::DirectSafety));
    let change = case.progress.phase_changes.last().unwrap();
    assert!(change.from == SafetyPhase::RecoveryCare && change.cause == PhaseCause::NewViolence);
    assert!(!case.milestone(later(), None).violence_stopped, "what was heard of came after");
}

#[test]
fn new_violence_goes_with_a_broken_agreement() {
    let kept = check(&[("a1", AgreementStatus::Kept)], true);
    let refused = kept.parse(&family(), later()).unwrap_err();
    let found: Vec<_> = refused.iter().map(|one| (one.field.as_str(), one.rule)).collect();
    assert_eq!(found, [("step.agreement_check.new_violence", "NOT_APPLICABLE")]);
}

fn scales(values: &[(RaterKind, &str, i32)]) -> StepDraft {
    let scale = |(kind, person, value): &(RaterKind, &str, i32)| ScaleDraft {
        rater_kind: kind.number().into(),
        person_key: (*person).to_owned(),
        value: *value,
    };
    StepDraft::SafetyScales(values.iter().map(scale).collect())
}

#[test]
fn a_rater_rates_once_for_each_meeting() {
    let again = [(RaterKind::Client, "yara", 7), (RaterKind::Network, "", 5)];
    assert_eq!(items(record(planned(), scales(&again))), [("ONE_SCALE_PER_MEETING", 1)]);
    let met = record(planned(), further()).unwrap();
    let rated = record(met, scales(&again)).unwrap();
    assert_eq!(items(record(rated, scales(&again))), [("ONE_SCALE_PER_MEETING", 2)]);
    let twice = [(RaterKind::Child, "sem", 7), (RaterKind::Child, "sem", 8)];
    let refused = scales(&twice).parse(&family(), later()).unwrap_err();
    let found: Vec<_> = refused.iter().map(|one| (one.field.as_str(), one.rule)).collect();
    assert_eq!(found, [("step.safety_scales.scales[1].rater_kind", "DUPLICATE")]);
}

#[test]
fn the_trend_shows_what_professionals_and_network_rate_and_how_many_others() {
    let met = record(planned(), further()).unwrap();
    let values = [
        (RaterKind::Professional, "", 7),
        (RaterKind::Network, "", 6),
        (RaterKind::Client, "yara", 8),
    ];
    let rated = record(met, scales(&values)).unwrap();
    let first = MeetingScales {
        meeting: 1,
        professional: Some(4),
        network: None,
        client_count: 2,
        child_count: 1,
    };
    let second = MeetingScales {
        meeting: 2,
        professional: Some(7),
        network: Some(6),
        client_count: 1,
        child_count: 0,
    };
    assert_eq!(rated.progress.scale_trend(), [first, second]);
    assert_eq!(rated.progress.professional_scales(), Some((4, 7)));
}

pub(super) fn decision(to: SafetyPhase, evaluated: &[&str]) -> PhaseDecision {
    let draft = PhaseDecisionDraft {
        to: to.number().into(),
        reason: "De afspraken houden".to_owned(),
        evaluated_agreement_ids: texts(evaluated),
    };
    draft.parse().unwrap()
}

#[test]
fn a_phase_goes_one_step_forward_or_back_to_the_first() {
    use SafetyPhase::{DirectSafety, RecoveryCare, RiskDrivenCare};
    let allowed = |phase: SafetyPhase| -> Vec<SafetyPhase> {
        let case = Case { phase, ..watched() };
        let change = |to| case.clone().change_phase(decision(to, &["a1"]), later());
        SafetyPhase::ALL.iter().copied().filter(|to| change(*to).is_ok()).collect()
    };
    assert_eq!(allowed(DirectSafety), [DirectSafety, RiskDrivenCare]);
    assert_eq!(allowed(RiskDrivenCare), [DirectSafety, RecoveryCare]);
    assert_eq!(allowed(RecoveryCare), [DirectSafety]);
    let skipped = watched().change_phase(decision(RecoveryCare, &["a1"]), later());
    assert_eq!(items(skipped), [("PHASE_ORDER", 1)]);
}

#[test]
fn a_phase_goes_forward_after_looking_at_agreements_and_back_without() {
    use SafetyPhase::{DirectSafety, RiskDrivenCare};
    let unseen = watched().change_phase(decision(RiskDrivenCare, &[]), later());
    assert_eq!(items(unseen), [("EVALUATED_AGREEMENTS", 1)]);
    let unknown = watched().change_phase(decision(RiskDrivenCare, &["a1", "zz"]), later());
    assert_eq!(items(unknown), [("AGREEMENT", 1)]);
    let case = watched().change_phase(decision(RiskDrivenCare, &["a1", "a2"]), later()).unwrap();
    assert_eq!((case.phase, case.state), (RiskDrivenCare, CaseState::Monitoring));
    let case = case.change_phase(decision(DirectSafety, &[]), later()).unwrap();
    assert_eq!(case.progress.phase_changes.len(), 2);
}

#[test]
fn no_number_of_steps_keeps_a_case_from_going_back_to_phase_1() {
    let mut case = Case { phase: SafetyPhase::RiskDrivenCare, ..watched() };
    case.progress.network_meetings = vec![now(); STEPS_MAX];
    let forward = case.clone().change_phase(decision(SafetyPhase::RecoveryCare, &["a1"]), later());
    assert_eq!(items(forward), [("STEP_LIMIT", 1)]);
    let back = case.change_phase(decision(SafetyPhase::DirectSafety, &[]), later()).unwrap();
    assert_eq!(back.phase, SafetyPhase::DirectSafety);
}

fn meeting_draft() -> MeetingDraft {
    MeetingDraft {
        planned_at: Some(at("2026-10-06T08:00:00Z")),
        location_code: "CJG-DE-BRUG".to_owned(),
        invited_oins: texts(&["00000099000000006000"]),
        family_participant_keys: texts(&["yara", "noor"]),
        replaces_meeting_id: String::new(),
    }
}

fn announced(draft: MeetingDraft, id: u8) -> Result<Meeting, Violations> {
    draft.parse(crate::domain::id::MeetingId::from_bytes([id; 16]), &family(), later())
}

#[test]
fn a_meeting_that_was_moved_is_not_the_next_one() {
    let case = watched().announce(announced(meeting_draft(), 1).unwrap()).unwrap();
    let id = case.progress.next_meeting(later()).unwrap().meeting_id;
    let moved = MeetingDraft {
        planned_at: Some(at("2026-10-13T08:00:00Z")),
        replaces_meeting_id: id.to_string(),
        ..meeting_draft()
    };
    let case = case.announce(announced(moved.clone(), 2).unwrap()).unwrap();
    let next = case.progress.next_meeting(later()).unwrap();
    assert_eq!(next.planned_at, at("2026-10-13T08:00:00Z"));
    assert!(case.progress.next_meeting(at("2026-10-14T08:00:00Z")).is_none());
    assert_eq!(items(watched().announce(announced(moved, 2).unwrap())), [("MEETING", 1)]);
}

#[test]
fn a_meeting_is_ahead_at_a_coded_place_and_with_the_family() {
    let found = |draft: MeetingDraft| -> Vec<(String, &'static str)> {
        let refused = announced(draft, 1).unwrap_err();
        refused.iter().map(|one| (one.field.clone(), one.rule)).collect()
    };
    let wrong = MeetingDraft {
        planned_at: Some(later()),
        location_code: "Voorbeeldstraat 12".to_owned(),
        invited_oins: vec![],
        family_participant_keys: vec![],
        replaces_meeting_id: "x".to_owned(),
    };
    let expected = [
        ("planned_at", "IN_PAST"),
        ("location_code", "LOCATION_CODE"),
        ("invited_oins", "REQUIRED"),
        ("family_participant_keys", "REQUIRED"),
        ("replaces_meeting_id", "UUID"),
    ];
    assert_eq!(found(wrong), expected.map(|(field, rule)| (field.to_owned(), rule)));
    let stranger = MeetingDraft { family_participant_keys: texts(&["jan"]), ..meeting_draft() };
    let field = "family_participant_keys[0]".to_owned();
    assert_eq!(found(stranger), [(field, "UNKNOWN_PERSON")]);
}
