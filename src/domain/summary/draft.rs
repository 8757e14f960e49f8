//! A summary as the message carries it, and the way in: [`SummaryDraft::parse`].

use std::collections::BTreeSet;
use std::fmt;

use super::{
    AGREEMENTS_MAX, AgreementDraft, AssessmentDraft, PartId, SECTIONS_MAX, Summary, SummarySection,
    read_agreements,
};
use crate::domain::category::Category;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::id::PersonKey;
use crate::domain::referral::PERSONS_MAX;
use crate::domain::violation::Violations;

/// A [`Summary`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct SummaryDraft {
    pub sections: Vec<SectionDraft>,
    pub assessment: Option<AssessmentDraft>,
    pub agreements: Vec<AgreementDraft>,
}

/// A [`SummarySection`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct SectionDraft {
    pub section_id: String,
    pub category: i32,
    pub title: String,
    pub text: String,
    pub about_person_keys: Vec<String>,
}

impl fmt::Debug for SummaryDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SummaryDraft(…)")
    }
}

impl fmt::Debug for SectionDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SectionDraft(…)")
    }
}

impl SummaryDraft {
    /// The summary, or everything that is wrong with it. `persons` are the people of the case.
    ///
    /// Whether an assessment is complete is no rule of the message:
    /// [`SafetyAssessment::completeness`](super::SafetyAssessment::completeness) tells.
    pub fn parse(self, persons: &BTreeSet<PersonKey>) -> Result<Summary, Violations> {
        let mut violations = Violations::new();
        match self.read(&mut Fields::new("summary", &mut violations), persons) {
            Ok(summary) => violations.into_result(summary),
            Err(Noted) => Err(violations),
        }
    }

    fn read(&self, fields: &mut Fields<'_>, persons: &BTreeSet<PersonKey>) -> Reading<Summary> {
        fields.require(
            !self.sections.is_empty() || self.assessment.is_some() || !self.agreements.is_empty(),
            "sections",
            "REQUIRED",
            "must hold a section, unless an assessment or agreements are given",
        );
        let sections = self.read_sections(fields, persons);
        let assessment = self
            .assessment
            .as_ref()
            .map(|draft| draft.read(&mut fields.message("assessment"), persons))
            .transpose();
        let agreements = read_agreements(fields, &self.agreements, persons);
        self.check_ids(fields);
        Ok(Summary { sections: sections?, assessment: assessment?, agreements: agreements? })
    }

    fn read_sections(
        &self,
        fields: &mut Fields<'_>,
        persons: &BTreeSet<PersonKey>,
    ) -> Reading<Vec<SummarySection>> {
        read_list(fields, "sections", &self.sections, SECTIONS_MAX, |draft, fields| {
            draft.read(fields, persons)
        })
    }

    /// Sections and agreements share one space of names: both become parts.
    fn check_ids(&self, fields: &mut Fields<'_>) {
        let sections = self.sections.iter().take(SECTIONS_MAX).map(|section| &section.section_id);
        let agreements = self.agreements.iter().take(AGREEMENTS_MAX).map(|a| &a.agreement_id);
        let named = sections
            .enumerate()
            .map(|(index, id)| ("sections", index, "section_id", id))
            .chain(agreements.enumerate().map(|(i, id)| ("agreements", i, "agreement_id", id)));
        let mut ids = BTreeSet::new();
        for (list, index, name, id) in named {
            // What is no name at all was noted where it was read.
            let Ok(id) = id.parse::<PartId>() else { continue };
            let mut fields = fields.item(list, index);
            fields.require(!id.is_reserved(), name, "RESERVED", "is a name the gateway gives");
            fields.require(ids.insert(id), name, "DUPLICATE", "is given twice");
        }
    }
}

impl SectionDraft {
    fn read(
        &self,
        fields: &mut Fields<'_>,
        persons: &BTreeSet<PersonKey>,
    ) -> Reading<SummarySection> {
        let section_id = fields.text("section_id", &self.section_id);
        let category = self.read_category(fields);
        let title = fields.text("title", &self.title);
        let text = fields.text("text", &self.text);
        let about = read_about(fields, &self.about_person_keys, persons);
        Ok(SummarySection {
            section_id: section_id?,
            category: category?,
            title: title?,
            text: text?,
            about: about?,
        })
    }

    fn read_category(&self, fields: &mut Fields<'_>) -> Reading<Category> {
        let category = fields.code("category", self.category, Category::from_number)?;
        fields.require(
            category != Category::Identification,
            "category",
            "IDENTIFICATION_ADDED_BY_GATEWAY",
            "must not be IDENTIFICATION: the gateway adds it from the case",
        );
        Ok(category)
    }
}

/// The people something is about: at least one, each of them known.
pub(super) fn read_about(
    fields: &mut Fields<'_>,
    keys: &[String],
    persons: &BTreeSet<PersonKey>,
) -> Reading<BTreeSet<PersonKey>> {
    fields.given("about_person_keys", keys.first())?;
    fields.set("about_person_keys", keys, PERSONS_MAX, |fields, name, key| {
        read_person(fields, name, key, persons)
    })
}

/// A person of the case.
pub(super) fn read_person(
    fields: &mut Fields<'_>,
    name: &str,
    key: &str,
    persons: &BTreeSet<PersonKey>,
) -> Reading<PersonKey> {
    let key: PersonKey = fields.text(name, key)?;
    if persons.contains(&key) {
        Ok(key)
    } else {
        Err(fields.wrong(name, "UNKNOWN_PERSON", "must be a person of the case"))
    }
}

/// A list of messages. At most `max` are read, so that a hostile message costs no more than that.
pub(super) fn read_list<R, T>(
    fields: &mut Fields<'_>,
    name: &str,
    drafts: &[R],
    max: usize,
    read: impl Fn(&R, &mut Fields<'_>) -> Reading<T>,
) -> Reading<Vec<T>> {
    fields.at_most(name, drafts.len(), max);
    let mut values = Vec::new();
    for (index, draft) in drafts.iter().take(max).enumerate() {
        values.extend(read(draft, &mut fields.item(name, index)));
    }
    // Fewer than were sent: something above was noted.
    if values.len() == drafts.len() { Ok(values) } else { Err(Noted) }
}
