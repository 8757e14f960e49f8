//! `ketenpoort log`: looking at the ledger from the outside.
//!
//! Invariants: of the commands for operators none but `log anchor accept`, `log export` and `log purge` writes to a
//! database or migrates it, so every other one works beside a running gateway and on a copy; everything is read in
//! one transaction, so that what is compared belongs together; nothing personal is shown. What [officers](super::officer)
//! look at comes from a gateway, which writes every look down.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::ledger::note::{Verifier, Witness};

use super::config::DatabaseUrl;
use super::exit::Exit;
use super::officer::{self, OfLog, OfficerCall};
use super::terminal::Terminal;

mod ahead;
mod anchor;
mod audit;
mod export;
mod finding;
mod ledger;
mod pages;
mod proof;
mod purge;
mod show;
mod verify;
mod witnessed;

pub(super) use export::{Whole, manifest_of, tell as tell_export};
pub(super) use ledger::{Ledger, open_read_only, require_schema};
pub(super) use verify::{check, read_kept};

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub(super) enum LogCommand {
    /// Check the whole ledger: entries, tiles, checkpoints and the rows beside the entries
    ///
    /// Everything is computed again from the stored entries and compared with what the ledger signed.
    /// Exit code 6 when anything is wrong.
    Verify {
        #[command(flatten)]
        source: Source,
        /// A checkpoint that was kept elsewhere: the ledger must contain what it says
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        #[command(flatten)]
        witnesses: Witnesses,
        #[command(flatten)]
        form: Form,
    },
    /// Check that no disclosure relied on a consent that did not allow it
    ///
    /// Works from the ledger alone. Exit code 6 when one did. `log verify` shows that the ledger
    /// itself is complete and unchanged.
    Audit {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        form: Form,
    },
    /// Print the proof that an entry is in the ledger (C2SP tlog-proof)
    Proof {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        which: Which,
        /// Where to write the proof
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        form: Form,
    },
    /// Print the public key of the ledger, for whoever checks it
    Vkey {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        form: Form,
    },
    /// Look at the anchor: the newest checkpoint that this gateway has signed
    #[command(subcommand)]
    Anchor(anchor::AnchorCommand),
    /// Export the log to a file, on behalf of a privacy officer, or check an exported file
    ///
    /// What the officer's organisation may see, complete and in order, in a form that others read, with a
    /// manifest beside it: FILE.manifest.json. Works beside a gateway that serves. That it was made, and
    /// for whom, is in the ledger before anything is written to the file. `--verify` finds a file that was
    /// cut off or changed; exit code 6 when it was.
    #[command(
        after_help = "Examples:\n  ketenpoort log export --format nen7513 --from 2026-01-01 --until 2026-03-31 \\\n    \
                            --organisation 00000099000000003000 --for fg-sp-01 --out q1.csv\n  \
                            ketenpoort log export --verify q1.csv"
    )]
    Export(Box<export::ExportArgs>),
    /// Purge entries that are past their term, keep their hashes, and say so in the ledger
    ///
    /// A gateway that serves does this by itself; here it can be seen what it would purge, and done at
    /// once. Nothing is purged before its term is over, and nothing that a review, complaint, breach or
    /// request of a data subject holds. `log verify` goes on to verify the whole ledger.
    Purge(purge::PurgeArgs),
    /// Print an entry as it was hashed; what is personal stands in it as commitments only
    Show {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        form: Form,
    },
    /// What a privacy officer calls a gateway for.
    #[command(flatten)]
    Officer(OfficerCall<OfLog>),
}

/// Which ledger.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// The configuration file of its gateway
    #[arg(
        long,
        value_name = "FILE",
        default_value = "ketenpoort.toml",
        conflicts_with = "database"
    )]
    config: PathBuf,
    /// The database itself
    #[arg(long, value_name = "sqlite:PATH|postgres://…")]
    database: Option<DatabaseUrl>,
    /// The public key of the ledger, as `log vkey` prints it; without it, that of the keyring
    #[arg(long, value_name = "KEY")]
    vkey: Option<Verifier>,
}

/// Whose cosignatures count.
#[derive(Debug, Default, Args)]
pub(super) struct Witnesses {
    /// The public key of a witness, as its keeper gave it; without it, those of the configuration
    #[arg(long = "witness", value_name = "KEY")]
    keys: Vec<Witness>,
    /// How many must have cosigned; without it, more than half of the keys
    #[arg(long = "witnesses-needed", value_name = "N", requires = "keys")]
    needed: Option<usize>,
}

impl Witnesses {
    fn are_given(&self) -> bool {
        !self.keys.is_empty()
    }
}

/// Which entry.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its position, from 0
    #[arg(long, value_name = "N")]
    index: u64,
}

/// Text or JSON.
#[derive(Debug, Args)]
pub(super) struct Form {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: LogCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    match command {
        LogCommand::Verify { source, checkpoint, witnesses, form } => {
            verify::run((&source, &witnesses), checkpoint.as_deref(), form.json, terminal).await
        }
        LogCommand::Audit { source, form } => audit::run(&source, form.json, terminal).await,
        LogCommand::Proof { source, which, out, form } => {
            proof::run(&source, which.index, out.as_deref(), form.json, terminal).await
        }
        LogCommand::Vkey { source, form } => vkey(&source, form.json, terminal),
        LogCommand::Anchor(command) => anchor::run(command, terminal).await,
        LogCommand::Export(args) => export::run(&args, terminal).await,
        LogCommand::Purge(args) => purge::run(&args, terminal).await,
        LogCommand::Officer(call) => officer::run(call, terminal).await,
        LogCommand::Show { source, which, form } => {
            show::run(&source, which.index, form.json, terminal).await
        }
    }
}

fn vkey(source: &Source, json: bool, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let verifier = source.verifier()?;
    if json {
        let origin = verifier.name().as_str();
        terminal.json(&serde_json::json!({ "origin": origin, "vkey": verifier.to_string() }))?;
    } else {
        terminal.line(verifier)?;
    }
    Ok(Exit::Ok)
}
