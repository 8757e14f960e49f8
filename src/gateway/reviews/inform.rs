//! The disclosing organisation answers what a reviewer asked, so that the review goes on. The words are
//! sealed, each of the people has an entry, and the review is due when it was.

use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::ReviewId;
use crate::domain::review::{InformationText, NotInformant, Review, ReviewState};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Request};
use crate::gateway::directory::sha256;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::EntryReceipt;
use crate::gateway::keys::combined;
use crate::gateway::once::{DECISIONS_MAX, Done, Encode, Keep, Refusal, Work};
use crate::gateway::written;
use crate::store::{self, InformationRow, NewEntry, Placed, ReviewRow, Tx};

use super::decide::Told;
use super::{Stored, reviewer_of};

/// What who answered is told.
#[derive(Debug, Clone)]
pub struct Informed {
    /// Review.
    pub review_id: ReviewId,
    /// Where it stands now.
    pub state: ReviewState,
    /// By when it must be closed.
    pub due_at: Timestamp,
    /// One entry per person.
    pub entries: Vec<EntryReceipt>,
}

impl Gateway {
    /// Takes what the disclosing organisation answers to the questions of reviewers.
    pub async fn provide_review_information(
        &self,
        call: &Call,
        request: &Request,
        (review_id, text): (ReviewId, InformationText),
        encode: Encode<Informed>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let stored = self.review_for(call, review_id).await?;
            let review = match stored.review.clone().inform(&reviewer_of(call), call.now()) {
                Ok(review) => review,
                Err(why) => return self.not_informant(call, why).await,
            };
            let work = self.informing(call, &stored, &review, &text).await?;
            match self.once(call, request, work, Keep::Plain, encode).await? {
                Done::Answered(bytes) => {
                    self.ring_reviewers(&stored.row.discloser_oin, &stored.row.recipient_oin);
                    return Ok(bytes);
                }
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    async fn not_informant<T>(&self, call: &Call, why: NotInformant) -> Result<T> {
        match why {
            NotInformant::NotTheirs => self.refuse(call, DenialReason::RoleNotAllowed).await,
            NotInformant::Reviewer => self.refuse(call, DenialReason::FourEyesRequired).await,
            NotInformant::NothingAsked => Err(Error::unmet("REVIEW_QUESTIONED", why.to_string())),
        }
    }

    async fn informing(
        &self,
        call: &Call,
        stored: &Stored,
        review: &Review,
        text: &InformationText,
    ) -> Result<Informing> {
        let keys = self.keys().existing(&stored.subjects()?).await?;
        let row = &stored.row;
        let key = combined(&keys)?;
        let mut information = InformationRow {
            review_id: row.review_id,
            position: i64::try_from(review.information().len()).map_err(Error::internal)?,
            after_votes: i64::try_from(review.votes().len()).map_err(Error::internal)?,
            oin: call.oin().clone(),
            user_id: call.actor.user_id.clone(),
            given_at: call.now(),
            idx: 0,
            content: Vec::new(),
            unread: Vec::new(),
        };
        information.content = written::seal(text.as_str(), &key, &information)?;
        let people = self.age_bands(call, &row.case_ref, keys).await?;
        let told = Told { row, people: &people, digest: sha256(&information.content) };
        let state = review.state();
        Ok(Informing {
            entries: self.entries(call, &told, EventCode::ReviewInformed, state.as_str())?,
            state,
            row: ReviewRow { state: i64::from(state.number()), ..row.clone() },
            information,
        })
    }
}

/// An answer on its way into the store.
struct Informing {
    /// The review as it becomes, with the version it was read at.
    row: ReviewRow,
    state: ReviewState,
    information: InformationRow,
    entries: Vec<NewEntry>,
}

impl Work for Informing {
    type Answer = Informed;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let current = tx.review(self.row.review_id).await?;
        // Somebody else spoke since it was read.
        if current.is_none_or(|current| current.version != self.row.version) {
            return Ok(Err(Refusal::Stale));
        }
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Informed> {
        let corrupt = |_too_large| store::Error::Corrupt { table: "reviews", column: "idx" };
        let idx = i64::try_from(placed.first()).map_err(corrupt)?;
        let information = InformationRow { idx, ..self.information.clone() };
        tx.add_review_information(&self.row, &information).await?;
        let mut entries = Vec::with_capacity(self.entries.len());
        for offset in 0..self.entries.len() {
            entries.push(Gateway::entry_receipt(tx, placed, offset, None).await?);
        }
        Ok(Informed {
            review_id: self.row.review_id,
            state: self.state,
            due_at: self.row.due_at,
            entries,
        })
    }
}
