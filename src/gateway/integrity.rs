//! Whether the ledger is whole, for those who may read it: what was signed, how it grew, that nothing
//! of an older state was changed, and that entries taken at random are still what was signed.
//!
//! What is found is computed here from what is stored. Who does not trust this gateway computes it
//! again with `ketenpoort log verify`, or with a checkpoint that was kept elsewhere.

use std::time::Duration;

use crate::domain::look::Look;
use crate::domain::time::{Date, Timestamp};
use crate::ledger::checkpoint::{Checkpoint, CheckpointError};
use crate::ledger::hash::Hash;
use crate::ledger::note::Note;
use crate::ledger::proof::verify_consistency;
use crate::store::Tx;
use crate::store::ledger::CheckpointRow;

use super::Gateway;
use super::call::Call;
use super::error::{Error, Result};
use super::witnesses::{WitnessState, newest_witnessed, with_cosignatures};

mod elsewhere;
mod sample;

pub use elsewhere::{BATCH, Batch, Continuation, Taken, Wanted};
pub use sample::{SAMPLE, Sample, Sampled};

/// A checkpoint that is older while entries wait for one is stale.
const STALE_AFTER: Duration = Duration::from_mins(15);
/// Checkpoints that are listed.
const RECENT: u32 = 12;
/// Days of which the growth is told.
const DAYS: usize = 30;
const DAY: Duration = Duration::from_hours(24);

/// Entries that are known to have been changed are counted up to here: it may be more of them.
pub const CHANGED_MAX: u64 = 10_000;

/// What stands on every page about the ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LedgerState {
    /// Everything is signed, or will be shortly.
    #[default]
    Signed,
    /// Entries have waited for a signature longer than a quarter of an hour.
    Stale {
        /// How many.
        waiting: u64,
        /// When the newest checkpoint was signed.
        signed_at: Timestamp,
    },
    /// A checkpoint was signed that this ledger does not hold.
    Disputed,
    /// A witness cosigned a checkpoint that this ledger does not continue. Referrals and summaries go on,
    /// because families depend on them; what is proven by the ledger does not.
    Contradicted,
    /// Entries that stand in the tree are not what was hashed, or are gone (A9).
    Changed {
        /// How many are known, up to [`CHANGED_MAX`].
        entries: u64,
    },
}

/// The ledger as a whole.
#[derive(Debug, Clone)]
pub struct Whole {
    /// What was signed last; none before the first.
    pub latest: Option<Latest>,
    /// Entries now.
    pub entries: u64,
    /// The newest checkpoints, newest first.
    pub recent: Vec<Point>,
    /// Days with their growth, oldest first.
    pub growth: Vec<Grown>,
    /// What came since the size that was asked for.
    pub since: Option<Kept>,
    /// Who outside watches the ledger.
    pub witnesses: Vec<WitnessState>,
    /// The newest size that enough of them cosigned.
    pub witnessed: Option<u64>,
    /// Entries that are known to have been changed or taken out, up to [`CHANGED_MAX`]. The tree is of hashes, and goes on also
    /// where an entry below it no longer has the hash.
    pub changed: u64,
}

/// The newest checkpoint, with what was found about it.
#[derive(Debug, Clone)]
pub struct Latest {
    /// C2SP signed note.
    pub note: String,
    /// What it says.
    pub point: Point,
    /// Whether the key of the ledger signed it.
    pub is_signed: bool,
    /// Whether the stored tree has this root. It says nothing about the entries of its full tiles.
    pub has_root: bool,
}

/// A checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Number of entries.
    pub size: u64,
    /// Root over them; none when the note cannot be read.
    pub root: Option<Hash>,
    /// When it was signed.
    pub signed_at: Timestamp,
}

/// How much came on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grown {
    /// The day.
    pub day: Date,
    /// Entries that came on it.
    pub added: u64,
    /// Entries at its end.
    pub size: u64,
}

/// What became of an older state of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Its tree begins with it: entries came, and nothing of the tree was changed.
    Extended(Extension),
    /// The ledger does not begin with it: something was changed.
    Changed {
        /// Its size.
        size: u64,
    },
    /// It is larger than the ledger: entries are gone.
    Beyond {
        /// Its size.
        size: u64,
    },
    /// It is of another ledger, or was not signed by the key of this one.
    NotOurs,
    /// It is no checkpoint.
    Unreadable,
}

/// That a newer state extends an older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Older size.
    pub from: u64,
    /// Its root.
    pub from_root: Hash,
    /// Newer size.
    pub to: u64,
    /// Its root.
    pub to_root: Hash,
    /// Hashes of the proof (RFC 6962 §2.1.2).
    pub hashes: Vec<Hash>,
}

impl Gateway {
    /// What stands on every page about the ledger. It says nothing about anybody, so it is no look.
    pub async fn ledger_state(&self) -> Result<LedgerState> {
        let mut tx = self.db().read().await?;
        let (state, newest) = (tx.log_state().await?, tx.latest_checkpoint().await?);
        // What is asked for below takes a reader of its own.
        drop(tx);
        let Some(state) = state else { return Ok(LedgerState::Signed) };
        if state.disputed.is_some() {
            return Ok(LedgerState::Disputed);
        }
        if self.contradiction().is_some() {
            return Ok(LedgerState::Contradicted);
        }
        let entries = self.changed_entries().await?;
        if entries > 0 {
            return Ok(LedgerState::Changed { entries });
        }
        let Some(newest) = newest else { return Ok(LedgerState::Signed) };
        let waiting = u64::try_from(state.size - newest.size).unwrap_or_default();
        let is_old = newest.signed_at.plus(STALE_AFTER) < self.clock().now();
        if waiting > 0 && is_old {
            return Ok(LedgerState::Stale { waiting, signed_at: newest.signed_at });
        }
        Ok(LedgerState::Signed)
    }

    /// The ledger as a whole, and what came since an older size of it.
    pub async fn whole_ledger(
        &self,
        call: &Call,
        purpose: i32,
        since: Option<u64>,
    ) -> Result<Whole> {
        self.officer_looks(call, purpose, (Look::Integrity, &[])).await?;
        let mut tx = self.db().read().await?;
        let size = tx.log_state().await?.map_or(0, |state| state.size);
        let entries = u64::try_from(size).map_err(Error::internal)?;
        let recent = tx.newest_checkpoints(RECENT).await?;
        let latest = match recent.first() {
            Some(row) => Some(self.latest(&mut tx, row).await?),
            None => None,
        };
        let since = match (since, &latest) {
            (Some(since), Some(latest)) => {
                Some(since_size(&mut tx, since, latest.point.size).await?)
            }
            _ => None,
        };
        let growth = growth(&mut tx, call.now(), entries).await?;
        let recent = recent.iter().map(point).collect::<Result<_>>()?;
        let witnesses = self.witness_states(&mut tx, entries).await?;
        let witnessed = newest_witnessed(&mut tx, self.quorum(), (0, size)).await?;
        let witnessed = witnessed
            .map(|(row, _note)| u64::try_from(row.size).map_err(Error::internal))
            .transpose()?;
        drop(tx);
        let changed = self.changed_entries().await?;
        Ok(Whole { latest, entries, recent, growth, since, witnesses, witnessed, changed })
    }

    /// How many entries are known to have been changed or taken out, up to [`CHANGED_MAX`].
    pub(super) async fn changed_entries(&self) -> Result<u64> {
        let most = usize::try_from(CHANGED_MAX).map_err(Error::internal)?;
        let known = self.known_to_be_changed(most).await?.len();
        Ok(u64::try_from(known).map_err(Error::internal)?.min(CHANGED_MAX))
    }

    /// Holds a checkpoint that somebody kept against the ledger as it is now.
    pub async fn held_against(&self, call: &Call, purpose: i32, kept: &str) -> Result<Kept> {
        self.officer_looks(call, purpose, (Look::Checkpoint, kept.as_bytes())).await?;
        let Ok(note) = kept.parse::<Note>() else { return Ok(Kept::Unreadable) };
        let key = self.ledger_verifier();
        let kept = match Checkpoint::open(&note, std::slice::from_ref(key), key.name()) {
            Ok(kept) => kept,
            Err(CheckpointError::Malformed(_)) => return Ok(Kept::Unreadable),
            Err(CheckpointError::Note(_) | CheckpointError::OtherOrigin) => {
                return Ok(Kept::NotOurs);
            }
        };
        let mut tx = self.db().read().await?;
        let newest = tx.latest_checkpoint().await?.ok_or_else(Error::hidden)?;
        let to = u64::try_from(newest.size).map_err(Error::internal)?;
        extension(&mut tx, (kept.size, kept.root), to).await
    }

    async fn latest(&self, tx: &mut Tx, row: &CheckpointRow) -> Result<Latest> {
        let point = point(row)?;
        let key = self.ledger_verifier();
        let opened =
            row.note.parse::<Note>().ok().and_then(|note| {
                Checkpoint::open(&note, std::slice::from_ref(key), key.name()).ok()
            });
        // A tree that cannot be put together has not this root either.
        let computed = tx.root(point.size).await.ok();
        let note = match row.note.parse() {
            Ok(note) => with_cosignatures(tx, self.quorum(), row.size, note).await?.to_string(),
            Err(_) => row.note.clone(),
        };
        Ok(Latest {
            note,
            is_signed: opened.is_some_and(|signed| signed.size == point.size),
            has_root: computed.is_some() && computed == point.root,
            point,
        })
    }
}

fn point(row: &CheckpointRow) -> Result<Point> {
    let note = row.note.parse::<Note>().ok();
    let checkpoint = note.and_then(|note| note.text().parse::<Checkpoint>().ok());
    Ok(Point {
        size: u64::try_from(row.size).map_err(Error::internal)?,
        root: checkpoint.map(|checkpoint| checkpoint.root),
        signed_at: row.signed_at,
    })
}

/// What came since a size. Its root is that of the checkpoint that was signed at that size, and is
/// computed where none was.
async fn since_size(tx: &mut Tx, since: u64, to: u64) -> Result<Kept> {
    if since == 0 {
        return Ok(Kept::Unreadable);
    }
    if since > to {
        return Ok(Kept::Beyond { size: since });
    }
    let row = tx.checkpoint(i64::try_from(since).map_err(Error::internal)?).await?;
    let note = row.and_then(|row| row.note.parse::<Note>().ok());
    let signed = note.and_then(|note| note.text().parse::<Checkpoint>().ok());
    let root = match signed {
        Some(signed) => signed.root,
        None => tx.root(since).await?,
    };
    extension(tx, (since, root), to).await
}

async fn extension(tx: &mut Tx, (from, from_root): (u64, Hash), to: u64) -> Result<Kept> {
    if from > to {
        return Ok(Kept::Beyond { size: from });
    }
    let hashes = tx.consistency_proof(from, to).await?;
    let to_root = tx.root(to).await?;
    if verify_consistency(from, from_root, to, to_root, &hashes).is_err() {
        return Ok(Kept::Changed { size: from });
    }
    Ok(Kept::Extended(Extension { from, from_root, to, to_root, hashes }))
}

/// How much came on each of the last days. An index on the moments tells where each begins.
async fn growth(tx: &mut Tx, now: Timestamp, entries: u64) -> Result<Vec<Grown>> {
    // Noon: a day more or less stays a day also when the clocks change.
    let noon = now.date().start().plus(DAY / 2);
    let mut day = noon.minus(DAY * u32::try_from(DAYS - 1).unwrap_or_default());
    let mut grown = Vec::with_capacity(DAYS);
    let mut begun = first_since(tx, day.date(), entries).await?;
    for _ in 0..DAYS {
        let next = first_since(tx, day.plus(DAY).date(), entries).await?.max(begun);
        grown.push(Grown { day: day.date(), added: next - begun, size: next });
        (begun, day) = (next, day.plus(DAY));
    }
    Ok(grown)
}

async fn first_since(tx: &mut Tx, day: Date, entries: u64) -> Result<u64> {
    let first = tx.first_since(day.start()).await?;
    Ok(first.and_then(|idx| u64::try_from(idx).ok()).unwrap_or(entries))
}
