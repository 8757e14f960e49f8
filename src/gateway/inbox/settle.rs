//! What a reader does with a lease: acknowledge, release, extend, send back.
//!
//! A batch of settlements is one commit, and each has its own fate in it: a lease that is lost does
//! not hold up the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::event::EventCode;
use crate::domain::id::{DeliveryId, LeaseToken, Oin, Pseudonym, ReferralId};
use crate::domain::referral::{Event, Settlement, State, transition};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::{Error, Result};
use crate::gateway::referral_content::{Outline, StoredReferral, Told, stored_referrals};
use crate::store::{self, Command, DeliveryRow, DeliveryState, Ending, Flow, Moved, Placed, Tx};

use super::hand_over::{News, changes};

/// Settlements in one request.
pub const SETTLEMENTS_MAX: usize = 500;

/// What became of a settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Stored.
    Done {
        /// Referral.
        referral_id: ReferralId,
        /// Its delivery.
        delivery_id: DeliveryId,
        /// Acknowledged: when responsibility passed. Extended: the new end of the lease. Released:
        /// when it is free again. Sent back: when.
        at: Timestamp,
    },
    /// The lease was over, settled in another way, or somebody else's.
    LeaseLost,
}

impl Gateway {
    /// Settles leases in the order given; each on its own, so that one that is lost does not hold
    /// up the others.
    pub async fn settle(
        &self,
        call: &Call,
        settlements: Vec<(LeaseToken, Settlement)>,
    ) -> Result<Vec<(LeaseToken, Settled)>> {
        self.require_recipient(call).await?;
        let tokens: Vec<LeaseToken> = settlements.iter().map(|(token, _)| *token).collect();
        let settled = match self.settle_together(call, settlements.clone()).await {
            // One row that makes no sense must not keep the others from being settled.
            Err(Error::Internal(_)) if tokens.len() > 1 => {
                let mut each = Vec::with_capacity(tokens.len());
                for one in settlements {
                    each.extend(self.settle_together(call, vec![one]).await.or_else(lost)?);
                }
                each
            }
            settled => settled?,
        };
        Ok(tokens.into_iter().zip(settled).collect())
    }

    async fn settle_together(
        &self,
        call: &Call,
        settlements: Vec<(LeaseToken, Settlement)>,
    ) -> Result<Vec<Settled>> {
        let items = self.items(call, settlements).await?;
        let senders: BTreeSet<Oin> =
            items.iter().filter_map(|item| Some(item.news.as_ref()?.sender.clone())).collect();
        let logged = items.iter().filter(|item| item.news.is_some());
        let over: Vec<DeliveryId> = logged.filter_map(|item| Some(item.delivery?.0)).collect();
        let command = SettleAll {
            items,
            recipient: call.oin().clone(),
            now: self.clock().now(),
            kept: Mutex::default(),
        };
        let settled = self.writer().commit(command).await?;
        self.outlines().forget(over);
        // What was behind these in their families is free now, or they are themselves.
        self.wake().ring(call.oin());
        for sender in senders {
            self.wake().ring(&sender);
        }
        Ok(settled)
    }

    /// Reads from one snapshot what the settlements are about, and writes down what is to be logged.
    async fn items(
        &self,
        call: &Call,
        settlements: Vec<(LeaseToken, Settlement)>,
    ) -> Result<Vec<Item>> {
        let tokens: Vec<LeaseToken> = settlements.iter().map(|(token, _)| *token).collect();
        let mut tx = self.db().read().await?;
        let deliveries = by_token(tx.deliveries_by_lease(&tokens, call.oin()).await?);
        let logged = settlements
            .iter()
            .filter(|(_, settlement)| event_of(settlement).is_some())
            .filter_map(|(token, _)| deliveries.get(token));
        let known = self.known_of(&mut tx, logged).await?;
        drop(tx);
        self.keys().expect(known.people()).await?;

        let rules = self.directory().policy.delivery;
        let mut times: BTreeMap<LeaseToken, usize> = BTreeMap::new();
        let mut items = Vec::with_capacity(settlements.len());
        for (token, settlement) in settlements {
            let delivery = deliveries.get(&token);
            let news = match (event_of(&settlement), delivery) {
                (Some(event), Some(row)) => self.news_of(call, row, &known, event.into()).await?,
                _ => None,
            };
            let failures = delivery.map_or(0, |row| row.failures);
            let wait = rules.wait_after(u32::try_from(failures + 1).unwrap_or(u32::MAX));
            let round = times.entry(token).or_default();
            items.push(Item {
                token,
                settlement,
                delivery: delivery.map(|row| (row.delivery_id, row.referral_id)),
                wait,
                news,
                round: *round,
            });
            *round += 1;
        }
        Ok(items)
    }

    /// What is known of the referrals of some deliveries since they were handed over; the others are
    /// read.
    async fn known_of(
        &self,
        tx: &mut Tx,
        deliveries: impl Iterator<Item = &DeliveryRow> + Clone + Send,
    ) -> Result<Known> {
        let outlines = self.outlines().of(deliveries.clone().map(|row| row.delivery_id));
        let others: Vec<ReferralId> = deliveries
            .filter(|row| !outlines.contains_key(&row.delivery_id))
            .map(|row| row.referral_id)
            .collect();
        let stored = match others.as_slice() {
            [] => BTreeMap::new(),
            others => stored_referrals(tx, others).await?,
        };
        Ok(Known { outlines, stored })
    }

    /// What is logged of a delivery; none when its referral is gone.
    async fn news_of(
        &self,
        call: &Call,
        delivery: &DeliveryRow,
        known: &Known,
        told: Told,
    ) -> Result<Option<News>> {
        let referral_id = delivery.referral_id;
        if let Some(outline) = known.outlines.get(&delivery.delivery_id) {
            let entries = self.told_of_outline(call, outline, told).await?;
            return Ok(Some(News { sender: outline.sender.clone(), referral_id, entries }));
        }
        let Some(of) = known.stored.get(&referral_id) else { return Ok(None) };
        let entries = self.told_of_referral(call, of, told).await?;
        Ok(Some(News { sender: of.row.sender_oin.clone(), referral_id, entries }))
    }
}

/// What is known of referrals that are about to be settled: from their hand-over, or as stored.
struct Known {
    outlines: BTreeMap<DeliveryId, Arc<Outline>>,
    stored: BTreeMap<ReferralId, StoredReferral>,
}

impl Known {
    /// Everybody in them.
    fn people(&self) -> impl Iterator<Item = Pseudonym> {
        let stored = self.stored.values().flat_map(|one| one.people.iter().copied());
        self.outlines.values().flat_map(|outline| outline.people()).chain(stored)
    }
}

/// A settlement that cannot be made, by itself: the reader will be offered the referral again.
fn lost(error: Error) -> Result<Vec<Settled>> {
    let Error::Internal(cause) = error else { return Err(error) };
    tracing::error!(event = "settlement.failed", %cause);
    Ok(vec![Settled::LeaseLost])
}

fn by_token(rows: Vec<DeliveryRow>) -> BTreeMap<LeaseToken, DeliveryRow> {
    rows.into_iter().filter_map(|row| Some((row.lease_token?, row))).collect()
}

/// What is logged of a settlement.
fn event_of(settlement: &Settlement) -> Option<EventCode> {
    match settlement {
        Settlement::Acknowledge { .. } => Some(EventCode::ReferralAcknowledged),
        Settlement::SendBack { .. } => Some(EventCode::ReferralReturned),
        Settlement::Release { .. } | Settlement::Extend { .. } => None,
    }
}

/// A settlement whose answer was lost is answered the same when it comes again.
fn done_before(delivery: &DeliveryRow, settlement: &Settlement) -> Option<Settled> {
    let repeated = matches!(
        (delivery.state, settlement),
        (DeliveryState::Acknowledged, Settlement::Acknowledge { .. })
            | (DeliveryState::SentBack, Settlement::SendBack { .. })
            | (DeliveryState::Waiting, Settlement::Release { .. })
    );
    let done = Settled::Done {
        referral_id: delivery.referral_id,
        delivery_id: delivery.delivery_id,
        at: delivery.available_at,
    };
    repeated.then_some(done)
}

/// One settlement of a batch.
struct Item {
    token: LeaseToken,
    settlement: Settlement,
    /// Delivery and referral; none when the token is unknown.
    delivery: Option<(DeliveryId, ReferralId)>,
    /// How long the referral waits for another reader after the lease, if nothing more is heard.
    wait: std::time::Duration,
    news: Option<News>,
    /// How often the same token came before in this batch.
    round: usize,
}

impl Item {
    fn ending(&self, now: Timestamp) -> Ending {
        let (to, available_at, lease_until) = match &self.settlement {
            Settlement::Acknowledge { .. } => (DeliveryState::Acknowledged, now, Some(now)),
            Settlement::SendBack { .. } => (DeliveryState::SentBack, now, Some(now)),
            Settlement::Release { retry_delay } => {
                (DeliveryState::Waiting, now.plus(*retry_delay), None)
            }
            Settlement::Extend { lease } => {
                let until = now.plus(*lease);
                (DeliveryState::Leased, until.plus(self.wait), Some(until))
            }
        };
        Ending { token: self.token, to, available_at, lease_until }
    }

    /// What becomes of the referral.
    fn moved(&self, referral_id: ReferralId, now: Timestamp) -> store::Result<Option<Moved>> {
        let event = match &self.settlement {
            Settlement::Acknowledge { .. } => Event::Acknowledge,
            Settlement::SendBack { .. } => Event::SendBack,
            Settlement::Release { .. } => Event::Release,
            Settlement::Extend { .. } => return Ok(None),
        };
        let from = State::Delivered;
        let to = transition(from, event)
            .or(Err(store::Error::Corrupt { table: "referrals", column: "state" }))?;
        let mut moved = Moved::new(referral_id, from, to);
        match &self.settlement {
            Settlement::Acknowledge { local_reference } => {
                moved.acknowledged_at = Some(now);
                moved.local_reference =
                    local_reference.as_ref().map(|text| text.as_str().to_owned());
            }
            Settlement::SendBack { reason, .. } => {
                moved.send_back_reason = Some(*reason);
                moved.ended_at = Some(now);
            }
            Settlement::Release { .. } | Settlement::Extend { .. } => {}
        }
        Ok(Some(moved))
    }

    fn done(&self, now: Timestamp) -> Settled {
        let Some((delivery_id, referral_id)) = self.delivery else { return Settled::LeaseLost };
        let ending = self.ending(now);
        let goes_on = matches!(self.settlement, Settlement::Extend { .. });
        let until = ending.lease_until.filter(|_| goes_on);
        let at = until.unwrap_or(ending.available_at);
        Settled::Done { referral_id, delivery_id, at }
    }
}

struct SettleAll {
    items: Vec<Item>,
    recipient: Oin,
    now: Timestamp,
    /// What became of each, in their order, and whether this commit did it. Set anew each time the
    /// command is applied.
    kept: Mutex<Vec<(Settled, bool)>>,
}

impl SettleAll {
    /// Settles those with distinct tokens. The answers go into the places of the items.
    async fn settle_round(
        &self,
        tx: &mut Tx,
        round: usize,
        kept: &mut [(Settled, bool)],
    ) -> store::Result<()> {
        let items: Vec<&Item> = self
            .items
            .iter()
            .filter(|item| item.round == round && item.delivery.is_some())
            .collect();
        if items.is_empty() {
            return Ok(());
        }
        let endings: Vec<Ending> = items.iter().map(|item| item.ending(self.now)).collect();
        let ended = tx.settle_deliveries(&endings, &self.recipient, self.now).await?;
        let ended: BTreeSet<LeaseToken> = ended.into_iter().collect();
        let mut moved = Vec::new();
        for item in items.iter().filter(|item| ended.contains(&item.token)) {
            if let Some((_, referral_id)) = item.delivery {
                moved.extend(item.moved(referral_id, self.now)?);
            }
        }
        tx.move_referrals(&moved).await?;
        let others: Vec<LeaseToken> =
            items.iter().map(|item| item.token).filter(|token| !ended.contains(token)).collect();
        let others = if others.is_empty() {
            BTreeMap::new()
        } else {
            // Read again inside the commit: the same settlement may have come twice at once.
            by_token(tx.deliveries_by_lease(&others, &self.recipient).await?)
        };
        for (item, place) in self.items.iter().zip(kept) {
            if item.round != round {
                continue;
            }
            if ended.contains(&item.token) {
                *place = (item.done(self.now), true);
            } else if let Some(row) = others.get(&item.token) {
                let before = done_before(row, &item.settlement);
                *place = (before.unwrap_or(Settled::LeaseLost), false);
            }
        }
        Ok(())
    }

    /// What is told of everything that this commit settled, in the order of the entries.
    fn news<'a>(&'a self, kept: &'a [(Settled, bool)]) -> impl Iterator<Item = &'a News> {
        let done = self.items.iter().zip(kept).filter(|(_, (_, now))| *now);
        done.filter_map(|(item, _)| item.news.as_ref())
    }
}

impl Command for SettleAll {
    type Outcome = Vec<Settled>;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<Vec<Settled>>> {
        let mut kept = vec![(Settled::LeaseLost, false); self.items.len()];
        let rounds = self.items.iter().map(|item| item.round + 1).max().unwrap_or(0);
        for round in 0..rounds {
            self.settle_round(tx, round, &mut kept).await?;
        }
        let nothing = kept.iter().all(|(_, now)| !now);
        let entries: Vec<_> =
            self.news(&kept).flat_map(|news| news.entries.iter().cloned()).collect();
        let settled = kept.iter().map(|(settled, _)| settled.clone()).collect();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
        Ok(if nothing { Flow::Stop(settled) } else { Flow::Append(entries) })
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Vec<Settled>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        tx.insert_changes(&changes(placed, self.news(&kept))?).await?;
        Ok(kept.into_iter().map(|(settled, _)| settled).collect())
    }
}
