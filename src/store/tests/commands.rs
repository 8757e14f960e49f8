//! Commands for the writer, well-behaved and not.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::ledger::note::Note;
use crate::store::error::{Error, Result};
use crate::store::{Command, Flow, NewEntry, Placed, Tx, Writer};

use super::samples::{entries, organisation};

/// Writes a row, appends entries and proves each of them.
#[derive(Clone)]
pub(super) struct Log {
    /// Number of the organisation that is written; 0 for none.
    pub(super) row: u64,
    pub(super) entries: Vec<NewEntry>,
}

/// What [`Log`] answers.
pub(super) struct Logged {
    pub(super) first: u64,
    pub(super) entries: Vec<Vec<u8>>,
    pub(super) checkpoint: Note,
    pub(super) proofs: Vec<String>,
}

impl Log {
    /// Appends the entries with these numbers.
    pub(super) fn entries(numbers: std::ops::Range<u64>) -> Self {
        Self { row: 0, entries: entries(numbers) }
    }

    /// Writes the row and appends the entry with this number.
    pub(super) fn row(number: u64) -> Self {
        Self { row: number, entries: entries(number..number + 1) }
    }
}

impl Command for Log {
    type Outcome = Logged;

    async fn apply(&self, tx: &mut Tx) -> Result<Flow<Logged>> {
        if self.row > 0 {
            tx.record_organisation(&organisation(self.row)).await?;
        }
        Ok(Flow::Append(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> Result<Logged> {
        let first = placed.first();
        let entries = placed.entries().to_vec();
        let mut proofs = Vec::new();
        for index in (first..).take(entries.len()) {
            proofs.push(placed.tlog_proof(tx, index).await?);
        }
        Ok(Logged { first, entries, checkpoint: placed.checkpoint().clone(), proofs })
    }
}

/// How [`Bad`] goes wrong, always after it has written its row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// Stops with an answer.
    Stop,
    /// A second row with the same key.
    Conflict,
    /// A statement that the database refuses.
    Refused,
    /// An error that no statement caused.
    Own,
    /// An entry whose event is in the ledger.
    KnownEvent,
    /// A statement of `complete` is refused.
    RefusedInComplete,
    /// An error of `complete` that no statement caused.
    OwnInComplete,
    /// A refused statement of `complete`, and goes on as if nothing had happened.
    Swallowed,
}

/// Writes a row and then goes wrong. Its number stands for row and entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bad {
    pub(super) number: u64,
    pub(super) fault: Fault,
}

/// Violates a condition of the table.
async fn refused(tx: &mut Tx) -> Result<()> {
    tx.query("INSERT INTO checkpoints (size, note, signed_at) VALUES (-1, NULL, 0)")
        .execute_one()
        .await
}

impl Command for Bad {
    type Outcome = &'static str;

    async fn apply(&self, tx: &mut Tx) -> Result<Flow<&'static str>> {
        tx.record_organisation(&organisation(self.number)).await?;
        match self.fault {
            Fault::Stop => return Ok(Flow::Stop("stopped")),
            Fault::Conflict => {
                tx.query("INSERT INTO organisations SELECT * FROM organisations").execute().await?;
            }
            Fault::Refused => refused(tx).await?,
            Fault::Own => return Err(Error::Corrupt { table: "cases", column: "content" }),
            Fault::KnownEvent => return Ok(Flow::Append(entries(0..1))),
            Fault::RefusedInComplete | Fault::OwnInComplete | Fault::Swallowed => {}
        }
        Ok(Flow::Append(entries(self.number..self.number + 1)))
    }

    async fn complete(&self, tx: &mut Tx, _placed: &mut Placed) -> Result<&'static str> {
        match self.fault {
            Fault::RefusedInComplete => refused(tx).await?,
            Fault::Swallowed => drop(refused(tx).await),
            Fault::OwnInComplete => {
                return Err(Error::Corrupt { table: "cases", column: "content" });
            }
            Fault::Stop | Fault::Conflict | Fault::Refused | Fault::Own | Fault::KnownEvent => {}
        }
        Ok("done")
    }
}

/// Keeps the writer busy until it is opened, so that what is handed over meanwhile becomes one batch.
#[derive(Clone, Default)]
pub(super) struct Gate {
    entered: Arc<Notify>,
    open: Arc<Notify>,
}

impl Gate {
    /// Shuts the writer; returns when it waits inside.
    pub(super) async fn shut(writer: &Writer) -> Self {
        let gate = Self::default();
        let (writer, command) = (writer.clone(), gate.clone());
        tokio::spawn(async move { writer.commit(command).await });
        gate.entered.notified().await;
        gate
    }

    pub(super) fn open(&self) {
        self.open.notify_one();
    }
}

impl Command for Gate {
    type Outcome = ();

    async fn apply(&self, _tx: &mut Tx) -> Result<Flow<()>> {
        self.entered.notify_one();
        self.open.notified().await;
        Ok(Flow::Stop(()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> Result<()> {
        Ok(())
    }
}

/// Commits in one batch what the futures hand over when they are first polled, in their order.
pub(super) async fn in_one_batch<T>(
    writer: &Writer,
    commits: impl IntoIterator<Item = impl Future<Output = T>>,
) -> Vec<T> {
    let gate = Gate::shut(writer).await;
    let (answers, ()) = tokio::join!(join_all(commits), async { gate.open() });
    answers
}
