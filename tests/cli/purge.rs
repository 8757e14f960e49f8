//! The ledger commands on a ledger of which entries were purged, and on one where somebody deleted
//! more than that.

use ketenpoort::ledger::purge::PickedEntries;

use super::*;

/// Purges entries as a gateway does, in the name of a new entry.
struct Purging {
    entries: Vec<(i64, Hash)>,
    number: u64,
}

impl Command for Purging {
    type Outcome = ();

    async fn apply(&self, _: &mut Tx) -> Result<Flow<()>> {
        let mut purged = PickedEntries::default();
        for (idx, hash) in &self.entries {
            purged.add(u64::try_from(*idx).unwrap(), *hash);
        }
        Ok(Flow::Append(vec![entry(self.number, Body::Purge(purged.purge().unwrap()))]))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> Result<()> {
        tx.purge_leaves(&self.entries, i64::try_from(placed.first()).unwrap()).await
    }
}

pub(super) async fn purge(db: &Db, writer: &Writer, (indices, number): (&[i64], u64)) {
    let mut tx = db.read().await.unwrap();
    let mut entries = Vec::new();
    for idx in indices {
        entries.push((*idx, tx.leaf_hash(*idx).await.unwrap().unwrap()));
    }
    drop(tx);
    writer.commit(Purging { entries, number }).await.unwrap();
}

/// A ledger of which the consent, the disclosure on it and entries around the edge of a tile and at
/// the end were purged, in two purges.
async fn purged() -> Log {
    let mut log = Log::of(bodies()).await;
    let (db, writer) = log.running.as_ref().unwrap();
    purge(db, writer, (&[0, 2, 3, 255, 256], ENTRIES)).await;
    purge(db, writer, (&[4, 598, 599], ENTRIES + 1)).await;
    log.stop().await;
    log
}

#[tokio::test]
async fn a_purged_ledger_verifies_and_tells_what_was_purged() {
    let log = purged().await;
    let run = log.run("log verify --json");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report = json(&run);
    for (what, count) in
        [("size", 602), ("entries", 594), ("purged", 8), ("purges", 2), ("rows", 594)]
    {
        assert_eq!(report[what], count, "{what}");
    }
    let text = log.run("log verify").stdout;
    assert!(text.contains("8 entries were purged; 2 entries of the ledger account"), "{text}");
    assert_eq!(log.run("log proof --index 1").code, 0);
    assert_eq!(log.run("log proof --index 2").code, 0, "it was there, and that can be proved");
    let shown = log.run("log show --index 2");
    assert_eq!(shown.code, 7);
    assert!(shown.stderr.contains("entry 2 was purged; entry 600"), "{}", shown.stderr);
    assert_eq!(json(&log.run("log show --index 600 --json"))["purge"]["count"], 5);
}

#[tokio::test]
async fn the_audit_of_a_purged_ledger_judges_what_is_left() {
    let log = purged().await;
    let run = log.run("log audit --json");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report = json(&run);
    assert_eq!((&report["disclosures"], &report["unjudged"]), (&1.into(), &1.into()));
}

#[tokio::test]
async fn whoever_deletes_in_the_name_of_a_purge_is_found() {
    for (statements, code) in [
        (&["DELETE FROM leaves WHERE idx = 1"][..], "MISSING_ENTRIES"),
        (&["DELETE FROM purged_leaves WHERE idx = 2"], "MISSING_ENTRIES"),
        (
            &[
                "INSERT INTO purged_leaves SELECT 1, hash, 600 FROM purged_leaves WHERE idx = 2",
                "DELETE FROM leaves WHERE idx = 1",
                "DELETE FROM disclosures WHERE idx = 1",
            ],
            "PURGE_MISMATCH",
        ),
        (
            &[
                "INSERT INTO purged_leaves SELECT 1, hash, 1 FROM purged_leaves WHERE idx = 2",
                "DELETE FROM leaves WHERE idx = 1",
                "DELETE FROM disclosures WHERE idx = 1",
            ],
            "UNACCOUNTED_PURGE",
        ),
        (&["UPDATE purged_leaves SET purged_by = 601 WHERE idx = 2"], "PURGE_MISMATCH"),
        (&["UPDATE purged_leaves SET hash = randomblob(32) WHERE idx = 2"], "CHANGED_ENTRY"),
        (&["UPDATE purged_leaves SET idx = -1 WHERE idx = 2"], "NEGATIVE_NUMBER"),
        // The range that the entry about the purge states.
        (
            &[
                "UPDATE leaves SET entry = (SELECT entry FROM leaves WHERE idx = 601) WHERE idx = 600",
            ],
            "PURGE_MISMATCH",
        ),
        (&["INSERT INTO purged_leaves VALUES (1, zeroblob(32), 600)"], "REPEATED_ENTRY"),
        (&["DELETE FROM disclosures WHERE idx = 1"], "ROW_MISSING"),
    ] {
        let log = purged().await;
        for statement in statements {
            log.tamper(statement).await;
        }
        let found = log.findings("log verify --json");
        assert!(found.iter().any(|found| found == code), "{statements:?}: {found:?}");
    }
}
