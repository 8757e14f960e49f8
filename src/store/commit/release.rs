//! Answers a committed batch when the anchor has its checkpoint, while the next batch is written.
//!
//! Invariants: answers leave in the order of the commits; none leaves before the anchor has
//! everything that was committed before it, so an answer that was stored earlier and is given again
//! waits too. When the anchor cannot be written, nobody is told that anything was stored.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::store::anchor::Anchor;
use crate::store::error::Error;

use super::End;
use super::job::Job;

/// Batches that wait for the anchor. One sync serves all that wait, so more would only hold memory.
const WAITING_MAX: usize = 4;

type Jobs = Vec<Box<dyn Job>>;

/// Where the task hands over the batches it has committed.
#[derive(Debug)]
pub(super) enum Release {
    /// Nothing outside the database is waited for.
    AtOnce { writable: watch::Sender<bool> },
    /// The anchor is.
    Anchored { anchor: Anchor, batches: mpsc::Sender<Committed> },
}

/// A batch that is in the database.
pub(super) struct Committed {
    jobs: Jobs,
    /// What was signed for it; none when it had no entries.
    end: Option<Arc<End>>,
}

impl Release {
    pub(super) fn start(anchor: Option<Anchor>, writable: watch::Sender<bool>) -> Self {
        let Some(anchor) = anchor else { return Self::AtOnce { writable } };
        let (batches, waiting) = mpsc::channel(WAITING_MAX);
        let task = Task { anchor: anchor.clone(), waiting, writable, newest: None };
        tokio::spawn(task.run());
        Self::Anchored { anchor, batches }
    }

    /// Answers the jobs of a batch that was committed, as soon as they may be.
    pub(super) async fn answer(&self, jobs: Jobs, end: Option<Arc<End>>) {
        match self {
            Self::AtOnce { writable } => {
                // A commit without entries says nothing about the ledger.
                if end.is_some() {
                    set_writable(writable);
                }
                jobs.into_iter().for_each(Job::answer);
            }
            Self::Anchored { batches, .. } => {
                let refused = batches.send(Committed { jobs, end }).await;
                if let Err(mpsc::error::SendError(Committed { jobs, .. })) = refused {
                    fail(jobs, &Error::OutcomeUnknown);
                }
            }
        }
    }

    /// Whether answers could be given.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        match self {
            Self::AtOnce { .. } => Ok(()),
            Self::Anchored { anchor, .. } => Ok(anchor.probe().await?),
        }
    }
}

struct Task {
    anchor: Anchor,
    waiting: mpsc::Receiver<Committed>,
    writable: watch::Sender<bool>,
    /// The newest state that was committed: no answer goes before the anchor has it.
    newest: Option<Arc<End>>,
}

impl Task {
    async fn run(mut self) {
        let mut batches = Vec::with_capacity(WAITING_MAX);
        while self.waiting.recv_many(&mut batches, WAITING_MAX).await > 0 {
            self.release(std::mem::take(&mut batches)).await;
        }
    }

    async fn release(&mut self, batches: Vec<Committed>) {
        let has_entries = batches.iter().any(|batch| batch.end.is_some());
        for end in batches.iter().filter_map(|batch| batch.end.as_ref()) {
            self.newest = Some(Arc::clone(end));
        }
        let anchored = match &self.newest {
            Some(end) => self.anchor.advance(end.size, &end.note).await,
            None => Ok(()),
        };
        let jobs = batches.into_iter().flat_map(|batch| batch.jobs);
        if let Err(error) = anchored {
            let cause: &dyn std::error::Error = &error;
            tracing::error!(event = "anchor.failed", error = cause);
            self.writable.send_replace(false);
            // They are in the database. Whoever repeats the request learns so when the anchor works.
            return fail(jobs.collect(), &Error::OutcomeUnknown);
        }
        // The task that writes has ended, and with it the ledger: that stays visible.
        if has_entries && !self.waiting.is_closed() {
            set_writable(&self.writable);
        }
        jobs.for_each(Job::answer);
    }
}

fn set_writable(writable: &watch::Sender<bool>) {
    writable.send_if_modified(|writable| !std::mem::replace(writable, true));
}

fn fail(jobs: Jobs, error: &Error) {
    for job in jobs {
        job.fail(error.clone());
    }
}
