//! The command line, and the place where all other parts are put together.
//!
//! Invariants: data goes to standard output and everything else to standard error; every failure has
//! a documented exit code; `--json` gives one document whose fields keep their meaning.

use std::process::ExitCode;

use clap::{ColorChoice, Parser, Subcommand};

pub mod config;
pub mod directory;
pub mod exit;
pub mod serve;
pub mod terminal;

mod backup;
mod config_command;
mod decision;
mod deliveries;
mod demo;
mod doctor;
mod keys;
mod log;
mod logging;
mod mail;
mod officer;
mod ops;
mod pki;
mod policy;
mod report;
mod restore;
mod secret_file;
mod toml_file;
mod trust;
mod witness;

use exit::Exit;
use terminal::{Colour, Terminal, Tone};

/// A secure messaging gateway between the organisations of a domestic-violence chain.
#[derive(Debug, Parser)]
#[command(name = "ketenpoort", version, after_help = exit::table(), arg_required_else_help = true)]
struct Cli {
    /// Whether to colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway
    ///
    /// Prints one line with its address on standard error when it is ready, then its log. SIGHUP reads
    /// certificates, revocation lists and the directory again without dropping connections; SIGTERM
    /// finishes what is under way and stops.
    Serve(serve::ServeArgs),
    /// Copy both databases while the gateway runs, and verify the copy
    ///
    /// The data and the keys go into directories of their own, to be kept apart. For PostgreSQL it
    /// prints the commands to run. Exit code 6 when the ledger in the copy does not verify.
    Backup(backup::BackupArgs),
    /// Show the configuration in force, or one to begin with
    #[command(subcommand)]
    Config(config_command::ConfigCommand),
    /// Make recorded decisions again, to see that they follow from the facts and the policy pack
    ///
    /// Nothing is written: it runs beside a gateway and on a copy.
    #[command(subcommand)]
    Decision(decision::DecisionCommand),
    /// Play a family's story through a real gateway on this machine, then keep serving
    ///
    /// Makes certificates and a directory of invented organisations, starts the gateway and lets
    /// every organisation call it with its own certificate. Exit code 1 when anything turns out
    /// otherwise than it should.
    Demo(demo::DemoCommand),
    /// Look at what could not be delivered, and put it back
    ///
    /// A referral that could not be delivered is quarantined with its cause. Nothing personal is shown.
    /// Works beside a running gateway.
    #[command(subcommand)]
    Deliveries(deliveries::DeliveriesCommand),
    /// Tell whether a gateway with this configuration would work, and what to do if not
    ///
    /// Exit code 1 when a check fails. Nothing is changed; it may run beside the gateway.
    Doctor(doctor::DoctorArgs),
    /// Make the secrets of a gateway
    #[command(subcommand)]
    Keyring(keys::KeyringCommand),
    /// Look at the ledger: verify it, audit it, prove an entry
    ///
    /// No command for operators but `anchor accept`, `export` and `purge` writes to the database, so they work
    /// beside a running gateway. Privacy officers search it and open entries over a connection.
    #[command(subcommand)]
    Log(log::LogCommand),
    /// Put a backup in place, once it is proven to be what it says
    ///
    /// Checks every byte, computes the ledger again, and compares it with a checkpoint that was
    /// published. Never overwrites a database. Exit code 6 when the backup is not what it should be,
    /// 7 when a part of it is missing. On PostgreSQL it checks what was loaded before.
    Restore(restore::RestoreArgs),
    /// Run a certification authority for trials and demos
    #[command(subcommand)]
    Pki(pki::PkiCommand),
    /// Look at policy packs: the rules by which a gateway decides what may be shared
    ///
    /// Needs no gateway and no database.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Tell the region how the chain works, and do the work of a privacy officer
    ///
    /// Reports work at the database, beside a running gateway; every making of one is an entry of the ledger.
    /// Privacy officers review, answer and notify over a connection.
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// Watch the ledger of a gateway from outside, as a partner does
    ///
    /// Needs no database, and learns nothing about anybody: a witness sees hashes and signatures.
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refusal) => {
            // Help and version come this way too; nothing can be done when nobody reads them.
            drop(refusal.print());
            return if refusal.use_stderr() { Exit::Usage } else { Exit::Ok }.into();
        }
    };
    let mut terminal = Terminal::standard(colour(cli.color), config::columns());
    match run(cli.command, &mut terminal) {
        Ok(exit) => exit,
        Err(error) => {
            report(&error, &mut terminal);
            Exit::of(&error).into()
        }
    }
}

fn run(command: Command, terminal: &mut Terminal) -> anyhow::Result<ExitCode> {
    let exit = match command {
        Command::Serve(args) => runtime()?.block_on(serve::run(args, terminal))?,
        Command::Backup(args) => runtime()?.block_on(backup::run(args, terminal))?,
        Command::Restore(args) => runtime()?.block_on(restore::run(args, terminal))?,
        Command::Config(command) => config_command::run(command, terminal)?,
        Command::Decision(command) => runtime()?.block_on(decision::run(command, terminal))?,
        Command::Demo(command) => runtime()?.block_on(demo::run(command, terminal))?,
        Command::Deliveries(command) => runtime()?.block_on(deliveries::run(command, terminal))?,
        Command::Doctor(args) => runtime()?.block_on(doctor::run(args, terminal))?,
        Command::Keyring(command) => keys::run(&command, terminal)?,
        Command::Log(command) => runtime()?.block_on(log::run(command, terminal))?,
        Command::Pki(command) => pki::run(command, terminal)?,
        Command::Policy(command) => policy::run(&command, terminal)?,
        Command::Witness(command) => runtime()?.block_on(witness::run(command, terminal))?,
        Command::Report(command) => runtime()?.block_on(report::run(command, terminal))?,
    };
    Ok(exit.into())
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

const fn colour(choice: ColorChoice) -> Colour {
    match choice {
        ColorChoice::Auto => Colour::Auto,
        ColorChoice::Always => Colour::Always,
        ColorChoice::Never => Colour::Never,
    }
}

/// Tells what went wrong and why, from the outermost to the innermost cause.
fn report(error: &anyhow::Error, terminal: &mut Terminal) {
    if Exit::of(error) == Exit::Ok {
        return;
    }
    let mut text = String::new();
    let mut last = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        // Many errors repeat their source at their end.
        if !last.ends_with(&cause) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&cause);
        }
        last = cause;
    }
    let head = terminal.paint_note(Tone::Bad, "error:");
    terminal.note(format_args!("{head} {text}"));
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_exit_codes_are_in_the_help() {
        let help = Cli::command().render_help().to_string();
        assert!(help.contains(&exit::table()), "{help}");
    }

    #[test]
    fn a_failure_is_told_from_the_outside_in_and_once() {
        let (mut terminal, _, messages) = terminal::tests::kept();
        let error = Err::<(), _>(anyhow::anyhow!("no such file"))
            .context("key.pem: no such file")
            .context("cannot serve")
            .unwrap_err();
        report(&error, &mut terminal);
        assert_eq!(messages.text(), "error: cannot serve: key.pem: no such file\n");
    }
}
