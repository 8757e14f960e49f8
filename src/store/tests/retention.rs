//! Entries past their term: found, held, purged; and the tree afterwards.

use crate::domain::id::{GroupId, HoldId, SignalId, SuppressionId};
use crate::domain::signal::SignalState;
use crate::ledger::hash::Hash;
use crate::store::commit::{Command, Flow, NewEntry, Placed};
use crate::store::error::{Error, Result};
use crate::store::ledger::Nodes;
use crate::store::{
    Counted, HoldRow, Measure, QuestionRow, Retained, SignalRow, SuppressionRow, Tx,
};

use super::samples::{case_ref, entry, oin, subject, user, uuid};
use super::signals::{signal, suppression};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    entries_past_their_term_are_found_in_pages,
    what_a_hold_keeps_is_not_past_its_term,
    some_events_stay_longer_and_some_for_ever,
    purged_entries_leave_their_hashes_and_every_proof,
    an_entry_is_purged_once,
    what_was_kept_for_signals_ends_with_its_entries,
);

/// 300 entries, one a second from `at(0)` on; entry n is of event 1 + n % 4 and about person n % 3.
fn logged(numbers: std::ops::Range<u64>) -> Append {
    let entries = numbers.map(|number| {
        let mut new = entry(number);
        new.row.recorded_at = at(number);
        new.row.event_code = i64::try_from(1 + number % 4).unwrap();
        new.row.case_ref = Some(case_ref(number % 2));
        new.row.subject = Some(subject(u8::try_from(number % 3).unwrap()));
        new
    });
    Append(entries.collect())
}

struct Append(Vec<NewEntry>);

impl Command for Append {
    type Outcome = ();

    async fn apply(&self, _: &mut Tx) -> Result<Flow<()>> {
        Ok(Flow::Append(self.0.clone()))
    }

    async fn complete(&self, _: &mut Tx, _: &mut Placed) -> Result<()> {
        Ok(())
    }
}

/// Purges in the name of a new entry.
struct Purge {
    entries: Vec<(i64, Hash)>,
    number: u64,
}

impl Command for Purge {
    type Outcome = ();

    async fn apply(&self, _: &mut Tx) -> Result<Flow<()>> {
        Ok(Flow::Append(vec![entry(self.number)]))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> Result<()> {
        tx.purge_leaves(&self.entries, i64::try_from(placed.first()).unwrap()).await
    }
}

fn before(seconds: u64) -> Retained {
    Retained { before: at(seconds), later_events: 0, later_before: at(0), kept_events: 0 }
}

async fn aged(tx: &mut Tx, of: &Retained) -> Vec<i64> {
    tx.aged(of, (0, -1), 1_000).await.unwrap().iter().map(|row| row.idx).collect()
}

async fn entries_past_their_term_are_found_in_pages(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(logged(0..10)).await.unwrap();
    let mut tx = fixture.read().await;
    assert_eq!(aged(&mut tx, &before(4)).await, [0, 1, 2, 3]);
    let rows = tx.aged(&before(4), (0, -1), 2).await.unwrap();
    let last = rows.last().unwrap();
    assert_eq!(last.entry, tx.leaf(1).await.unwrap().unwrap().entry);
    let next = tx.aged(&before(4), (last.recorded_at.as_micros(), last.idx), 2).await.unwrap();
    assert_eq!(next.iter().map(|row| row.idx).collect::<Vec<_>>(), [2, 3]);
}

async fn what_a_hold_keeps_is_not_past_its_term(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(logged(0..10)).await.unwrap();
    let mut tx = fixture.write().await;
    let hold = |number| HoldRow {
        hold_id: HoldId::from_bytes(uuid(number)),
        cause: 4,
        oin: oin(1),
        reason: None,
        case_ref: None,
        subject: None,
        group_id: None,
        from_at: None,
        until_at: None,
        placed_at: at(2),
        lifted_at: None,
    };
    let period = HoldRow { from_at: Some(at(6)), until_at: Some(at(8)), ..hold(3) };
    for row in [
        HoldRow { subject: Some(subject(0)), ..hold(1) },
        HoldRow { group_id: Some(GroupId::from_bytes(uuid(4))), ..hold(2) },
        period,
    ] {
        tx.place_hold(&row).await.unwrap();
    }
    assert_eq!(aged(&mut tx, &before(9)).await, [1, 2, 5, 8]);
    tx.lift_hold(hold(1).hold_id, at(9)).await.unwrap();
    assert_eq!(aged(&mut tx, &before(9)).await, [0, 1, 2, 3, 5, 8]);
    // Entry n is about case n % 2. Who names a person holds what is about that person, wherever it is.
    let case = |number| HoldRow { case_ref: Some(case_ref(0)), ..hold(number) };
    tx.place_hold(&HoldRow { subject: Some(subject(1)), ..case(4) }).await.unwrap();
    assert_eq!(aged(&mut tx, &before(9)).await, [0, 2, 3, 5, 8]);
    tx.place_hold(&case(5)).await.unwrap();
    assert_eq!(aged(&mut tx, &before(9)).await, [3, 5]);
}

async fn some_events_stay_longer_and_some_for_ever(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(logged(0..10)).await.unwrap();
    let mut tx = fixture.read().await;
    let of =
        Retained { before: at(9), later_events: 1 << 1, later_before: at(4), kept_events: 1 << 2 };
    // Events 1 (0, 4, 8) only before second 4, events 2 (1, 5, 9) never.
    assert_eq!(aged(&mut tx, &of).await, [0, 2, 3, 6, 7]);
}

async fn purged_entries_leave_their_hashes_and_every_proof(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(logged(0..300)).await.unwrap();
    let mut tx = fixture.read().await;
    let (edge, root) = (tx.edge(300).await.unwrap(), tx.root(290).await.unwrap());
    let proof = tx.inclusion_proof(&mut Nodes::default(), 280, 300).await.unwrap();
    let consistency = tx.consistency_proof(270, 300).await.unwrap();
    let mut entries = Vec::new();
    for idx in [0, 1, 255, 256, 279, 280, 299] {
        entries.push((idx, Hash::leaf(&tx.leaf(idx).await.unwrap().unwrap().entry)));
    }
    drop(tx);
    writer.commit(Purge { entries: entries.clone(), number: 300 }).await.unwrap();
    // Another process goes on with the ledger as it finds it.
    drop(writer);
    let writer = fixture.writer().await;
    writer.commit(logged(301..303)).await.unwrap();

    let mut tx = fixture.read().await;
    assert_eq!(tx.edge(300).await.unwrap().root(), edge.root());
    assert_eq!(tx.root(290).await.unwrap(), root);
    assert_eq!(tx.inclusion_proof(&mut Nodes::default(), 280, 300).await.unwrap(), proof);
    assert_eq!(tx.consistency_proof(270, 300).await.unwrap(), consistency);
    for (idx, hash) in entries {
        assert_eq!(tx.leaf(idx).await.unwrap(), None);
        assert_eq!(tx.disclosure(idx).await.unwrap(), None);
        assert_eq!(tx.leaf_hash(idx).await.unwrap(), Some(hash));
    }
    assert!(tx.disclosure(2).await.unwrap().is_some());
    assert_eq!(tx.leaf_hash(303).await.unwrap(), None);
}

async fn an_entry_is_purged_once(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(logged(0..10)).await.unwrap();
    let hash = fixture.read().await.leaf_hash(3).await.unwrap().unwrap();
    let purge = |number| Purge { entries: vec![(3, hash)], number };
    writer.commit(purge(300)).await.unwrap();
    let again = writer.commit(purge(301)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    let missing = Purge { entries: vec![(200, hash)], number: 302 };
    assert!(writer.commit(missing).await.is_err());
    assert_eq!(fixture.read().await.log_state().await.unwrap().unwrap().size, 11);
}

/// Entries 0 and 1 are in the ledger, 7 and 8 were purged.
async fn what_was_kept_for_signals_ends_with_its_entries(fixture: Fixture) {
    let writer = fixture.writer().await;
    writer.commit(logged(0..2)).await.unwrap();
    drop(writer);
    let mut tx = fixture.write().await;
    let closed = |number: u64, second| SignalRow {
        state: SignalState::Explained,
        closed_at: Some(at(second)),
        ..signal(number)
    };
    // Of 3 an entry is left, 4 is open, 5 was closed lately, 6 silenced others; 7 is past its term.
    for (row, idx) in [
        (closed(3, 4), 1),
        (signal(4), 7),
        (closed(5, 20), 7),
        (closed(6, 4), 7),
        (closed(7, 4), 8),
    ] {
        let id = row.signal_id;
        tx.insert_signal(&row).await.unwrap();
        tx.add_signal_entry(id, idx).await.unwrap();
    }
    let silence = |number, signal: u64, until| SuppressionRow {
        suppression_id: SuppressionId::from_bytes(uuid(number)),
        signal_id: SignalId::from_bytes(uuid(signal)),
        until_at: at(until),
        ..suppression(number)
    };
    tx.insert_suppression(&silence(1, 6, 30)).await.unwrap();
    tx.insert_suppression(&silence(2, 7, 5)).await.unwrap();
    let question = |idx: i64, second: u64| QuestionRow {
        idx,
        oin: oin(1),
        user_id: user("fg-1"),
        subject: subject(1),
        asked_at: at(second),
    };
    for row in [question(0, 1), question(7, 1), question(8, 20)] {
        tx.insert_log_question(&row).await.unwrap();
    }
    let counted = |day: &str| Counted {
        measure: Measure::Subjects,
        oin: oin(1),
        user: Some(user("u-1")),
        day: day.parse().unwrap(),
    };
    for day in ["2020-03-09", "2020-03-10"] {
        tx.set_activity(&counted(day), 3, None).await.unwrap();
    }

    let before = (at(10), "2020-03-10".parse().unwrap());
    // Question 7, the day, silence 2, and signal 7 with its entry.
    assert_eq!(tx.purge_signals(before, 10).await.unwrap(), 5);
    assert_eq!(tx.purge_signals(before, 10).await.unwrap(), 0);
    for number in 3..=7 {
        let left = tx.signal(SignalId::from_bytes(uuid(number))).await.unwrap();
        assert_eq!(left.is_some(), number != 7, "{number}");
    }
    assert_eq!(tx.signal_entries(SignalId::from_bytes(uuid(7)), 10).await.unwrap(), [0; 0]);
    for (idx, is_left) in [(0, true), (7, false), (8, true)] {
        assert_eq!(tx.log_question(idx).await.unwrap().is_some(), is_left, "{idx}");
    }
    assert_eq!(tx.activity(&counted("2020-03-09")).await.unwrap(), 0);
    assert_eq!(tx.activity(&counted("2020-03-10")).await.unwrap(), 3);
    assert!(tx.suppression(silence(1, 6, 30).suppression_id).await.unwrap().is_some());
    assert_eq!(tx.suppression(silence(2, 7, 5).suppression_id).await.unwrap(), None);
}
