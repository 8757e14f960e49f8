//! A search among the entries of the ledger: which there are, how many, how they are spread, and the
//! rows of one page, all of one state of the ledger.
//!
//! What many entries may match (organisation, purpose, basis, kind of data, what became of it, when)
//! is compared in [`Block`]s; what few can match (a person, a case, an act, an employee) is looked up
//! by its index. Both ways every read is bounded.

use std::collections::VecDeque;

use crate::domain::event::Disposition;
use crate::domain::id::Pseudonym;
use crate::domain::lines::{BLOCK_LINES, Block, Filter, Line, Tally};
use crate::domain::time::Timestamp;
use crate::store::{self, BlockRow, Command, Flow, LineKey, LineRow, Placed, Tx};

use super::Gateway;
use super::disclosures::PageStart;
use super::error::{Error, Result};

mod cache;

pub(super) use cache::Blocks;

/// Most entries of one person, case, act or employee that are compared: the newest.
const KEYED_MAX: u32 = 10_000;
/// [`BLOCK_LINES`], as positions are counted.
const BLOCK: i64 = 4096;
const _: () = assert!(BLOCK_LINES == 4096);

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Sought {
    /// What is compared.
    pub(super) filter: Filter,
    /// What is looked up, where something is; every one of them must hold.
    pub(super) keys: Vec<LineKey>,
    /// From the newest to the oldest.
    pub(super) newest_first: bool,
}

impl Sought {
    /// The person who is looked up, where one is.
    pub(super) fn person(&self) -> Option<Pseudonym> {
        self.keys.iter().find_map(|key| match key {
            LineKey::Subject(subject) => Some(*subject),
            LineKey::Case(_) | LineKey::Group(_) | LineKey::Actor(..) => None,
        })
    }
}

/// What a search came to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Counts.
    pub(super) tally: Tally,
    /// Whether everything was compared; otherwise the newest [`KEYED_MAX`].
    pub(super) is_whole: bool,
    /// Entries of the page, in the order of the search.
    pub(super) page: Vec<i64>,
    /// How many stand before the page.
    pub(super) before: u64,
    /// Whether others come behind the page.
    pub(super) has_more: bool,
}

impl Gateway {
    /// Compares what was asked with the first `size` entries.
    pub(super) async fn find_entries(
        &self,
        sought: &Sought,
        size: i64,
        (start, limit): (Option<PageStart>, usize),
    ) -> Result<Found> {
        let mut tally = Tally::default();
        let mut window = Window::new(sought.newest_first, start, limit);
        let (blocks, is_whole) = if sought.keys.is_empty() {
            self.find_in_blocks(sought, size, &mut tally, &mut window).await?;
            (Vec::new(), true)
        } else {
            self.looked_up(sought, size).await?
        };
        for block in &blocks {
            tally.count(block, &sought.filter, size, |idx| window.see(idx));
        }
        let (before, has_more) = (window.before, window.has_more);
        Ok(Found { tally, is_whole, page: window.close(), before, has_more })
    }

    async fn find_in_blocks(
        &self,
        sought: &Sought,
        size: i64,
        tally: &mut Tally,
        window: &mut Window,
    ) -> Result<()> {
        let filter = &sought.filter;
        let from = filter.from.unwrap_or(Timestamp::EPOCH);
        let until = filter.until.unwrap_or(Timestamp::LAST);
        let mut tx = self.db().read().await?;
        let kept = tx.block_count().await?;
        for row in tx.blocks(from, until).await? {
            if row.block * BLOCK < size {
                let block = self.0.blocks.get(&mut tx, row).await?;
                tally.count(&block, filter, size, |idx| window.see(idx));
            }
        }
        // Behind the blocks stand fewer entries than make one, and what is not made yet.
        let mut first = kept * BLOCK;
        while first < size {
            let block = block_of(&mut tx, first).await?;
            tally.count(&block, filter, size, |idx| window.see(idx));
            first += BLOCK;
        }
        Ok(())
    }

    /// The lines that the keys find, as blocks.
    async fn looked_up(&self, sought: &Sought, size: i64) -> Result<(Vec<Block>, bool)> {
        let Some((by, others)) = sought.keys.split_first() else { return Ok((Vec::new(), true)) };
        let mut rows = self.db().read().await?.lines_of(by, size, KEYED_MAX).await?;
        let is_whole = u32::try_from(rows.len()).is_ok_and(|len| len < KEYED_MAX);
        rows.retain(|row| others.iter().all(|key| has(row, key)));
        rows.reverse();
        let blocks = rows.chunk_by(|one, next| one.idx / BLOCK == next.idx / BLOCK).map(|rows| {
            let first = rows.first().map_or(0, |row| row.idx / BLOCK * BLOCK);
            in_block(first, rows.iter().cloned())
        });
        Ok((blocks.collect::<Result<_>>()?, is_whole))
    }

    /// Makes the blocks for which all entries are there, and makes again what a purge changed. One
    /// at a time, because the writer has other work; tells whether there may be more to make.
    pub async fn fill_blocks(&self) -> Result<bool> {
        let mut tx = self.db().read().await?;
        let size = tx.log_state().await?.map_or(0, |state| state.size);
        let kept = tx.block_count().await?;
        let next = match tx.stale_block().await? {
            Some(stale) => Some(stale),
            None => ((kept + 1) * BLOCK <= size).then_some(kept),
        };
        drop(tx);
        let Some(block) = next else { return Ok(false) };
        self.writer().commit(KeepBlock { block }).await?;
        Ok(true)
    }
}

/// The entries that a page shows, from all that match, which come in the order of the ledger.
struct Window {
    newest_first: bool,
    after: Option<i64>,
    limit: usize,
    places: VecDeque<i64>,
    /// How many match and stand before the page.
    before: u64,
    has_more: bool,
}

impl Window {
    fn new(newest_first: bool, start: Option<PageStart>, limit: usize) -> Self {
        let after = start.map(|start| start.after);
        Self { newest_first, after, limit, places: VecDeque::new(), before: 0, has_more: false }
    }

    fn see(&mut self, idx: i64) {
        let behind = match self.after {
            None => true,
            Some(after) if self.newest_first => idx < after,
            Some(after) => idx > after,
        };
        if !behind {
            self.before += 1;
            return;
        }
        if self.places.len() < self.limit {
            self.places.push_back(idx);
            return;
        }
        self.has_more = true;
        if self.newest_first {
            self.places.pop_front();
            self.places.push_back(idx);
        }
    }

    fn close(self) -> Vec<i64> {
        let mut places = Vec::from(self.places);
        if self.newest_first {
            places.reverse();
        }
        places
    }
}

struct KeepBlock {
    block: i64,
}

impl Command for KeepBlock {
    type Outcome = ();

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<()>> {
        let corrupt = |_| store::Error::Corrupt { table: "disclosures", column: "idx" };
        let rows = tx.lines(self.block * BLOCK, (self.block + 1) * BLOCK).await?;
        let lines = i64::try_from(rows.len()).unwrap_or(BLOCK);
        let block = in_block(self.block * BLOCK, rows).map_err(corrupt)?;
        let (first_at, last_at) = block.span().unwrap_or((Timestamp::EPOCH, Timestamp::EPOCH));
        let row = BlockRow { block: self.block, lines, first_at, last_at };
        tx.keep_block(row, block.to_bytes()).await?;
        Ok(Flow::Append(Vec::new()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<()> {
        Ok(())
    }
}

/// A block as its rows have it.
async fn block_of(tx: &mut Tx, first: i64) -> Result<Block> {
    in_block(first, tx.lines(first, first + BLOCK).await?)
}

fn in_block(first: i64, rows: impl IntoIterator<Item = LineRow>) -> Result<Block> {
    Block::new(first, rows.into_iter().map(line)).map_err(Error::internal)
}

/// What is compared of a row. A number that no list of codes has was changed: it is compared as none,
/// and the entry tells of it where it is looked at.
fn line(row: LineRow) -> Line {
    // Every list of codes ends before 256.
    let code = |number: i64| u8::try_from(number).unwrap_or(0);
    let disposition = u16::try_from(row.disposition).ok().and_then(Disposition::from_number);
    Line {
        idx: row.idx,
        at: row.recorded_at,
        event: code(row.event_code),
        disposition: disposition.unwrap_or(Disposition::Failed),
        denial: code(row.denial),
        purpose: code(row.purpose),
        basis: code(row.basis),
        categories: u16::try_from(row.categories).unwrap_or(0),
        actor: row.actor_oin,
        sender: row.sender_oin,
        recipient: row.recipient_oin,
    }
}

fn has(row: &LineRow, key: &LineKey) -> bool {
    match key {
        LineKey::Subject(subject) => row.subject.as_ref() == Some(subject),
        LineKey::Case(case_ref) => row.case_ref.as_ref() == Some(case_ref),
        LineKey::Group(group_id) => row.group_id == *group_id,
        LineKey::Actor(oin, user) => row.actor_oin == *oin && row.actor_user_id == *user,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(newest_first: bool, after: Option<i64>, limit: usize) -> (Vec<i64>, u64, bool) {
        let start = after.map(|after| PageStart { after, tree_size: 0 });
        let mut window = Window::new(newest_first, start, limit);
        for idx in [2, 3, 5, 7, 11] {
            window.see(idx);
        }
        let (before, has_more) = (window.before, window.has_more);
        (window.close(), before, has_more)
    }

    #[test]
    fn a_page_is_the_next_of_all_that_match() {
        assert_eq!(page(true, None, 2), (vec![11, 7], 0, true));
        assert_eq!(page(true, Some(7), 2), (vec![5, 3], 2, true));
        assert_eq!(page(true, Some(5), 2), (vec![3, 2], 3, false));
        assert_eq!(page(false, None, 2), (vec![2, 3], 0, true));
        assert_eq!(page(false, Some(3), 9), (vec![5, 7, 11], 2, false));
        assert_eq!(page(true, Some(2), 2), (vec![], 5, false));
    }
}
