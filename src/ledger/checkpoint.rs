//! Checkpoints (C2SP `tlog-checkpoint`): the log's promise about its first n entries.
//!
//! A checkpoint is a signed note whose text has exactly three lines: origin, size, root. The C2SP
//! format allows more lines; this log writes none and reads none, because nobody could audit them.

use std::fmt;
use std::str::FromStr;

use super::hash::Hash;
use super::note::{KeyName, Note, NoteError, Signer, Verifier};
use super::tree::SIZE_MAX;

/// What a log says about itself at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Names the log; also the name of its key.
    pub origin: KeyName,
    /// How many entries the log has; at most [`SIZE_MAX`].
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

/// Why a checkpoint is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is malformed or not signed by the log.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not a checkpoint.
    #[error("the text of the note is not a checkpoint")]
    Malformed(#[from] InvalidCheckpoint),
    /// It is another log's checkpoint.
    #[error("the checkpoint is of another log")]
    OtherOrigin,
}

impl Checkpoint {
    /// Signs the checkpoint; the key must bear the name of the log.
    pub fn sign(&self, signer: &Signer) -> Result<Note, CheckpointError> {
        if *signer.verifier().name() != self.origin {
            return Err(CheckpointError::OtherOrigin);
        }
        Ok(Note::sign(self.to_string(), signer)?)
    }

    /// Reads a note that must be a checkpoint of the log `origin`, signed by one of its `keys`.
    pub fn open(note: &Note, keys: &[Verifier], origin: &KeyName) -> Result<Self, CheckpointError> {
        note.verify(keys)?;
        let checkpoint: Self = note.text().parse()?;
        if checkpoint.origin != *origin {
            return Err(CheckpointError::OtherOrigin);
        }
        Ok(checkpoint)
    }
}

/// The text to sign.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)
    }
}

impl FromStr for Checkpoint {
    type Err = InvalidCheckpoint;

    fn from_str(text: &str) -> Result<Self, InvalidCheckpoint> {
        let lines: Vec<_> = text.split('\n').collect();
        let [origin, size, root, ""] = lines.as_slice() else {
            return Err(InvalidCheckpoint);
        };
        Ok(Self {
            origin: origin.parse().or(Err(InvalidCheckpoint))?,
            size: decimal(size).filter(|size| *size <= SIZE_MAX).ok_or(InvalidCheckpoint)?,
            root: Hash::from_base64(root).ok_or(InvalidCheckpoint)?,
        })
    }
}

/// A text that is not origin, size and root on three lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a checkpoint has three lines: origin, size and root")]
pub struct InvalidCheckpoint;

/// Reads a decimal number in its one spelling: no sign, no leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "log.example/haaglanden\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn a_checkpoint_prints_back_as_it_was_read() {
        let checkpoint: Checkpoint = TEXT.parse().unwrap();
        assert_eq!(checkpoint.origin.as_str(), "log.example/haaglanden");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.to_string(), TEXT);
    }

    #[test]
    fn any_other_spelling_is_refused() {
        let too_large = (SIZE_MAX + 1).to_string();
        for (from, to) in [
            ("log.example/haaglanden", ""),
            ("log.example/haaglanden", "log example"),
            ("log.example/haaglanden", "log+example"),
            ("20852163", "020852163"),
            ("20852163", "+20852163"),
            ("20852163", "-1"),
            ("20852163", ""),
            ("20852163", "0x13"),
            ("20852163", too_large.as_str()),
            ("20852163", "18446744073709551616"),
            ("q2I=\n", "q2I=\nextension\n"),
            ("q2I=\n", "q2I=\n\n"),
            ("q2I=\n", "q2I="),
            ("q2I=\n", "q2I\n"),
            ("q2I=\n", "q2J=\n"),
            ("\n20852163", "\r\n20852163"),
        ] {
            let text = TEXT.replacen(from, to, 1);
            assert_ne!(text, TEXT);
            assert_eq!(text.parse::<Checkpoint>(), Err(InvalidCheckpoint), "{text}");
        }
    }

    fn signer(name: &str, seed: u8) -> Signer {
        Signer::from_seed(name.parse().unwrap(), &[seed; 32])
    }

    #[test]
    fn a_checkpoint_opens_with_a_key_of_its_log_only() {
        let checkpoint: Checkpoint = TEXT.parse().unwrap();
        let (old, new) = (signer("log.example/haaglanden", 1), signer("log.example/haaglanden", 2));
        let note = checkpoint.sign(&new).unwrap();
        let keys = [old.verifier().clone(), new.verifier().clone()];
        let origin = &checkpoint.origin;
        assert_eq!(Checkpoint::open(&note, &keys, origin), Ok(checkpoint.clone()));
        assert_eq!(
            Checkpoint::open(&note, &keys[..1], origin),
            Err(CheckpointError::Note(NoteError::NotSigned))
        );
    }

    #[test]
    fn the_checkpoint_of_another_log_is_refused_though_our_key_signed_it() {
        let ours = signer("log.example/haaglanden", 1);
        let other: Checkpoint = TEXT.replace("haaglanden", "rijnmond").parse().unwrap();
        assert_eq!(other.sign(&ours), Err(CheckpointError::OtherOrigin));
        let note = Note::sign(other.to_string(), &ours).unwrap();
        let keys = [ours.verifier().clone()];
        assert_eq!(
            Checkpoint::open(&note, &keys, keys[0].name()),
            Err(CheckpointError::OtherOrigin)
        );
    }

    #[test]
    fn a_signed_text_that_is_no_checkpoint_is_refused() {
        let ours = signer("log.example/haaglanden", 1);
        let note = Note::sign(format!("{TEXT}extension\n"), &ours).unwrap();
        let keys = [ours.verifier().clone()];
        assert_eq!(
            Checkpoint::open(&note, &keys, keys[0].name()),
            Err(CheckpointError::Malformed(InvalidCheckpoint))
        );
    }
}
