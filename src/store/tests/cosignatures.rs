//! Cosignatures of witnesses.

use crate::ledger::note::{Cosigner, Note, Quorum, Signer};
use crate::store::CosignatureRow;
use crate::store::ledger::CheckpointRow;

use super::{Fixture, at, on_both_databases};

on_both_databases!(
    cosignatures_are_found_by_checkpoint_and_by_witness,
    the_newest_checkpoint_that_enough_witnesses_really_saw_is_found,
);

fn row(witness: &str, size: i64) -> CosignatureRow {
    let cosigned_at = at(u64::try_from(size).unwrap());
    CosignatureRow {
        witness: witness.to_owned(),
        size,
        line: format!("\u{2014} {witness} {size}"),
        cosigned_at,
    }
}

async fn cosignatures_are_found_by_checkpoint_and_by_witness(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let rows = [row("w1", 3), row("w2", 3), row("w1", 5), row("w1", 9), row("w2", 9)];
    for row in &rows {
        tx.insert_cosignature(row).await.unwrap();
    }
    // A second one over the same checkpoint takes the place of the first.
    let changed = CosignatureRow { line: "another".to_owned(), ..row("w1", 9) };
    for row in [&changed, &rows[3]] {
        tx.insert_cosignature(row).await.unwrap();
    }

    assert_eq!(tx.cosignatures(9).await.unwrap(), rows[3..]);
    assert_eq!(tx.cosignatures(4).await.unwrap(), []);
    assert_eq!(tx.newest_cosignatures("w2", 1).await.unwrap(), [row("w2", 9)]);
    assert_eq!(tx.newest_cosignatures("w1", 2).await.unwrap(), [row("w1", 9), row("w1", 5)]);
    assert_eq!(tx.newest_cosignatures("w3", 1).await.unwrap(), []);

    assert_eq!(tx.cosigned_sizes((0, 9), 1, 10).await.unwrap(), [9, 5, 3]);
    assert_eq!(tx.cosigned_sizes((0, 9), 2, 10).await.unwrap(), [9, 3]);
    assert_eq!(tx.cosigned_sizes((3, 8), 1, 10).await.unwrap(), [5]);
    assert_eq!(tx.cosigned_sizes((0, 9), 1, 2).await.unwrap(), [9, 5]);
    assert!(tx.cosigned_sizes((0, 9), 3, 10).await.unwrap().is_empty());

    assert_eq!(tx.cosignatures_after((0, ""), 10).await.unwrap(), rows);
    assert_eq!(tx.cosignatures_after((3, "w1"), 2).await.unwrap(), rows[1..3]);
}

async fn the_newest_checkpoint_that_enough_witnesses_really_saw_is_found(fixture: Fixture) {
    let name = |name: &str| name.parse().unwrap();
    let log = Signer::from_seed(name("log.example"), &[9; 32]);
    let witnesses = [1, 2].map(|seed| Cosigner::from_seed(name(&format!("w{seed}")), &[seed; 32]));
    let known = witnesses.iter().map(|one| one.witness().clone()).collect();
    let quorum = Quorum::new(known, 2).unwrap();
    let note = |size: i64| Note::sign(format!("log.example\n{size}\nAAAA\n"), &log).unwrap();
    let mut tx = fixture.write().await;
    for size in [3, 5, 9] {
        let (note, signed_at) = (note(size).to_string(), at(1));
        tx.insert_checkpoint(CheckpointRow { size, note, signed_at }).await.unwrap();
    }
    // Both saw 3 and, as the database has it, 5; of 9 only one line is over that checkpoint.
    for (size, over) in [(3, [3, 3]), (5, [5, 5]), (9, [9, 5])] {
        for (one, over) in witnesses.iter().zip(over) {
            let line = one.cosign(&note(over), at(2)).to_string();
            let witness = one.witness().label();
            let row = CosignatureRow { witness, size, line, cosigned_at: at(2) };
            tx.insert_cosignature(&row).await.unwrap();
        }
    }

    let with = tx.with_cosignatures(&quorum, 9, note(9)).await.unwrap();
    assert_eq!(quorum.cosigners(&with).len(), 1, "what is not over it is left out");
    let (row, seen) = tx.newest_witnessed(&quorum, (0, 9)).await.unwrap().unwrap();
    assert_eq!((row.size, quorum.is_met_by(&seen)), (5, true));
    let (row, _seen) = tx.newest_witnessed(&quorum, (0, 4)).await.unwrap().unwrap();
    assert_eq!(row.size, 3);
    assert!(tx.newest_witnessed(&quorum, (5, 9)).await.unwrap().is_none());

    let nobody = Quorum::default();
    assert!(tx.newest_witnessed(&nobody, (0, 9)).await.unwrap().is_none());
    assert_eq!(tx.with_cosignatures(&nobody, 5, note(5)).await.unwrap(), note(5));
}
