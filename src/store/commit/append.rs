//! Appends the entries of a batch to the ledger and signs the state they lead to.
//!
//! Invariant: a gateway never signs two histories. What it signs continues what it signed last (which
//! it knows after a start from its anchor), the newest checkpoint in the database, and the leaves;
//! where one of them differs it signs nothing.

use std::sync::Arc;

use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Hash;
use crate::ledger::note::{Note, Signer};
use crate::ledger::tile::{Edge, Tile, TileId};
use crate::ledger::tree::Frontier;
use crate::store::anchor::Fork;
use crate::store::db::{Db, Tx};
use crate::store::disclosures::DisclosureRow;
use crate::store::error::{Error, Result};
use crate::store::ledger::{CheckpointRow, LeafRow, LogState, Nodes, to_i64};

use super::failure::Failure;
use super::{End, NewEntry, Now, Placed};

pub(super) struct Appender {
    signer: Signer,
    now: Now,
    /// The right edge of the tree as this process last committed it. Kept when another replica
    /// appends: it is what the process knows for certain of the log.
    known: Option<Edge>,
    /// What was signed before the process started: counts while nothing is known.
    anchored: Option<(u64, Hash)>,
    /// The state that the transaction under way leads to.
    pending: Option<(Edge, Arc<End>)>,
}

impl Appender {
    pub(super) const fn new(signer: Signer, now: Now, anchored: Option<(u64, Hash)>) -> Self {
        Self { signer, now, known: None, anchored, pending: None }
    }

    /// Forgets what a transaction that was not committed led to.
    pub(super) fn start_over(&mut self) {
        self.pending = None;
    }

    /// Takes over what was committed, and tells what was signed for it, if there were entries.
    pub(super) fn committed(&mut self) -> Option<Arc<End>> {
        let (edge, end) = self.pending.take()?;
        self.known = Some(edge);
        Some(end)
    }

    /// After a commit whose reply was lost: whether it happened, read from the state itself. `None`
    /// when that cannot be told: no entry bears witness, or SQLite, where a commit that could not be
    /// synced may still come back after a crash.
    pub(super) async fn was_committed(&self, db: &Db) -> Result<Option<bool>> {
        let Some((edge, end)) = &self.pending else { return Ok(None) };
        let mut tx = db.write().await?;
        if tx.is_sqlite() {
            return Ok(None);
        }
        // Waits for the lost transaction to end, should its server process still be at it.
        tx.lock_log_state().await?;
        let found = tx.checkpoint(to_i64(edge.size())?).await?;
        // After a crash of the server a commit shows that its standby never confirmed. Ours is confirmed
        // only after it.
        tx.touch_log_state().await?;
        tx.commit().await?;
        Ok(Some(found.is_some_and(|row| row.note == end.note.to_string())))
    }

    /// Appends the entries of all applied commands, given with their positions in the batch.
    pub(super) async fn append(
        &mut self,
        tx: &mut Tx,
        applied: Vec<(usize, Vec<NewEntry>)>,
    ) -> Result<Vec<(usize, Placed)>, Failure> {
        if applied.iter().all(|(_, entries)| entries.is_empty()) {
            return self.place_nothing(tx, applied).await.map_err(Failure::Ledger);
        }
        let state = tx.lock_log_state().await.map_err(Failure::Ledger)?;
        let mut edge = self.edge(tx, &state).await.map_err(Failure::Ledger)?;
        check_directory(&applied, &state)?;
        let mut placed = Vec::with_capacity(applied.len());
        let mut completed = Vec::new();
        for (position, entries) in applied {
            let first = edge.size();
            let mut bytes = Vec::with_capacity(entries.len());
            for entry in entries {
                bytes.push(append_entry(tx, &mut edge, &mut completed, entry).await?);
            }
            placed.push((position, first, bytes));
        }
        // An event that is in the ledger already comes to light here, where it is still known that a
        // command is at fault.
        tx.send_sets().await?;
        for (id, tile) in &completed {
            tx.insert_tile(*id, tile).await.map_err(Failure::Ledger)?;
        }
        let end = Arc::new(self.sign(tx, &state, &edge).await.map_err(Failure::Ledger)?);
        let places = place(placed, &end, &Nodes::newest(&edge, completed));
        self.pending = Some((edge, end));
        Ok(places)
    }

    /// Looks at what others have signed meanwhile: the newest checkpoint, when it is not known yet and
    /// continues what is.
    pub(super) async fn observe(&mut self, db: &Db) -> Result<Option<Arc<End>>> {
        let mut tx = db.read().await?;
        let Some(state) = tx.log_state().await? else { return Ok(None) };
        let size = to_u64(state.size)?;
        if self.certain().map_or(0, |(known, _)| known) == size {
            return check_undisputed(&state).map(|()| None);
        }
        self.check(&mut tx, &state).await?;
        let edge = self.read_edge(&mut tx, size).await?;
        let Some(newest) = tx.latest_checkpoint().await? else { return Ok(None) };
        let note = parse(&newest)?;
        let verifier = self.signer.verifier();
        Checkpoint::open(&note, std::slice::from_ref(verifier), verifier.name())
            .or(Err(CHANGED_CHECKPOINT))?;
        self.known = Some(edge);
        Ok(Some(Arc::new(End { size, note })))
    }

    /// Whether an entry could be appended: the state of the log can be written, and the log may be
    /// continued from it.
    pub(super) async fn probe(&self, db: &Db) -> Result<()> {
        let mut tx = db.write().await?;
        tx.touch_log_state().await?;
        let state = tx.lock_log_state().await?;
        self.check(&mut tx, &state).await?;
        tx.commit().await
    }

    /// Whether the log may be continued from this state: by what the leaves give, not by what this
    /// process remembers.
    pub(super) async fn check(&self, tx: &mut Tx, state: &LogState) -> Result<()> {
        // What this gateway finds itself says more than that another one has found something.
        let edge = self.read_edge(tx, to_u64(state.size)?).await?;
        check_root(&edge, state)?;
        check_undisputed(state)
    }

    /// The checkpoint that shows a fork: the newest that this process has signed and committed. `None`
    /// when it signed none; what was signed before it started stands in the anchor.
    pub(super) fn newest_signed(&self) -> Result<Option<Note>> {
        self.known.as_ref().map(|edge| self.checkpoint(&edge.frontier())).transpose()
    }

    /// Commands without entries change no ledger; they stand at its present end.
    async fn place_nothing(
        &self,
        tx: &mut Tx,
        applied: Vec<(usize, Vec<NewEntry>)>,
    ) -> Result<Vec<(usize, Placed)>> {
        if applied.is_empty() {
            return Ok(Vec::new());
        }
        let end = match tx.latest_checkpoint().await? {
            Some(row) => End { size: to_u64(row.size)?, note: parse(&row)? },
            None => End { size: 0, note: self.checkpoint(&Frontier::new())? },
        };
        let first = end.size;
        let placed = applied.into_iter().map(|(position, _)| (position, first, Vec::new()));
        Ok(place(placed.collect(), &Arc::new(end), &Nodes::default()))
    }

    /// The right edge of the tree in this state, when the log may be continued from it.
    async fn edge(&self, tx: &mut Tx, state: &LogState) -> Result<Edge> {
        let size = to_u64(state.size)?;
        let edge = match &self.known {
            Some(known) if known.size() == size && check_root(known, state).is_ok() => {
                known.clone()
            }
            Some(_) | None => self.read_edge(tx, size).await?,
        };
        check_root(&edge, state)?;
        check_undisputed(state)?;
        Ok(edge)
    }

    async fn read_edge(&self, tx: &mut Tx, size: u64) -> Result<Edge> {
        let edge = tx.edge(size).await?;
        if let Some(row) = tx.latest_checkpoint().await? {
            let newest: Checkpoint = parse(&row)?.text().parse().or(Err(CHANGED_CHECKPOINT))?;
            if newest.size != size || newest.root != edge.root() {
                return Err(CHANGED_ROOT);
            }
        }
        if let Some((signed, root)) = self.certain() {
            tx.check_continues((signed, root), (size, edge.root())).await?;
        }
        Ok(edge)
    }

    /// Size and root of the newest state that this gateway has certainly signed.
    fn certain(&self) -> Option<(u64, Hash)> {
        self.known.as_ref().map(|edge| (edge.size(), edge.root())).or(self.anchored)
    }

    async fn sign(&self, tx: &mut Tx, from: &LogState, edge: &Edge) -> Result<End> {
        let frontier = edge.frontier();
        let note = self.checkpoint(&frontier)?;
        tx.insert_checkpoint(CheckpointRow {
            size: to_i64(edge.size())?,
            note: note.to_string(),
            signed_at: (self.now)(),
        })
        .await?;
        tx.update_log_state(from.size, &frontier).await?;
        Ok(End { size: edge.size(), note })
    }

    fn checkpoint(&self, tree: &Frontier) -> Result<Note> {
        let origin = self.signer.verifier().name().clone();
        Checkpoint { origin, size: tree.size(), root: tree.root() }
            .sign(&self.signer)
            .or(Err(Error::UnsafeSetting("the log key does not fit the log".to_owned())))
    }
}

const CHANGED_ROOT: Error = Error::Corrupt { table: "log_state", column: "root" };
const CHANGED_CHECKPOINT: Error = Error::Corrupt { table: "checkpoints", column: "note" };

fn check_root(edge: &Edge, state: &LogState) -> Result<()> {
    if edge.root().as_bytes().as_slice() == state.root.as_slice() {
        Ok(())
    } else {
        Err(CHANGED_ROOT)
    }
}

/// Read under the lock, so it is exact: a replica that has not heard of a new directory yet commits
/// nothing that it decided by the old one.
fn check_directory(applied: &[(usize, Vec<NewEntry>)], state: &LogState) -> Result<(), Failure> {
    let mut decided_by =
        applied.iter().flat_map(|(_, entries)| entries).filter_map(|entry| entry.directory_version);
    if decided_by.all(|version| version == state.directory_version) {
        Ok(())
    } else {
        Err(Failure::Command(Error::DirectoryChanged))
    }
}

fn check_undisputed(state: &LogState) -> Result<()> {
    state.disputed.as_deref().map_or(Ok(()), |note| Err(Error::Fork(Fork::disputed(note))))
}

fn parse(row: &CheckpointRow) -> Result<Note> {
    row.note.parse().or(Err(CHANGED_CHECKPOINT))
}

fn to_u64(size: i64) -> Result<u64> {
    u64::try_from(size).or(Err(Error::Corrupt { table: "log_state", column: "size" }))
}

/// Position in the batch, place of the first entry, bytes of all.
type Place = (usize, u64, Vec<Vec<u8>>);

fn place(placed: Vec<Place>, end: &Arc<End>, nodes: &Nodes) -> Vec<(usize, Placed)> {
    placed
        .into_iter()
        .map(|(position, first, entries)| {
            (position, Placed { first, entries, end: Arc::clone(end), nodes: nodes.clone() })
        })
        .collect()
}

/// Appends one entry. An event that is in the ledger already is its command's fault, anything else
/// the database's.
async fn append_entry(
    tx: &mut Tx,
    edge: &mut Edge,
    completed: &mut Vec<(TileId, Tile)>,
    new: NewEntry,
) -> Result<Vec<u8>, Failure> {
    let idx = to_i64(edge.size()).map_err(Failure::Ledger)?;
    let bytes = new.entry.encode();
    let leaf = LeafRow { idx, event_id: new.entry.event_id, entry: bytes.clone() };
    match tx.insert_leaf(leaf).await {
        Err(Error::Conflict) => return Err(Failure::Command(Error::Conflict)),
        inserted => inserted.map_err(Failure::Ledger)?,
    }
    let row = DisclosureRow { idx, ..new.row };
    tx.insert_disclosure(row).await.map_err(Failure::Ledger)?;
    completed.extend(edge.append(Hash::leaf(&bytes)));
    Ok(bytes)
}
