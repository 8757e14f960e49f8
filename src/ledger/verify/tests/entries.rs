//! Entries that were changed, moved, deleted or added.

use super::*;

#[test]
fn a_changed_entry_is_named() {
    for index in [0, 1, 255, 256, 300, 511] {
        let mut log = LOG.clone();
        log.entries.insert(index, entry(10_000));
        let next = (index / 50 + 1) * 50;
        // The first checkpoint after it does not fit; the tile then tells which entry it is.
        let expected = [
            Finding::CheckpointMismatch { size: next, confirmed: next - 50 },
            Finding::ChangedEntry { index },
        ];
        // Unless the tile is complete before the next checkpoint.
        let expected = if (index / 256 + 1) * 256 <= next { &expected[1..] } else { &expected };
        assert_eq!(log.findings(), expected, "{index}");
    }
}

#[test]
fn two_changed_entries_in_different_tiles_are_both_named() {
    let mut log = LOG.clone();
    log.entries.insert(7, entry(10_000));
    log.entries.insert(270, entry(10_001));
    assert_eq!(
        log.findings(),
        [
            Finding::CheckpointMismatch { size: 50, confirmed: 0 },
            Finding::ChangedEntry { index: 7 },
            Finding::ChangedEntry { index: 270 },
        ]
    );
}

#[test]
fn a_changed_entry_that_no_tile_holds_yet_is_narrowed_down_by_checkpoints() {
    let mut log = LOG.clone();
    log.entries.insert(620, entry(10_000));
    assert_eq!(
        log.findings(),
        [
            Finding::CheckpointMismatch { size: 650, confirmed: 600 },
            Finding::StateMismatch { part: StatePart::Root },
            Finding::StateMismatch { part: StatePart::Frontier },
        ]
    );
}

#[test]
fn where_no_checkpoint_decides_the_stored_root_does() {
    let mut log = LOG.clone();
    log.checkpoints.retain(|size, _| *size <= 250);
    let unsigned = Finding::CheckpointMissing { size: 700 };
    let mut changed = log.clone();
    changed.entries.insert(300, entry(10_000));
    assert_eq!(changed.findings(), [Finding::ChangedEntry { index: 300 }, unsigned]);

    let (bytes, root) = log.tile(0, 1);
    bytes[40] ^= 1;
    *root = Tile::from_bytes(bytes).unwrap().root();
    assert_eq!(log.findings(), [Finding::TileMismatch { tile: tile(0, 1) }, unsigned]);
}

#[test]
fn an_entry_and_everything_computed_from_it_cannot_be_changed_together() {
    let mut edge = Edge::new();
    let mut forged = LOG.clone();
    forged.entries.insert(300, entry(10_000));
    for bytes in forged.entries.values() {
        for (id, tile) in edge.append(Hash::leaf(bytes)) {
            forged.tiles.insert(id, (tile.to_bytes(), tile.root()));
        }
    }
    forged.state.root = edge.root();
    forged.state.frontier = edge.frontier().encode();
    assert_eq!(forged.findings(), [Finding::CheckpointMismatch { size: 350, confirmed: 300 }]);
}

#[test]
fn two_entries_that_changed_places_are_named_with_both_places() {
    let mut log = LOG.clone();
    let (first, second) = (log.entries[&258].clone(), log.entries[&260].clone());
    log.entries.insert(258, second);
    log.entries.insert(260, first);
    assert_eq!(
        log.findings(),
        [
            Finding::CheckpointMismatch { size: 300, confirmed: 250 },
            Finding::MovedEntry { index: 258, origin: 260 },
            Finding::MovedEntry { index: 260, origin: 258 },
        ]
    );
}

#[test]
fn missing_entries_are_named() {
    let mut log = LOG.clone();
    log.entries.remove(&3);
    log.entries.retain(|index, _| !(310..320).contains(index));
    assert_eq!(
        log.findings(),
        [
            Finding::MissingEntries { first: 3, count: 1 },
            Finding::CheckpointMismatch { size: 50, confirmed: 0 },
            Finding::MissingEntries { first: 310, count: 10 },
            Finding::CheckpointMismatch { size: 350, confirmed: 300 },
        ]
    );
}

#[test]
fn a_log_without_its_end_is_not_a_shorter_log() {
    let mut log = LOG.clone();
    log.entries.retain(|index, _| *index < 690);
    assert_eq!(
        log.findings(),
        [
            Finding::MissingEntries { first: 690, count: 10 },
            Finding::CheckpointMismatch { size: 700, confirmed: 650 },
            Finding::StateMismatch { part: StatePart::Root },
            Finding::StateMismatch { part: StatePart::Frontier },
        ]
    );
    log.checkpoints.remove(&700);
    assert_eq!(
        log.findings(),
        [
            Finding::MissingEntries { first: 690, count: 10 },
            Finding::CheckpointMissing { size: 700 },
        ]
    );
}

#[test]
fn an_entry_beyond_the_end_is_found() {
    let mut log = LOG.clone();
    log.entries.insert(700, entry(700));
    log.entries.insert(1 << 40, entry(701));
    assert_eq!(
        log.findings(),
        [Finding::UnexpectedEntry { index: 700 }, Finding::UnexpectedEntry { index: 1 << 40 },]
    );
}

#[test]
fn a_gap_beyond_all_measure_ends_the_check() {
    let mut log = LOG.clone();
    log.state.size = 1 << 40;
    log.checkpoints.retain(|size, _| *size <= 650);
    log.entries.insert(1 << 39, entry(1));
    let count = (1 << 39) - 700;
    assert_eq!(
        log.findings(),
        [
            Finding::MissingEntries { first: 700, count },
            Finding::Abandoned { index: 700 },
            Finding::CheckpointMissing { size: 1 << 40 },
        ]
    );
}

#[test]
fn an_event_that_was_logged_twice_is_found() {
    let mut log = Log::new(20, 20);
    let mut edge = Edge::new();
    log.entries.insert(15, entry(3));
    log.entries.values().for_each(|bytes| {
        edge.append(Hash::leaf(bytes));
    });
    log.state = State { size: 20, root: edge.root(), frontier: edge.frontier().encode() };
    log.checkpoints.insert(20, checkpoint(20, edge.root(), &signer(1)));
    assert_eq!(log.findings(), [Finding::DuplicateEvent { index: 15 }]);
}

#[test]
fn only_the_last_event_ids_are_remembered() {
    let id = |number: usize| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        EventId::from_bytes(id)
    };
    let mut recent = RecentEvents::default();
    assert!((0..=DUPLICATE_WINDOW).all(|number| recent.insert(id(number))));
    assert_eq!((recent.ids.len(), recent.order.len()), (DUPLICATE_WINDOW, DUPLICATE_WINDOW));
    assert!(!recent.insert(id(1)));
    assert!(recent.insert(id(0)));
}

#[test]
fn an_entry_that_cannot_be_read_is_named() {
    let mut log = LOG.clone();
    log.entries.get_mut(&511).unwrap().pop();
    assert_eq!(
        log.findings(),
        [Finding::UndecodableEntry { index: 511 }, Finding::ChangedEntry { index: 511 }]
    );
}

#[test]
fn an_entry_that_comes_again_is_not_counted_twice() {
    let mut verifier = LogVerifier::new(trusted(), Log::new(2, 2).state);
    for index in [0, 0, 1, 0] {
        verifier.entry(index, &entry(index));
    }
    verifier.checkpoint(2, &Log::new(2, 2).checkpoints[&2]);
    assert_eq!(verifier.finish().findings, [Finding::RepeatedEntry { index: 0 }]);
}

proptest! {
    /// Whichever entries are exchanged, those in full tiles are named, and no others.
    #[test]
    fn no_change_of_an_entry_goes_unnoticed(
        size in 1_u64..600,
        batch in 1_u64..300,
        changes in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 1..5),
    ) {
        let mut log = Log::new(size, batch);
        let honest = log.clone();
        for (at, byte) in changes {
            let index = u64::try_from(at.index(log.entries.len())).unwrap();
            *byte.get_mut(log.entries.get_mut(&index).unwrap()) ^= 1;
        }
        let changed: Vec<_> =
            (0..size).filter(|index| log.entries[index] != honest.entries[index]).collect();
        let report = log.check();
        prop_assert_eq!(report.is_clean(), changed.is_empty());
        let named: Vec<_> = report
            .findings
            .iter()
            .filter_map(|finding| {
                if let Finding::ChangedEntry { index } = finding { Some(*index) } else { None }
            })
            .collect();
        let in_full_tiles: Vec<_> =
            changed.into_iter().filter(|index| (index / 256 + 1) * 256 <= size).collect();
        prop_assert_eq!(named, in_full_tiles);
    }
}
