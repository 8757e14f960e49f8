//! What others do with a message of the same size, in the same run and in turn with the gateway.
//!
//! The comparison favours the peers: NATS gets an opaque blob without TLS, and none of them
//! validates, decides, encrypts, proves or signs anything. All of them must have stored durably what
//! they acknowledge; afterwards they are asked how much they hold.

use std::path::{Path, PathBuf};

use crate::figures::{Figures, middle};
use crate::load::{Next, Outcome, Until};
use crate::options::{Options, Store};
use crate::requests::Call;
use crate::throughput::{Bench, WARM_UP};

mod naive;
mod nats;

use naive::Naive;
use nats::Nats;

/// Calls in flight at which the comparison is made.
const IN_FLIGHT: usize = 64;

/// Somebody else's server, running.
enum Peer {
    Naive(Naive),
    Nats(Nats),
}

/// Measures all peers that can be had, and says which cannot.
pub(crate) async fn measure(options: &Options) -> anyhow::Result<()> {
    let bench = Bench::set_up(Call::SubmitReferral, Store::Sqlite).await?;
    let mut peers = Vec::new();
    let naive = Naive::start(bench.installation()).await.map(Peer::Naive);
    let nats = Nats::start().await.map(Peer::Nats);
    for (name, peer) in [("naive_python", naive), ("nats", nats)] {
        match peer {
            Ok(peer) => peers.push((name, peer)),
            Err(why) => println!("peer={name} unavailable: {why:#}"),
        }
    }
    bench.run_gateways(IN_FLIGHT, WARM_UP).await?;
    for (_, peer) in &mut peers {
        peer.run(bench.next(), WARM_UP).await?;
    }
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        let gateway = bench.run_gateways(IN_FLIGHT, options.until()).await?.figures;
        let mut others = Vec::new();
        for (_, peer) in &mut peers {
            others.push(peer.run(bench.next(), options.until()).await?);
        }
        rounds.push((gateway, others));
    }
    for (number, (name, _)) in peers.iter().enumerate() {
        let pairs: Vec<(Figures, Figures)> = rounds
            .iter()
            .filter_map(|(gateway, others)| Some((*gateway, *others.get(number)?)))
            .collect();
        print(name, &pairs);
    }
    for (_, peer) in peers {
        peer.finish().await?;
    }
    bench.finish()
}

impl Peer {
    async fn run(&mut self, next: &Next, until: Until) -> anyhow::Result<Figures> {
        match self {
            Self::Naive(naive) => naive.run(next, IN_FLIGHT, until).await,
            Self::Nats(nats) => nats.run(next, IN_FLIGHT, until).await,
        }
    }

    /// Fails when it does not hold everything it acknowledged.
    async fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Naive(naive) => naive.finish(),
            Self::Nats(nats) => nats.finish().await,
        }
    }
}

fn print(name: &str, rounds: &[(Figures, Figures)]) {
    let of = |figure: fn(&Figures) -> f64| middle(rounds, |(_, peer)| figure(peer));
    println!(
        "peer={name} in_flight={IN_FLIGHT} rps={:.0} p50_ms={:.2} p99_ms={:.2} server_cpu_us={:.0} \
         gateway_rps={:.0} gateway_to_peer={:.2} rounds={}",
        of(|peer| peer.rps),
        of(|peer| peer.p50_ms),
        of(|peer| peer.p99_ms),
        of(|peer| peer.cpu_us),
        middle(rounds, |(gateway, _)| gateway.rps),
        middle(rounds, |(gateway, peer)| gateway.rps / peer.rps),
        rounds.len(),
    );
}

/// A program by name: from `target/peers/bin`, where `benches/peers/requirements.txt` says how to
/// put it, or from the path.
fn program(name: &str) -> Option<PathBuf> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::iter::once(made).chain(std::env::split_paths(&path));
    directories.map(|directory| directory.join(name)).find(|file| file.is_file())
}

/// The outcomes of all connections as one.
fn whole(parts: impl IntoIterator<Item = Outcome>) -> Outcome {
    let mut whole = Outcome::default();
    for part in parts {
        whole.elapsed = whole.elapsed.max(part.elapsed);
        whole.add(part);
    }
    whole.latencies.sort_unstable();
    whole
}
