//! The page of figures: what the parts of the gateway counted, and what is read when somebody looks.
//!
//! Invariant: labels are codes, methods and numbers of organisations, which are all bounded; none is
//! about a person. What nobody reads is not asked of the database.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::sync::Mutex;
use tokio::time::{Instant, interval, timeout};

use crate::domain::time::Timestamp;
use crate::gateway::figures::Figures;

use super::{Known, process};

/// The database is asked this often at most, however many look.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// A database that does not answer must not keep the page from whoever wants to know why.
const ASK_MAX: Duration = Duration::from_secs(3);
/// Samples of histograms are summed up this often, so that they need no memory when nobody looks.
const SUM_UP_EVERY: Duration = Duration::from_secs(5);

const BATCH: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// The figures of this process. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Exposition {
    handle: PrometheusHandle,
    asked: Arc<Mutex<Option<Instant>>>,
    started: Started,
}

/// When the process began to count, by both clocks.
#[derive(Debug, Clone, Copy)]
struct Started {
    steady: Instant,
    wall: Timestamp,
}

impl Exposition {
    /// Makes all figures of this process count. A process has one set of them, however many gateways
    /// it runs.
    pub(super) fn install() -> anyhow::Result<Self> {
        static INSTALLED: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
        let handle = INSTALLED.get_or_init(|| record().ok()).clone();
        let handle = handle.ok_or_else(|| anyhow::anyhow!("the figures cannot be counted"))?;
        let started = Started { steady: Instant::now(), wall: now() };
        Ok(Self { handle, asked: Arc::default(), started })
    }

    /// Sums up samples for as long as the process lives.
    pub(super) async fn keep_small(self) {
        let mut ticks = interval(SUM_UP_EVERY);
        loop {
            ticks.tick().await;
            self.handle.run_upkeep();
        }
    }

    /// The page, as Prometheus reads it.
    pub(super) async fn page(&self, known: &Known) -> String {
        self.refresh(known).await;
        self.handle.render()
    }

    async fn refresh(&self, known: &Known) {
        let ready = f64::from(u8::from(known.unready().is_none()));
        gauge!("ketenpoort_ready").set(ready);
        let (waiting, most) = known.gateway.queue();
        gauge!("ketenpoort_queue_commands").set(number(waiting));
        gauge!("ketenpoort_queue_commands_max").set(number(most));
        gauge!("ketenpoort_clock_moved_seconds").set(self.started.clock_moved());
        if let Some(usage) = process::usage() {
            gauge!("process_resident_memory_bytes").set(whole(usage.resident_bytes));
            counter!("process_cpu_milliseconds_total").absolute(usage.cpu_ms);
            gauge!("process_open_fds").set(whole(usage.descriptors));
        }
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < ASK_EVERY) {
            return;
        }
        let figures = timeout(ASK_MAX, known.gateway.figures()).await;
        *asked = Some(Instant::now());
        let read = match figures {
            Ok(Ok(figures)) => {
                show(&figures);
                1.0
            }
            Ok(Err(_)) | Err(_) => 0.0,
        };
        gauge!("ketenpoort_store_readable").set(read);
    }
}

impl Started {
    /// By how much the clock was set since then, forwards or backwards.
    fn clock_moved(self) -> f64 {
        let wall = seconds(now().as_micros() - self.wall.as_micros());
        wall - self.steady.elapsed().as_secs_f64()
    }
}

/// Makes the figures of this process count from now on.
fn record() -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_commands".to_owned()), &BATCH)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder)?;
    describe();
    Ok(handle)
}

fn now() -> Timestamp {
    crate::gateway::Clock::system().now()
}

fn show(figures: &Figures) {
    let age = |at: Option<Timestamp>| {
        at.map_or(0.0, |at| seconds(figures.read_at.as_micros() - at.as_micros()).max(0.0))
    };
    gauge!("ketenpoort_ledger_entries").set(signed(figures.entries));
    gauge!("ketenpoort_checkpoint_age_seconds").set(age(figures.checkpoint_at));
    gauge!("ketenpoort_deadlines_untold_seconds").set(age(figures.untold_since));
    for inbox in &figures.inboxes {
        let recipient = inbox.recipient.to_string();
        gauge!("ketenpoort_inbox_waiting", "recipient" => recipient.clone())
            .set(signed(inbox.waiting));
        gauge!("ketenpoort_inbox_overdue", "recipient" => recipient.clone())
            .set(signed(inbox.overdue));
        gauge!("ketenpoort_inbox_quarantined", "recipient" => recipient.clone())
            .set(signed(inbox.quarantined));
        gauge!("ketenpoort_inbox_oldest_seconds", "recipient" => recipient)
            .set(age(inbox.oldest_at));
    }
}

fn number(count: usize) -> f64 {
    whole(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Exact up to 2^53, far beyond anything that is counted here.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "there is no other way")]
const fn whole(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "there is no other way")]
const fn signed(count: i64) -> f64 {
    count as f64
}

fn seconds(micros: i64) -> f64 {
    signed(micros) / 1_000_000.0
}

/// What each figure means, as the page tells it.
fn describe() {
    describe_gauge!("ketenpoort_ready", "1 when calls are taken and the ledger can be written");
    describe_gauge!("ketenpoort_store_readable", "1 when the figures below could be read");
    describe_histogram!("ketenpoort_commit_batch_commands", "Commands made durable by one commit");
    describe_histogram!(
        "ketenpoort_commit_seconds",
        Unit::Seconds,
        "From taking a batch to its being durable"
    );
    describe_counter!(
        "ketenpoort_commit_failures_total",
        "Batches that were not stored, or of which \
        that is not known"
    );
    describe_counter!("ketenpoort_store_retries_total", "Batches that were tried again");
    describe_gauge!("ketenpoort_queue_commands", "Commands that wait for the writer");
    describe_gauge!("ketenpoort_queue_commands_max", "Commands that may wait for the writer");
    describe_counter!(
        "ketenpoort_queue_refused_total",
        "Commands refused because the queue was full"
    );
    describe_gauge!("ketenpoort_ledger_entries", "Entries of the ledger");
    describe_gauge!(
        "ketenpoort_checkpoint_age_seconds",
        Unit::Seconds,
        "Since the newest checkpoint was signed; every commit with entries signs one"
    );
    describe_counter!(
        "ketenpoort_deadlines_missed_total",
        "Terms that were missed and told of, by kind"
    );
    describe_gauge!(
        "ketenpoort_deadlines_untold_seconds",
        Unit::Seconds,
        "Since the oldest moment whose passing was not looked at; 0 when there is none"
    );
    describe_gauge!("ketenpoort_inbox_waiting", "Deliveries that the recipient has not settled");
    describe_gauge!(
        "ketenpoort_inbox_overdue",
        "Those that must have been acknowledged before now"
    );
    describe_gauge!(
        "ketenpoort_inbox_quarantined",
        "Deliveries that failed so often, or so badly, that somebody must act"
    );
    describe_gauge!(
        "ketenpoort_inbox_oldest_seconds",
        Unit::Seconds,
        "Age of the oldest of them; 0 when there is none"
    );
    describe_counter!(
        "ketenpoort_deliveries_total",
        "Referrals handed to a reader, first or again"
    );
    describe_histogram!(
        "rpc_server_duration_seconds",
        Unit::Seconds,
        "Calls by method and code; streams until they end"
    );
    describe_gauge!("ketenpoort_connections", "Connections of admitted organisations");
    describe_counter!("ketenpoort_connections_refused_total", "Connections refused, by reason");
    describe_gauge!(
        "ketenpoort_clock_moved_seconds",
        Unit::Seconds,
        "How far the system's clock was set since the gateway started"
    );
    describe_gauge!("process_resident_memory_bytes", Unit::Bytes, "Memory in use");
    describe_counter!("process_cpu_milliseconds_total", Unit::Milliseconds, "Processor time used");
    describe_gauge!("process_open_fds", "Open file descriptors");
}
