//! What a search compares, of many entries at once: 4096 entries of the ledger in one [`Block`] of
//! columns. A month of a region is a few of these, and going through all of it takes less time than
//! one page takes on its way to a browser, whatever is asked. So counts and charts are exact, and of
//! the same state of the ledger as the rows.
//!
//! A line tells which organisations and codes an entry has and when it was recorded. It tells
//! nothing of a person, a case or an employee: those are looked up by their indexes.

use super::event::Disposition;
use super::id::Oin;
use super::time::Timestamp;

mod block;
mod filter;
mod tally;

pub use block::{Block, InvalidBlock};
pub use filter::Filter;
pub use tally::{Day, Tally, of_day};

/// Entries in one block.
pub const BLOCK_LINES: usize = 4096;

/// What a search compares of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Position in the ledger.
    pub idx: i64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Number of the event code.
    pub event: u8,
    /// How it ended.
    pub disposition: Disposition,
    /// Number of the reason of a denial; 0 when there was none.
    pub denial: u8,
    /// Number of the purpose; 0 for none.
    pub purpose: u8,
    /// Number of the basis; 0 for none.
    pub basis: u8,
    /// Bits of the categories.
    pub categories: u16,
    /// Organisation that acted.
    pub actor: Oin,
    /// Organisation whose data it is.
    pub sender: Option<Oin>,
    /// Organisation that received.
    pub recipient: Option<Oin>,
}

#[cfg(test)]
mod tests;
