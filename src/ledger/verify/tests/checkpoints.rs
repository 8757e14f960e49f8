//! Checkpoints that do not fit, and a state that does not.

use super::*;

#[test]
fn a_log_that_was_rolled_back_is_found_by_the_checkpoint_that_stayed() {
    let mut log = Log::new(600, 50);
    log.checkpoints.clone_from(&LOG.checkpoints);
    assert_eq!(
        log.findings(),
        [Finding::CheckpointBeyondLog { size: 650 }, Finding::CheckpointBeyondLog { size: 700 },]
    );
}

#[test]
fn a_false_checkpoint_is_found_and_not_believed() {
    let (root, size) = (Hash::EMPTY_TREE, 300);
    let honest = LOG.checkpoints[&300].clone();
    let other_key = checkpoint(size, root, &signer(2));
    let origin = "log.example/rijnmond".parse().unwrap();
    let other_origin = Checkpoint { origin, size, root }.to_string();
    let other_origin = Note::sign(other_origin, &signer(1)).unwrap().to_string();
    let no_checkpoint = Note::sign("text\n".to_owned(), &signer(1)).unwrap().to_string();
    for (note, finding) in [
        (other_key, Finding::CheckpointSignature { size }),
        (honest.replace("\n300\n", "\n301\n"), Finding::CheckpointSignature { size }),
        (other_origin, Finding::CheckpointOrigin { size }),
        (no_checkpoint, Finding::CheckpointMalformed { size }),
        (String::new(), Finding::CheckpointMalformed { size }),
        (LOG.checkpoints[&350].clone(), Finding::CheckpointMalformed { size }),
        (checkpoint(size, root, &signer(1)), Finding::CheckpointMismatch { size, confirmed: 250 }),
    ] {
        let mut log = LOG.clone();
        log.checkpoints.insert(size, note);
        assert_eq!(log.findings(), [finding]);
    }
}

#[test]
fn the_end_must_be_signed() {
    let mut log = LOG.clone();
    log.checkpoints.remove(&700);
    assert_eq!(log.findings(), [Finding::CheckpointMissing { size: 700 }]);
    assert!(Log::new(0, 1).check().is_clean());
}

#[test]
fn a_checkpoint_that_comes_again_is_found() {
    let log = Log::new(2, 1);
    let mut verifier = LogVerifier::new(trusted(), log.state.clone());
    for index in 0..2 {
        verifier.entry(index, &entry(index));
        verifier.checkpoint(index + 1, &log.checkpoints[&(index + 1)]);
    }
    verifier.checkpoint(2, &log.checkpoints[&2]);
    verifier.checkpoint(1, &log.checkpoints[&1]);
    assert_eq!(
        verifier.finish().findings,
        [Finding::RepeatedCheckpoint { size: 2 }, Finding::RepeatedCheckpoint { size: 1 }]
    );
}

#[test]
fn a_state_that_does_not_fit_is_found() {
    let mut log = LOG.clone();
    log.state.root = Hash::EMPTY_TREE;
    assert_eq!(log.findings(), [Finding::StateMismatch { part: StatePart::Root }]);
    let mut log = LOG.clone();
    log.state.frontier = Frontier::new().encode();
    assert_eq!(log.findings(), [Finding::StateMismatch { part: StatePart::Frontier }]);
}

#[test]
fn checkpoints_by_an_earlier_key_still_count() {
    let mut log = LOG.clone();
    log.checkpoints.insert(700, checkpoint(700, log.state.root, &signer(2)));
    assert_eq!(log.findings(), [Finding::CheckpointSignature { size: 700 }]);
    let keys = [1, 2].map(|seed| signer(seed).verifier().clone());
    let both = Signatory::new(keys[0].name().clone(), keys.to_vec());
    assert!(log.check_with(LogVerifier::new(both, log.state.clone())).is_clean());
}
