//! A summary as it is stored. Only here its parts are opened, and only what the permits allow.

use std::collections::BTreeSet;

use crate::domain::category::{Categories, Category};
use crate::domain::consent::Consent;
use crate::domain::decision::Decision;
use crate::domain::id::Pseudonym;
use crate::domain::summary::Part;
use crate::gateway::call::Call;
use crate::gateway::case_file::{CaseFile, CasePersonFile, may_sit_in_team};
use crate::gateway::error::Result;
use crate::gateway::publish_summary::{category_of, open_part, subjects_of};
use crate::store::{PartRow, RevisionRow};

/// A summary as it is stored, with the case it belongs to. Of the summary nothing is opened yet.
pub(in crate::gateway) struct Stored {
    pub(in crate::gateway) file: CaseFile,
    pub(in crate::gateway) revision: RevisionRow,
    pub(in crate::gateway) parts: Vec<PartRow>,
    /// The newest version of every consent of the case, and what its people refused or took back in
    /// other cases.
    pub(in crate::gateway) consents: Vec<Consent>,
    /// About whom it is wanted; none: everybody it is about.
    pub(in crate::gateway) about: Option<BTreeSet<Pseudonym>>,
}

impl Stored {
    /// Whether a caller may know that it is there.
    pub(in crate::gateway) fn is_open_to(&self, call: &Call) -> bool {
        may_sit_in_team(call.role())
            && self.file.is_member(call.oin(), call.now())
            && self.revision.retracted_at.is_none()
    }

    /// Everybody the summary is about, in the order of the case.
    pub(in crate::gateway) fn people(&self) -> impl Iterator<Item = &CasePersonFile> {
        let subjects: BTreeSet<Pseudonym> = self.parts.iter().flat_map(subjects_of).collect();
        let is_wanted = |subject| self.about.as_ref().is_none_or(|about| about.contains(subject));
        let people = self.file.people.iter().filter(move |person| is_wanted(&person.subject));
        people.filter(move |person| subjects.contains(&person.subject))
    }

    /// The categories of what there is about a person.
    pub(in crate::gateway) fn present(&self, person: &CasePersonFile) -> Result<Categories> {
        let mut present = Categories::of(&[Category::Identification]);
        for part in &self.parts {
            if subjects_of(part).contains(&person.subject) {
                present = present.with(category_of(part)?);
            }
        }
        Ok(present)
    }
}

/// Opens the parts that everybody they are about has a permit for; nothing else is ever opened.
pub(in crate::gateway) fn permitted_parts(
    stored: &Stored,
    decision: &Decision,
) -> Result<Vec<Part>> {
    let covers = |subject: Pseudonym, category| {
        decision.permit(subject).is_some_and(|permit| permit.categories().contains(category))
    };
    let mut parts: Vec<Part> = stored
        .people()
        .filter(|person| covers(person.subject, Category::Identification))
        .map(|person| person.record.identification())
        .collect();
    for row in &stored.parts {
        let category = category_of(row)?;
        let subjects = subjects_of(row);
        if !subjects.is_empty() && subjects.iter().all(|subject| covers(*subject, category)) {
            parts.push(open_part(&stored.file, &stored.revision, row)?);
        }
    }
    Ok(parts)
}
