//! Witnesses outside: others who keep the newest checkpoint of this ledger and cosign only what continues
//! it (C2SP `tlog-witness`, `tlog-cosignature`).
//!
//! Whoever holds the gateway, its database and its key can rewrite everything and sign it again. Not what
//! witnesses have cosigned: they hold it, and do not cosign another history.
//!
//! Invariants: nothing is signed after a start before the witnesses that answer were heard; a line counts
//! only when it is by the key of a known witness; that a witness is gone stops nothing but the
//! cosignatures.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use crate::domain::id::Oin;
use crate::domain::time::Timestamp;
use crate::ledger::note::{KeyName, Note, Quorum, Witness};
use crate::store::{self, Db, Fork, Tx};

use super::Gateway;
use super::error::{Error, Result};

mod asking;

use asking::{Answer, Asking};

/// Who watches the ledger, and how they are reached.
#[derive(Debug, Clone)]
pub struct Watch {
    /// Those who watch.
    pub witnesses: Vec<Watcher>,
    /// How many must have cosigned a checkpoint, so that it counts as witnessed.
    pub needed: usize,
    /// How they are reached.
    pub reach: Arc<dyn Reach>,
}

/// One who watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher {
    /// The key that its cosignatures must be by.
    pub key: Witness,
    /// The organisation that keeps it, where that is one of the directory.
    pub oin: Option<Oin>,
}

/// Brings a request to a witness. The gateway itself knows no network.
pub trait Reach: fmt::Debug + Send + Sync {
    /// Asks the witness with this key for `add-checkpoint`, and waits no longer than some seconds.
    fn add_checkpoint<'a>(
        &'a self,
        witness: &'a KeyName,
        request: String,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<Reply, Unreached>> + Send + 'a>>;
}

/// What a witness answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body: signature lines, or a size.
    pub body: String,
}

/// Why no answer came. Says nothing of what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreached(pub String);

/// What is wrong with a witness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It gave no answer.
    #[error("{0}")]
    Unreached(String),
    /// It answered what no witness of this ledger should, by its HTTP status: it does not watch this
    /// ledger (404), does not know its key (403), or is out of order.
    #[error(
        "it answers {0}: it does not watch this ledger (404), does not know its key (403) or is out of order"
    )]
    Refused(u16),
    /// Its answer holds no cosignature by its key.
    #[error("its cosignature is not by its key")]
    NotCosigned,
    /// It cosigned this many entries, and this ledger does not begin with them.
    #[error("it cosigned {seen} entries, and this ledger does not begin with them")]
    Contradicts {
        /// How many.
        seen: u64,
    },
}

/// What is known of a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessState {
    /// Name of its key.
    pub name: KeyName,
    /// Who keeps it.
    pub oin: Option<Oin>,
    /// The newest checkpoint that it cosigned, and when.
    pub cosigned: Option<(u64, Timestamp)>,
    /// Entries that came since.
    pub behind: u64,
    /// What was wrong when this gateway asked it last.
    pub trouble: Option<Trouble>,
}

impl Watch {
    /// Which size each witness has of the ledger in this database, or what is wrong with it. Changes
    /// nothing here or there.
    pub async fn sizes(
        &self,
        db: &Db,
    ) -> Result<Vec<(&KeyName, std::result::Result<u64, Trouble>)>> {
        let asked = self.witnesses.iter().map(|one| async {
            let asking = Asking { db, witness: &one.key, reach: &*self.reach };
            Ok((one.key.name(), asking.size().await?))
        });
        join_all(asked).await.into_iter().collect()
    }
}

/// The witnesses of a gateway, and what was wrong with each when it was asked last.
#[derive(Debug, Default)]
pub(super) struct Witnesses {
    watch: Option<Watch>,
    quorum: Quorum,
    troubles: Mutex<BTreeMap<String, Trouble>>,
}

impl Witnesses {
    pub(super) fn new(watch: Option<Watch>) -> Self {
        let quorum = watch.as_ref().map_or_else(Quorum::default, |watch| Quorum {
            witnesses: watch.witnesses.iter().map(|one| one.key.clone()).collect(),
            needed: watch.needed,
        });
        Self { watch, quorum, troubles: Mutex::default() }
    }

    /// Asks every witness at once whether it agrees with the ledger in the database, before anything is
    /// signed. One that gives no answer keeps nobody from starting.
    pub(super) async fn compare(&self, db: &Db) -> Result<()> {
        let contradicted = self.ask(db, Asking::agreement).await?.into_iter().flatten().next();
        if let Some((seen, found)) = contradicted {
            return Err(store::Error::Fork(Fork::Witnessed { seen, found }).into());
        }
        Ok(())
    }

    /// Asks every witness; gives what those who contradict have seen, and what is there.
    async fn ask<'a, F>(
        &'a self,
        db: &'a Db,
        question: impl Fn(Asking<'a>) -> F,
    ) -> Result<Vec<Option<(u64, u64)>>>
    where
        F: Future<Output = Result<Answer>>,
    {
        let Some(watch) = &self.watch else { return Ok(Vec::new()) };
        let asked = watch.witnesses.iter().map(|one| {
            let asking = Asking { db, witness: &one.key, reach: &*watch.reach };
            let answer = question(asking);
            async move { Ok(self.note(one.key.name(), answer.await?)) }
        });
        join_all(asked).await.into_iter().collect()
    }

    /// Remembers what was wrong, and says it where it is new.
    fn note(&self, name: &KeyName, answer: Answer) -> Option<(u64, u64)> {
        let (trouble, found) = match answer {
            Answer::Agrees | Answer::Cosigned => (None, 0),
            Answer::Trouble { trouble, found } => (Some(trouble), found),
        };
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = troubles.get(name.as_str()) != trouble.as_ref();
        match &trouble {
            None => drop(troubles.remove(name.as_str())),
            Some(trouble) => drop(troubles.insert(name.to_string(), trouble.clone())),
        }
        drop(troubles);
        match &trouble {
            Some(Trouble::Contradicts { seen }) => {
                tracing::error!(event = "witness.contradicts", witness = %name, seen, found);
                return Some((*seen, found));
            }
            Some(trouble) if is_new => {
                tracing::warn!(event = "witness.silent", witness = %name, %trouble);
            }
            None if is_new => tracing::info!(event = "witness.agrees", witness = %name),
            Some(_) | None => {}
        }
        None
    }

    fn trouble(&self, name: &KeyName) -> Option<Trouble> {
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.get(name.as_str()).cloned()
    }

    fn contradict(&self) -> bool {
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.values().any(|trouble| matches!(trouble, Trouble::Contradicts { .. }))
    }
}

impl Gateway {
    /// Has the newest checkpoint cosigned, again and again, until it is told to stop.
    pub async fn watch_witnesses(self, every: Duration, stopped: impl Future<Output = ()> + Send) {
        tokio::pin!(stopped);
        loop {
            if let Err(error) = self.collect_cosignatures().await {
                tracing::warn!(event = "witnesses.not_asked", %error);
            }
            tokio::select! {
                () = &mut stopped => return,
                () = tokio::time::sleep(every) => {}
            }
        }
    }

    /// Has the newest checkpoint cosigned by every witness that has not done so.
    pub async fn collect_cosignatures(&self) -> Result<()> {
        self.witnesses().ask(self.db(), Asking::cosignature).await.map(drop)
    }

    /// Whose cosignatures count here, and how many are enough. Without witnesses none are.
    pub fn quorum(&self) -> &Quorum {
        &self.witnesses().quorum
    }

    /// Whether a witness holds another history than this ledger.
    pub(super) fn is_contradicted(&self) -> bool {
        self.witnesses().contradict()
    }

    /// What is known of each witness.
    pub(super) async fn witness_states(&self, tx: &mut Tx, size: u64) -> Result<Vec<WitnessState>> {
        let Some(watch) = &self.witnesses().watch else { return Ok(Vec::new()) };
        let mut states = Vec::with_capacity(watch.witnesses.len());
        for one in &watch.witnesses {
            let name = one.key.name().clone();
            let row = tx.newest_cosignature(name.as_str()).await?;
            let cosigned =
                row.and_then(|row| Some((u64::try_from(row.size).ok()?, row.cosigned_at)));
            states.push(WitnessState {
                oin: one.oin.clone(),
                behind: size.saturating_sub(cosigned.map_or(0, |(size, _)| size)),
                trouble: self.witnesses().trouble(&name),
                cosigned,
                name,
            });
        }
        Ok(states)
    }

    /// A checkpoint with the cosignatures of the witnesses that are known here. A line that was changed
    /// in the database is left out: it proves nothing.
    pub(super) async fn with_cosignatures(
        &self,
        tx: &mut Tx,
        size: i64,
        mut note: Note,
    ) -> Result<Note> {
        let quorum = self.quorum();
        if quorum.witnesses.is_empty() {
            return Ok(note);
        }
        for row in tx.cosignatures(size).await? {
            let Ok(line) = row.line.parse() else { continue };
            let Ok(with) = note.clone().with_signature(line) else { continue };
            let named = |witness: &&Witness| witness.name().as_str() == row.witness;
            let witness = quorum.witnesses.iter().find(named);
            if witness.is_some_and(|one| matches!(one.cosigned_at(&with), Ok(Some(_)))) {
                note = with;
            }
        }
        Ok(note)
    }

    /// The newest checkpoint over an entry, at most of size `upto`, that enough witnesses cosigned.
    pub(super) async fn witnessed_size(
        &self,
        tx: &mut Tx,
        index: u64,
        upto: u64,
    ) -> Result<Option<u64>> {
        let quorum = self.quorum();
        if quorum.witnesses.is_empty() {
            return Ok(None);
        }
        let range = (
            i64::try_from(index).map_err(Error::internal)?,
            i64::try_from(upto).map_err(Error::internal)?,
        );
        let needed = i64::try_from(quorum.needed.max(1)).map_err(Error::internal)?;
        for size in tx.cosigned_sizes(range, needed, LOOKED_AT).await? {
            let Some(row) = tx.checkpoint(size).await? else { continue };
            let Ok(note) = row.note.parse::<Note>() else { continue };
            if quorum.is_met_by(&self.with_cosignatures(tx, size, note).await?) {
                return u64::try_from(size).map(Some).map_err(Error::internal);
            }
        }
        Ok(None)
    }
}

/// Cosigned checkpoints that are tried: more than one only where lines were changed in the database.
const LOOKED_AT: u32 = 8;

#[cfg(test)]
mod tests;
