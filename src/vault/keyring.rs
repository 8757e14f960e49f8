//! The secrets of one gateway, as they come from its key file.
//!
//! There is always a current kek, no secret serves two purposes, and all are wiped when dropped.
//! The current kek encrypts, every kek decrypts. To rotate: [`Keyring::rotate`], store the file,
//! rewrap all keys, and only then delete the old line.

use std::fmt;
use std::str::FromStr;

use crate::domain::id::EventId;

use super::derive::Label;
use super::pseudonym::{IdempotencyKey, PseudonymKey};
use super::random::RandomError;
use super::secret::{Secret32, hidden};
use super::subject::OpeningBytes;

pub mod file;

/// Most keks in one keyring: the current one and those that a rotation has not yet finished with.
/// Sixteen yearly rotations outlast every retention period; more means that rewrapping never ran.
pub const KEKS_MAX: usize = 16;

/// The secrets of one gateway.
pub struct Keyring {
    current: Kek,
    older: Vec<Kek>,
    pseudonym: PseudonymKey,
    opening: OpeningKey,
    idempotency: IdempotencyKey,
    log: Seed32,
    receipt: Seed32,
    session: SessionKey,
}

/// Seed of an Ed25519 signing key.
pub struct Seed32(Secret32);

/// Opens commitments in entries that are about nobody.
pub struct OpeningKey(Secret32);

/// Signs what the console gives to a browser. All gateways on one database have the same, so that a
/// visit goes on at another one.
pub struct SessionKey(Secret32);

struct Kek {
    id: KekId,
    secret: Secret32,
}

hidden!(Keyring, Seed32, OpeningKey, SessionKey, Kek);

impl Keyring {
    /// A keyring of fresh random secrets with the kek `k1`.
    pub fn generate() -> Result<Self, RandomError> {
        Ok(Self {
            current: Kek { id: KekId("k1".to_owned()), secret: Secret32::random()? },
            older: Vec::new(),
            pseudonym: PseudonymKey::new(Secret32::random()?),
            opening: OpeningKey(Secret32::random()?),
            idempotency: IdempotencyKey::new(Secret32::random()?),
            log: Seed32(Secret32::random()?),
            receipt: Seed32(Secret32::random()?),
            session: SessionKey(Secret32::random()?),
        })
    }

    /// Makes a fresh kek the current one; the former ones still decrypt.
    pub fn rotate(&mut self, id: KekId) -> Result<(), RotateError> {
        if self.kek(&id).is_some() {
            return Err(RotateError::KnownId);
        }
        if self.older.len() + 1 >= KEKS_MAX {
            return Err(RotateError::TooManyKeks);
        }
        let fresh = Kek { id, secret: Secret32::random()? };
        self.older.insert(0, std::mem::replace(&mut self.current, fresh));
        Ok(())
    }

    /// The kek that wraps keys now.
    pub const fn current_kek_id(&self) -> &KekId {
        &self.current.id
    }

    /// All keks, the current one first.
    pub fn kek_ids(&self) -> impl Iterator<Item = &KekId> {
        self.keks().map(|kek| &kek.id)
    }

    /// Makes pseudonyms.
    pub const fn pseudonym_key(&self) -> &PseudonymKey {
        &self.pseudonym
    }

    /// Opens commitments in entries that are about nobody.
    pub const fn opening_key(&self) -> &OpeningKey {
        &self.opening
    }

    /// Makes digests of request bodies.
    pub const fn idempotency_key(&self) -> &IdempotencyKey {
        &self.idempotency
    }

    /// Seed of the key that signs the ledger's checkpoints.
    pub const fn log_seed(&self) -> &Seed32 {
        &self.log
    }

    /// Seed of the key that signs receipts.
    pub const fn receipt_seed(&self) -> &Seed32 {
        &self.receipt
    }

    /// Signs what the console gives to a browser.
    pub const fn session_key(&self) -> &SessionKey {
        &self.session
    }

    pub(super) const fn current_kek(&self) -> &Secret32 {
        &self.current.secret
    }

    pub(super) fn kek(&self, id: &KekId) -> Option<&Secret32> {
        self.keks().find(|kek| kek.id == *id).map(|kek| &kek.secret)
    }

    fn keks(&self) -> impl Iterator<Item = &Kek> {
        std::iter::once(&self.current).chain(&self.older)
    }
}

impl Seed32 {
    /// The 32 bytes, for the signer.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl SessionKey {
    /// The 32 bytes, for the console.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl OpeningKey {
    /// The opening of the commitment to `field` in the entry of `event`, which has no subject.
    pub fn opening(&self, event: EventId, field: &str) -> OpeningBytes {
        OpeningBytes::derive(&self.0, Label::UnsubjectedOpening, event, field)
    }
}

/// A kek that could not be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RotateError {
    /// There is a kek of this name.
    #[error("the keyring already has a kek of this id")]
    KnownId,
    /// Rewrap all keys and delete old keks first.
    #[error("the keyring already has {KEKS_MAX} keks; rewrap all keys and delete the old keks")]
    TooManyKeks,
    /// There is no randomness for a key.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Names one kek, for example `k1` or `2026-03`. Not secret: it stands beside every wrapped key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KekId(String);

/// A text that is no kek id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 32 of A-Z a-z 0-9 . _ -")]
pub struct InvalidKekId;

impl KekId {
    /// Most bytes in an id; it stands in every wrapped key.
    const LEN_MAX: usize = 32;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The length of the id, as it stands in a wrapped key.
    pub(super) fn len_byte(&self) -> u8 {
        u8::try_from(self.0.len()).expect("an id has at most 32 bytes")
    }
}

impl FromStr for KekId {
    type Err = InvalidKekId;
    fn from_str(text: &str) -> Result<Self, InvalidKekId> {
        let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=Self::LEN_MAX).contains(&text.len()) && text.bytes().all(word) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidKekId)
        }
    }
}

impl fmt::Display for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
pub(super) mod tests;
