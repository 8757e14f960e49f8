//! `ketenpoort log anchor`: what this gateway has signed last, and accepting a ledger that lacks it.

use clap::Subcommand;

use crate::gateway::accept_ledger::Accepted;
use crate::gateway::{self, Clock, Gateway};
use crate::store::Anchor;

use super::Form;
use crate::cli::config_command::ConfigFile;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cli::{directory, keys, serve};

/// Longest reason: a sentence or two and the number of an incident.
const REASON_CHARS_MAX: usize = 200;

/// What to do with the anchor.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AnchorCommand {
    /// Print the newest checkpoint that this gateway has signed (C2SP signed note)
    ///
    /// It stands in a file outside the database, so it shows what a database lacks that went back in
    /// time. `log verify --checkpoint` takes it. Exit code 7 when there is none yet.
    Show {
        #[command(flatten)]
        file: ConfigFile,
        #[command(flatten)]
        form: Form,
    },
    /// Accept the ledger in the database although this gateway would not continue it
    ///
    /// For the day on which the end of the ledger is lost for good, or the anchor is: the ledger goes on
    /// from what the database holds. What was answered and is missing stays missing, and whoever kept a
    /// checkpoint of it can prove that: tell them first. Stop every gateway of this ledger before, and
    /// run it on each of them. Every time leaves an entry in the ledger.
    Accept {
        #[command(flatten)]
        file: ConfigFile,
        /// Why, for the ledger; nothing about a person
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        reason: String,
    },
}

fn reason(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > REASON_CHARS_MAX {
        return Err("must have 1 to 200 characters");
    }
    if text.contains(char::is_control) {
        return Err("must be one line");
    }
    Ok(text.to_owned())
}

pub(super) async fn run(command: AnchorCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    match command {
        AnchorCommand::Show { file, form } => show(&file, form.json, terminal),
        AnchorCommand::Accept { file, reason } => accept(&file, &reason, terminal).await,
    }
}

fn show(file: &ConfigFile, json: bool, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let config = file.load()?.config;
    let keyring = keys::of_config(&config)?;
    let path = config.gateway.anchor();
    let signer = keys::log_signer(&keyring, &config.gateway.origin);
    let Some(kept) = Anchor::look(&path, signer.verifier())? else {
        let message = format!("{}: nothing was signed yet", path.display());
        return Err(Failure::new(Exit::NotFound, message).into());
    };
    if json {
        terminal.json(&serde_json::json!({
            "path": path,
            "origin": kept.checkpoint.origin.as_str(),
            "size": kept.checkpoint.size,
            "root": kept.checkpoint.root.to_string(),
            "note": kept.note.to_string(),
        }))?;
    } else {
        terminal.text(&kept.note.to_string())?;
    }
    Ok(Exit::Ok)
}

async fn accept(file: &ConfigFile, reason: &str, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let config = file.load()?.config;
    let keyring = keys::of_config(&config)?;
    let directory = directory::of_config(&config)?;
    let opening = serve::opening(&config, keyring, directory, Clock::system()).await?;
    match Gateway::accept_ledger(opening, reason).await.map_err(untrusted)? {
        Accepted::Nothing => {
            terminal.note(format_args!(
                "nothing to accept: the ledger continues what this gateway has signed"
            ));
        }
        Accepted::Ledger { fork, index } => {
            terminal.note(format_args!(
                "accepted, as entry {index} of the ledger says. What was wrong: {fork}."
            ));
        }
    }
    Ok(Exit::Ok)
}

/// What cannot be accepted: a ledger that our key did not sign, or that contradicts itself.
fn untrusted(error: gateway::Error) -> anyhow::Error {
    anyhow::Error::new(error)
        .context("the ledger was not accepted; `ketenpoort log verify` tells more")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_line_of_text() {
        assert_eq!(reason("  backup of 2 March "), Ok("backup of 2 March".to_owned()));
        for bad in ["", "  ", "two\nlines", &"x".repeat(201)] {
            assert!(reason(bad).is_err(), "{bad:?}");
        }
    }
}
