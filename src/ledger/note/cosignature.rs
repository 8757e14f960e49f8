//! Cosignatures (C2SP `tlog-cosignature`, Ed25519): a witness says that a checkpoint continues every
//! checkpoint of that log which it cosigned before.
//!
//! Whoever holds the log and its key can show two histories to two people. A witness outside cosigns only
//! one of them, so that a checkpoint with enough cosignatures is the one that all others see too.

use std::collections::BTreeSet;
use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::{KeyName, Witness, key_pair};
use super::{Note, Signature};
use crate::domain::time::Timestamp;

/// Begins the secret form of a key (as Go's `golang.org/x/mod/sumdb/note` writes it).
const SECRET: &str = "PRIVATE+KEY+";

/// Algorithm byte of a cosignature with Ed25519.
const ALGORITHM: u8 = 0x04;

/// Cosigns checkpoints.
pub struct Cosigner {
    witness: Witness,
    pair: Ed25519KeyPair,
}

impl Cosigner {
    /// The key that RFC 8032 §5.1.5 derives from a seed. The caller wipes its copy of the seed.
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        let (pair, public_key) = key_pair(seed);
        Self { witness: Witness::new(name, public_key), pair }
    }

    /// The public half.
    pub const fn witness(&self) -> &Witness {
        &self.witness
    }

    /// Cosigns the text of a checkpoint at a moment, of which whole seconds count.
    pub fn cosign(&self, checkpoint: &Note, at: Timestamp) -> Signature {
        let seconds = u64::try_from(at.as_micros() / 1_000_000).unwrap_or(0);
        let signed = self.pair.sign(message(checkpoint.text(), seconds).as_bytes());
        Signature {
            name: self.witness.name().clone(),
            key_id: self.witness.key_id(),
            bytes: [&seconds.to_be_bytes(), signed.as_ref()].concat(),
        }
    }

    /// The secret as text, for a file that only its owner can read.
    pub fn secret_text(name: &KeyName, seed: &[u8; 32]) -> String {
        let witness = Self::from_seed(name.clone(), seed).witness;
        let key = STANDARD.encode([&[ALGORITHM], seed.as_slice()].concat());
        format!("{SECRET}{name}+{:08x}+{key}\n", witness.key_id())
    }

    /// Reads what [`Cosigner::secret_text`] wrote.
    pub fn from_secret_text(text: &str) -> Result<Self, InvalidCosignerKey> {
        let read = || {
            let (name, rest) = text.trim_end().strip_prefix(SECRET)?.split_once('+')?;
            let (key_id, key) = rest.split_once('+')?;
            let key = STANDARD.decode(key).ok()?;
            let (algorithm, seed) = key.split_first()?;
            let cosigner = Self::from_seed(name.parse().ok()?, seed.try_into().ok()?);
            let fits = format!("{:08x}", cosigner.witness.key_id()) == key_id;
            (*algorithm == ALGORITHM && fits).then_some(cosigner)
        };
        read().ok_or(InvalidCosignerKey)
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.witness)
    }
}

/// A text that is not the secret key of a witness. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a secret key of a witness has the form PRIVATE+KEY+name+id+key, as `ketenpoort witness key` writes it"
)]
pub struct InvalidCosignerKey;

/// A line in the name of a witness that is not by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cosignature in the name of a known witness is false")]
pub struct FalseCosignature;

impl Witness {
    /// When this witness cosigned the checkpoint; none when it did not.
    pub fn cosigned_at(&self, note: &Note) -> Result<Option<Timestamp>, FalseCosignature> {
        let mut found = None;
        for signature in note.signatures.iter().filter(|signature| self.is_named_by(signature)) {
            found = Some(self.verify(note, signature).ok_or(FalseCosignature)?);
        }
        Ok(found)
    }

    /// The checkpoint with a line of this witness under it, and when the line was given; none when the
    /// line is not by its key over this checkpoint, and so proves nothing.
    pub fn accept(&self, checkpoint: &Note, line: &str) -> Option<(Note, Timestamp)> {
        let cosigned = checkpoint.clone().with_signature(line.parse().ok()?).ok()?;
        let at = self.cosigned_at(&cosigned).ok()??;
        Some((cosigned, at))
    }

    fn verify(&self, note: &Note, signature: &Signature) -> Option<Timestamp> {
        let (seconds, signed) = signature.bytes.split_first_chunk()?;
        let seconds = u64::from_be_bytes(*seconds);
        UnparsedPublicKey::new(&ED25519, self.public_key())
            .verify(message(note.text(), seconds).as_bytes(), signed)
            .ok()?;
        let seconds = i64::try_from(seconds).ok()?;
        Timestamp::from_micros(seconds.checked_mul(1_000_000)?)
    }
}

fn message(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// The most witnesses of a ledger: with the log's own line, well within a note.
pub const WITNESSES_MAX: usize = 16;

/// Whose cosignatures count, and how many are enough. The default knows nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quorum {
    witnesses: Vec<Witness>,
    needed: usize,
}

/// Why witnesses are no quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuorum {
    /// More than [`WITNESSES_MAX`].
    #[error("a ledger has at most {WITNESSES_MAX} witnesses")]
    TooMany,
    /// Two have the same name or the same public key. A cosignature does not commit to the name, so
    /// whoever holds one key under two names would count twice.
    #[error("two witnesses have the same name or the same public key")]
    Repeated,
    /// Nobody is enough, or more than there are.
    #[error("what is needed must be a number from 1 to that of the witnesses")]
    Needed,
}

impl Quorum {
    /// These witnesses, of which `needed` are enough.
    pub fn new(witnesses: Vec<Witness>, needed: usize) -> Result<Self, InvalidQuorum> {
        if witnesses.len() > WITNESSES_MAX {
            return Err(InvalidQuorum::TooMany);
        }
        let names: BTreeSet<_> = witnesses.iter().map(Witness::name).collect();
        let keys: BTreeSet<_> = witnesses.iter().map(Witness::public_key).collect();
        if names.len() < witnesses.len() || keys.len() < witnesses.len() {
            return Err(InvalidQuorum::Repeated);
        }
        if !(1..=witnesses.len()).contains(&needed) {
            return Err(InvalidQuorum::Needed);
        }
        Ok(Self { witnesses, needed })
    }

    /// The witnesses that are known.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// How many of them must have cosigned; 0 where nobody is known.
    pub const fn needed(&self) -> usize {
        self.needed
    }

    /// The witness of this [`label`](Witness::label).
    pub fn labelled(&self, label: &str) -> Option<&Witness> {
        self.witnesses.iter().find(|witness| witness.label() == label)
    }

    /// The checkpoint with those lines that are really by their witnesses, each given with the label of
    /// the one that it was kept for. What is false proves nothing and is left out.
    #[must_use]
    pub fn with_lines<'l>(
        &self,
        mut checkpoint: Note,
        lines: impl Iterator<Item = (&'l str, &'l str)>,
    ) -> Note {
        for (label, line) in lines {
            let witness = self.labelled(label);
            if let Some((with, _at)) = witness.and_then(|known| known.accept(&checkpoint, line)) {
                checkpoint = with;
            }
        }
        checkpoint
    }

    /// Who cosigned the checkpoint and when. A line that is false counts as none.
    pub fn cosigners(&self, note: &Note) -> Vec<(&KeyName, Timestamp)> {
        let signed = |witness: &&Witness| witness.cosigned_at(note).ok().flatten();
        let all = self.witnesses.iter();
        all.filter_map(|witness| Some((witness.name(), signed(&witness)?))).collect()
    }

    /// Whether enough witnesses cosigned the checkpoint.
    pub fn is_met_by(&self, note: &Note) -> bool {
        self.cosigners(note).len() >= self.needed
    }
}

#[cfg(test)]
mod tests;
