//! Envelope encryption of one stored cell.
//!
//! Every object has a data key of its own, wrapped by a [`WrappingKey`]. Both parts are bound to the
//! cell they stand in, so a ciphertext that is moved to another row or column does not open.
//!
//! ```text
//! offset  bytes
//!      0      1  version, 1
//!      1     12  nonce of the data key
//!     13     48  data key (32) and tag (16), AES-256-GCM under the wrapping key
//!     61     12  nonce of the content
//!     73      n  content, AES-256-GCM under the data key
//!   73+n     16  tag
//! ```
//!
//! The associated data of both parts is the part's name, the version, table, column and row, each
//! with its length before it.

use zeroize::Zeroizing;

use super::aead;
use super::derive::push_prefixed;
use super::random::RandomError;
use super::secret::{SECRET_LEN, Secret32, hidden};

/// Most bytes that one sealed object may hold: 16 MiB. Sealing and opening hold the whole object in
/// memory. The largest thing the gateway seals is an answer that it keeps, which is no larger than
/// the largest response it sends.
pub const SEALED_PLAINTEXT_MAX: usize = 16 * 1024 * 1024;

/// How many bytes a sealed object is longer than its content.
pub const SEALED_OVERHEAD: usize = 1 + WRAPPED_LEN + aead::OVERHEAD;

const VERSION: u8 = 1;
const WRAPPED_LEN: usize = SECRET_LEN + aead::OVERHEAD;

/// Wraps the data keys of objects: the key of one person or of several people.
pub struct WrappingKey(Secret32);

hidden!(WrappingKey);

impl WrappingKey {
    pub(super) const fn new(secret: Secret32) -> Self {
        Self(secret)
    }
}

/// The cell that a sealed object belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aad<'a> {
    /// Name of the table.
    pub table: &'static str,
    /// Name of the column.
    pub column: &'static str,
    /// Identifier of the row, as bytes.
    pub row: &'a [u8],
}

impl Aad<'_> {
    fn encode(&self, part: Part) -> Vec<u8> {
        let mut out = Vec::with_capacity(160);
        push_prefixed(&mut out, part.name().as_bytes());
        push_prefixed(&mut out, &[VERSION]);
        push_prefixed(&mut out, self.table.as_bytes());
        push_prefixed(&mut out, self.column.as_bytes());
        push_prefixed(&mut out, self.row);
        out
    }
}

/// The two ciphertexts of an envelope; the name keeps one from standing in for the other.
#[derive(Clone, Copy)]
enum Part {
    DataKey,
    Content,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::DataKey => "ketenpoort/sealed/data-key",
            Self::Content => "ketenpoort/sealed/content",
        }
    }
}

/// Content that could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The content is longer than [`SEALED_PLAINTEXT_MAX`].
    #[error("the content is larger than {SEALED_PLAINTEXT_MAX} bytes")]
    TooLarge,
    /// There is no randomness for a data key or nonce.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Bytes that do not open. Wrong key, wrong cell, damage and truncation look the same, so that the
/// answer teaches an attacker nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed content does not open")]
pub struct OpenError;

/// Seals `plaintext` for the cell `aad` under a fresh data key.
pub fn seal(plaintext: &[u8], key: &WrappingKey, aad: &Aad<'_>) -> Result<Vec<u8>, SealError> {
    if plaintext.len() > SEALED_PLAINTEXT_MAX {
        return Err(SealError::TooLarge);
    }
    Ok(seal_written(key, aad, plaintext.len(), |room| {
        room.copy_from_slice(plaintext);
        plaintext.len()
    })?)
}

/// Seals what `write` puts into a room of so many bytes (see [`aead::seal_written`]).
pub(super) fn seal_written(
    key: &WrappingKey,
    aad: &Aad<'_>,
    room: usize,
    write: impl FnOnce(&mut [u8]) -> usize,
) -> Result<Vec<u8>, RandomError> {
    let data_key = Secret32::random()?;
    let mut out = Vec::with_capacity(SEALED_OVERHEAD.saturating_add(room));
    out.push(VERSION);
    aead::seal_onto(&mut out, &key.0, &aad.encode(Part::DataKey), data_key.as_bytes())?;
    aead::seal_written(&mut out, &data_key, &aad.encode(Part::Content), room, write)?;
    Ok(out)
}

/// Opens what was sealed under `key` for the cell `aad`. The content is wiped when dropped.
pub fn open(
    sealed: &[u8],
    key: &WrappingKey,
    aad: &Aad<'_>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    open_parts(sealed, key, aad).ok_or(OpenError)
}

fn open_parts(sealed: &[u8], key: &WrappingKey, aad: &Aad<'_>) -> Option<Zeroizing<Vec<u8>>> {
    // Before any work or memory is spent on it.
    if sealed.len() > SEALED_OVERHEAD + SEALED_PLAINTEXT_MAX {
        return None;
    }
    let (&version, rest) = sealed.split_first()?;
    if version != VERSION {
        return None;
    }
    let (wrapped, content) = rest.split_at_checked(WRAPPED_LEN)?;
    let data_key = aead::open(&key.0, &aad.encode(Part::DataKey), wrapped)?;
    aead::open(&Secret32::from_slice(&data_key)?, &aad.encode(Part::Content), content)
}

#[cfg(test)]
mod tests;
