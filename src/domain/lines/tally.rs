//! What the lines of a search come to: counts for charts, and the places of the rows to show.

use std::collections::BTreeMap;

use super::block::{Block, Row};
use super::filter::Filter;
use crate::domain::event::Disposition;
use crate::domain::id::Oin;
use crate::domain::time::{Date, Timestamp};

/// Microseconds of an hour. Dutch time differs from UTC by whole hours, so an hour is in one day.
const HOUR: i64 = 3_600_000_000;

/// Counts of one day, by disposition in the order of the list.
pub type Day = [u64; Disposition::ALL.len()];

/// How many entries of a day became what.
pub fn of_day(day: &Day, disposition: Disposition) -> u64 {
    let place = usize::from(disposition.number().wrapping_sub(1));
    day.get(place).copied().unwrap_or_default()
}

/// What the lines of a search come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entries that match.
    pub total: u64,
    /// By day in Dutch time.
    pub days: BTreeMap<Date, Day>,
    /// By sender.
    pub senders: BTreeMap<Oin, u64>,
    /// By recipient.
    pub recipients: BTreeMap<Oin, u64>,
    /// By number of the basis, where there is one.
    pub bases: BTreeMap<u8, u64>,
    /// By number of the event.
    pub events: BTreeMap<u8, u64>,
    /// By weekday (Monday first) and hour, in Dutch time.
    pub hours: [[u64; 24]; 7],
}

/// Counts of one block by number, which is quicker than by name.
struct Counted {
    senders: Vec<u64>,
    recipients: Vec<u64>,
    bases: [u64; 256],
    events: [u64; 256],
    /// The hour of the line before, because the next is mostly in the same, and its counts.
    hour: Hour,
    day: Day,
}

/// An hour in Dutch time.
#[derive(Clone, Copy)]
struct Hour {
    of_epoch: i64,
    date: Date,
    weekday: u8,
    of_day: u8,
}

impl Tally {
    /// Counts the lines of a block below `size` that match, and tells `found` the place of each, in
    /// the order of the ledger.
    pub fn count(&mut self, block: &Block, filter: &Filter, size: i64, mut found: impl FnMut(i64)) {
        let Some(matcher) = filter.on(block) else { return };
        let mut counted = Counted::new(block);
        for row in block.rows() {
            let idx = block.idx(row);
            if idx < size && matcher.matches(row) {
                self.add(&mut counted, row);
                found(idx);
            }
        }
        self.end_hour(&mut counted);
        let parties = block.parties().iter();
        for ((party, sent), received) in parties.zip(&counted.senders).zip(&counted.recipients) {
            add(&mut self.senders, party, *sent);
            add(&mut self.recipients, party, *received);
        }
        for (number, (basis, event)) in (0..=u8::MAX).zip(counted.bases.iter().zip(&counted.events))
        {
            if number > 0 {
                add(&mut self.bases, &number, *basis);
            }
            add(&mut self.events, &number, *event);
        }
    }

    fn add(&mut self, counted: &mut Counted, row: &Row) {
        if counted.hour.of_epoch != row.at.div_euclid(HOUR) {
            self.end_hour(counted);
            counted.hour = Hour::of(row.at);
        }
        self.total += 1;
        // Numbers begin with 1, and nobody is beyond the end.
        bump(&mut counted.day, row.disposition.number().wrapping_sub(1), 1);
        bump(&mut counted.bases, row.basis, 1);
        bump(&mut counted.events, row.event, 1);
        bump(&mut counted.senders, row.sender, 1);
        bump(&mut counted.recipients, row.recipient, 1);
    }

    fn end_hour(&mut self, counted: &mut Counted) {
        let ended = std::mem::take(&mut counted.day);
        let sum: u64 = ended.iter().sum();
        if sum == 0 {
            return;
        }
        let hour = counted.hour;
        if let Some(hours) = self.hours.get_mut(usize::from(hour.weekday)) {
            bump(hours, hour.of_day, sum);
        }
        let day = self.days.entry(hour.date).or_default();
        for (count, more) in day.iter_mut().zip(ended) {
            *count += more;
        }
    }
}

/// Counts one of a list; what is beyond its end is not in it.
fn bump(counts: &mut [u64], at: impl Into<usize>, by: u64) {
    if let Some(count) = counts.get_mut(at.into()) {
        *count += by;
    }
}

fn add<K: Ord + Clone>(counts: &mut BTreeMap<K, u64>, key: &K, more: u64) {
    if more > 0 {
        *counts.entry(key.clone()).or_default() += more;
    }
}

impl Counted {
    fn new(block: &Block) -> Self {
        let parties = block.parties().len();
        Self {
            senders: vec![0; parties],
            recipients: vec![0; parties],
            bases: [0; 256],
            events: [0; 256],
            hour: Hour::of(0),
            day: Day::default(),
        }
    }
}

impl Hour {
    fn of(micros: i64) -> Self {
        let at = Timestamp::from_micros(micros).unwrap_or(Timestamp::EPOCH);
        let local = at.zoned();
        Self {
            of_epoch: micros.div_euclid(HOUR),
            date: at.date(),
            weekday: u8::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0),
            of_day: u8::try_from(local.hour()).unwrap_or(0),
        }
    }
}
