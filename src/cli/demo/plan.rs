//! What the team writes down about the family: assessment, agreements, and the two summaries. All
//! invented, without a name.

use super::family::Member;
use crate::grpc::pb::plan_agreement::Status;
use crate::grpc::pb::{
    Category, PlanAgreement, RaterKind, SafetyAssessment, SafetyScale, Summary, SummarySection,
};

/// The agreement that is about the mother and the daughter only.
pub(super) const SAFE_PLACE: &str = "safe-place";
/// The agreement that is about the son only.
pub(super) const SCHOOL: &str = "school";

/// Signs of Safety: concerns, strengths, wishes, and how everybody rates.
pub(super) fn assessment() -> SafetyAssessment {
    let rating = |kind: RaterKind, member: Option<Member>, value| SafetyScale {
        rater_kind: kind.into(),
        person_key: member.map_or_else(String::new, |member| member.key().to_owned()),
        value,
    };
    SafetyAssessment {
        concerns: vec!["Ruzies over geld liepen drie keer uit op slaan.".to_owned()],
        strengths: vec![
            "De kinderen gaan elke dag naar school en vertellen daar hoe het gaat.".to_owned(),
        ],
        wishes: vec!["Een avond zonder ruzie.".to_owned(), "Weer samen eten.".to_owned()],
        scales: vec![
            rating(RaterKind::Client, Some(Member::Mother), 4),
            rating(RaterKind::Client, Some(Member::Father), 6),
            rating(RaterKind::Child, Some(Member::Daughter), 3),
            rating(RaterKind::Professional, None, 4),
        ],
        about_person_keys: keys(&Member::ALL),
    }
}

/// The agreements of the basic plan.
pub(super) fn agreements() -> Vec<PlanAgreement> {
    let agreement = |id: &str, text: &str, responsible: &str, about: &[Member]| PlanAgreement {
        agreement_id: id.to_owned(),
        text: text.to_owned(),
        responsible: responsible.to_owned(),
        due_date: "2026-06-01".to_owned(),
        status: Status::Open.into(),
        family_owned: true,
        about_person_keys: keys(about),
    };
    vec![
        agreement(
            "time-out",
            "Bij oplopende spanning gaat vader een uur naar zijn broer.",
            "vader",
            &[Member::Father],
        ),
        agreement(
            SAFE_PLACE,
            "Moeder en dochter kunnen altijd bij oma terecht.",
            "oma",
            &[Member::Mother, Member::Daughter],
        ),
        agreement(SCHOOL, "De juf belt thuis als zij zich zorgen maakt.", "school", &[Member::Son]),
        agreement("weekly", "Elke week een gesprek met het hele gezin.", "team", &Member::ALL),
    ]
}

/// What the Steunpunt wants its partners to know. More than any one of them may have.
pub(super) fn summary_of_steunpunt() -> Summary {
    Summary {
        sections: vec![
            section("therapy", Category::HealthMental, "Behandeling", &[Member::Father]),
            section("incident", Category::Incident, "Melding", &[Member::Mother, Member::Father]),
        ],
        assessment: Some(assessment()),
        agreements: agreements(),
    }
}

/// What mental health care wants its partners to know.
pub(super) fn summary_of_ggz() -> Summary {
    Summary {
        sections: vec![section("intake", Category::HealthMental, "Intake", &[Member::Father])],
        assessment: None,
        agreements: agreements(),
    }
}

fn section(id: &str, category: Category, title: &str, about: &[Member]) -> SummarySection {
    SummarySection {
        section_id: id.to_owned(),
        category: category.into(),
        title: title.to_owned(),
        text: "Zie het eigen dossier.".to_owned(),
        about_person_keys: keys(about),
    }
}

fn keys(members: &[Member]) -> Vec<String> {
    members.iter().map(|member| member.key().to_owned()).collect()
}
