//! Privacy officers review emergencies (DOMAIN §4.4). The rules of who may, and of what follows, are in
//! [`domain::review`](crate::domain::review); here they meet what is stored.
//!
//! - A review is opened in the commit of the disclosure it is about, and is on the queues of both
//!   organisations and of the office of the region when that is answered.
//! - Every look is itself an entry, written before the answer is given (DOMAIN §5.1).
//! - What another reviewer judged is not even opened for who still has to judge.

use std::sync::Arc;

use crate::domain::basis::Basis;
use crate::domain::category::Categories;
use crate::domain::emergency::Cause;
use crate::domain::id::{Oin, Pseudonym, ReviewId};
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::review::{
    Information, Review, ReviewState, Reviewed, Reviewer, Seat, Verdict, Vote,
};
use crate::domain::time::Timestamp;
use crate::store::{DisclosureRow, InformationRow, ReviewRow, Tx, VoteRow};
use crate::vault::envelope::WrappingKey;

use super::Gateway;
use super::call::{Call, Caller};
use super::case_file::code;
use super::error::{Error, Result, Unreadable};
use super::written::{self, Written, WrittenRow};

pub mod decide;
pub mod declared;
pub mod incidents;
pub mod inform;
pub mod look;
pub mod queue;
pub mod take;
pub mod watch;

mod opening;
#[cfg(test)]
mod staged;

pub(super) use opening::open_review;
#[cfg(test)]
pub(crate) use staged::{SITUATION, Staged};

/// A review as it stands in a queue: no content, and nothing about people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// As stored.
    pub row: ReviewRow,
    /// Where it stands.
    pub state: ReviewState,
    /// Why it was break-glass.
    pub cause: Cause,
    /// Ground in law.
    pub basis: Basis,
    /// For what.
    pub purpose: Purpose,
    /// Which data.
    pub categories: Categories,
    /// Whether it is late.
    pub is_overdue: bool,
}

impl Overview {
    fn of(row: ReviewRow, now: Timestamp) -> Result<Self> {
        let state = code(row.state, ReviewState::from_number)?;
        Ok(Self {
            state,
            cause: code(row.cause, Cause::from_number)?,
            basis: code(row.basis, Basis::from_number)?,
            purpose: code(row.purpose, Purpose::from_number)?,
            categories: categories_of(&row)?,
            is_overdue: !state.is_closed() && now > row.due_at,
            row,
        })
    }
}

/// A review with what was said, none of which is opened yet.
struct Stored {
    row: ReviewRow,
    votes: Vec<VoteRow>,
    information: Vec<InformationRow>,
    review: Review,
}

impl Stored {
    fn subjects(&self) -> Result<Vec<Pseudonym>> {
        subjects_of(&self.row)
    }

    /// Nothing is decided on what somebody put in place of what was said, hidden or not.
    fn require_unchanged(&self, key: &WrappingKey) -> Result<()> {
        let votes = (1_i64..).zip(&self.votes);
        let mut votes = votes.map(|(place, row)| spoken(row, (row.position, place), Some(key)));
        let answers = (1_i64..).zip(&self.information);
        let mut answers = answers.map(|(place, row)| spoken(row, (row.position, place), Some(key)));
        if votes.any(|one| one.is_changed()) || answers.any(|one| one.is_changed()) {
            let sentence = "what was said was changed in the database; tell the operator";
            return Err(Error::unmet("REVIEW_UNCHANGED", sentence));
        }
        Ok(())
    }
}

impl Gateway {
    /// Reads a review that the caller's organisation may look at. For everybody else it does not
    /// exist, and the attempt is in the ledger.
    async fn review_for(&self, call: &Call, review_id: ReviewId) -> Result<Stored> {
        let mut tx = self.db().read().await?;
        let stored = stored(&mut tx, review_id).await?;
        drop(tx);
        let seen = |stored: &Stored| stored.review.reviewed().is_open_to(call.oin(), call.role());
        match stored.filter(seen) {
            Some(stored) => Ok(stored),
            None => self.refuse_hidden(call).await,
        }
    }

    /// Nothing is written about an emergency beside its review before that is closed: whoever judges second
    /// would read what the first one thinks. A review never opens again.
    pub(super) async fn require_review_closed(&self, row: &DisclosureRow) -> Result<()> {
        let state = self.db().read().await?.review_state_of_act(row.group_id).await?;
        let state = state.map(|state| code(state, ReviewState::from_number)).transpose()?;
        if state.is_none_or(ReviewState::is_closed) {
            return Ok(());
        }
        Err(Error::unmet("REVIEW_CLOSED", "an emergency is judged by its review first"))
    }

    /// Wakes everybody who watches reviews of these parties.
    pub(super) fn ring_reviewers(&self, discloser: &Oin, recipient: &Oin) {
        self.wake().ring(discloser);
        self.wake().ring(recipient);
        let directory = self.directory();
        for office in directory.organisations().filter(|one| one.role() == Role::Oversight) {
            self.wake().ring(office.oin());
        }
    }
}

/// Whose reviews an organisation sees; none means all.
fn party_of(caller: &Caller) -> Option<Oin> {
    if caller.role() == Role::Oversight { None } else { Some(caller.oin().clone()) }
}

fn reviewer_of(call: &Call) -> Reviewer {
    Reviewer {
        oin: call.oin().clone(),
        role: call.role(),
        user_id: call.actor.user_id.clone(),
        user_role: call.actor.role,
    }
}

async fn stored(tx: &mut Tx, review_id: ReviewId) -> Result<Option<Stored>> {
    match tx.review(review_id).await? {
        Some(row) => with_what_was_said(tx, row).await.map(Some),
        None => Ok(None),
    }
}

async fn with_what_was_said(tx: &mut Tx, row: ReviewRow) -> Result<Stored> {
    let review_id = row.review_id;
    let votes = tx.votes(review_id).await?;
    let spoken = votes.iter().map(vote_of).collect();
    let information = tx.review_information(review_id).await?;
    let answered = information.iter().map(information_of).collect();
    let review = Review::restore(reviewed_of(&row)?, spoken, answered);
    Ok(Stored { row, votes, information, review })
}

fn reviewed_of(row: &ReviewRow) -> Result<Reviewed> {
    Ok(Reviewed {
        cause: code(row.cause, Cause::from_number)?,
        discloser: row.discloser_oin.clone(),
        discloser_role: code(row.discloser_role, Role::from_number)?,
        recipient: row.recipient_oin.clone(),
        recipient_role: code(row.recipient_role, Role::from_number)?,
        declared_by: row.declared_by.clone(),
        declared_for: row.declared_for.clone(),
        consulted: row.consulted.clone(),
        takes_two: row.takes_two != 0,
        due_at: row.due_at,
    })
}

/// What is no verdict of a seat any more fills none: that its row was changed is told beside it.
fn vote_of(row: &VoteRow) -> Vote {
    let spoken = || {
        let seat = match row.seat {
            0 => None,
            seat => Some(code(seat, Seat::from_number).ok()?),
        };
        Some((seat, code(row.verdict, Verdict::from_number).ok()?))
    };
    let (seat, verdict) = spoken().unwrap_or((None, Verdict::MoreInformation));
    let (oin, user_id) = (row.oin.clone(), row.user_id.clone());
    Vote { seat, oin, user_id, verdict, at: row.voted_at }
}

fn information_of(row: &InformationRow) -> Information {
    Information {
        after: usize::try_from(row.after_votes).unwrap_or_default(),
        oin: row.oin.clone(),
        user_id: row.user_id.clone(),
        at: row.given_at,
    }
}

fn categories_of(row: &ReviewRow) -> Result<Categories> {
    u32::try_from(row.categories)
        .ok()
        .and_then(Categories::from_bits)
        .ok_or_else(|| Error::internal(Unreadable { table: "reviews" }))
}

fn subjects_of(row: &ReviewRow) -> Result<Vec<Pseudonym>> {
    row.subjects
        .chunks(32)
        .map(|bytes| bytes.try_into().map(Pseudonym::new))
        .collect::<Result<_, _>>()
        .map_err(|_short| Error::internal(Unreadable { table: "reviews" }))
}

/// What was said with the row at a position, which holds its own. Where those differ a row before it is gone.
fn spoken<R: WrittenRow>(
    row: &R,
    (own, position): (i64, i64),
    key: Option<&WrappingKey>,
) -> Written {
    if own == position { written::open(row, key) } else { Written::Changed }
}

type SubjectKeys = Vec<Arc<crate::vault::subject::SubjectKey>>;
