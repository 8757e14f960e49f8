//! A witness decides: it cosigns what continues what it cosigned before, and nothing else.

use proptest::prelude::*;

use super::{Log, leaf};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Hash;
use crate::ledger::note::{Note, Signer};
use crate::ledger::proof::{prove_consistency, verify_consistency};
use crate::ledger::tile::Edge;
use crate::ledger::witness::{AddCheckpoint, InvalidRequest, REQUEST_BYTES_MAX, Refusal};

fn signer(name: &str) -> Signer {
    Signer::from_seed(name.parse().unwrap(), &[5; 32])
}

fn ours() -> Signer {
    signer("log.example/haaglanden")
}

fn checkpoint(log: &Log, size: u64) -> Checkpoint {
    let origin = "log.example/haaglanden".parse().unwrap();
    Checkpoint { origin, size, root: log.root_at(size) }
}

fn request(log: &Log, old_size: u64, size: u64) -> AddCheckpoint {
    let proof = match old_size {
        0 => Vec::new(),
        _ => prove_consistency(old_size, size, log).unwrap(),
    };
    AddCheckpoint { old_size, proof, checkpoint: checkpoint(log, size).sign(&ours()).unwrap() }
}

fn examine(request: &AddCheckpoint, kept: Option<&Checkpoint>) -> Result<Checkpoint, Refusal> {
    request.examine(std::slice::from_ref(ours().verifier()), kept)
}

/// A log that begins as another one does and goes on otherwise.
fn fork_at(log: &Log, size: u64) -> Log {
    let (mut fork, mut edge) = (Log::default(), Edge::new());
    for index in 0..log.size() {
        let leaf = if index < size { leaf(index) } else { leaf(1000 + index) };
        fork.leaves.push(leaf);
        fork.tiles.extend(edge.append(leaf));
    }
    fork
}

#[test]
fn a_request_prints_back_as_it_was_read() {
    let log = Log::of(700);
    for request in [request(&log, 0, 700), request(&log, 300, 700), request(&log, 700, 700)] {
        let text = request.to_string();
        assert_eq!(text.parse().as_ref(), Ok(&request));
        assert_eq!(request.origin(), Some("log.example/haaglanden"));
    }
    let text = request(&log, 300, 700).to_string();
    let long = format!("{text}{}", "x".repeat(REQUEST_BYTES_MAX));
    let hash = format!("{}\n", Hash::EMPTY_TREE);
    for wrong in [
        text.replacen("old 300", "old 0300", 1),
        text.replacen("old ", "Old ", 1),
        text.replacen("old 300\n", "old 300\n@@\n", 1),
        text.replacen("old 300\n", &format!("old 300\n{}", hash.repeat(50)), 1),
        text.replacen("\n\n", "\n", 1),
        text.trim_end().to_owned(),
        long,
        String::new(),
    ] {
        assert_eq!(wrong.parse::<AddCheckpoint>(), Err(InvalidRequest));
    }
}

#[test]
fn every_refusal_has_its_reason() {
    let (log, other) = (Log::of(40), fork_at(&Log::of(40), 10));
    let kept = checkpoint(&log, 20);
    assert_eq!(examine(&request(&log, 0, 20), None), Ok(kept.clone()));
    assert_eq!(examine(&request(&log, 20, 40), Some(&kept)), Ok(checkpoint(&log, 40)));
    assert_eq!(examine(&request(&log, 20, 20), Some(&kept)), Ok(kept.clone()));

    let wrong_size = Err(Refusal::OtherSize { size: 20 });
    assert_eq!(examine(&request(&log, 0, 40), Some(&kept)), wrong_size);
    assert_eq!(examine(&request(&log, 10, 15), Some(&kept)), wrong_size);
    let never = Err(Refusal::OtherSize { size: 0 });
    assert_eq!(examine(&request(&log, 20, 40), None), never);
    let mut backward = request(&log, 0, 10);
    backward.old_size = 20;
    assert_eq!(examine(&backward, Some(&kept)), Err(Refusal::Malformed));

    assert_eq!(examine(&request(&other, 20, 40), Some(&kept)), Err(Refusal::NotContinued));
    assert_eq!(examine(&request(&other, 20, 20), Some(&kept)), Err(Refusal::Forked { size: 20 }));
    let mut unproven = request(&log, 20, 40);
    unproven.proof.pop();
    assert_eq!(examine(&unproven, Some(&kept)), Err(Refusal::NotContinued));
    let mut too_much = request(&log, 0, 20);
    too_much.proof.push(Hash::EMPTY_TREE);
    assert_eq!(examine(&too_much, None), Err(Refusal::NotContinued));

    let stranger = signer("log.example/elsewhere");
    let mut foreign = request(&log, 0, 20);
    foreign.checkpoint = Note::sign(checkpoint(&log, 20).to_string(), &stranger).unwrap();
    assert_eq!(examine(&foreign, None), Err(Refusal::NotSigned));
    assert_eq!(foreign.examine(&[], None), Err(Refusal::UnknownLog));
    let text = format!("{}extension\n", checkpoint(&log, 20));
    foreign.checkpoint = Note::sign(text, &ours()).unwrap();
    assert_eq!(examine(&foreign, None), Err(Refusal::Malformed));
}

proptest! {
    /// Whatever two histories of one log a witness is asked about, and in whatever order: all that it
    /// cosigns is one history.
    #[test]
    fn what_a_witness_cosigns_is_one_history(
        split in 1_u64..30,
        asked in prop::collection::vec((any::<bool>(), 0_u64..40, 1_u64..=40), 1..30),
    ) {
        let log = Log::of(40);
        let logs = [fork_at(&log, split), log];
        let mut cosigned: Vec<(usize, Checkpoint)> = Vec::new();
        for (which, old, size) in asked {
            let which = usize::from(which);
            // What an honest log sends half of the time: a proof from what was cosigned last.
            let kept = cosigned.last().map(|(_, kept)| kept.clone());
            let old = kept.as_ref().filter(|_| old % 2 == 0).map_or(old, |kept| kept.size);
            if old > size {
                continue;
            }
            if let Ok(new) = examine(&request(&logs[which], old, size), kept.as_ref()) {
                cosigned.push((which, new));
            }
        }
        let Some((last, newest)) = cosigned.last() else { return Ok(()) };
        for (_, earlier) in &cosigned {
            let proof = prove_consistency(earlier.size, newest.size, &logs[*last]).unwrap();
            let fits =
                verify_consistency(earlier.size, earlier.root, newest.size, newest.root, &proof);
            prop_assert_eq!(fits, Ok(()));
        }
    }
}
