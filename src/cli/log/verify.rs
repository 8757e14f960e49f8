//! `ketenpoort log verify`: the whole ledger and the rows beside it, in one pass.

use std::path::Path;
use std::sync::Arc;

use indicatif::ProgressBar;
use serde::Serialize;

use crate::gateway::beside::differences;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Hash;
use crate::ledger::note::{NOTE_BYTES_MAX, Note, Verifier};
use crate::ledger::tile::TILE_LEVEL_MAX;
use crate::ledger::verify::{FINDINGS_MAX, LogVerifier, Report, Signatory};
use crate::store::db::page::Page;
use crate::store::inspect::{DisclosureAt, RawLeaf, RawPurged};
use crate::store::ledger::TileRow;

use super::ahead::{Cursor, Stopped, read_for};
use super::finding::{RowFinding, RowFindings, Shown};
use super::pages::{Item, Items};
use super::witnessed::{self, Witnessed};
use super::{Ledger, Source, Witnesses};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::{Terminal, Tone};

/// Findings that are printed for a person; more tell nothing more.
const PRINTED_MAX: usize = 50;

/// How often the bar is moved, in entries.
const PROGRESS_EVERY: u64 = 1024;

pub(super) async fn run(
    (source, witnesses): (&Source, &Witnesses),
    kept: Option<&Path>,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let verifier = source.verifier()?;
    let quorum = source.quorum(witnesses)?;
    let kept = kept.map(|path| read_kept(path, &verifier)).transpose()?;
    let mut ledger = source.open().await?;
    let bar = terminal.progress(ledger.size(), "checking entries");
    let verified = check(&mut ledger, &verifier, kept.as_ref(), &bar).await;
    bar.finish_and_clear();
    let mut verified = verified?;
    if !quorum.witnesses().is_empty() {
        let mut witnessed = witnessed::check(&mut ledger, &quorum).await?;
        // Who brings the keys wants to know that the witnesses saw this ledger, not that nothing is stored.
        if witnesses.are_given() && witnessed.size.is_none() {
            let needed = quorum.needed();
            witnessed.findings.push(RowFinding::NotWitnessed { needed });
        }
        verified.add(witnessed);
    }
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
    purged: u64,
    purges: u64,
    tiles: u64,
    checkpoints: u64,
    rows: u64,
    /// What witnesses said; none where none are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    witnessed: Option<Witnessed>,
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
    let mut beside = RowFindings::default();
    if let Some(stated) = ledger.state.as_ref().map(|state| &state.origin)
        && stated != verifier.name().as_str()
    {
        beside.add(RowFinding::OtherLedger { stated: stated.clone() });
    }
    let signatory = Signatory::new(verifier.name().clone(), vec![verifier.clone()]);
    let log = LogVerifier::new(signatory.clone(), state);
    let bar = bar.clone();
    let pass = read_for(&mut ledger.tx, move |desk| {
        let items = Items::new(desk, Arc::new(signatory));
        let mut pass = Pass { log, rows: Cursor::new(desk, ()), rows_read: 0, beside };
        pass.run(items, &bar)?;
        let Pass { log, rows_read, beside, .. } = pass;
        Ok((log.finish(), rows_read, beside))
    });
    let (report, rows_read, mut beside) = pass.await?;
    beside.extend(look_outside(ledger).await?);
    if let Some(kept) = kept {
        beside.extend(compare_kept(ledger, kept, size).await);
    }
    let origin = verifier.name().to_string();
    Ok(Verified::of(origin, size, root, rows_read, &report, &beside))
}

/// Tiles that the pass does not come by.
async fn look_outside(ledger: &mut Ledger) -> anyhow::Result<Option<RowFinding>> {
    let count = ledger.tx.tiles_outside(0, i64::from(TILE_LEVEL_MAX)).await?;
    Ok((count > 0).then_some(RowFinding::TilesOutside { count }))
}

/// The tree at the size of the kept checkpoint comes out of the tiles, which the pass has
/// compared with the entries. What cannot be read there is not what was signed.
async fn compare_kept(ledger: &mut Ledger, kept: &Checkpoint, size: u64) -> Option<RowFinding> {
    if kept.size > size {
        return Some(RowFinding::KeptBeyondEnd { size: kept.size });
    }
    let root = ledger.tx.edge(kept.size).await.map(|edge| edge.root());
    let fits = root.is_ok_and(|root| root == kept.root);
    (!fits).then_some(RowFinding::KeptMismatch { size: kept.size })
}

/// One pass over everything that is stored.
struct Pass<'d> {
    log: LogVerifier,
    rows: Cursor<'d, Page<DisclosureAt>>,
    rows_read: u64,
    beside: RowFindings,
}

impl Pass<'_> {
    fn run(&mut self, mut items: Items<'_>, bar: &ProgressBar) -> Result<(), Stopped> {
        while let Some(item) = items.next()? {
            match item {
                Item::Leaf(leaf) => {
                    self.leaf(&leaf)?;
                    if self.log.size().is_multiple_of(PROGRESS_EVERY) {
                        bar.set_position(self.log.size());
                    }
                }
                Item::Purged(purged) => self.purged(&purged),
                Item::Tile(tile) => self.tile(tile),
                Item::Checkpoint(checkpoint) => match checkpoint.said {
                    Some((size, root)) => self.log.opened_checkpoint(size, root),
                    None => self.beside.add(RowFinding::NegativeNumber { table: "checkpoints" }),
                },
            }
        }
        self.finish_rows()
    }

    fn tile(&mut self, tile: &TileRow) {
        let (Ok(level), Ok(index)) = (u8::try_from(tile.level), u64::try_from(tile.idx)) else {
            return self.beside.add(RowFinding::NegativeNumber { table: "tiles" });
        };
        // No tile has this root, so one that is none is found as one that does not fit.
        let root = Hash::from_slice(&tile.root).unwrap_or(Hash::new([0; Hash::BYTES]));
        self.log.tile(level, index, &tile.hashes, root);
    }

    fn purged(&mut self, purged: &RawPurged<'_>) {
        let (Ok(index), Ok(by)) = (u64::try_from(purged.idx), u64::try_from(purged.purged_by))
        else {
            return self.beside.add(RowFinding::NegativeNumber { table: "purged_leaves" });
        };
        // No entry has this hash, so one that is none is found as one that does not fit.
        let hash = Hash::from_slice(purged.hash).unwrap_or(Hash::new([0; Hash::BYTES]));
        self.log.purged(index, hash, by);
    }

    fn leaf(&mut self, leaf: &RawLeaf<'_>) -> Result<(), Stopped> {
        let has_row = self.reach_row(leaf.idx)?;
        match u64::try_from(leaf.idx) {
            // An entry that is no entry has been reported; nothing can be compared with it.
            Ok(index) => {
                if let Some(entry) = self.log.entry(index, leaf.entry) {
                    self.compare(index, &entry, leaf, has_row);
                }
            }
            Err(_) => self.beside.add(RowFinding::NegativeNumber { table: "leaves" }),
        }
        if has_row {
            self.rows_read += 1;
            self.rows.advance();
        }
        Ok(())
    }

    /// Compares an entry with what stands beside it, also in the row that has been reached.
    fn compare(&mut self, index: u64, entry: &Entry, leaf: &RawLeaf<'_>, has_row: bool) {
        if leaf.event_id != entry.event_id.as_bytes() {
            self.beside.add(RowFinding::EventId { index });
        }
        let Some(row) = self.rows.row().filter(|_| has_row) else {
            return self.beside.add(RowFinding::RowMissing { index });
        };
        let columns = differences(entry, &row);
        if !columns.is_empty() {
            self.beside.add(RowFinding::RowChanged { index, columns: columns.join(", ") });
        }
    }

    /// Goes to the row beside the entry at `idx`, if it is there. Rows before it stand beside no entry.
    fn reach_row(&mut self, idx: i64) -> Result<bool, Stopped> {
        while let Some(at) = self.rows.key()? {
            if at >= idx {
                return Ok(at == idx);
            }
            self.unexpected_row(at);
        }
        Ok(false)
    }

    fn finish_rows(&mut self) -> Result<(), Stopped> {
        while let Some(at) = self.rows.key()? {
            self.unexpected_row(at);
        }
        Ok(())
    }

    fn unexpected_row(&mut self, idx: i64) {
        self.rows_read += 1;
        self.rows.advance();
        self.beside.add(match u64::try_from(idx) {
            Ok(index) => RowFinding::RowUnexpected { index },
            Err(_) => RowFinding::NegativeNumber { table: "disclosures" },
        });
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
            purged: report.purged,
            purges: report.purges,
            tiles: report.tiles,
            checkpoints: report.checkpoints,
            rows,
            witnessed: None,
            findings_total: report.findings_total + beside.total,
            findings: ledger.chain(beside_shown).collect(),
        }
    }

    fn add(&mut self, witnessed: Witnessed) {
        let more = u64::try_from(witnessed.findings.len()).unwrap_or(u64::MAX);
        self.findings_total = self.findings_total.saturating_add(more);
        let room = FINDINGS_MAX.saturating_sub(self.findings.len());
        self.findings.extend(witnessed.findings.iter().take(room).map(Shown::from));
        self.witnessed = Some(witnessed);
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
        if self.purged > 0 {
            terminal.line(format_args!(
                "    {} entries were purged; {} entries of the ledger account for them",
                self.purged, self.purges
            ))?;
        }
        if let Some(witnessed) = &self.witnessed {
            let (cosignatures, needed) = (witnessed.cosignatures, witnessed.needed);
            match witnessed.size {
                Some(seen) => terminal.line(format_args!(
                    "    {cosignatures} cosignatures of witnesses; {seen} of {size} entries seen by \
                     {needed} or more"
                ))?,
                None => terminal.line(format_args!(
                    "    {cosignatures} cosignatures of witnesses; no checkpoint has the {needed} it needs"
                ))?,
            }
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
