//! `ketenpoort policy`: look at policy packs before they are put in force.
//!
//! Nothing here reads or writes a database: a lawyer needs the pack and this program, no gateway.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use crate::domain::basis::Basis;
use crate::domain::policy::{PackDraft, PolicyPack, judges};
use crate::domain::time::Date;
use crate::domain::violation::Violation;
use crate::gateway::{Clock, policy_hash};

use super::exit::{Exit, Failure};
use super::terminal::{Terminal, Tone};
use super::toml_file;

mod diff;
mod scenario;

/// What to do with policy packs.
#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Look for gaps and contradictions in a pack
    ///
    /// Prints its version and its hash, as they stand in every decision. Exit code 3 when something is
    /// wrong with it.
    Check {
        /// The pack
        #[arg(value_name = "PACK")]
        pack: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what differs between two packs
    ///
    /// Exit code 1 when something does.
    Diff {
        /// The pack as it was
        #[arg(value_name = "OLD")]
        old: PathBuf,
        /// The pack as it would be
        #[arg(value_name = "NEW")]
        new: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Play a table of scenarios by a pack
    ///
    /// Each scenario says who wants to share what with whom on which basis, and what must come of it.
    /// Exit code 1 when a pack decides otherwise.
    Test {
        /// The pack
        #[arg(value_name = "PACK")]
        pack: PathBuf,
        /// The scenarios
        #[arg(long, value_name = "FILE")]
        scenarios: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &PolicyCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    match command {
        PolicyCommand::Check { pack, json } => check(pack, *json, terminal),
        PolicyCommand::Diff { old, new, json } => {
            diff::run(&of_file(old)?, &of_file(new)?, *json, terminal)
        }
        PolicyCommand::Test { pack, scenarios, json } => {
            scenario::run(&of_file(pack)?, scenarios, *json, terminal)
        }
    }
}

fn check(path: &Path, json: bool, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let pack = of_file(path)?;
    let hash = hex::encode(policy_hash(&pack)?);
    let enabled = Basis::ALL.iter().filter(|basis| pack.basis(**basis).enabled).count();
    if json {
        terminal.json(&json!({
            "version": pack.version.as_str(),
            "sha256": hash,
            "valid_from": pack.term.valid_from,
            "valid_until": pack.term.valid_until,
            "bases_enabled": enabled,
            "bases_enabled_but_refused": enabled_but_refused(&pack),
        }))?;
        return Ok(Exit::Ok);
    }
    let day = |day: Option<Date>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
    terminal.line(format_args!("version     {}", pack.version))?;
    terminal.line(format_args!("sha256      {hash}"))?;
    terminal.line(format_args!("valid from  {}", day(pack.term.valid_from)))?;
    terminal.line(format_args!("valid until {}", day(pack.term.valid_until)))?;
    terminal.line(format_args!("bases       {enabled} of {} enabled", Basis::ALL.len()))?;
    let refused = enabled_but_refused(&pack).join(" ");
    if !refused.is_empty() {
        // Otherwise somebody would take it for a permission.
        terminal.note(format_args!("enabled, but this version still refuses all of: {refused}"));
    }
    if !pack.term.includes(Clock::system().now().date()) {
        terminal.note(terminal.paint_note(Tone::Doubtful, "not in force today"));
    }
    terminal.note(terminal.paint_note(Tone::Good, "no gaps and no contradictions"));
    Ok(Exit::Ok)
}

/// Bases that the pack switches on and that no request can be judged by yet.
fn enabled_but_refused(pack: &PolicyPack) -> Vec<&'static str> {
    let bases = Basis::ALL.iter().copied();
    let refused = bases.filter(|basis| pack.basis(*basis).enabled && !judges(*basis));
    refused.map(Basis::as_str).collect()
}

fn of_file(path: &Path) -> Result<PolicyPack, Failure> {
    read(path).map_err(|fault| Failure::new(Exit::Config, fault))
}

/// Reads a pack, or says what is wrong with it, each fault with its line.
pub(super) fn read(path: &Path) -> Result<PolicyPack, String> {
    let text = toml_file::text(path)?;
    let draft: PackDraft = toml_file::parse(path, &text)?;
    draft.parse().map_err(|violations| {
        let faults: Vec<String> =
            violations.iter().map(|violation| told(path, &text, violation)).collect();
        faults.join("\n")
    })
}

fn told(path: &Path, text: &str, violation: &Violation) -> String {
    let Violation { field, rule, description } = violation;
    let path = path.display();
    match toml_file::line_of(text, field) {
        Some(line) => format!("{path}: line {line}: {field}: {description} ({rule})"),
        None => format!("{path}: {field}: {description} ({rule})"),
    }
}

#[cfg(test)]
mod tests;
