//! `ketenpoort witness`: a partner watches the ledger of a gateway (C2SP `tlog-witness`).
//!
//! A witness needs no database and learns nothing about anybody: it keeps, for each ledger, the newest
//! checkpoint that it cosigned, and cosigns only what continues it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use aws_lc_rs::rand;
use clap::{Args, Subcommand, ValueEnum};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

use crate::gateway::Clock;
use crate::ledger::note::{Cosigner, KeyName, Verifier};
use crate::tls::{self, OpenServer};

use super::config::{Level, LogConfig, LogFormat};
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use super::{logging, secret_file};

mod http;
mod keeper;
mod reach;

pub(super) use http::serve;
pub(super) use keeper::Keeper;
pub(super) use reach::HttpsReach;

/// What a witness does.
#[derive(Debug, Subcommand)]
pub(super) enum WitnessCommand {
    /// Make the secret key of a witness
    ///
    /// The file is readable by its owner only; an existing one is never overwritten. Prints the public key,
    /// which goes to the operators of the gateway, with the address of the witness.
    Key {
        /// Name of the witness: a URL without its scheme, like witness.politie.example
        #[arg(long)]
        name: KeyName,
        /// Where to write it
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the public key of a witness
    Vkey {
        /// Its secret key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Watch ledgers: cosign their checkpoints as long as each continues the one before
    ///
    /// Runs until SIGTERM. What it cosigned last is on disk before anybody hears of it. Keep that directory:
    /// a witness that forgot begins anew, and would cosign another history.
    #[command(
        after_help = "Example:\n  ketenpoort witness serve --key witness.key --log \"$(ketenpoort log vkey)\" \\\n    \
                            --state /var/lib/ketenpoort-witness --listen 0.0.0.0:8446 \\\n    \
                            --certificate witness.pem --tls-key witness-tls.key"
    )]
    Serve(Box<ServeArgs>),
}

/// How to watch.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The secret key of the witness
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The public key of a ledger to watch, as `ketenpoort log vkey` prints it; several for several
    #[arg(long, value_name = "KEY", required = true)]
    log: Vec<Verifier>,
    /// The directory of what was cosigned; made when it is not there
    #[arg(long, value_name = "DIRECTORY")]
    state: PathBuf,
    /// Address and port
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// The certificate of the server, followed by its intermediates, as PEM
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// The private key of the certificate, readable by its owner only
    #[arg(long, value_name = "FILE")]
    tls_key: PathBuf,
    /// How its log is written, on standard error
    #[arg(long, value_enum, default_value_t = FormatChoice::Json)]
    log_format: FormatChoice,
}

/// A [`LogFormat`], as it is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatChoice {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Text,
}

impl From<FormatChoice> for LogFormat {
    fn from(choice: FormatChoice) -> Self {
        match choice {
            FormatChoice::Json => Self::Json,
            FormatChoice::Text => Self::Text,
        }
    }
}

pub(super) async fn run(command: WitnessCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    match command {
        WitnessCommand::Key { name, out } => terminal.line(new_key(&name, &out)?.witness())?,
        WitnessCommand::Vkey { key } => terminal.line(read_key(&key)?.witness())?,
        WitnessCommand::Serve(args) => watch(*args, terminal).await?,
    }
    Ok(Exit::Ok)
}

/// Makes a key and writes it.
pub(super) fn new_key(name: &KeyName, out: &Path) -> anyhow::Result<Cosigner> {
    let mut seed = Zeroizing::new([0; 32]);
    rand::fill(seed.as_mut())
        .map_err(|_none| anyhow::anyhow!("the system gives no random numbers"))?;
    let text = Zeroizing::new(Cosigner::secret_text(name, &seed));
    secret_file::create(out, &text)?;
    Ok(Cosigner::from_seed(name.clone(), &seed))
}

/// Reads a key that only its owner can read.
fn read_key(path: &Path) -> anyhow::Result<Cosigner> {
    let text =
        secret_file::read(path).map_err(|error| Failure::new(Exit::Config, error.to_string()))?;
    let name = path.display();
    let read = Cosigner::from_secret_text(&text);
    Ok(read.map_err(|error| Failure::new(Exit::Config, format!("{name}: {error}")))?)
}

async fn watch(args: ServeArgs, terminal: &mut Terminal) -> anyhow::Result<()> {
    logging::start(&LogConfig { level: Level::Info, format: args.log_format.into() })?;
    let (clock, cosigner) = (Clock::system(), read_key(&args.key)?);
    let fault = |error: &dyn std::fmt::Display| Failure::new(Exit::Config, error.to_string());
    secret_file::require_private(&args.tls_key).map_err(|error| fault(&error))?;
    let ticking = clock.clone();
    let tls_clock = tls::Clock::new(move || ticking.now());
    let server = OpenServer::load(&args.certificate, &args.tls_key, &tls_clock)
        .map_err(|error| fault(&error))?;
    let keeper = Keeper::open(cosigner, args.log, &args.state, clock)
        .with_context(|| format!("--state {}", args.state.display()))?;
    let listener = TcpListener::bind(args.listen).await.map_err(|error| {
        Failure::new(Exit::Connection, format!("cannot listen on {}: {error}", args.listen))
    })?;
    let address = listener.local_addr()?;
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    terminal.note(format_args!("ready witness=https://{address} key={}", keeper.witness()));
    tokio::select! {
        () = serve(listener, server, keeper) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
