//! An officer takes a review, so that a colleague does not read it at the same time. Nobody has to wait for
//! whoever took it: another who may judge may still take it over, or judge.

use crate::domain::event::EventCode;
use crate::domain::id::{Oin, ReviewId, UserId};
use crate::domain::review::Seat;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Request};
use crate::gateway::case_file::code;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::EntryReceipt;
use crate::gateway::once::{DECISIONS_MAX, Done, Encode, Keep, Refusal, Work};
use crate::store::{self, AssignmentRow, NewEntry, Placed, ReviewRow, Tx};

use super::decide::Told;
use super::reviewer_of;

/// What the officer is told.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Review.
    pub review_id: ReviewId,
    /// As what the officer will judge.
    pub seat: Seat,
    /// One entry per person.
    pub entries: Vec<EntryReceipt>,
}

/// Who took a seat.
#[derive(Debug, Clone)]
pub struct Assigned {
    /// As what.
    pub seat: Seat,
    /// Organisation of the officer.
    pub oin: Oin,
    /// Officer.
    pub user_id: UserId,
    /// When.
    pub at: Timestamp,
}

impl Assigned {
    pub(super) fn of(row: AssignmentRow) -> Result<Self> {
        let seat = code(row.seat, Seat::from_number)?;
        Ok(Self { seat, oin: row.oin, user_id: row.user_id, at: row.assigned_at })
    }
}

impl Gateway {
    /// Takes the seat in which the officer may judge.
    pub async fn take_review(
        &self,
        call: &Call,
        request: &Request,
        review_id: ReviewId,
        encode: Encode<Taken>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let stored = self.review_for(call, review_id).await?;
            let seat = match stored.review.seat_for(&reviewer_of(call)) {
                Ok(seat) => seat,
                Err(why) => return self.not_reviewer(call, why).await,
            };
            let keys = self.keys().existing(&stored.subjects()?).await?;
            let people = self.age_bands(call, &stored.row.case_ref, keys).await?;
            let told = Told { row: &stored.row, people: &people, digest: [0; 32] };
            let work = Taking {
                assignment: AssignmentRow {
                    review_id,
                    seat: i64::from(seat.number()),
                    oin: call.oin().clone(),
                    user_id: call.actor.user_id.clone(),
                    assigned_at: call.now(),
                },
                seat,
                entries: self.entries(call, &told, EventCode::ReviewAssigned, seat.as_str())?,
                row: stored.row.clone(),
            };
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
}

struct Taking {
    row: ReviewRow,
    seat: Seat,
    assignment: AssignmentRow,
    entries: Vec<NewEntry>,
}

impl Work for Taking {
    type Answer = Taken;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let current = tx.review(self.row.review_id).await?;
        // Somebody judged since it was read: the seat may be filled.
        if current.is_none_or(|current| current.version != self.row.version) {
            return Ok(Err(Refusal::Stale));
        }
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Taken> {
        let corrupt = |_too_large| store::Error::Corrupt { table: "reviews", column: "idx" };
        let idx = i64::try_from(placed.first()).map_err(corrupt)?;
        tx.assign_review(&self.row, &self.assignment, idx).await?;
        let mut entries = Vec::with_capacity(self.entries.len());
        for offset in 0..self.entries.len() {
            entries.push(Gateway::entry_receipt(tx, placed, offset, None).await?);
        }
        Ok(Taken { review_id: self.row.review_id, seat: self.seat, entries })
    }
}
