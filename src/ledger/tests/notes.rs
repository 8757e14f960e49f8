//! Notes and checkpoints: signed by one side, read by the other.

use signed_note::{StandardSigner, StandardVerifier, VerifierList};

use super::Hash;
use super::oracle::{from_tlog, to_tlog};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::{Note, NoteError, Signer, Verifier};

const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";

fn signer(name: &str) -> Signer {
    Signer::from_seed(name.parse().unwrap(), &[42; 32])
}

/// Our key in the form in which their signer takes it.
fn their_signer(ours: &Signer) -> StandardSigner {
    use base64::Engine as _;
    let key = [&[1][..], &[42; 32]].concat();
    let key = base64::engine::general_purpose::STANDARD.encode(key);
    let verifier = ours.verifier();
    let text = format!("PRIVATE+KEY+{}+{:08x}+{key}", verifier.name(), verifier.key_id());
    StandardSigner::new(&text).unwrap()
}

fn their_verifiers(ours: &Signer) -> VerifierList {
    let verifier = StandardVerifier::new(&ours.verifier().to_string()).unwrap();
    VerifierList::new(vec![Box::new(verifier)])
}

#[test]
fn they_accept_what_we_sign() {
    let ours = signer("log.example/haaglanden");
    let note = Note::sign(TEXT.to_owned(), &ours).unwrap().to_string();
    let theirs = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    assert_eq!(theirs.text(), TEXT.as_bytes());
    let (verified, unverified) = theirs.verify(&their_verifiers(&ours)).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    let changed = note.replace("cryptography", "Cryptography");
    let changed = signed_note::Note::from_bytes(changed.as_bytes()).unwrap();
    assert!(changed.verify(&their_verifiers(&ours)).is_err());
}

#[test]
fn we_accept_what_they_sign() {
    let ours = signer("log.example/haaglanden");
    let mut theirs = signed_note::Note::new(TEXT.as_bytes(), &[]).unwrap();
    theirs.add_sigs(&[&their_signer(&ours)]).unwrap();
    let text = String::from_utf8(theirs.to_bytes()).unwrap();
    let note: Note = text.parse().unwrap();
    assert_eq!(note.text(), TEXT);
    assert_eq!(note.verify(&[ours.verifier().clone()]), Ok(()));
    // Ed25519 is deterministic, so it is the very same note.
    assert_eq!(note, Note::sign(TEXT.to_owned(), &ours).unwrap());
    let changed: Note = text.replace("answer", "question").parse().unwrap();
    assert_eq!(changed.verify(&[ours.verifier().clone()]), Err(NoteError::FalseSignature));
}

/// The example of the Go library, which both implementations descend from.
#[test]
fn a_note_of_the_go_library_verifies() {
    let key: Verifier =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    let note: Note = format!(
        "{TEXT}\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2p\
         ZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    .parse()
    .unwrap();
    assert_eq!(note.verify(&[key]), Ok(()));
}

#[test]
fn checkpoints_are_the_same_text() {
    for (size, root) in [(0, Hash::EMPTY_TREE), (1, Hash::leaf(b"a")), (1 << 40, Hash::leaf(b"b"))]
    {
        let ours = signer("log.example/haaglanden");
        let origin = ours.verifier().name().clone();
        let checkpoint = Checkpoint { origin: origin.clone(), size, root };
        let theirs = tlog_tiles::Checkpoint::new(origin.as_str(), size, to_tlog(root), "").unwrap();
        assert_eq!(checkpoint.to_string().as_bytes(), theirs.to_bytes());

        let note = checkpoint.sign(&ours).unwrap();
        let read = tlog_tiles::Checkpoint::from_bytes(note.text().as_bytes()).unwrap();
        assert_eq!((read.origin(), read.size()), (origin.as_str(), size));
        assert_eq!((from_tlog(read.hash()), read.extension()), (root, ""));

        let mut theirs = signed_note::Note::new(&theirs.to_bytes(), &[]).unwrap();
        theirs.add_sigs(&[&their_signer(&ours)]).unwrap();
        let note: Note = String::from_utf8(theirs.to_bytes()).unwrap().parse().unwrap();
        let keys = [ours.verifier().clone()];
        assert_eq!(Checkpoint::open(&note, &keys, &origin), Ok(checkpoint));
    }
}
