//! Memory: whether it stays flat over many calls, and what one large summary costs.

use anyhow::ensure;
use ketenpoort::grpc::pb::Summary;

use crate::client::CONNECTIONS;
use crate::family::Families;
use crate::installation::{GGZ, Gateways, Installation, POLICE, STEUNPUNT};
use crate::load::{Caller, Until};
use crate::numbers::megabytes;
use crate::options::{Options, Store};
use crate::requests::Call;
use crate::throughput::{Bench, WARM_UP};
use crate::{preparation, requests, summary};

/// Calls in flight at which memory is judged.
const IN_FLIGHT: usize = 256;

/// The measurements over a long run.
const STEPS: u64 = 10;

/// Texts of a large summary together.
const LARGE: usize = 1 << 20;

/// Memory on SQLite; on PostgreSQL the server holds what counts.
pub(crate) async fn measure(options: &Options) -> anyhow::Result<()> {
    long_run(options.requests).await?;
    large_summary().await
}

/// Resident memory after every tenth of a long run.
async fn long_run(requests: u64) -> anyhow::Result<()> {
    let bench = Bench::set_up(Call::SubmitReferral, Store::Sqlite).await?;
    bench.run_gateways(IN_FLIGHT, WARM_UP).await?;
    let mut resident = Vec::new();
    for _ in 0..STEPS {
        bench.run_gateways(IN_FLIGHT, Until::Begun(requests.div_ceil(STEPS))).await?;
        resident.push(megabytes(bench.gateways().memory()?.resident));
    }
    let peak = bench.gateways().memory()?.peak;
    let (first, last) = (resident.first(), resident.last());
    println!(
        "path=memory store=sqlite in_flight={IN_FLIGHT} requests={requests} rss_first_mb={:.1} \
         rss_last_mb={:.1} growth_mb={:.1} peak_mb={:.1} rss_mb={}",
        first.copied().unwrap_or(f64::NAN),
        last.copied().unwrap_or(f64::NAN),
        last.zip(first).map_or(f64::NAN, |(last, first)| last - first),
        megabytes(peak),
        resident.iter().map(|step| format!("{step:.0}")).collect::<Vec<_>>().join(","),
    );
    bench.finish()
}

/// By how much the peak of a fresh gateway rises when a summary of 1 MiB is published, and when it
/// is asked for.
async fn large_summary() -> anyhow::Result<()> {
    let large = summary::of_size(LARGE);
    let published = peak_of_publishing(&large).await?;
    let usual = peak_of_publishing(&summary::usual()).await?;
    println!(
        "path=memory store=sqlite summary_bytes={LARGE} publish_mb={:.1} request_mb={:.1} \
         usual_publish_mb={:.1} usual_request_mb={:.1}",
        published.publish, published.request, usual.publish, usual.request
    );
    Ok(())
}

/// By how many MB the peak rose above what was resident before.
struct Rise {
    publish: f64,
    request: f64,
}

async fn peak_of_publishing(summary: &Summary) -> anyhow::Result<Rise> {
    let installation = Installation::new(Store::Sqlite)?;
    let gateways = installation.start()?;
    let police = installation.desk(POLICE, &gateways).await?;
    let steunpunt = installation.desk(STEUNPUNT, &gateways).await?;
    let families = Families::default();
    // The way is walked once with little, so that only the size is new.
    let cases = preparation::Cases { police: &police, steunpunt: &steunpunt, families: &families };
    let warm = cases.make(0..1, &summary::usual()).await?;
    let connections = installation.connect(GGZ, &gateways.addresses(), CONNECTIONS).await?;
    let ggz = Caller { connections, method: Call::RequestSummary.method() };
    let warm = requests::summary_requests(warm);
    ggz.run(&warm, 1, Until::Begun(1)).await?;

    let before = settle(&gateways)?;
    let next = requests::summary_requests(cases.make(1..2, summary).await?);
    let publish = megabytes(gateways.memory()?.peak) - before;
    let before = settle(&gateways)?;
    let outcome = ggz.run(&next, 1, Until::Begun(1)).await?;
    let request = megabytes(gateways.memory()?.peak) - before;
    ensure!(outcome.response_bytes >= summary::bytes_of(summary), "the answer is not whole");
    Ok(Rise { publish, request })
}

/// Lets the peak begin anew; the answer is what is resident then.
fn settle(gateways: &Gateways) -> anyhow::Result<f64> {
    gateways.reset_peaks()?;
    Ok(megabytes(gateways.memory()?.resident))
}
