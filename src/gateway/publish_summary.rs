//! A member of a case publishes a version of its summary: parts, each of one category and sealed
//! under the keys of everybody it is about. A version never changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::category::{Categories, Category};
use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, Oin};
use crate::domain::summary::{AssessmentList, Part, SafetyAssessment, Summary, SummaryDraft};
use crate::domain::time::Timestamp;
use crate::store::{self, NewEntry, PartRow, Placed, RevisionRow, Tx};

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::CaseFile;
use super::error::{Error, Result, Unmet};
use super::keys::{combined, open_cell, seal_cell};
use super::once::{Encode, Keep, Refusal, Work};

/// One stored version, without content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Case.
    pub case_ref: CaseRef,
    /// Organisation that wrote it.
    pub author_oin: Oin,
    /// 1, 2, 3, ...
    pub revision: u32,
    /// Categories that are in it.
    pub categories: Categories,
    /// When it was published.
    pub published_at: Timestamp,
    /// When its author took it back.
    pub retracted_at: Option<Timestamp>,
    /// When its content was purged.
    pub content_purged_at: Option<Timestamp>,
}

/// Most versions in one page.
pub const PAGE_MAX: u32 = 500;

impl Gateway {
    /// Stores a new version of the caller's own summary.
    pub async fn publish_summary(
        &self,
        call: &Call,
        request: &Request,
        case_ref: &CaseRef,
        (draft, expected_revision): (SummaryDraft, u32),
        encode: Encode<Revision>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let file = self.case_worked_on_by(call, case_ref).await?;
        let keys: BTreeSet<_> = file.pseudonyms().into_keys().collect();
        let summary = draft.parse(&keys)?;
        complete(&summary)?;
        let parts = summary.parts();
        let revision = RevisionRow {
            case_ref: case_ref.clone(),
            author_oin: call.oin().clone(),
            revision: i64::from(expected_revision) + 1,
            categories: i64::from(categories_of(&parts).bits()),
            published_at: call.now(),
            published_by: call.actor.user_id.clone(),
            retracted_at: None,
            content_purged_at: None,
        };
        let mut rows = Vec::with_capacity(parts.len());
        for (position, part) in (0_i64..).zip(&parts) {
            rows.push(seal_part(&file, &revision, position, part)?);
        }
        let event = EventCode::SummarySent;
        let entries = self.case_entries(call, case_ref, &file.people, event, "PUBLISHED")?;
        let work = Publish { answer: revision_of(&revision)?, revision, rows, entries };
        self.once(call, request, work, Keep::Plain, encode).await?.bytes()
    }

    /// Versions of all summaries of a case, newest first.
    pub async fn summary_revisions(
        &self,
        call: &Call,
        case_ref: &CaseRef,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Revision>> {
        let file = self.case_for(call, case_ref).await?;
        let mut tx = self.db().read().await?;
        let rows = tx.revisions(file.case_ref(), skip, limit.min(PAGE_MAX)).await?;
        rows.iter().map(revision_of).collect()
    }
}

/// An assessment without concerns, strengths or wishes is not one (DOMAIN §1.2).
fn complete(summary: &Summary) -> Result<()> {
    let Some(Err(incomplete)) = summary.assessment.as_ref().map(SafetyAssessment::completeness)
    else {
        return Ok(());
    };
    let unmet = |list: &AssessmentList| Unmet {
        code: list.as_str(),
        description: "the assessment must hold concerns, strengths and wishes".to_owned(),
    };
    Err(Error::Precondition(incomplete.missing.iter().map(unmet).collect()))
}

fn categories_of(parts: &[Part]) -> Categories {
    parts.iter().fold(Categories::EMPTY, |all, part| all.with(part.category))
}

pub(super) fn revision_of(row: &RevisionRow) -> Result<Revision> {
    let corrupt =
        || Error::internal(store::Error::Corrupt { table: "summaries", column: "revision" });
    Ok(Revision {
        case_ref: row.case_ref.clone(),
        author_oin: row.author_oin.clone(),
        revision: u32::try_from(row.revision).map_err(|_too_large| corrupt())?,
        categories: u32::try_from(row.categories)
            .ok()
            .and_then(Categories::from_bits)
            .ok_or_else(corrupt)?,
        published_at: row.published_at,
        retracted_at: row.retracted_at,
        content_purged_at: row.content_purged_at,
    })
}

/// Names the sealed cell of a part.
fn cell(of: &RevisionRow, position: i64) -> Vec<u8> {
    format!("{}/{}/{}/{position}", of.case_ref, of.author_oin, of.revision).into_bytes()
}

fn seal_part(file: &CaseFile, of: &RevisionRow, position: i64, part: &Part) -> Result<PartRow> {
    let mut keys = Vec::with_capacity(part.about.len());
    let mut subjects = Vec::with_capacity(part.about.len() * 32);
    for key in &part.about {
        let person = file.person(key).ok_or_else(Error::hidden)?;
        keys.push(Arc::clone(&person.key));
        subjects.extend(person.subject.as_bytes());
    }
    let content = serde_json::to_vec(part).map_err(Error::internal)?;
    Ok(PartRow {
        position,
        category: i64::from(part.category.number()),
        subjects,
        content: seal_cell(&content, &combined(&keys)?, "summary_parts", &cell(of, position))?,
    })
}

/// Opens a part. The people it is about are those of the row, so nobody is left out.
pub(super) fn open_part(file: &CaseFile, of: &RevisionRow, row: &PartRow) -> Result<Part> {
    let mut keys = Vec::new();
    for subject in subjects_of(row) {
        let person = file.person_of(subject).ok_or_else(Error::hidden)?;
        keys.push(Arc::clone(&person.key));
    }
    let name = cell(of, row.position);
    let content = open_cell(&row.content, &combined(&keys)?, "summary_parts", &name)?;
    serde_json::from_slice(&content).map_err(Error::internal)
}

/// Whom a stored part is about.
pub(super) fn subjects_of(row: &PartRow) -> Vec<crate::domain::id::Pseudonym> {
    row.subjects
        .chunks(32)
        .filter_map(|bytes| bytes.try_into().ok())
        .map(crate::domain::id::Pseudonym::new)
        .collect()
}

/// The category of a stored part.
pub(super) fn category_of(row: &PartRow) -> Result<Category> {
    super::case_file::code(row.category, Category::from_number)
}

struct Publish {
    revision: RevisionRow,
    rows: Vec<PartRow>,
    answer: Revision,
    entries: Vec<NewEntry>,
}

impl Work for Publish {
    type Answer = Revision;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let of = &self.revision;
        let latest = tx.latest_revision(&of.case_ref, &of.author_oin).await?;
        if latest.map_or(0, |row| row.revision) + 1 != of.revision {
            return Ok(Err(Error::RevisionMismatch.into()));
        }
        match tx.insert_revision(of, &self.rows).await {
            Ok(()) => Ok(Ok(self.entries.clone())),
            Err(store::Error::Conflict) => Ok(Err(Error::RevisionMismatch.into())),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<Revision> {
        Ok(self.answer.clone())
    }
}
