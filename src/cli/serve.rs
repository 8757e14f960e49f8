//! `ketenpoort serve`: puts a gateway together and runs it until it is told to stop.
//!
//! Invariants: what can be wrong in files is read before anything is changed; the port is bound
//! early, so that a second gateway fails before it touches a database, and served late, so that
//! nobody is answered by half a gateway; what is under way when it is told to stop is finished.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::console;
use crate::gateway::retention::{Mode, Purged};
use crate::gateway::{self, Clock, DirectoryFile, Gateway, Opening};
use crate::grpc::{self, ServeError};
use crate::store::{self, Db, EmptiedContent, KeyDb};
use crate::tls::trust::Reload;
use crate::tls::{self, ConnectInfo, LiveTrust};
use crate::vault::keyring::Keyring;

use super::config::{self, Config, DatabaseUrl, RetentionConfig};
use super::config_command::ConfigFile;
use super::exit::{Exit, Failure};
use super::ops::{self, Ops};
use super::terminal::Terminal;
use super::{directory, keys, logging, mail, secret_file, trust};

/// How long the databases may take to close after the last call has ended.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// How often the gateway looks for entries that are past their term. They have years, so an hour more
/// matters to nobody, and a look that finds nothing reads one row.
const RETENTION_INTERVAL: Duration = Duration::from_hours(1);

/// How often the gateway looks whether a weekly digest is due.
const DIGESTS_EVERY: Duration = Duration::from_mins(1);

/// How long the digest that is under way may take to end: a mail program, and the commit that says that it
/// was sent. Without that it would be sent again.
const DIGEST_MAX: Duration = mail::TAKES_MAX.saturating_add(CLOSE_MAX);

/// How often the calls that were counted are kept. A gateway that dies loses what it counted since.
const COUNT_INTERVAL: Duration = Duration::from_mins(1);

/// How to serve.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Only check that everything can be read and the port is free; change nothing
    #[arg(long)]
    check: bool,
}

/// A gateway that serves. Dropping it leaves it serving; [`Running::shutdown`] stops it.
#[derive(Debug)]
pub struct Running {
    /// Where it listens for organisations.
    pub grpc: SocketAddr,
    /// Where it listens for privacy officers.
    pub console: Option<SocketAddr>,
    /// Where it listens for operators.
    pub ops: Option<SocketAddr>,
    /// Dropped last: it answers until the gateway has stopped.
    port: Option<Ops>,
    gateway: Gateway,
    /// For organisations, and for privacy officers where they have a port.
    trust: Vec<LiveTrust>,
    config: Config,
    stop: watch::Sender<bool>,
    served: JoinHandle<Result<(), ServeError>>,
    /// Shows pages, where privacy officers have a port.
    showing: Option<JoinHandle<()>>,
    /// Tells of what is late.
    sweeping: JoinHandle<()>,
    /// Raises signals.
    examining: JoinHandle<()>,
    /// Sends digests, where they are set up.
    digesting: Option<JoinHandle<()>>,
}

pub(super) async fn run(args: ServeArgs, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let config = args.file.load()?.config;
    let clock = Clock::system();
    if args.check {
        let Prepared { listener, .. } = prepare(&config).await?;
        let address = listener.local_addr()?;
        terminal.note(format_args!("everything can be read, and {address} is free"));
        return Ok(Exit::Ok);
    }
    logging::start(&config.log)?;
    let mut signals = Signals::listen()?;
    let mut running = start(&config, clock).await?;
    if let Some(ops) = running.ops {
        terminal.note(format_args!("operators http://{ops}/metrics"));
    }
    if let Some(console) = running.console {
        terminal.note(format_args!("privacy officers https://{console}/nl/"));
    }
    terminal.note(format_args!("ready grpc={}", running.grpc));
    tracing::info!(event = "gateway.ready", grpc = %running.grpc);
    loop {
        match signals.next(&mut running).await {
            Event::Reload => running.reload().await,
            Event::Stop => break,
            Event::Ended(ended) => return ended.map(|()| Exit::Error),
        }
    }
    tracing::info!(event = "gateway.stopping");
    tokio::select! {
        stopped = running.shutdown() => stopped.map(|()| Exit::Ok),
        () = signals.stop() => Err(anyhow::anyhow!("told to stop twice: calls under way were cut")),
    }
}

/// Starts a gateway and returns when it serves.
///
/// `clock` dates what the gateway records. Certificates are always judged by the system's clock,
/// because others dated them.
pub async fn start(config: &Config, clock: Clock) -> anyhow::Result<Running> {
    start_with(config, clock, None).await
}

/// The same for a demo, whose console may have an entrance for people without a certificate.
pub(super) async fn start_with(
    config: &Config,
    clock: Clock,
    entrance: Option<console::Entrance>,
) -> anyhow::Result<Running> {
    let Prepared { keyring, directory, trust, listener, console, ops } = prepare(config).await?;
    let address = listener.local_addr()?;
    let ops = ops.map(ops::Bound::record).transpose()?;
    let gateway = open_gateway(config, keyring, directory, clock).await?;

    let (stop, stopping) = watch::channel(false);
    tokio::spawn(end_what_is_over(gateway.clone(), stopping.clone()));
    let incoming = tls::incoming(
        listener,
        trust.clone(),
        tls::Limits::default(),
        trust::identity_policy(config),
        told(stopping.clone()),
    );
    let note = arrivals_of(config, &gateway);
    let incoming = incoming.inspect(move |stream| {
        if let Ok(stream) = stream {
            note(stream.info());
        }
    });
    let live: grpc::Live = judge(&trust);
    let limits = grpc::Limits { drain_max: config.grpc.drain_max, ..grpc::Limits::default() };
    let options = grpc::Options { reflection: config.grpc.reflection, live, limits };
    let port = ops.map(|ops| ops.serve(&gateway, stopping.clone())).transpose()?;
    let every = config.deadlines.sweep_every;
    let sweeping = tokio::spawn(gateway.clone().watch_deadlines(every, told(stopping.clone())));
    let examining = gateway.clone().watch_signals(every, told(stopping.clone()));
    let examining = tokio::spawn(examining);
    let ending = keep_retention(gateway.clone(), config.retention, told(stopping.clone()));
    tokio::spawn(ending);
    let digesting = config.digests().map(|plan| {
        let stopped = told(stopping.clone());
        tokio::spawn(gateway.clone().watch_digests(plan, DIGESTS_EVERY, stopped))
    });
    if !config.witnesses.keys.is_empty() {
        let every = config.witnesses.ask_every;
        tokio::spawn(gateway.clone().watch_witnesses(every, told(stopping.clone())));
    }
    tokio::spawn(gateway.clone().watch_calls(COUNT_INTERVAL, told(stopping.clone())));
    let mut trusts = vec![trust];
    let shown = console.map(|console| {
        trusts.push(console.trust.clone());
        let certificates = seen_by(trusts.clone());
        console.show(config, &gateway, (certificates, entrance), stopping.clone())
    });
    let (console, showing) = shown.transpose()?.unzip();
    let served = tokio::spawn(grpc::serve(gateway.clone(), incoming, options, told(stopping)));
    Ok(Running {
        grpc: address,
        console,
        ops: port.as_ref().map(|port| port.address),
        port,
        gateway,
        trust: trusts,
        config: config.clone(),
        stop,
        served,
        showing,
        sweeping,
        examining,
        digesting,
    })
}

/// Opens a gateway on the databases of a configuration, without serving.
pub(super) async fn open_gateway(
    config: &Config,
    keyring: Keyring,
    directory: DirectoryFile,
    clock: Clock,
) -> anyhow::Result<Gateway> {
    let opening = opening(config, keyring, directory, clock).await?;
    Gateway::open(opening).await.map_err(explain)
}

impl Running {
    /// Reads certificates, revocation lists and the directory again. What cannot be read leaves what
    /// is in force as it is; connections are cut only where their certificate no longer counts.
    pub async fn reload(&self) {
        for trust in self.trust.clone() {
            reload_trust(trust).await;
        }
        match self.reload_directory().await {
            Ok(()) => tracing::info!(event = "directory.in_force"),
            Err(error) => tracing::error!(event = "directory.kept", error = format!("{error:#}")),
        }
    }

    async fn reload_directory(&self) -> anyhow::Result<()> {
        let directory = directory::of_config(&self.config)?;
        // A gateway that decides goes on with what it has rather than with nothing.
        let pack = &directory.policy;
        let is_in_force = pack.term.includes(self.gateway.clock().now().date());
        anyhow::ensure!(is_in_force, "policy_file: {} is not in force today", pack.version);
        self.gateway.activate_directory(directory).await.map_err(directory::explain)
    }

    /// Writes down what is late or over by now: what the gateway does by itself every few seconds.
    pub async fn catch_up(&self) -> anyhow::Result<()> {
        self.gateway.sweep_deadlines().await?;
        self.gateway.end_emergencies().await?;
        self.gateway.end_consents().await?;
        while self.gateway.fill_blocks().await? {}
        while self.gateway.detect_signals().await?.more {}
        self.gateway.collect_cosignatures().await?;
        if let Some(plan) = self.config.digests() {
            Box::pin(self.gateway.send_digests(&plan)).await?;
        }
        Ok(())
    }

    /// Ends content and what entries say whose term is over: what the gateway does by itself every hour.
    pub async fn purge(&self) -> anyhow::Result<Purged> {
        Ok(purge(&self.gateway, self.config.retention).await?)
    }

    /// Tells callers that it stops, lets calls under way end, and closes the databases.
    pub async fn shutdown(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        let ended = self.served.await;
        if let Some(showing) = self.showing {
            showing.await?;
        }
        // None of these outlives the commit that it is in, and a database that hangs costs all of them one
        // wait together. Nothing that came in since is lost, unless the database is.
        let by = Instant::now() + CLOSE_MAX;
        if timeout_at(by, self.sweeping).await.is_err() {
            tracing::warn!(event = "deadlines.sweep_cut");
        }
        if timeout_at(by, self.examining).await.is_err() {
            tracing::warn!(event = "signals.examination_cut");
        }
        if !matches!(timeout_at(by, self.gateway.keep_arrivals()).await, Ok(Ok(()))) {
            tracing::warn!(event = "arrivals.not_kept");
        }
        if !matches!(timeout_at(by, self.gateway.keep_calls()).await, Ok(Ok(()))) {
            tracing::warn!(event = "calls.not_kept");
        }
        if let Some(digesting) = self.digesting
            && timeout(DIGEST_MAX, digesting).await.is_err()
        {
            tracing::warn!(event = "digest.cut");
        }
        // A database that hangs must not keep the process: what is not committed is not answered.
        if timeout(CLOSE_MAX, self.gateway.close()).await.is_err() {
            tracing::warn!(event = "gateway.close_cut");
        }
        drop(self.port);
        Ok(ended??)
    }
}

/// Opens databases and anchor.
pub(super) async fn opening(
    config: &Config,
    keyring: Keyring,
    directory: DirectoryFile,
    clock: Clock,
) -> anyhow::Result<Opening> {
    let anchor = keys::anchor(config, &keyring)?;
    Ok(Opening {
        db: open(&config.database.url, store::ledger::SCHEMA).await?,
        keys: KeyDb::new(open(&config.database.keys(), store::keys::SCHEMA).await?),
        keyring,
        origin: config.gateway.origin.clone(),
        own_oin: config.gateway.oin.clone(),
        directory,
        names: config.export.names(&config.gateway).context("export.base_uri")?,
        clock,
        anchor: Some(anchor),
        witnesses: config.witnesses.watch()?,
    })
}

/// What a gateway needs from outside.
struct Prepared {
    keyring: Keyring,
    directory: DirectoryFile,
    trust: LiveTrust,
    listener: TcpListener,
    console: Option<Console>,
    ops: Option<ops::Bound>,
}

/// The port for privacy officers: bound, and not served yet.
struct Console {
    listener: TcpListener,
    trust: LiveTrust,
    second_factor: Option<console::SecondFactor>,
}

/// A console that serves.
type Shown = (SocketAddr, JoinHandle<()>);

impl Console {
    async fn prepare(config: &Config, address: SocketAddr) -> anyhow::Result<Self> {
        let trust = trust::load_for_console(config, &Clock::system())?;
        let second_factor = config.oidc.second_factor()?;
        Ok(Self { listener: bind(address).await?, trust, second_factor })
    }

    fn show(
        self,
        config: &Config,
        gateway: &Gateway,
        (certificates, entrance): (console::Certificates, Option<console::Entrance>),
        stopping: watch::Receiver<bool>,
    ) -> anyhow::Result<Shown> {
        let address = self.listener.local_addr()?;
        let invented = config.gateway.mode == config::Mode::Test;
        let options = console::Options {
            live: judge(&self.trust),
            invented,
            entrance: entrance.filter(|_| invented),
            certificates,
            second_factor: self.second_factor,
        };
        let visitors = tls::visitors(
            self.listener,
            self.trust,
            tls::Limits::default(),
            trust::identity_policy(config),
            told(stopping),
        );
        let note = arrivals_of(config, gateway);
        let visitors = visitors.inspect(move |stream| {
            if let Some(info) = stream.info() {
                note(info);
            }
        });
        let showing = tokio::spawn(console::serve(gateway.clone(), visitors, options));
        Ok((address, showing))
    }
}

/// Says whether a certificate still counts.
fn judge(trust: &LiveTrust) -> console::Live {
    let judge = trust.clone();
    Arc::new(move |peer| judge.check_live(peer, judge.now()).is_ok())
}

/// Notes from which network a certificate came, unless that is switched off.
fn arrivals_of(
    config: &Config,
    gateway: &Gateway,
) -> impl Fn(&ConnectInfo) + Send + Sync + 'static {
    let gateway = config.tls.watch_networks.then(|| gateway.clone());
    move |info| {
        if let Some(gateway) = &gateway {
            let person = info.peer.person().map(|person| &person.user_id);
            let fingerprint = info.peer.fingerprint();
            let address = info.remote_addr.ip();
            gateway.note_arrival((info.peer.oin(), person), fingerprint.as_bytes(), address);
        }
    }
}

/// The certificates that were shown at any of the ports.
fn seen_by(trusts: Vec<LiveTrust>) -> console::Certificates {
    Arc::new(move || trusts.iter().flat_map(LiveTrust::seen).collect())
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    Ok(TcpListener::bind(address).await.map_err(|error| {
        Failure::new(Exit::Connection, format!("cannot listen on {address}: {error}"))
    })?)
}

/// Reads the files of one trust state again.
async fn reload_trust(trust: LiveTrust) {
    match tokio::task::spawn_blocking(move || trust.reload()).await {
        Ok(Ok(Reload::Replaced)) => tracing::info!(event = "trust.replaced"),
        Ok(Ok(Reload::Unchanged)) => tracing::info!(event = "trust.unchanged"),
        Ok(Err(error)) => {
            tracing::error!(event = "trust.kept", %error);
        }
        Err(panic) => {
            tracing::error!(event = "trust.kept", error = %panic);
        }
    }
}

/// Reads all files and binds the ports; changes nothing.
async fn prepare(config: &Config) -> anyhow::Result<Prepared> {
    let keyring = keys::of_config(config)?;
    secret_file::require_private(&config.tls.key_file)
        .map_err(|error| Failure::new(Exit::Config, format!("tls.key_file: {error}")))?;
    let directory = directory::of_config(config)?;
    let trust = trust::load(config, &Clock::system())?;
    let address = config.grpc.listen;
    let listener = bind(address).await?;
    let console = match config.console.listen {
        Some(address) => Some(Console::prepare(config, address).await?),
        None => None,
    };
    let ops = match config.ops.listen {
        Some(address) => Some(ops::bind(address).await?),
        None => None,
    };
    Ok(Prepared { keyring, directory, trust, listener, console, ops })
}

/// Puts into words why the gateway did not open. A ledger that it may not continue comes with what to
/// do, because nothing else than that starts it again.
fn explain(error: gateway::Error) -> anyhow::Error {
    if let gateway::Error::LedgerUnavailable(store::Error::Fork(fork)) = &error {
        let message = format!("{fork}.\nWhat to do: {}.", fork.remedy());
        return Failure::new(Exit::ProofInvalid, message).into();
    }
    directory::explain(error)
}

async fn open(url: &DatabaseUrl, schema: store::db::Schema) -> anyhow::Result<Db> {
    Ok(match url {
        DatabaseUrl::Sqlite(path) => {
            // Made by us rather than by SQLite, which would let everybody read it.
            secret_file::touch(path)?;
            Db::open_sqlite(path, schema).await?
        }
        DatabaseUrl::Postgres(url) => Db::open_postgres(url, schema).await?,
    })
}

/// How soon after its end an emergency that nobody looks at, or a consent, is written down as over.
/// Blocks for searches that are made before anything else gets its turn.
const BLOCKS_A_TIME: u32 = 16;
const ENDED_EVERY: Duration = Duration::from_secs(5);

/// Writes down which emergencies and consents are over, until the gateway stops.
async fn end_what_is_over(gateway: Gateway, stopping: watch::Receiver<bool>) {
    let mut stop = std::pin::pin!(told(stopping));
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(ENDED_EVERY) => {}
        }
        match gateway.end_emergencies().await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(event = "emergencies.ended", ended),
            Err(error) => tracing::warn!(event = "emergencies.kept", %error),
        }
        match gateway.end_consents().await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(event = "consents.expired", ended),
            Err(error) => tracing::warn!(event = "consents.kept", %error),
        }
        fill_blocks(&gateway).await;
    }
}

/// Makes what searches compare. One step at a time: others write in between.
async fn fill_blocks(gateway: &Gateway) {
    for _ in 0..BLOCKS_A_TIME {
        match gateway.fill_blocks().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return tracing::warn!(event = "search_blocks.not_made", %error),
        }
    }
}

/// Ends content and what entries say when their term is over, again and again, until the gateway stops.
async fn keep_retention(
    gateway: Gateway,
    retention: RetentionConfig,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = tokio::time::sleep(RETENTION_INTERVAL) => {}
            () = &mut stop => return,
        }
        if let Err(error) = purge(&gateway, retention).await {
            // It is tried again; nothing is lost by keeping something for longer.
            tracing::warn!(event = "retention.failed", error = %error);
        }
    }
}

async fn purge(gateway: &Gateway, retention: RetentionConfig) -> gateway::Result<Purged> {
    let now = gateway.clock().now();
    let (emptied, forgotten) = purge_beside_the_log(gateway, retention).await?;
    if emptied.total() > 0 {
        tracing::info!(
            event = "retention.content_purged",
            referrals = emptied.referrals,
            summaries = emptied.summaries,
            answers = emptied.answers,
            shares = emptied.shares
        );
    }
    if forgotten > 0 {
        tracing::info!(event = "retention.networks_forgotten", forgotten);
    }
    let purged = gateway.purge_log(retention.log_years.past(now), Mode::Purge).await?;
    if purged.entries > 0 {
        tracing::info!(event = "retention.purged", entries = purged.entries);
    }
    Ok(purged)
}

/// Ends what is kept beside the ledger and is past its term: content, and networks of certificates.
pub(in crate::cli) async fn purge_beside_the_log(
    gateway: &Gateway,
    terms: RetentionConfig,
) -> gateway::Result<(EmptiedContent, u64)> {
    let now = gateway.clock().now();
    // Neither waits for the other.
    let emptied = gateway.purge_content(terms.payload_days.past(now)).await;
    let forgotten = gateway.purge_networks(terms.network_days.past(now)).await;
    Ok((emptied?, forgotten?))
}

/// Ready when the gateway is told to stop, or nobody is left to tell it.
async fn told(mut stopping: watch::Receiver<bool>) {
    drop(stopping.wait_for(|told| *told).await);
}

/// The signals that a running gateway heeds.
struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

/// What a running gateway waits for.
enum Event {
    Reload,
    Stop,
    /// It ended by itself, which it never should.
    Ended(anyhow::Result<()>),
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self, running: &mut Running) -> Event {
        tokio::select! {
            _ = self.hangup.recv() => Event::Reload,
            _ = self.terminate.recv() => Event::Stop,
            _ = self.interrupt.recv() => Event::Stop,
            ended = &mut running.served => Event::Ended(match ended {
                Ok(served) => served.map_err(Into::into),
                Err(panic) => Err(panic.into()),
            }),
        }
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
