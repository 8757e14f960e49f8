//! Keys at rest: one subject key, encrypted by a key-encryption key of the keyring.
//!
//! The wrapped key names its kek, so that it opens after a rotation too, and is bound to its owner,
//! so that one person's key cannot be stored as another's.
//!
//! ```text
//! offset  bytes
//!      0      1  version, 1
//!      1      1  length k of the kek id
//!      2      k  kek id
//!    2+k     12  nonce
//!   14+k     48  key (32) and tag (16), AES-256-GCM under the kek
//! ```

use std::fmt;

use crate::domain::id::Pseudonym;

use super::aead;
use super::derive::push_prefixed;
use super::keyring::{KekId, Keyring};
use super::random::RandomError;
use super::secret::{SECRET_LEN, Secret32};

const VERSION: u8 = 1;
const SEALED_LEN: usize = SECRET_LEN + aead::OVERHEAD;

/// A key as it is stored. Its form is right; whether it opens shows when it is unwrapped.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    kek_id: KekId,
    sealed: [u8; SEALED_LEN],
}

/// Stored bytes that are no wrapped key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored bytes are not a wrapped key")]
pub struct MalformedKey;

/// A wrapped key that gives no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// The keyring lacks the kek: it was retired too early or this is another gateway's data.
    #[error("the keyring has no kek {0}")]
    UnknownKek(KekId),
    /// Damaged, or not the key of this owner.
    #[error("the wrapped key does not open")]
    Unreadable,
}

/// A wrapped key that could not be wrapped anew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewrapError {
    /// It does not open.
    #[error(transparent)]
    Unwrap(#[from] UnwrapError),
    /// There is no randomness for a nonce.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl WrappedKey {
    /// Reads a stored key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedKey> {
        Self::split(bytes).ok_or(MalformedKey)
    }

    fn split(bytes: &[u8]) -> Option<Self> {
        let ([version, id_len], rest) = bytes.split_first_chunk()?;
        let (id, sealed) = rest.split_at_checked(usize::from(*id_len))?;
        let kek_id = std::str::from_utf8(id).ok()?.parse().ok()?;
        let sealed = sealed.try_into().ok()?;
        (*version == VERSION).then_some(Self { kek_id, sealed })
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let id = self.kek_id.as_str().as_bytes();
        [&[VERSION, self.kek_id.len_byte()], id, &self.sealed].concat()
    }

    /// The key-encryption key that wraps this key.
    pub const fn kek_id(&self) -> &KekId {
        &self.kek_id
    }

    /// Whether another kek than the current one wraps this key.
    pub fn needs_rewrap(&self, keyring: &Keyring) -> bool {
        self.kek_id != *keyring.current_kek_id()
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedKey").field("kek_id", &self.kek_id).finish_non_exhaustive()
    }
}

/// Whose key it is.
#[derive(Clone, Copy)]
pub(super) enum Owner<'a> {
    Subject(&'a Pseudonym),
}

impl Owner<'_> {
    fn aad(self, kek_id: &KekId) -> Vec<u8> {
        let Self::Subject(pseudonym) = self;
        let (kind, id): (&[u8], &[u8]) = (b"subject", pseudonym.as_bytes());
        let mut out = Vec::with_capacity(160);
        for part in
            [b"ketenpoort/wrapped-key", &[VERSION][..], kek_id.as_str().as_bytes(), kind, id]
        {
            push_prefixed(&mut out, part);
        }
        out
    }
}

/// Wraps `key` of `owner` by the current kek.
pub(super) fn wrap(
    key: &Secret32,
    owner: Owner<'_>,
    keyring: &Keyring,
) -> Result<WrappedKey, RandomError> {
    let kek_id = keyring.current_kek_id().clone();
    let mut sealed = Vec::with_capacity(SEALED_LEN);
    aead::seal_onto(&mut sealed, keyring.current_kek(), &owner.aad(&kek_id), key.as_bytes())?;
    let sealed = sealed.try_into().expect("a box of 32 bytes has one length");
    Ok(WrappedKey { kek_id, sealed })
}

/// Opens the key of `owner` by the kek it names.
pub(super) fn unwrap(
    wrapped: &WrappedKey,
    owner: Owner<'_>,
    keyring: &Keyring,
) -> Result<Secret32, UnwrapError> {
    let kek_id = &wrapped.kek_id;
    let kek = keyring.kek(kek_id).ok_or_else(|| UnwrapError::UnknownKek(kek_id.clone()))?;
    aead::open(kek, &owner.aad(kek_id), &wrapped.sealed)
        .and_then(|key| Secret32::from_slice(&key))
        .ok_or(UnwrapError::Unreadable)
}

/// Wraps the key anew when the kek was rotated; `None` when the current kek already wraps it.
pub(super) fn rewrap(
    wrapped: &WrappedKey,
    owner: Owner<'_>,
    keyring: &Keyring,
) -> Result<Option<WrappedKey>, RewrapError> {
    if !wrapped.needs_rewrap(keyring) {
        return Ok(None);
    }
    let key = unwrap(wrapped, owner, keyring)?;
    Ok(Some(wrap(&key, owner, keyring)?))
}

#[cfg(test)]
mod tests;
