//! Which fields of a request are about a person, so that their values never stand in a command line.
//!
//! Whoever is logged in on a machine sees the command lines of all, and a shell keeps them.

/// Fields that hold a pseudonym, a name or a date of birth of a person, or free text about one. The list
/// is closed: a test asks of every other text of the officers' calls whether it is about nobody.
const FIELDS: [&str; 18] = [
    "alternatives_tried",
    "answer",
    "birth_date",
    "family_name",
    "given_names",
    "gravity_text",
    "grounds",
    "information",
    "minimality_text",
    "motivation",
    "nature",
    "necessity_text",
    "objection_motivation",
    "question",
    "situation",
    "subject_pseudonym",
    "subject_pseudonyms",
    "withhold_reporter_motivation",
];

/// What is said of a flag whose value may not be typed.
pub(super) const RULE: &str = "is about a person, so it is taken from a file (@FILE) or from standard input (@-) only: \
                               others see command lines";

/// Whether a field of this name is about a person.
pub(super) fn is_personal(field: &str) -> bool {
    FIELDS.contains(&field)
}
