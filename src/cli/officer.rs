//! What privacy officers do from a shell: every call of theirs is a command.
//!
//! The other commands of `log` and `report` are for whoever sits at the database. An officer has neither database
//! nor keys: these commands call a gateway as any partner does, over mutual TLS with the certificate of the
//! organisation's system, and name the officer.
//!
//! Invariants: commands, flags and words come from the compiled contract, so that no call and no field of it is
//! without one; what was answered goes to standard output and nowhere else; no message holds the value of a flag
//! that may be about somebody.

use std::marker::PhantomData;

use clap::{ArgMatches, FromArgMatches, Subcommand};

use super::exit::Exit;
use super::terminal::Terminal;

mod answer;
mod call;
mod command;
mod contract;
mod export;
mod flags;
mod personal;
mod refusal;
#[cfg(test)]
mod tests;
mod watch;
mod words;

use contract::Part;

/// Where a call of an officer is a command: under `log` or under `report`.
pub(super) trait Place {
    /// Which calls.
    const PART: Part;
}

/// Under `log`: what is in the ledger.
#[derive(Debug)]
pub(super) struct OfLog;

/// Under `report`: what officers work on.
#[derive(Debug)]
pub(super) struct OfReport;

impl Place for OfLog {
    const PART: Part = Part::Log;
}

impl Place for OfReport {
    const PART: Part = Part::Report;
}

/// A call that was asked for.
#[derive(Debug)]
pub(super) struct OfficerCall<P> {
    name: String,
    matches: Box<ArgMatches>,
    place: PhantomData<P>,
}

impl<P: Place> Subcommand for OfficerCall<P> {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        contract::methods(P::PART)
            .iter()
            .fold(command, |command, method| command.subcommand(command::of(method)))
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        contract::method(P::PART, name).is_some()
    }
}

impl<P: Place> FromArgMatches for OfficerCall<P> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let matches = Box::new(matches.clone());
        Ok(Self { name: name.to_owned(), matches, place: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Makes the call and shows the answer.
pub(super) async fn run<P: Place>(
    call: OfficerCall<P>,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    command::run(P::PART, &call.name, &call.matches, terminal).await
}
