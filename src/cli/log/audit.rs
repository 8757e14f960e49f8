//! `ketenpoort log audit`: from the ledger alone, no disclosure relied on a consent that did not allow
//! it (promise 3).

use indicatif::ProgressBar;
use serde::Serialize;

use crate::domain::basis::Basis;
use crate::domain::consent;
use crate::domain::event::Outcome;
use crate::ledger::audit::{AuditCodes, AuditFinding, AuditReport, ConsentAudit};
use crate::ledger::entry::Entry;
use crate::store::db::page::Page;
use crate::store::inspect::{LeafAt, PurgedAt};

use super::ahead::{Cursor, read_for};
use super::{Ledger, Source};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::{Terminal, Tone};

/// Findings that are printed for a person; more tell nothing more.
const PRINTED_MAX: usize = 50;

pub(super) async fn run(
    source: &Source,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let mut ledger = source.open().await?;
    let size = ledger.stated()?.size;
    let bar = terminal.progress(size, "auditing entries");
    let report = audit(&mut ledger, size, &bar).await;
    bar.finish_and_clear();
    let report = report?;
    ledger.close().await;
    let findings_total = report.findings_total;
    if json {
        terminal.json(&Audited::of(size, &report))?;
    } else {
        print(size, &report, terminal)?;
    }
    Ok(if findings_total == 0 { Exit::Ok } else { Exit::ProofInvalid })
}

async fn audit(ledger: &mut Ledger, size: u64, bar: &ProgressBar) -> anyhow::Result<AuditReport> {
    let codes = codes()?;
    let bar = bar.clone();
    read_for(&mut ledger.tx, move |desk| {
        let mut audit = ConsentAudit::new(codes);
        let mut leaves: Cursor<'_, Page<LeafAt>> = Cursor::new(desk, ());
        let mut purged: Cursor<'_, Page<PurgedAt>> = Cursor::new(desk, ());
        for index in 0..size {
            if purged.key()?.map(u64::try_from) == Some(Ok(index)) {
                audit.purged();
                purged.advance();
                bar.inc(1);
                continue;
            }
            let at = leaves.key()?;
            let leaf = leaves.row().filter(|_| at.map(u64::try_from) == Some(Ok(index)));
            let Some(leaf) = leaf else { return Ok(Err(damaged(index, "is missing"))) };
            let Ok(entry) = Entry::decode(leaf.entry) else {
                return Ok(Err(damaged(index, "cannot be read")));
            };
            audit.entry(index, &entry);
            leaves.advance();
            bar.inc(1);
        }
        Ok(Ok(audit.finish()))
    })
    .await?
}

/// An audit over a damaged ledger would say that something is right which it has not seen.
fn damaged(index: u64, fault: &str) -> anyhow::Error {
    let message = format!("entry {index} {fault}; `ketenpoort log verify` tells what happened");
    Failure::new(Exit::ProofInvalid, message).into()
}

fn codes() -> anyhow::Result<AuditCodes> {
    Ok(AuditCodes {
        outcome_success: Outcome::Success.severity(),
        basis_consent: Basis::Consent.number().try_into()?,
        state_active: consent::State::Active.number().try_into()?,
    })
}

/// The report, as `--json` shows it.
#[derive(Debug, Serialize)]
struct Audited {
    size: u64,
    disclosures: u64,
    consent_changes: u64,
    purged: u64,
    unjudged: u64,
    findings_total: u64,
    findings: Vec<Shown>,
}

#[derive(Debug, Serialize)]
struct Shown {
    index: u64,
    consent_id: Option<String>,
    text: String,
}

impl Audited {
    fn of(size: u64, report: &AuditReport) -> Self {
        let shown = |finding: &AuditFinding| Shown {
            index: finding.index,
            consent_id: finding.consent_id.map(|id| id.to_string()),
            text: finding.fault.to_string(),
        };
        Self {
            size,
            disclosures: report.disclosures,
            consent_changes: report.consent_changes,
            purged: report.purged,
            unjudged: report.unjudged,
            findings_total: report.findings_total,
            findings: report.findings.iter().map(shown).collect(),
        }
    }
}

fn print(size: u64, report: &AuditReport, terminal: &mut Terminal) -> std::io::Result<()> {
    let bad = terminal.paint(Tone::Bad, "bad");
    for finding in report.findings.iter().take(PRINTED_MAX) {
        let consent = match finding.consent_id {
            Some(id) => format!(" on consent {id}"),
            None => String::new(),
        };
        let (index, fault) = (finding.index, finding.fault);
        terminal.line(format_args!("{bad}  disclosure {index} relied{consent}: {fault}"))?;
    }
    let verdict = match report.findings_total {
        0 => format!(
            "{}  no disclosure relied on a consent that did not allow it",
            terminal.paint(Tone::Good, "ok")
        ),
        total => format!("{bad}  {total} times a disclosure relied on a consent wrongly"),
    };
    terminal.line(verdict)?;
    if report.purged > 0 {
        terminal.line(format_args!(
            "    {} entries were purged, so {} uses of a consent cannot be judged any more",
            report.purged, report.unjudged
        ))?;
    }
    terminal.line(format_args!(
        "    {size} entries, {} disclosures on consent, {} changes of consents",
        report.disclosures, report.consent_changes
    ))
}
