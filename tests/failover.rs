//! Kills the primary of PostgreSQL under load and promotes its standby, again and again, with two
//! gateways and a foreign client at each of them.
//!
//! The oracle is the clients' journals, written and synced before every send and after every answer.
//! With a synchronous standby nothing that was acknowledged is lost and the ledger does not fork. The
//! control is the same with a standby that lags: there acknowledged entries must be lost, and the
//! gateways must recognise it before they sign anything.
//!
//! `KETENPOORT_FAILOVERS` is the number of failovers of the first test; 10 when it is not set.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "these tests make servers of their own instead of a database on one")]
mod postgres;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use cluster::{Cluster, Side};
use ketenpoort::domain::id::ReferralId;
use ketenpoort::ledger::entry::Entry;
use ketenpoort::store::{self, Db};
use server::{Installation, Server};

/// Nothing that works takes this long, on a busy machine and in a debug build neither.
const PATIENCE: Duration = Duration::from_mins(2);

fn failovers() -> u32 {
    let given = std::env::var_os("KETENPOORT_FAILOVERS");
    given.map_or(10, |given| given.to_str().unwrap().parse().unwrap())
}

/// A gateway of its own, with a client that submits to it without end.
struct Replica {
    installation: Installation,
    running: Option<Server>,
    client: Child,
    seen: usize,
}

type Acknowledged = BTreeMap<ReferralId, Vec<i64>>;

impl Replica {
    fn start(installation: Installation) -> Self {
        let running = Some(installation.start());
        let client = submit_loop(&installation);
        Self { installation, running, client, seen: 0 }
    }

    /// What its client knows: each acknowledged referral with the indexes of its entries.
    fn acknowledged(&self) -> Acknowledged {
        let journal = std::fs::read_to_string(journal(&self.installation)).unwrap_or_default();
        journal
            .lines()
            .filter_map(|line| line.strip_prefix("acked "))
            .map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let indexes = words[2].split(',').map(|index| index.parse().unwrap()).collect();
                (words[1].parse().unwrap(), indexes)
            })
            .collect()
    }

    /// Waits until the client has got on by so many referrals since it was last looked at.
    fn wait_for(&mut self, more: usize) {
        let started = Instant::now();
        while self.acknowledged().len() < self.seen + more {
            let gets_on = started.elapsed() < PATIENCE && self.client.try_wait().unwrap().is_none();
            assert!(gets_on, "the client does not get on; the gateway wrote {}", self.stop());
            std::thread::park_timeout(Duration::from_millis(5));
        }
        self.look();
    }

    fn look(&mut self) {
        self.seen = self.acknowledged().len();
    }

    /// Kills gateway and client, and returns what the gateway wrote.
    fn stop(&mut self) -> String {
        self.client.kill().ok();
        self.client.wait().unwrap();
        self.running.take().map_or_else(String::new, Server::kill)
    }

    /// That the ledger is whole and holds what this gateway has signed last.
    fn verify(&self) {
        let newest = self.installation.run(&["log", "anchor", "show"]);
        let path = self.installation.path().join("newest-checkpoint");
        std::fs::write(&path, &newest.stdout).unwrap();
        let path = path.to_str().unwrap();
        succeeded(&self.installation.run(&["log", "verify", "--checkpoint", path]));
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.client.kill().ok();
        self.client.wait().ok();
    }
}

fn journal(installation: &Installation) -> PathBuf {
    installation.path().join("journal")
}

fn submit_loop(installation: &Installation) -> Child {
    python::script("submit_loop.py")
        .arg("--proto")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("proto"))
        .args(["--address", &format!("localhost:{}", installation.address().port())])
        .arg("--pki")
        .arg(installation.pki())
        .arg("--journal")
        .arg(journal(installation))
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Two gateways of one ledger, as the README describes: the second is new, and gets keyring and anchor
/// of the first.
fn two_replicas(cluster: &Cluster) -> [Replica; 2] {
    let [first, second] = [(); 2].map(|()| Installation::new(Some(&cluster.url())));
    for name in ["keyring", "pki"] {
        let status = Command::new("cp")
            .args(["--recursive", "--no-target-directory"])
            .arg(first.path().join(name))
            .arg(second.path().join(name))
            .status();
        assert!(status.unwrap().success());
    }
    let mut first = Replica::start(first);
    first.wait_for(1);
    let refused = second.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(6), "a replica without an anchor must not start");
    let anchor = |installation: &Installation| installation.path().join("keyring.anchor");
    std::fs::copy(anchor(&first.installation), anchor(&second)).unwrap();
    [first, Replica::start(second)]
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", text(output));
}

fn text(output: &Output) -> String {
    let parts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    parts.concat()
}

fn all(replicas: &[Replica; 2]) -> Acknowledged {
    replicas.iter().flat_map(Replica::acknowledged).collect()
}

/// The acknowledged referrals that a server does not hold with all their entries.
async fn lost(cluster: &Cluster, acknowledged: &Acknowledged) -> usize {
    let url = cluster.url_of(cluster.primary);
    let db = Db::open_postgres(&url, store::ledger::SCHEMA).await.unwrap();
    let mut tx = db.read().await.unwrap();
    let leaves = tx.leaves(0, u32::MAX).await.unwrap();
    let entries: Vec<Entry> =
        leaves.iter().map(|leaf| Entry::decode(&leaf.entry).unwrap()).collect();
    let police = "00000099000000002000".parse().unwrap();
    let stored = tx.referrals_of(&police, None, u32::MAX >> 1).await.unwrap();
    let stored: BTreeSet<ReferralId> = stored.iter().map(|row| row.referral_id).collect();
    drop(tx);
    db.close().await;

    let mut claimed = BTreeSet::new();
    let mut lost = 0;
    for (referral, indexes) in acknowledged {
        let acts: BTreeSet<_> = indexes
            .iter()
            .map(|index| entries.get(usize::try_from(*index).unwrap()).map(|entry| entry.group_id))
            .collect();
        let one_act = acts.len() == 1 && !acts.contains(&None);
        if !stored.contains(referral) || !one_act {
            lost += 1;
            continue;
        }
        for index in indexes {
            assert!(claimed.insert(*index), "two referrals claim one entry");
        }
    }
    lost
}

#[tokio::test(flavor = "multi_thread")]
async fn failovers_to_a_synchronous_standby_lose_nothing_and_fork_nothing() {
    let mut cluster = Cluster::start().await;
    let mut replicas = two_replicas(&cluster);
    let (mut outages, mut promotions) = (Vec::new(), Vec::new());
    for round in 0..failovers() {
        cluster.add_standby().await;
        cluster.be_synchronous().await;
        for replica in &mut replicas {
            replica.look();
            replica.wait_for(3 + usize::try_from(round % 3).unwrap());
        }
        cluster.kill_primary();
        let killed = Instant::now();
        replicas.iter_mut().for_each(Replica::look);
        cluster.promote();
        promotions.push(killed.elapsed());
        for replica in &mut replicas {
            replica.wait_for(1);
            outages.push(killed.elapsed());
            replica.verify();
        }
    }

    // The old primary comes back as it was: what it lacks was acknowledged meanwhile.
    let old = cluster.primary.other();
    cluster.start_again(old);
    let size = "SELECT size FROM ketenpoort.log_state";
    let before = cluster.number_on(old, size).await;
    for replica in &mut replicas {
        // Long enough for the gateways to ask both servers again.
        replica.wait_for(20);
    }
    assert_eq!(cluster.number_on(old, size).await, before, "the old primary was written to");
    the_old_primary_is_refused(&cluster, old, &mut replicas[0]);
    assert_eq!(cluster.number_on(old, size).await, before);

    let wrote: String = replicas.iter_mut().map(Replica::stop).collect();
    if std::env::var_os("KETENPOORT_FAILOVER_LOG").is_some() {
        println!("{wrote}");
    }
    assert!(!wrote.contains("ledger.refused"), "{wrote}");
    let acknowledged = all(&replicas);
    assert_eq!(lost(&cluster, &acknowledged).await, 0);
    outages.sort();
    promotions.sort();
    println!(
        "failovers={} acknowledged={} lost=0 outage_median={:?} outage_max={:?} promotion_max={:?}",
        failovers(),
        acknowledged.len(),
        outages[outages.len() / 2],
        outages[outages.len() - 1],
        promotions[promotions.len() - 1],
    );
}

/// A gateway that knows only the old primary.
fn the_old_primary_is_refused(cluster: &Cluster, old: Side, replica: &mut Replica) {
    let refused = on(&replica.installation, &cluster.url_of(old), &["serve"]);
    assert_eq!(refused.status.code(), Some(6), "{}", text(&refused));
    assert!(text(&refused).contains("answered entries are missing"), "{}", text(&refused));
    let doctor = on(&replica.installation, &cluster.url_of(old), &["doctor"]);
    assert_eq!(doctor.status.code(), Some(1), "{}", text(&doctor));
    assert!(text(&doctor).contains("fail  anchor"), "{}", text(&doctor));
}

/// A command of the gateway on another database, beside a gateway that runs.
fn on(installation: &Installation, url: &str, arguments: &[&str]) -> Output {
    Command::new(server::BINARY)
        .args(arguments)
        .arg("--config")
        .arg(installation.config())
        .env("KETENPOORT__DATABASE__URL", url)
        .env("KETENPOORT__GRPC__LISTEN", "127.0.0.1:0")
        .output()
        .unwrap()
}

/// Without the standby's word nothing is acknowledged, and callers are told so instead of waiting for
/// ever; when it is back the gateways go on by themselves.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_synchronous_standby_nothing_is_acknowledged() {
    let cluster = Cluster::start().await;
    let mut replicas = two_replicas(&cluster);
    cluster.add_standby().await;
    cluster.be_synchronous().await;
    for replica in &mut replicas {
        replica.wait_for(3);
    }
    cluster.kill_standby();
    // What the standby had confirmed may still be on its way to the client.
    cluster.wait_for(&waiting_for(Duration::ZERO), 1).await;
    replicas.iter_mut().for_each(Replica::look);
    // Longer than a gateway waits for a commit.
    cluster.wait_for(&waiting_for(Duration::from_secs(12)), 1).await;
    for replica in &replicas {
        assert_eq!(replica.acknowledged().len(), replica.seen, "acknowledged without the standby");
    }
    cluster.start_again(cluster.primary.other());
    for replica in &mut replicas {
        replica.wait_for(3);
        replica.verify();
    }
    let wrote: String = replicas.iter_mut().map(Replica::stop).collect();
    assert!(wrote.contains("call failed"), "{wrote}");
    assert!(!wrote.contains("ledger.refused"), "{wrote}");
    assert_eq!(lost(&cluster, &all(&replicas)).await, 0);
}

/// 1 when a commit has waited for the standby for so long.
fn waiting_for(long: Duration) -> String {
    format!(
        "SELECT LEAST(count(*), 1) FROM pg_stat_activity
          WHERE wait_event = 'SyncRep' AND clock_timestamp() - query_start >= '{} s'",
        long.as_secs()
    )
}

/// The control: without the standby's word acknowledged entries must be lost, else the test above shows
/// nothing. Both gateways see it by themselves, sign nothing, and say what to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_to_a_lagging_standby_loses_entries_and_is_recognised_before_anything_is_signed()
{
    let mut cluster = Cluster::start().await;
    let mut replicas = two_replicas(&cluster);
    cluster.add_standby().await;
    for replica in &mut replicas {
        replica.wait_for(2);
    }
    cluster.stop_sending().await;
    for replica in &mut replicas {
        replica.look();
        replica.wait_for(5);
    }
    cluster.kill_primary();
    replicas.iter_mut().for_each(Replica::look);
    cluster.promote();
    let state = "SELECT size FROM ketenpoort.log_state";
    let found = cluster.number_on(cluster.primary, state).await;

    let disputed = "SELECT count(*) FROM ketenpoort.log_state WHERE disputed IS NOT NULL";
    let started = Instant::now();
    while cluster.number_on(cluster.primary, disputed).await == 0 {
        assert!(started.elapsed() < PATIENCE, "no gateway says that entries are missing");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The other one may not have come to it yet; after its start it must.
    let wrote: String = replicas.iter_mut().map(Replica::stop).collect();
    assert!(wrote.contains("ledger.refused"), "{wrote}");
    for replica in &mut replicas {
        assert_eq!(replica.acknowledged().len(), replica.seen, "something was answered");
        refuses(&replica.installation);
    }
    assert_eq!(cluster.number_on(cluster.primary, state).await, found, "something was signed");
    let lost_entries = lost(&cluster, &all(&replicas)).await;
    assert!(lost_entries > 0, "nothing was lost: the experiment cannot show a loss");
    println!(
        "failovers=1 standby=asynchronous acknowledged={} lost={lost_entries}",
        all(&replicas).len()
    );

    for replica in &replicas {
        accept(&replica.installation);
    }
    let wrote = replicas[0].installation.start().kill();
    assert!(!wrote.contains("ledger.refused"), "{wrote}");
    succeeded(&replicas[1].installation.run(&["log", "verify"]));
}

/// Start, doctor and anchor of a gateway whose database went back.
fn refuses(installation: &Installation) {
    let serve = installation.run(&["serve"]);
    assert_eq!(serve.status.code(), Some(6), "{}", text(&serve));
    let doctor = installation.run(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(1), "{}", text(&doctor));
    for said in [text(&serve), text(&doctor)] {
        let lines: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(lines.contains("answered entries are missing"), "{said}");
        assert!(lines.contains("ketenpoort log anchor accept --reason"), "{said}");
    }
    let newest = installation.run(&["log", "anchor", "show"]);
    assert!(text(&newest).starts_with("ketenpoort.example/test\n"), "{}", text(&newest));
}

fn accept(installation: &Installation) {
    let accept = |reason| installation.run(&["log", "anchor", "accept", "--reason", reason]);
    let accepted = accept("failover of a test");
    succeeded(&accepted);
    assert!(text(&accepted).contains("accepted, as entry"), "{}", text(&accepted));
    let again = accept("once more");
    assert!(text(&again).contains("nothing to accept"), "{}", text(&again));
    succeeded(&again);
}
