//! The anchor: the newest checkpoint that this gateway signed and committed, kept outside the database.
//!
//! A database can go back in time: a backup is restored, an asynchronous standby is promoted, the old
//! primary of a failover returns. Nothing inside it can tell. Whoever then signed on would sign a
//! second history of the same ledger. So a gateway signs only what continues its anchor, and answers
//! nobody before the anchor has the checkpoint of the answer.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::{Note, Verifier};

mod file;
mod fork;

pub use fork::Fork;

use file::{Content, Slots};

/// Why the anchor cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AnchorError {
    /// The file cannot be read or written.
    #[error("the anchor {} cannot be used", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<std::io::Error>,
    },
    /// What stands in the file was never an anchor, or both of its copies were damaged.
    #[error("the anchor {} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// What stands in the file is signed by another key, or for another ledger.
    #[error("the anchor {} is not of this ledger and its key", path.display())]
    OfAnother {
        /// The file.
        path: PathBuf,
    },
}

/// The anchor of a gateway. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Anchor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    slots: Slots,
    verifier: Verifier,
    /// What this process knows to be durable in the file.
    kept: Mutex<Option<Kept>>,
    /// The newest checkpoint that somebody waits for.
    wanted: Mutex<Option<Kept>>,
    /// Held while the file is written: who comes meanwhile is served by the next write, all at once.
    writing: tokio::sync::Mutex<()>,
}

/// A checkpoint and its signed note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// As it was signed.
    pub note: Note,
}

impl Anchor {
    /// Opens the file, or makes an empty one, for the ledger that `verifier` is the key of.
    pub fn open(path: &Path, verifier: &Verifier) -> Result<Self, AnchorError> {
        let io = |source| io_error(path, source);
        let slots = Slots::open_or_create(path).map_err(io)?;
        let content = slots.locked(Slots::read).map_err(io)?;
        let kept = interpret(path, content, verifier)?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            slots,
            verifier: verifier.clone(),
            kept: Mutex::new(kept),
            wanted: Mutex::new(None),
            writing: tokio::sync::Mutex::new(()),
        })))
    }

    /// Reads the file of an anchor without opening it for use. A file that is not there is empty.
    pub fn look(path: &Path, verifier: &Verifier) -> Result<Option<Kept>, AnchorError> {
        let slots = match Slots::open_to_read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|source| io_error(path, source))?,
        };
        let content = slots.read().map_err(|source| io_error(path, source))?;
        interpret(path, content, verifier)
    }

    /// The checkpoint that is durable; none before the first.
    pub fn kept(&self) -> Option<Kept> {
        lock(&self.0.kept).clone()
    }

    /// Keeps a checkpoint of a commit that has happened; durable when this returns. Callers that come
    /// at once share a write. A checkpoint older than the one that is kept changes nothing.
    pub async fn advance(&self, size: u64, note: &Note) -> Result<(), AnchorError> {
        if self.has(size) {
            return Ok(());
        }
        let new = self.read_own(note)?;
        {
            let mut wanted = lock(&self.0.wanted);
            if wanted.as_ref().is_none_or(|wanted| wanted.checkpoint.size < size) {
                *wanted = Some(new);
            }
        }
        let _turn = self.0.writing.lock().await;
        if self.has(size) {
            return Ok(());
        }
        let Some(newest) = lock(&self.0.wanted).clone() else { return Ok(()) };
        self.write(newest, Which::Newer).await
    }

    /// Keeps a checkpoint whatever was kept before: the operator decided so.
    pub async fn replace(&self, note: &Note) -> Result<(), AnchorError> {
        let _turn = self.0.writing.lock().await;
        let new = self.read_own(note)?;
        *lock(&self.0.wanted) = None;
        self.write(new, Which::Any).await
    }

    /// Writes what is kept once more, to see that it can be written.
    pub(super) async fn probe(&self) -> Result<(), AnchorError> {
        let _turn = self.0.writing.lock().await;
        match self.kept() {
            Some(kept) => self.write(kept, Which::Same).await,
            None => Ok(()),
        }
    }

    fn has(&self, size: u64) -> bool {
        lock(&self.0.kept).as_ref().is_some_and(|kept| kept.checkpoint.size >= size)
    }

    /// A note that this process has just signed: its signature is not checked again.
    fn read_own(&self, note: &Note) -> Result<Kept, AnchorError> {
        let other = |_malformed| AnchorError::OfAnother { path: self.0.path.clone() };
        let checkpoint = note.text().parse().map_err(other)?;
        Ok(Kept { checkpoint, note: note.clone() })
    }

    async fn write(&self, new: Kept, which: Which) -> Result<(), AnchorError> {
        let inner = Arc::clone(&self.0);
        let written = tokio::task::spawn_blocking(move || inner.write(new, which)).await;
        written
            .unwrap_or_else(|panicked| Err(io_error(&self.0.path, std::io::Error::other(panicked))))
    }
}

/// What may replace what is in the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// A larger checkpoint only: another gateway of this machine may have been there.
    Newer,
    /// One that is not smaller.
    Same,
    /// Any.
    Any,
}

impl Inner {
    /// A failed write may have left anything in the slot that does not count, so the next one writes
    /// it whole again.
    fn write(&self, new: Kept, which: Which) -> Result<(), AnchorError> {
        let io = |source| io_error(&self.path, source);
        self.slots.locked(|slots| Ok(self.write_locked(slots, new, which))).map_err(io)?
    }

    fn write_locked(&self, slots: &Slots, new: Kept, which: Which) -> Result<(), AnchorError> {
        let io = |source| io_error(&self.path, source);
        let present = slots.read().map_err(io)?;
        let stored = match which {
            Which::Any => None,
            Which::Newer | Which::Same => self.stored(&present)?,
        };
        let kept = match stored {
            Some(stored) if stored.checkpoint.size > new.checkpoint.size => stored,
            Some(stored) if stored == new && which == Which::Newer => stored,
            Some(_) | None => {
                slots.write(&present, &new.note.to_string()).map_err(io)?;
                new
            }
        };
        *lock(&self.kept) = Some(kept);
        Ok(())
    }
}

impl Inner {
    /// What stands in the file. What this process wrote itself needs no check of its signature.
    fn stored(&self, present: &Content) -> Result<Option<Kept>, AnchorError> {
        let own = lock(&self.kept).clone();
        match (present, own) {
            (Content::Kept(slot), Some(own)) if slot.note == own.note.to_string() => Ok(Some(own)),
            _ => interpret(&self.path, present.clone(), &self.verifier),
        }
    }
}

fn interpret(
    path: &Path,
    content: Content,
    verifier: &Verifier,
) -> Result<Option<Kept>, AnchorError> {
    let slot = match content {
        Content::Blank => return Ok(None),
        Content::Damaged => return Err(AnchorError::Damaged { path: path.to_owned() }),
        Content::Kept(slot) => slot,
    };
    let damaged = |_malformed| AnchorError::Damaged { path: path.to_owned() };
    let note = slot.note.parse().map_err(damaged)?;
    open_note(path, note, verifier).map(Some)
}

fn open_note(path: &Path, note: Note, verifier: &Verifier) -> Result<Kept, AnchorError> {
    let origin = verifier.name();
    let checkpoint = Checkpoint::open(&note, std::slice::from_ref(verifier), origin)
        .map_err(|_unsigned| AnchorError::OfAnother { path: path.to_owned() })?;
    Ok(Kept { checkpoint, note })
}

fn io_error(path: &Path, source: std::io::Error) -> AnchorError {
    AnchorError::Io { path: path.to_owned(), source: Arc::new(source) }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
