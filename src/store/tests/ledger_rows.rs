//! Leaves, tiles, checkpoints and the state of the log; and the check that everything fits.

use crate::domain::id::EventId;
use crate::ledger::Hash;
use crate::ledger::entry::Entry;
use crate::ledger::note::Note;
use crate::ledger::tree::Frontier;
use crate::ledger::verify::{LogVerifier, Report, Signatory, State};
use crate::store::Db;
use crate::store::ledger::{LeafRow, hash};

use super::commands::Log;
use super::samples::uuid;
use super::{Fixture, ORIGIN, on_both_databases, verifier};

on_both_databases!(
    a_new_database_has_no_log,
    what_was_appended_is_read_back_in_pages,
    a_log_that_was_written_here_is_clean,
);

async fn a_new_database_has_no_log(fixture: Fixture) {
    let mut tx = fixture.read().await;
    assert_eq!(tx.log_state().await.unwrap(), None);
    assert_eq!(tx.latest_checkpoint().await.unwrap(), None);
    assert_eq!(tx.leaf(0).await.unwrap(), None);
    let writer = fixture.writer().await;
    let state = fixture.read().await.log_state().await.unwrap().unwrap();
    assert_eq!((state.origin.as_str(), state.size, state.epoch), (ORIGIN, 0, 1));
    assert_eq!(hash(&state.root).unwrap(), Hash::EMPTY_TREE);
    drop(writer);
}

async fn what_was_appended_is_read_back_in_pages(fixture: Fixture) {
    let writer = fixture.writer().await;
    for numbers in [0..3, 3..300, 300..600] {
        writer.commit(Log::entries(numbers)).await.unwrap();
    }
    let mut tx = fixture.read().await;
    let leaves = tx.leaves(298, 4).await.unwrap();
    assert_eq!(leaves.iter().map(|leaf| leaf.idx).collect::<Vec<_>>(), [298, 299, 300, 301]);
    let leaf = tx.leaf(299).await.unwrap().unwrap();
    assert_eq!(leaf.event_id, EventId::from_bytes(uuid(299)));
    assert_eq!(Entry::decode(&leaf.entry).unwrap().event_id, leaf.event_id);
    assert_eq!(tx.leaves(600, 4).await.unwrap(), []);
    let some = tx.leaves_at(&[299, 7, 600]).await.unwrap();
    assert_eq!(some.iter().map(|(idx, _)| *idx).collect::<Vec<_>>(), [7, 299]);
    assert_eq!(some[1].1, leaf.entry);

    let tiles = tx.tiles(0, 0, 10).await.unwrap();
    assert_eq!(tiles.iter().map(|tile| tile.idx).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(tx.tiles(0, 1, 10).await.unwrap(), tiles[1..]);
    assert_eq!(tx.tiles(0, 0, 1).await.unwrap(), tiles[..1]);
    assert_eq!(tx.tiles(1, 0, 10).await.unwrap(), []);

    let sizes = |rows: Vec<crate::store::ledger::CheckpointRow>| {
        rows.into_iter().map(|row| row.size).collect::<Vec<_>>()
    };
    assert_eq!(sizes(tx.checkpoints(0, 10).await.unwrap()), [3, 300, 600]);
    assert_eq!(sizes(tx.checkpoints(3, 1).await.unwrap()), [300]);
    assert_eq!(sizes(tx.newest_checkpoints(2).await.unwrap()), [600, 300]);
    assert_eq!(tx.latest_checkpoint().await.unwrap().unwrap().size, 600);
    assert_eq!(tx.checkpoint(301).await.unwrap(), None);
    let note: Note = tx.checkpoint(300).await.unwrap().unwrap().note.parse().unwrap();
    note.verify(&[verifier()]).unwrap();
}

async fn a_log_that_was_written_here_is_clean(fixture: Fixture) {
    let writer = fixture.writer().await;
    for numbers in [0..1, 1..256, 256..257, 257..512, 512..700] {
        writer.commit(Log::entries(numbers)).await.unwrap();
    }
    let report = verify(&fixture.db).await;
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!((report.entries, report.tiles, report.checkpoints), (700, 2, 5));
}

/// Checks the whole log, as an auditor would who has nothing but the database.
pub(super) async fn verify(db: &Db) -> Report {
    let mut tx = db.read().await.unwrap();
    let state = tx.log_state().await.unwrap().unwrap();
    let mut log = LogVerifier::new(
        Signatory::new(ORIGIN.parse().unwrap(), vec![verifier()]),
        State {
            size: unsigned(state.size),
            root: hash(&state.root).unwrap(),
            frontier: state.frontier.clone(),
        },
    );
    // What is fed, by position: entries, then tiles by level, then checkpoints.
    let mut tiles = Vec::new();
    for level in 0..3_u8 {
        for tile in tx.tiles(i64::from(level), 0, u32::MAX).await.unwrap() {
            let end = unsigned(tile.idx + 1) << (8 * (u32::from(level) + 1));
            tiles.push((end, level, tile));
        }
    }
    tiles.sort_by_key(|(end, level, _)| (*end, *level));
    let mut tiles = tiles.into_iter().peekable();
    let mut checkpoints = tx.checkpoints(-1, u32::MAX).await.unwrap().into_iter().peekable();
    for leaf in tx.leaves(0, u32::MAX).await.unwrap() {
        let entry = log.entry(unsigned(leaf.idx), &leaf.entry);
        assert_eq!(entry.map(|entry| entry.event_id), Some(leaf.event_id));
        let position = unsigned(leaf.idx) + 1;
        while let Some((_, level, tile)) = tiles.next_if(|(end, ..)| *end == position) {
            log.tile(level, unsigned(tile.idx), &tile.hashes, hash(&tile.root).unwrap());
        }
        while let Some(row) = checkpoints.next_if(|row| unsigned(row.size) == position) {
            log.checkpoint(position, &row.note);
        }
    }
    assert_eq!((tiles.next(), checkpoints.next()), (None, None));
    log.finish()
}

/// The roots of all prefixes of the log, computed from its leaves alone: `roots[n]` of n leaves.
pub(super) fn roots(leaves: &[LeafRow]) -> Vec<Hash> {
    let mut frontier = Frontier::new();
    let mut roots = vec![frontier.root()];
    for leaf in leaves {
        frontier.append(Hash::leaf(&leaf.entry));
        roots.push(frontier.root());
    }
    roots
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap()
}
