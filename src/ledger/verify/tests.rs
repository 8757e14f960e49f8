//! A log is built as it is stored, damaged in one way, and checked: the finding names the damage.

mod checkpoints;
mod entries;
mod purges;
mod tiles;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::domain::id::{GroupId, Oin};
use crate::domain::time::Timestamp;
use crate::ledger::commitment::Commitment;
use crate::ledger::entry::{Administration, Body};
use crate::ledger::note::Signer;
use crate::ledger::tree::Frontier;

fn signer(seed: u8) -> Signer {
    Signer::from_seed("log.example/haaglanden".parse().unwrap(), &[seed; 32])
}

fn entry(number: u64) -> Vec<u8> {
    let mut event_id = [7; 16];
    event_id[..8].copy_from_slice(&number.to_be_bytes());
    let oin: Oin = "00000099000000002000".parse().unwrap();
    Entry {
        event_id: EventId::from_bytes(event_id),
        group_id: GroupId::from_bytes([1; 16]),
        recorded_at: Timestamp::from_micros(1).unwrap(),
        event: 1,
        outcome: 0,
        reason: 0,
        actor_organisation: oin,
        subject: Commitment::NOTHING,
        actor: Commitment::NOTHING,
        case: Commitment::NOTHING,
        details: Commitment::NOTHING,
        body: Body::Administration(Administration { scope: 1, count: number, digest: [0; 32] }),
    }
    .encode()
}

/// A log as a store holds it.
#[derive(Clone)]
struct Log {
    entries: BTreeMap<u64, Vec<u8>>,
    /// Hashes of purged entries, and the index of the entry that accounts for them.
    purged: BTreeMap<u64, (Hash, u64)>,
    tiles: BTreeMap<TileId, (Vec<u8>, Hash)>,
    checkpoints: BTreeMap<u64, String>,
    state: State,
}

impl Log {
    /// A log of `size` entries with a checkpoint after every `batch` of them and at the end.
    fn new(size: u64, batch: u64) -> Self {
        Self::of((0..size).map(entry), batch)
    }

    /// The same of these entries.
    fn of(all: impl IntoIterator<Item = Vec<u8>>, batch: u64) -> Self {
        let all: Vec<Vec<u8>> = all.into_iter().collect();
        let size = u64::try_from(all.len()).unwrap();
        let (mut edge, signer) = (Edge::new(), signer(1));
        let (mut entries, mut tiles) = (BTreeMap::new(), BTreeMap::new());
        let mut checkpoints = BTreeMap::new();
        for (index, bytes) in (0..).zip(all) {
            let completed = edge.append(Hash::leaf(&bytes)).into_iter();
            tiles.extend(completed.map(|(id, tile)| (id, (tile.to_bytes(), tile.root()))));
            entries.insert(index, bytes);
            if (index + 1) % batch == 0 || index + 1 == size {
                checkpoints.insert(index + 1, checkpoint(index + 1, edge.root(), &signer));
            }
        }
        let frontier = edge.frontier().encode();
        let state = State { size, root: edge.root(), frontier };
        Self { entries, purged: BTreeMap::new(), tiles, checkpoints, state }
    }

    fn tile(&mut self, level: u8, index: u64) -> &mut (Vec<u8>, Hash) {
        self.tiles.get_mut(&TileId::new(level, index).unwrap()).unwrap()
    }

    /// Feeds everything in the order of its position, as `log verify` does.
    fn check(&self) -> Report {
        self.check_with(LogVerifier::new(trusted(), self.state.clone()))
    }

    fn check_with(&self, mut verifier: LogVerifier) -> Report {
        let mut rows: Vec<_> = self
            .entries
            .iter()
            .map(|(index, bytes)| (index + 1, 0, Row::Entry(*index, bytes)))
            .chain(
                self.purged
                    .iter()
                    .map(|(index, (hash, by))| (index + 1, 0, Row::Purged(*index, *hash, *by))),
            )
            .chain(self.tiles.iter().map(|(id, (bytes, root))| {
                (id.end_leaf(), 1 + id.level(), Row::Tile(*id, bytes, *root))
            }))
            .chain(self.checkpoints.iter().map(|(size, note)| (*size, 99, Row::Checkpoint(note))))
            .collect();
        rows.sort_by_key(|(position, order, _)| (*position, *order));
        for (position, _, row) in rows {
            match row {
                Row::Entry(index, bytes) => {
                    verifier.entry(index, bytes);
                }
                Row::Purged(index, hash, by) => verifier.purged(index, hash, by),
                Row::Tile(id, bytes, root) => verifier.tile(id.level(), id.index(), bytes, root),
                Row::Checkpoint(note) => verifier.checkpoint(position, note),
            }
        }
        verifier.finish()
    }

    fn findings(&self) -> Vec<Finding> {
        let report = self.check();
        assert_eq!(report.findings_total, u64::try_from(report.findings.len()).unwrap());
        report.findings
    }
}

enum Row<'log> {
    Entry(u64, &'log [u8]),
    Purged(u64, Hash, u64),
    Tile(TileId, &'log [u8], Hash),
    Checkpoint(&'log str),
}

fn trusted() -> Signatory {
    let key = signer(1).verifier().clone();
    Signatory::new(key.name().clone(), vec![key])
}

fn checkpoint(size: u64, root: Hash, signer: &Signer) -> String {
    let origin = signer.verifier().name().clone();
    Checkpoint { origin, size, root }.sign(signer).unwrap().to_string()
}

/// 700 entries: two full tiles and 188 entries that no tile holds yet; a checkpoint every 50.
static LOG: LazyLock<Log> = LazyLock::new(|| Log::new(700, 50));

/// Enough entries for a full tile at level 1.
static LARGE_LOG: LazyLock<Log> = LazyLock::new(|| Log::new(66_000, 6_000));

fn tile(level: u8, index: u64) -> TileId {
    TileId::new(level, index).unwrap()
}

#[test]
fn an_honest_log_has_no_findings() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513] {
        for batch in [1, 7, 256, 1000] {
            let report = Log::new(size, batch).check();
            assert_eq!(report.findings, [], "{size} in batches of {batch}");
            assert!(report.is_clean());
            assert_eq!((report.entries, report.tiles), (size, size / 256));
        }
    }
    assert!(LARGE_LOG.check().is_clean());
}

#[test]
fn findings_are_capped_and_counted() {
    let mut log = LARGE_LOG.clone();
    log.entries.values_mut().for_each(|bytes| bytes.push(0));
    let report = log.check();
    assert_eq!(report.findings.len(), FINDINGS_MAX);
    assert!(report.findings_total > 66_000);
}

#[test]
fn every_finding_has_a_sentence() {
    let tile = tile(0, 1_234);
    assert_eq!(
        Finding::TileMissing { tile }.to_string(),
        "the tile tile/0/x001/234 is missing: proofs that need it cannot be made"
    );
    assert_eq!(
        Finding::MissingEntries { first: 3, count: 2 }.to_string(),
        "2 entries from index 3 on are missing: they were deleted"
    );
}

proptest! {
    #[test]
    fn feeding_anything_in_any_order_never_panics(
        size in 0_u64..600,
        rows in prop::collection::vec((0_u8..5, 0_u64..600, 0_u8..9), 0..60),
    ) {
        let state = State { size, ..LOG.state.clone() };
        let mut verifier = LogVerifier::new(trusted(), state);
        for (kind, index, level) in rows {
            match kind {
                4 => verifier.purged(index, Hash::EMPTY_TREE, index + u64::from(level)),
                0 => { verifier.entry(index, &entry(index)); }
                1 => { (index..index + 40).for_each(|index| { verifier.entry(index, &[level]); }); }
                2 => verifier.tile(level, index % 4, &vec![level; 8192], Hash::EMPTY_TREE),
                _ => verifier.checkpoint(index, &LOG.checkpoints[&300]),
            }
        }
        prop_assert!(verifier.finish().findings_total > 0);
    }
}
