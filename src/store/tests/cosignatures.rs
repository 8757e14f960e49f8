//! Cosignatures of witnesses.

use crate::store::CosignatureRow;

use super::{Fixture, at, on_both_databases};

on_both_databases!(cosignatures_are_found_by_checkpoint_and_by_witness,);

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
