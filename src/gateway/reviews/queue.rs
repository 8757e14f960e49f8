//! The queue as officers read it: with what was declared, and how far judging is. That the words were
//! opened is in the ledger first.

use crate::domain::id::ReviewId;
use crate::domain::look::Look;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::disclosures::check_purpose;
use crate::gateway::error::{Error, Result};
use crate::gateway::keys::combined;
use crate::store::ReviewQuery;

use super::declared::Declared;
use super::look::PAGE_MAX;
use super::{Overview, Stored, party_of, with_what_was_said};

/// Which part of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pile {
    /// What is to be judged, in the order in which it is due, after one of them.
    Open(Option<(Timestamp, ReviewId)>),
    /// What was judged, the last one first, before one of them.
    Closed(Option<(Timestamp, ReviewId)>),
}

/// A review in the queue, opened.
#[derive(Debug)]
pub struct Waiting {
    /// As it stands.
    pub overview: Overview,
    /// What was declared; none when one of the people was forgotten.
    pub declared: Option<Declared>,
    /// How many verdicts stand, and how many are needed.
    pub progress: (usize, usize),
}

impl Gateway {
    /// Reviews of the officer's organisation, or of all for the office of the region, with what was
    /// declared in each.
    pub async fn review_pile(
        &self,
        call: &Call,
        purpose: i32,
        pile: Pile,
        limit: u32,
    ) -> Result<Vec<Waiting>> {
        self.require_officer(call).await?;
        check_purpose(call, purpose)?;
        self.log_review_look(call, &format!("{pile:?}"), Look::ReviewQueueOpened).await?;
        let party = party_of(&call.caller);
        let limit = limit.clamp(1, PAGE_MAX);
        let mut tx = self.db().read().await?;
        let rows = match pile {
            Pile::Open(after) => {
                tx.reviews(&ReviewQuery { party, open_only: true, after }, limit).await?
            }
            Pile::Closed(before) => {
                let newest = (call.now().plus(CLOCK_DRIFT), ReviewId::from_bytes([0; 16]));
                let before = before.unwrap_or(newest);
                tx.closed_reviews(party.as_ref(), before, limit).await?
            }
        };
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            read.push(with_what_was_said(&mut tx, row).await?);
        }
        drop(tx);
        let mut waiting = Vec::with_capacity(read.len());
        for stored in read {
            waiting.push(self.waiting(call, stored).await?);
        }
        Ok(waiting)
    }

    async fn waiting(&self, call: &Call, stored: Stored) -> Result<Waiting> {
        let declared = match self.keys().existing(&stored.subjects()?).await {
            Ok(keys) => Some(Declared::open(&stored.row, &combined(&keys)?)?),
            // One of the people was forgotten, and what was said with them.
            Err(Error::Denied { .. }) => None,
            Err(error) => return Err(error),
        };
        let progress = stored.review.progress();
        let overview = Overview::of(stored.row, call.now())?;
        Ok(Waiting { overview, declared, progress })
    }
}

/// A replica whose clock is ahead may have closed a review.
const CLOCK_DRIFT: std::time::Duration = std::time::Duration::from_hours(1);
