//! Keys and what they do: sealing content, naming people by pseudonym, opening commitments.
//!
//! Every secret is wiped when dropped and none shows itself in `Debug` or in an error. Nothing here
//! reads a file, a clock or a database: the caller brings the bytes and keeps the result.
//!
//! ```text
//! key file ── Keyring ─┬─ kek ────────── wraps ── SubjectKey, CaseKey          (own key store)
//!                      ├─ pseudonym ──── names ── persons and addresses
//!                      ├─ opening ────── opens ── commitments about nobody
//!                      ├─ idempotency ── digests ─ request bodies
//!                      └─ log, receipt ─ seeds of two different Ed25519 signing keys
//!
//! SubjectKey ─┬─ WrappingKey ── wraps ── data key of one object ── seals ── its content
//!             ├─ with other SubjectKeys: CombinedKey, likewise
//!             └─ OpeningBytes ─ opens ── that person's commitments in the ledger
//! ```
//!
//! Erasure is the destruction of one [`subject::SubjectKey`]: all content and commitments below it
//! become unreadable, and all proofs still hold. A wrapped copy in a backup dies when the kek that
//! wraps it is retired, so the erasure time that may be promised is the rotation period of the keks.

pub mod envelope;
pub mod keyring;
pub mod packed;
pub mod pseudonym;
pub mod random;
pub mod subject;
pub mod wrapped;

mod aead;
mod derive;
mod secret;
