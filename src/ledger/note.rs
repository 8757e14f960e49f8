//! Signed notes (C2SP `signed-note`): a text, an empty line, and one line for each signature.
//!
//! Parsing is strict: a note that is accepted prints back byte for byte. The text of a note means
//! nothing before [`Note::verify`] has accepted it.

mod cosignature;
mod key;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use cosignature::{
    Cosigner, FalseCosignature, InvalidCosignerKey, InvalidQuorum, Quorum, WITNESSES_MAX,
};
pub use key::{InvalidKeyName, InvalidVerifier, KeyName, PublicKey, Signer, Verifier, Witness};

/// The longest note. Room for [`SIGNATURES_MAX`] Ed25519 lines, or for 16 post-quantum ones of 5 kB,
/// which every reader of notes must accept.
pub const NOTE_BYTES_MAX: usize = 128 * 1024;

/// The most signatures in a note: the log's own in two algorithms, and a region's witnesses.
pub const SIGNATURES_MAX: usize = 64;

/// A text and the signatures under it, not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    name: KeyName,
    key_id: u32,
    /// Never empty.
    bytes: Vec<u8>,
}

/// Why a note is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`NOTE_BYTES_MAX`].
    #[error("a note has at most {NOTE_BYTES_MAX} bytes")]
    TooLong,
    /// More than [`SIGNATURES_MAX`].
    #[error("a note has at most {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// A control character other than a newline.
    #[error("a note has no control characters")]
    ControlCharacter,
    /// The text does not end in a newline.
    #[error("the text of a note ends in a newline")]
    UnfinishedText,
    /// There is no empty line with signature lines behind it.
    #[error("the note has no signatures")]
    NoSignatures,
    /// A signature line is not of the form `— name base64`.
    #[error("a signature line of the note is malformed")]
    MalformedSignature,
    /// None of the signatures is by a known key.
    #[error("the note is not signed by a known key")]
    NotSigned,
    /// A signature that names a known key is not by that key.
    #[error("a signature of the note by a known key is false")]
    FalseSignature,
}

impl Note {
    /// Signs a text, which must end in a newline.
    pub fn sign(text: String, signer: &Signer) -> Result<Self, NoteError> {
        check_characters(&text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::UnfinishedText);
        }
        let signatures = vec![signer.sign(&text)];
        Self { text, signatures }.within_limits()
    }

    /// Adds a signature, for example a witness's, in place of an earlier one by the same key.
    pub fn with_signature(mut self, signature: Signature) -> Result<Self, NoteError> {
        self.signatures
            .retain(|held| (&held.name, held.key_id) != (&signature.name, signature.key_id));
        self.signatures.push(signature);
        self.within_limits()
    }

    /// The note without the signatures of all but these keys.
    #[must_use]
    pub fn only_by(mut self, known: &[Verifier]) -> Self {
        self.signatures.retain(|signature| known.iter().any(|key| key.is_named_by(signature)));
        self
    }

    /// The signed text. To be believed only after [`Note::verify`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in the order of their lines.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Checks that one of the `known` keys signed the text and that no signature in the name of a
    /// known key is false. Signatures by other keys are ignored. The keys must all be of one role:
    /// with a witness among the keys of a log, a note signed by the witness alone would pass.
    pub fn verify(&self, known: &[Verifier]) -> Result<(), NoteError> {
        let mut signed = false;
        for signature in &self.signatures {
            for key in known.iter().filter(|key| key.is_named_by(signature)) {
                UnparsedPublicKey::new(&ED25519, key.public_key())
                    .verify(self.text.as_bytes(), &signature.bytes)
                    .or(Err(NoteError::FalseSignature))?;
                signed = true;
            }
        }
        if signed { Ok(()) } else { Err(NoteError::NotSigned) }
    }

    fn within_limits(self) -> Result<Self, NoteError> {
        if self.signatures.len() > SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        if self.to_string().len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        Ok(self)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Self, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        check_characters(note)?;
        // The text may hold empty lines itself; the last one separates.
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        if lines.split('\n').count() > SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        let signatures = lines.split('\n').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { text: format!("{text}\n"), signatures })
    }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(NoteError::ControlCharacter);
    }
    Ok(())
}

impl Signature {
    /// Name of the key that it claims to be by.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Id of the key that it claims to be by.
    pub const fn key_id(&self) -> u32 {
        self.key_id
    }

    /// The signature itself, in the form of its algorithm.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The line without its newline.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id.to_be_bytes(), self.bytes.as_slice()].concat();
        write!(f, "\u{2014} {} {}", self.name, STANDARD.encode(bytes))
    }
}

impl FromStr for Signature {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        let parse = || {
            let (name, base64) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
            let name = name.parse().ok()?;
            let decoded = STANDARD.decode(base64).ok()?;
            let (key_id, bytes) = decoded.split_first_chunk()?;
            let key_id = u32::from_be_bytes(*key_id);
            (!bytes.is_empty()).then(|| Self { name, key_id, bytes: bytes.to_vec() })
        };
        parse().ok_or(NoteError::MalformedSignature)
    }
}
