//! Reviews as they come: opened, asked about, decided.

use crate::domain::look::Look;
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Caller};
use crate::gateway::error::Result;
use crate::gateway::watching::BEFORE_ALL;

use super::{Overview, party_of};

/// Changes read at once.
const CHANGES_MAX: u32 = 256;

impl Gateway {
    /// Lets an officer watch. That somebody watches is in the ledger; a notice names no person, and
    /// reading what was declared is a look of its own.
    pub async fn watch_reviews(&self, call: &Call) -> Result<()> {
        self.require_officer(call).await?;
        self.log_review_look(call, "", Look::ReviewWatch).await
    }

    /// Reviews to which something happened after a place, each with the place of the last thing that
    /// did, in their order.
    pub async fn review_changes(
        &self,
        caller: &Caller,
        after: i64,
    ) -> Result<Vec<(i64, Overview)>> {
        let party = party_of(caller);
        let mut tx = self.db().read().await?;
        let changes = tx.review_changes(party.as_ref(), after, CHANGES_MAX).await?;
        let mut told = Vec::with_capacity(changes.len());
        for change in changes {
            let review = tx.review(change.review_id).await?;
            if let Some(row) = review {
                told.push((change.idx, Overview::of(row, caller.now)?));
            }
        }
        Ok(told)
    }

    /// The place of the last change of the caller's reviews.
    pub async fn last_review_change(&self, caller: &Caller) -> Result<i64> {
        let party = party_of(caller);
        let mut tx = self.db().read().await?;
        Ok(tx.last_review_change(party.as_ref()).await?.unwrap_or(BEFORE_ALL))
    }
}
