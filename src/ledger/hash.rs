//! The hash of the tree: SHA-256 with the prefixes of RFC 6962 §2.1.
//!
//! A leaf and an inner node never hash the same input, so neither can be passed off as the other.

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A node of the tree: the hash of a leaf or of two nodes below it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; Self::BYTES]);

impl Hash {
    /// Length of a hash.
    pub const BYTES: usize = 32;

    /// The root of the tree without leaves: SHA-256 of nothing (RFC 6962 §2.1).
    pub const EMPTY_TREE: Self = Self([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]);

    /// Wraps the 32 bytes of a hash.
    pub const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Hashes the stored bytes of an entry: `SHA-256(0x00 || entry)` (RFC 6962 §2.1).
    pub fn leaf(entry: &[u8]) -> Self {
        sha256(&[&[0x00], entry])
    }

    /// Hashes two nodes into the one above them: `SHA-256(0x01 || left || right)` (RFC 6962 §2.1).
    pub fn node(left: Self, right: Self) -> Self {
        sha256(&[&[0x01], &left.0, &right.0])
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Reads exactly 32 bytes; `None` for any other length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads the one base64 spelling (RFC 4648 §4, padded) of a hash.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok().and_then(|bytes| Self::from_slice(&bytes))
    }
}

/// Base64, as in checkpoints and proofs.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// SHA-256 of the parts, one after the other.
pub(super) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    Hash::from_slice(context.finish().as_ref()).expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_tree_hashes_nothing() {
        assert_eq!(sha256(&[]), Hash::EMPTY_TREE);
    }

    #[test]
    fn a_leaf_and_a_node_of_the_same_bytes_differ() {
        let (left, right) = (Hash::new([1; 32]), Hash::new([2; 32]));
        let bytes = [[1; 32], [2; 32]].concat();
        assert_ne!(Hash::leaf(&bytes), Hash::node(left, right));
        assert_ne!(Hash::node(left, right), Hash::node(right, left));
    }

    #[test]
    fn base64_has_one_spelling() {
        let hash = Hash::leaf(b"x");
        let text = hash.to_string();
        assert_eq!(Hash::from_base64(&text), Some(hash));
        // The last character of 32 bytes carries two unused bits; they must be zero.
        let unpadded = text.trim_end_matches('=');
        let mut sloppy = unpadded.to_owned();
        let last = sloppy.pop().unwrap();
        sloppy.extend([next(last), '=']);
        for bad in [unpadded, &format!("{text}="), &format!(" {text}"), &sloppy, ""] {
            assert_eq!(Hash::from_base64(bad), None, "{bad}");
        }
    }

    fn next(c: char) -> char {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        alphabet.chars().nth(alphabet.find(c).unwrap() + 1).unwrap()
    }
}
