//! The summary that is asked for: what a team knows of a family, in four sections.

use ketenpoort::grpc::pb::{Category, Summary, SummarySection};

use crate::family::PEOPLE;

/// Length of its texts together.
pub(crate) const TEXT_BYTES: usize = 2000;

const SECTIONS: [(&str, Category, &str); 4] = [
    ("concerns", Category::SafetyAssessment, "Zorgen"),
    ("strengths", Category::SafetyAssessment, "Krachten"),
    ("time-out", Category::SafetyAgreements, "Afspraak bij oplopende spanning"),
    ("safe-place", Category::SafetyAgreements, "Veilige plek"),
];

const TEXT: &str = "Ruzies over geld liepen drie keer uit op slaan. De kinderen gaan elke dag naar \
    school en vertellen daar hoe het gaat. Bij oplopende spanning gaat vader een uur naar zijn broer. \
    Moeder en kinderen kunnen altijd bij oma terecht. Elke week is er een gesprek met het hele gezin. ";

/// A summary of [`TEXT_BYTES`].
pub(crate) fn usual() -> Summary {
    of_size(TEXT_BYTES)
}

/// A summary whose texts together have at least so many bytes, each within the longest that a
/// section may have.
pub(crate) fn of_size(bytes: usize) -> Summary {
    let count = SECTIONS.len().max(bytes.div_ceil(SECTION_BYTES_MAX));
    let sections = SECTIONS.iter().cycle().take(count).enumerate();
    let length = bytes.div_ceil(count);
    Summary {
        sections: sections.map(|(index, kind)| section(index, *kind, length)).collect(),
        ..Summary::default()
    }
}

/// Length of the texts of a summary together.
pub(crate) fn bytes_of(summary: &Summary) -> u64 {
    let bytes: usize = summary.sections.iter().map(|section| section.text.len()).sum();
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// 20,000 characters, of which this text has one byte each.
const SECTION_BYTES_MAX: usize = 20_000;

fn section(
    index: usize,
    (name, category, title): (&str, Category, &str),
    length: usize,
) -> SummarySection {
    // White space at the end is cut off by the gateway.
    let text: String = TEXT.chars().cycle().take(length.saturating_sub(1)).chain(['.']).collect();
    SummarySection {
        section_id: format!("{name}-{index}"),
        category: category.into(),
        title: title.to_owned(),
        text,
        about_person_keys: PEOPLE.map(str::to_owned).into(),
    }
}
