//! What is wrong with a step or an involvement before the case is looked at.

use super::super::*;
use super::{agreement, assessment_draft, at, family, now, plan_draft, texts};
use crate::domain::violation::Violations;

fn told(violations: &Violations) -> Vec<(String, &'static str)> {
    violations.iter().map(|v| (v.field.clone(), v.rule)).collect()
}

fn found(draft: StepDraft) -> Vec<(String, &'static str)> {
    told(&draft.parse(&family(), now()).unwrap_err())
}

fn expected(path: &str, violations: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    violations.iter().map(|(field, rule)| (format!("{path}.{field}"), *rule)).collect()
}

#[test]
fn a_step_must_be_given() {
    assert_eq!(found(StepDraft::NotGiven), [("step".to_owned(), "REQUIRED")]);
}

#[test]
fn a_moment_is_given_and_at_most_five_minutes_ahead() {
    let late = Some(at("2026-04-07T15:05:00.000001Z"));
    let contact = |contact_at| StepDraft::FirstContact { contact_at };
    assert!(contact(Some(at("2026-04-07T15:05:00Z"))).parse(&family(), now()).is_ok());
    let path = "step.first_contact";
    assert_eq!(found(contact(None)), expected(path, &[("contact_at", "REQUIRED")]));
    assert_eq!(found(contact(late)), expected(path, &[("contact_at", "IN_FUTURE")]));
    assert_eq!(
        found(StepDraft::SeparateConversation { person_key: "jan".to_owned(), held_at: late }),
        expected(
            "step.separate_conversation",
            &[("person_key", "UNKNOWN_PERSON"), ("held_at", "IN_FUTURE")]
        )
    );
    assert_eq!(
        found(StepDraft::Invitation { invited_at: late }),
        expected("step.invitation", &[("invited_at", "IN_FUTURE")])
    );
    assert_eq!(
        found(StepDraft::NetworkMeeting { held_at: late }),
        expected("step.network_meeting", &[("held_at", "IN_FUTURE")])
    );
}

fn involvement(person: &str, kind: i32, date: &str) -> ChildInvolvementDraft {
    ChildInvolvementDraft {
        person_key: person.to_owned(),
        kind,
        date: date.to_owned(),
        ..ChildInvolvementDraft::default()
    }
}

#[test]
fn a_child_involvement_has_what_goes_with_its_kind() {
    let reasoned = ChildInvolvementDraft {
        reason: "Ziek".to_owned(),
        approver_user_id: "sp-0012".to_owned(),
        ..involvement("sem", 1, "2026-03-25")
    };
    let cases = [
        (involvement("sem", 0, ""), vec![("kind", "REQUIRED")]),
        (involvement("sem", 4, ""), vec![("kind", "UNKNOWN_CODE")]),
        (involvement("sem", 1, ""), vec![("date", "REQUIRED")]),
        (involvement("sem", 2, "2026-04-08"), vec![("date", "IN_FUTURE")]),
        (involvement("", 2, "x"), vec![("person_key", "REQUIRED"), ("date", "DATE")]),
        (involvement("yara", 2, "2026-03-25"), vec![("person_key", "NOT_A_CHILD")]),
        (reasoned, vec![("reason", "NOT_APPLICABLE"), ("approver_user_id", "NOT_APPLICABLE")]),
        (
            involvement("sem", 3, "2026-03-25"),
            vec![
                ("date", "NOT_APPLICABLE"),
                ("reason", "REQUIRED"),
                ("approver_user_id", "REQUIRED"),
            ],
        ),
    ];
    for (draft, violations) in cases {
        assert_eq!(
            found(StepDraft::ChildInvolvement(draft)),
            expected("step.child_involvement", &violations)
        );
    }
}

#[test]
fn a_plan_has_agreements_with_names_of_their_own() {
    let none = PlanDraft::default();
    assert_eq!(
        found(StepDraft::BasicPlan(none)),
        expected("step.basic_plan", &[("agreements", "REQUIRED"), ("coordinator_oin", "REQUIRED")])
    );
    let twice = PlanDraft { agreements: vec![agreement("a"), agreement("a")], ..plan_draft() };
    assert_eq!(
        found(StepDraft::BasicPlan(twice)),
        expected("step.basic_plan", &[("agreements[1].agreement_id", "DUPLICATE")])
    );
}

#[test]
fn an_assessment_is_about_people_of_the_case() {
    let mut draft = assessment_draft();
    draft.about_person_keys = texts(&["yara", "jan"]);
    assert_eq!(
        found(StepDraft::SafetyAssessment(draft)),
        expected("step.safety_assessment", &[("about_person_keys[1]", "UNKNOWN_PERSON")])
    );
}

#[test]
fn an_involvement_has_what_goes_with_its_kind() {
    let parse = |kind, planned_date: &str, reason: &str| {
        let (planned_date, reason) = (planned_date.to_owned(), reason.to_owned());
        InvolvementDraft { kind, planned_date, reason }.parse(now())
    };
    let kind = |result: Result<Involvement, Violations>| result.unwrap().kind();
    assert_eq!(kind(parse(1, "", "")), ClientInvolvement::Present);
    assert_eq!(kind(parse(2, "", "")), ClientInvolvement::Consented);
    assert_eq!(kind(parse(3, "", "")), ClientInvolvement::InformedBefore);
    assert_eq!(kind(parse(4, "2026-04-07", "")), ClientInvolvement::InformedAfterPlanned);
    assert_eq!(kind(parse(5, "", "Gevaar")), ClientInvolvement::NotInformedSafety);
    for (result, violations) in [
        (parse(0, "", ""), vec![("kind", "REQUIRED")]),
        (parse(4, "", ""), vec![("planned_date", "REQUIRED")]),
        (parse(4, "2026-04-06", ""), vec![("planned_date", "IN_PAST")]),
        (
            parse(5, "2026-04-08", ""),
            vec![("planned_date", "NOT_APPLICABLE"), ("reason", "REQUIRED")],
        ),
        (parse(1, "", "Gevaar"), vec![("reason", "NOT_APPLICABLE")]),
    ] {
        assert_eq!(told(&result.unwrap_err()), expected("involvement", &violations));
    }
}

#[test]
fn an_involvement_is_kept_and_read_again() {
    let planned = Involvement::InformedAfterPlanned { planned_date: "2026-06-22".parse().unwrap() };
    let json = serde_json::to_string(&planned).unwrap();
    assert_eq!(json, r#"{"kind":"INFORMED_AFTER_PLANNED","planned_date":"2026-06-22"}"#);
    assert_eq!(serde_json::from_str::<Involvement>(&json).unwrap(), planned);
}
