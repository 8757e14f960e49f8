//! What is done inside the commit when a consent comes into another state.

use crate::domain::id::Oin;
use crate::domain::notice::NoticeContent;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::gateway::notify::leave_notices;
use crate::gateway::once::{Refusal, Work};
use crate::store::{self, ConsentRow, NewEntry, Placed, Tx};

use super::{ConsentRecorded, ConsentView};

/// A consent comes into another state; who received data under it is told.
pub(super) struct ChangeConsent {
    pub(super) row: ConsentRow,
    pub(super) entry: NewEntry,
    pub(super) view: ConsentView,
    pub(super) withdrawn: bool,
    /// Version of the case's facts that it was decided on, where another one means deciding again.
    pub(super) decided_on: Option<i64>,
    pub(super) now: Timestamp,
}

impl ChangeConsent {
    async fn notify(&self, tx: &mut Tx, idx: i64) -> store::Result<usize> {
        if !self.withdrawn {
            return Ok(0);
        }
        let content = NoticeContent::ConsentWithdrawn {
            consent_id: self.row.consent_id,
            subject: self.row.subject,
        };
        let recipients = tx.consent_recipients(self.row.consent_id).await?;
        let recipients: Vec<Oin> = recipients.into_iter().map(|(recipient,)| recipient).collect();
        leave_notices(tx, &recipients, (idx, &self.row.case_ref), &content, self.now).await
    }
}

impl Work for ChangeConsent {
    type Answer = ConsentRecorded;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        // A no counts in every case of the person, and ends there with a later yes.
        let before = tx.raise_facts_of(&self.row.case_ref, self.row.subject).await?;
        // The person said something meanwhile, here or in another case.
        if self.decided_on.is_some_and(|decided_on| decided_on != before) {
            return Ok(Err(Refusal::Stale));
        }
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
