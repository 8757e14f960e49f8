//! What is done inside the commit when a consent comes into another state.

use crate::domain::id::NoticeId;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::gateway::once::{Refusal, Work};
use crate::store::{self, ConsentRow, NewEntry, NoticeKind, NoticeRow, Placed, Tx};
use crate::vault::random;

use super::{ConsentRecorded, ConsentView};

/// A consent comes into another state; who received data under it is told.
pub(super) struct ChangeConsent {
    pub(super) row: ConsentRow,
    pub(super) entry: NewEntry,
    pub(super) view: ConsentView,
    pub(super) withdrawn: bool,
    pub(super) now: Timestamp,
}

impl ChangeConsent {
    async fn notify(&self, tx: &mut Tx, idx: i64) -> store::Result<usize> {
        if !self.withdrawn {
            return Ok(0);
        }
        let recipients = tx.consent_recipients(self.row.consent_id).await?;
        for (recipient,) in &recipients {
            let id = random::uuid_v4()
                .or(Err(store::Error::UnsafeSetting("no randomness".to_owned())))?;
            tx.insert_notice(NoticeRow {
                recipient_oin: recipient.clone(),
                idx,
                notice_id: NoticeId::new(id),
                kind: NoticeKind::ConsentWithdrawn,
                case_ref: self.row.case_ref.clone(),
                consent_id: Some(self.row.consent_id),
                subject: Some(self.row.subject),
                author_oin: None,
                revision: None,
                effective_at: self.now,
            })
            .await?;
        }
        Ok(recipients.len())
    }
}

impl Work for ChangeConsent {
    type Answer = ConsentRecorded;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        tx.raise_facts_version(&self.row.case_ref).await?;
        match tx.insert_consent(&self.row).await {
            Ok(()) => Ok(Ok(vec![self.entry.clone()])),
            // Another version came first: look at the consent again.
            Err(store::Error::Conflict) => Ok(Err(Refusal::Stale)),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<ConsentRecorded> {
        let idx = i64::try_from(placed.first())
            .or(Err(store::Error::Corrupt { table: "log_state", column: "size" }))?;
        let notice_count = self.notify(tx, idx).await?;
        let entry = Gateway::entry_receipt(tx, placed, 0, None).await?;
        Ok(ConsentRecorded { view: self.view.clone(), entry, notice_count })
    }
}
