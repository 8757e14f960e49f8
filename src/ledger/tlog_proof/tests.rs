//! Proofs as text: what is accepted prints back, and proves one entry of one log only.

use proptest::prelude::*;

use super::*;
use crate::ledger::checkpoint::InvalidCheckpoint;
use crate::ledger::note::Signer;
use crate::ledger::tree::root_of;

fn signer(seed: u8) -> Signer {
    Signer::from_seed("log.example/haaglanden".parse().unwrap(), &[seed; 32])
}

fn leaf(index: u8) -> Hash {
    Hash::leaf(&[index])
}

/// Entry 2 of 3: its proof is the hash of the first two.
fn proof() -> TlogProof {
    let root = root_of(&[leaf(0), leaf(1), leaf(2)]);
    let origin = signer(1).verifier().name().clone();
    let checkpoint = Checkpoint { origin, size: 3, root }.sign(&signer(1)).unwrap();
    TlogProof::new(2, vec![Hash::node(leaf(0), leaf(1))], checkpoint).unwrap()
}

fn verify(proof: &TlogProof, leaf: Hash, key: &Signer) -> Result<u64, TlogProofError> {
    let keys = [key.verifier().clone()];
    proof.verify(leaf, &keys, signer(1).verifier().name()).map(|checkpoint| checkpoint.size)
}

#[test]
fn a_proof_has_the_form_of_the_specification() {
    let hash = Hash::node(leaf(0), leaf(1));
    let checkpoint = proof().checkpoint().to_string();
    let expected = format!("c2sp.org/tlog-proof@v1\nindex 2\n{hash}\n\n{checkpoint}");
    assert_eq!(proof().to_string(), expected);
    assert_eq!(expected.parse(), Ok(proof()));

    let with_extra = proof().with_extra(b"extra data".to_vec()).unwrap();
    let expected = expected.replace("\nindex", "\nextra ZXh0cmEgZGF0YQ==\nindex");
    assert_eq!(with_extra.to_string(), expected);
    assert_eq!(expected.parse::<TlogProof>().unwrap().extra(), b"extra data");
}

#[test]
fn the_only_entry_of_a_log_needs_no_hashes() {
    let origin = signer(1).verifier().name().clone();
    let checkpoint = Checkpoint { origin, size: 1, root: leaf(0) }.sign(&signer(1)).unwrap();
    let proof = TlogProof::new(0, vec![], checkpoint).unwrap();
    assert_eq!(proof.to_string().parse().as_ref(), Ok(&proof));
    assert_eq!(verify(&proof, leaf(0), &signer(1)), Ok(1));
}

#[test]
fn a_proof_proves_its_own_entry_in_its_own_log() {
    assert_eq!(verify(&proof(), leaf(2), &signer(1)), Ok(3));
    assert_eq!(
        verify(&proof(), leaf(1), &signer(1)),
        Err(TlogProofError::Inclusion(InclusionError::RootMismatch))
    );
    assert_eq!(
        verify(&proof(), leaf(2), &signer(2)),
        Err(TlogProofError::Checkpoint(CheckpointError::Note(NoteError::NotSigned)))
    );
    let keys = [signer(1).verifier().clone()];
    let other = "log.example/rijnmond".parse().unwrap();
    assert_eq!(
        proof().verify(leaf(2), &keys, &other),
        Err(TlogProofError::Checkpoint(CheckpointError::OtherOrigin))
    );
    let elsewhere = TlogProof { index: 1, ..proof() };
    assert!(verify(&elsewhere, leaf(2), &signer(1)).is_err());
    let no_checkpoint = Note::sign("text\n".to_owned(), &signer(1)).unwrap();
    let no_checkpoint = TlogProof { checkpoint: no_checkpoint, ..proof() };
    assert_eq!(
        verify(&no_checkpoint, leaf(2), &signer(1)),
        Err(TlogProofError::Checkpoint(CheckpointError::Malformed(InvalidCheckpoint)))
    );
}

#[test]
fn what_is_not_a_proof_is_refused() {
    let text = proof().to_string();
    let hash_line = format!("{}\n", Hash::node(leaf(0), leaf(1)));
    let hashes = hash_line.repeat(PROOF_HASHES_MAX + 1);
    let extra = format!("extra {}\nindex", STANDARD.encode([0; EXTRA_BYTES_MAX + 1]));
    for (from, to, error) in [
        ("@v1", "@v2", InvalidTlogProof::UnknownHeader),
        ("c2sp", "\nc2sp", InvalidTlogProof::UnknownHeader),
        ("index 2", "index 02", InvalidTlogProof::MalformedIndex),
        ("index 2", "index +2", InvalidTlogProof::MalformedIndex),
        ("index 2", "index  2", InvalidTlogProof::MalformedIndex),
        ("index 2\n", "", InvalidTlogProof::MalformedIndex),
        ("index 2", "index 2\nindex 2", InvalidTlogProof::MalformedHash),
        ("index 2", "index 2\nextra eA==", InvalidTlogProof::MalformedHash),
        ("index 2", "extra \nindex 2", InvalidTlogProof::MalformedExtra),
        ("index 2", "extra eA\nindex 2", InvalidTlogProof::MalformedExtra),
        ("index 2", "extra eA==\nextra eA==\nindex 2", InvalidTlogProof::MalformedIndex),
        ("=\n\n", "\n\n", InvalidTlogProof::MalformedHash),
        ("\n\n", "\n", InvalidTlogProof::Note(NoteError::NoSignatures)),
        ("\u{2014}", "-", InvalidTlogProof::Note(NoteError::MalformedSignature)),
        (&hash_line, &hashes, InvalidTlogProof::TooLong),
        ("index", &extra, InvalidTlogProof::TooLong),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        let found = changed.parse::<TlogProof>();
        // Without its empty line, the proof runs on into the checkpoint.
        if from == "\n\n" {
            assert!(found.is_err());
        } else {
            assert_eq!(found, Err(error), "{from:?} {to:.40?}");
        }
    }
    assert_eq!("".parse::<TlogProof>(), Err(InvalidTlogProof::NoCheckpoint));
    let long = format!("{text}{}", " ".repeat(TLOG_PROOF_BYTES_MAX));
    assert_eq!(long.parse::<TlogProof>(), Err(InvalidTlogProof::TooLong));
}

#[test]
fn the_longest_proof_is_within_the_limit() {
    let hashes = vec![Hash::EMPTY_TREE; PROOF_HASHES_MAX];
    let longest = TlogProof::new(u64::MAX, hashes, proof().checkpoint)
        .and_then(|proof| proof.with_extra(vec![0; EXTRA_BYTES_MAX]))
        .unwrap();
    let note = longest.checkpoint().to_string();
    assert!(longest.to_string().len() - note.len() + NOTE_BYTES_MAX <= TLOG_PROOF_BYTES_MAX);
    assert_eq!(longest.to_string().parse(), Ok(longest));
}

proptest! {
    #[test]
    fn a_changed_proof_is_refused_or_proves_nothing(
        at: prop::sample::Index,
        to in prop::char::range(' ', '~'),
    ) {
        let text = proof().to_string();
        let mut changed: Vec<_> = text.chars().collect();
        *at.get_mut(&mut changed) = to;
        let changed: String = changed.into_iter().collect();
        prop_assume!(changed != text);
        if let Ok(proof) = changed.parse::<TlogProof>() {
            prop_assert!(verify(&proof, leaf(2), &signer(1)).is_err());
            prop_assert_eq!(proof.to_string(), changed);
        }
    }

    #[test]
    fn arbitrary_texts_never_panic(text: String, lines in "(extra |index |[A-Za-z0-9=\n]){0,20}") {
        prop_assert!(text.parse::<TlogProof>().is_err());
        let begun = format!("{HEADER}\n{lines}\n\n{text}");
        prop_assert!(begun.parse::<TlogProof>().is_err());
    }
}
