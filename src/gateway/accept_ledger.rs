//! The operator accepts a ledger that the gateway would not continue: its end is lost for good, or the
//! anchor is. It is accepted as it is, with an entry that says so, and only then anchored anew.

use crate::domain::event::EventCode;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::Note;
use crate::store::{self, Anchor, Command, Flow, Fork, NewEntry, Placed, Tx};

use super::directory::sha256;
use super::error::{Error, Result};
use super::journal::{Administered, Scope};
use super::{Gateway, Opening};

/// What was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// Nothing: the ledger continues what was signed.
    Nothing,
    /// The ledger as it was in the database.
    Ledger {
        /// Why it would not have been continued.
        fork: Fork,
        /// Position of the entry that says it was accepted.
        index: u64,
    },
}

impl Gateway {
    /// Accepts the ledger in the database for the anchor of the opening. `reason` stands in the ledger:
    /// it must not hold anything about a person. No gateway may run on the database meanwhile.
    pub async fn accept_ledger(opening: Opening, reason: &str) -> Result<Accepted> {
        let anchor = opening.anchor.clone().ok_or_else(|| Error::internal(NoAnchor))?;
        let directory = opening.directory.clone();
        let gateway = Self::assemble(Opening { anchor: None, ..opening }).await?;
        let accepted = gateway.accept(&anchor, &directory, reason).await;
        gateway.close().await;
        accepted
    }

    async fn accept(
        &self,
        anchor: &Anchor,
        directory: &super::DirectoryFile,
        reason: &str,
    ) -> Result<Accepted> {
        let Some(fork) = self.fork(anchor).await? else { return Ok(Accepted::Nothing) };
        let lost = match fork {
            Fork::Behind { signed, found } => signed.saturating_sub(found),
            Fork::Other { .. }
            | Fork::Unanchored { .. }
            | Fork::Disputed { .. }
            | Fork::Witnessed { .. } => 0,
        };
        let given_up = anchor.kept().map(|kept| kept.note.to_string()).unwrap_or_default();
        let call = self.own_call(directory.organisations.iter())?;
        let entry = self.administered(
            &call,
            &Administered {
                event: EventCode::LedgerAccepted,
                scope: Scope::Ledger,
                count: usize::try_from(lost).map_err(Error::internal)?,
                digest: sha256(given_up.as_bytes()),
                note: format!("{}: {reason}", fork.word()),
            },
        )?;
        let (index, note) = self.writer().commit(Accept { entry }).await?;
        anchor.replace(&note).await.map_err(store::Error::from)?;
        Ok(Accepted::Ledger { fork, index })
    }

    /// Why the ledger would not be continued. Its newest checkpoint must be signed by our key, whatever
    /// the operator decides: a ledger of somebody else is never continued.
    async fn fork(&self, anchor: &Anchor) -> Result<Option<Fork>> {
        let corrupt = store::Error::Corrupt { table: "checkpoints", column: "note" };
        let mut tx = self.db().read().await?;
        let state = tx.log_state().await?.ok_or_else(|| corrupt.clone())?;
        let size = u64::try_from(state.size).map_err(Error::internal)?;
        if let Some(newest) = tx.latest_checkpoint().await? {
            let note: Note = newest.note.parse().map_err(|_malformed| corrupt.clone())?;
            let keys = std::slice::from_ref(self.ledger_verifier());
            Checkpoint::open(&note, keys, self.origin()).map_err(|_unsigned| corrupt.clone())?;
        }
        let kept = anchor.kept().map(|kept| kept.checkpoint);
        let disputed = state.disputed.as_deref().map(Fork::disputed);
        let Some(kept) = kept else {
            return Ok(disputed.or_else(|| (size > 0).then_some(Fork::Unanchored { found: size })));
        };
        let root = store::ledger::hash(&state.root)?;
        match tx.check_continues((kept.size, kept.root), (size, root)).await {
            Ok(()) => Ok(disputed),
            Err(store::Error::Fork(fork)) => Ok(Some(fork)),
            Err(error) => Err(error.into()),
        }
    }
}

/// A ledger is accepted for an anchor.
#[derive(Debug, thiserror::Error)]
#[error("there is no anchor to accept the ledger for")]
struct NoAnchor;

struct Accept {
    entry: NewEntry,
}

impl Command for Accept {
    type Outcome = (u64, Note);

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<(u64, Note)>> {
        tx.settle_dispute().await?;
        Ok(Flow::Append(vec![self.entry.clone()]))
    }

    async fn complete(&self, _tx: &mut Tx, placed: &mut Placed) -> store::Result<(u64, Note)> {
        Ok((placed.first(), placed.checkpoint().clone()))
    }
}
