//! What an officer looked at: who looks at others is looked at too, and sees it first.

use crate::domain::event::EventCode;
use crate::domain::look::Look;
use crate::domain::occasion::Occasion;
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::store::Search;

use super::Gateway;
use super::call::Call;
use super::disclosures::{Looked, PAGE_MAX, PageStart};
use super::error::Result;

/// A page of what an officer looked at.
#[derive(Debug)]
pub struct OwnLooks {
    /// Newest first.
    pub entries: Vec<Looked>,
    /// Last entry of the page, when there may be more.
    pub next_after: Option<i64>,
    /// Size of the ledger that the pages are taken from.
    pub tree_size: i64,
}

/// The last time that an officer asked to verify the ledger. What came of it is not in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnCheck {
    /// When.
    pub at: Timestamp,
    /// How: a checkpoint that was kept, or entries.
    pub what: Look,
}

/// What the entry of a look says: what was looked at, for which purpose, what more there is to say, and
/// on which occasion. By their places: an incident, say, is an occasion and can be looked at as well.
#[derive(Debug, PartialEq, Eq)]
pub struct LookNote<'d> {
    /// What was looked at.
    pub what: Option<Look>,
    /// Why.
    pub purpose: Option<Purpose>,
    /// What more the entry says, word by word.
    pub more: Vec<&'d str>,
    /// What made the officer look.
    pub occasion: Option<Occasion>,
}

impl<'d> LookNote<'d> {
    /// Reads what [`Call::look_note`] wrote.
    pub fn read(detail: &'d str) -> Self {
        let mut more: Vec<&str> = detail.split_whitespace().collect();
        let what = more.first().and_then(|word| word.parse().ok());
        if what.is_some() {
            more.remove(0);
        }
        let purpose = more.first().and_then(|word| word.parse().ok());
        if purpose.is_some() {
            more.remove(0);
        }
        let occasion = more.last().and_then(|word| word.parse().ok());
        if occasion.is_some() {
            more.pop();
        }
        Self { what, purpose, more, occasion }
    }

    /// What the record of a look says; nothing where it cannot be opened.
    pub fn of(looked: &'d Looked) -> Self {
        Self::read(looked.record.as_ref().map_or("", |record| record.outcome_detail.as_str()))
    }
}

impl Gateway {
    /// The officer's own looks and exports in a period, newest first.
    pub async fn own_looks(
        &self,
        call: &Call,
        purpose: i32,
        (from, until): (Timestamp, Timestamp),
        (start, limit): (Option<PageStart>, u32),
    ) -> Result<OwnLooks> {
        self.officer_looks(call, purpose, (Look::OwnLooks, &[])).await?;
        let mut tx = self.db().read().await?;
        let size = tx.log_state().await?.map_or(0, |state| state.size);
        let codes = [EventCode::LogQueried, EventCode::LogExported];
        let search = Search {
            party: Some(call.oin().clone()),
            actor_user_id: Some(call.actor.user_id.clone()),
            from: Some(from),
            until: Some(until),
            event_codes: codes.iter().fold(0, |bits, code| bits | 1 << code.number()),
            newest_first: true,
            after: start.map(|start| start.after),
            size: start.map_or(size, |start| start.tree_size.min(size)),
            ..Search::default()
        };
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = tx.search(&search, limit).await?;
        drop(tx);
        let full = u32::try_from(rows.len()).is_ok_and(|len| len == limit);
        let next_after = rows.last().filter(|_| full).map(|row| row.idx);
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            entries.push(self.look_at(row).await?);
        }
        Ok(OwnLooks { entries, next_after, tree_size: search.size })
    }

    /// When the officer last asked to verify the ledger, among the newest [`PAGE_MAX`] looks. Opening the
    /// page about it is no such question, nor is what that page asks by itself.
    pub(super) async fn own_check(&self, call: &Call) -> Result<Option<OwnCheck>> {
        let mut tx = self.db().read().await?;
        let search = Search {
            party: Some(call.oin().clone()),
            actor_user_id: Some(call.actor.user_id.clone()),
            event_codes: 1 << EventCode::LogQueried.number(),
            newest_first: true,
            size: tx.log_state().await?.map_or(0, |state| state.size),
            ..Search::default()
        };
        let rows = tx.search(&search, PAGE_MAX).await?;
        drop(tx);
        let checks = [Look::Checkpoint, Look::Verification];
        for row in rows {
            let at = row.recorded_at;
            let looked = self.look_at(row).await?;
            if let Some(what) = LookNote::of(&looked).what.filter(|what| checks.contains(what)) {
                return Ok(Some(OwnCheck { at, what }));
            }
        }
        Ok(None)
    }
}
