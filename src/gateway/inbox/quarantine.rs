//! Quarantine: what could not be delivered waits, with a cause that can be read, for somebody to act.
//!
//! The sender sees it in the status of its referral, the recipient in its heartbeats, the operator
//! in `ketenpoort deliveries list`. Nothing leaves quarantine but by the operator, who puts it back,
//! or by the sender, who takes the referral back.

use std::collections::BTreeMap;

use crate::domain::delivery::QuarantineCause;
use crate::domain::event::{EventCode, Outcome};
use crate::domain::id::{DeliveryId, Oin, ReferralId, TeamId};
use crate::domain::referral::{Event, State};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::gateway::referral_content::{StoredReferral, Told, stored_referrals};
use crate::gateway::triage::next_state;
use crate::store::{self, ClaimedRow, Command, Flow, Placed, QuarantinedRow, Tx};

use super::hand_over::{News, changes};

/// A delivery that could not be made, as the operator sees it. Nothing in it is about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Delivery.
    pub delivery_id: DeliveryId,
    /// Referral.
    pub referral_id: ReferralId,
    /// Recipient.
    pub recipient_oin: Oin,
    /// Team of the recipient.
    pub team_id: TeamId,
    /// Why.
    pub cause: QuarantineCause,
    /// Since when.
    pub since: Timestamp,
    /// How often it was handed to a reader.
    pub attempts: i64,
    /// How many of those leases ended without a word.
    pub failures: i64,
    /// When it must have been acknowledged.
    pub ack_due_at: Timestamp,
    /// When it was submitted.
    pub submitted_at: Timestamp,
}

/// A delivery on its way into quarantine.
pub(super) struct Quarantining {
    pub(super) found: ClaimedRow,
    pub(super) cause: QuarantineCause,
    /// What is logged, and who is told; none when the referral itself is gone.
    pub(super) news: Option<News>,
}

impl Gateway {
    /// Writes down that a delivery is quarantined. The gateway does that itself, whoever looked.
    pub(super) async fn quarantining(
        &self,
        found: ClaimedRow,
        stored: &BTreeMap<ReferralId, StoredReferral>,
        cause: QuarantineCause,
    ) -> Result<Quarantining> {
        let call = self.acting_itself()?;
        let referral_id = found.referral_id;
        tracing::error!(event = "delivery.quarantined", delivery = %found.delivery_id, %cause);
        let outcome = match cause {
            // Trying again may help.
            QuarantineCause::AttemptsExhausted => Outcome::MinorFailure,
            QuarantineCause::ContentUnreadable | QuarantineCause::KeyDestroyed => {
                Outcome::MajorFailure
            }
        };
        let told = Told { event: EventCode::ReferralQuarantined, outcome, detail: cause.as_str() };
        let news = match stored.get(&referral_id) {
            Some(of) => Some(News {
                sender: of.row.sender_oin.clone(),
                referral_id,
                entries: self.told_of_referral(&call, of, told).await?,
            }),
            None => None,
        };
        Ok(Quarantining { found, cause, news })
    }

    /// Quarantined deliveries of all inboxes, after one in the order of their ids.
    pub async fn quarantined(
        &self,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Quarantined>> {
        let mut tx = self.db().read().await?;
        let rows = tx.quarantined_deliveries(after, limit).await?;
        Ok(rows.into_iter().map(Quarantined::from).collect())
    }

    /// Puts a quarantined delivery back into its inbox; false when it is not quarantined. For the
    /// operator, after the cause was mended.
    pub async fn requeue(&self, delivery_id: DeliveryId, referral_id: ReferralId) -> Result<bool> {
        let call = self.acting_itself()?;
        let mut tx = self.db().read().await?;
        let mut stored = stored_referrals(&mut tx, &[referral_id]).await?;
        drop(tx);
        let Some(of) = stored.remove(&referral_id) else { return Ok(false) };
        let told = Told::from(EventCode::ReferralRequeued);
        let (sender, recipient) = (of.row.sender_oin.clone(), of.row.recipient_oin.clone());
        let entries = self.told_of_referral(&call, &of, told).await?;
        let news = News { sender: sender.clone(), referral_id, entries };
        let requeue = Requeue { delivery_id, news, now: self.clock().now() };
        let requeued = self.writer().commit(requeue).await?;
        if requeued {
            self.wake().ring(&recipient);
            self.wake().ring(&sender);
        }
        Ok(requeued)
    }
}

impl From<QuarantinedRow> for Quarantined {
    fn from(row: QuarantinedRow) -> Self {
        Self {
            delivery_id: row.delivery_id,
            referral_id: row.referral_id,
            recipient_oin: row.recipient_oin,
            team_id: row.team_id,
            cause: row.quarantine_cause,
            since: row.settled_at,
            attempts: row.attempts,
            failures: row.failures,
            ack_due_at: row.ack_due_at,
            submitted_at: row.created_at,
        }
    }
}

struct Requeue {
    delivery_id: DeliveryId,
    news: News,
    now: Timestamp,
}

impl Command for Requeue {
    type Outcome = bool;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<bool>> {
        if !tx.requeue_delivery(self.delivery_id, self.now).await? {
            return Ok(Flow::Stop(false));
        }
        if let Some(to) = next_state(State::Undeliverable, &[Event::Retry]) {
            tx.move_from(&[self.news.referral_id], State::Undeliverable, to).await?;
        }
        Ok(Flow::Append(self.news.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<bool> {
        tx.insert_changes(&changes(placed, std::iter::once(&self.news))?).await?;
        Ok(true)
    }
}
