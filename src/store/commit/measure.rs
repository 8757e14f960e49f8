//! Figures of the writer, for operators. No label says anything about a person or an organisation.

use std::time::Instant;

/// A batch on its way to the disk.
pub(super) struct Batch {
    begun: Instant,
    commands: usize,
}

impl Batch {
    pub(super) fn begin(commands: usize) -> Self {
        Self { begun: Instant::now(), commands }
    }

    /// It is durable, with so many entries.
    pub(super) fn committed(&self) {
        metrics::histogram!("ketenpoort_commit_batch_commands").record(count(self.commands));
        metrics::histogram!("ketenpoort_commit_seconds").record(self.begun.elapsed());
    }

    /// It was tried again, because another replica won or the connection broke.
    pub(super) fn tried_again() {
        metrics::counter!("ketenpoort_store_retries_total").increment(1);
    }

    /// It failed. Unknown: the connection broke while it was being committed.
    pub(super) fn failed(outcome: &'static str) {
        metrics::counter!("ketenpoort_commit_failures_total", "outcome" => outcome).increment(1);
    }
}

/// A command found the queue full.
pub(super) fn refused() {
    metrics::counter!("ketenpoort_queue_refused_total").increment(1);
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}
