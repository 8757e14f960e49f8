//! The anchor as its users see it.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::ledger::hash::Hash;
use crate::ledger::note::Signer;

use super::*;

fn signer() -> Signer {
    Signer::from_seed("log.example/utrecht".parse().unwrap(), &[7; 32])
}

fn note(size: u64) -> Note {
    note_by(&signer(), size)
}

fn note_by(signer: &Signer, size: u64) -> Note {
    let origin = signer.verifier().name().clone();
    Checkpoint { origin, size, root: Hash::leaf(&size.to_be_bytes()) }.sign(signer).unwrap()
}

fn open(path: &Path) -> Result<Anchor, AnchorError> {
    Anchor::open(path, signer().verifier())
}

fn size(path: &Path) -> Option<u64> {
    Anchor::look(path, signer().verifier()).unwrap().map(|kept| kept.checkpoint.size)
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("anchor");
    (directory, path)
}

#[tokio::test]
async fn it_only_moves_forward_until_the_operator_decides_otherwise() {
    let (_directory, path) = place();
    assert_eq!(size(&path), None);
    let anchor = open(&path).unwrap();
    for (advanced, kept) in [(3, 3), (9, 9), (5, 9), (10, 10)] {
        anchor.advance(advanced, &note(advanced)).await.unwrap();
        assert_eq!(size(&path), Some(kept));
        assert_eq!(anchor.kept().unwrap().note, note(kept));
    }
    anchor.replace(&note(4)).await.unwrap();
    assert_eq!(size(&path), Some(4));
    anchor.advance(5, &note(5)).await.unwrap();
    assert_eq!(open(&path).unwrap().kept().unwrap().checkpoint.size, 5);
}

/// What is on disk when a caller is told is never less than what it asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_that_come_at_once_are_each_served_by_a_durable_write() {
    let (_directory, path) = place();
    let anchor = open(&path).unwrap();
    let path = Arc::new(path);
    let callers = (1..=200_u64).map(|number| {
        let (anchor, path) = (anchor.clone(), Arc::clone(&path));
        tokio::spawn(async move {
            anchor.advance(number, &note(number)).await.unwrap();
            assert!(size(&path).unwrap() >= number);
        })
    });
    for caller in join_all(callers).await {
        caller.unwrap();
    }
    assert_eq!(size(&path), Some(200));
}

#[tokio::test]
async fn two_gateways_of_a_machine_may_share_it() {
    let (_directory, path) = place();
    let [one, other] = [open(&path).unwrap(), open(&path).unwrap()];
    one.advance(7, &note(7)).await.unwrap();
    other.advance(5, &note(5)).await.unwrap();
    assert_eq!(size(&path), Some(7));
    assert_eq!(other.kept().unwrap().checkpoint.size, 7);
    other.advance(8, &note(8)).await.unwrap();
    one.probe().await.unwrap();
    assert_eq!(size(&path), Some(8));
}

#[tokio::test]
async fn the_anchor_of_another_ledger_or_key_is_refused() {
    let (_directory, path) = place();
    let others = [
        Signer::from_seed("log.example/utrecht".parse().unwrap(), &[8; 32]),
        Signer::from_seed("log.example/other".parse().unwrap(), &[7; 32]),
    ];
    for other in others {
        let anchor = Anchor::open(&path, other.verifier()).unwrap();
        anchor.replace(&note_by(&other, 3)).await.unwrap();
        assert!(matches!(open(&path), Err(AnchorError::OfAnother { .. })));
        std::fs::remove_file(&path).unwrap();
    }
}

#[tokio::test]
async fn a_damaged_anchor_is_never_taken_for_a_new_one() {
    let (_directory, path) = place();
    let anchor = open(&path).unwrap();
    anchor.advance(3, &note(3)).await.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in &mut bytes {
        *byte ^= 1;
    }
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(open(&path), Err(AnchorError::Damaged { .. })));
    assert!(matches!(anchor.advance(4, &note(4)).await, Err(AnchorError::Damaged { .. })));
}
