//! A large ledger: appending to it, proving from it, verifying it, starting with it.
//!
//! The entries are those of referrals, four to an act, appended by the gateway's own writer; only
//! that is without the network and the use case. Everything after that is asked of the binary.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use indicatif::{ProgressBar, ProgressStyle};
use ketenpoort::gateway::Clock;
use ketenpoort::ledger::note::Signer;
use ketenpoort::store::{self, Db, Writer};
use tokio::task::JoinSet;

use crate::entries::Act;
use crate::figures::latency_ms;
use crate::installation::{Installation, ORIGIN};
use crate::numbers::{mean, median, megabytes, millis, per_second};
use crate::options::{Options, Store};
use crate::proofs;
use crate::throughput::ENTRIES;

/// Acts that wait for the writer at once: below what its queue holds.
const WAITING: u64 = 512;

/// The rate is that of the last so many entries, when the ledger is large.
const LAST: u64 = 20_000;

/// Starts, of which the median counts.
const STARTS: usize = 3;

/// Measures on SQLite with as many entries as asked for.
pub(crate) async fn measure(options: &Options) -> anyhow::Result<()> {
    let installation = Installation::new(Store::Sqlite)?;
    // Makes the ledger, with the entries of the directory.
    drop(installation.start()?);
    let ledger = installation.ledger().await?;
    let first = ledger.size().await?;

    let last = LAST.min(options.entries / 2);
    let filled = append(&installation, options.entries - last).await?;
    let appended = append(&installation, last).await?;
    let grown = u64::try_from(ledger.size().await? - first)?;
    ensure!(grown == options.entries, "appended {} entries, but it has {grown}", options.entries);
    drop(ledger);
    let bytes = installation.sqlite_bytes()?;
    println!(
        "path=ledger store=sqlite entries={} fill_per_s={:.0} append_per_s={:.0} act_p50_ms={:.2} \
         act_p99_ms={:.2} bytes_per_entry={:.0}",
        options.entries,
        per_second(options.entries - last, filled.elapsed),
        per_second(last, appended.elapsed),
        latency_ms(&appended.waits, 0.5),
        latency_ms(&appended.waits, 0.99),
        mean(bytes, options.entries),
    );

    start_and_prove(&installation).await?;
    let started = Instant::now();
    installation.verify_ledger()?;
    let verified = started.elapsed();
    println!(
        "path=ledger store=sqlite entries={} verify_per_s={:.0} verify_s={:.2}",
        options.entries,
        per_second(options.entries, verified),
        verified.as_secs_f64(),
    );
    Ok(())
}

async fn start_and_prove(installation: &Installation) -> anyhow::Result<()> {
    let mut starts = Vec::new();
    let mut resident = 0;
    for _ in 0..STARTS {
        let started = Instant::now();
        let gateways = installation.start()?;
        starts.push(millis(started.elapsed()));
        resident = gateways.memory()?.resident;
    }
    let gateways = installation.start()?;
    let proofs = proofs::ask(installation, &gateways).await?;
    println!(
        "path=ledger store=sqlite entries={} start_ms={:.0} start_rss_mb={:.0} inclusion_p50_ms={:.2} \
         inclusion_p99_ms={:.2} consistency_p50_ms={:.2} consistency_p99_ms={:.2} peak_mb={:.0}",
        proofs.tree_size,
        median(starts),
        megabytes(resident),
        latency_ms(&proofs.inclusion, 0.5),
        latency_ms(&proofs.inclusion, 0.99),
        latency_ms(&proofs.consistency, 0.5),
        latency_ms(&proofs.consistency, 0.99),
        megabytes(gateways.memory()?.peak),
    );
    Ok(())
}

/// What appending took.
struct Appended {
    elapsed: Duration,
    /// Sorted microseconds of every act.
    waits: Vec<u32>,
}

/// Appends so many entries durably, in acts of four.
async fn append(installation: &Installation, entries: u64) -> anyhow::Result<Appended> {
    let db = Db::open_sqlite(&installation.sqlite(), store::ledger::SCHEMA).await?;
    let signer = Signer::from_seed(ORIGIN.parse()?, installation.keyring()?.log_seed().as_bytes());
    let clock = Clock::system();
    let now = clock.clone();
    let writer = Writer::start(db.clone(), signer, Arc::new(move || now.now()), None).await?;
    let bar = progress(entries)?;
    let left = Arc::new(AtomicU64::new(entries));
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..WAITING {
        let (writer, clock) = (writer.clone(), clock.clone());
        let (left, bar) = (Arc::clone(&left), bar.clone());
        tasks.spawn(async move {
            let mut waits = Vec::new();
            while let Some(count) = take(&left) {
                let asked = Instant::now();
                writer.commit(Act::of(count, clock.now())?).await?;
                waits.push(crate::numbers::as_micros(asked.elapsed()));
                bar.inc(count);
            }
            anyhow::Ok(waits)
        });
    }
    let mut waits = Vec::new();
    while let Some(part) = tasks.join_next().await {
        waits.extend(part??);
    }
    let elapsed = started.elapsed();
    bar.finish_and_clear();
    drop(writer);
    db.close().await;
    waits.sort_unstable();
    Ok(Appended { elapsed, waits })
}

/// The size of the next act; none when nothing is left.
fn take(left: &AtomicU64) -> Option<u64> {
    let order = Ordering::Relaxed;
    let before =
        left.fetch_update(order, order, |left| (left > 0).then(|| left.saturating_sub(ENTRIES)));
    before.ok().map(|before| before.min(ENTRIES))
}

fn progress(entries: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} entries, {eta} left")?;
    Ok(ProgressBar::new(entries).with_style(style))
}
