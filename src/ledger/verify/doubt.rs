//! Two versions of one tree, until a signed checkpoint tells which of them is the original.

use super::finding::{FINDINGS_MAX, Finding, Report};
use super::{Hash, MISSING};
use crate::ledger::tile::{Edge, Tile, TileId};

/// The tree as the stored tiles give it, and where it departs from the entries.
#[derive(Debug)]
pub(super) struct Doubt {
    pub(super) edge: Edge,
    disputes: Vec<Dispute>,
    /// Disputes beyond [`FINDINGS_MAX`].
    further: u64,
}

/// An intact stored tile that disagrees with what lies below it.
#[derive(Debug)]
struct Dispute {
    tile: TileId,
    /// What is wrong if the tile is right.
    accusation: Finding,
}

impl Doubt {
    /// Begins where both versions are still the same.
    pub(super) fn new(edge: &Edge) -> Self {
        Self { edge: edge.clone(), disputes: Vec::new(), further: 0 }
    }

    /// Notes each hash in which `stored` differs from `below`.
    pub(super) fn dispute(&mut self, tile: TileId, below: &Tile, stored: &Tile) {
        let pairs = below.hashes().iter().zip(stored.hashes());
        for (offset, (found, expected)) in pairs.enumerate() {
            // A missing entry has been reported as missing.
            if found == expected || *found == MISSING {
                continue;
            }
            if self.disputes.len() < FINDINGS_MAX {
                let accusation = accusation(tile, offset, *found, stored);
                self.disputes.push(Dispute { tile, accusation });
            } else {
                self.further += 1;
            }
        }
    }

    /// Reports that the tiles are right and what is below them is not; returns their tree.
    pub(super) fn entries_changed(self, report: &mut Report) -> Edge {
        for dispute in self.disputes {
            report.add(dispute.accusation);
        }
        report.add_uncounted(self.further);
        self.edge
    }

    /// Reports that the entries are right and the tiles are not.
    pub(super) fn tiles_changed(self, report: &mut Report) {
        for dispute in self.disputes {
            report.add(Finding::TileMismatch { tile: dispute.tile });
        }
        report.add_uncounted(self.further);
    }
}

fn accusation(tile: TileId, offset: usize, found: Hash, stored: &Tile) -> Finding {
    // Above level 0, a whole tile below was exchanged along with everything in it.
    if let Some(child) = tile.child(offset) {
        return Finding::TileMismatch { tile: child };
    }
    let index_of =
        |offset: usize| tile.first_leaf() + u64::try_from(offset).expect("a tile has 256 hashes");
    let index = index_of(offset);
    match stored.hashes().iter().position(|hash| *hash == found) {
        Some(origin) => Finding::MovedEntry { index, origin: index_of(origin) },
        None => Finding::ChangedEntry { index },
    }
}
