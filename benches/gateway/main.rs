//! `cargo bench --bench gateway`: what the gateway does on this machine, and what the same machine
//! does without it.
//!
//! Everything is measured through the release binary as a process of its own, over real mutual TLS.
//! Beside each call stands an *echo* measured in the same round: the same accept loop, the same
//! tonic and the same payload, but nothing is done with it. The ratio between the two says what the
//! gateway costs; absolute figures say mostly how fast the machine is.
//!
//! What was acknowledged is looked up in the database afterwards, past the gateway: a figure counts
//! only when all of it is there. Any refused request fails the run.
#![expect(clippy::print_stdout, reason = "the figures go to standard output")]

mod bytes_codec;
mod client;
mod echo;
mod entries;
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
mod requests;
mod summary;
mod throughput;

use options::{Options, Path, Store};
use requests::Call;

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

async fn run(options: &Options) -> anyhow::Result<()> {
    let survey = machine::Survey::begin()?;
    for path in &options.paths {
        match path {
            Path::SubmitReferral => calls(Call::SubmitReferral, options).await?,
            Path::RequestSummary => calls(Call::RequestSummary, options).await?,
            Path::Inbox => {
                for store in options.stores.iter().filter(|one| **one != Store::PostgresTwoReplicas)
                {
                    inbox::measure(*store, options).await?;
                }
            }
            Path::Ledger => ledger_scale::measure(options).await?,
            Path::Memory => memory::measure(options).await?,
        }
    }
    if options.peers {
        peers::measure(options).await?;
    }
    survey.end(options.strict)
}

async fn calls(call: Call, options: &Options) -> anyhow::Result<()> {
    for store in &options.stores {
        throughput::measure(call, *store, options).await?;
    }
    Ok(())
}
