//! Requests a second, gateway and echo in turn, with the ledger counted after every round.

use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use tonic::transport::Channel;

use crate::family::Families;
use crate::installation::{GGZ, Installation, POLICE, STEUNPUNT};
use crate::ledger_reader::LedgerReader;
use crate::load::{Load, Next, Outcome, Until};
use crate::machine::Foreign;
use crate::numbers::{mean, median, megabytes, micros_each, millis, per_second, quantile};
use crate::options::{Options, Path, Store};
use crate::process::Process;
use crate::{client, echo, preparation, requests, summary};

/// Cases that are asked about in turn.
const CASES: usize = 64;

/// Entries of one act: one for each person.
const ENTRIES: u64 = 4;

/// Long enough to open files, fill caches and connections.
const WARM_UP: Duration = Duration::from_millis(500);

/// Measures one call on one store at every number in flight, on a gateway of its own.
pub(crate) async fn measure(path: Path, store: Store, options: &Options) -> anyhow::Result<()> {
    let bench = Bench::set_up(path).await?;
    for in_flight in &options.in_flight {
        let mut rounds = Vec::new();
        bench.round(*in_flight, Until::Passed(WARM_UP), 0).await?;
        for number in 0..options.rounds {
            rounds.push(bench.round(*in_flight, options.round, number).await?);
        }
        print(path, store, *in_flight, &rounds);
    }
    let Bench { installation, .. } = bench;
    installation.verify_ledger()
}

/// A gateway and an echo, and a client that is connected to both.
struct Bench {
    path: Path,
    next: Next,
    ledger: LedgerReader,
    gateway: Side,
    echo: Side,
    installation: Installation,
}

/// Something that is measured.
struct Side {
    process: Process,
    connections: Vec<Channel>,
    method: PathAndQuery,
}

impl Bench {
    async fn set_up(path: Path) -> anyhow::Result<Self> {
        let installation = Installation::new(None)?;
        let gateway = installation.start()?;
        let echo = echo::start(&installation.pki())?;
        let families = Arc::new(Families::default());
        let (caller, next) = match path {
            Path::SubmitReferral => (POLICE, requests::referrals(families)),
            Path::RequestSummary => {
                let cases = prepare(&installation, &gateway, &families).await?;
                (GGZ, requests::summary_requests(cases))
            }
        };
        let material = client::material(&installation.pki(), caller)?;
        let echo = Side {
            connections: client::connect(&material, &[echo.address()]).await?,
            process: echo,
            method: PathAndQuery::from_static(echo::METHOD),
        };
        let gateway = Side {
            connections: client::connect(&material, &[gateway.address()]).await?,
            process: gateway,
            method: path.method(),
        };
        let ledger = installation.ledger().await?;
        Ok(Self { path, next, ledger, gateway, echo, installation })
    }

    /// One round: the gateway and the echo, in an order that changes from round to round.
    async fn round(&self, in_flight: usize, until: Until, number: usize) -> anyhow::Result<Round> {
        let foreign = Foreign::now()?;
        let (gateway, echo) = if number.is_multiple_of(2) {
            let echo = self.echo.run(&self.next, in_flight, until).await?;
            (self.gateway_run(in_flight, until).await?, echo)
        } else {
            let gateway = self.gateway_run(in_flight, until).await?;
            (gateway, self.echo.run(&self.next, in_flight, until).await?)
        };
        let memory = self.gateway.process.memory()?;
        Ok(Round {
            gateway: gateway.0,
            echo: echo.0,
            foreign: foreign.share()?,
            resident: memory.resident,
            peak: memory.peak,
            response_bytes: mean(gateway.1.response_bytes, gateway.1.acknowledged()),
            request_bytes: mean(gateway.1.request_bytes, gateway.1.acknowledged()),
        })
    }

    /// Runs against the gateway, then makes sure that what it acknowledged is there.
    async fn gateway_run(
        &self,
        in_flight: usize,
        until: Until,
    ) -> anyhow::Result<(Figures, Outcome)> {
        let before = self.ledger.size().await?;
        let (figures, outcome) = self.gateway.run(&self.next, in_flight, until).await?;
        let expected = outcome.acknowledged() * ENTRIES;
        self.ledger.require_grown(before, expected, self.path.event()).await?;
        for (request, response) in &outcome.kept {
            self.ledger.require_entries(&self.path.check(request, response)?).await?;
        }
        Ok((figures, outcome))
    }
}

/// Cases with a summary. The Steunpunt and the police connect for that only.
async fn prepare(
    installation: &Installation,
    gateway: &Process,
    families: &Families,
) -> anyhow::Result<Vec<String>> {
    let connect = async |slug| {
        let material = client::material(&installation.pki(), slug)?;
        anyhow::Ok(material.connect(&gateway.address().to_string()).await?)
    };
    let (police, steunpunt) = (connect(POLICE).await?, connect(STEUNPUNT).await?);
    preparation::cases(&police, &steunpunt, families, CASES, &summary::usual()).await
}

impl Side {
    async fn run(
        &self,
        next: &Next,
        in_flight: usize,
        until: Until,
    ) -> anyhow::Result<(Figures, Outcome)> {
        let load = Load {
            connections: self.connections.clone(),
            method: self.method.clone(),
            next: Arc::clone(next),
            in_flight,
            until,
        };
        let cpu = self.process.cpu()?;
        let outcome = load.run().await?.without_errors()?;
        let cpu = self.process.cpu()?.saturating_sub(cpu);
        Ok((Figures::of(&outcome, cpu), outcome))
    }
}

/// What one side did in one round.
#[derive(Debug, Clone, Copy)]
struct Figures {
    rps: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_us: f64,
}

impl Figures {
    fn of(outcome: &Outcome, cpu: Duration) -> Self {
        let at =
            |rank| millis(Duration::from_micros(u64::from(quantile(&outcome.latencies, rank))));
        Self {
            rps: per_second(outcome.acknowledged(), outcome.elapsed),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            cpu_us: micros_each(cpu, outcome.acknowledged()),
        }
    }
}

struct Round {
    gateway: Figures,
    echo: Figures,
    foreign: f64,
    resident: u64,
    peak: u64,
    response_bytes: f64,
    request_bytes: f64,
}

fn print(path: Path, store: Store, in_flight: usize, rounds: &[Round]) {
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    println!(
        "path={} store={} in_flight={in_flight} rps={:.0} p50_ms={:.2} p99_ms={:.2} server_cpu_us={:.0} \
         echo_rps={:.0} echo_p50_ms={:.2} echo_p99_ms={:.2} echo_cpu_us={:.0} ratio={:.3} p99_ratio={:.2} \
         rss_mb={:.0} peak_mb={:.0} request_bytes={:.0} response_bytes={:.0} rounds={} foreign_cpu={:.2}",
        path.name(),
        store.name(),
        of(|round| round.gateway.rps),
        of(|round| round.gateway.p50_ms),
        of(|round| round.gateway.p99_ms),
        of(|round| round.gateway.cpu_us),
        of(|round| round.echo.rps),
        of(|round| round.echo.p50_ms),
        of(|round| round.echo.p99_ms),
        of(|round| round.echo.cpu_us),
        of(|round| round.gateway.rps / round.echo.rps),
        of(|round| round.gateway.p99_ms / round.echo.p99_ms),
        of(|round| megabytes(round.resident)),
        of(|round| megabytes(round.peak)),
        of(|round| round.request_bytes),
        of(|round| round.response_bytes),
        rounds.len(),
        of(|round| round.foreign),
    );
}
