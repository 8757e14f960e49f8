//! How a ledger can fail to continue what was signed, in words for the operator.

use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Hash;
use crate::ledger::note::Note;
use crate::ledger::proof::{ConsistencyError, verify_consistency};
use crate::store::db::Tx;
use crate::store::error::{Error, Result};

/// The ledger in the database does not continue the one that was signed. Nothing is signed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fork {
    /// Entries that were signed, and answered, are missing.
    #[error(
        "the ledger in the database has {found} entries, but this gateway has signed {signed}: \
         answered entries are missing. An older backup was restored, a standby was promoted that had \
         not received everything, or this is another database"
    )]
    Behind {
        /// Entries under the newest checkpoint that was signed.
        signed: u64,
        /// Entries in the database.
        found: u64,
    },
    /// Other entries stand where signed ones stood.
    #[error(
        "the first {signed} entries of the ledger in the database are not those that this gateway \
         has signed: the ledger went on twice. This may be the old primary after a failover, a \
         standby that was promoted too early, or a database that was changed"
    )]
    Other {
        /// Entries under the newest checkpoint that was signed.
        signed: u64,
    },
    /// There is a ledger and no anchor: what was signed cannot be known.
    #[error(
        "the ledger in the database has {found} entries, and this gateway has no anchor: whether \
         they are all that were signed cannot be known"
    )]
    Unanchored {
        /// Entries in the database.
        found: u64,
    },
    /// Another gateway of this ledger has found one of the above.
    #[error(
        "another gateway has signed {signed} entries that this database does not hold, and has \
         stopped the ledger for all gateways"
    )]
    Disputed {
        /// Entries under the checkpoint that the other gateway has signed.
        signed: u64,
    },
    /// A witness outside holds a checkpoint that this ledger does not continue.
    #[error(
        "a witness has cosigned {seen} entries of this ledger, and the {found} entries in the database \
         do not begin with them: an older backup was restored, or the ledger went on twice"
    )]
    Witnessed {
        /// Entries under the checkpoint that the witness cosigned.
        seen: u64,
        /// Entries in the database.
        found: u64,
    },
}

impl Fork {
    /// What a ledger is in that somebody has disputed by this signed checkpoint.
    pub fn disputed(note: &str) -> Self {
        let checkpoint = note.parse().ok().and_then(|note: Note| note.text().parse().ok());
        Self::Disputed { signed: checkpoint.map_or(0, |checkpoint: Checkpoint| checkpoint.size) }
    }

    /// A word for logs and scripts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Behind { .. } => "behind",
            Self::Other { .. } => "other",
            Self::Unanchored { .. } => "unanchored",
            Self::Disputed { .. } => "disputed",
            Self::Witnessed { .. } => "witnessed",
        }
    }

    /// What to do.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Behind { .. } | Self::Other { .. } | Self::Disputed { .. } => {
                "stop all gateways and find the database that holds what was signed (`ketenpoort log \
                 anchor show` tells what to look for): the synchronous standby, the newest backup \
                 with its write-ahead log. Only when it is lost for good: tell those who were \
                 answered, then `ketenpoort log anchor accept --reason TEXT` on every gateway"
            }
            Self::Unanchored { .. } => {
                "a new replica: copy the anchor file of a running one beside the keyring. A lost \
                 anchor: compare with a checkpoint kept elsewhere (`ketenpoort log verify \
                 --checkpoint FILE`), then `ketenpoort log anchor accept --reason TEXT`"
            }
            Self::Witnessed { .. } => {
                "stop all gateways and find the database that holds what the witness cosigned; `ketenpoort \
                 doctor` names the witness. Only when it is lost for good, or when it is the witness that \
                 is wrong: take the witness out of [witnesses], and have its keeper begin anew with this \
                 ledger before you put it back"
            }
        }
    }
}

impl Tx {
    /// Whether the ledger, which has this size and root, continues the one that was signed. Both are a
    /// number of entries and the root over them.
    pub async fn check_continues(
        &mut self,
        (signed, signed_root): (u64, Hash),
        (found, root): (u64, Hash),
    ) -> Result<()> {
        if signed > found {
            return Err(Error::Fork(Fork::Behind { signed, found }));
        }
        let proof = self.consistency_proof(signed, found).await?;
        match verify_consistency(signed, signed_root, found, root, &proof) {
            Ok(()) => Ok(()),
            Err(ConsistencyError::OldRootMismatch | ConsistencyError::SameSizeOtherRoot) => {
                Err(Error::Fork(Fork::Other { signed }))
            }
            // What is stored contradicts itself.
            Err(_) => Err(Error::Corrupt { table: "log_state", column: "root" }),
        }
    }
}
