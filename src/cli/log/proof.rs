//! `ketenpoort log proof`: what somebody needs to see, offline, that an entry is in the ledger.

use std::path::Path;

use serde::Serialize;

use crate::gateway::witnesses::newest_witnessed;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::{Note, Quorum};
use crate::ledger::proof::verify_inclusion;
use crate::ledger::tlog_proof::TlogProof;
use crate::store::ledger::Nodes;

use super::show::missing;
use super::{Ledger, Source, Witnesses};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;

pub(super) async fn run(
    source: &Source,
    index: u64,
    out: Option<&Path>,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let quorum = source.quorum(&Witnesses::default())?;
    let mut ledger = source.open().await?;
    let made = make(&mut ledger, index, &quorum).await?;
    ledger.close().await;
    if let Some(out) = out {
        std::fs::write(out, &made.tlog_proof)
            .map_err(|error| anyhow::anyhow!("{}: {error}", out.display()))?;
        terminal.note(format_args!("wrote {}", out.display()));
    }
    match (json, out) {
        (true, _) => terminal.json(&made)?,
        (false, None) => terminal.text(&made.tlog_proof)?,
        (false, Some(_)) => {}
    }
    Ok(Exit::Ok)
}

/// A proof that was checked before it is given out.
#[derive(Debug, Serialize)]
struct Made {
    index: u64,
    size: u64,
    leaf_hash: String,
    tlog_proof: String,
}

/// The newest checkpoint over an entry that enough witnesses cosigned; where there is none, the newest.
async fn checkpoint(
    ledger: &mut Ledger,
    index: i64,
    quorum: &Quorum,
) -> anyhow::Result<Option<String>> {
    let Some(newest) = ledger.tx.latest_checkpoint().await? else { return Ok(None) };
    let witnessed = newest_witnessed(&mut ledger.tx, quorum, (index, newest.size)).await?;
    Ok(Some(witnessed.map_or(newest.note, |(_row, note)| note.to_string())))
}

/// The proof under that checkpoint.
async fn make(ledger: &mut Ledger, index: u64, quorum: &Quorum) -> anyhow::Result<Made> {
    let idx = i64::try_from(index).map_err(|_too_large| missing(index))?;
    // Also of an entry that was purged: whoever kept what it said can still prove it.
    let leaf = ledger.tx.leaf_hash(idx).await?.ok_or_else(|| missing(index))?;
    let invalid = |message: &str| Failure::new(Exit::ProofInvalid, message);
    let text = checkpoint(ledger, idx, quorum).await?;
    let text = text.ok_or_else(|| invalid("the ledger has no checkpoint"))?;
    let unreadable = || invalid("the checkpoint cannot be read");
    let note: Note = text.parse().map_err(|_malformed| unreadable())?;
    let checkpoint: Checkpoint = note.text().parse().map_err(|_malformed| unreadable())?;
    if index >= checkpoint.size {
        return Err(invalid("the newest checkpoint does not cover the entry").into());
    }
    let size = checkpoint.size;
    let hashes = ledger.tx.inclusion_proof(&mut Nodes::default(), index, size).await?;
    verify_inclusion(leaf, index, size, &hashes, checkpoint.root).map_err(|error| {
        invalid(&format!("{error}; `ketenpoort log verify` tells what happened"))
    })?;
    let tlog_proof = TlogProof::new(index, hashes, note)?.to_string();
    Ok(Made { index, size, leaf_hash: leaf.to_string(), tlog_proof })
}
