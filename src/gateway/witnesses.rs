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
use tokio::time::timeout;

use crate::domain::id::Oin;
use crate::domain::time::Timestamp;
use crate::ledger::note::{InvalidQuorum, KeyName, Quorum, Witness};
use crate::store::{self, Db, Fork, Tx};

use super::Gateway;
use super::error::{Error, Result};

mod asking;
mod seen;

pub use asking::Position;
use asking::{Answer, Asking};
pub use seen::{newest_witnessed, with_cosignatures};

/// A witness that has said nothing for longer may be cut off.
const SILENT_AFTER: Duration = Duration::from_mins(15);

/// How long a start waits for a witness: a little more than for one that does not answer.
const COMPARE_MAX: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 15 });

/// How long a witness may take otherwise: as many answers as it is asked for.
const ASK_MAX: Duration = Duration::from_secs(45);

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
    /// Others asked it all the time, so that it never had what was said.
    #[error("others asked it at the same time")]
    Busy,
    /// Its answer holds no cosignature by its key.
    #[error("its cosignature is not by its key")]
    NotCosigned,
    /// It cosigned this many entries, and this ledger does not begin with them.
    #[error("it cosigned {seen} entries, and this ledger does not begin with them")]
    Contradicts {
        /// How many.
        seen: u64,
        /// How many this ledger had then.
        found: u64,
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
    /// How far each witness has come with the ledger in this database, or what is wrong with it. Changes
    /// nothing here or there.
    pub async fn positions(
        &self,
        db: &Db,
    ) -> Result<Vec<(&KeyName, std::result::Result<Position, Trouble>)>> {
        let asked = self.witnesses.iter().map(|one| async {
            let asking = Asking { db, witness: &one.key, reach: &*self.reach };
            Ok((one.key.name(), asking.position().await?))
        });
        join_all(asked).await.into_iter().collect()
    }
}

impl WitnessState {
    /// Whether it has said lately that it agrees. It is asked every minute, also when nothing came.
    pub fn is_heard(&self, now: Timestamp) -> bool {
        self.trouble.is_none() && self.cosigned.is_some_and(|(_, at)| at.plus(SILENT_AFTER) > now)
    }
}

/// How many of the witnesses are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Those that said lately that they agree.
    pub heard: usize,
    /// All.
    pub known: usize,
    /// How many are enough.
    pub needed: usize,
}

/// The witnesses of a gateway, and what was wrong with each when it was asked last.
#[derive(Debug, Default)]
pub(super) struct Witnesses {
    watch: Option<Watch>,
    quorum: Quorum,
    troubles: Mutex<BTreeMap<String, Trouble>>,
}

impl Witnesses {
    pub(super) fn new(watch: Option<Watch>) -> Result<Self> {
        let quorum = watch.as_ref().map(Watch::quorum).transpose().map_err(Error::internal)?;
        Ok(Self { watch, quorum: quorum.unwrap_or_default(), troubles: Mutex::default() })
    }

    /// Asks every witness at once whether it agrees with the ledger in the database, before anything is
    /// signed. One that gives no answer keeps nobody from starting, and hides the answer of no other.
    pub(super) async fn compare(&self, db: &Db) -> Result<()> {
        self.ask(db, COMPARE_MAX).await?;
        self.contradiction().map_or(Ok(()), |fork| Err(store::Error::Fork(fork).into()))
    }

    /// Has every witness cosign, each within a longest wait.
    async fn ask(&self, db: &Db, longest: Duration) -> Result<()> {
        let Some(watch) = &self.watch else { return Ok(()) };
        let asked = watch.witnesses.iter().map(|one| async {
            let asking = Asking { db, witness: &one.key, reach: &*watch.reach };
            let answer = timeout(longest, asking.cosignature()).await;
            self.note(one.key.name(), answer.unwrap_or_else(|_late| Ok(Answer::late()))?);
            Ok(())
        });
        join_all(asked).await.into_iter().collect()
    }

    /// Remembers what was wrong, and says it where it is new. A witness that contradicted and then gives
    /// no answer has not agreed: only its cosignature ends the alarm.
    fn note(&self, name: &KeyName, answer: Answer) {
        let trouble = match answer {
            Answer::NotAsked => return,
            Answer::Cosigned => None,
            Answer::Trouble(trouble) => Some(trouble),
        };
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        let before = troubles.get(name.as_str()).cloned();
        let stands = matches!(before, Some(Trouble::Contradicts { .. }))
            && !matches!(trouble, None | Some(Trouble::Contradicts { .. }));
        if stands {
            return;
        }
        match &trouble {
            None => drop(troubles.remove(name.as_str())),
            Some(trouble) => drop(troubles.insert(name.to_string(), trouble.clone())),
        }
        drop(troubles);
        tell(name, (before.as_ref(), trouble.as_ref()));
    }

    fn trouble(&self, name: &KeyName) -> Option<Trouble> {
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.get(name.as_str()).cloned()
    }

    /// What a witness holds that this ledger is not; none where nobody contradicts.
    fn contradiction(&self) -> Option<Fork> {
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.values().find_map(|trouble| {
            let Trouble::Contradicts { seen, found } = *trouble else { return None };
            Some(Fork::Witnessed { seen, found })
        })
    }
}

impl Watch {
    /// Whose cosignatures count.
    fn quorum(&self) -> std::result::Result<Quorum, InvalidQuorum> {
        Quorum::new(self.witnesses.iter().map(|one| one.key.clone()).collect(), self.needed)
    }
}

/// Says what changed. That one contradicts is said every time.
fn tell(name: &KeyName, (before, now): (Option<&Trouble>, Option<&Trouble>)) {
    match now {
        Some(Trouble::Contradicts { seen, found }) => {
            tracing::error!(event = "witness.contradicts", witness = %name, seen, found);
        }
        Some(trouble) if before != now => {
            tracing::warn!(event = "witness.silent", witness = %name, %trouble);
        }
        None if before.is_some() => tracing::info!(event = "witness.agrees", witness = %name),
        Some(_) | None => {}
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

    /// Has the newest checkpoint cosigned by every witness. One that has done so says it again, so that
    /// it is known to be there.
    pub async fn collect_cosignatures(&self) -> Result<()> {
        self.witnesses().ask(self.db(), ASK_MAX).await
    }

    /// Whose cosignatures count here, and how many are enough. Without witnesses none are.
    pub fn quorum(&self) -> &Quorum {
        &self.witnesses().quorum
    }

    /// Whether a witness holds another history than this ledger. Then nothing may be proven by it.
    pub(super) fn contradiction(&self) -> Option<Fork> {
        self.witnesses().contradiction()
    }

    /// How many of the witnesses are there; none where nobody watches.
    pub async fn heard_witnesses(&self) -> Result<Option<Heard>> {
        if self.quorum().witnesses().is_empty() {
            return Ok(None);
        }
        let states = self.witness_states(&mut self.db().read().await?, 0).await?;
        let now = self.clock().now();
        let heard = states.iter().filter(|state| state.is_heard(now)).count();
        Ok(Some(Heard { heard, known: states.len(), needed: self.quorum().needed() }))
    }

    /// What is known of each witness.
    pub(super) async fn witness_states(&self, tx: &mut Tx, size: u64) -> Result<Vec<WitnessState>> {
        let Some(watch) = &self.witnesses().watch else { return Ok(Vec::new()) };
        let mut states = Vec::with_capacity(watch.witnesses.len());
        for one in &watch.witnesses {
            let name = one.key.name().clone();
            let cosigned = asking::cosigned(tx, &one.key).await?;
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
}

#[cfg(test)]
mod tests;
