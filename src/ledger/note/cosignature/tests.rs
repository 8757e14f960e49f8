//! What a cosignature says, and what it is not taken for.

use super::*;
use crate::ledger::note::{InvalidVerifier, NoteError, Signer, Verifier};

const TEXT: &str =
    "log.example/haaglanden\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

fn note() -> Note {
    let log = Signer::from_seed("log.example/haaglanden".parse().unwrap(), &[9; 32]);
    Note::sign(TEXT.to_owned(), &log).unwrap()
}

fn witness(name: &str, seed: u8) -> Cosigner {
    Cosigner::from_seed(name.parse().unwrap(), &[seed; 32])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap()
}

#[test]
fn a_witness_says_when_it_cosigned_and_only_that_text_at_that_moment() {
    let one = witness("witness.example/w1", 1);
    let line = one.cosign(&note(), at(1_679_315_147));
    let cosigned = note().with_signature(line.clone()).unwrap();
    let read: Note = cosigned.to_string().parse().unwrap();
    assert_eq!(one.witness().cosigned_at(&read), Ok(Some(at(1_679_315_147))));
    assert_eq!(one.witness().cosigned_at(&note()), Ok(None));
    // Eight bytes of time and sixty-four of signature.
    assert_eq!(line.as_bytes().len(), 72);

    let mut redated = line.clone();
    redated.bytes[7] ^= 1;
    let log = Signer::from_seed("log.example/haaglanden".parse().unwrap(), &[9; 32]);
    let other = Note::sign(TEXT.replace("2085", "3085"), &log).unwrap();
    for false_one in [note().with_signature(redated), other.with_signature(line)] {
        assert_eq!(one.witness().cosigned_at(&false_one.unwrap()), Err(FalseCosignature));
    }
}

#[test]
fn a_line_is_accepted_under_the_checkpoint_that_it_was_given_for_and_no_other() {
    let (one, two) = (witness("witness.example/w1", 1), witness("witness.example/w2", 2));
    let line = one.cosign(&note(), at(7)).to_string();
    let (cosigned, given) = one.witness().accept(&note(), &line).unwrap();
    assert_eq!((given, one.witness().cosigned_at(&cosigned)), (at(7), Ok(Some(at(7)))));

    let log = Signer::from_seed("log.example/haaglanden".parse().unwrap(), &[9; 32]);
    let other = Note::sign(TEXT.replace("2085", "3085"), &log).unwrap();
    assert!(one.witness().accept(&other, &line).is_none());
    assert!(two.witness().accept(&note(), &line).is_none());
    assert!(one.witness().accept(&note(), "no line").is_none());
}

/// The message that is signed is the one of the specification, byte for byte.
#[test]
fn the_signed_message_is_that_of_the_specification() {
    assert_eq!(message(TEXT, 1_679_315_147), format!("cosignature/v1\ntime 1679315147\n{TEXT}"));
}

#[test]
fn a_witness_is_never_taken_for_a_log_nor_a_log_for_a_witness() {
    let cosigner = witness("log.example/haaglanden", 9);
    let text = cosigner.witness().to_string();
    assert_eq!(text.parse::<Witness>().as_ref(), Ok(cosigner.witness()));
    assert_eq!(text.parse::<Verifier>(), Err(InvalidVerifier::UnknownAlgorithm));
    // The same name and the same seed: another id, so neither line counts for the other.
    let log = Signer::from_seed("log.example/haaglanden".parse().unwrap(), &[9; 32]);
    assert_ne!(log.verifier().key_id(), cosigner.witness().key_id());
    assert_eq!(cosigner.witness().cosigned_at(&note()), Ok(None));
    let only = Note { text: TEXT.to_owned(), signatures: vec![cosigner.cosign(&note(), at(1))] };
    assert_eq!(only.verify(&[log.verifier().clone()]), Err(NoteError::NotSigned));
}

#[test]
fn a_quorum_counts_each_known_witness_once_and_no_false_line() {
    let all: Vec<_> = (1..=3).map(|n| witness(&format!("w.example/{n}"), n)).collect();
    let known: Vec<_> = all.iter().map(|one| one.witness().clone()).collect();
    let quorum = Quorum::new(known, 2).unwrap();
    assert!(!quorum.is_met_by(&note()));
    let stranger = witness("w.example/4", 4);
    let mut cosigned = note().with_signature(stranger.cosign(&note(), at(5))).unwrap();
    cosigned = cosigned.with_signature(all[0].cosign(&note(), at(6))).unwrap();
    cosigned = cosigned.with_signature(all[0].cosign(&note(), at(7))).unwrap();
    assert_eq!(quorum.cosigners(&cosigned), [(all[0].witness().name(), at(7))]);
    assert!(!quorum.is_met_by(&cosigned));
    let mut lie = all[1].cosign(&note(), at(8));
    lie.bytes[20] ^= 1;
    assert!(!quorum.is_met_by(&cosigned.clone().with_signature(lie).unwrap()));
    cosigned = cosigned.with_signature(all[1].cosign(&note(), at(8))).unwrap();
    assert!(quorum.is_met_by(&cosigned));
}

/// A line does not commit to the name: relabelled, it would be that of the other.
#[test]
fn nobody_counts_twice_and_nobody_is_not_enough() {
    let one = |name: &str, seed| witness(name, seed).witness().clone();
    let two = vec![one("w1", 1), one("w2", 2)];
    assert_eq!(Quorum::new(two.clone(), 0), Err(InvalidQuorum::Needed));
    assert_eq!(Quorum::new(two.clone(), 3), Err(InvalidQuorum::Needed));
    assert_eq!(Quorum::new(Vec::new(), 1), Err(InvalidQuorum::Needed));
    let same_key = vec![one("w1", 1), one("w2", 1)];
    let same_name = vec![one("w1", 1), one("w1", 2)];
    assert_eq!(Quorum::new(same_key, 1), Err(InvalidQuorum::Repeated));
    assert_eq!(Quorum::new(same_name, 1), Err(InvalidQuorum::Repeated));
    let many = (0..17).map(|n| one(&format!("w{n}"), n)).collect();
    assert_eq!(Quorum::new(many, 1), Err(InvalidQuorum::TooMany));
    let quorum = Quorum::new(two, 2).unwrap();
    assert_eq!(quorum.labelled(&one("w2", 2).label()), Some(&one("w2", 2)));
    assert_eq!(quorum.labelled(&one("w2", 3).label()), None, "another key of the same name");
}

#[test]
fn a_secret_key_is_read_back_and_nothing_else_is_one() {
    let name: KeyName = "witness.example/w1".parse().unwrap();
    let text = Cosigner::secret_text(&name, &[7; 32]);
    let read = Cosigner::from_secret_text(&text).unwrap();
    assert_eq!(read.witness(), witness("witness.example/w1", 7).witness());
    assert!(!format!("{read:?}").contains("PRIVATE"));
    for (from, to) in [("PRIVATE", "PUBLIC"), ("w1", "w2"), ("+B", "+A"), ("+", " ")] {
        let wrong = text.replace(from, to);
        assert_ne!(wrong, text);
        assert_eq!(Cosigner::from_secret_text(&wrong).unwrap_err(), InvalidCosignerKey);
    }
}
