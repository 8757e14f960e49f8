//! Checks the ledger of a demo with the very commands that an auditor uses: `log verify` and
//! `log audit`, given the database and the public key and nothing else.

use clap::Parser;

use crate::cli::config::{Config, DatabaseUrl};
use crate::cli::exit::Exit;
use crate::cli::keys;
use crate::cli::log::{self, LogCommand};
use crate::cli::terminal::Terminal;

/// A ledger and the key that its checkpoints must be signed with.
#[derive(Debug)]
pub(super) struct LedgerCheck {
    database: DatabaseUrl,
    vkey: String,
}

/// The words after `ketenpoort log`.
#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    command: LogCommand,
}

impl LedgerCheck {
    /// The ledger of a gateway.
    pub(super) fn of(config: &Config) -> anyhow::Result<Self> {
        let keyring = keys::of_config(config)?;
        let vkey = keys::log_signer(&keyring, &config.gateway.origin).verifier().to_string();
        Ok(Self { database: config.database.url.clone(), vkey })
    }

    /// `ketenpoort log verify`.
    pub(super) async fn verify(&self, terminal: &mut Terminal) -> anyhow::Result<Exit> {
        self.run("verify", terminal).await
    }

    /// `ketenpoort log audit`.
    pub(super) async fn audit(&self, terminal: &mut Terminal) -> anyhow::Result<Exit> {
        self.run("audit", terminal).await
    }

    async fn run(&self, what: &str, terminal: &mut Terminal) -> anyhow::Result<Exit> {
        let database = self.database.to_string();
        let words = ["log", what, "--database", &database, "--vkey", &self.vkey];
        log::run(Line::try_parse_from(words)?.command, terminal).await
    }
}
