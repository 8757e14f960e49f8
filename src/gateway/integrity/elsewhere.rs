//! What somebody needs to verify the ledger without trusting this gateway, in a browser for example: the
//! bytes of entries with their places in a tree, and that a tree begins with an older one.

use std::time::Duration;

use crate::domain::lines::Filter;
use crate::domain::look::Look;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::disclosures::{PageStart, may_see, visible_to};
use crate::gateway::error::{Error, Result};
use crate::gateway::search::Sought;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Hash;
use crate::store::ledger::Nodes;
use crate::store::{Search, Tx};

use super::sample::drawn;

/// Most entries of one answer.
pub const BATCH: usize = 100;
/// How far back "of late" goes.
const LATELY: Duration = Duration::from_hours(30 * 24);

/// Which entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A hundred at random.
    Random,
    /// Those of the last thirty days, behind this one; -1 for the first.
    Lately {
        /// Where the answer before ended.
        after: i64,
    },
}

/// Entries, for whoever verifies them.
#[derive(Debug, Clone)]
pub struct Batch {
    /// How many there are, in this answer and others.
    pub total: u64,
    /// In the order of the ledger.
    pub entries: Vec<Taken>,
}

/// An entry with its place in the tree.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Where it stands.
    pub index: i64,
    /// Its bytes; none when they are gone, or when by themselves they are another organisation's.
    pub entry: Option<Vec<u8>>,
    /// Hashes from bottom to top (RFC 6962 §2.1.1).
    pub hashes: Vec<Hash>,
}

/// That a tree begins with an older one.
#[derive(Debug, Clone)]
pub struct Continuation {
    /// When a checkpoint of the older size was signed; none when none was.
    pub signed_at: Option<Timestamp>,
    /// Hashes (RFC 6962 §2.1.2).
    pub hashes: Vec<Hash>,
}

impl Gateway {
    /// Entries that the officer may see, with their places in the tree of a size.
    pub async fn entries_to_verify(
        &self,
        call: &Call,
        purpose: i32,
        (wanted, size): (Wanted, u64),
    ) -> Result<Batch> {
        let question = format!("{wanted:?} {size}");
        self.officer_looks(call, purpose, (Look::Verification, question.as_bytes())).await?;
        let below = self.size_within(size).await?;
        let (total, places) = match wanted {
            Wanted::Random => self.at_random(call, below).await?,
            Wanted::Lately { after } => self.of_late(call, below, after).await?,
        };
        let mut tx = self.db().read().await?;
        let mut nodes = Nodes::default();
        let mut entries = Vec::with_capacity(places.len());
        for index in places {
            entries.push(taken(call, &mut tx, &mut nodes, (index, size)).await?);
        }
        Ok(Batch { total, entries })
    }

    /// A size of the ledger, as the store counts it.
    async fn size_within(&self, size: u64) -> Result<i64> {
        let present = self.db().read().await?.log_state().await?.map_or(0, |state| state.size);
        let known = i64::try_from(size).ok().filter(|size| (1..=present).contains(size));
        let mut violations = Violations::new();
        violations.require(known.is_some(), "tree_size", "OUT_OF_RANGE", "the ledger is smaller");
        Ok(violations.into_result(known.unwrap_or_default())?)
    }

    async fn at_random(&self, call: &Call, below: i64) -> Result<(u64, Vec<i64>)> {
        let search = Search { party: visible_to(call), size: below, ..Search::default() };
        let mut tx = self.db().read().await?;
        let places: Vec<i64> = drawn(&mut tx, &search).await?.into_keys().collect();
        Ok((u64::try_from(places.len()).map_err(Error::internal)?, places))
    }

    /// How many entries there are of the last thirty days, and where the next hundred stand.
    async fn of_late(&self, call: &Call, below: i64, after: i64) -> Result<(u64, Vec<i64>)> {
        // Whole days before the newest entry of the tree: what is asked for page by page stays the same,
        // also when a day ends meanwhile.
        let newest = self.db().read().await?.leaf(below - 1).await?;
        let newest = newest.and_then(|leaf| Entry::decode(&leaf.entry).ok());
        let end = newest.map_or_else(|| call.now(), |entry| entry.recorded_at);
        let from = Some(end.date().start().minus(LATELY));
        let party = visible_to(call);
        let filter = Filter { party, from, ..Filter::default() };
        let sought = Sought { filter, ..Sought::default() };
        let start = Some(PageStart { after, tree_size: below });
        let found = self.find_entries(&sought, below, (start, BATCH)).await?;
        Ok((found.tally.total, found.page))
    }

    /// That the tree of `to` entries begins with that of `from`. Whether it does, is for who asks to find. The
    /// page about integrity asks it by itself, so it is a look of that kind.
    pub async fn continuation(
        &self,
        call: &Call,
        purpose: i32,
        (from, to): (u64, u64),
    ) -> Result<Continuation> {
        let question = format!("{from} {to}");
        self.officer_looks(call, purpose, (Look::Integrity, question.as_bytes())).await?;
        let hashes = self.extended(from, Some(to)).await?.hashes;
        let size = i64::try_from(from).map_err(Error::internal)?;
        let row = self.db().read().await?.checkpoint(size).await?;
        Ok(Continuation { signed_at: row.map(|row| row.signed_at), hashes })
    }
}

async fn taken(
    call: &Call,
    tx: &mut Tx,
    nodes: &mut Nodes,
    (index, size): (i64, u64),
) -> Result<Taken> {
    let position = u64::try_from(index).map_err(Error::internal)?;
    let hashes = tx.inclusion_proof(nodes, position, size).await?;
    let entry = tx.leaf(index).await?.map(|leaf| leaf.entry);
    let row = tx.disclosure(index).await?;
    // The row beside it found the entry, and whoever writes the database can make anybody a party of that.
    let entry = entry.filter(|entry| row.is_some_and(|row| may_see(call, &row, Some(entry))));
    Ok(Taken { index, entry, hashes })
}
