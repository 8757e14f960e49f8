//! The ledger that nobody can change or shorten unseen: leaves, the RFC 6962 tree over them, proofs,
//! signed checkpoints, and the two audits that need nothing but the ledger itself.
//!
//! The stored bytes of an entry are the record: they are hashed as they are and never encoded again
//! to compare. Everything here is pure: no IO, no clock, no async. Where a hash must come from
//! storage, [`proof::HashReader`] or a [`proof::Plan`] asks for it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`mod@entry`] | one event about one data subject, as bytes |
//! | [`commitment`] | what stands in an entry in place of personal data |
//! | [`hash`], [`tree`], [`tile`] | RFC 6962 hashing, the append side, C2SP `tlog-tiles` geometry |
//! | [`proof`] | inclusion and consistency: planned, assembled and verified |
//! | [`note`], [`checkpoint`], [`tlog_proof`] | the C2SP texts that carry them |
//! | [`witness`] | what a log asks of a witness, and how a witness decides |
//! | [`verify`] | checks a whole log and says where it was damaged |
//! | [`audit`] | checks that no disclosure relied on a consent that did not allow it |

pub mod audit;
pub mod checkpoint;
pub mod commitment;
pub mod entry;
pub mod hash;
pub mod note;
pub mod proof;
pub mod purge;
pub mod tile;
pub mod tlog_proof;
pub mod tree;
pub mod verify;
pub mod witness;

pub use hash::Hash;

#[cfg(test)]
mod tests;
