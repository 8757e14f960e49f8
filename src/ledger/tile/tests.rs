//! Where tiles stand, what they are called, and what is not a tile.

use proptest::prelude::*;

use super::*;
use crate::ledger::proof::Node;

#[test]
fn a_tree_of_70_000_leaves_has_the_tiles_of_the_specification() {
    let full = |level| completed(0, 70_000).filter(|tile| tile.level() == level).count();
    assert_eq!([full(0), full(1), full(2)], [273, 1, 0]);
    let partial: Vec<_> = (0..=3).map(|level| partial_width(level, 70_000)).collect();
    assert_eq!(partial, [112, 17, 1, 0]);
}

#[test]
fn a_tile_spans_a_power_of_256_leaves() {
    let tile = TileId::new(1, 3).unwrap();
    assert_eq!((tile.first_leaf(), tile.end_leaf()), (3 << 16, 4 << 16));
    assert!(tile.is_full_at(4 << 16) && !tile.is_full_at((4 << 16) - 1));
    assert_eq!(tile.child(5), TileId::new(0, 3 * 256 + 5));
    assert_eq!(tile.child(5).unwrap().child(0), None);
}

#[test]
fn there_is_no_tile_beyond_the_largest_tree() {
    assert_eq!(TileId::new(TILE_LEVEL_MAX, 0).unwrap().end_leaf(), SIZE_MAX);
    for (level, index) in [
        (TILE_LEVEL_MAX, 1),
        (TILE_LEVEL_MAX + 1, 0),
        (u8::MAX, 0),
        (0, SIZE_MAX >> 8),
        (0, u64::MAX),
    ] {
        assert_eq!(TileId::new(level, index), None, "{level} {index}");
    }
    assert_eq!(TileId::new(0, (SIZE_MAX >> 8) - 1).unwrap().end_leaf(), SIZE_MAX);
}

#[test]
fn paths_are_those_of_the_specification() {
    let hashes = TileContent::Hashes;
    for (path, content, index, width) in [
        ("tile/0/x001/x234/067", hashes(0), 1_234_067, 256),
        ("tile/0/x001/x234/067.p/8", hashes(0), 1_234_067, 8),
        ("tile/1/000", hashes(1), 0, 256),
        ("tile/2/000.p/1", hashes(2), 0, 1),
        ("tile/6/000.p/1", hashes(6), 0, 1),
        ("tile/0/x001/000", hashes(0), 1000, 256),
        ("tile/0/x001/x000/000", hashes(0), 1_000_000, 256),
        ("tile/entries/x012/345.p/255", TileContent::Entries, 12_345, 255),
        ("tile/entries/x001/x099/x511/x627/775", TileContent::Entries, (1 << 40) - 1, 256),
    ] {
        let parsed: TilePath = path.parse().unwrap();
        assert_eq!(
            (parsed.content(), parsed.index(), parsed.width()),
            (content, index, width),
            "{path}"
        );
        assert_eq!(parsed.to_string(), path);
    }
}

#[test]
fn other_spellings_of_a_path_are_refused() {
    for path in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/1",
        "tile/0/0001",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/xx01/000",
        "tile/00/001",
        "tile/+0/001",
        "tile/-1/001",
        "tile/7/000.p/1",
        "tile/6/000",
        "tile/6/001.p/1",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p/+1",
        "tile/0/001.p",
        "tile/0/001.p/1/",
        "tile/data/001",
        "tile/8/0/001",
        "/tile/0/001",
        "tile/0/001 ",
        "tile/entries/x001/x099/x511/x627/776",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ] {
        assert_eq!(path.parse::<TilePath>(), Err(InvalidTilePath), "{path}");
    }
}

#[test]
fn a_tile_has_256_hashes() {
    let tile = Tile::new((0..=255).map(|i| Hash::leaf(&[i])).collect()).unwrap();
    let bytes = tile.to_bytes();
    assert_eq!(bytes.len(), TILE_BYTES);
    assert_eq!(Tile::from_bytes(&bytes), Ok(tile));
    for wrong in [0, 32, TILE_BYTES - 32, TILE_BYTES - 1, TILE_BYTES + 1, TILE_BYTES + 32] {
        let wrong: Vec<_> = bytes.iter().copied().cycle().take(wrong).collect();
        assert_eq!(Tile::from_bytes(&wrong), Err(InvalidTile));
    }
}

#[test]
fn an_edge_is_rebuilt_from_what_is_stored() {
    let mut edge = Edge::new();
    let (mut leaves, mut roots) = (Vec::new(), Vec::new());
    for index in 0_u32..700 {
        let leaf = Hash::leaf(&index.to_be_bytes());
        leaves.push(leaf);
        for (id, tile) in edge.append(leaf) {
            assert_eq!(id.level(), 0);
            roots.push(tile.root());
            leaves.clear();
        }
        let levels = vec![leaves.clone(), roots.clone()];
        assert_eq!(Edge::from_levels(edge.size(), levels).as_ref(), Some(&edge));
    }
    assert_eq!(Edge::from_levels(701, vec![leaves.clone(), roots.clone()]), None);
    assert_eq!(Edge::from_levels(700, vec![leaves]), None);
    assert_eq!(Edge::from_levels(SIZE_MAX + 1, vec![vec![Hash::EMPTY_TREE]]), None);
    assert_eq!(Edge::from_levels(0, vec![]), Some(Edge::new()));
}

proptest! {
    #[test]
    fn a_path_prints_back_or_is_refused(path in "tile/([0-9]|entries)(/x?[0-9]{3}){1,3}(\\.p/[0-9]{1,3})?") {
        if let Ok(parsed) = path.parse::<TilePath>() {
            prop_assert_eq!(parsed.to_string(), path);
        }
    }

    #[test]
    fn any_path_of_ours_parses(level in 0_u8..=6, index in 0_u64..1 << 41, width in 0_usize..=300) {
        for content in [TileContent::Hashes(level), TileContent::Entries] {
            if let Some(path) = TilePath::new(content, index, width) {
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }
    }

    /// A node's slice is the node's leaves, cut at the level of the tile, and lies within one tile.
    #[test]
    fn a_slice_covers_its_node(level in 0_u8..=48, index: u64) {
        let Some(node) = Node::new(level, index % (SIZE_MAX >> level)) else { unreachable!() };
        let slice = node.slice();
        let bits = 8 * u32::from(slice.tile_level());
        let len = u64::try_from(slice.len()).unwrap();
        prop_assert_eq!(slice.first() << bits, node.index() << node.level());
        prop_assert_eq!((slice.first() + len) << bits, (node.index() + 1) << node.level());
        prop_assert!(slice.range().end <= TILE_WIDTH);
        if let Some(tile) = slice.tile() {
            prop_assert!(tile.first_leaf() <= node.index() << node.level());
            prop_assert!(tile.end_leaf() >= (node.index() + 1) << node.level());
        }
    }

    #[test]
    fn arbitrary_texts_never_panic(path: String) {
        prop_assert!(path.parse::<TilePath>().is_err());
    }
}
