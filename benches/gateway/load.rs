//! So many calls in flight for so long, each followed by the next.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use http::uri::PathAndQuery;
use tokio::task::JoinSet;
use tonic::Status;
use tonic::transport::Channel;

use crate::client;
use crate::numbers::as_micros;

/// One answer of so many is kept, to be checked when the clock has stopped.
const KEEP_EVERY: u64 = 64;

/// Makes the next request. Called from many tasks at once.
pub(crate) type Next = Arc<dyn Fn() -> Bytes + Send + Sync>;

/// Connections to a server, and the method to call there.
pub(crate) struct Caller {
    pub(crate) connections: Vec<Channel>,
    pub(crate) method: PathAndQuery,
}

impl Caller {
    /// Keeps so many calls in flight; fails when one of them fails.
    pub(crate) async fn run(
        &self,
        next: &Next,
        in_flight: usize,
        until: Until,
    ) -> anyhow::Result<Outcome> {
        let load = Load { method: self.method.clone(), next: Arc::clone(next), until };
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for number in 0..in_flight {
            let connection = self.connections.get(number % self.connections.len());
            let connection = connection.context("no connection")?.clone();
            let (load, share) = (load.clone(), until.share(number, in_flight));
            tasks.spawn(async move { load.in_turn(&connection, started, share).await });
        }
        let mut whole = Outcome::default();
        while let Some(part) = tasks.join_next().await {
            whole.add(part?);
        }
        whole.elapsed = started.elapsed();
        whole.latencies.sort_unstable();
        whole.without_errors()
    }
}

/// When to stop; what is in flight then is finished.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// So much time has passed.
    Passed(Duration),
    /// So many calls were begun.
    Begun(u64),
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// From the first call to the last answer.
    pub(crate) elapsed: Duration,
    /// Microseconds of every acknowledged call, in order of size.
    pub(crate) latencies: Vec<u32>,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    /// Some requests with their answers.
    pub(crate) kept: Vec<(Bytes, Bytes)>,
    pub(crate) errors: u64,
    pub(crate) first_error: Option<Status>,
}

impl Outcome {
    /// Calls answered with OK.
    pub(crate) fn acknowledged(&self) -> u64 {
        u64::try_from(self.latencies.len()).unwrap_or(u64::MAX)
    }

    /// The outcome, if every call was acknowledged.
    fn without_errors(self) -> anyhow::Result<Self> {
        match &self.first_error {
            Some(status) => anyhow::bail!("{} calls failed; the first: {status}", self.errors),
            None => Ok(self),
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.request_bytes += other.request_bytes;
        self.response_bytes += other.response_bytes;
        self.kept.extend(other.kept);
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

impl Until {
    /// How many calls one of `callers` may begin.
    fn share(self, number: usize, callers: usize) -> u64 {
        let Self::Begun(calls) = self else { return u64::MAX };
        let wide = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        calls / wide(callers) + u64::from(wide(number) < calls % wide(callers))
    }
}

/// What every caller does.
#[derive(Clone)]
struct Load {
    method: PathAndQuery,
    next: Next,
    until: Until,
}

impl Load {
    /// One call after the other.
    async fn in_turn(&self, connection: &Channel, started: Instant, share: u64) -> Outcome {
        let mut outcome = Outcome::default();
        for count in 0..share {
            if matches!(self.until, Until::Passed(time) if started.elapsed() >= time) {
                break;
            }
            let request = (self.next)();
            let sent = Instant::now();
            match client::call(connection, self.method.clone(), request.clone()).await {
                Ok(response) => {
                    outcome.latencies.push(as_micros(sent.elapsed()));
                    outcome.request_bytes += bytes_of(&request);
                    outcome.response_bytes += bytes_of(&response);
                    if count % KEEP_EVERY == 0 {
                        outcome.kept.push((request, response));
                    }
                }
                Err(status) => {
                    outcome.errors += 1;
                    outcome.first_error.get_or_insert(status);
                }
            }
        }
        outcome
    }
}

fn bytes_of(message: &Bytes) -> u64 {
    u64::try_from(message.len()).unwrap_or(u64::MAX)
}
