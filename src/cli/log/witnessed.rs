//! What witnesses said of the checkpoints of a ledger, verified with their keys.

use serde::Serialize;

use crate::ledger::note::{Note, Quorum};

use super::Ledger;
use super::finding::RowFinding;

/// Cosignatures that are read at once.
const PAGE: u32 = 1000;

/// What was found.
#[derive(Debug, Default, Serialize)]
pub(super) struct Witnessed {
    /// Cosignatures by known witnesses that hold.
    pub(super) cosignatures: u64,
    /// The newest size that enough of them cosigned.
    pub(super) size: Option<i64>,
    /// How many are enough.
    pub(super) needed: usize,
    #[serde(skip)]
    pub(super) findings: Vec<RowFinding>,
}

/// Verifies every stored cosignature of the witnesses. The checkpoints themselves are verified with the
/// ledger.
pub(super) async fn check(ledger: &mut Ledger, quorum: &Quorum) -> anyhow::Result<Witnessed> {
    let mut witnessed = Witnessed { needed: quorum.needed(), ..Witnessed::default() };
    let (mut size, mut witness) = (i64::MIN, String::new());
    // The checkpoint that is looked at, and how many of its cosignatures hold.
    let mut at: (i64, Option<Note>, usize) = (i64::MIN, None, 0);
    loop {
        let rows = ledger.tx.cosignatures_after((size, &witness), PAGE).await?;
        let Some(last) = rows.last() else { return Ok(witnessed) };
        (size, witness) = (last.size, last.witness.clone());
        for row in rows {
            if at.0 != row.size {
                let stored = ledger.tx.checkpoint(row.size).await?;
                at = (row.size, stored.and_then(|stored| stored.note.parse().ok()), 0);
            }
            let Some(known) = quorum.labelled(&row.witness) else { continue };
            if at.1.as_ref().is_some_and(|note| known.accept(note, &row.line).is_some()) {
                witnessed.cosignatures += 1;
                at.2 += 1;
                if at.2 >= quorum.needed() {
                    witnessed.size = Some(row.size);
                }
            } else {
                let (witness, size) = (row.witness, row.size);
                witnessed.findings.push(RowFinding::FalseCosignature { witness, size });
            }
        }
    }
}
