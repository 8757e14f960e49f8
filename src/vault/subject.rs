//! The key of one person: what is sealed and committed about them hangs on it.
//!
//! Destroying the key erases the person: content about them no longer opens, also where it is about
//! others as well, and their commitments in the ledger can no longer be opened. No other key of the
//! vault replaces it.

use zeroize::Zeroizing;

use crate::domain::id::{EventId, Pseudonym};

use super::derive::{Label, derive, push_prefixed};
use super::envelope::WrappingKey;
use super::keyring::Keyring;
use super::random::RandomError;
use super::secret::{SECRET_LEN, Secret32, hidden};
use super::wrapped::{self, Owner, RewrapError, UnwrapError, WrappedKey};

/// The key of one person.
pub struct SubjectKey {
    pseudonym: Pseudonym,
    secret: Secret32,
}

/// The opening of one commitment in the ledger: whoever has it can check what was committed to.
pub struct OpeningBytes(Secret32);

/// The wrapping key of content about several people, derived from the keys of all of them: the
/// destruction of any one makes the content unreadable.
pub struct CombinedKey(Secret32);

hidden!(SubjectKey, OpeningBytes, CombinedKey);

impl SubjectKey {
    /// A fresh random key for the person.
    pub fn generate(pseudonym: Pseudonym) -> Result<Self, RandomError> {
        Ok(Self { pseudonym, secret: Secret32::random()? })
    }

    /// The key as it is stored, wrapped by the current kek.
    pub fn wrap(&self, keyring: &Keyring) -> Result<WrappedKey, RandomError> {
        wrapped::wrap(&self.secret, Owner::Subject(&self.pseudonym), keyring)
    }

    /// Reads the stored key of the person.
    pub fn unwrap(
        wrapped: &WrappedKey,
        pseudonym: Pseudonym,
        keyring: &Keyring,
    ) -> Result<Self, UnwrapError> {
        let secret = wrapped::unwrap(wrapped, Owner::Subject(&pseudonym), keyring)?;
        Ok(Self { pseudonym, secret })
    }

    /// Wraps the stored key of the person by the current kek; `None` when it already is.
    pub fn rewrap(
        wrapped: &WrappedKey,
        pseudonym: Pseudonym,
        keyring: &Keyring,
    ) -> Result<Option<WrappedKey>, RewrapError> {
        wrapped::rewrap(wrapped, Owner::Subject(&pseudonym), keyring)
    }

    /// Whose key it is.
    pub const fn pseudonym(&self) -> Pseudonym {
        self.pseudonym
    }

    /// The key that wraps data keys of content about this person alone.
    pub fn wrapping_key(&self) -> WrappingKey {
        WrappingKey::new(derive(self.secret.as_bytes(), Label::SubjectWrapping, &[]))
    }

    /// The opening of the commitment to `field` in the entry of `event`.
    pub fn opening(&self, event: EventId, field: &str) -> OpeningBytes {
        OpeningBytes::derive(&self.secret, Label::SubjectOpening, event, field)
    }
}

impl OpeningBytes {
    pub(super) fn derive(secret: &Secret32, label: Label, event: EventId, field: &str) -> Self {
        Self(derive(secret.as_bytes(), label, &[event.as_bytes(), field.as_bytes()]))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl CombinedKey {
    /// Combines the keys of all people that the content is about, in any order; a person named
    /// twice counts once. `None` for nobody.
    pub fn of(keys: &[&SubjectKey]) -> Option<Self> {
        if keys.is_empty() {
            return None;
        }
        let mut keys = keys.to_vec();
        keys.sort_by_key(|key| (key.pseudonym, key.secret.as_bytes()));
        keys.dedup_by(|a, b| a.pseudonym == b.pseudonym && a.secret.is_same(&b.secret));

        // Its final size from the start: growing would leave copies of keys behind.
        let size = keys.len() * 2 * (8 + SECRET_LEN);
        let mut material = Zeroizing::new(Vec::with_capacity(size));
        for key in keys {
            push_prefixed(&mut material, key.pseudonym.as_bytes());
            push_prefixed(&mut material, key.secret.as_bytes());
        }
        Some(Self(derive(&material, Label::CombinedWrapping, &[])))
    }

    /// The key that wraps data keys of the content about these people.
    pub fn into_wrapping_key(self) -> WrappingKey {
        WrappingKey::new(self.0)
    }
}

#[cfg(test)]
mod tests;
