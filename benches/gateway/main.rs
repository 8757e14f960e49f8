//! `cargo bench --bench gateway`: what the gateway does on this machine, and what the same machine
//! does without it.
//!
//! Everything is measured through the release binary as a process of its own, over real mutual TLS.
//! Beside each point stands an *echo* measured in the same round: the same accept loop, the same
//! tonic and the same payload, but nothing is done with it. The ratio between the two says what the
//! gateway costs; absolute figures say mostly how fast the machine is.
//!
//! After every round the ledger is read from the database: a figure counts only when every
//! acknowledged request is there with its entries. Any refused request fails the run.
#![expect(clippy::print_stdout, reason = "the figures go to standard output")]

mod bytes_codec;
mod client;
mod echo;
mod family;
mod installation;
mod ledger_reader;
mod load;
mod machine;
mod numbers;
mod options;
mod preparation;
mod process;
mod requests;
mod summary;
mod throughput;

use options::Options;

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
    let before = machine::Survey::begin()?;
    for store in &options.stores {
        for path in &options.paths {
            throughput::measure(*path, *store, options).await?;
        }
    }
    before.end(options.strict)
}
