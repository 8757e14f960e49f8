//! One commit for everything: rows and ledger entries become durable together, or not at all.
//!
//! A single task takes all commands that wait, applies each under a savepoint, appends all their
//! ledger entries as one batch, signs one checkpoint, commits once and then answers all
//! (ARCHITECTURE §5). The next batch forms while this one is being synced, so there is no timer.
//! A command that fails takes only itself down.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use crate::domain::time::Timestamp;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Hash;
use crate::ledger::note::{KeyName, Note, Signer};
use crate::ledger::tile::Edge;
use crate::ledger::tlog_proof::TlogProof;

use super::db::{Db, Tx};
use super::disclosures::DisclosureRow;
use super::error::{Error, Result};
use super::ledger::{CheckpointRow, LeafRow, Nodes, to_i64};

mod job;

use job::{Job, Typed};

/// Commands that may wait for the writer. At some thousand commits a second this is well under a
/// second of work; beyond it a caller is better off knowing.
const QUEUE_MAX: usize = 1024;
/// Commands in one commit: enough to share a sync, few enough that the first does not wait long.
const BATCH_MAX: usize = 128;
/// How often a batch is tried again after another replica won.
const ATTEMPTS_MAX: u32 = 3;

/// An owned piece of work for the writer. It may be applied more than once when a batch has to be
/// tried again, so it must not change itself.
pub trait Command: Send + Sync + 'static {
    /// The answer.
    type Outcome: Send + 'static;

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
}

/// Where the entries of a command stand in the ledger.
#[derive(Debug)]
pub struct Placed {
    first: u64,
    entries: Vec<Vec<u8>>,
    batch: Arc<Batch>,
    nodes: Nodes,
}

/// The signed state that a batch led to.
#[derive(Debug)]
struct Batch {
    size: u64,
    note: Note,
    edge: Edge,
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
        &self.batch.note
    }

    /// Proof that an entry of this command is under the checkpoint of this commit.
    pub async fn tlog_proof(&mut self, tx: &mut Tx, index: u64) -> Result<String> {
        let hashes = tx.inclusion_proof(&mut self.nodes, index, self.batch.size).await?;
        let proof = TlogProof::new(index, hashes, self.batch.note.clone())
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
    pub async fn start(db: Db, signer: Signer, now: Now) -> Result<Self> {
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
        tx.raise_epoch().await?;
        tx.commit().await?;
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let (writable_tx, writable) = watch::channel(true);
        let task = Task { db, signer, origin, now, jobs, writable: writable_tx, edge: None };
        tokio::spawn(task.run());
        Ok(Self { queue, writable })
    }

    /// Hands over a command and waits until it is durable. When the queue is full the answer comes
    /// at once: nothing was stored.
    pub async fn commit<C: Command>(&self, command: C) -> Result<C::Outcome> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Box::new(Typed::new(command, reply))).map_err(
            |refused| match refused {
                mpsc::error::TrySendError::Full(_) => Error::QueueFull,
                mpsc::error::TrySendError::Closed(_) => Error::Stopped,
            },
        )?;
        answer.await.unwrap_or(Err(Error::OutcomeUnknown))
    }

    /// Changes to false when a commit failed and to true when one succeeded again.
    pub fn writable(&self) -> watch::Receiver<bool> {
        self.writable.clone()
    }
}

struct Task {
    db: Db,
    signer: Signer,
    origin: KeyName,
    now: Now,
    jobs: mpsc::Receiver<Box<dyn Job>>,
    writable: watch::Sender<bool>,
    /// The right edge of the tree as this process left it; `None` when it must be read again.
    edge: Option<Edge>,
}

impl Task {
    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.jobs.recv_many(&mut batch, BATCH_MAX).await > 0 {
            self.run_batch(std::mem::take(&mut batch)).await;
        }
    }

    /// Commits a batch. When the batch as a whole fails before its commit, each command is tried
    /// on its own, so that one that breaks a statement does not harm its neighbours.
    async fn run_batch(&mut self, jobs: Vec<Box<dyn Job>>) {
        let Err((jobs, error)) = self.try_batch(jobs).await else { return };
        if jobs.len() == 1 {
            return self.fail(jobs, error);
        }
        for job in jobs {
            if let Err((jobs, error)) = self.try_batch(vec![job]).await {
                self.fail(jobs, error);
            }
        }
    }

    fn fail(&self, jobs: Vec<Box<dyn Job>>, error: Error) {
        tracing::warn!(event = "writer.batch_failed", %error);
        let broken = !error.is_transient() && !matches!(error, Error::Conflict);
        if broken {
            self.writable.send_replace(false);
        }
        let mut error = Some(error);
        for job in jobs {
            job.fail(error.take().unwrap_or(Error::OutcomeUnknown));
        }
    }

    /// Tries a batch up to [`ATTEMPTS_MAX`] times while the failure is one of concurrency. The jobs
    /// come back when nothing was committed; they have been answered when something may have been.
    async fn try_batch(
        &mut self,
        mut jobs: Vec<Box<dyn Job>>,
    ) -> Result<(), (Vec<Box<dyn Job>>, Error)> {
        for attempt in 1.. {
            match self.write_batch(&mut jobs).await {
                Ok(tx) => {
                    self.commit_batch(tx, jobs).await;
                    return Ok(());
                }
                Err(error) => {
                    self.edge = None;
                    if attempt == ATTEMPTS_MAX || !error.is_transient() {
                        return Err((jobs, error));
                    }
                }
            }
        }
        Ok(())
    }

    async fn commit_batch(&mut self, tx: Tx, jobs: Vec<Box<dyn Job>>) {
        match tx.commit().await {
            Ok(()) => {
                self.writable.send_if_modified(|writable| !std::mem::replace(writable, true));
                for job in jobs {
                    job.answer();
                }
            }
            Err(error) => {
                // The server may have committed before the connection broke: never repeat blindly.
                self.edge = None;
                self.writable.send_replace(false);
                tracing::error!(
                    event = "writer.commit_failed",
                    %error
                );
                for job in jobs {
                    job.fail(Error::OutcomeUnknown);
                }
            }
        }
    }

    async fn write_batch(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Tx> {
        let mut tx = self.db.write().await?;
        let mut applied = Vec::new();
        for (position, job) in jobs.iter_mut().enumerate() {
            if let Some(entries) = apply_alone(&mut tx, job.as_mut()).await? {
                applied.push((position, entries));
            }
        }
        if applied.is_empty() {
            return Ok(tx);
        }
        let mut places = self.append(&mut tx, applied).await?;
        for (position, placed) in &mut places {
            if let Some(job) = jobs.get_mut(*position) {
                job.complete(&mut tx, placed).await?;
            }
        }
        Ok(tx)
    }

    /// Appends the entries of all applied commands and signs the state they lead to.
    async fn append(
        &mut self,
        tx: &mut Tx,
        applied: Vec<(usize, Vec<NewEntry>)>,
    ) -> Result<Vec<(usize, Placed)>> {
        if applied.iter().all(|(_, entries)| entries.is_empty()) {
            return self.place_nothing(tx, applied).await;
        }
        let state = tx.lock_log_state().await?;
        let size = u64::try_from(state.size)
            .or(Err(Error::Corrupt { table: "log_state", column: "size" }))?;
        let mut edge = match self.edge.take() {
            Some(edge) if edge.size() == size => edge,
            Some(_) | None => tx.edge(size).await?,
        };
        // A state that does not follow from the leaves is never signed over.
        if edge.root().as_bytes().as_slice() != state.root.as_slice() {
            return Err(Error::Corrupt { table: "log_state", column: "root" });
        }
        let mut placed = Vec::with_capacity(applied.len());
        for (position, entries) in applied {
            let first = edge.size();
            let mut bytes = Vec::with_capacity(entries.len());
            for entry in entries {
                bytes.push(append_entry(tx, &mut edge, entry).await?);
            }
            placed.push((position, first, bytes));
        }
        tx.update_log_state(state.size, &edge).await?;
        let note = self.sign(tx, &edge).await?;
        self.edge = Some(edge.clone());
        Ok(place(placed, Batch { size: edge.size(), note, edge }))
    }

    /// Commands without entries change no ledger; they stand at its present end.
    async fn place_nothing(
        &self,
        tx: &mut Tx,
        applied: Vec<(usize, Vec<NewEntry>)>,
    ) -> Result<Vec<(usize, Placed)>> {
        let note = match tx.latest_checkpoint().await? {
            Some(row) => {
                row.note.parse().or(Err(Error::Corrupt { table: "checkpoints", column: "note" }))?
            }
            None => self.checkpoint(&Edge::new())?,
        };
        let edge = self.edge.clone().unwrap_or_default();
        let size = edge.size();
        let placed =
            applied.into_iter().map(|(position, _)| (position, size, Vec::new())).collect();
        Ok(place(placed, Batch { size, note, edge }))
    }

    async fn sign(&self, tx: &mut Tx, edge: &Edge) -> Result<Note> {
        let note = self.checkpoint(edge)?;
        tx.insert_checkpoint(CheckpointRow {
            size: to_i64(edge.size())?,
            note: note.to_string(),
            signed_at: (self.now)(),
        })
        .await?;
        Ok(note)
    }

    fn checkpoint(&self, edge: &Edge) -> Result<Note> {
        Checkpoint { origin: self.origin.clone(), size: edge.size(), root: edge.root() }
            .sign(&self.signer)
            .or(Err(Error::UnsafeSetting("the log key does not fit the log".to_owned())))
    }
}

/// A command by its position in the batch, its first index, and the bytes of its entries.
type Span = (usize, u64, Vec<Vec<u8>>);

fn place(placed: Vec<Span>, batch: Batch) -> Vec<(usize, Placed)> {
    let batch = Arc::new(batch);
    placed
        .into_iter()
        .map(|(position, first, entries)| {
            let nodes = Nodes::of_edge(&batch.edge);
            (position, Placed { first, entries, batch: Arc::clone(&batch), nodes })
        })
        .collect()
}

/// Applies a command under a savepoint. A command that fails or stops leaves nothing behind; only a
/// failure of the connection itself fails the batch.
async fn apply_alone(tx: &mut Tx, job: &mut dyn Job) -> Result<Option<Vec<NewEntry>>> {
    tx.query("SAVEPOINT command").execute().await?;
    let entries = job.apply(tx).await?;
    if entries.is_none() {
        tx.query("ROLLBACK TO SAVEPOINT command").execute().await?;
    }
    tx.query("RELEASE SAVEPOINT command").execute().await?;
    Ok(entries)
}

async fn append_entry(tx: &mut Tx, edge: &mut Edge, new: NewEntry) -> Result<Vec<u8>> {
    let idx = to_i64(edge.size())?;
    let bytes = new.entry.encode();
    tx.insert_leaf(LeafRow { idx, event_id: new.entry.event_id, entry: bytes.clone() }).await?;
    tx.insert_disclosure(DisclosureRow { idx, ..new.row }).await?;
    for (id, tile) in edge.append(Hash::leaf(&bytes)) {
        tx.insert_tile(id, &tile).await?;
    }
    Ok(bytes)
}
