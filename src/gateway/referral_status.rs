//! What the sender of a referral may know: where it is, and feedback in one of three values.
//! Nothing else ever comes back to the police (DOMAIN §8 row 3).

use std::collections::BTreeMap;

use crate::domain::delivery::QuarantineCause;
use crate::domain::event::EventCode;
use crate::domain::id::{DeliveryId, Oin, ReferralId, Version};
use crate::domain::referral::{Event, FeedbackGroup, SendBackReason, State, transition};
use crate::domain::time::Timestamp;
use crate::store::{self, DeliveryRow, NewEntry, Placed, ReferralRow, Transition, Tx};

use super::Gateway;
use super::call::{Call, Caller, Request};
use super::error::{Error, Result};
use super::once::{Encode, Keep, Refusal, Work};

/// Most statuses in one page.
pub const PAGE_MAX: u32 = 500;

/// Where a referral is, as its sender may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferralStatus {
    /// Referral.
    pub referral_id: ReferralId,
    /// Where it is in its life. The sender learns no more of triage than that it is going on.
    pub state: State,
    /// Recipient.
    pub recipient_oin: Oin,
    /// Routing table that chose the recipient.
    pub routing_version: Version,
    /// When it was stored.
    pub submitted_at: Timestamp,
    /// When it must have been acknowledged.
    pub ack_due_at: Timestamp,
    /// When responsibility passed.
    pub responsibility_transferred_at: Option<Timestamp>,
    /// Whether the acknowledgement is, or was, late.
    pub overdue: bool,
    /// How often it was handed to a reader.
    pub delivery_attempts: u32,
    /// Feedback, once sent.
    pub feedback: Option<Feedback>,
    /// Why it was sent back.
    pub send_back_reason: Option<SendBackReason>,
    /// Its delivery.
    pub delivery_id: Option<DeliveryId>,
    /// Why it could not be delivered.
    pub quarantine_cause: Option<QuarantineCause>,
}

/// Feedback to the police: nothing more than this (Wmo 2015 art. 4.1.1 lid 2 onder g).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// When the referral was received.
    pub received_at: Timestamp,
    /// One of three values.
    pub group: FeedbackGroup,
    /// When the Steunpunt decided.
    pub decided_at: Timestamp,
    /// When the feedback was sent.
    pub sent_at: Timestamp,
    /// Whom to contact.
    pub contact_oin: Oin,
}

impl ReferralStatus {
    /// What the rows of a referral and of its delivery tell its sender.
    pub(super) fn of(row: &ReferralRow, delivery: Option<&DeliveryRow>, now: Timestamp) -> Self {
        Self {
            referral_id: row.referral_id,
            state: row.state,
            recipient_oin: row.recipient_oin.clone(),
            routing_version: row.routing_version.clone(),
            submitted_at: row.submitted_at,
            ack_due_at: row.ack_due_at,
            responsibility_transferred_at: row.acknowledged_at,
            overdue: !settled_before_acknowledgement(row.state)
                && row.acknowledged_at.unwrap_or(now) > row.ack_due_at,
            delivery_attempts: delivery
                .map_or(0, |delivery| u32::try_from(delivery.attempts).unwrap_or(0)),
            feedback: feedback_of(row),
            send_back_reason: row.send_back_reason,
            delivery_id: delivery.map(|delivery| delivery.delivery_id),
            quarantine_cause: delivery.and_then(|delivery| delivery.quarantine_cause),
        }
    }
}

const fn settled_before_acknowledgement(state: State) -> bool {
    matches!(state, State::Withdrawn | State::Returned | State::Rejected)
}

pub(super) fn feedback_of(row: &ReferralRow) -> Option<Feedback> {
    Some(Feedback {
        received_at: row.submitted_at,
        group: row.triage_outcome?.feedback_group(),
        decided_at: row.triaged_at?,
        sent_at: row.feedback_sent_at?,
        contact_oin: row.recipient_oin.clone(),
    })
}

/// A place in a sender's list.
pub type Place = (Timestamp, ReferralId);

impl Gateway {
    /// The status of one referral of the caller. Somebody else's does not exist for the caller.
    pub async fn referral_status(
        &self,
        caller: &Caller,
        referral_id: ReferralId,
    ) -> Result<ReferralStatus> {
        let mut tx = self.db().read().await?;
        let row = own(tx.referral(referral_id).await?, caller.oin())?;
        status(&mut tx, &row, caller.now).await
    }

    /// Statuses of the caller's referrals, newest first, and where to go on.
    pub async fn referral_statuses(
        &self,
        caller: &Caller,
        below: Option<Place>,
        limit: u32,
    ) -> Result<(Vec<ReferralStatus>, Option<Place>)> {
        let limit = limit.min(PAGE_MAX);
        let mut tx = self.db().read().await?;
        let rows = tx.referrals_of(caller.oin(), below, limit).await?;
        let more = u32::try_from(rows.len()).is_ok_and(|len| len == limit);
        let next = rows.last().filter(|_| more).map(|row| (row.submitted_at, row.referral_id));
        let statuses = statuses(&mut tx, &rows, caller.now).await?;
        Ok((statuses, next))
    }

    /// Takes back a referral of the caller that nobody has acknowledged.
    pub async fn withdraw_referral(
        &self,
        call: &Call,
        request: &Request,
        referral_id: ReferralId,
        encode: Encode<ReferralStatus>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let mut tx = self.db().read().await?;
        let row = tx.referral(referral_id).await?;
        drop(tx);
        let Ok(row) = own(row, call.oin()) else { return self.refuse_hidden(call).await };
        transition(row.state, Event::Withdraw).map_err(|_wrong_state| too_late())?;
        let entries = self.written_about_referral(call, &row, EventCode::ReferralWithdrawn).await?;
        let work = Withdraw { referral_id, now: call.now(), entries };
        let answer = self.once(call, request, work, Keep::Plain, encode).await?.bytes()?;
        self.wake().ring(&row.recipient_oin);
        Ok(answer)
    }
}

/// A referral of the caller, or nothing that the caller may know of.
pub(super) fn own(row: Option<ReferralRow>, sender: &Oin) -> Result<ReferralRow> {
    row.filter(|row| row.sender_oin == *sender).ok_or_else(Error::hidden)
}

async fn status(tx: &mut Tx, row: &ReferralRow, now: Timestamp) -> Result<ReferralStatus> {
    let delivery = tx.delivery_of(row.referral_id).await?;
    Ok(ReferralStatus::of(row, delivery.as_ref(), now))
}

/// The statuses of some referrals, in their order, with one statement more.
pub(super) async fn statuses(
    tx: &mut Tx,
    rows: &[ReferralRow],
    now: Timestamp,
) -> Result<Vec<ReferralStatus>> {
    let ids: Vec<ReferralId> = rows.iter().map(|row| row.referral_id).collect();
    let deliveries: BTreeMap<ReferralId, DeliveryRow> =
        tx.deliveries_of(&ids).await?.into_iter().map(|row| (row.referral_id, row)).collect();
    let status = |row: &ReferralRow| ReferralStatus::of(row, deliveries.get(&row.referral_id), now);
    Ok(rows.iter().map(status).collect())
}

/// The change of one referral whose entries were placed.
pub(super) fn change_of(
    row: &ReferralRow,
    placed: &Placed,
) -> store::Result<(Oin, i64, ReferralId)> {
    let idx = i64::try_from(placed.first())
        .or(Err(store::Error::Corrupt { table: "log_state", column: "size" }))?;
    Ok((row.sender_oin.clone(), idx, row.referral_id))
}

fn too_late() -> Error {
    Error::unmet("NOT_ACKNOWLEDGED", "the referral is no longer waiting to be acknowledged")
}

struct Withdraw {
    referral_id: ReferralId,
    now: Timestamp,
    entries: Vec<NewEntry>,
}

impl Work for Withdraw {
    type Answer = ReferralStatus;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let Some(row) = tx.referral(self.referral_id).await? else {
            return Ok(Err(Error::hidden().into()));
        };
        // Read again inside the commit: the recipient may have acknowledged since.
        let Ok(to) = transition(row.state, Event::Withdraw) else {
            return Ok(Err(too_late().into()));
        };
        tx.withdraw_delivery(self.referral_id, self.now).await?;
        let with = Transition { ended_at: Some(self.now), ..Transition::default() };
        tx.update_referral(self.referral_id, row.state, to, &with).await?;
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<ReferralStatus> {
        let row = tx
            .referral(self.referral_id)
            .await?
            .ok_or(store::Error::Corrupt { table: "referrals", column: "referral_id" })?;
        tx.insert_changes(&[change_of(&row, placed)?]).await?;
        let delivery = tx.delivery_of(self.referral_id).await?;
        Ok(ReferralStatus::of(&row, delivery.as_ref(), self.now))
    }
}
