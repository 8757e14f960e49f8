//! What an export says about itself, so that whoever receives it sees whether it is whole.

use serde::{Deserialize, Serialize};

use crate::domain::hex_text;
use crate::domain::id::{EventId, Oin, UserId};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;

use super::Format;

/// Most places of changed records that a manifest names.
pub const CHANGED_MAX: usize = 1_000;

/// What goes with an export, as its last message or as a file beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The entry of the ledger that says that it was made (`LOG_EXPORTED`).
    pub export_id: EventId,
    /// Its form.
    pub format: Format,
    /// How many records it holds.
    pub count: u64,
    /// How many of them are about people whose key was destroyed: they hold what is left.
    pub forgotten: u64,
    /// How many of them were changed in the database after they were written. Each says so itself.
    pub changed: u64,
    /// Their places in the ledger: the first [`CHANGED_MAX`].
    pub changed_indexes: Vec<i64>,
    /// How many entries of the whole ledger, up to its `tree_size`, are known to have been changed, whatever
    /// was said about them since. A record that was changed may no longer match what was asked for, and be missing.
    pub known_changed: u64,
    /// Place in the ledger of the first record; none when there is none, and for consents.
    pub first_index: Option<i64>,
    /// Place of the last one.
    pub last_index: Option<i64>,
    /// How many bytes it has.
    pub bytes: u64,
    /// Their SHA-256.
    #[serde(with = "hex_text")]
    pub sha256: [u8; 32],
    /// It was taken from the first so many entries of the ledger.
    pub tree_size: i64,
    /// A checkpoint that holds all of them, as a signed note.
    pub checkpoint: String,
    /// The organisation for which it was made.
    pub requester_oin: Oin,
    /// Who asked for it.
    pub requester_user_id: UserId,
    /// Why.
    pub purpose: Purpose,
    /// First moment of what was asked for; none for consents.
    pub period_from: Option<Timestamp>,
    /// First moment after it.
    pub period_until: Option<Timestamp>,
    /// When it was made.
    pub made_at: Timestamp,
}
