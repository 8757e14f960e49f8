//! Thirty-two secret bytes, wiped when dropped.
//!
//! They live on the heap: moving the owner moves a pointer and leaves no copy behind that nobody
//! wipes. Typed keys wrap this, so that one kind of key cannot be used for another.

use aws_lc_rs::constant_time;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::random::{self, RandomError};

/// Gives types that hold secrets a `Debug` that shows only their name.
macro_rules! hidden {
    ($($name:ident),+) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+ };
}
pub(super) use hidden;

/// Length of every secret of the vault: an AES-256 key, an HMAC-SHA-256 key, an Ed25519 seed.
pub(super) const SECRET_LEN: usize = 32;

/// A secret without a purpose; only typed keys leave the vault.
pub(super) struct Secret32(Box<[u8; SECRET_LEN]>);

impl Secret32 {
    /// A fresh random secret.
    pub(super) fn random() -> Result<Self, RandomError> {
        let mut secret = Self::zeroed();
        random::fill(secret.as_mut())?;
        Ok(secret)
    }

    /// Copies a secret of exactly 32 bytes; the caller wipes the original.
    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut secret = Self::zeroed();
        let bytes: &[u8; SECRET_LEN] = bytes.try_into().ok()?;
        secret.as_mut().copy_from_slice(bytes);
        Some(secret)
    }

    /// Room for a secret that is written in place.
    pub(super) fn zeroed() -> Self {
        Self(Box::new([0; SECRET_LEN]))
    }

    pub(super) fn as_bytes(&self) -> &[u8; SECRET_LEN] {
        &self.0
    }

    pub(super) fn as_mut(&mut self) -> &mut [u8; SECRET_LEN] {
        &mut self.0
    }

    /// Whether both hold the same bytes, in a time that does not depend on them.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(self.as_bytes(), other.as_bytes()).is_ok()
    }
}

impl Drop for Secret32 {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Secret32 {}

hidden!(Secret32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_exactly_thirty_two_bytes() {
        assert!(Secret32::from_slice(&[1; 31]).is_none());
        assert!(Secret32::from_slice(&[1; 33]).is_none());
        assert_eq!(Secret32::from_slice(&[1; 32]).unwrap().as_bytes(), &[1; 32]);
    }

    #[test]
    fn two_random_secrets_differ() {
        assert!(!Secret32::random().unwrap().is_same(&Secret32::random().unwrap()));
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret32::from_slice(&[7; 32]).unwrap()), "Secret32(…)");
    }
}
