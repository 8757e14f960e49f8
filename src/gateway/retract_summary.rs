//! An author takes its summary back: nobody gets its versions so far any more, and whoever got one
//! is told. The version numbers go on; a new version can be published at once.
//!
//! The commit raises the version of the case's facts. A release that was decided before is decided
//! again and finds nothing, so once a retraction is answered no later entry discloses what it took
//! back.

use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, Oin};
use crate::domain::notice::NoticeContent;
use crate::domain::time::Timestamp;
use crate::store::{self, NewEntry, Placed, Tx};

use super::Gateway;
use super::call::{Call, Request};
use super::error::{Error, Result};
use super::notify::leave_notices;
use super::once::{Encode, Keep, Refusal, Work};
use super::publish_summary::{Revision, revision_of};

/// What the author is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retracted {
    /// The newest version that was taken back; all before it are too.
    pub revision: Revision,
    /// Organisations that got a notice.
    pub notice_count: usize,
}

impl Gateway {
    /// Takes back the caller's own summary of a case, up to its newest version.
    pub async fn retract_summary(
        &self,
        call: &Call,
        request: &Request,
        case_ref: &CaseRef,
        revision: u32,
        encode: Encode<Retracted>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let file = self.case_for(call, case_ref).await?;
        let event = EventCode::SummaryRetracted;
        let entries = self.case_entries(call, case_ref, &file.people, event, "RETRACTED")?;
        let mut tx = self.db().read().await?;
        let recipients = tx.summary_recipients(case_ref, call.oin()).await?;
        drop(tx);
        let work = Retract {
            case_ref: case_ref.clone(),
            author: call.oin().clone(),
            revision: i64::from(revision),
            now: call.now(),
            entries,
        };
        let answer = self.once(call, request, work, Keep::Plain, encode).await?.bytes()?;
        for (recipient,) in &recipients {
            self.wake().ring(recipient);
        }
        Ok(answer)
    }
}

struct Retract {
    case_ref: CaseRef,
    author: Oin,
    revision: i64,
    now: Timestamp,
    entries: Vec<NewEntry>,
}

impl Retract {
    /// Tells everybody who got a version of it. Read inside the commit, behind everything that was
    /// released before it.
    async fn notify(&self, tx: &mut Tx, idx: i64) -> store::Result<usize> {
        let corrupt = store::Error::Corrupt { table: "summaries", column: "revision" };
        let revision = u32::try_from(self.revision).or(Err(corrupt))?;
        let content = NoticeContent::SummaryRetracted { author_oin: self.author.clone(), revision };
        let recipients = tx.summary_recipients(&self.case_ref, &self.author).await?;
        let recipients: Vec<Oin> = recipients.into_iter().map(|(recipient,)| recipient).collect();
        leave_notices(tx, &recipients, (idx, &self.case_ref), &content, self.now).await
    }
}

impl Work for Retract {
    type Answer = Retracted;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let latest = tx.latest_revision(&self.case_ref, &self.author).await?;
        if latest.as_ref().map(|row| row.revision) != Some(self.revision) {
            return Ok(Err(Error::RevisionMismatch.into()));
        }
        if latest.is_some_and(|row| row.retracted_at.is_some()) {
            let sentence = "the summary was retracted before";
            return Ok(Err(Error::unmet("SUMMARY_PUBLISHED", sentence).into()));
        }
        tx.raise_facts_version(&self.case_ref).await?;
        tx.retract_revisions(&self.case_ref, &self.author, self.now).await?;
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Retracted> {
        let corrupt = store::Error::Corrupt { table: "summaries", column: "revision" };
        let Ok(idx) = i64::try_from(placed.first()) else { return Err(corrupt) };
        let notice_count = self.notify(tx, idx).await?;
        let row = tx.latest_revision(&self.case_ref, &self.author).await?;
        let Some(Ok(revision)) = row.as_ref().map(revision_of) else { return Err(corrupt) };
        Ok(Retracted { revision, notice_count })
    }
}
