//! `ketenpoort decision`: make recorded decisions again.
//!
//! Invariants: nothing is written, so it runs beside a gateway and on a copy; nothing personal is shown.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use crate::domain::policy::PolicyPack;
use crate::gateway::replay::{Replayed, Replayer, Verdict};
use crate::store::{self, KeyDb};

use super::config_command::ConfigFile;
use super::exit::{Exit, Failure};
use super::log::{open_read_only, require_schema};
use super::terminal::{Terminal, Tone};
use super::{keys, policy};

/// Entries that are named when they are not the same; more tell nothing more.
const NAMED_MAX: usize = 50;

/// What to do with decisions.
#[derive(Debug, Subcommand)]
pub(super) enum DecisionCommand {
    /// Decide again what was decided, and compare
    ///
    /// Every decision is kept in the ledger with the facts it was made on, the version and the SHA-256 of
    /// its policy pack. This decides on the same facts by the same pack and compares the answer, the
    /// categories, the consents, the two grounds and every condition. Exit code 6 when anything
    /// differs or a pack is missing. `log verify` shows that the records themselves are unchanged.
    Replay {
        #[command(flatten)]
        file: ConfigFile,
        /// Only this entry, from 0; all when not given
        #[arg(long, value_name = "N")]
        index: Option<i64>,
        /// A policy pack to decide by, in place of those that the database keeps; may be repeated
        #[arg(long, value_name = "FILE")]
        pack: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(command: DecisionCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let DecisionCommand::Replay { file, index, pack, json } = command;
    let config = file.load()?.config;
    let packs = pack
        .iter()
        .map(|path| policy::read(path).map_err(|fault| Failure::new(Exit::Config, fault).into()))
        .collect::<anyhow::Result<Vec<PolicyPack>>>()?;
    let keyring = keys::of_config(&config)?;
    let (data, key_store) = (&config.database.url, config.database.keys());
    let db = open_read_only(data, store::ledger::SCHEMA).await?;
    require_schema(db.read().await?.schema_version().await?, store::ledger::SCHEMA, data)?;
    let key_db = open_read_only(&key_store, store::keys::SCHEMA).await?;
    let mut replayer = Replayer::open(&db, KeyDb::new(key_db.clone()), keyring, packs).await?;
    let outcome = match index {
        Some(index) => one(&mut replayer, index).await,
        None => all(&mut replayer, terminal).await,
    };
    drop(replayer);
    db.close().await;
    key_db.close().await;
    tell(&outcome?, json, terminal)
}

/// What was counted over all entries.
#[derive(Debug, Default)]
struct Tally {
    entries: u64,
    same: u64,
    nothing_decided: u64,
    forgotten: u64,
    wrong_total: u64,
    wrong: Vec<(i64, String)>,
}

impl Tally {
    fn add(&mut self, replayed: &Replayed) {
        self.entries += 1;
        match &replayed.verdict {
            Verdict::Same => self.same += 1,
            Verdict::NothingDecided => self.nothing_decided += 1,
            Verdict::Forgotten => self.forgotten += 1,
            Verdict::PackMissing => {
                self.add_wrong(
                    replayed.index,
                    "the policy pack that decided is not here".to_owned(),
                );
            }
            Verdict::Different(differences) => {
                let words: Vec<String> = differences.iter().map(ToString::to_string).collect();
                self.add_wrong(replayed.index, words.join("; "));
            }
        }
    }

    fn add_wrong(&mut self, index: i64, why: String) {
        self.wrong_total += 1;
        if self.wrong.len() < NAMED_MAX {
            self.wrong.push((index, why));
        }
    }
}

async fn one(replayer: &mut Replayer, index: i64) -> anyhow::Result<Tally> {
    let missing = || Failure::new(Exit::NotFound, format!("the ledger has no entry {index}"));
    let replayed = replayer.one(index).await?.ok_or_else(missing)?;
    let mut tally = Tally::default();
    tally.add(&replayed);
    Ok(tally)
}

async fn all(replayer: &mut Replayer, terminal: &mut Terminal) -> anyhow::Result<Tally> {
    let size = replayer.size().await?;
    let bar = terminal.progress(u64::try_from(size).unwrap_or(0), "deciding again");
    let mut tally = Tally::default();
    let mut after = None;
    loop {
        let page = replayer.page(after, size).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.index);
        for replayed in &page {
            tally.add(replayed);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(tally)
}

fn tell(tally: &Tally, json: bool, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    if json {
        let wrong = tally.wrong.iter().map(|(index, why)| json!({"index": index, "text": why}));
        terminal.json(&json!({
            "entries": tally.entries,
            "same": tally.same,
            "nothing_decided": tally.nothing_decided,
            "forgotten": tally.forgotten,
            "wrong_total": tally.wrong_total,
            "wrong": wrong.collect::<Vec<_>>(),
        }))?;
    } else {
        let bad = terminal.paint(Tone::Bad, "bad");
        for (index, why) in &tally.wrong {
            terminal.line(format_args!("{bad}  entry {index}: {why}"))?;
        }
        let verdict = match tally.wrong_total {
            0 => format!("{}  every decision is the same again", terminal.paint(Tone::Good, "ok")),
            total => format!("{bad}  {total} decisions are not the same again"),
        };
        terminal.line(verdict)?;
        terminal.line(format_args!(
            "    {} entries: {} decided again, {} where nothing was decided, {} forgotten",
            tally.entries, tally.same, tally.nothing_decided, tally.forgotten
        ))?;
    }
    Ok(if tally.wrong_total == 0 { Exit::Ok } else { Exit::ProofInvalid })
}
