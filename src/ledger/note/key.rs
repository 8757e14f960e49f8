//! Keys of signed notes: Ed25519, with the algorithm byte 0x01 for whoever signs a note itself and 0x04
//! for whoever cosigns a checkpoint.
//!
//! A key is known by its name and by an id that is a hash of name, algorithm and public key. The id
//! only finds the key; what a note is checked against is always the public key itself.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Signature;
use crate::ledger::hash::sha256;

/// Signature type identifier of Ed25519 (C2SP `signed-note`).
const ED25519: u8 = 0x01;

/// Signature type identifier of a cosignature with Ed25519 (C2SP `tlog-cosignature`).
const COSIGNATURE: u8 = 0x04;

/// Length of an Ed25519 public key.
const PUBLIC_KEY_BYTES: usize = 32;

/// The longest key name.
const KEY_NAME_BYTES_MAX: usize = 255;

/// Name of a key and origin of a log: a URL without a scheme, by recommendation. Not empty, at most
/// 255 bytes, without spaces, control characters and `+`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = InvalidKeyName;

    fn from_str(name: &str) -> Result<Self, InvalidKeyName> {
        let forbidden = |c: char| c.is_whitespace() || c < ' ' || c == '+';
        if name.is_empty() || name.len() > KEY_NAME_BYTES_MAX || name.contains(forbidden) {
            return Err(InvalidKeyName);
        }
        Ok(Self(name.to_owned()))
    }
}

/// A text that is not the name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key name has 1 to 255 bytes without spaces, control characters and +")]
pub struct InvalidKeyName;

/// Signs notes. The cryptographic library wipes the key's memory when it is dropped.
pub struct Signer {
    verifier: Verifier,
    pair: Ed25519KeyPair,
}

impl Signer {
    /// The key that RFC 8032 §5.1.5 derives from a seed. The caller wipes its copy of the seed.
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        let (pair, public_key) = key_pair(seed);
        Self { verifier: Verifier::new(name, public_key), pair }
    }

    /// The public half.
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Signs the text of a note.
    pub(super) fn sign(&self, text: &str) -> Signature {
        Signature {
            name: self.verifier.name.clone(),
            key_id: self.verifier.key_id,
            bytes: self.pair.sign(text.as_bytes()).as_ref().to_vec(),
        }
    }
}

pub(super) fn key_pair(seed: &[u8; 32]) -> (Ed25519KeyPair, [u8; PUBLIC_KEY_BYTES]) {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are a seed");
    let public_key = pair.public_key().as_ref();
    let public_key = public_key.try_into().expect("an Ed25519 public key has 32 bytes");
    (pair, public_key)
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

/// Verifies signatures by one key of a log.
pub type Verifier = PublicKey<ED25519>;

/// Verifies cosignatures by one witness. Another type than [`Verifier`], so that a witness is never taken
/// for the log that it watches.
pub type Witness = PublicKey<COSIGNATURE>;

/// The public half of a key. As text it is `name+id+key`: the id as eight hexadecimal digits, the key as
/// base64 of the algorithm byte and the public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey<const ALGORITHM: u8> {
    name: KeyName,
    key_id: u32,
    key: [u8; PUBLIC_KEY_BYTES],
}

impl<const ALGORITHM: u8> PublicKey<ALGORITHM> {
    /// The key with this name and Ed25519 public key.
    pub fn new(name: KeyName, public_key: [u8; PUBLIC_KEY_BYTES]) -> Self {
        let id = sha256(&[name.as_str().as_bytes(), b"\n", &[ALGORITHM], &public_key]);
        let [a, b, c, d, ..] = *id.as_bytes();
        Self { name, key_id: u32::from_be_bytes([a, b, c, d]), key: public_key }
    }

    /// Name of the key.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The first four bytes of `SHA-256(name || 0x0A || algorithm || public key)`.
    pub const fn key_id(&self) -> u32 {
        self.key_id
    }

    /// Name and id: what tells this key from every other, also from another of the same name.
    pub fn label(&self) -> String {
        format!("{}+{:08x}", self.name, self.key_id)
    }

    /// The Ed25519 public key (RFC 8032).
    pub const fn public_key(&self) -> &[u8; PUBLIC_KEY_BYTES] {
        &self.key
    }

    pub(super) fn is_named_by(&self, signature: &Signature) -> bool {
        self.name == signature.name && self.key_id == signature.key_id
    }
}

impl<const ALGORITHM: u8> fmt::Display for PublicKey<ALGORITHM> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ALGORITHM], self.key.as_slice()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.key_id, STANDARD.encode(key))
    }
}

/// Why a text is not a verifier key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVerifier {
    /// Not of the form `name+id+key`, or a part of it has another spelling than the one it prints.
    #[error("a verifier key has the form name+id+key")]
    Malformed,
    /// The key is not of the algorithm that is wanted here: a log's is Ed25519, a witness's an Ed25519
    /// cosignature.
    #[error("the verifier key is not of the algorithm that is wanted here")]
    UnknownAlgorithm,
    /// The id is not that of the name and the key: one of the three was mistyped or exchanged.
    #[error("the id of the verifier key does not fit its name and key")]
    KeyIdMismatch,
}

impl<const ALGORITHM: u8> FromStr for PublicKey<ALGORITHM> {
    type Err = InvalidVerifier;

    fn from_str(text: &str) -> Result<Self, InvalidVerifier> {
        let (name, rest) = text.split_once('+').ok_or(InvalidVerifier::Malformed)?;
        let (key_id, key) = rest.split_once('+').ok_or(InvalidVerifier::Malformed)?;
        let name = name.parse().or(Err(InvalidVerifier::Malformed))?;
        let key = STANDARD.decode(key).or(Err(InvalidVerifier::Malformed))?;
        let (algorithm, public_key) = key.split_first().ok_or(InvalidVerifier::Malformed)?;
        if *algorithm != ALGORITHM {
            return Err(InvalidVerifier::UnknownAlgorithm);
        }
        let public_key = public_key.try_into().or(Err(InvalidVerifier::Malformed))?;
        let verifier = Self::new(name, public_key);
        if format!("{:08x}", verifier.key_id) != key_id {
            return Err(InvalidVerifier::KeyIdMismatch);
        }
        Ok(verifier)
    }
}
