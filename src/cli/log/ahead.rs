//! Reads a ledger ahead for a thread that checks it, so that one reads while the other computes.
//!
//! Invariants: everything comes out of one transaction; of every kind of rows at most two pages are in
//! memory, the one that is looked at and the one that comes next, however large the ledger is.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use crate::ledger::hash::Hash;
use crate::ledger::verify::{Finding, Signatory};
use crate::store::db::page::{Page, PageRow};
use crate::store::inspect::{DisclosureAt, LeafAt, PurgedAt};
use crate::store::ledger::TileRow;
use crate::store::{self, Tx};

/// Entries have at most a kilobyte: a page is at most a megabyte.
const LEAVES: u32 = 1024;
/// A hash and two numbers.
const PURGED: u32 = 1024;
/// Of a row some two hundred bytes are read.
const DISCLOSURES: u32 = 1024;
/// Tiles have eight kilobytes.
const TILES: u32 = 64;
/// Checkpoints have a few hundred bytes until many witnesses sign them.
const CHECKPOINTS: u32 = 256;
/// Checking fewer signatures than this is sooner done than handed to another thread.
const SIGNATURES_MIN: usize = 16;

/// Does `work` on a thread of its own, and reads for it meanwhile.
pub(super) async fn read_for<T: Send + 'static>(
    tx: &mut Tx,
    work: impl FnOnce(&Desk) -> Result<T, Stopped> + Send + 'static,
) -> anyhow::Result<T> {
    let (desk, wanted) = mpsc::unbounded_channel();
    let working = spawn_blocking(move || work(&Desk(desk)));
    serve(wanted, tx).await?;
    Ok(working.await??)
}

/// Reads what is wanted, until nobody wants anything any more.
async fn serve(mut wanted: mpsc::UnboundedReceiver<Wanted>, tx: &mut Tx) -> store::Result<()> {
    while let Some(wanted) = wanted.recv().await {
        match wanted {
            Wanted::Leaves(ask) => ask.answer(tx).await?,
            Wanted::Purged(ask) => ask.answer(tx).await?,
            Wanted::Disclosures(ask) => ask.answer(tx).await?,
            Wanted::Tiles(ask) => ask.answer(tx).await?,
            Wanted::Checkpoints(ask) => {
                let Ask { scope: signatory, from, mut page, to } = ask;
                page.read(tx, &signatory, from).await?;
                drop(spawn_blocking(move || {
                    page.open(&signatory);
                    drop(to.send(page));
                }));
            }
        }
    }
    Ok(())
}

/// Where pages are asked for. Nobody asks for more than one page ahead, so what waits here is bounded.
pub(super) struct Desk(mpsc::UnboundedSender<Wanted>);

/// Whoever reads has stopped; why, it tells itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ledger could not be read to its end")]
pub(super) struct Stopped;

/// A page that somebody waits for.
pub(super) enum Wanted {
    Leaves(Ask<Page<LeafAt>>),
    Purged(Ask<Page<PurgedAt>>),
    Disclosures(Ask<Page<DisclosureAt>>),
    Tiles(Ask<Tiles>),
    Checkpoints(Ask<Checkpoints>),
}

/// Rows of one kind from a key on.
pub(super) struct Ask<P: Pages> {
    scope: P::Scope,
    from: i64,
    /// One that is not needed any more, to be filled.
    page: P,
    to: oneshot::Sender<P>,
}

impl<P: Pages> Ask<P> {
    async fn answer(mut self, tx: &mut Tx) -> store::Result<()> {
        self.page.read(tx, &self.scope, self.from).await?;
        // Whoever does not wait any more needs no answer.
        drop(self.to.send(self.page));
        Ok(())
    }
}

/// Rows of one kind, in pages.
pub(super) trait Pages: Default + Send + 'static {
    /// What the rows belong to.
    type Scope: Clone + Send + Sync + 'static;
    /// How many rows the page has.
    fn len(&self) -> usize;
    /// The number that rows are ordered by, of the row at a place.
    fn key(&self, place: usize) -> Option<i64>;
    /// Reads rows from a key on, in place of what the page held.
    fn read(
        &mut self,
        tx: &mut Tx,
        scope: &Self::Scope,
        from: i64,
    ) -> impl Future<Output = store::Result<()>> + Send;
    fn wanted(ask: Ask<Self>) -> Wanted;
}

/// Rows of one kind, in order, the next page on its way.
pub(super) struct Cursor<'d, P: Pages> {
    desk: &'d Desk,
    scope: P::Scope,
    page: P,
    place: usize,
    /// The next page; none after the last one.
    next: Option<oneshot::Receiver<P>>,
}

impl<'d, P: Pages> Cursor<'d, P> {
    /// Rows from the very first on: also those with a number that no row should have.
    pub(super) fn new(desk: &'d Desk, scope: P::Scope) -> Self {
        let mut cursor = Self { desk, scope, page: P::default(), place: 0, next: None };
        cursor.ask(i64::MIN, P::default());
        cursor
    }

    /// The key of the row that the cursor stands at; none at the end. Waits for it, if it must.
    pub(super) fn key(&mut self) -> Result<Option<i64>, Stopped> {
        if self.place >= self.page.len()
            && let Some(next) = self.next.take()
        {
            let page = next.blocking_recv().or(Err(Stopped))?;
            let used = std::mem::replace(&mut self.page, page);
            self.place = 0;
            let last = self.page.len().checked_sub(1).and_then(|last| self.page.key(last));
            if let Some(from) = last.and_then(|last| last.checked_add(1)) {
                self.ask(from, used);
            }
        }
        Ok(self.page.key(self.place))
    }

    /// Goes to the next row.
    pub(super) const fn advance(&mut self) {
        self.place += 1;
    }

    fn ask(&mut self, from: i64, page: P) {
        let (to, next) = oneshot::channel();
        // Who has stopped reading is noticed by who waits for the page.
        let ask = Ask { scope: self.scope.clone(), from, page, to };
        drop(self.desk.0.send(P::wanted(ask)));
        self.next = Some(next);
    }
}

impl<R: PageRow> Cursor<'_, Page<R>>
where
    Page<R>: Pages,
{
    /// The row that the cursor stands at, once its key is known.
    pub(super) fn row(&self) -> Option<R::View<'_>> {
        self.page.row(self.place)
    }
}

impl Cursor<'_, Tiles> {
    /// The tile that the cursor stands at, once its key is known.
    pub(super) fn tile(&self) -> Option<&TileRow> {
        self.page.0.get(self.place)
    }
}

impl Cursor<'_, Checkpoints> {
    /// The checkpoint that the cursor stands at, once its key is known.
    pub(super) fn checkpoint(&self) -> Option<&Opened> {
        self.page.0.get(self.place)
    }
}

impl Pages for Page<LeafAt> {
    type Scope = ();

    fn len(&self) -> usize {
        self.len()
    }
    fn key(&self, place: usize) -> Option<i64> {
        self.row(place).map(|leaf| leaf.idx)
    }
    fn read(
        &mut self,
        tx: &mut Tx,
        (): &(),
        from: i64,
    ) -> impl Future<Output = store::Result<()>> + Send {
        tx.raw_leaves(from, LEAVES, self)
    }
    fn wanted(ask: Ask<Self>) -> Wanted {
        Wanted::Leaves(ask)
    }
}

impl Pages for Page<PurgedAt> {
    type Scope = ();

    fn len(&self) -> usize {
        self.len()
    }

    fn key(&self, place: usize) -> Option<i64> {
        self.row(place).map(|purged| purged.idx)
    }

    fn read(
        &mut self,
        tx: &mut Tx,
        (): &(),
        from: i64,
    ) -> impl Future<Output = store::Result<()>> + Send {
        tx.raw_purged(from, PURGED, self)
    }

    fn wanted(ask: Ask<Self>) -> Wanted {
        Wanted::Purged(ask)
    }
}

impl Pages for Page<DisclosureAt> {
    type Scope = ();

    fn len(&self) -> usize {
        self.len()
    }
    fn key(&self, place: usize) -> Option<i64> {
        self.row(place).map(|row| row.idx)
    }
    fn read(
        &mut self,
        tx: &mut Tx,
        (): &(),
        from: i64,
    ) -> impl Future<Output = store::Result<()>> + Send {
        tx.raw_disclosures(from, DISCLOSURES, self)
    }
    fn wanted(ask: Ask<Self>) -> Wanted {
        Wanted::Disclosures(ask)
    }
}

/// Tiles of one level.
#[derive(Default)]
pub(super) struct Tiles(Vec<TileRow>);

impl Pages for Tiles {
    /// Their level.
    type Scope = i64;

    fn len(&self) -> usize {
        self.0.len()
    }
    fn key(&self, place: usize) -> Option<i64> {
        self.0.get(place).map(|tile| tile.idx)
    }
    async fn read(&mut self, tx: &mut Tx, level: &i64, from: i64) -> store::Result<()> {
        self.0 = tx.tiles(*level, from, TILES).await?;
        Ok(())
    }
    fn wanted(ask: Ask<Self>) -> Wanted {
        Wanted::Tiles(ask)
    }
}

/// Checkpoints, and what they say.
#[derive(Default)]
pub(super) struct Checkpoints(Vec<Opened>);

/// A checkpoint, and what it says once it has been opened.
pub(super) struct Opened {
    pub(super) size: i64,
    note: String,
    /// Size and root, or what is wrong; none for a size that no ledger has.
    pub(super) said: Option<(u64, Result<Hash, Finding>)>,
}

impl Opened {
    fn open(&mut self, signatory: &Signatory) {
        let size = u64::try_from(self.size).ok();
        self.said = size.map(|size| (size, signatory.open(size, &self.note)));
    }
}

impl Checkpoints {
    /// Checks the signatures, each in full, on as many threads as there are cores.
    fn open(&mut self, signatory: &Signatory) {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let share = self.0.len().div_ceil(threads).max(SIGNATURES_MIN);
        let open = |part: &mut [Opened]| part.iter_mut().for_each(|one| one.open(signatory));
        thread::scope(|scope| {
            let mut parts = self.0.chunks_mut(share);
            let own = parts.next();
            for part in parts {
                scope.spawn(move || open(part));
            }
            own.map(open);
        });
    }
}

impl Pages for Checkpoints {
    /// Who signs them.
    type Scope = Arc<Signatory>;

    fn len(&self) -> usize {
        self.0.len()
    }
    fn key(&self, place: usize) -> Option<i64> {
        self.0.get(place).map(|checkpoint| checkpoint.size)
    }
    async fn read(&mut self, tx: &mut Tx, _: &Arc<Signatory>, from: i64) -> store::Result<()> {
        let rows = tx.raw_checkpoints(from, CHECKPOINTS).await?;
        let unopened = |row: store::inspect::RawCheckpoint| Opened {
            size: row.size,
            note: row.note,
            said: None,
        };
        self.0 = rows.into_iter().map(unopened).collect();
        Ok(())
    }
    fn wanted(ask: Ask<Self>) -> Wanted {
        Wanted::Checkpoints(ask)
    }
}
