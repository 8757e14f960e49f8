//! What a search asks of a line.

use super::block::{Block, Row};
use crate::domain::event::Disposition;
use crate::domain::id::Oin;
use crate::domain::time::Timestamp;

/// Conditions, all of which must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only entries of which this organisation is a party.
    pub party: Option<Oin>,
    /// Organisation that sent or received.
    pub oin: Option<Oin>,
    /// Organisation that sent.
    pub sender: Option<Oin>,
    /// Organisation that received.
    pub recipient: Option<Oin>,
    /// First moment.
    pub from: Option<Timestamp>,
    /// First moment after.
    pub until: Option<Timestamp>,
    /// Bit n set: events with code n. 0: all events.
    pub events: u64,
    /// Bit n set: disposition n. 0: all.
    pub dispositions: u8,
    /// Any of these categories. 0: all entries.
    pub categories: u16,
    /// Number of the purpose; 0: all.
    pub purpose: u8,
    /// Number of the basis; 0: all.
    pub basis: u8,
}

/// A filter in the numbers of one block.
pub(super) struct Matcher {
    party: Option<u16>,
    oin: Option<u16>,
    sender: Option<u16>,
    recipient: Option<u16>,
    from: i64,
    until: i64,
    events: u64,
    dispositions: u8,
    categories: u16,
    purpose: u8,
    basis: u8,
}

impl Filter {
    /// Bits of dispositions, as [`Filter::dispositions`] has them.
    pub fn bits(dispositions: impl IntoIterator<Item = Disposition>) -> u8 {
        dispositions.into_iter().fold(0, |bits, one| bits | 1 << one.number())
    }

    /// None when no line of the block can match.
    pub(super) fn on(&self, block: &Block) -> Option<Matcher> {
        // An organisation that no line has: nothing can match.
        let number = |party: &Option<Oin>| match party {
            None => Some(None),
            Some(party) => block.number(party).map(Some),
        };
        Some(Matcher {
            party: number(&self.party)?,
            oin: number(&self.oin)?,
            sender: number(&self.sender)?,
            recipient: number(&self.recipient)?,
            from: self.from.map_or(i64::MIN, Timestamp::as_micros),
            until: self.until.map_or(i64::MAX, Timestamp::as_micros),
            events: self.events,
            dispositions: self.dispositions,
            categories: self.categories,
            purpose: self.purpose,
            basis: self.basis,
        })
    }
}

impl Matcher {
    pub(super) fn matches(&self, row: &Row) -> bool {
        let is = |wanted: Option<u16>, one: u16| wanted.is_none_or(|wanted| wanted == one);
        let shares = |wanted: Option<u16>| {
            wanted.is_none_or(|wanted| row.sender == wanted || row.recipient == wanted)
        };
        (self.from <= row.at && row.at < self.until)
            && self.party.is_none_or(|own| row.actor == own || shares(Some(own)))
            && shares(self.oin)
            && is(self.sender, row.sender)
            && is(self.recipient, row.recipient)
            && (self.purpose == 0 || self.purpose == row.purpose)
            && (self.basis == 0 || self.basis == row.basis)
            && (self.dispositions == 0 || self.dispositions & 1 << row.disposition.number() != 0)
            && (self.categories == 0 || self.categories & row.categories != 0)
            && (self.events == 0
                || 1_u64.checked_shl(row.event.into()).is_some_and(|bit| self.events & bit != 0))
    }
}
