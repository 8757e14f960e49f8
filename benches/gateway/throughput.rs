//! Requests a second, gateway and echo in turn, with the ledger counted after every round.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use http::uri::PathAndQuery;
use ketenpoort::domain::event::EventCode;

use crate::client::CONNECTIONS;
use crate::family::Families;
use crate::figures::{Figures, middle};
use crate::installation::{GGZ, Gateways, Installation, POLICE, STEUNPUNT};
use crate::ledger_reader::LedgerReader;
use crate::load::{Caller, Next, Outcome, Until};
use crate::machine::Foreign;
use crate::numbers::{mean, megabytes, micros_each, whole};
use crate::options::{Options, Store};
use crate::process::{Memory, Process};
use crate::requests::Call;
use crate::{echo, preparation, raw_commits, requests, summary};

/// Cases that are asked about in turn.
const CASES: usize = 64;

/// Entries of one act: one for each person.
pub(crate) const ENTRIES: u64 = 4;

/// Long enough to open files, fill caches and connections.
pub(crate) const WARM_UP: Until = Until::Passed(Duration::from_millis(500));

/// Measures one call on one store at every number in flight, on a gateway of its own.
pub(crate) async fn measure(call: Call, store: Store, options: &Options) -> anyhow::Result<()> {
    let bench = Bench::set_up(call, store).await?;
    bench.require_that_checks_bite().await?;
    for in_flight in &options.in_flight {
        bench.round(*in_flight, WARM_UP, 0).await?;
        let mut rounds = Vec::new();
        for number in 0..options.rounds {
            rounds.push(bench.round(*in_flight, options.until(), number).await?);
        }
        let raw = bench.raw_commits(&rounds).await?;
        print(call, store, *in_flight, &rounds, raw);
    }
    bench.finish()
}

/// Gateways and an echo, and a client that is connected to all of them.
pub(crate) struct Bench {
    call: Call,
    next: Next,
    ledger: LedgerReader,
    gateways: Gateways,
    to_gateways: Caller,
    echo: Process,
    to_echo: Caller,
    installation: Installation,
}

impl Bench {
    pub(crate) async fn set_up(call: Call, store: Store) -> anyhow::Result<Self> {
        let installation = Installation::new(store)?;
        let gateways = installation.start()?;
        let echo = echo::start(&installation.pki())?;
        let families = Arc::new(Families::default());
        let (organisation, next) = match call {
            Call::SubmitReferral => (POLICE, requests::referrals(families)),
            Call::RequestSummary => {
                let cases = prepare(&installation, &gateways, &families).await?;
                (GGZ, requests::summary_requests(cases))
            }
        };
        let to = async |servers: &[_], method| {
            let connections = installation.connect(organisation, servers, CONNECTIONS).await?;
            anyhow::Ok(Caller { connections, method })
        };
        let to_gateways = to(&gateways.addresses(), call.method()).await?;
        let to_echo = to(&[echo.address()], PathAndQuery::from_static(echo::METHOD)).await?;
        let ledger = installation.ledger().await?;
        Ok(Self { call, next, ledger, gateways, to_gateways, echo, to_echo, installation })
    }

    /// One round: the gateway and the echo, in an order that changes from round to round.
    async fn round(&self, in_flight: usize, until: Until, number: usize) -> anyhow::Result<Round> {
        let foreign = Foreign::now()?;
        let (gateway, echo) = if number.is_multiple_of(2) {
            let echo = self.run_echo(in_flight, until).await?;
            (self.run_gateways(in_flight, until).await?, echo)
        } else {
            let gateway = self.run_gateways(in_flight, until).await?;
            (gateway, self.run_echo(in_flight, until).await?)
        };
        Ok(Round { gateway, echo, foreign: foreign.share()? })
    }

    async fn run_echo(&self, in_flight: usize, until: Until) -> anyhow::Result<Figures> {
        let cpu = self.echo.cpu()?;
        let outcome = self.to_echo.run(&self.next, in_flight, until).await?;
        Ok(Figures::of(&outcome, self.echo.cpu()?.saturating_sub(cpu)))
    }

    /// Runs against the gateways, then makes sure that what they acknowledged is there.
    pub(crate) async fn run_gateways(
        &self,
        in_flight: usize,
        until: Until,
    ) -> anyhow::Result<Product> {
        let size = self.ledger.size().await?;
        let (cpu, database_cpu) = (self.gateways.cpu()?, Gateways::database_cpu()?);
        let outcome = self.to_gateways.run(&self.next, in_flight, until).await?;
        let cpu = self.gateways.cpu()?.saturating_sub(cpu);
        let database_cpu = Gateways::database_cpu()?.saturating_sub(database_cpu);
        self.require_stored(size, &outcome).await?;
        let count = outcome.acknowledged();
        Ok(Product {
            figures: Figures::of(&outcome, cpu),
            database_cpu_us: micros_each(database_cpu, count),
            request_bytes: mean(outcome.request_bytes, count),
            response_bytes: mean(outcome.response_bytes, count),
            acts_per_commit: mean(count, self.ledger.checkpoints_since(size).await?),
            memory: self.gateways.memory()?,
        })
    }

    /// Acts a second that the database alone could store, in commits as large as those of the gateway.
    async fn raw_commits(&self, rounds: &[Round]) -> anyhow::Result<f64> {
        let per_commit = whole(middle(rounds, |round| round.gateway.acts_per_commit));
        raw_commits::measure(&self.installation, self.call, per_commit).await
    }

    /// The control: the checks must refuse a claim of one act more than there was, of another event,
    /// and of an entry that differs in one bit. Otherwise no figure of this run means anything.
    async fn require_that_checks_bite(&self) -> anyhow::Result<()> {
        let size = self.ledger.size().await?;
        let outcome = self.to_gateways.run(&self.next, 1, Until::Begun(1)).await?;
        self.require_stored(size, &outcome).await?;
        let event = self.call.event();
        let more = self.ledger.require_grown(size, ENTRIES * 2, event).await;
        ensure!(more.is_err(), "the check of the ledger accepts acts that are not there");
        let other = self.ledger.require_grown(size, ENTRIES, EventCode::LogQueried).await;
        ensure!(other.is_err(), "the check of the ledger accepts another event");
        let (request, response) = outcome.kept.first().context("no answer was kept")?;
        let mut entries = self.call.check(request, response)?;
        if let Some(last) = entries.last_mut().and_then(|entry| entry.entry.last_mut()) {
            *last ^= 1;
        }
        let differs = self.ledger.require_entries(&entries).await;
        ensure!(differs.is_err(), "the check of entries accepts a changed one");
        Ok(())
    }

    async fn require_stored(&self, size: i64, outcome: &Outcome) -> anyhow::Result<()> {
        let expected = outcome.acknowledged() * ENTRIES;
        self.ledger.require_grown(size, expected, self.call.event()).await?;
        for (request, response) in &outcome.kept {
            let entries = self.call.check(request, response)?;
            self.ledger.require_entries(&entries).await?;
        }
        Ok(())
    }

    pub(crate) const fn installation(&self) -> &Installation {
        &self.installation
    }

    pub(crate) const fn next(&self) -> &Next {
        &self.next
    }

    pub(crate) const fn gateways(&self) -> &Gateways {
        &self.gateways
    }

    /// Kills the gateways (SIGKILL) and recomputes the ledger from what they left.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        drop(self.gateways);
        self.installation.verify_ledger()
    }
}

/// Cases with a summary. The Steunpunt and the police connect for that only.
async fn prepare(
    installation: &Installation,
    gateways: &Gateways,
    families: &Families,
) -> anyhow::Result<Vec<String>> {
    let police = installation.desk(POLICE, gateways).await?;
    let steunpunt = installation.desk(STEUNPUNT, gateways).await?;
    let cases = preparation::Cases { police: &police, steunpunt: &steunpunt, families };
    cases.make(0..CASES, &summary::usual()).await
}

/// What the gateways did in one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Product {
    pub(crate) figures: Figures,
    database_cpu_us: f64,
    request_bytes: f64,
    response_bytes: f64,
    acts_per_commit: f64,
    memory: Memory,
}

struct Round {
    gateway: Product,
    echo: Figures,
    foreign: f64,
}

fn print(call: Call, store: Store, in_flight: usize, rounds: &[Round], raw: f64) {
    let of = |figure: fn(&Round) -> f64| middle(rounds, figure);
    println!(
        "path={} store={} in_flight={in_flight} rps={:.0} p50_ms={:.2} p99_ms={:.2} \
         server_cpu_us={:.0} database_cpu_us={:.0} echo_rps={:.0} echo_p50_ms={:.2} \
         echo_p99_ms={:.2} echo_cpu_us={:.0} ratio={:.3} p99_ratio={:.2} raw_rps={raw:.0} of_raw={:.2} rss_mb={:.0} peak_mb={:.0} \
         request_bytes={:.0} response_bytes={:.0} acts_per_commit={:.1} rounds={} foreign_cpu={:.2}",
        call.name(),
        store.name(),
        of(|round| round.gateway.figures.rps),
        of(|round| round.gateway.figures.p50_ms),
        of(|round| round.gateway.figures.p99_ms),
        of(|round| round.gateway.figures.cpu_us),
        of(|round| round.gateway.database_cpu_us),
        of(|round| round.echo.rps),
        of(|round| round.echo.p50_ms),
        of(|round| round.echo.p99_ms),
        of(|round| round.echo.cpu_us),
        of(|round| round.gateway.figures.rps / round.echo.rps),
        of(|round| round.gateway.figures.p99_ms / round.echo.p99_ms),
        of(|round| round.gateway.figures.rps) / raw,
        of(|round| megabytes(round.gateway.memory.resident)),
        of(|round| megabytes(round.gateway.memory.peak)),
        of(|round| round.gateway.request_bytes),
        of(|round| round.gateway.response_bytes),
        of(|round| round.gateway.acts_per_commit),
        rounds.len(),
        of(|round| round.foreign),
    );
}
