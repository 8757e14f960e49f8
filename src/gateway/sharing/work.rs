//! What is done inside the commit of a giving: the facts are looked at once more; share, review and notice
//! are kept with the entries.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::consent::ConsentRef;
use crate::domain::deadline::DeadlineKind;
use crate::domain::decision::Decision;
use crate::domain::id::PersonKey;
use crate::domain::notice::NoticeContent;
use crate::domain::time::{Date, Timestamp};
use crate::gateway::Gateway;
use crate::gateway::notify::leave_notices;
use crate::gateway::once::{Refusal, Work};
use crate::gateway::reviews::open_review;
use crate::store::{self, DeadlineRow, Needs, NewEntry, Placed, ReviewRow, ShareRow, Tx};

use super::Given;

/// A summary is given to one organisation.
pub(super) struct Give {
    pub(super) now: Timestamp,
    pub(super) facts_version: i64,
    pub(super) share: ShareRow,
    /// The day on which those concerned will be told of the emergency.
    pub(super) tell_by: Option<Date>,
    /// Gets its place in the ledger in the commit.
    pub(super) review: Option<ReviewRow>,
    pub(super) notice: NoticeContent,
    pub(super) entries: Vec<NewEntry>,
    pub(super) opens: Vec<Option<(PersonKey, [u8; 32])>>,
    /// How many entries that declare an emergency come first.
    pub(super) offset: usize,
    /// The entry that relies on a consent, after those.
    pub(super) uses: BTreeMap<ConsentRef, usize>,
    pub(super) decision: Arc<Decision>,
}

impl Work for Give {
    type Answer = Given;

    fn needs(&self) -> Needs {
        Needs { cases: vec![self.share.case_ref.clone()], ..Needs::default() }
    }

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let facts = tx.facts_version(&self.share.case_ref).await?;
        if facts != Some(self.facts_version) {
            return Ok(Err(Refusal::Stale));
        }
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Given> {
        let corrupt = || store::Error::Corrupt { table: "log_state", column: "size" };
        let index = |offset: usize| {
            let index = usize::try_from(placed.first()).ok()?.checked_add(offset)?;
            i64::try_from(index).ok()
        };
        let recipient = &self.share.recipient_oin;
        for (consent, offset) in &self.uses {
            let idx = index(self.offset + offset).ok_or_else(corrupt)?;
            tx.record_consent_use(consent.consent_id, recipient, idx).await?;
        }
        tx.insert_share(&self.share).await?;
        if let Some(day) = self.tell_by {
            tx.open_deadline(&informing(&self.share, day)).await?;
        }
        if let Some(review) = &self.review {
            let idx = index(0).ok_or_else(corrupt)?;
            open_review(tx, &ReviewRow { idx, ..review.clone() }).await?;
        }
        let place = (index(self.offset).ok_or_else(corrupt)?, &self.share.case_ref);
        let recipients = std::slice::from_ref(recipient);
        leave_notices(tx, recipients, place, &self.notice, self.now).await?;
        let mut entries = Vec::with_capacity(self.entries.len());
        for (offset, opens) in self.opens.iter().enumerate() {
            entries.push(Gateway::entry_receipt(tx, placed, offset, opens.clone()).await?);
        }
        Ok(Given {
            share_id: self.share.share_id,
            expires_at: self.share.expires_at,
            decision: Arc::clone(&self.decision),
            entries,
            review: self.review.as_ref().map(|review| (review.review_id, review.due_at)),
        })
    }
}

/// The last day to tell those concerned does not pass in silence.
fn informing(share: &ShareRow, day: Date) -> DeadlineRow {
    let (kind, about) = (DeadlineKind::InformClient, share.share_id);
    let term = (share.shared_at, day.end());
    DeadlineRow {
        case_ref: Some(share.case_ref.clone()),
        subjects: share.subjects.clone(),
        ..DeadlineRow::starting(kind, about.as_bytes(), &share.author_oin, term)
    }
}
