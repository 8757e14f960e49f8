//! What a search means, read on page by page in the order of the ledger. A search compares columns and shows
//! the newest of what a key finds; an export reads rows, and all of them.

use crate::domain::id::Oin;
use crate::domain::lines::Filter;
use crate::domain::time::Timestamp;
use crate::gateway::error::Result;
use crate::gateway::search::Sought;
use crate::store::{DisclosureRow, LineKey, Search, Tx};

use super::PAGE;

/// A reading that is under way.
#[derive(Debug)]
pub(super) struct Reading {
    sought: Sought,
    /// The part of it that the store compares.
    search: Search,
}

impl Reading {
    /// Of all that is sought, from the first entry on.
    pub(super) fn of(sought: Sought) -> Self {
        let filter = &sought.filter;
        let mut search = Search {
            party: filter.party.clone(),
            oin: filter.oin.clone(),
            sender: filter.sender.clone(),
            recipient: filter.recipient.clone(),
            from: filter.from,
            until: filter.until,
            event_codes: i64::try_from(filter.events).unwrap_or(i64::MAX),
            purpose: filter.purpose.into(),
            basis: filter.basis.into(),
            ..Search::default()
        };
        for key in &sought.keys {
            match key {
                LineKey::Subject(subject) => search.subject = Some(*subject),
                LineKey::Case(case_ref) => search.case_ref = Some(case_ref.clone()),
                LineKey::Group(group_id) => search.group_id = Some(*group_id),
                LineKey::Actor(_, user) => search.actor_user_id = Some(user.clone()),
            }
        }
        Self { sought, search }
    }

    /// Who reads, where that is not the office of the region.
    pub(super) const fn reader(&self) -> Option<&Oin> {
        self.search.party.as_ref()
    }

    /// The period that was asked for.
    pub(super) const fn period(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.search.from, self.search.until)
    }

    /// Finds once between which entries the period lies, so that every page reads on where the last one
    /// ended.
    pub(super) async fn bound(&mut self, tx: &mut Tx, tree_size: i64) -> Result<()> {
        let search = &mut self.search;
        search.size = tree_size;
        let (Some(from), Some(until)) = (search.from, search.until) else { return Ok(()) };
        match tx.leaves_between(from, until).await? {
            Some((first, last)) => {
                search.after = Some(first - 1);
                search.size = tree_size.min(last + 1);
            }
            None => search.size = 0,
        }
        search.is_bounded = true;
        Ok(())
    }

    /// The rows of the next page that match, which may be none; `None` behind the last page.
    pub(super) async fn next(&mut self, tx: &mut Tx) -> Result<Option<Vec<DisclosureRow>>> {
        let mut rows = tx.search(&self.search, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.search.after = Some(last.idx);
        rows.retain(|row| self.matches(row));
        Ok(Some(rows))
    }

    /// What the store does not compare, or compares only in part.
    fn matches(&self, row: &DisclosureRow) -> bool {
        let Filter { dispositions, categories, .. } = self.sought.filter;
        let disposition = u8::try_from(row.disposition).ok();
        let bit = disposition.and_then(|number| 1_u8.checked_shl(number.into()));
        let ended = dispositions == 0 || bit.is_some_and(|bit| dispositions & bit != 0);
        let kind = categories == 0 || row.categories & i64::from(categories) != 0;
        ended && kind && self.sought.keys.iter().all(|key| has(row, key))
    }
}

fn has(row: &DisclosureRow, key: &LineKey) -> bool {
    match key {
        LineKey::Subject(subject) => row.subject.as_ref() == Some(subject),
        LineKey::Case(case_ref) => row.case_ref.as_ref() == Some(case_ref),
        LineKey::Group(group_id) => row.group_id == *group_id,
        LineKey::Actor(oin, user) => row.actor_oin == *oin && row.actor_user_id == *user,
    }
}
