//! Proofs made from what is stored, for old sizes and new.

use crate::ledger::Hash;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::proof::{verify_consistency, verify_inclusion};
use crate::ledger::tile::Edge;
use crate::store::Tx;
use crate::store::db::Sql;
use crate::store::ledger::{CheckpointRow, LeafRow, Nodes};

use super::commands::Log;
use super::ledger_rows::{roots, verify};
use super::samples::entry;
use super::{Fixture, ORIGIN, at, on_both_databases, signer};

on_both_databases!(
    every_entry_is_proved_to_be_in_every_log_around_the_boundaries_of_tiles,
    every_log_is_proved_to_begin_with_every_smaller_one,
    there_is_no_proof_for_what_is_not_there,
    a_log_grows_over_the_boundary_of_a_tile_of_tiles,
);

/// Sizes on both sides of the boundaries of tiles, and some that are no boundary of anything.
const SIZES: [u64; 14] = [1, 2, 3, 7, 100, 255, 256, 257, 300, 511, 512, 513, 514, 515];

async fn log(fixture: &Fixture, size: u64) -> (Tx, Vec<LeafRow>, Vec<Hash>) {
    fixture.writer().await.commit(Log::entries(0..size)).await.unwrap();
    let mut tx = fixture.read().await;
    let leaves = tx.leaves(0, u32::MAX).await.unwrap();
    let roots = roots(&leaves);
    (tx, leaves, roots)
}

async fn every_entry_is_proved_to_be_in_every_log_around_the_boundaries_of_tiles(fixture: Fixture) {
    let (mut tx, leaves, roots) = log(&fixture, 515).await;
    let mut nodes = Nodes::default();
    for size in SIZES {
        let root = roots[usize::try_from(size).unwrap()];
        for (index, leaf) in (0..size).zip(&leaves) {
            let proof = tx.inclusion_proof(&mut nodes, index, size).await.unwrap();
            verify_inclusion(Hash::leaf(&leaf.entry), index, size, &proof, root).unwrap();
        }
        // What other proofs left in memory changes nothing.
        let fresh = tx.inclusion_proof(&mut Nodes::default(), size / 2, size).await.unwrap();
        assert_eq!(fresh, tx.inclusion_proof(&mut nodes, size / 2, size).await.unwrap());
    }
}

async fn every_log_is_proved_to_begin_with_every_smaller_one(fixture: Fixture) {
    let (mut tx, _, roots) = log(&fixture, 515).await;
    for new in SIZES {
        for old in SIZES.into_iter().filter(|old| *old <= new).chain([0]) {
            let proof = tx.consistency_proof(old, new).await.unwrap();
            let [old_root, new_root] = [old, new].map(|size| roots[usize::try_from(size).unwrap()]);
            verify_consistency(old, old_root, new, new_root, &proof).unwrap();
        }
    }
}

async fn there_is_no_proof_for_what_is_not_there(fixture: Fixture) {
    let (mut tx, ..) = log(&fixture, 257).await;
    for (index, size) in [(257, 257), (0, 0), (0, 258), (3, 1 << 40), (0, u64::MAX)] {
        let proof = tx.inclusion_proof(&mut Nodes::default(), index, size).await;
        assert!(proof.is_err(), "{index} {size}");
    }
    for (old, new) in [(2, 1), (257, 258), (100, 1 << 40), (1, u64::MAX)] {
        assert!(tx.consistency_proof(old, new).await.is_err(), "{old} {new}");
    }
}

/// The log of 65,536 entries has its first full tile on level 1.
async fn a_log_grows_over_the_boundary_of_a_tile_of_tiles(fixture: Fixture) {
    const BEFORE: u64 = 65_280;
    drop(fixture.writer().await);
    fill(&fixture, BEFORE).await;
    let writer = fixture.writer().await;
    let mut next = BEFORE;
    for size in [250, 5, 1, 300] {
        let logged = writer.commit(Log::entries(next..next + size)).await.unwrap();
        assert_eq!(logged.first, next);
        next += size;
    }
    let report = verify(&fixture.db).await;
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!((report.entries, report.tiles), (next, 258));

    let mut tx = fixture.read().await;
    let leaves = tx.leaves(0, u32::MAX).await.unwrap();
    let roots = roots(&leaves);
    let sizes = [1, 256, 257, 32_768, 65_279, 65_535, 65_536, 65_537, 65_792, next];
    for size in sizes {
        let root = roots[usize::try_from(size).unwrap()];
        for index in [0, 1, 255, 256, 40_000, 65_535, 65_536, next - 1] {
            if index < size {
                let leaf = Hash::leaf(&leaves[usize::try_from(index).unwrap()].entry);
                let proof = tx.inclusion_proof(&mut Nodes::default(), index, size).await.unwrap();
                verify_inclusion(leaf, index, size, &proof, root).unwrap();
            }
        }
        for old in sizes.into_iter().filter(|old| *old <= size) {
            let proof = tx.consistency_proof(old, size).await.unwrap();
            let old_root = roots[usize::try_from(old).unwrap()];
            verify_consistency(old, old_root, size, root, &proof).unwrap();
        }
    }
}

/// Rows that are inserted by one statement.
const ROWS: u64 = 1020;

/// Brings an empty log to `size` entries, a multiple of [`ROWS`], without the writer: it would take
/// some seconds.
async fn fill(fixture: &Fixture, size: u64) {
    let places: Vec<String> = (0..ROWS)
        .map(|row| row * 3 + 1)
        .map(|n| format!("(${n}, ${}, ${})", n + 1, n + 2))
        .collect();
    let sql = format!("INSERT INTO leaves (idx, event_id, entry) VALUES {}", places.join(", "));
    let sql: &'static str = sql.leak();
    let mut tx = fixture.write().await;
    let mut edge = Edge::new();
    for chunk in 0..size / ROWS {
        let mut insert = tx.query(Sql::from(sql));
        let mut tiles = Vec::new();
        for number in chunk * ROWS..(chunk + 1) * ROWS {
            let entry = entry(number).entry;
            let bytes = entry.encode();
            tiles.extend(edge.append(Hash::leaf(&bytes)));
            insert = insert.bind(i64::try_from(number).unwrap()).bind(entry.event_id).bind(bytes);
        }
        assert_eq!(insert.execute().await.unwrap(), ROWS);
        for (id, tile) in tiles {
            tx.insert_tile(id, &tile).await.unwrap();
        }
    }
    tx.update_log_state(0, &edge.frontier()).await.unwrap();
    let checkpoint =
        Checkpoint { origin: ORIGIN.parse().unwrap(), size: edge.size(), root: edge.root() };
    let note = checkpoint.sign(&signer()).unwrap().to_string();
    let size = i64::try_from(size).unwrap();
    tx.insert_checkpoint(CheckpointRow { size, note, signed_at: at(1) }).await.unwrap();
    tx.commit().await.unwrap();
}
