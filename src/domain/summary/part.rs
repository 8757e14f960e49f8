//! The uniform form in which a summary is stored, sealed, released and committed to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{IDENTIFICATION_ID, Summary, SummarySection};
use crate::domain::category::Category;
use crate::domain::id::PersonKey;
use crate::domain::person::PersonName;
use crate::domain::time::Date;

/// A part of a summary.
///
/// Only [`Summary::parts`], [`identification_part`] and reading a stored part make one; they keep
/// every text within the length prefixes of [`payload_value`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredPart")]
pub struct Part {
    /// Name within the summary.
    pub section_id: String,
    /// What kind of data it is.
    pub category: Category,
    /// Heading.
    pub title: String,
    /// Text.
    pub text: String,
    /// Whom it is about. A part about nobody is never released.
    pub about: Vec<PersonKey>,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Part(…)")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPart {
    section_id: String,
    category: Category,
    title: String,
    text: String,
    about: Vec<PersonKey>,
}

/// A stored part with a text that no summary can hold.
#[derive(Debug, thiserror::Error)]
#[error("a text is too long for a part")]
struct TooLong;

impl TryFrom<StoredPart> for Part {
    type Error = TooLong;
    fn try_from(stored: StoredPart) -> Result<Self, TooLong> {
        let StoredPart { section_id, category, title, text, about } = stored;
        let fits = u16::try_from(section_id.len()).is_ok()
            && u16::try_from(title.len()).is_ok()
            && u32::try_from(text.len()).is_ok();
        if fits { Ok(Self { section_id, category, title, text, about }) } else { Err(TooLong) }
    }
}

impl From<&SummarySection> for Part {
    fn from(section: &SummarySection) -> Self {
        Self {
            section_id: section.section_id.as_str().to_owned(),
            category: section.category,
            title: section.title.as_str().to_owned(),
            text: section.text.as_str().to_owned(),
            about: section.about.iter().cloned().collect(),
        }
    }
}

impl Summary {
    /// The parts in their order: sections, assessment, agreements.
    pub fn parts(&self) -> Vec<Part> {
        let sections = self.sections.iter().map(Part::from);
        let assessment = self.assessment.iter().map(super::SafetyAssessment::part);
        let agreements = self.agreements.iter().map(super::PlanAgreement::part);
        sections.chain(assessment).chain(agreements).collect()
    }
}

/// The part that says who a person is. The gateway adds it from the case: people retype names
/// wrongly.
pub fn identification_part(key: &PersonKey, name: &PersonName, birth_date: Date) -> Part {
    Part {
        section_id: IDENTIFICATION_ID.to_owned(),
        category: Category::Identification,
        title: key.as_str().to_owned(),
        text: format!("{}|{}|{birth_date}", name.family.as_str(), name.given.as_str()),
        about: vec![key.clone()],
    }
}

/// The bytes that the payload commitment of the entry about `person` opens with: every part of
/// `released` that is about the person, in order. For each part: u16 category, u16 length and
/// bytes of the name, u16 length and bytes of the heading, u32 length and bytes of the text;
/// big-endian, UTF-8.
pub fn payload_value(released: &[Part], person: &PersonKey) -> Vec<u8> {
    let mut value = Vec::new();
    for part in released.iter().filter(|part| part.about.contains(person)) {
        value.extend(part.category.number().to_be_bytes());
        put_short(&mut value, &part.section_id);
        put_short(&mut value, &part.title);
        put_long(&mut value, &part.text);
    }
    value
}

fn put_short(value: &mut Vec<u8>, text: &str) {
    let len = u16::try_from(text.len()).expect("a part's name and heading have less than 64 KiB");
    value.extend(len.to_be_bytes());
    value.extend(text.as_bytes());
}

fn put_long(value: &mut Vec<u8>, text: &str) {
    let len = u32::try_from(text.len()).expect("a part's text has less than 4 GiB");
    value.extend(len.to_be_bytes());
    value.extend(text.as_bytes());
}
