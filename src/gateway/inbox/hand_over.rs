//! Handing over: free referrals are opened, leased and logged, a whole batch in one commit. What
//! cannot be handed over any more is quarantined in the same commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::delivery::QuarantineCause;
use crate::domain::event::EventCode;
use crate::domain::id::{DeliveryId, LeaseToken, Oin, ReferralId};
use crate::domain::referral::{Event, State};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::{Error, Result};
use crate::gateway::referral_content::{
    OpenReferral, Outline, StoredReferral, Told, stored_referrals,
};
use crate::gateway::triage::next_state;
use crate::store::{
    self, Claim, ClaimedRow, Command, DeliveryState, Flow, Lease, LinkKind, NewEntry, Placed,
    Reader, Tx,
};
use crate::vault::random;

use super::quarantine::Quarantining;
use super::{Received, Room};

/// Earlier referrals of each referral, with what they share.
type Links = BTreeMap<ReferralId, Vec<(ReferralId, LinkKind)>>;

/// A referral that can be handed over.
struct Offer {
    claim: Claim,
    entries: Vec<NewEntry>,
    outline: Arc<Outline>,
    received: Received,
}

/// What a look found, opened.
pub(super) struct Prepared {
    offers: Vec<Offer>,
    quarantine: Vec<Quarantining>,
}

impl Prepared {
    /// Leaves out what the reader has no room for, and says whether everything fitted. The first
    /// that does not fit stops the rest: what is small must not overtake what is urgent.
    pub(super) fn keep_what_fits(&mut self, room: Room, weigh: fn(&Received) -> u64) -> bool {
        let mut left = room.bytes;
        let mut fitting = 0;
        for offer in &self.offers {
            let bytes = weigh(&offer.received);
            let goes = bytes <= left || (room.first_in_any_case && fitting == 0);
            if !goes {
                break;
            }
            left = left.saturating_sub(bytes);
            fitting += 1;
        }
        let all = fitting == self.offers.len();
        self.offers.truncate(fitting);
        all
    }
}

impl Gateway {
    /// Parts what can be offered from what failed too often. Of what goes alone, only the first can
    /// be offered, and only when none is out.
    pub(super) fn sort_out(
        &self,
        found: Vec<ClaimedRow>,
        room: Room,
    ) -> (Vec<ClaimedRow>, Vec<ClaimedRow>) {
        let rules = self.directory().policy.delivery;
        let (exhausted, mut open): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|row| rules.is_exhausted(failures_of(row)));
        let mut one_alone = room.holds_one_alone;
        open.retain(|row| {
            !rules.goes_alone(failures_of(row)) || !std::mem::replace(&mut one_alone, true)
        });
        (open, exhausted)
    }

    /// Reads what was found from one snapshot, opens it, and writes down what is to be logged.
    pub(super) async fn prepare_offers(
        &self,
        call: &Call,
        lease: Duration,
        (open, exhausted): (Vec<ClaimedRow>, Vec<ClaimedRow>),
        now: Timestamp,
    ) -> Result<Prepared> {
        let ids: Vec<_> = open.iter().chain(&exhausted).map(|row| row.referral_id).collect();
        let mut tx = self.db().read().await?;
        let stored = stored_referrals(&mut tx, &ids).await?;
        let mut links = Links::new();
        for (referral_id, earlier, kind) in tx.links_of_referrals(&ids).await? {
            links.entry(referral_id).or_default().push((earlier, kind));
        }
        drop(tx);
        self.keys().expect(stored.values().flat_map(|one| one.people.iter().copied())).await?;

        let mut prepared = Prepared { offers: Vec::with_capacity(open.len()), quarantine: vec![] };
        for row in open {
            match self.open_found(&row, &stored).await? {
                Ok((of, opened)) => {
                    let lease = self.lease(&row, now.plus(lease))?;
                    let links = links.get(&row.referral_id).map_or(&[][..], Vec::as_slice);
                    prepared.offers.push(self.offer(call, (&row, lease), of, opened, links)?);
                }
                Err(cause) => {
                    prepared.quarantine.push(self.quarantining(row, &stored, cause).await?);
                }
            }
        }
        for row in exhausted {
            let cause = QuarantineCause::AttemptsExhausted;
            prepared.quarantine.push(self.quarantining(row, &stored, cause).await?);
        }
        Ok(prepared)
    }

    async fn open_found<'s>(
        &self,
        row: &ClaimedRow,
        stored: &'s BTreeMap<ReferralId, StoredReferral>,
    ) -> Result<Result<(&'s StoredReferral, OpenReferral), QuarantineCause>> {
        let Some(of) = stored.get(&row.referral_id) else {
            return Ok(Err(QuarantineCause::ContentUnreadable));
        };
        Ok(self.try_open_referral(of).await?.map(|opened| (of, opened)))
    }

    fn lease(&self, row: &ClaimedRow, until: Timestamp) -> Result<Lease> {
        let wait = self.directory().policy.delivery.wait_after(failures_of(row).saturating_add(1));
        let token = LeaseToken::new(random::uuid_v4().map_err(Error::internal)?);
        Ok(Lease { token, until, others_from: until.plus(wait) })
    }

    fn offer(
        &self,
        call: &Call,
        (found, lease): (&ClaimedRow, Lease),
        of: &StoredReferral,
        opened: OpenReferral,
        links: &[(ReferralId, LinkKind)],
    ) -> Result<Offer> {
        let row = &of.row;
        let outline = Arc::new(opened.outline(row));
        let told = Told::from(EventCode::ReferralDelivered);
        let entries = self.entries_about(call, &outline, &opened.keys, told)?;
        let linked = |kind: LinkKind| {
            links.iter().filter(|link| link.1 == kind).map(|link| link.0).collect()
        };
        let received = Received {
            lease_token: lease.token,
            lease_expires_at: lease.until,
            delivery_id: found.delivery_id,
            attempt: u32::try_from(found.attempts + 1).unwrap_or(u32::MAX),
            goes_alone: self.directory().policy.delivery.goes_alone(failures_of(found)),
            referral: opened.referral,
            team_id: row.team_id.clone(),
            submitted_at: row.submitted_at,
            ack_due_at: row.ack_due_at,
            repeat_index: u32::try_from(row.repeat_index).unwrap_or(u32::MAX),
            repeats: linked(LinkKind::Person),
            address_candidates: linked(LinkKind::Address),
            effective_urgency: row.effective_urgency,
            receipt: row.receipt.clone(),
        };
        let claim = Claim { delivery_id: found.delivery_id, attempts: found.attempts, lease };
        Ok(Offer { claim, entries, outline, received })
    }

    /// Commits a hand-over; what another reader was first with is not in the answer.
    pub(super) async fn hand_over(
        &self,
        reader: &Reader,
        prepared: Prepared,
        now: Timestamp,
    ) -> Result<Vec<Received>> {
        let Prepared { offers, quarantine } = prepared;
        if offers.is_empty() && quarantine.is_empty() {
            return Ok(Vec::new());
        }
        let (claims, rest): (Vec<_>, Vec<_>) = offers
            .into_iter()
            .map(|offer| {
                let referral_id = offer.received.referral.referral_id;
                let sender = offer.outline.sender.clone();
                let news = News { sender, referral_id, entries: offer.entries };
                ((offer.claim, news), (offer.received, offer.outline))
            })
            .unzip();
        let senders: BTreeSet<Oin> = claims
            .iter()
            .map(|(_, news)| &news.sender)
            .chain(quarantine.iter().filter_map(|one| one.news.as_ref().map(|news| &news.sender)))
            .cloned()
            .collect();
        let quarantines = !quarantine.is_empty();
        let command =
            HandOver { reader: reader.clone(), claims, quarantine, now, kept: Mutex::default() };
        let claimed = self.writer().commit(command).await?;
        for sender in senders {
            self.wake().ring(&sender);
        }
        if quarantines {
            // Who was behind it in its family is free now.
            self.wake().ring(&reader.recipient);
        }
        let (received, outlines): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .filter(|(one, _)| claimed.contains(&one.delivery_id))
            .map(|(one, outline)| {
                let delivery_id = one.delivery_id;
                (one, (delivery_id, outline))
            })
            .unzip();
        self.outlines().keep(outlines);
        count_attempts(&received);
        Ok(received)
    }
}

/// For operators: deliveries that were handed over, and those that were not the first attempt.
fn count_attempts(received: &[Received]) {
    for one in received {
        let attempt = if one.attempt == 1 { "first" } else { "again" };
        metrics::counter!("ketenpoort_deliveries_total", "attempt" => attempt).increment(1);
    }
}

/// Failures of a delivery once it is leased again: a lease that it comes from ended without a word.
fn failures_of(row: &ClaimedRow) -> u32 {
    let ended = i64::from(row.state == DeliveryState::Leased);
    u32::try_from(row.failures.saturating_add(ended)).unwrap_or(u32::MAX)
}

/// What is logged of a referral, and who is told.
pub(super) struct News {
    pub(super) sender: Oin,
    pub(super) referral_id: ReferralId,
    pub(super) entries: Vec<NewEntry>,
}

/// Leases what is still free, quarantines what cannot be delivered, and logs both.
struct HandOver {
    reader: Reader,
    claims: Vec<(Claim, News)>,
    quarantine: Vec<Quarantining>,
    now: Timestamp,
    /// What this commit keeps. Set anew each time the command is applied.
    kept: Mutex<Kept>,
}

#[derive(Default, Clone)]
struct Kept {
    claimed: BTreeSet<DeliveryId>,
    quarantined: BTreeSet<DeliveryId>,
}

impl HandOver {
    fn kept(&self) -> Kept {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is told of everything that is kept, in the order of the entries.
    fn news<'a>(&'a self, kept: &'a Kept) -> impl Iterator<Item = &'a News> {
        let claimed = self.claims.iter();
        let claimed = claimed.filter(|(claim, _)| kept.claimed.contains(&claim.delivery_id));
        let quarantined = self.quarantine.iter();
        let quarantined =
            quarantined.filter(|one| kept.quarantined.contains(&one.found.delivery_id));
        claimed.map(|(_, news)| news).chain(quarantined.filter_map(|one| one.news.as_ref()))
    }

    async fn claim(&self, tx: &mut Tx) -> store::Result<BTreeSet<DeliveryId>> {
        if self.claims.is_empty() {
            return Ok(BTreeSet::new());
        }
        let claims: Vec<Claim> = self.claims.iter().map(|(claim, _)| claim.clone()).collect();
        let claimed = tx.claim_deliveries(&claims, &self.reader, self.now).await?;
        let claimed: BTreeSet<_> = claimed.into_iter().collect();
        let ids: Vec<_> = self
            .claims
            .iter()
            .filter(|(claim, _)| claimed.contains(&claim.delivery_id))
            .map(|(_, news)| news.referral_id)
            .collect();
        // A second delivery finds it delivered: an expired lease changes no state by itself.
        if let Some(to) = next_state(State::Routed, &[Event::Deliver]) {
            tx.move_from(&ids, State::Routed, to).await?;
        }
        Ok(claimed)
    }

    async fn quarantine(&self, tx: &mut Tx) -> store::Result<BTreeSet<DeliveryId>> {
        if self.quarantine.is_empty() {
            return Ok(BTreeSet::new());
        }
        let found: Vec<_> =
            self.quarantine.iter().map(|one| (one.found.clone(), one.cause)).collect();
        let done = tx.quarantine_deliveries(&found, &self.reader, self.now).await?;
        let done: BTreeSet<_> = done.into_iter().collect();
        let ids: Vec<_> = found
            .iter()
            .filter(|(row, _)| done.contains(&row.delivery_id))
            .map(|(row, _)| row.referral_id)
            .collect();
        for (from, events) in [
            (State::Routed, &[Event::GiveUp][..]),
            (State::Delivered, &[Event::Release, Event::GiveUp]),
        ] {
            if let Some(to) = next_state(from, events) {
                tx.move_from(&ids, from, to).await?;
            }
        }
        Ok(done)
    }
}

impl Command for HandOver {
    type Outcome = BTreeSet<DeliveryId>;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<Self::Outcome>> {
        let claimed = self.claim(tx).await?;
        let quarantined = self.quarantine(tx).await?;
        let kept = Kept { claimed, quarantined };
        let entries: Vec<_> =
            self.news(&kept).flat_map(|news| news.entries.iter().cloned()).collect();
        let nothing = kept.claimed.is_empty() && kept.quarantined.is_empty();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
        Ok(if nothing { Flow::Stop(BTreeSet::new()) } else { Flow::Append(entries) })
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Self::Outcome> {
        let kept = self.kept();
        tx.insert_changes(&changes(placed, self.news(&kept))?).await?;
        Ok(kept.claimed)
    }
}

/// The change that the sender of each referral is told of: at the place of its first entry.
pub(super) fn changes<'a>(
    placed: &Placed,
    news: impl Iterator<Item = &'a News>,
) -> store::Result<Vec<(Oin, i64, ReferralId)>> {
    let corrupt = store::Error::Corrupt { table: "log_state", column: "size" };
    let Ok(mut next) = i64::try_from(placed.first()) else { return Err(corrupt) };
    let mut changes = Vec::new();
    for news in news {
        if news.entries.is_empty() {
            continue;
        }
        changes.push((news.sender.clone(), next, news.referral_id));
        let Ok(entries) = i64::try_from(news.entries.len()) else { return Err(corrupt) };
        next += entries;
    }
    Ok(changes)
}
