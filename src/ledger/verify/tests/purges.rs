//! Entries that were purged, with an entry of the log that accounts for them, and without.

use super::*;
use crate::ledger::purge::{PickedEntries, Purge};

/// What was purged: some at the start, some across the edge of a tile, none held back.
const FIRST: [u64; 5] = [0, 1, 2, 255, 256];
/// Purged later: what was held back before, and entries that no tile holds yet.
const SECOND: [u64; 3] = [3, 601, 602];

fn purge_of(purged: &[u64], entries: &BTreeMap<u64, Vec<u8>>) -> Purge {
    let mut all = PickedEntries::default();
    for index in purged {
        all.add(*index, Hash::leaf(&entries[index]));
    }
    all.purge().unwrap()
}

fn purge_entry(number: u64, purge: Purge) -> Vec<u8> {
    let plain = Entry::decode(&entry(number)).unwrap();
    Entry { body: Body::Purge(purge), ..plain }.encode()
}

/// 700 entries and two purges.
fn purged_log() -> Log {
    let plain: BTreeMap<u64, Vec<u8>> = (0..700).map(|index| (index, entry(index))).collect();
    let purges =
        [purge_entry(700, purge_of(&FIRST, &plain)), purge_entry(701, purge_of(&SECOND, &plain))];
    let all: Vec<Vec<u8>> = plain.into_values().chain(purges).collect();
    let mut log = Log::of(all, 50);
    for (by, purged) in [(700, &FIRST[..]), (701, &SECOND)] {
        for index in purged {
            let bytes = log.entries.remove(index).unwrap();
            log.purged.insert(*index, (Hash::leaf(&bytes), by));
        }
    }
    log
}

#[test]
fn a_purged_log_verifies_and_every_purged_entry_is_accounted_for() {
    let report = purged_log().check();
    assert_eq!(report.findings, []);
    assert_eq!((report.entries, report.purged, report.purges), (694, 8, 2));
}

#[test]
fn an_entry_that_was_deleted_without_a_trace_is_missing() {
    let mut log = purged_log();
    log.entries.remove(&300);
    let expected = Finding::MissingEntries { first: 300, count: 1 };
    assert!(log.findings().contains(&expected));
    let mut log = purged_log();
    log.purged.remove(&1);
    let expected = Finding::MissingEntries { first: 1, count: 1 };
    assert!(log.findings().contains(&expected));
}

#[test]
fn an_entry_that_was_deleted_in_the_name_of_a_purge_is_found() {
    for index in [3_u64, 5, 254, 300, 650] {
        let mut log = purged_log();
        let bytes = log.entries.remove(&index);
        let left = log.purged.get(&index).map(|(hash, _)| *hash);
        let hash = bytes.map(|bytes| Hash::leaf(&bytes)).or(left);
        log.purged.insert(index, (hash.unwrap(), 700));
        let findings = log.findings();
        assert!(findings.contains(&Finding::PurgeMismatch { index: 700 }), "{index}");
    }
}

#[test]
fn an_entry_that_was_deleted_as_if_it_was_purged_by_nothing_is_found() {
    for by in [300, 650, 9_000] {
        let mut log = purged_log();
        let bytes = log.entries.remove(&299).unwrap();
        log.purged.insert(299, (Hash::leaf(&bytes), by));
        let expected = Finding::UnaccountedPurge { first: 299, count: 1 };
        assert_eq!(log.findings(), [expected], "{by}");
    }
}

#[test]
fn a_purge_that_says_something_else_than_what_was_purged_is_found() {
    let plain: BTreeMap<u64, Vec<u8>> = (0..700).map(|index| (index, entry(index))).collect();
    let honest = purge_of(&FIRST, &plain);
    for wrong in [
        Purge { first: 1, ..honest.clone() },
        Purge { last: 257, ..honest.clone() },
        Purge { count: 6, ..honest.clone() },
        Purge { root: Hash::EMPTY_TREE, ..honest },
    ] {
        let mut all: Vec<Vec<u8>> = plain.values().cloned().collect();
        all.push(purge_entry(700, wrong));
        let mut log = Log::of(all, 50);
        for index in FIRST {
            let bytes = log.entries.remove(&index).unwrap();
            log.purged.insert(index, (Hash::leaf(&bytes), 700));
        }
        assert_eq!(log.findings(), [Finding::PurgeMismatch { index: 700 }]);
    }
}

#[test]
fn a_changed_hash_of_a_purged_entry_is_found() {
    let mut log = purged_log();
    log.purged.insert(1, (Hash::EMPTY_TREE, 700));
    let findings = log.findings();
    assert!(findings.contains(&Finding::ChangedEntry { index: 1 }), "{findings:?}");
    assert!(findings.contains(&Finding::PurgeMismatch { index: 700 }), "{findings:?}");
}

#[test]
fn an_entry_and_what_is_left_of_it_cannot_both_be_there() {
    let mut log = purged_log();
    log.entries.insert(2, entry(2));
    assert!(log.findings().contains(&Finding::RepeatedEntry { index: 2 }));
}
