//! How much of what was disclosed is explained, and how much was looked into by an officer: the test of a
//! systematic review (CONSOLE §1.4 P1).
//!
//! A rule explains what was given or denied by the policy pack. An emergency is explained by nobody but
//! the officers who review it; one that waits for them is neither, whatever else was found of it. Reviewed
//! by hand is an entry of an emergency that was judged, an entry of a sample that was last found to be in
//! order or not, and an entry of a signal that was closed as explained or as an incident; one that is
//! several of these counts once.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use crate::domain::event::{Disposition, EventCode};
use crate::domain::id::{GroupId, Oin};
use crate::domain::lines::{Filter, Tally};
use crate::domain::review::ReviewState;
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::gateway::search::Sought;
use crate::store::DisclosureRow;

/// Entries of emergencies that are looked up: the newest. A region has a few a day. So many too of what was
/// looked into in samples and signals.
const LOOKED_UP_MAX: usize = 2_000;
/// Of which are read at once.
const AT_ONCE: usize = 128;

/// How much is explained and reviewed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// By the organisation whose data it is; the one that disclosed most comes first.
    pub organisations: Vec<Covered>,
    /// Whether every emergency, and all that was looked into, was looked up; otherwise only the newest were.
    pub is_whole: bool,
}

/// How much of the entries of one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// Which.
    pub oin: Oin,
    /// Entries.
    pub total: u64,
    /// Of which the policy pack explains.
    pub explained: u64,
    /// Of which officers reviewed by hand.
    pub reviewed: u64,
    /// Of which wait for their review.
    pub waiting: u64,
}

impl Coverage {
    /// Entries that officers reviewed.
    pub fn reviewed(&self) -> u64 {
        self.organisations.iter().map(|one| one.reviewed).sum()
    }

    /// Entries that wait for their review.
    pub fn waiting(&self) -> u64 {
        self.organisations.iter().map(|one| one.waiting).sum()
    }
}

impl Gateway {
    /// Of what was counted with a filter.
    pub(super) async fn coverage(
        &self,
        filter: &Filter,
        tally: &Tally,
        (first, tree_size): (i64, i64),
    ) -> Result<Coverage> {
        let by_rule = [Disposition::Allowed, Disposition::Narrowed, Disposition::Refused];
        let dispositions = Filter::bits(by_rule);
        let sought = Filter { dispositions, ..filter.clone() };
        let sought = Sought { filter: sought, ..Sought::default() };
        let explained = self.find_entries(&sought, tree_size, (None, 0)).await?.tally.senders;
        let (reviews, is_whole) = self.reviewed(filter, (first, tree_size)).await?;
        let covered = |(oin, total): (&Oin, &u64)| {
            let (reviewed, waiting) = reviews.get(oin).copied().unwrap_or_default();
            let explained = explained.get(oin).copied().unwrap_or_default();
            Covered { oin: oin.clone(), total: *total, explained, reviewed, waiting }
        };
        let mut organisations: Vec<Covered> = tally.senders.iter().map(covered).collect();
        organisations.sort_by_key(|one| std::cmp::Reverse(one.total));
        Ok(Coverage { organisations, is_whole })
    }

    /// How many entries were reviewed by hand and how many emergencies wait, by organisation; and whether
    /// all of them were looked up.
    async fn reviewed(
        &self,
        filter: &Filter,
        (first, tree_size): (i64, i64),
    ) -> Result<(BTreeMap<Oin, (u64, u64)>, bool)> {
        let mut counts = Counts::default();
        let are_all = self.count_emergencies(filter, tree_size, &mut counts).await?;
        let mut tx = self.db().read().await?;
        let range = (first, tree_size);
        let mut places =
            tx.entries_looked_into(filter.party.as_ref(), range, LOOKED_UP_MAX + 1).await?;
        let is_whole = are_all && places.len() <= LOOKED_UP_MAX;
        places.truncate(LOOKED_UP_MAX);
        for places in places.chunks(AT_ONCE) {
            let rows = tx.disclosures(places).await?;
            for row in rows.into_iter().filter(|row| is_counted(filter, row)) {
                counts.review(row);
            }
        }
        Ok((counts.by_sender, is_whole))
    }

    /// Entries of emergencies that were judged, and those that wait; tells whether all were looked up.
    async fn count_emergencies(
        &self,
        filter: &Filter,
        tree_size: i64,
        counts: &mut Counts,
    ) -> Result<bool> {
        let dispositions = Filter::bits([Disposition::Emergency]);
        let filter = Filter { dispositions, ..filter.clone() };
        let sought = Sought { filter, newest_first: true, ..Sought::default() };
        let found = self.find_entries(&sought, tree_size, (None, LOOKED_UP_MAX)).await?;
        let mut closed: BTreeMap<GroupId, bool> = BTreeMap::new();
        for places in found.page.chunks(AT_ONCE) {
            let mut tx = self.db().read().await?;
            for row in tx.disclosures(places).await? {
                let is_closed = match closed.entry(row.group_id) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(unknown) => {
                        let state = tx.review_state_of_act(row.group_id).await?;
                        let state = state.and_then(|state| u16::try_from(state).ok());
                        let state = state.and_then(ReviewState::from_number);
                        *unknown.insert(state.is_some_and(ReviewState::is_closed))
                    }
                };
                if is_closed {
                    counts.review(row);
                } else {
                    counts.wait(row);
                }
            }
        }
        Ok(!found.has_more)
    }
}

/// What was counted so far.
#[derive(Default)]
struct Counts {
    /// Reviewed and waiting, by the organisation whose data it is.
    by_sender: BTreeMap<Oin, (u64, u64)>,
    /// Entries that are counted as reviewed.
    reviewed: BTreeSet<i64>,
}

impl Counts {
    fn review(&mut self, row: DisclosureRow) {
        if let Some(sender) = row.sender_oin
            && self.reviewed.insert(row.idx)
        {
            self.by_sender.entry(sender).or_default().0 += 1;
        }
    }

    fn wait(&mut self, row: DisclosureRow) {
        if let Some(sender) = row.sender_oin {
            self.by_sender.entry(sender).or_default().1 += 1;
        }
    }
}

/// Whether an entry that was looked into is one of those that are counted. A signal has others too; one of an
/// emergency counts by its review alone, so that none is reviewed while it waits.
fn is_counted(filter: &Filter, row: &DisclosureRow) -> bool {
    let event = u16::try_from(row.event_code).ok().and_then(EventCode::from_number);
    let is_party = |party: &Oin| {
        row.actor_oin == *party
            || row.sender_oin.as_ref() == Some(party)
            || row.recipient_oin.as_ref() == Some(party)
    };
    event.is_some_and(EventCode::discloses)
        && row.disposition != i64::from(Disposition::Emergency.number())
        && filter.from.is_none_or(|from| from <= row.recorded_at)
        && filter.party.as_ref().is_none_or(is_party)
}
