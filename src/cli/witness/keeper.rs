//! What a witness keeps, and how it answers.
//!
//! Invariant: a cosignature leaves only after the checkpoint that it is over is on disk, and while no other
//! request of the same ledger is being examined. Two processes never keep one directory.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use http::StatusCode;
use tokio::sync::Mutex;

use crate::gateway::Clock;
use crate::ledger::hash::Hash;
use crate::ledger::note::{Cosigner, Verifier, Witness};
use crate::ledger::witness::{AddCheckpoint, Refusal};
use crate::store::Anchor;

/// A witness with what it cosigned. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Keeper(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cosigner: Cosigner,
    /// By the name of the ledger.
    logs: BTreeMap<String, Watched>,
    clock: Clock,
    /// Locked as long as this witness lives.
    lock: File,
}

/// A ledger that is watched.
#[derive(Debug)]
struct Watched {
    key: Verifier,
    /// What was cosigned last. The lock makes examining and keeping one step.
    kept: Mutex<Anchor>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

const TEXT: &str = "text/plain; charset=utf-8";
/// Of the size that is answered to who sends another (C2SP `tlog-witness`).
const SIZE: &str = "text/x.tlog.size";

impl Keeper {
    /// Opens the directory of a witness, or makes it.
    pub(in crate::cli) fn open(
        cosigner: Cosigner,
        keys: Vec<Verifier>,
        directory: &Path,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(directory)?;
        let lock = File::create(directory.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => anyhow::bail!("another witness keeps this directory"),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let mut logs = BTreeMap::new();
        for key in keys {
            let path = directory.join(file_name(&key));
            let kept = Anchor::open(&path, &key).with_context(|| path.display().to_string())?;
            let size = kept.kept().map(|kept| kept.checkpoint.size);
            tracing::info!(event = "witness.watches", log = %key.name(), file = %path.display(), ?size);
            let name = key.name().to_string();
            let watched = Watched { key, kept: Mutex::new(kept) };
            anyhow::ensure!(logs.insert(name, watched).is_none(), "two keys of one ledger");
        }
        Ok(Self(Arc::new(Inner { cosigner, logs, clock, lock })))
    }

    /// The public key.
    pub(in crate::cli) fn witness(&self) -> &Witness {
        self.0.cosigner.witness()
    }

    /// `add-checkpoint`. What was begun is finished, also when whoever asked has gone: else the next
    /// request would be examined while this one is still being kept.
    pub(super) async fn add_checkpoint(&self, body: Bytes) -> Answer {
        let keeper = self.clone();
        let cosigned = tokio::spawn(async move { keeper.cosign(&body).await }).await;
        match cosigned {
            Ok(Ok(line)) => Answer { status: StatusCode::OK, content_type: TEXT, body: line },
            Ok(Err(refused)) => refused,
            Err(_ended) => out_of_order(),
        }
    }

    async fn cosign(&self, body: &[u8]) -> Result<String, Answer> {
        let malformed = || refusal(Refusal::Malformed);
        let text = std::str::from_utf8(body).map_err(|_unread| malformed())?;
        let request: AddCheckpoint = text.parse().map_err(|_unread| malformed())?;
        let origin = request.origin().ok_or_else(malformed)?;
        let watched = self.0.logs.get(origin).ok_or_else(|| refusal(Refusal::UnknownLog))?;
        // Nobody else changes what is kept until this is answered.
        let anchor = watched.kept.lock().await;
        let kept = anchor.kept().map(|kept| kept.checkpoint);
        let keys = std::slice::from_ref(&watched.key);
        let new = request.examine(keys, kept.as_ref()).map_err(|refused| {
            tracing::warn!(event = "witness.refused", log = origin, reason = %refused);
            refusal(refused)
        })?;
        // What others wrote under the checkpoint is none of our business, and may be long.
        let note = request.checkpoint.only_by(keys);
        if let Err(error) = anchor.replace(&note).await {
            tracing::error!(event = "witness.not_kept", %error);
            return Err(out_of_order());
        }
        if anchor.kept().is_none_or(|kept| kept.checkpoint != new) {
            return Err(out_of_order());
        }
        let line = self.0.cosigner.cosign(&note, self.0.clock.now());
        tracing::info!(event = "witness.cosigned", log = %new.origin, size = new.size);
        Ok(format!("{line}\n"))
    }
}

/// A process that was started meanwhile may still hold the file open.
impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.lock.unlock());
    }
}

/// One file a ledger, whatever its name is.
fn file_name(key: &Verifier) -> String {
    let name = Hash::leaf(key.name().as_str().as_bytes());
    let short: String = hex::encode(name.as_bytes()).chars().take(16).collect();
    format!("{short}.cosigned")
}

fn refusal(refused: Refusal) -> Answer {
    let (status, content_type, body) = match refused {
        Refusal::Malformed => (StatusCode::BAD_REQUEST, TEXT, format!("{refused}\n")),
        Refusal::UnknownLog => (StatusCode::NOT_FOUND, TEXT, format!("{refused}\n")),
        Refusal::NotSigned => (StatusCode::FORBIDDEN, TEXT, format!("{refused}\n")),
        Refusal::NotContinued => (StatusCode::UNPROCESSABLE_ENTITY, TEXT, format!("{refused}\n")),
        Refusal::OtherSize { size } | Refusal::Forked { size } => {
            (StatusCode::CONFLICT, SIZE, format!("{size}\n"))
        }
    };
    Answer { status, content_type, body }
}

fn out_of_order() -> Answer {
    let body = "what would be cosigned cannot be kept\n".to_owned();
    Answer { status: StatusCode::INTERNAL_SERVER_ERROR, content_type: TEXT, body }
}

#[cfg(test)]
mod tests;
