//! What is measured, and how long.

use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::load::Until;

/// Measures the gateway on this machine, beside an echo that does nothing.
///
/// Every line is one point: `path=submit_referral store=sqlite in_flight=64 rps= …`. Figures are
/// medians over rounds; `ratio` is requests a second in terms of the echo's of the same round.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench gateway --", version, max_term_width = 100)]
struct Flags {
    /// What to measure; may be given several times or with commas. All, when not given
    #[arg(long = "path", value_delimiter = ',', value_name = "PATH")]
    paths: Vec<Path>,
    /// Where the gateway stores
    #[arg(long = "store", value_delimiter = ',', value_name = "STORE", default_value = "sqlite")]
    stores: Vec<Store>,
    /// Calls at once, over 8 connections
    #[arg(long, value_delimiter = ',', value_name = "N", default_value = "1,16,64,256")]
    in_flight: Vec<usize>,
    /// Length of a round, for the gateway and again for the echo
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    seconds: f64,
    /// Length of a round in calls, instead of in seconds
    #[arg(long, value_name = "N", conflicts_with = "seconds")]
    requests: Option<u64>,
    /// Rounds, of which the medians are printed
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// A first impression: 16 and 64 in flight, 2 rounds of 2 seconds
    #[arg(long)]
    quick: bool,
    /// Fail when other processes disturbed the run
    #[arg(long)]
    strict: bool,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// A call that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Path {
    /// The police submit a referral about a new family of four
    SubmitReferral,
    /// Mental health care asks for a summary about four people
    RequestSummary,
}

/// A database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Store {
    /// A file of the gateway
    Sqlite,
}

/// Everything that can be chosen.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) paths: Vec<Path>,
    pub(crate) stores: Vec<Store>,
    pub(crate) in_flight: Vec<usize>,
    pub(crate) round: Until,
    pub(crate) rounds: usize,
    pub(crate) strict: bool,
}

impl Options {
    /// What this process was started with; ends it when that makes no sense, or asks for help.
    pub(crate) fn of_command_line() -> Self {
        let flags = Flags::parse();
        let all = [Path::SubmitReferral, Path::RequestSummary];
        let paths = if flags.paths.is_empty() { all.to_vec() } else { flags.paths };
        let seconds = Duration::from_secs_f64(flags.seconds.clamp(0.1, 3600.0));
        let chosen = Self {
            paths,
            stores: flags.stores,
            in_flight: flags.in_flight,
            round: flags.requests.map_or(Until::Passed(seconds), Until::Begun),
            rounds: flags.rounds.max(1),
            strict: flags.strict,
        };
        if flags.quick {
            let round = Until::Passed(Duration::from_secs(2));
            Self { in_flight: vec![16, 64], round, rounds: 2, ..chosen }
        } else {
            chosen
        }
    }
}

impl Path {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SubmitReferral => "submit_referral",
            Self::RequestSummary => "request_summary",
        }
    }
}

impl Store {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
        }
    }
}
