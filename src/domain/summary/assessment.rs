//! The Signs of Safety assessment: concerns, strengths, wishes, and the safety scale
//! (DOMAIN §1.2).

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::draft::{read_about, read_list, read_person};
use super::{ASSESSMENT_ID, ASSESSMENT_ITEMS_MAX, Part};
use crate::domain::category::Category;
use crate::domain::code::codes;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::id::PersonKey;
use crate::domain::text::Prose;

codes! {
    /// Who gave a rating.
    pub enum RaterKind {
        /// Client.
        Client = 1, "CLIENT";
        /// Child.
        Child = 2, "CHILD";
        /// Somebody of the family's own network.
        Network = 3, "NETWORK";
        /// Professional.
        Professional = 4, "PROFESSIONAL";
    }
}

codes! {
    /// The three lists without which an assessment is none.
    pub enum AssessmentList {
        /// What worries.
        Concerns = 1, "CONCERNS";
        /// What goes well.
        Strengths = 2, "STRENGTHS";
        /// What those involved wish.
        Wishes = 3, "WISHES";
    }
}

/// Safe enough to close; 0 is violence certain to recur.
pub const SCALE_MAX: u8 = 10;

/// A Signs of Safety assessment. May be incomplete; [`Self::completeness`] tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafetyAssessment {
    /// What worries.
    pub concerns: Vec<Prose<2000>>,
    /// What goes well.
    pub strengths: Vec<Prose<2000>>,
    /// What those involved wish.
    pub wishes: Vec<Prose<2000>>,
    /// Ratings.
    pub scales: Vec<SafetyScale>,
    /// Whom it is about; at least one person.
    pub about: BTreeSet<PersonKey>,
}

/// A rating on the safety scale, 0 to [`SCALE_MAX`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafetyScale {
    /// Who rates.
    pub rater_kind: RaterKind,
    /// Which person of the case rates: a client or child, never the network or a professional.
    pub person_key: Option<PersonKey>,
    /// The rating.
    pub value: u8,
}

impl SafetyScale {
    /// Who rates: a person of the case, or the network or the professionals with one voice.
    pub fn rater(&self) -> (RaterKind, Option<&PersonKey>) {
        (self.rater_kind, self.person_key.as_ref())
    }
}

impl fmt::Debug for SafetyScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SafetyScale(…)")
    }
}

/// An assessment that lacks one of its lists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an assessment must contain concerns, strengths and wishes")]
pub struct AssessmentIncomplete {
    /// The lists without an entry.
    pub missing: Vec<AssessmentList>,
}

impl SafetyAssessment {
    /// Whether there are concerns, strengths and wishes (DOMAIN §1.2: strengths next to concerns).
    pub fn completeness(&self) -> Result<(), AssessmentIncomplete> {
        let missing: Vec<_> = AssessmentList::ALL
            .iter()
            .copied()
            .filter(|list| self.entries(*list).is_empty())
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(AssessmentIncomplete { missing }) }
    }

    fn entries(&self, list: AssessmentList) -> &[Prose<2000>] {
        match list {
            AssessmentList::Concerns => &self.concerns,
            AssessmentList::Strengths => &self.strengths,
            AssessmentList::Wishes => &self.wishes,
        }
    }

    /// The one part it becomes. A rating tells about the person who gave it, so the part is about
    /// the raters too.
    pub(super) fn part(&self) -> Part {
        let raters = self.scales.iter().filter_map(|scale| scale.person_key.clone());
        Part {
            section_id: ASSESSMENT_ID.to_owned(),
            category: Category::SafetyAssessment,
            title: "Veiligheidstaxatie".to_owned(),
            text: self.to_text(),
            about: raters
                .chain(self.about.iter().cloned())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        }
    }

    /// Paragraphs with a heading each, in the language of the region.
    fn to_text(&self) -> String {
        let lists = AssessmentList::ALL.iter().filter_map(|list| {
            let entries = self.entries(*list).iter().map(|text| text.as_str().to_owned());
            paragraph(heading(*list), entries)
        });
        let scales = paragraph("Veiligheidsschaal (0 tot 10)", self.scales.iter().map(line));
        lists.chain(scales).collect::<Vec<_>>().join("\n\n")
    }
}

fn heading(list: AssessmentList) -> &'static str {
    match list {
        AssessmentList::Concerns => "Zorgen",
        AssessmentList::Strengths => "Krachten",
        AssessmentList::Wishes => "Wensen",
    }
}

fn paragraph(heading: &str, entries: impl Iterator<Item = String>) -> Option<String> {
    let mut text = heading.to_owned();
    for entry in entries {
        text.push_str("\n- ");
        text.push_str(&entry);
    }
    (text.len() > heading.len()).then_some(text)
}

fn line(scale: &SafetyScale) -> String {
    let mut line = match scale.rater_kind {
        RaterKind::Client => "cliënt",
        RaterKind::Child => "kind",
        RaterKind::Network => "netwerk",
        RaterKind::Professional => "professional",
    }
    .to_owned();
    if let Some(key) = &scale.person_key {
        line.push(' ');
        line.push_str(key.as_str());
    }
    write!(line, ": {}", scale.value).expect("writing into a string does not fail");
    line
}

/// A [`SafetyAssessment`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct AssessmentDraft {
    pub concerns: Vec<String>,
    pub strengths: Vec<String>,
    pub wishes: Vec<String>,
    pub scales: Vec<ScaleDraft>,
    pub about_person_keys: Vec<String>,
}

/// A [`SafetyScale`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct ScaleDraft {
    pub rater_kind: i32,
    pub person_key: String,
    pub value: i32,
}

impl fmt::Debug for AssessmentDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssessmentDraft(…)")
    }
}

impl fmt::Debug for ScaleDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScaleDraft(…)")
    }
}

impl AssessmentDraft {
    pub(in crate::domain) fn read(
        &self,
        fields: &mut Fields<'_>,
        persons: &BTreeSet<PersonKey>,
    ) -> Reading<SafetyAssessment> {
        let concerns = read_texts(fields, "concerns", &self.concerns);
        let strengths = read_texts(fields, "strengths", &self.strengths);
        let wishes = read_texts(fields, "wishes", &self.wishes);
        let scales = read_scales(fields, &self.scales, persons);
        let about = read_about(fields, &self.about_person_keys, persons);
        Ok(SafetyAssessment {
            concerns: concerns?,
            strengths: strengths?,
            wishes: wishes?,
            scales: scales?,
            about: about?,
        })
    }
}

impl ScaleDraft {
    fn read(&self, fields: &mut Fields<'_>, persons: &BTreeSet<PersonKey>) -> Reading<SafetyScale> {
        let rater_kind = fields.code("rater_kind", self.rater_kind, RaterKind::from_number);
        let person_key = match rater_kind {
            Ok(RaterKind::Client | RaterKind::Child) => {
                read_person(fields, "person_key", &self.person_key, persons).map(Some)
            }
            Ok(RaterKind::Network | RaterKind::Professional) => {
                let is_absent = self.person_key.is_empty();
                fields.absent(is_absent, "person_key", "is for a client or child only");
                Ok(None)
            }
            Err(Noted) => Err(Noted),
        };
        let value = u8::try_from(self.value).ok().filter(|value| *value <= SCALE_MAX);
        let value = value.ok_or_else(|| {
            fields.wrong("value", "OUT_OF_RANGE", format!("must be 0 to {SCALE_MAX}"))
        });
        Ok(SafetyScale { rater_kind: rater_kind?, person_key: person_key?, value: value? })
    }
}

/// The ratings in the field of that name, at most one of each rater.
pub(in crate::domain) fn read_scales(
    fields: &mut Fields<'_>,
    drafts: &[ScaleDraft],
    persons: &BTreeSet<PersonKey>,
) -> Reading<Vec<SafetyScale>> {
    let scales = read_list(fields, "scales", drafts, ASSESSMENT_ITEMS_MAX, |draft, fields| {
        draft.read(fields, persons)
    })?;
    let mut raters = BTreeSet::new();
    for (index, scale) in scales.iter().enumerate() {
        let is_new = raters.insert(scale.rater());
        let words = "is given for the same rater twice";
        fields.item("scales", index).require(is_new, "rater_kind", "DUPLICATE", words);
    }
    Ok(scales)
}

fn read_texts(fields: &mut Fields<'_>, name: &str, texts: &[String]) -> Reading<Vec<Prose<2000>>> {
    fields.at_most(name, texts.len(), ASSESSMENT_ITEMS_MAX);
    let mut read = Vec::new();
    for (index, text) in texts.iter().take(ASSESSMENT_ITEMS_MAX).enumerate() {
        read.extend(fields.text(&format!("{name}[{index}]"), text));
    }
    // Fewer than were sent: something above was noted.
    if read.len() == texts.len() { Ok(read) } else { Err(Noted) }
}
