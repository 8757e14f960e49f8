//! How much of what was disclosed is explained, and how much was looked into by an officer: the test of a
//! systematic review (CONSOLE §1.4 P1).
//!
//! A rule explains what was given or denied by the policy pack. An emergency is explained by nobody but
//! the officers who review it; one that waits for them is neither.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::domain::event::Disposition;
use crate::domain::id::{GroupId, Oin};
use crate::domain::lines::{Filter, Tally};
use crate::domain::review::ReviewState;
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::gateway::search::Sought;

/// Entries of emergencies that are looked up: the newest. A region has a few a day.
const EMERGENCIES_MAX: usize = 2_000;
/// Of which are read at once.
const AT_ONCE: usize = 128;

/// How much is explained and reviewed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// By the organisation whose data it is; the one that disclosed most comes first.
    pub organisations: Vec<Covered>,
    /// Whether every emergency was looked up; otherwise only the newest were.
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
    /// Of which officers reviewed.
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
        tree_size: i64,
    ) -> Result<Coverage> {
        let by_rule = [Disposition::Allowed, Disposition::Narrowed, Disposition::Refused];
        let dispositions = Filter::bits(by_rule);
        let sought = Filter { dispositions, ..filter.clone() };
        let sought = Sought { filter: sought, ..Sought::default() };
        let explained = self.find_entries(&sought, tree_size, (None, 0)).await?.tally.senders;
        let (reviews, is_whole) = self.reviewed(filter, tree_size).await?;
        let covered = |(oin, total): (&Oin, &u64)| {
            let (reviewed, waiting) = reviews.get(oin).copied().unwrap_or_default();
            let explained = explained.get(oin).copied().unwrap_or_default();
            Covered { oin: oin.clone(), total: *total, explained, reviewed, waiting }
        };
        let mut organisations: Vec<Covered> = tally.senders.iter().map(covered).collect();
        organisations.sort_by_key(|one| std::cmp::Reverse(one.total));
        Ok(Coverage { organisations, is_whole })
    }

    /// How many entries of emergencies were reviewed and how many wait, by organisation; and whether
    /// all of them were looked up.
    async fn reviewed(
        &self,
        filter: &Filter,
        tree_size: i64,
    ) -> Result<(BTreeMap<Oin, (u64, u64)>, bool)> {
        let dispositions = Filter::bits([Disposition::Emergency]);
        let filter = Filter { dispositions, ..filter.clone() };
        let sought = Sought { filter, newest_first: true, ..Sought::default() };
        let found = self.find_entries(&sought, tree_size, (None, EMERGENCIES_MAX)).await?;
        let mut counts: BTreeMap<Oin, (u64, u64)> = BTreeMap::new();
        let mut closed: BTreeMap<GroupId, bool> = BTreeMap::new();
        for places in found.page.chunks(AT_ONCE) {
            let mut tx = self.db().read().await?;
            for row in tx.disclosures(places).await? {
                let Some(sender) = row.sender_oin else { continue };
                let is_closed = match closed.entry(row.group_id) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(unknown) => {
                        let state = tx.review_state_of_act(row.group_id).await?;
                        let state = state.and_then(|state| u16::try_from(state).ok());
                        let state = state.and_then(ReviewState::from_number);
                        *unknown.insert(state.is_some_and(ReviewState::is_closed))
                    }
                };
                let (reviewed, waiting) = counts.entry(sender).or_default();
                *(if is_closed { reviewed } else { waiting }) += 1;
            }
        }
        Ok((counts, !found.has_more))
    }
}
