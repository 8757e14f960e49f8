//! Kills the gateway at random moments while a foreign client submits, again and again.
//!
//! The oracle is the client's journal, written and synced before every send and after every answer.
//! Afterwards: no acknowledged referral is lost, none is there twice, every acknowledged ledger entry
//! stands at its index, nothing stands in the ledger for a referral that does not exist, and the
//! ledger verifies after every kill.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use ketenpoort::domain::id::ReferralId;
use ketenpoort::ledger::entry::Entry;
use ketenpoort::store::{self, Db};
use server::Installation;

/// Kills of one run.
const KILLS: u32 = 50;

/// The client goes on through every kill until it is stopped.
fn submit_loop(installation: &Installation, journal: &Path) -> Child {
    python::script("submit_loop.py")
        .arg("--proto")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("proto"))
        .args(["--address", &format!("localhost:{}", installation.address().port())])
        .arg("--pki")
        .arg(installation.pki())
        .arg("--journal")
        .arg(journal)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What the client knows: each acknowledged referral with the indexes of its entries.
fn acknowledged(journal: &Path) -> BTreeMap<ReferralId, Vec<i64>> {
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.strip_prefix("acked "))
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let indexes = words[2].split(',').map(|index| index.parse().unwrap()).collect();
            (words[1].parse().unwrap(), indexes)
        })
        .collect()
}

/// Waits for the next acknowledgement, so that every kill hits a working client.
fn wait_for_more_than(count: usize, journal: &Path, client: &mut Child) {
    let started = Instant::now();
    while acknowledged(journal).len() <= count {
        assert!(client.try_wait().unwrap().is_none(), "the client ended");
        assert!(started.elapsed() < Duration::from_mins(1), "the client does not get on");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// A pause that differs from kill to kill without a clock or a random source: 0 to 40 ms.
fn moment(kill: u32) -> Duration {
    Duration::from_micros(u64::from(kill.wrapping_mul(2_654_435_761) % 40_000))
}

#[test]
fn fifty_kills_lose_nothing_and_double_nothing() {
    let installation = Installation::new(None);
    let journal = installation.path().join("journal");
    let mut running = installation.start();
    let mut client = submit_loop(&installation, &journal);
    let mut seen = 0;
    for kill in 0..KILLS {
        wait_for_more_than(seen, &journal, &mut client);
        std::thread::park_timeout(moment(kill));
        running.kill();
        seen = acknowledged(&journal).len();
        let verified = installation.run(&["log", "verify"]);
        assert!(
            verified.status.success(),
            "after kill {kill}: {}",
            String::from_utf8_lossy(&verified.stderr)
        );
        running = installation.start();
    }
    wait_for_more_than(seen, &journal, &mut client);
    client.kill().unwrap();
    client.wait().unwrap();
    running.kill();

    let acknowledged = acknowledged(&journal);
    assert!(acknowledged.len() > usize::try_from(KILLS).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(check(&installation, &acknowledged));
}

async fn check(installation: &Installation, acknowledged: &BTreeMap<ReferralId, Vec<i64>>) {
    let path = installation.path().join("ketenpoort.sqlite");
    let db = Db::open_sqlite(&path, store::ledger::SCHEMA).await.unwrap();
    let mut tx = db.read().await.unwrap();
    let leaves = tx.leaves(0, u32::MAX).await.unwrap();
    let entries: Vec<Entry> =
        leaves.iter().map(|leaf| Entry::decode(&leaf.entry).unwrap()).collect();
    let police = "00000099000000002000".parse().unwrap();
    let stored = tx.referrals_of(&police, None, u32::MAX >> 1).await.unwrap();
    let stored: BTreeSet<ReferralId> = stored.iter().map(|row| row.referral_id).collect();

    let mut claimed = BTreeSet::new();
    for (referral, indexes) in acknowledged {
        assert!(stored.contains(referral), "an acknowledged referral is lost");
        let groups: BTreeSet<_> = indexes
            .iter()
            .map(|index| entries[usize::try_from(*index).unwrap()].group_id)
            .collect();
        assert_eq!(groups.len(), 1, "the entries of one referral are one act");
        for index in indexes {
            assert!(claimed.insert(*index), "two referrals claim one entry");
        }
    }
    // One request may be stored whose answer was lost and that was not repeated any more.
    assert!(stored.len() <= acknowledged.len() + 1, "a referral is there twice");
    let submitted = entries.iter().filter(|entry| entry.event == 1).count();
    let people = acknowledged.values().next().unwrap().len();
    assert_eq!(submitted, stored.len() * people, "entries and referrals differ");
}
