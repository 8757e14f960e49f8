//! What organisations write in the month: assessments, agreements, summaries, and why they act. Without a
//! name.

use super::household::Household;
use crate::grpc::pb::plan_agreement::Status;
use crate::grpc::pb::{
    Category, PlanAgreement, RaterKind, SafetyAssessment, SafetyScale, Summary, SummarySection,
};

/// What households worry about, are good at and wish, in turn.
const CONCERNS: [&str; 4] = [
    "Ruzies lopen 's avonds uit de hand.",
    "Er is weinig geld en daar gaat veel ruzie over.",
    "De kinderen slapen slecht na wat zij hebben gehoord.",
    "Er wordt gedreigd met een vertrek zonder de kinderen.",
];
const STRENGTHS: [&str; 4] = [
    "Een tante komt elke week langs.",
    "Beide ouders willen hulp.",
    "De kinderen gaan elke dag naar school.",
    "De buren weten ervan en letten op.",
];
const WISHES: [&str; 4] = [
    "Rust aan tafel.",
    "Dat de kinderen zich veilig voelen.",
    "Weer normaal met elkaar praten.",
    "Een eigen plek om af te koelen.",
];

/// The summary of the Steunpunt, with more in it than a partner may have.
pub(super) fn of_steunpunt(household: &Household, number: usize, due_date: &str) -> Summary {
    let section = |id: &str, category: Category, title: &str, about: Vec<String>| SummarySection {
        section_id: id.to_owned(),
        category: category.into(),
        title: title.to_owned(),
        text: "Zie het eigen dossier.".to_owned(),
        about_person_keys: about,
    };
    Summary {
        sections: vec![
            section("incident", Category::Incident, "Melding", household.keys()),
            section("care", Category::HealthMental, "Behandeling", vec!["mother".to_owned()]),
        ],
        assessment: Some(assessment(household, number)),
        agreements: agreements(household, due_date),
    }
}

/// The summary of mental health care.
pub(super) fn of_ggz(household: &Household, due_date: &str) -> Summary {
    let intake = SummarySection {
        section_id: "intake".to_owned(),
        category: Category::HealthMental.into(),
        title: "Intake".to_owned(),
        text: "Zie het eigen dossier.".to_owned(),
        about_person_keys: vec!["mother".to_owned()],
    };
    Summary {
        sections: vec![intake],
        assessment: None,
        agreements: agreements(household, due_date),
    }
}

fn assessment(household: &Household, number: usize) -> SafetyAssessment {
    let said = |all: [&str; 4]| all.get(number % 4).map(|one| (*one).to_owned());
    let rating = |kind: RaterKind, key: &str, value| SafetyScale {
        rater_kind: kind.into(),
        person_key: key.to_owned(),
        value,
    };
    let value = 3 + i32::try_from(number % 4).unwrap_or(0);
    SafetyAssessment {
        concerns: said(CONCERNS).into_iter().collect(),
        strengths: said(STRENGTHS).into_iter().collect(),
        wishes: said(WISHES).into_iter().collect(),
        scales: vec![
            rating(RaterKind::Client, "mother", value),
            rating(RaterKind::Professional, "", value - 1),
        ],
        about_person_keys: household.keys(),
    }
}

/// One agreement for everybody, one for the mother, and one for each child.
fn agreements(household: &Household, due_date: &str) -> Vec<PlanAgreement> {
    let agreement = |id: String, text: &str, responsible: &str, about: Vec<String>| PlanAgreement {
        agreement_id: id,
        text: text.to_owned(),
        responsible: responsible.to_owned(),
        due_date: due_date.to_owned(),
        status: Status::Open.into(),
        family_owned: true,
        about_person_keys: about,
    };
    let mut all = vec![
        agreement(
            "weekly".to_owned(),
            "Elke week een gesprek met het team.",
            "team",
            household.keys(),
        ),
        agreement(
            "safe-place".to_owned(),
            "Bij spanning kan zij naar haar zus.",
            "zus",
            vec!["mother".to_owned()],
        ),
    ];
    all.extend(household.children().into_iter().map(|child| {
        let id = format!("school-{child}");
        agreement(id, "School belt bij zorgen.", "school", vec![child])
    }));
    all
}
