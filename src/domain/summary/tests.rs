//! What is wrong with a summary, and what a view releases.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::person::PersonName;

fn key(text: &str) -> PersonKey {
    text.parse().unwrap()
}

fn family() -> BTreeSet<PersonKey> {
    ["yara", "ruben", "noor", "sem"].map(key).into()
}

fn keys(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn section(section_id: &str, category: Category, about: &[&str]) -> SectionDraft {
    SectionDraft {
        section_id: section_id.to_owned(),
        category: category.number().into(),
        title: "Kop".to_owned(),
        text: "Tekst".to_owned(),
        about_person_keys: keys(about),
    }
}

fn scale(rater: RaterKind, person_key: &str, value: i32) -> ScaleDraft {
    let rater_kind = rater.number().into();
    ScaleDraft { rater_kind, person_key: person_key.to_owned(), value }
}

fn assessment() -> AssessmentDraft {
    AssessmentDraft {
        concerns: keys(&["Ruzie over geld", "Sem slaapt slecht"]),
        strengths: keys(&["Oma helpt"]),
        wishes: keys(&["Rust in huis"]),
        scales: vec![scale(RaterKind::Client, "yara", 4), scale(RaterKind::Professional, "", 4)],
        about_person_keys: keys(&["sem"]),
    }
}

fn agreement(agreement_id: &str) -> AgreementDraft {
    AgreementDraft {
        agreement_id: agreement_id.to_owned(),
        text: "Oma past op".to_owned(),
        responsible: "Oma".to_owned(),
        due_date: "2026-05-01".to_owned(),
        status: 1,
        family_owned: true,
        about_person_keys: keys(&["noor", "sem"]),
    }
}

fn found(draft: SummaryDraft) -> Vec<(String, &'static str)> {
    let violations = draft.parse(&family()).unwrap_err();
    violations.iter().map(|v| (v.field.clone(), v.rule)).collect()
}

fn expected(violations: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    violations.iter().map(|(field, rule)| ((*field).to_owned(), *rule)).collect()
}

#[test]
fn a_summary_becomes_parts_in_its_own_order() {
    let draft = SummaryDraft {
        sections: vec![section("s1", Category::ShelterAddress, &["yara"])],
        assessment: Some(assessment()),
        agreements: vec![agreement("a1")],
    };
    let parts = draft.parse(&family()).unwrap().parts();
    let names: Vec<_> = parts.iter().map(|p| (p.section_id.as_str(), p.category)).collect();
    assert_eq!(
        names,
        [
            ("s1", Category::ShelterAddress),
            ("assessment", Category::SafetyAssessment),
            ("a1", Category::SafetyAgreements),
        ]
    );
    assert_eq!(
        parts[1].text,
        "Zorgen\n- Ruzie over geld\n- Sem slaapt slecht\n\nKrachten\n- Oma helpt\n\n\
         Wensen\n- Rust in huis\n\nVeiligheidsschaal (0 tot 10)\n- cliënt yara: 4\n- professional: 4"
    );
    assert_eq!(
        parts[2].text,
        "Oma past op\nVerantwoordelijk: Oma\nUiterlijk: 2026-05-01\nStand: open\n\
         Van het gezin of het eigen netwerk"
    );
    // Yara's rating is in the text, so the assessment is about her too.
    assert_eq!(parts[1].about, [key("sem"), key("yara")]);
}

#[test]
fn an_empty_summary_is_refused() {
    assert_eq!(found(SummaryDraft::default()), expected(&[("summary.sections", "REQUIRED")]));
}

#[test]
fn everything_wrong_is_told_at_once_by_its_path() {
    let mut untitled = section("s 1", Category::Incident, &[]);
    untitled.title = String::new();
    let mut broken = agreement("s2");
    broken.due_date = "soon".to_owned();
    broken.status = 5;
    let draft = SummaryDraft {
        sections: vec![
            untitled,
            section("s2", Category::Identification, &["jan", "sem", "sem"]),
            section("identification", Category::Incident, &["sem"]),
        ],
        assessment: Some(AssessmentDraft {
            concerns: keys(&["goed", ""]),
            scales: vec![
                scale(RaterKind::Child, "", 11),
                scale(RaterKind::Network, "sem", -1),
                scale(RaterKind::Client, "jan", 0),
            ],
            ..AssessmentDraft::default()
        }),
        agreements: vec![broken],
    };
    assert_eq!(
        found(draft),
        expected(&[
            ("summary.sections[0].section_id", "PART_ID"),
            ("summary.sections[0].title", "REQUIRED"),
            ("summary.sections[0].about_person_keys", "REQUIRED"),
            ("summary.sections[1].category", "IDENTIFICATION_ADDED_BY_GATEWAY"),
            ("summary.sections[1].about_person_keys[0]", "UNKNOWN_PERSON"),
            ("summary.sections[1].about_person_keys[2]", "DUPLICATE"),
            ("summary.assessment.concerns[1]", "REQUIRED"),
            ("summary.assessment.scales[0].person_key", "REQUIRED"),
            ("summary.assessment.scales[0].value", "OUT_OF_RANGE"),
            ("summary.assessment.scales[1].person_key", "NOT_APPLICABLE"),
            ("summary.assessment.scales[1].value", "OUT_OF_RANGE"),
            ("summary.assessment.scales[2].person_key", "UNKNOWN_PERSON"),
            ("summary.assessment.about_person_keys", "REQUIRED"),
            ("summary.agreements[0].due_date", "DATE"),
            ("summary.agreements[0].status", "UNKNOWN_CODE"),
            ("summary.sections[2].section_id", "RESERVED"),
            ("summary.agreements[0].agreement_id", "DUPLICATE"),
        ])
    );
}

#[test]
fn a_hundred_sections_and_agreements_fit_and_no_more() {
    let of = |count: usize| SummaryDraft {
        sections: (0..count)
            .map(|n| section(&format!("s{n}"), Category::Incident, &["sem"]))
            .collect(),
        assessment: None,
        agreements: (0..count).map(|n| agreement(&format!("a{n}"))).collect(),
    };
    assert_eq!(of(100).parse(&family()).unwrap().parts().len(), 200);
    let too_many =
        expected(&[("summary.sections", "TOO_MANY"), ("summary.agreements", "TOO_MANY")]);
    assert_eq!(found(of(101)), too_many);
}

#[test]
fn an_assessment_lacks_what_it_lacks() {
    let of = |draft: AssessmentDraft| {
        let summary =
            SummaryDraft { assessment: Some(draft), ..SummaryDraft::default() }.parse(&family());
        summary.unwrap().assessment.unwrap().completeness()
    };
    assert_eq!(of(assessment()), Ok(()));
    let without_wishes = AssessmentDraft { wishes: vec![], ..assessment() };
    assert_eq!(of(without_wishes).unwrap_err().missing, [AssessmentList::Wishes]);
    let about_person_keys = keys(&["sem"]);
    let empty = AssessmentDraft { about_person_keys, ..AssessmentDraft::default() };
    assert_eq!(of(empty).unwrap_err().missing, AssessmentList::ALL);
}

fn noor() -> Part {
    let name = PersonName { family: "Testema".parse().unwrap(), given: "Noor".parse().unwrap() };
    identification_part(&key("noor"), &name, "2010-05-20".parse().unwrap())
}

#[test]
fn the_payload_value_is_these_bytes() {
    let part = |section_id: &str, about: &[&str]| Part {
        section_id: section_id.to_owned(),
        category: Category::ChildWellbeing,
        title: "Zoë".to_owned(),
        text: "één".to_owned(),
        about: about.iter().copied().map(key).collect(),
    };
    let released = [noor(), part("other", &["sem"]), part("s1", &["sem", "noor"])];
    assert_eq!(
        hex::encode(payload_value(&released, &key("noor"))),
        "0001000e6964656e74696669636174696f6e00046e6f6f720000001754657374656d617c4e6f6f727c\
         323031302d30352d3230\
         000800027331\
         00045a6fc3ab00000005c3a9c3a96e"
    );
    assert_eq!(payload_value(&released, &key("yara")), b"");
}

#[test]
fn a_stored_part_is_read_again_and_hides_itself() {
    let json = serde_json::to_string(&noor()).unwrap();
    assert_eq!(serde_json::from_str::<Part>(&json).unwrap(), noor());
    assert_eq!(format!("{:?}", noor()), "Part(…)");
    let mut long = serde_json::to_value(noor()).unwrap();
    long["title"] = "x".repeat(65_536).into();
    assert!(serde_json::from_value::<Part>(long).is_err());
}

const CATEGORIES: &[Category] =
    &[Category::Identification, Category::SafetyAssessment, Category::HealthMental];

fn any_key() -> impl Strategy<Value = PersonKey> {
    proptest::sample::select(vec!["yara", "ruben", "noor", "sem"]).prop_map(key)
}

fn any_parts() -> impl Strategy<Value = Vec<Part>> {
    let about = proptest::collection::btree_set(any_key(), 0..4);
    let part = (proptest::sample::select(CATEGORIES), about).prop_map(|(category, about)| Part {
        section_id: "s".to_owned(),
        category,
        title: String::new(),
        text: String::new(),
        about: about.into_iter().collect(),
    });
    let numbered = |(number, part): (usize, Part)| Part { section_id: number.to_string(), ..part };
    proptest::collection::vec(part, 0..8)
        .prop_map(move |parts| parts.into_iter().enumerate().map(numbered).collect())
}

fn any_permits() -> impl Strategy<Value = BTreeSet<(PersonKey, Category)>> {
    let permit = (any_key(), proptest::sample::select(CATEGORIES));
    proptest::collection::btree_set(permit, 0..12)
}

fn released(parts: &[Part], permits: &BTreeSet<(PersonKey, Category)>) -> View {
    view(parts, |person, category| permits.contains(&(person.clone(), category)))
}

proptest! {
    #[test]
    fn no_released_part_is_about_somebody_who_may_not_be_released_for_it(
        parts in any_parts(),
        permits in any_permits(),
    ) {
        for part in released(&parts, &permits).parts {
            prop_assert!(!part.about.is_empty());
            for person in part.about {
                prop_assert!(permits.contains(&(person, part.category)));
            }
        }
    }

    #[test]
    fn what_is_released_about_a_person_are_the_categories_of_the_released_parts(
        parts in any_parts(),
        permits in any_permits(),
        person in any_key(),
    ) {
        let released = released(&parts, &permits);
        for category in released.released_about(&person).iter() {
            let is_it = |part: &Part| part.category == category && part.about.contains(&person);
            prop_assert!(released.parts.iter().any(is_it));
        }
        for part in released.parts.iter().filter(|part| part.about.contains(&person)) {
            prop_assert!(released.released_about(&person).contains(part.category));
        }
    }

    #[test]
    fn a_further_permit_never_takes_a_part_away(
        parts in any_parts(),
        permits in any_permits(),
        further in any_permits(),
    ) {
        let more = released(&parts, &permits.union(&further).cloned().collect());
        for part in released(&parts, &permits).parts {
            prop_assert!(more.parts.contains(&part));
        }
    }

    #[test]
    fn every_part_is_released_or_counted(parts in any_parts(), permits in any_permits()) {
        let some = released(&parts, &permits);
        let redacted = usize::try_from(some.redacted_parts).unwrap();
        prop_assert_eq!(some.parts.len() + redacted, parts.len());
        let all = view(&parts, |_, _| true);
        let about_somebody = parts.into_iter().filter(|part| !part.about.is_empty());
        prop_assert_eq!(all.parts, about_somebody.collect::<Vec<_>>());
    }
}
