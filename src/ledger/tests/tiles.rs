//! Tiles: the same ones, of the same content, under the same paths; and theirs can read ours.

use std::collections::BTreeSet;

use tlog_tiles::{Tile as TheirTile, TileHashReader, TileReader, tlog};

use super::oracle::{TlogTree, to_tlog};
use super::{Log, SIZES, Tile, TileId};
use crate::ledger::proof::Node;
use crate::ledger::tile::{TILE_WIDTH, TileContent, TilePath, completed, partial_width};

/// Their paths name the height, which C2SP leaves out.
fn their_path(tile: &TheirTile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1)
}

#[test]
fn a_growing_tree_completes_the_same_tiles() {
    for &new in SIZES {
        for old in SIZES.iter().copied().chain([0]).filter(|old| *old <= new) {
            let ours: BTreeSet<_> =
                completed(old, new).map(|tile| TilePath::full(tile).to_string()).collect();
            let theirs: BTreeSet<_> = TheirTile::new_tiles(8, old, new)
                .iter()
                .filter(|tile| tile.width() == 256)
                .map(their_path)
                .collect();
            assert_eq!(ours, theirs, "{old} to {new}");
        }
    }
}

#[test]
fn a_tree_has_the_same_partial_tiles() {
    for &size in SIZES.iter().chain(&[70_000]) {
        let ours: BTreeSet<_> = (0..=6)
            .filter_map(|level| {
                let index = size >> (8 * (u32::from(level) + 1));
                TilePath::new(TileContent::Hashes(level), index, partial_width(level, size))
            })
            .map(|path| path.to_string())
            .collect();
        let theirs: BTreeSet<_> = TheirTile::new_tiles(8, 0, size)
            .iter()
            .filter(|tile| tile.width() < 256)
            .map(their_path)
            .collect();
        assert_eq!(ours, theirs, "{size}");
    }
}

#[test]
fn tiles_have_the_same_content() {
    let (log, tlog) = (Log::of(65_537), TlogTree::of(65_537));
    assert_eq!(log.tiles.len(), 257);
    assert!(log.tiles.keys().copied().eq(completed(0, 65_537)));
    for (id, tile) in &log.tiles {
        let theirs = TheirTile::new(8, id.level(), id.index(), 256, false);
        assert_eq!(tile.to_bytes(), theirs.read_data(&tlog).unwrap(), "{id:?}");
        assert_eq!(Tile::from_bytes(&tile.to_bytes()).as_ref(), Ok(tile));
    }
}

#[test]
fn completing_step_by_step_is_completing_at_once() {
    let at_once: BTreeSet<_> = completed(0, 66_000).collect();
    let steps = [0, 1, 255, 256, 300, 512, 65_535, 65_536, 65_536, 66_000];
    let step_by_step: Vec<_> =
        steps.windows(2).flat_map(|step| completed(step[0], step[1])).collect();
    assert_eq!(step_by_step.len(), at_once.len());
    assert_eq!(step_by_step.into_iter().collect::<BTreeSet<_>>(), at_once);
}

/// Serves our tiles to their client.
struct Server<'log>(&'log Log);

impl TileReader for Server<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[TheirTile]) -> Result<Vec<Vec<u8>>, tlog::Error> {
        Ok(tiles.iter().map(|tile| self.serve(&their_path(tile))).collect())
    }

    fn save_tiles(&self, _: &[TheirTile], _: &[Vec<u8>]) {}
}

impl Server<'_> {
    fn serve(&self, path: &str) -> Vec<u8> {
        let path: TilePath = path.parse().unwrap();
        let TileContent::Hashes(level) = path.content() else { panic!("not hashes") };
        if path.width() == TILE_WIDTH {
            return self.0.tiles[&TileId::new(level, path.index()).unwrap()].to_bytes();
        }
        let first = path.index() << 8;
        let node = |index| self.0.load(Node::new(level * 8, index).unwrap()).unwrap();
        (first..).take(path.width()).flat_map(|index| *node(index).as_bytes()).collect()
    }
}

#[test]
fn their_client_proves_from_our_tiles() {
    let log = Log::of(65_800);
    let (size, root) = (log.size(), to_tlog(log.root_at(log.size())));
    let server = Server(&log);
    let reader = TileHashReader::new(size, root, &server);
    for index in [0, 255, 256, 40_000, 65_535, 65_536, 65_799] {
        let proof = tlog::prove_record(size, index, &reader).unwrap();
        let leaf = to_tlog(log.leaves[usize::try_from(index).unwrap()]);
        assert!(tlog::check_record(&proof, size, root, index, leaf).is_ok());
    }
}
