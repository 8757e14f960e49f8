//! What a round says about a server, and the medians of many rounds.

use std::time::Duration;

use crate::load::Outcome;
use crate::numbers::{median, micros_each, millis, per_second, quantile};

/// What one server did in one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) rps: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Processor time of the server for each call.
    pub(crate) cpu_us: f64,
}

impl Figures {
    pub(crate) fn of(outcome: &Outcome, cpu: Duration) -> Self {
        let count = outcome.acknowledged();
        Self {
            rps: per_second(count, outcome.elapsed),
            p50_ms: latency_ms(&outcome.latencies, 0.5),
            p99_ms: latency_ms(&outcome.latencies, 0.99),
            cpu_us: micros_each(cpu, count),
        }
    }
}

/// A quantile of sorted microseconds.
pub(crate) fn latency_ms(sorted: &[u32], at: f64) -> f64 {
    millis(Duration::from_micros(u64::from(quantile(sorted, at))))
}

/// The median of a figure over rounds.
pub(crate) fn middle<R>(rounds: &[R], figure: impl Fn(&R) -> f64) -> f64 {
    median(rounds.iter().map(figure).collect())
}
