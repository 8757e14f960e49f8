//! What is measured, and how long.

use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::load::Until;

/// Measures the gateway on this machine, beside an echo that does nothing.
///
/// Every line is one point, like `path=submit_referral store=sqlite in_flight=64 rps= …`. Figures of
/// calls are medians over rounds; `ratio` is requests a second in terms of the echo's of the same
/// round. Any call that fails, and anything acknowledged that is not in the database afterwards,
/// fails the run.
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench gateway --", version, max_term_width = 100)]
struct Flags {
    /// What to measure, separated by commas. All, when not given; see also --peers
    #[arg(long = "path", value_delimiter = ',', value_name = "PATH")]
    paths: Vec<Path>,
    /// Where the gateway stores, separated by commas
    #[arg(
        long = "store",
        value_delimiter = ',',
        value_name = "STORE",
        default_value = "sqlite,postgres,postgres_two_replicas"
    )]
    stores: Vec<Store>,
    /// Calls at once, over 8 connections
    #[arg(long, value_delimiter = ',', value_name = "N", default_value = "1,16,64,256")]
    in_flight: Vec<usize>,
    /// Length of a round, for the gateway and again for the echo
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    seconds: f64,
    /// Rounds, of which the medians are printed
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Referrals that `inbox` queues and then drains
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    queued: u64,
    /// Entries that `ledger` and `search` append before it measures
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    entries: u64,
    /// Terms that run while `deadlines` looks for what is late
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    deadlines: u64,
    /// Calls over which `memory` must stay flat
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    requests: u64,
    /// Also measure what others do with a message of the same size, as far as they are installed
    /// (benches/peers/requirements.txt): NATS with `sync_interval: always`, a naive Python gateway
    #[arg(long)]
    peers: bool,
    /// A first impression in a few minutes: 64 in flight, 2 rounds of 2 seconds, small inbox and
    /// ledger. Overrules the lengths above
    #[arg(long)]
    quick: bool,
    /// Fail when other processes disturbed the run
    #[arg(long)]
    strict: bool,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Path {
    /// The police submit referrals, each about a new family of four
    SubmitReferral,
    /// Mental health care asks for summaries about four people
    RequestSummary,
    /// The Steunpunt drains a full inbox through one stream
    Inbox,
    /// Appending, proving, verifying and starting with a large ledger
    Ledger,
    /// Memory over many calls, and of one large summary
    Memory,
    /// One decision about a family of four, without a gateway
    Evaluate,
    /// A look for what is late among very many terms that run
    Deadlines,
    /// Searches of a privacy officer in a large ledger
    Search,
}

/// A database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Store {
    /// A file of the gateway
    Sqlite,
    /// One gateway on a PostgreSQL cluster of its own
    Postgres,
    /// Two gateways on one database
    PostgresTwoReplicas,
}

/// Everything that can be chosen.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) paths: Vec<Path>,
    pub(crate) stores: Vec<Store>,
    pub(crate) in_flight: Vec<usize>,
    pub(crate) round: Duration,
    pub(crate) rounds: usize,
    pub(crate) queued: u64,
    pub(crate) entries: u64,
    pub(crate) deadlines: u64,
    pub(crate) requests: u64,
    pub(crate) peers: bool,
    pub(crate) strict: bool,
}

impl Options {
    /// What this process was started with; ends it when that makes no sense, or asks for help.
    pub(crate) fn of_command_line() -> Self {
        let flags = Flags::parse();
        let paths = if flags.paths.is_empty() && !flags.peers {
            Path::value_variants().to_vec()
        } else {
            flags.paths
        };
        let chosen = Self {
            paths,
            stores: flags.stores,
            in_flight: flags.in_flight,
            round: Duration::from_secs_f64(flags.seconds.clamp(0.1, 3600.0)),
            rounds: flags.rounds.max(1),
            queued: flags.queued,
            entries: flags.entries,
            deadlines: flags.deadlines,
            requests: flags.requests,
            peers: flags.peers,
            strict: flags.strict,
        };
        if flags.quick { chosen.quick() } else { chosen }
    }

    fn quick(self) -> Self {
        Self {
            in_flight: vec![64],
            round: Duration::from_secs(2),
            rounds: 2,
            queued: 2_000,
            entries: 50_000,
            deadlines: 50_000,
            requests: 10_000,
            ..self
        }
    }

    /// The stores with one gateway.
    pub(crate) fn single_stores(&self) -> Vec<Store> {
        let single = |store: &Store| *store != Store::PostgresTwoReplicas;
        self.stores.iter().copied().filter(single).collect()
    }

    /// How long a round of calls takes.
    pub(crate) const fn until(&self) -> Until {
        Until::Passed(self.round)
    }
}

impl Store {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::PostgresTwoReplicas => "postgres_two_replicas",
        }
    }
}
