//! The conclusion of the reporting code follows from its answers, or it is no decision.

use super::*;
use crate::domain::testema::at;

const NOW: &str = "2026-06-07T21:44:00Z";

/// Step 12 of the scenario: suspicion and unsafety, step 3 skipped for safety.
fn draft() -> ReportingCodeDraft {
    ReportingCodeDraft {
        steps_done: vec![1, 2, 4, 5],
        step3_skipped_reason: "Een gesprek brengt het kind in gevaar.".to_owned(),
        considerations: answers([Some(true), Some(true), None, None, None]),
        conclusion: 1,
        decided_by_user_id: "ggz-0311".to_owned(),
        decided_at: Some(at("2026-06-07T21:41:00Z")),
    }
}

fn answers(answers: [Option<bool>; 5]) -> Considerations {
    let [suspicion, unsafety, can_help, help_accepted, help_works] = answers;
    Considerations { suspicion, unsafety, can_help, help_accepted, help_works }
}

fn wrong(draft: &ReportingCodeDraft) -> Vec<(String, &'static str)> {
    let found = draft.parse("code", at(NOW)).err().unwrap_or_default();
    found.iter().map(|violation| (violation.field.clone(), violation.rule)).collect()
}

#[track_caller]
fn assert_wrong(draft: &ReportingCodeDraft, expected: &[(&str, &'static str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(field, rule)| (format!("code.{field}"), *rule)).collect();
    assert_eq!(wrong(draft), expected);
}

#[test]
fn step_12_skips_the_talk_for_safety_and_reports() {
    let decision = draft().parse("code", at(NOW)).unwrap();
    assert_eq!(decision.conclusion, ReportingConclusion::Report);
    let text = serde_json::to_string(&decision).unwrap();
    assert_eq!(serde_json::from_str::<ReportingCodeDecision>(&text).unwrap(), decision);
}

/// Every way through the five considerations (DOMAIN §4.3).
#[test]
fn the_conclusion_follows_from_the_answers() {
    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);
    for (given, expected) in [
        ([NO, None, None, None, None], ReportingConclusion::NoReport),
        ([YES, YES, None, None, None], ReportingConclusion::Report),
        ([YES, YES, YES, YES, YES], ReportingConclusion::Report),
        ([YES, NO, NO, None, None], ReportingConclusion::Report),
        ([YES, NO, YES, NO, None], ReportingConclusion::Report),
        ([YES, NO, YES, YES, NO], ReportingConclusion::Report),
        ([YES, NO, YES, YES, YES], ReportingConclusion::NoReport),
    ] {
        assert_eq!(answers(given).conclusion(), Ok(expected), "{given:?}");
        for said in ReportingConclusion::ALL {
            let conclusion = said.number().into();
            let draft =
                ReportingCodeDraft { considerations: answers(given), conclusion, ..draft() };
            if *said == expected {
                assert_wrong(&draft, &[]);
            } else {
                assert_wrong(&draft, &[("conclusion", "DOES_NOT_FOLLOW")]);
            }
        }
    }
}

#[test]
fn every_consideration_that_is_reached_must_be_answered() {
    for (given, missing) in [
        ([None, None, None, None, None], "considerations.suspicion"),
        ([Some(true), None, None, None, None], "considerations.unsafety"),
        ([Some(true), Some(false), None, None, None], "considerations.can_help"),
        ([Some(true), Some(false), Some(true), None, None], "considerations.help_accepted"),
        ([Some(true), Some(false), Some(true), Some(true), None], "considerations.help_works"),
    ] {
        let draft = ReportingCodeDraft { considerations: answers(given), ..draft() };
        assert_wrong(&draft, &[(missing, "REQUIRED")]);
    }
}

#[test]
fn without_a_suspicion_nothing_else_is_considered() {
    let considerations = answers([Some(false), Some(true), None, None, None]);
    let draft = ReportingCodeDraft { considerations, conclusion: 2, ..draft() };
    assert_wrong(&draft, &[("considerations.unsafety", "NOT_APPLICABLE")]);
}

#[test]
fn no_step_but_the_talk_is_skipped() {
    for missing in [1, 2, 4, 5] {
        let steps_done = [1, 2, 4, 5].into_iter().filter(|step| *step != missing).collect();
        assert_wrong(
            &ReportingCodeDraft { steps_done, ..draft() },
            &[("steps_done", "STEP_MISSING")],
        );
    }
}

#[test]
fn the_talk_is_skipped_with_a_reason_and_not_without_and_not_for_nothing() {
    let unexplained = ReportingCodeDraft { step3_skipped_reason: String::new(), ..draft() };
    assert_wrong(&unexplained, &[("step3_skipped_reason", "REQUIRED")]);
    let talked = ReportingCodeDraft { steps_done: vec![1, 2, 3, 4, 5], ..draft() };
    assert_wrong(&talked, &[("step3_skipped_reason", "NOT_APPLICABLE")]);
}

#[test]
fn who_decided_and_when_must_be_told_and_lie_in_the_past() {
    let unsigned =
        ReportingCodeDraft { decided_by_user_id: String::new(), decided_at: None, ..draft() };
    assert_wrong(&unsigned, &[("decided_by_user_id", "REQUIRED"), ("decided_at", "REQUIRED")]);
    let tomorrow = Some(at("2026-06-08T21:44:00Z"));
    let early = ReportingCodeDraft { decided_at: tomorrow, ..draft() };
    assert_wrong(&early, &[("decided_at", "IN_FUTURE")]);
}
