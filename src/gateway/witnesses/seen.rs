//! Which checkpoint enough witnesses saw, by the lines that the database keeps. The database is not
//! believed: a line that is not by the key of its witness over that checkpoint counts for nothing.

use crate::ledger::note::{Note, Quorum};
use crate::store::ledger::CheckpointRow;
use crate::store::{Result, Tx};

/// Cosigned checkpoints that are tried: more than one only where lines were changed in the database.
const TRIED: u32 = 8;

/// A checkpoint with what the witnesses said of it.
pub async fn with_cosignatures(
    tx: &mut Tx,
    quorum: &Quorum,
    size: i64,
    checkpoint: Note,
) -> Result<Note> {
    if quorum.witnesses().is_empty() {
        return Ok(checkpoint);
    }
    let rows = tx.cosignatures(size).await?;
    let lines = rows.iter().map(|row| (row.witness.as_str(), row.line.as_str()));
    Ok(quorum.with_lines(checkpoint, lines))
}

/// The newest checkpoint of more than `above` and at most `upto` entries that enough witnesses cosigned,
/// with their lines under it. None where nobody watches.
pub async fn newest_witnessed(
    tx: &mut Tx,
    quorum: &Quorum,
    (above, upto): (i64, i64),
) -> Result<Option<(CheckpointRow, Note)>> {
    if quorum.witnesses().is_empty() {
        return Ok(None);
    }
    let needed = i64::try_from(quorum.needed()).unwrap_or(i64::MAX);
    for size in tx.cosigned_sizes((above, upto), needed, TRIED).await? {
        let Some(row) = tx.checkpoint(size).await? else { continue };
        let Ok(note) = row.note.parse() else { continue };
        let note = with_cosignatures(tx, quorum, size, note).await?;
        if quorum.is_met_by(&note) {
            return Ok(Some((row, note)));
        }
    }
    Ok(None)
}
