//! Tiles that were damaged, forged, deleted or added.

use super::*;

#[test]
fn a_damaged_tile_is_named_and_its_entries_are_not() {
    for damage in [
        |(bytes, _): &mut (Vec<u8>, Hash)| bytes[40] ^= 1,
        |(bytes, _): &mut (Vec<u8>, Hash)| bytes.truncate(100),
        |(bytes, _): &mut (Vec<u8>, Hash)| bytes.clear(),
        |(_, root): &mut (Vec<u8>, Hash)| *root = Hash::EMPTY_TREE,
        // Changed so that it fits itself; the next checkpoint sides with the entries.
        |(bytes, root): &mut (Vec<u8>, Hash)| {
            bytes[40] ^= 1;
            *root = Tile::from_bytes(bytes).unwrap().root();
        },
    ] {
        let mut log = LOG.clone();
        damage(log.tile(0, 1));
        assert_eq!(log.findings(), [Finding::TileMismatch { tile: tile(0, 1) }]);
    }
}

#[test]
fn a_missing_tile_and_one_too_many_are_found() {
    let mut log = LOG.clone();
    log.tiles.remove(&tile(0, 0));
    let extra = log.tiles[&tile(0, 1)].clone();
    log.tiles.insert(tile(0, 2), extra.clone());
    log.tiles.insert(tile(5, 0), extra);
    assert_eq!(
        log.findings(),
        [
            Finding::TileMissing { tile: tile(0, 0) },
            Finding::UnexpectedTile { level: 0, index: 2 },
            Finding::UnexpectedTile { level: 5, index: 0 },
        ]
    );
}

#[test]
fn a_tile_above_names_the_tile_that_was_changed_with_all_below_it() {
    let mut log = LARGE_LOG.clone();
    log.entries.insert(1_000, entry(100_000));
    let hashes = (768..1024).map(|index| Hash::leaf(&log.entries[&index])).collect();
    let forged = Tile::new(hashes).unwrap();
    *log.tile(0, 3) = (forged.to_bytes(), forged.root());
    assert_eq!(
        log.findings(),
        [
            Finding::CheckpointMismatch { size: 6_000, confirmed: 0 },
            Finding::TileMismatch { tile: tile(0, 3) },
        ]
    );
}

#[test]
fn a_damaged_tile_above_the_leaves_is_named() {
    let mut log = LARGE_LOG.clone();
    log.tile(1, 0).0[5] ^= 1;
    assert_eq!(log.findings(), [Finding::TileMismatch { tile: tile(1, 0) }]);
    log.tiles.remove(&tile(1, 0));
    assert_eq!(log.findings(), [Finding::TileMissing { tile: tile(1, 0) }]);
}

#[test]
fn a_missing_tile_does_not_hide_the_tile_above_it() {
    let mut log = LARGE_LOG.clone();
    log.tiles.remove(&tile(0, 255));
    assert_eq!(log.findings(), [Finding::TileMissing { tile: tile(0, 255) }]);
}

#[test]
fn a_stored_root_still_tells_of_a_tile_that_was_forged_with_its_entries() {
    let mut log = LOG.clone();
    log.entries.insert(300, entry(10_000));
    let hashes = (256..512).map(|index| Hash::leaf(&log.entries[&index])).collect();
    log.tile(0, 1).0 = Tile::new(hashes).unwrap().to_bytes();
    assert_eq!(
        log.findings(),
        [
            Finding::CheckpointMismatch { size: 350, confirmed: 300 },
            Finding::TileMismatch { tile: tile(0, 1) },
        ]
    );
}

#[test]
fn a_tile_that_comes_again_disturbs_nothing() {
    let log = &*LARGE_LOG;
    let size = 65_536 + 256;
    let mut edge = Edge::new();
    let entries: Vec<_> = (0..size).map(|index| &log.entries[&index]).collect();
    for bytes in &entries {
        edge.append(Hash::leaf(bytes));
    }
    let state = State { size, root: edge.root(), frontier: edge.frontier().encode() };
    let mut verifier = LogVerifier::new(trusted(), state);
    let feed = |verifier: &mut LogVerifier, level, index| {
        let (bytes, root) = &log.tiles[&tile(level, index)];
        verifier.tile(level, index, bytes, *root);
    };
    for (index, bytes) in (0..).zip(entries) {
        verifier.entry(index, bytes);
        if (index + 1) % 256 == 0 && index + 1 < size {
            feed(&mut verifier, 0, index / 256);
        }
        if index + 1 == 65_536 {
            feed(&mut verifier, 1, 0);
        }
    }
    feed(&mut verifier, 1, 0);
    feed(&mut verifier, 0, 256);
    verifier.checkpoint(size, &checkpoint(size, edge.root(), &signer(1)));
    assert_eq!(verifier.finish().findings, [Finding::UnexpectedTile { level: 1, index: 0 }]);
}

proptest! {
    /// Whatever is done to tiles, the entries below them are not blamed for it.
    #[test]
    fn no_damage_of_a_tile_is_blamed_on_an_entry(
        batch in 1_u64..300,
        damaged in prop::collection::btree_map(
            0_u64..2,
            (any::<prop::sample::Index>(), any::<bool>()),
            1..3,
        ),
    ) {
        let mut log = Log::new(700, batch);
        for (index, (at, fits_itself)) in &damaged {
            let (bytes, root) = log.tile(0, *index);
            *at.get_mut(bytes) ^= 1;
            if *fits_itself {
                *root = Tile::from_bytes(bytes).unwrap().root();
            }
        }
        let expected: Vec<_> =
            damaged.keys().map(|index| Finding::TileMismatch { tile: tile(0, *index) }).collect();
        let mut found = log.findings();
        found.sort_by_key(ToString::to_string);
        prop_assert_eq!(found, expected);
    }
}
