//! The family of DOMAIN §10, steps 3 to 7, and what goes wrong on other ways.

use proptest::prelude::*;

use super::*;
use crate::domain::consent::Span;
use crate::domain::summary::{AgreementDraft, AssessmentDraft, RaterKind, ScaleDraft};

mod drafts;
mod ending;
mod watching;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn key(text: &str) -> PersonKey {
    text.parse().unwrap()
}

fn family() -> Vec<CasePerson> {
    [("yara", "1987-02-14"), ("ruben", "1984-09-30"), ("noor", "2010-05-20"), ("sem", "2017-11-03")]
        .map(|(person, born)| CasePerson { key: key(person), birth_date: born.parse().unwrap() })
        .into()
}

fn now() -> Timestamp {
    at("2026-04-07T15:00:00Z")
}

fn step(draft: StepDraft) -> Step {
    draft.parse(&family(), now()).unwrap()
}

fn first_contact() -> Step {
    step(StepDraft::FirstContact { contact_at: Some(at("2026-03-19T09:00:00Z")) })
}

fn talk(person: &str, held_at: &str) -> Step {
    let person_key = person.to_owned();
    step(StepDraft::SeparateConversation { person_key, held_at: Some(at(held_at)) })
}

fn meeting(held_at: &str) -> Step {
    step(StepDraft::NetworkMeeting { held_at: Some(at(held_at)) })
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn assessment_draft() -> AssessmentDraft {
    let scale = |rater: RaterKind, person: &str, value| ScaleDraft {
        rater_kind: rater.number().into(),
        person_key: person.to_owned(),
        value,
    };
    AssessmentDraft {
        concerns: texts(&["Ruzie"]),
        strengths: texts(&["Oma helpt"]),
        wishes: texts(&["Rust"]),
        scales: vec![
            scale(RaterKind::Client, "yara", 4),
            scale(RaterKind::Client, "ruben", 6),
            scale(RaterKind::Child, "noor", 3),
            scale(RaterKind::Professional, "", 4),
        ],
        about_person_keys: texts(&["yara", "ruben", "noor", "sem"]),
    }
}

fn assessment() -> Step {
    step(StepDraft::SafetyAssessment(assessment_draft()))
}

fn agreement(agreement_id: &str) -> AgreementDraft {
    AgreementDraft {
        agreement_id: agreement_id.to_owned(),
        text: "Oma past op".to_owned(),
        responsible: "Oma".to_owned(),
        status: 1,
        about_person_keys: texts(&["sem"]),
        ..AgreementDraft::default()
    }
}

fn plan_draft() -> PlanDraft {
    let coordinator_oin = "00000099000000003000".to_owned();
    PlanDraft { agreements: vec![agreement("a1")], coordinator_oin, ..PlanDraft::default() }
}

fn plan() -> Step {
    step(StepDraft::BasicPlan(plan_draft()))
}

fn after(steps: impl IntoIterator<Item = Step>) -> Result<Case, Missing> {
    steps.into_iter().try_fold(Case::open(family()), |case, step| case.record(step, now()))
}

fn items(result: Result<Case, Missing>) -> Vec<(&'static str, usize)> {
    result.unwrap_err().items.iter().map(|item| (item.code, item.count)).collect()
}

fn talks_without_sem() -> Vec<Step> {
    vec![
        first_contact(),
        talk("ruben", "2026-03-24T09:00:00Z"),
        talk("yara", "2026-03-24T11:00:00Z"),
        talk("noor", "2026-03-25T09:00:00Z"),
    ]
}

fn all_talks() -> Vec<Step> {
    let mut steps = talks_without_sem();
    steps.push(talk("sem", "2026-03-25T10:00:00Z"));
    steps
}

#[test]
fn the_family_goes_from_triage_to_a_basic_plan() {
    let case = after(all_talks()).unwrap();
    assert_eq!(case.state, CaseState::Intake);
    let case = case.record(meeting("2026-04-07T08:00:00Z"), now()).unwrap();
    assert_eq!(case.state, CaseState::NetworkMeeting);
    let case = case.record(assessment(), now()).unwrap().record(plan(), now()).unwrap();
    assert_eq!((case.state, case.phase), (CaseState::BasicPlan, SafetyPhase::DirectSafety));
    assert_eq!(case.progress.assessments[0].scales.len(), 4);
    assert_eq!(case.progress.step_count(), 12, "four of them are ratings");
    let json = serde_json::to_string(&case.progress).unwrap();
    assert_eq!(serde_json::from_str::<Progress>(&json).unwrap(), case.progress);
}

#[test]
fn an_invitation_comes_before_contact_or_not_at_all() {
    let invited_at = Some(at("2026-03-17T09:00:00Z"));
    let invitation = || step(StepDraft::Invitation { invited_at });
    let invited = after([invitation()]).unwrap();
    assert_eq!(invited.state, CaseState::Invited);
    assert_eq!(items(invited.clone().record(invitation(), now())), [("CASE_STATE", 1)]);
    let contacted = invited.record(first_contact(), now()).unwrap();
    assert_eq!(contacted.state, CaseState::Intake);
    assert_eq!(contacted.progress.invited_at, invited_at);
    assert_eq!(items(contacted.record(first_contact(), now())), [("CASE_STATE", 1)]);
    assert_eq!(after([first_contact()]).unwrap().progress.invited_at, None);
}

#[test]
fn a_meeting_before_sem_was_spoken_with_lacks_his_involvement() {
    let case = after(talks_without_sem()).unwrap();
    let early = meeting("2026-03-25T13:00:00Z");
    assert_eq!(items(case.clone().record(early.clone(), now())), [("CHILD_INVOLVEMENT", 1)]);
    // Speaking with him afterwards does not heal a meeting that was held without him.
    let late = case.record(talk("sem", "2026-03-26T09:00:00Z"), now()).unwrap();
    assert_eq!(items(late.record(early, now())), [("CHILD_INVOLVEMENT", 1)]);
}

#[test]
fn a_child_can_be_observed_or_excepted_instead() {
    for draft in [
        ChildInvolvementDraft {
            kind: 2,
            date: "2026-04-07".to_owned(),
            ..ChildInvolvementDraft::default()
        },
        ChildInvolvementDraft {
            kind: 3,
            reason: "In het ziekenhuis".to_owned(),
            approver_user_id: "sp-0012".to_owned(),
            ..ChildInvolvementDraft::default()
        },
    ] {
        let draft = ChildInvolvementDraft { person_key: "sem".to_owned(), ..draft };
        let mut steps = talks_without_sem();
        steps.push(step(StepDraft::ChildInvolvement(draft)));
        steps.push(meeting("2026-04-07T08:00:00Z"));
        assert_eq!(after(steps).unwrap().state, CaseState::NetworkMeeting);
    }
}

#[test]
fn an_observation_after_the_meeting_does_not_count_for_it() {
    let observed = ChildInvolvementDraft {
        person_key: "sem".to_owned(),
        kind: 2,
        date: "2026-04-07".to_owned(),
        ..ChildInvolvementDraft::default()
    };
    let mut steps = talks_without_sem();
    steps.push(step(StepDraft::ChildInvolvement(observed)));
    steps.push(meeting("2026-04-06T12:00:00Z"));
    assert_eq!(items(after(steps)), [("CHILD_INVOLVEMENT", 1)]);
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let talks = [("SEPARATE_CONVERSATION", 2), ("CHILD_INVOLVEMENT", 2)];
    let expected = |before: &[_], after: &[_]| [before, &talks[..], after].concat();
    let contact = [("FIRST_CONTACT", 1)];
    let open = || Case::open(family());
    assert_eq!(
        items(open().record(meeting("2026-03-25T13:00:00Z"), now())),
        expected(&contact, &[])
    );
    assert_eq!(
        items(open().record(plan(), now())),
        expected(&contact, &[("NETWORK_MEETING", 1), ("SAFETY_ASSESSMENT", 1)])
    );
    assert_eq!(items(open().record(talk("sem", "2026-03-25T10:00:00Z"), now())), contact);
}

#[test]
fn a_plan_needs_an_assessment_and_agreements() {
    let mut steps = all_talks();
    steps.push(meeting("2026-04-07T08:00:00Z"));
    let case = after(steps).unwrap();
    assert_eq!(items(case.clone().record(plan(), now())), [("SAFETY_ASSESSMENT", 1)]);
    let Step::BasicPlan(content) = plan() else { unreachable!() };
    let empty = Step::BasicPlan(PlanContent { agreements: vec![], ..content });
    let assessed = case.record(assessment(), now()).unwrap();
    assert_eq!(items(assessed.clone().record(empty, now())), [("AGREEMENT", 1)]);
    let planned = assessed.record(plan(), now()).unwrap();
    assert_eq!(items(planned.record(plan(), now())), [("CASE_STATE", 1)]);
}

#[test]
fn an_assessment_without_wishes_is_not_recorded() {
    let draft = AssessmentDraft { wishes: vec![], ..assessment_draft() };
    let case = after([first_contact()]).unwrap();
    let missing = case.record(step(StepDraft::SafetyAssessment(draft)), now()).unwrap_err();
    assert_eq!(missing.items[0].code, "WISHES");
    assert_eq!(missing.items[0].description, "an assessment must contain wishes");
}

#[test]
fn a_case_that_ended_takes_no_steps_and_a_plan_that_runs_takes_meetings() {
    let case = |state| Case { state, ..after(all_talks()).unwrap() };
    let meeting = || meeting("2026-04-07T08:00:00Z");
    for state in [CaseState::BasicPlan, CaseState::SafetyPlan, CaseState::Monitoring] {
        assert_eq!(case(state).record(meeting(), now()).unwrap().state, state);
    }
    for state in [
        CaseState::Referred,
        CaseState::Released,
        CaseState::Transferred,
        CaseState::NoFurtherAction,
        CaseState::Reopened,
    ] {
        assert_eq!(items(case(state).record(meeting(), now())), [("CASE_STATE", 1)]);
    }
}

#[test]
fn a_case_holds_a_bounded_number_of_steps() {
    let talk = || talk("yara", "2026-03-24T11:00:00Z");
    let mut case = after([first_contact()]).unwrap();
    for _ in 1..STEPS_MAX {
        case = case.record(talk(), now()).unwrap();
    }
    assert_eq!(items(case.record(talk(), now())), [("STEP_LIMIT", 1)]);
}

#[test]
fn the_first_contact_came_after_five_working_days() {
    let received = at("2026-03-12T00:52:00Z");
    assert_eq!(working_days_to_first_contact(received, at("2026-03-19T09:00:00Z")), 5);
    // Half past eleven in the evening in UTC is the next day in the Netherlands.
    assert_eq!(working_days_to_first_contact(received, at("2026-03-12T23:30:00Z")), 1);
}

#[test]
fn codes_have_the_numbers_of_the_contract() {
    let numbers: Vec<_> = CaseState::ALL.iter().map(|state| state.number()).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<u16>>());
    assert_eq!(CaseState::Reopened.number(), 12);
    assert_eq!(SafetyPhase::RecoveryCare.number(), 3);
    assert_eq!(ClientInvolvement::NotInformedSafety.number(), 5);
}

#[test]
fn a_person_of_a_case_keeps_its_parts_and_hides_them() {
    let record = CasePersonRecord {
        key: key("noor"),
        name: crate::domain::person::PersonName {
            family: "Testema".parse().unwrap(),
            given: "Noor".parse().unwrap(),
        },
        birth_date: "2010-05-20".parse().unwrap(),
        incapacities: vec![Incapacity {
            decided_by: "sp-0147".parse().unwrap(),
            supervisor: None,
            during: Span::since(now()),
            ended_by: Some("sp-0031".parse().unwrap()),
            end_supervisor: None,
        }],
    };
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<CasePersonRecord>(&json).unwrap(), record);
    assert_eq!(format!("{record:?}"), "CasePersonRecord(…)");
    assert_eq!(record.incapable(), [Span::since(now())]);
    assert_eq!(record.age_band(now()), AgeBand::Age12To15);
    assert_eq!(record.age_band(at("2026-05-20T00:00:00Z")), AgeBand::Age16To17);
    assert_eq!(record.identification().text, "Testema|Noor|2010-05-20");
}

proptest! {
    /// Whatever is recorded in whatever order, a joint meeting has everybody spoken with or
    /// involved before it, and a plan has a meeting and an assessment before it.
    #[test]
    fn no_order_of_steps_gets_around_the_guards(
        order in proptest::collection::vec(0..8_usize, 0..80),
    ) {
        let mut steps = all_talks();
        steps.extend([meeting("2026-04-07T08:00:00Z"), assessment(), plan()]);
        let mut case = Case::open(family());
        for index in order {
            let before = case.clone();
            case = case.record(steps[index].clone(), now()).unwrap_or(before);
            if !case.progress.network_meetings.is_empty() {
                prop_assert_eq!(case.progress.separate_conversations.len(), 4);
            }
            if case.state == CaseState::BasicPlan {
                prop_assert!(!case.progress.network_meetings.is_empty());
                prop_assert!(!case.progress.assessments.is_empty());
            }
            prop_assert_eq!(case.progress.plans.len(), usize::from(case.state == CaseState::BasicPlan));
        }
    }
}
