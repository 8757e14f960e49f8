//! `ketenpoort log verify`: the whole ledger and the rows beside it, in one pass.

use std::path::Path;

use indicatif::ProgressBar;
use serde::Serialize;

use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Hash;
use crate::ledger::note::{NOTE_BYTES_MAX, Note, Verifier};
use crate::ledger::tile::TILE_LEVEL_MAX;
use crate::ledger::verify::{LogVerifier, Report};
use crate::store::inspect::{RawDisclosure, RawLeaf};

use super::finding::{RowFinding, RowFindings, Shown};
use super::pages::{Cursor, Item, Items};
use super::rows::differences;
use super::{Ledger, Source};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::{Terminal, Tone};

/// Findings that are printed for a person; more tell nothing more.
const PRINTED_MAX: usize = 50;

/// How often the bar is moved, in entries.
const PROGRESS_EVERY: u64 = 1024;

pub(super) async fn run(
    source: &Source,
    kept: Option<&Path>,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let verifier = source.verifier()?;
    let kept = kept.map(|path| read_kept(path, &verifier)).transpose()?;
    let mut ledger = source.open().await?;
    let bar = terminal.progress(ledger.size(), "checking entries");
    let verified = check(&mut ledger, &verifier, kept.as_ref(), &bar).await;
    bar.finish_and_clear();
    let verified = verified?;
    ledger.close().await;
    if json {
        terminal.json(&verified)?;
    } else {
        verified.print(terminal)?;
    }
    Ok(if verified.findings_total == 0 { Exit::Ok } else { Exit::ProofInvalid })
}

/// What the check saw and found.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Verified {
    origin: String,
    pub(in crate::cli) size: u64,
    pub(in crate::cli) root: String,
    entries: u64,
    tiles: u64,
    checkpoints: u64,
    rows: u64,
    findings_total: u64,
    findings: Vec<Shown>,
}

/// Checks a ledger against the key that it must be signed with, and against a checkpoint that
/// somebody kept: the only thing that shows a ledger that was replaced as a whole.
pub(in crate::cli) async fn check(
    ledger: &mut Ledger,
    verifier: &Verifier,
    kept: Option<&Checkpoint>,
    bar: &ProgressBar,
) -> anyhow::Result<Verified> {
    let state = ledger.stated()?;
    let (size, root) = (state.size, state.root);
    let mut pass = Pass {
        log: LogVerifier::new(verifier.name().clone(), vec![verifier.clone()], state),
        rows: Cursor::new(0),
        rows_read: 0,
        beside: RowFindings::default(),
    };
    if let Some(stated) = ledger.state.as_ref().map(|state| &state.origin)
        && stated != verifier.name().as_str()
    {
        pass.beside.add(RowFinding::OtherLedger { stated: stated.clone() });
    }
    let mut items = Items::new();
    while let Some(item) = items.next(&mut ledger.tx).await? {
        pass.take(ledger, item).await?;
        if pass.log.size().is_multiple_of(PROGRESS_EVERY) {
            bar.set_position(pass.log.size());
        }
    }
    pass.finish_rows(ledger).await?;
    if let Some(kept) = kept {
        pass.compare_kept(ledger, kept, size).await;
    }
    let Pass { log, rows_read, beside, .. } = pass;
    let origin = verifier.name().to_string();
    Ok(Verified::of(origin, size, root, rows_read, &log.finish(), &beside))
}

/// One pass over everything that is stored.
struct Pass {
    log: LogVerifier,
    rows: Cursor<RawDisclosure>,
    rows_read: u64,
    beside: RowFindings,
}

impl Pass {
    async fn take(&mut self, ledger: &mut Ledger, item: Item) -> anyhow::Result<()> {
        match item {
            Item::Leaf(leaf) => self.leaf(ledger, &leaf).await?,
            Item::Tile(tile) => {
                let (Ok(level), Ok(index)) = (u8::try_from(tile.level), u64::try_from(tile.idx))
                else {
                    self.beside.add(RowFinding::NegativeNumber { table: "tiles" });
                    return Ok(());
                };
                // No tile has this root, so one that is none is found as one that does not fit.
                let root = Hash::from_slice(&tile.root).unwrap_or(Hash::new([0; Hash::BYTES]));
                self.log.tile(level, index, &tile.hashes, root);
            }
            Item::Checkpoint(row) => match u64::try_from(row.size) {
                Ok(size) => self.log.checkpoint(size, &row.note),
                Err(_) => self.beside.add(RowFinding::NegativeNumber { table: "checkpoints" }),
            },
        }
        Ok(())
    }

    async fn leaf(&mut self, ledger: &mut Ledger, leaf: &RawLeaf) -> anyhow::Result<()> {
        let row = self.row_beside(ledger, leaf.idx).await?;
        let Ok(index) = u64::try_from(leaf.idx) else {
            self.beside.add(RowFinding::NegativeNumber { table: "leaves" });
            return Ok(());
        };
        // An entry that is no entry has been reported; nothing can be compared with it.
        let Some(entry) = self.log.entry(index, &leaf.entry) else { return Ok(()) };
        self.compare(index, &entry, leaf, row.as_ref());
        Ok(())
    }

    fn compare(&mut self, index: u64, entry: &Entry, leaf: &RawLeaf, row: Option<&RawDisclosure>) {
        if leaf.event_id != entry.event_id.as_bytes() {
            self.beside.add(RowFinding::EventId { index });
        }
        let Some(row) = row else {
            return self.beside.add(RowFinding::RowMissing { index });
        };
        let columns = differences(entry, row);
        if !columns.is_empty() {
            self.beside.add(RowFinding::RowChanged { index, columns: columns.join(", ") });
        }
    }

    /// The row beside the entry at `idx`. Rows before it stand beside no entry.
    async fn row_beside(
        &mut self,
        ledger: &mut Ledger,
        idx: i64,
    ) -> anyhow::Result<Option<RawDisclosure>> {
        while let Some(row) = self.rows.peek(&mut ledger.tx).await? {
            let at = row.idx;
            if at > idx {
                return Ok(None);
            }
            self.rows_read += 1;
            let row = self.rows.take();
            if at == idx {
                return Ok(row);
            }
            self.unexpected_row(at);
        }
        Ok(None)
    }

    async fn finish_rows(&mut self, ledger: &mut Ledger) -> anyhow::Result<()> {
        while let Some(row) = self.rows.peek(&mut ledger.tx).await? {
            let at = row.idx;
            self.rows_read += 1;
            drop(self.rows.take());
            self.unexpected_row(at);
        }
        let count = ledger.tx.tiles_outside(0, i64::from(TILE_LEVEL_MAX)).await?;
        if count > 0 {
            self.beside.add(RowFinding::TilesOutside { count });
        }
        Ok(())
    }

    fn unexpected_row(&mut self, idx: i64) {
        self.beside.add(match u64::try_from(idx) {
            Ok(index) => RowFinding::RowUnexpected { index },
            Err(_) => RowFinding::NegativeNumber { table: "disclosures" },
        });
    }

    /// The tree at the size of the kept checkpoint comes out of the tiles, which the pass has
    /// compared with the entries. What cannot be read there is not what was signed.
    async fn compare_kept(&mut self, ledger: &mut Ledger, kept: &Checkpoint, size: u64) {
        if kept.size > size {
            return self.beside.add(RowFinding::KeptBeyondEnd { size: kept.size });
        }
        let root = ledger.tx.edge(kept.size).await.map(|edge| edge.root());
        if !root.is_ok_and(|root| root == kept.root) {
            self.beside.add(RowFinding::KeptMismatch { size: kept.size });
        }
    }
}

impl Verified {
    /// What is wrong, in one line: the first finding, and how many there are. None when all is well.
    pub(in crate::cli) fn fault(&self) -> Option<String> {
        let first = self.findings.first()?;
        Some(match self.findings_total {
            1 => first.text.clone(),
            total => format!("{} (and {} findings more)", first.text, total - 1),
        })
    }

    fn of(
        origin: String,
        size: u64,
        root: Hash,
        rows: u64,
        report: &Report,
        beside: &RowFindings,
    ) -> Self {
        let ledger = report.findings.iter().map(Shown::from);
        let beside_shown = beside.kept.iter().map(Shown::from);
        Self {
            origin,
            size,
            root: root.to_string(),
            entries: report.entries,
            tiles: report.tiles,
            checkpoints: report.checkpoints,
            rows,
            findings_total: report.findings_total + beside.total,
            findings: ledger.chain(beside_shown).collect(),
        }
    }

    fn print(&self, terminal: &mut Terminal) -> std::io::Result<()> {
        let bad = terminal.paint(Tone::Bad, "bad");
        for finding in self.findings.iter().take(PRINTED_MAX) {
            terminal.line(format_args!("{bad}  {}", finding.text))?;
        }
        let (origin, size) = (&self.origin, self.size);
        match self.findings_total {
            0 => {
                let ok = terminal.paint(Tone::Good, "ok");
                terminal
                    .line(format_args!("{ok}  the ledger {origin} is complete and unchanged"))?;
            }
            total => terminal.line(format_args!(
                "{bad}  the ledger {origin} is not what it signed: {total} findings{}",
                if self.findings.len() > PRINTED_MAX { "; --json names more of them" } else { "" }
            ))?,
        }
        terminal.line(format_args!(
            "    {} entries, {} tiles, {} checkpoints, {} rows; size {size}, root {}",
            self.entries, self.tiles, self.checkpoints, self.rows, self.root
        ))
    }
}

/// A checkpoint that was kept outside the database. It must be one of this ledger.
pub(in crate::cli) fn read_kept(path: &Path, verifier: &Verifier) -> anyhow::Result<Checkpoint> {
    let unfit = |exit, reason: &dyn std::fmt::Display| {
        Failure::new(exit, format!("{}: {reason}", path.display()))
    };
    let length = std::fs::metadata(path).map_err(|error| unfit(Exit::NotFound, &error))?.len();
    if usize::try_from(length).is_ok_and(|length| length > NOTE_BYTES_MAX) {
        return Err(unfit(Exit::ProofInvalid, &"too large for a checkpoint").into());
    }
    let text = std::fs::read_to_string(path).map_err(|error| unfit(Exit::Error, &error))?;
    let note: Note = text.parse().map_err(|error| unfit(Exit::ProofInvalid, &error))?;
    Checkpoint::open(&note, std::slice::from_ref(verifier), verifier.name())
        .map_err(|error| unfit(Exit::ProofInvalid, &error).into())
}
