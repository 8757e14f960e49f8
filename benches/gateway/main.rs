//! `cargo bench --bench gateway`: what the gateway does on this machine, and what the same machine
//! does without it.
//!
//! Everything is measured through the release binary as a process of its own, over real mutual TLS.
//! Beside each call stands an *echo* measured in the same round: the same accept loop, the same
//! tonic and the same payload, but nothing is done with it. The ratio between the two says what the
//! gateway costs; absolute figures say mostly how fast the machine is. `of_raw` compares with the
//! database alone, which stores the same rows in commits as large.
//!
//! What was acknowledged is looked up in the database afterwards, past the gateway: a figure counts
//! only when all of it is there. Any refused request fails the run.
#![expect(clippy::print_stdout, reason = "the figures go to standard output")]

mod bytes_codec;
mod client;
mod deadlines;
mod echo;
mod entries;
mod evaluate;
mod family;
mod figures;
mod inbox;
mod installation;
mod ledger_reader;
mod ledger_scale;
mod load;
mod machine;
mod memory;
mod numbers;
mod options;
mod peers;
#[expect(clippy::panic, reason = "shared with the tests")]
#[path = "../../tests/support/postgres.rs"]
mod postgres;
mod preparation;
mod process;
mod proofs;
mod raw_commits;
mod requests;
mod search;
mod summary;
mod throughput;

use options::{Options, Path, Store};
use requests::Call;

/// That of the gateway, so that the echo has no other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    if let Some(pki) = echo::asked_for() {
        return runtime()?.block_on(echo::serve(&pki));
    }
    let options = Options::of_command_line();
    runtime()?.block_on(run(&options))
}

/// As `ketenpoort serve` makes it: the echo must have the same.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Everything that was asked for. What fails does not keep the rest from being measured, but the run
/// then ends with an error.
async fn run(options: &Options) -> anyhow::Result<()> {
    let survey = machine::Survey::begin()?;
    let mut failed = 0;
    for path in &options.paths {
        let stores: &[Store] = match path {
            Path::SubmitReferral | Path::RequestSummary => &options.stores,
            Path::Inbox | Path::Deadlines | Path::Search => &options.single_stores(),
            // PostgreSQL brings tools and memory of its own; a decision stores nothing.
            Path::Ledger | Path::Memory | Path::Evaluate => &[Store::Sqlite],
        };
        for store in stores {
            failed += report(
                &format!("path={path:?} store={store:?}"),
                one(*path, *store, options).await,
            );
        }
    }
    if options.peers {
        failed += report("peers", peers::measure(options).await);
    }
    survey.end(options.strict)?;
    anyhow::ensure!(failed == 0, "{failed} measurements failed");
    Ok(())
}

async fn one(path: Path, store: Store, options: &Options) -> anyhow::Result<()> {
    match path {
        Path::SubmitReferral => throughput::measure(Call::SubmitReferral, store, options).await,
        Path::RequestSummary => throughput::measure(Call::RequestSummary, store, options).await,
        Path::Inbox => inbox::measure(store, options).await,
        Path::Ledger => ledger_scale::measure(options).await,
        Path::Memory => memory::measure(options).await,
        Path::Evaluate => evaluate::measure(),
        Path::Deadlines => deadlines::measure(store, options).await,
        Path::Search => search::measure(store, options).await,
    }
}

/// Says why a measurement failed; returns how many did.
fn report(what: &str, outcome: anyhow::Result<()>) -> usize {
    match outcome {
        Ok(()) => 0,
        Err(error) => {
            println!("failed: {what}: {error:#}");
            1
        }
    }
}
