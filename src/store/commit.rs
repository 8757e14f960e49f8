//! One commit for everything: rows and ledger entries become durable together, or not at all.
//!
//! A single task takes all commands that wait, applies each under a savepoint, appends all their
//! ledger entries as one batch, signs one checkpoint, commits once and then answers all
//! (ARCHITECTURE §5). The next batch forms while this one is being synced, so there is no timer.
//! A command that fails takes only itself down.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use crate::domain::time::Timestamp;
use crate::ledger::entry::Entry;
use crate::ledger::note::{Note, Signer};
use crate::ledger::tlog_proof::TlogProof;

use super::anchor::Anchor;
use super::batch::Needs;
use super::db::{Db, Tx};
use super::disclosures::DisclosureRow;
use super::error::{Error, Result};
use super::ledger::Nodes;

mod append;
mod failure;
mod fork;
mod job;
mod measure;
mod release;
mod task;

use append::Appender;
use job::{Job, Typed};
use release::Release;
use task::Task;

/// Commands that may wait for the writer. At some thousand commits a second this is well under a
/// second of work; beyond it a caller is better off knowing.
const QUEUE_MAX: usize = 1024;

/// An owned piece of work for the writer. It may be applied more than once when a batch has to be
/// tried again, so it must not change itself.
pub trait Command: Send + Sync + 'static {
    /// The answer.
    type Outcome: Send + 'static;

    /// What it is going to look up, so that it can be read for a whole batch at once. What is not
    /// named here is read when it is asked for.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Writes rows and names the entries that go with them.
    fn apply(&self, tx: &mut Tx) -> impl Future<Output = Result<Flow<Self::Outcome>>> + Send;

    /// Writes what can only be written once the place in the ledger is known, and makes the answer.
    fn complete(
        &self,
        tx: &mut Tx,
        placed: &mut Placed,
    ) -> impl Future<Output = Result<Self::Outcome>> + Send;
}

/// How a command goes on after it was applied.
#[derive(Debug)]
pub enum Flow<O> {
    /// Keep its rows and append these entries.
    Append(Vec<NewEntry>),
    /// Keep nothing of it and answer this.
    Stop(O),
}

/// An entry and the row that stands beside it.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// What is hashed.
    pub entry: Entry,
    /// What is searched; its `idx` is set when the place is known.
    pub row: DisclosureRow,
    /// The directory by which it was decided; none where no decision rests on one. When another is in
    /// force at the commit, nothing of the command is kept.
    pub directory_version: Option<i64>,
}

/// Where the entries of a command stand in the ledger.
#[derive(Debug)]
pub struct Placed {
    first: u64,
    entries: Vec<Vec<u8>>,
    end: Arc<End>,
    nodes: Nodes,
}

/// The signed state that a batch led to.
#[derive(Debug)]
struct End {
    size: u64,
    note: Note,
}

impl Placed {
    /// Position of the command's first entry; the others follow without a gap.
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// Leaf bytes of the command's entries, in order.
    pub fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    /// The checkpoint of this commit.
    pub fn checkpoint(&self) -> &Note {
        &self.end.note
    }

    /// Proof that an entry of this command is under the checkpoint of this commit.
    pub async fn tlog_proof(&mut self, tx: &mut Tx, index: u64) -> Result<String> {
        let hashes = tx.inclusion_proof(&mut self.nodes, index, self.end.size).await?;
        let proof = TlogProof::new(index, hashes, self.end.note.clone())
            .or(Err(Error::Corrupt { table: "log_state", column: "size" }))?;
        Ok(proof.to_string())
    }
}

/// Reads the clock for the writer.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Hands commands to the task that writes.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    writable: watch::Receiver<bool>,
}

impl Writer {
    /// Makes the log if there is none, and starts the task. It ends when every `Writer` is dropped.
    ///
    /// With an anchor, the ledger must continue what the anchor has, and nobody is answered before
    /// the anchor has what is answered. Without one, a database that went back in time while no
    /// process ran is not recognised.
    pub async fn start(db: Db, signer: Signer, now: Now, anchor: Option<Anchor>) -> Result<Self> {
        let mut tx = db.write().await?;
        let origin = signer.verifier().name().clone();
        tx.record_log(origin.as_str()).await?;
        let state = tx.lock_log_state().await?;
        if state.origin != origin.as_str() {
            return Err(Error::UnsafeSetting(format!(
                "the database holds the ledger {}, the key is of {origin}",
                state.origin
            )));
        }
        let kept = anchor.as_ref().and_then(Anchor::kept);
        let certain = kept.as_ref().map(|kept| (kept.checkpoint.size, kept.checkpoint.root));
        let anchored = kept.map(|kept| kept.note);
        let appender = Appender::new(signer, now, certain);
        if anchor.is_some() {
            let checked = fork::check_start(&appender, &mut tx, &state, anchored.as_ref()).await;
            if let Err(error) = checked {
                drop(tx);
                fork::report(&db, &error, anchored.as_ref()).await;
                return Err(error);
            }
        }
        tx.raise_epoch().await?;
        tx.commit().await?;
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let (writable_tx, writable) = watch::channel(true);
        let release = Release::start(anchor, writable_tx.clone());
        let task = Task { db, appender, jobs, writable: writable_tx, release, anchored };
        tokio::spawn(task.run());
        Ok(Self { queue, writable })
    }

    /// Hands over a command and waits until it is durable. When the queue is full the answer comes
    /// at once: nothing was stored.
    pub async fn commit<C: Command>(&self, command: C) -> Result<C::Outcome> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Box::new(Typed::new(command, reply))).map_err(
            |refused| match refused {
                mpsc::error::TrySendError::Full(_) => {
                    measure::refused();
                    Error::QueueFull
                }
                mpsc::error::TrySendError::Closed(_) => Error::Stopped,
            },
        )?;
        answer.await.unwrap_or(Err(Error::OutcomeUnknown))
    }

    /// How many commands wait, and how many may.
    pub fn waiting(&self) -> (usize, usize) {
        let most = self.queue.max_capacity();
        (most - self.queue.capacity(), most)
    }

    /// Changes to false when nothing can be stored: the database or the ledger failed, or the writer
    /// has stopped. Changes to true when entries are committed again or could be.
    pub fn writable(&self) -> watch::Receiver<bool> {
        self.writable.clone()
    }
}
