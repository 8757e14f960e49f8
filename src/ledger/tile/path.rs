//! Paths of tiles as C2SP `tlog-tiles` names them, for example `tile/0/x001/x234/067.p/8`.
//!
//! A tile has one path and a path one tile: what does not print back to itself is refused.

use std::fmt;
use std::str::FromStr;

use super::{TILE_WIDTH, TileId, full_tiles};
use crate::ledger::tree::SIZE_MAX;

/// What a path names: a full tile, or the first hashes of one that is not full yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TilePath {
    content: TileContent,
    index: u64,
    width: usize,
}

/// What is in the resource behind a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TileContent {
    /// The hashes of the tile at this level.
    Hashes(u8),
    /// The entries whose leaf hashes are in the tile of the same index at level 0.
    Entries,
}

/// The longest path: an index of thirteen digits (2^40) and a partial width.
const PATH_BYTES_MAX: usize = "tile/entries/x001/x000/x000/x000/000.p/255".len();

/// The highest level that a tree of [`SIZE_MAX`] leaves has any hash at.
const LEVEL_MAX: u8 = 6;

impl TilePath {
    /// The path of the first `width` hashes or entries of a tile; `None` when there is no such tile.
    pub fn new(content: TileContent, index: u64, width: usize) -> Option<Self> {
        let level = match content {
            TileContent::Hashes(level) => level,
            TileContent::Entries => 0,
        };
        let exists = match width {
            0 => false,
            TILE_WIDTH => TileId::new(level, index).is_some(),
            _ => level <= LEVEL_MAX && index <= full_tiles(level, SIZE_MAX),
        };
        (exists && width <= TILE_WIDTH).then_some(Self { content, index, width })
    }

    /// The path of the hashes of a full tile.
    pub const fn full(tile: TileId) -> Self {
        Self { content: TileContent::Hashes(tile.level), index: tile.index, width: TILE_WIDTH }
    }

    /// What is in it.
    pub const fn content(self) -> TileContent {
        self.content
    }

    /// Index of the tile within its level.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many hashes or entries there are, 256 in a full tile.
    pub const fn width(self) -> usize {
        self.width
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            TileContent::Hashes(level) => write!(f, "tile/{level}/")?,
            TileContent::Entries => write!(f, "tile/entries/")?,
        }
        write_index(f, self.index)?;
        if self.width < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// Three digits a path element, all but the last behind an `x`.
fn write_index(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    for power in (1..=4).rev() {
        let leading = index / 1000_u64.pow(power);
        if leading > 0 {
            write!(f, "x{:03}/", leading % 1000)?;
        }
    }
    write!(f, "{:03}", index % 1000)
}

impl FromStr for TilePath {
    type Err = InvalidTilePath;

    fn from_str(path: &str) -> Result<Self, InvalidTilePath> {
        if path.len() > PATH_BYTES_MAX {
            return Err(InvalidTilePath);
        }
        parse(path).filter(|parsed| parsed.to_string() == path).ok_or(InvalidTilePath)
    }
}

/// Reads a path leniently; the caller compares the spelling.
fn parse(path: &str) -> Option<TilePath> {
    let (content, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let content = match content {
        "entries" => TileContent::Entries,
        level => TileContent::Hashes(level.parse().ok()?),
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok()?),
        None => (rest, TILE_WIDTH),
    };
    let index = index.split('/').try_fold(0_u64, |index, element| {
        let digits: u64 = element.trim_start_matches('x').parse().ok()?;
        index.checked_mul(1000)?.checked_add(digits)
    })?;
    TilePath::new(content, index, width)
}

/// Not the path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile")]
pub struct InvalidTilePath;
