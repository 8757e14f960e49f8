//! Key derivation: HKDF-SHA-256 (RFC 5869) with one label per use.
//!
//! All parts of a context are length-prefixed, so two different contexts never give the same
//! input, and keys of different labels are independent of each other.

use aws_lc_rs::hkdf;

use super::secret::{SECRET_LEN, Secret32};

/// Sets these keys apart from those of any other use of the same secret.
const SALT: &[u8] = b"ketenpoort/vault/v1";

/// What a derived key is for. The text is part of stored data and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// Wraps data keys of content about one person.
    SubjectWrapping,
    /// Opens a commitment about one person.
    SubjectOpening,
    /// Wraps data keys of content about several persons.
    CombinedWrapping,
    /// Opens a commitment about nobody.
    UnsubjectedOpening,
}

impl Label {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SubjectWrapping => "subject-wrapping",
            Self::SubjectOpening => "subject-opening",
            Self::CombinedWrapping => "combined-wrapping",
            Self::UnsubjectedOpening => "unsubjected-opening",
        }
    }
}

/// Derives 32 bytes from `secret` for `label` and `context`.
pub(super) fn derive(secret: &[u8], label: Label, context: &[&[u8]]) -> Secret32 {
    let mut info = Vec::new();
    push_prefixed(&mut info, label.as_str().as_bytes());
    for part in context {
        push_prefixed(&mut info, part);
    }
    let mut derived = Secret32::zeroed();
    hkdf::Salt::new(hkdf::HKDF_SHA256, SALT)
        .extract(secret)
        .expand(&[&info], Len)
        .and_then(|okm| okm.fill(derived.as_mut()))
        .expect("HKDF-SHA-256 gives 32 bytes for every input");
    derived
}

/// Appends the length of `bytes` as a big-endian 64-bit integer and then `bytes`.
pub(super) fn push_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&prefix(bytes));
    out.extend_from_slice(bytes);
}

/// The length of `bytes` as a big-endian 64-bit integer.
pub(super) fn prefix(bytes: &[u8]) -> [u8; 8] {
    u64::try_from(bytes.len()).expect("a length fits in 64 bits").to_be_bytes()
}

struct Len;

impl hkdf::KeyType for Len {
    fn len(&self) -> usize {
        SECRET_LEN
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn different_contexts_have_different_encodings(
            one in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..4), 0..4),
            other in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..4), 0..4),
        ) {
            let encode = |parts: &[Vec<u8>]| {
                let mut out = Vec::new();
                for part in parts {
                    push_prefixed(&mut out, part);
                }
                out
            };
            prop_assert_eq!(encode(&one) == encode(&other), one == other);
        }
    }

    #[test]
    fn where_a_part_ends_matters() {
        let ab_c = derive(&[1; 32], Label::SubjectOpening, &[b"ab", b"c"]);
        let a_bc = derive(&[1; 32], Label::SubjectOpening, &[b"a", b"bc"]);
        assert!(!ab_c.is_same(&a_bc));
    }
}
