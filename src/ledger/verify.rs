//! Checks a whole log against itself and against what it signed, in one pass and bounded memory.
//!
//! Everything is computed again from the stored entries. Where a stored tile disagrees, both versions
//! are followed until the next signed checkpoint, which tells which of the two is the original: so a
//! changed entry is named by its index, a damaged tile by its place. What the log signed is the only
//! thing that is believed; where nothing signed follows, findings can say what does not fit together,
//! but not for certain which part of it is the original.

mod doubt;
mod finding;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::doubt::Doubt;
use super::checkpoint::{Checkpoint, CheckpointError};
use super::entry::{Body, Entry};
use super::hash::Hash;
use super::note::{KeyName, Note, Verifier};
use super::purge::{PickedEntries, Purge};
use super::tile::{Edge, Full, TILE_LEVEL_MAX, Tile, TileId};
use crate::domain::id::EventId;

pub use finding::{FINDINGS_MAX, Finding, Report, StatePart};

/// Within how many entries an event id that comes back is noticed. Beyond, the store's unique index
/// on the event id guards; compare that column with the entry that [`LogVerifier::entry`] returns.
pub const DUPLICATE_WINDOW: usize = 65_536;

/// The most missing entries in a row that are bridged. Beyond, the log is not worth reading on.
pub const GAP_MAX: u64 = 65_536;

/// Stands in the tree for an entry that is not there; no SHA-256 is known to give it.
const MISSING: Hash = Hash::new([0; Hash::BYTES]);

/// What the store says the log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// How many entries the log has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// The encoded [`Frontier`](super::tree::Frontier).
    pub frontier: Vec<u8>,
}

/// Who signs the checkpoints of a log: its name, and its keys.
#[derive(Debug, Clone)]
pub struct Signatory {
    origin: KeyName,
    keys: Vec<Verifier>,
}

impl Signatory {
    /// The log `origin`, whose checkpoints are signed by one of `keys`.
    pub const fn new(origin: KeyName, keys: Vec<Verifier>) -> Self {
        Self { origin, keys }
    }

    /// The root in a checkpoint that is stored under `size`, if the log signed it.
    pub fn open(&self, size: u64, note: &str) -> Result<Hash, Finding> {
        let note: Note = note.parse().or(Err(Finding::CheckpointMalformed { size }))?;
        let checkpoint = match Checkpoint::open(&note, &self.keys, &self.origin) {
            Ok(checkpoint) => checkpoint,
            Err(CheckpointError::Note(_)) => return Err(Finding::CheckpointSignature { size }),
            Err(CheckpointError::OtherOrigin) => return Err(Finding::CheckpointOrigin { size }),
            Err(CheckpointError::Malformed(_)) => {
                return Err(Finding::CheckpointMalformed { size });
            }
        };
        if checkpoint.size == size {
            Ok(checkpoint.root)
        } else {
            Err(Finding::CheckpointMalformed { size })
        }
    }
}

/// Checks a log that is fed to it in order.
///
/// Feed everything by *position*, ascending: an entry at index i, or what is left of it when it was
/// purged, has position i + 1, a tile the size that completes it, a checkpoint its size. At one
/// position come first the entry, then the tiles by level, then the checkpoint. What does not come is reported as missing as soon as something of a
/// later position does.
#[derive(Debug)]
pub struct LogVerifier {
    signatory: Signatory,
    state: State,
    /// The tree as the entries give it.
    edge: Edge,
    /// The tree as the stored tiles give it, while the two differ.
    doubt: Option<Doubt>,
    recent: RecentEvents,
    /// Purged entries, by the index of the entry that says so. Grows with the purges, not with what
    /// they purged.
    purges: BTreeMap<u64, PickedEntries>,
    /// Size of the last checkpoint that fitted.
    confirmed: u64,
    /// Since `confirmed`, a checkpoint did not fit.
    astray: bool,
    last_checkpoint: Option<u64>,
    /// A gap too wide to bridge ended the check.
    abandoned: bool,
    report: Report,
}

impl LogVerifier {
    /// Checks the log whose checkpoints `signatory` signs, up to `state`.
    pub fn new(signatory: Signatory, state: State) -> Self {
        Self {
            signatory,
            state,
            edge: Edge::new(),
            doubt: None,
            recent: RecentEvents::default(),
            purges: BTreeMap::new(),
            confirmed: 0,
            astray: false,
            last_checkpoint: None,
            abandoned: false,
            report: Report::default(),
        }
    }

    /// How many entries have been accounted for: the position of the last one.
    pub const fn size(&self) -> u64 {
        self.edge.size()
    }

    /// Takes the stored bytes of the entry at `index`, and returns them decoded.
    pub fn entry(&mut self, index: u64, bytes: &[u8]) -> Option<Entry> {
        self.report.entries += 1;
        if !self.place(index, Hash::leaf(bytes)) {
            return None;
        }
        let Ok(entry) = Entry::decode(bytes) else {
            self.report.add(Finding::UndecodableEntry { index });
            return None;
        };
        if !self.recent.insert(entry.event_id) {
            self.report.add(Finding::DuplicateEvent { index });
        }
        self.compare_purge(index, &entry);
        Some(entry)
    }

    /// Takes what is left of the entry at `index` that was purged: its hash, and the index of the
    /// entry that says so.
    pub fn purged(&mut self, index: u64, hash: Hash, by: u64) {
        self.report.purged += 1;
        if self.place(index, hash) {
            self.purges.entry(by).or_default().add(index, hash);
        }
    }

    /// Puts a leaf into the tree, if it is the next one.
    fn place(&mut self, index: u64, leaf: Hash) -> bool {
        if index >= self.state.size {
            self.report.add(Finding::UnexpectedEntry { index });
            return false;
        }
        if index < self.size() {
            self.report.add(Finding::RepeatedEntry { index });
            return false;
        }
        if !self.reach(index) {
            return false;
        }
        self.settle_all();
        self.push_leaf(leaf);
        true
    }

    /// An entry about a purge says exactly what was purged under its index.
    fn compare_purge(&mut self, index: u64, entry: &Entry) {
        let purged = self.purges.remove(&index).and_then(|entries| entries.purge());
        let stated = match &entry.body {
            Body::Purge(purge) => Some(purge),
            Body::Disclosure(_) | Body::Consent(_) | Body::Administration(_) => None,
        };
        match (stated, purged) {
            (Some(stated), purged) => {
                if purged.as_ref() == Some(stated) {
                    self.report.purges += 1;
                } else {
                    self.report.add(Finding::PurgeMismatch { index });
                }
            }
            (None, Some(purged)) => self.report.add(unaccounted(&purged)),
            (None, None) => {}
        }
    }

    /// Takes a stored tile: its hashes one after the other, and its root as stored beside them.
    pub fn tile(&mut self, level: u8, index: u64, hashes: &[u8], root: Hash) {
        self.report.tiles += 1;
        let due = TileId::new(level, index)
            .filter(|tile| tile.is_full_at(self.state.size) && tile.end_leaf() >= self.size());
        let Some(tile) = due else {
            return self.report.add(Finding::UnexpectedTile { level, index });
        };
        if !self.reach(tile.end_leaf()) {
            return;
        }
        for lower in 0..level {
            self.settle(lower, None);
        }
        if self.edge.full(level) == Some(tile) {
            let stored = StoredTile { hashes, root };
            self.settle(level, Some(&stored));
        } else {
            self.report.add(Finding::UnexpectedTile { level, index });
        }
    }

    /// Takes a stored checkpoint: the size it is stored under, and the note.
    pub fn checkpoint(&mut self, size: u64, note: &str) {
        let opened = self.signatory.open(size, note);
        self.opened_checkpoint(size, opened);
    }

    /// Takes a stored checkpoint whose note [`Signatory::open`] has opened: signatures take most of the
    /// time where commits are small, and may be checked beside the rest.
    pub fn opened_checkpoint(&mut self, size: u64, opened: Result<Hash, Finding>) {
        self.report.checkpoints += 1;
        if size > self.state.size {
            return self.report.add(Finding::CheckpointBeyondLog { size });
        }
        if size < self.size() || self.last_checkpoint == Some(size) {
            return self.report.add(Finding::RepeatedCheckpoint { size });
        }
        self.last_checkpoint = Some(size);
        if !self.reach(size) {
            return;
        }
        self.settle_all();
        match opened {
            Ok(root) => self.confront(size, root),
            Err(finding) => self.report.add(finding),
        }
    }

    /// Compares the end with what the store says the log is, and reports.
    pub fn finish(mut self) -> Report {
        for purged in std::mem::take(&mut self.purges).into_values() {
            purged.purge().iter().for_each(|purged| self.report.add(unaccounted(purged)));
        }
        let (first, size) = (self.size(), self.state.size);
        self.settle_all();
        self.conclude();
        if first < size && !self.abandoned {
            self.report.add(Finding::MissingEntries { first, count: size - first });
        } else if !self.abandoned {
            self.compare_state();
        }
        if size > 0 && self.last_checkpoint != Some(size) {
            self.report.add(Finding::CheckpointMissing { size });
        }
        self.report
    }

    /// Accounts for the entries before `position`; `false` when too many of them are missing.
    fn reach(&mut self, position: u64) -> bool {
        let first = self.size();
        let count = position.saturating_sub(first);
        if self.abandoned || count == 0 {
            return !self.abandoned;
        }
        self.report.add(Finding::MissingEntries { first, count });
        if count > GAP_MAX {
            self.report.add(Finding::Abandoned { index: first });
            self.abandoned = true;
            return false;
        }
        for _ in 0..count {
            self.settle_all();
            self.push_leaf(MISSING);
        }
        true
    }

    fn push_leaf(&mut self, leaf: Hash) {
        self.edge.push_leaf(leaf);
        if let Some(doubt) = &mut self.doubt {
            doubt.edge.push_leaf(leaf);
        }
    }

    /// Takes every tile that is full and was not fed.
    fn settle_all(&mut self) {
        for level in 0..=TILE_LEVEL_MAX {
            self.settle(level, None);
        }
    }

    /// Takes the tile at `level`, if it is full, and compares it with what is stored.
    fn settle(&mut self, level: u8, stored: Option<&StoredTile<'_>>) {
        let Some(computed) = self.edge.take_full(level) else { return };
        let (id, computed_root) = (computed.id, computed.root);
        // The other version of the tile, as the stored tiles below give it.
        let other = match &mut self.doubt {
            Some(doubt) => doubt.edge.take_full(level).unwrap_or(computed),
            None => computed,
        };
        let stored_root = match stored {
            None => {
                self.report.add(Finding::TileMissing { tile: id });
                other.root
            }
            Some(stored) => {
                self.compare_tile(&other, stored);
                stored.root
            }
        };
        if stored_root != computed_root && self.doubt.is_none() {
            self.doubt = Some(Doubt::new(&self.edge));
        }
        self.edge.push_root(level, computed_root);
        if let Some(doubt) = &mut self.doubt {
            doubt.edge.push_root(level, stored_root);
        }
    }

    /// Compares a stored tile, its hashes and its root, with what the stored tiles below it give.
    fn compare_tile(&mut self, other: &Full, stored: &StoredTile<'_>) {
        if other.tile.is(stored.hashes) && other.root == stored.root {
            return;
        }
        match Tile::from_bytes(stored.hashes).ok().filter(|tile| tile.root() == stored.root) {
            None => self.report.add(Finding::TileMismatch { tile: other.id }),
            Some(tile) => self.dispute(other.id, &other.tile, &tile),
        }
    }

    /// Notes where an intact stored tile disagrees with what lies below it.
    fn dispute(&mut self, id: TileId, below: &Tile, stored: &Tile) {
        let edge = &self.edge;
        self.doubt.get_or_insert_with(|| Doubt::new(edge)).dispute(id, below, stored);
    }

    /// Lets a signed root decide between the entries and the tiles.
    fn confront(&mut self, size: u64, root: Hash) {
        if self.edge.root() == root {
            if let Some(doubt) = self.doubt.take() {
                doubt.tiles_changed(&mut self.report);
            }
        } else if let Some(doubt) = self.doubt.take_if(|doubt| doubt.edge.root() == root) {
            // From here on, the tiles' version counts as the log.
            self.edge = doubt.entries_changed(&mut self.report);
        } else {
            // Once is enough: every later checkpoint covers the same damage.
            if !self.astray {
                let finding = Finding::CheckpointMismatch { size, confirmed: self.confirmed };
                self.report.add(finding);
            }
            self.astray = true;
            return;
        }
        self.confirmed = size;
        self.astray = false;
    }

    /// Ends a doubt that no checkpoint has ended: nothing signed follows, so the stored root decides,
    /// and where it fits neither version, the tiles are taken at their word.
    fn conclude(&mut self) {
        let Some(doubt) = self.doubt.take() else { return };
        if self.edge.root() == self.state.root {
            doubt.tiles_changed(&mut self.report);
        } else {
            self.edge = doubt.entries_changed(&mut self.report);
        }
    }

    fn compare_state(&mut self) {
        let frontier = self.edge.frontier();
        if frontier.root() != self.state.root {
            self.report.add(Finding::StateMismatch { part: StatePart::Root });
        }
        if frontier.encode() != self.state.frontier {
            self.report.add(Finding::StateMismatch { part: StatePart::Frontier });
        }
    }
}

fn unaccounted(purged: &Purge) -> Finding {
    Finding::UnaccountedPurge { first: purged.first, count: purged.count }
}

/// A tile as it was fed.
struct StoredTile<'t> {
    hashes: &'t [u8],
    root: Hash,
}

/// The last [`DUPLICATE_WINDOW`] event ids. They grow with time, so an ordered set finds its place near the
/// last one: hashing them cost three times as much.
#[derive(Debug, Default)]
struct RecentEvents {
    ids: BTreeSet<EventId>,
    order: VecDeque<EventId>,
}

impl RecentEvents {
    /// Whether `id` is new.
    fn insert(&mut self, id: EventId) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > DUPLICATE_WINDOW
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}
