//! What the check of a log can find, and what each finding means.

use crate::ledger::tile::{TileId, TilePath};

/// The most findings that are kept. All are counted; whoever sees this many needs no more to act.
pub const FINDINGS_MAX: usize = 1000;

/// One thing that is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Entries are not there, though later entries, tiles, checkpoints or the state say they were.
    #[error("{count} entries from index {first} on are missing: they were deleted")]
    MissingEntries {
        /// Index of the first.
        first: u64,
        /// How many.
        count: u64,
    },
    /// Entries were purged, and no entry of the log says so.
    #[error(
        "{count} entries from index {first} on were deleted as if they were purged, but no entry \
         accounts for it"
    )]
    UnaccountedPurge {
        /// Index of the first.
        first: u64,
        /// How many.
        count: u64,
    },
    /// The entry about a purge says something else than what was purged.
    #[error("entry {index} is about a purge, but not of the entries that were purged in its name")]
    PurgeMismatch {
        /// Index of the entry about the purge.
        index: u64,
    },
    /// Too many entries in a row are missing to read on.
    #[error("the check stopped at entry {index}: too many entries in a row are missing")]
    Abandoned {
        /// Index of the first missing entry.
        index: u64,
    },
    /// The entry is not the one that was logged.
    #[error("entry {index} was changed: its tile still holds the hash of what was logged")]
    ChangedEntry {
        /// Its index.
        index: u64,
    },
    /// The entry was logged in another place.
    #[error("entry {index} was moved: its tile says that it was logged at index {origin}")]
    MovedEntry {
        /// Where it is.
        index: u64,
        /// Where it belongs.
        origin: u64,
    },
    /// An index came twice, or after a larger one.
    #[error("entry {index} came twice or out of order")]
    RepeatedEntry {
        /// Its index.
        index: u64,
    },
    /// An entry stands beyond the end of the log.
    #[error("entry {index} stands beyond the end of the log: it was never logged")]
    UnexpectedEntry {
        /// Its index.
        index: u64,
    },
    /// The bytes are not those of an entry.
    #[error("entry {index} cannot be read: its bytes are not of a known format")]
    UndecodableEntry {
        /// Its index.
        index: u64,
    },
    /// The event id was used before.
    #[error("entry {index} bears the event id of an earlier entry: one event was logged twice")]
    DuplicateEvent {
        /// Index of the later one.
        index: u64,
    },
    /// The tile is not the one that the log had.
    #[error(
        "the tile {} was changed, or everything below it was: what it holds does not fit the log",
        TilePath::full(*.tile)
    )]
    TileMismatch {
        /// The tile.
        tile: TileId,
    },
    /// The tile is full and not stored.
    #[error(
        "the tile {} is missing: proofs that need it cannot be made",
        TilePath::full(*.tile)
    )]
    TileMissing {
        /// The tile.
        tile: TileId,
    },
    /// A tile that the log does not have, or not yet, or that came twice.
    #[error("the tile {index} of level {level} is none that a log of this size has")]
    UnexpectedTile {
        /// Level as stored.
        level: u8,
        /// Index as stored.
        index: u64,
    },
    /// The log signed another history.
    #[error(
        "the checkpoint at {size} does not fit: one of the entries from {confirmed} up to it was \
         changed, or the log signed two histories"
    )]
    CheckpointMismatch {
        /// Size of the checkpoint.
        size: u64,
        /// Size of the last checkpoint that fitted.
        confirmed: u64,
    },
    /// The log signed more entries than it now has.
    #[error(
        "the log signed a checkpoint at {size}, beyond its end: it was shortened or rolled back"
    )]
    CheckpointBeyondLog {
        /// Size of the checkpoint.
        size: u64,
    },
    /// Nobody known signed the checkpoint.
    #[error("the checkpoint at {size} is not signed by a key of the log: it was forged or damaged")]
    CheckpointSignature {
        /// Size it is stored under.
        size: u64,
    },
    /// It is the checkpoint of another log.
    #[error("the checkpoint at {size} is one of another log")]
    CheckpointOrigin {
        /// Size it is stored under.
        size: u64,
    },
    /// The note is no checkpoint, or one of another size.
    #[error("the checkpoint at {size} cannot be read, or is one of another size")]
    CheckpointMalformed {
        /// Size it is stored under.
        size: u64,
    },
    /// Two checkpoints of one size, or out of order.
    #[error("the checkpoint at {size} came twice or out of order")]
    RepeatedCheckpoint {
        /// Size it is stored under.
        size: u64,
    },
    /// The end of the log was never signed.
    #[error("there is no checkpoint at {size}: nothing signed covers the end of the log")]
    CheckpointMissing {
        /// Size of the log.
        size: u64,
    },
    /// What the store remembers of the log's end is not what the entries give.
    #[error(
        "the stored {part} is not that of the entries: the next entry would be appended wrongly"
    )]
    StateMismatch {
        /// What differs.
        part: StatePart,
    },
}

/// A part of the [`State`](super::State).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatePart {
    /// The root.
    Root,
    /// The frontier.
    Frontier,
}

impl std::fmt::Display for StatePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Root => "root",
            Self::Frontier => "frontier",
        })
    }
}

/// What the check saw and found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Entries read.
    pub entries: u64,
    /// Purged entries of which the hash was read.
    pub purged: u64,
    /// Entries about purges that account for some of them.
    pub purges: u64,
    /// Tiles read.
    pub tiles: u64,
    /// Checkpoints read.
    pub checkpoints: u64,
    /// The first [`FINDINGS_MAX`] findings, each once.
    pub findings: Vec<Finding>,
    /// How many findings there were in all, at least.
    pub findings_total: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub const fn is_clean(&self) -> bool {
        self.findings_total == 0
    }

    pub(super) fn add(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            if self.findings.contains(&finding) {
                return;
            }
            self.findings.push(finding);
        }
        self.findings_total += 1;
    }

    pub(super) fn add_uncounted(&mut self, further: u64) {
        self.findings_total += further;
    }
}
