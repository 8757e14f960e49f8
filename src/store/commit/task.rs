//! The task that writes: takes what waits, writes it in one transaction, answers.
//!
//! Every command gets exactly one answer, and never one that says more than what is durable.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use crate::ledger::note::Note;
use crate::store::batch::Needs;
use crate::store::db::{Db, Tx};
use crate::store::error::{Error, Result};

use super::NewEntry;
use super::append::Appender;
use super::failure::Failure;
use super::fork;
use super::job::Job;
use super::measure::Batch;
use super::release::Release;

/// Commands in one commit: enough to share a sync, few enough that the first does not wait long.
const BATCH_MAX: usize = 128;
/// Turns that those get who are about to hand over a command.
const TURNS: u32 = 16;
/// How often a batch is tried when another replica won or the connection broke.
const ATTEMPTS_MAX: u32 = 3;

/// How long a writer that could not write waits before it looks whether it can again: soon enough
/// for those who wait, seldom enough for a database in trouble.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// How long a gateway that has nothing to write waits before it looks what others have signed.
const OBSERVE_INTERVAL: Duration = Duration::from_secs(1);

type Jobs = Vec<Box<dyn Job>>;

pub(super) struct Task {
    pub(super) db: Db,
    pub(super) appender: Appender,
    pub(super) jobs: mpsc::Receiver<Box<dyn Job>>,
    pub(super) writable: watch::Sender<bool>,
    /// Where committed batches get their answers.
    pub(super) release: Release,
    /// The checkpoint that was kept when the task started.
    pub(super) anchored: Option<Note>,
}

impl Task {
    pub(super) async fn run(mut self) {
        loop {
            let mut jobs = self.next_batch().await;
            if jobs.is_empty() {
                return;
            }
            while !jobs.is_empty() {
                jobs = self.run_batch(jobs).await;
            }
        }
    }

    /// What waits; nothing when everybody who could hand over more is gone.
    async fn next_batch(&mut self) -> Jobs {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        let mut writable = self.writable.subscribe();
        loop {
            if *writable.borrow_and_update() {
                let idle = tokio::select! {
                    biased;
                    _ = self.jobs.recv_many(&mut batch, BATCH_MAX) => {
                        self.let_others_in(&mut batch).await;
                        return batch;
                    }
                    // The anchor failed while nobody asked for anything.
                    _ = writable.changed() => false,
                    () = sleep(OBSERVE_INTERVAL) => self.db.is_shared(),
                };
                if idle {
                    self.observe().await;
                }
            } else {
                let received = self.jobs.recv_many(&mut batch, BATCH_MAX);
                if timeout(PROBE_INTERVAL, received).await.is_ok() {
                    return batch;
                }
                self.probe().await;
            }
        }
    }

    /// Adds the commands of those who were about to hand one over. A few turns of the scheduler are no
    /// delay for one who is alone, and under load they make batches twice as large.
    async fn let_others_in(&mut self, batch: &mut Jobs) {
        if batch.is_empty() {
            return;
        }
        for _ in 0..TURNS {
            yield_now().await;
            while batch.len() < BATCH_MAX
                && let Ok(job) = self.jobs.try_recv()
            {
                batch.push(job);
            }
        }
    }

    /// Takes over into the anchor what other gateways have signed, so that this one recognises its loss
    /// too though it signed nothing itself. A gateway that writes does so with every commit.
    async fn observe(&mut self) {
        match self.appender.observe(&self.db).await {
            Ok(None) => {}
            Ok(end) => self.release.answer(Vec::new(), end).await,
            Err(error @ Error::Fork(_)) => self.give_up(Vec::new(), &error).await,
            // What is wrong besides is told when something is to be written.
            Err(error) => tracing::debug!(event = "writer.not_observed", %error),
        }
    }

    /// Looks whether the ledger can be written again. Nobody asks a gateway that says it cannot, so
    /// it has to find out by itself.
    async fn probe(&self) {
        let looked = match self.release.probe().await {
            Ok(()) => self.appender.probe(&self.db).await,
            failed => failed,
        };
        match looked {
            Ok(()) => {
                tracing::info!(event = "writer.recovered");
                self.writable.send_replace(true);
            }
            Err(error) => self.dispute_if_forked(&error).await,
        }
    }

    /// Stops the ledger for all gateways when it is not the one that was signed: they may not have
    /// seen what this one has signed, and would go on.
    async fn dispute_if_forked(&self, error: &Error) {
        let note = match self.appender.newest_signed() {
            Ok(note) => note.or_else(|| self.anchored.clone()),
            Err(_) => None,
        };
        fork::report(&self.db, error, note.as_ref()).await;
    }

    /// Commits a batch and returns the jobs that wait for an answer which is durable only now.
    ///
    /// When a command broke the batch, each is tried on its own, so that it does not harm its
    /// neighbours. When the database or the ledger did, nothing more is tried: everybody is told.
    async fn run_batch(&mut self, jobs: Jobs) -> Jobs {
        match self.try_batch(jobs).await {
            Ok(waiting) => return waiting,
            Err((jobs, Failure::Ledger(error))) => self.give_up(jobs, &error).await,
            Err((jobs, Failure::Command(error))) if jobs.len() == 1 => fail(jobs, &error),
            Err((jobs, Failure::Command(_))) => self.run_each(jobs).await,
        }
        Vec::new()
    }

    async fn run_each(&mut self, jobs: Jobs) {
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            match self.try_batch(vec![job]).await {
                Ok(_) => {}
                Err((job, Failure::Command(error))) => fail(job, &error),
                Err((job, Failure::Ledger(error))) => {
                    return self.give_up(job.into_iter().chain(jobs).collect(), &error).await;
                }
            }
        }
    }

    /// Tries a batch up to [`ATTEMPTS_MAX`] times while trying again at once may help. The jobs come
    /// back when nothing was committed; otherwise all have been answered but those that wait.
    async fn try_batch(&mut self, mut jobs: Jobs) -> Result<Jobs, (Jobs, Failure)> {
        let mut attempt = 1;
        let batch = Batch::begin(jobs.len());
        loop {
            match self.write_batch(&mut jobs).await {
                Ok(tx) => return Ok(self.commit_batch(tx, jobs, &batch).await),
                Err(failure) if attempt == ATTEMPTS_MAX || !failure.may_pass() => {
                    return Err((jobs, failure));
                }
                Err(_) => {
                    Batch::tried_again();
                    attempt += 1;
                }
            }
        }
    }

    /// Applies all commands, appends the entries of all, and completes all.
    async fn write_batch(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Tx, Failure> {
        self.appender.start_over();
        let mut tx = self.db.write().await.map_err(Failure::Ledger)?;
        let mut needs = Needs::default();
        for job in jobs.iter() {
            needs.add(job.needs());
        }
        // Before anything is read: referrals about the same people see each other.
        tx.take_turns(&needs).await.map_err(Failure::Ledger)?;
        tx.read_ahead(needs).await.map_err(Failure::Ledger)?;
        let mut applied = Vec::new();
        for (position, job) in jobs.iter_mut().enumerate() {
            if let Some(entries) = apply_alone(&mut tx, job.as_mut()).await? {
                applied.push((position, entries));
            }
        }
        tx.gather();
        for (position, mut placed) in self.appender.append(&mut tx, applied).await? {
            if let Some(job) = jobs.get_mut(position) {
                job.complete(&mut tx, &mut placed).await?;
            }
        }
        tx.send_sets().await?;
        tx.check_not_failed().await?;
        Ok(tx)
    }

    async fn commit_batch(&mut self, tx: Tx, jobs: Jobs, batch: &Batch) -> Jobs {
        if let Err(error) = tx.commit().await
            && let Err(told) = self.look_what_happened(error).await
        {
            Batch::failed("unknown");
            self.writable.send_replace(false);
            fail(jobs, &told);
            return Vec::new();
        }
        batch.committed();
        let end = self.appender.committed();
        let (waiting, done): (Jobs, Jobs) = jobs.into_iter().partition(|job| job.waits());
        // With nobody before them, there is no answer to wait for.
        let (waiting, done) = if done.is_empty() { (done, waiting) } else { (waiting, done) };
        self.release.answer(done, end).await;
        waiting
    }

    /// The server may have committed before the connection broke: the state tells. A commit is never
    /// repeated blindly.
    async fn look_what_happened(&self, error: Error) -> Result<()> {
        let outcome = self.appender.was_committed(&self.db).await;
        let cause: &dyn std::error::Error = &error;
        match outcome {
            Ok(Some(true)) => {
                tracing::warn!(event = "writer.commit_reply_lost", error = cause);
                Ok(())
            }
            Ok(Some(false)) => {
                tracing::error!(event = "writer.not_committed", error = cause);
                Err(error)
            }
            Ok(None) | Err(_) => {
                tracing::error!(event = "writer.commit_failed", error = cause);
                Err(Error::OutcomeUnknown)
            }
        }
    }

    async fn give_up(&self, jobs: Jobs, error: &Error) {
        tell_failed(jobs.len(), error);
        Batch::failed("not_stored");
        self.writable.send_replace(false);
        fail(jobs, error);
        self.dispute_if_forked(error).await;
    }
}

/// However the task ends, also by a panic of a command: nothing is written after it.
impl Drop for Task {
    fn drop(&mut self) {
        self.writable.send_replace(false);
    }
}

fn tell_failed(jobs: usize, error: &Error) {
    let cause: &dyn std::error::Error = error;
    tracing::error!(event = "writer.batch_failed", jobs, error = cause);
}

fn fail(jobs: Jobs, error: &Error) {
    for job in jobs {
        job.fail(error.clone());
    }
}

/// Applies a command under a savepoint. A command that fails or stops leaves nothing behind; only
/// what concerns all fails the batch.
async fn apply_alone(tx: &mut Tx, job: &mut dyn Job) -> Result<Option<Vec<NewEntry>>, Failure> {
    tx.begin_part();
    let entries = job.apply(tx).await?;
    tx.end_part(entries.is_some()).await?;
    Ok(entries)
}
