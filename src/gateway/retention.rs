//! Ends what entries say when their term is over (DOMAIN §5.1, §8 row 10), and with them what was kept
//! of them for signals.
//!
//! The rows and the bytes of old entries are deleted; their hashes stay, so every proof still
//! verifies, and an entry of the ledger says which entries were purged. Nothing is purged that a
//! hold keeps, and no entry that accounts for a purge or for an accepted ledger. Changes of consents
//! stay as much longer as a consent can last, so that `log audit` can still judge every disclosure
//! that is left.

use std::time::Duration;

use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::time::Timestamp;
use crate::ledger::hash::Hash;
use crate::ledger::purge::PickedEntries;
use crate::store::{self, AgedRow, Command, Flow, NewEntry, Placed, Retained, Tx};

use super::Gateway;
use super::call::Call;
use super::error::{Error, Result};
use super::journal::{Happening, Matter, new_group};
use super::once::DECISIONS_MAX;

mod content;

pub(super) use content::content_purged;

/// Entries that one commit purges: about a megabyte, and some milliseconds.
pub const BATCH_MAX: u32 = 1_000;

/// How much longer changes of consents stay: no consent lasts longer (DOMAIN §3.2).
const CONSENT_LONGER: Duration = Duration::from_hours(366 * 24);

/// Changes of consents, which later disclosures rely on.
const LATER: [EventCode; 4] = [
    EventCode::ConsentRecorded,
    EventCode::ConsentRefused,
    EventCode::ConsentWithdrawn,
    EventCode::ConsentExpired,
];

/// Entries that account for the ledger itself; they are about nobody.
const KEPT: [EventCode; 2] = [EventCode::LogPurged, EventCode::LedgerAccepted];

/// What a purge did, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Entries.
    pub entries: u64,
    /// Entries of the ledger that account for them.
    pub purges: u64,
    /// Position of the first and the last of them.
    pub range: Option<(i64, i64)>,
}

/// Whether to purge, or only to see what would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Purge.
    Purge,
    /// Only count.
    Count,
}

/// Where the next batch begins: moment and position of the last entry before it.
type After = (i64, i64);

impl Gateway {
    /// Purges what was recorded before a moment and is held by nothing, batch by batch.
    pub async fn purge_log(&self, before: Timestamp, mode: Mode) -> Result<Purged> {
        let retained = Retained {
            before,
            later_events: bits(&LATER),
            later_before: before.minus(CONSENT_LONGER),
            kept_events: bits(&KEPT),
        };
        let mut purged = Purged::default();
        let mut after = (0, -1);
        loop {
            let rows = match mode {
                Mode::Purge => self.purge_batch(&retained, after).await?,
                Mode::Count => self.db().read().await?.aged(&retained, after, BATCH_MAX).await?,
            };
            let Some(last) = rows.last() else { break };
            after = (last.recorded_at.as_micros(), last.idx);
            purged.add(&rows);
        }
        if mode == Mode::Purge {
            // What was found in those entries, and counted from them, ends with them.
            while self.writer().commit(PurgingSignals { before }).await? > 0 {}
        }
        Ok(purged)
    }

    /// Purges the next batch. What is in it is looked at once more inside the commit, and behind the
    /// lock of the ledger, so that a hold that was placed meanwhile holds.
    async fn purge_batch(&self, retained: &Retained, after: After) -> Result<Vec<AgedRow>> {
        for _ in 0..DECISIONS_MAX {
            let rows = self.db().read().await?.aged(retained, after, BATCH_MAX).await?;
            if rows.is_empty() {
                return Ok(rows);
            }
            let mut hashes: Vec<(i64, Hash)> =
                rows.iter().map(|row| (row.idx, Hash::leaf(&row.entry))).collect();
            hashes.sort_unstable();
            let entry = self.purge_entry(&self.acting_itself()?, &hashes)?;
            let purging = Purging { retained: *retained, after, rows: rows.clone(), hashes, entry };
            if self.writer().commit(purging).await? {
                return Ok(rows);
            }
        }
        Err(Error::Busy)
    }

    fn purge_entry(&self, call: &Call, hashes: &[(i64, Hash)]) -> Result<NewEntry> {
        let mut purged = PickedEntries::default();
        for (idx, hash) in hashes {
            purged.add(u64::try_from(*idx).map_err(Error::internal)?, *hash);
        }
        let corrupt = store::Error::Corrupt { table: "leaves", column: "idx" };
        let purge = purged.purge().ok_or_else(|| Error::internal(corrupt))?;
        let detail = format!("{} entries from {} to {}", purge.count, purge.first, purge.last);
        let happening = Happening {
            detail,
            ..Happening::new(
                EventCode::LogPurged,
                new_group(call)?,
                ObjectType::DisclosureLog,
                Matter::Purge(purge),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }
}

impl Purged {
    fn add(&mut self, rows: &[AgedRow]) {
        self.entries += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        self.purges += 1;
        for row in rows {
            let (first, last) = self.range.unwrap_or((row.idx, row.idx));
            self.range = Some((first.min(row.idx), last.max(row.idx)));
        }
    }
}

fn bits(events: &[EventCode]) -> i64 {
    events.iter().fold(0, |bits, event| bits | 1 << event.number())
}

struct Purging {
    retained: Retained,
    after: After,
    rows: Vec<AgedRow>,
    hashes: Vec<(i64, Hash)>,
    entry: NewEntry,
}

impl Purging {
    async fn is_as_read(&self, tx: &mut Tx) -> store::Result<bool> {
        Ok(tx.aged(&self.retained, self.after, BATCH_MAX).await? == self.rows)
    }
}

impl Command for Purging {
    /// Whether the batch was still the one that was read.
    type Outcome = bool;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<bool>> {
        if !self.is_as_read(tx).await? {
            return Ok(Flow::Stop(false));
        }
        Ok(Flow::Append(vec![self.entry.clone()]))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<bool> {
        // Whoever placed a hold was behind the same lock, and was told that it holds.
        if !self.is_as_read(tx).await? {
            return Err(store::Error::Overtaken);
        }
        let corrupt = store::Error::Corrupt { table: "log_state", column: "size" };
        let Ok(by) = i64::try_from(placed.first()) else { return Err(corrupt) };
        tx.purge_leaves(&self.hashes, by).await?;
        Ok(true)
    }
}

/// What is kept for signals, as far as it is past its term.
struct PurgingSignals {
    before: Timestamp,
}

impl Command for PurgingSignals {
    /// How much went.
    type Outcome = u64;

    async fn apply(&self, _tx: &mut Tx) -> store::Result<Flow<u64>> {
        Ok(Flow::Append(Vec::new()))
    }

    async fn complete(&self, tx: &mut Tx, _placed: &mut Placed) -> store::Result<u64> {
        tx.purge_signals((self.before, self.before.date()), BATCH_MAX).await
    }
}
