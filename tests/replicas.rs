//! Several gateways on one PostgreSQL, without a leader: what one does, the others know.
#![cfg(test)]

use std::sync::Mutex;
use std::time::Duration;

#[path = "replicas/behind_the_lock.rs"]
mod behind_the_lock;
#[path = "support/house.rs"]
#[expect(dead_code, reason = "most of these tests need its people, not its gateway on SQLite")]
mod house;
#[path = "support/postgres.rs"]
mod postgres;

use house::{MEE, POLICE, STEUNPUNT, at, new_request, referral, referral_id_of};
use ketenpoort::cli::directory::from_texts;
use ketenpoort::domain::export::Names;
use ketenpoort::domain::id::{ClientId, Oin};
use ketenpoort::domain::organisation::{Actor, UserRole};
use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::directory::DirectoryFile;
use ketenpoort::gateway::submit_referral::Submitted;
use ketenpoort::gateway::traffic::Ended;
use ketenpoort::gateway::{Call, Clock, Error, Gateway, Opening};
use ketenpoort::store::{self, Db, KeyDb};
use ketenpoort::vault::keyring::Keyring;

/// Nothing here takes this long; a hint that only polling replaces takes a second.
const PATIENCE: Duration = Duration::from_secs(30);

struct Replicas {
    url: String,
    keyring: String,
}

impl Replicas {
    fn new() -> Self {
        let keyring = Keyring::generate().unwrap().to_file_text().to_string();
        Self { url: postgres::fresh_database(), keyring }
    }

    async fn open(&self, directory: DirectoryFile) -> Gateway {
        let db = Db::open_postgres(&self.url, store::ledger::SCHEMA).await.unwrap();
        let keys = Db::open_postgres(&self.url, store::keys::SCHEMA).await.unwrap();
        Gateway::open(Opening {
            db,
            keys: KeyDb::new(keys),
            keyring: Keyring::parse(&self.keyring).unwrap(),
            origin: "ketenpoort.example/test".parse().unwrap(),
            own_oin: "00000099000000001000".parse().unwrap(),
            directory,
            names: Names::of("ketenpoort.example/test", "00000099000000001000".parse().unwrap())
                .unwrap(),
            clock: Clock::system(),
            anchor: None,
            witnesses: None,
        })
        .await
        .unwrap()
    }
}

fn directory() -> DirectoryFile {
    let directory = include_str!("../certs-example/directory.toml");
    let policy = include_str!("../certs-example/haaglanden-1.toml");
    from_texts(directory, policy).unwrap()
}

/// The same with another policy, by version and by a rule.
fn other_directory(version: &str) -> DirectoryFile {
    let mut file = directory();
    file.policy.version = version.parse().unwrap();
    file
}

fn call(gateway: &Gateway, oin: &str, role: UserRole) -> Call {
    let caller = gateway.admit(&oin.parse::<Oin>().unwrap(), None).unwrap();
    caller.act(Actor { user_id: "u-1".parse().unwrap(), role, on_behalf_of: None })
}

/// Repeat index, policy version.
fn encode(answer: &Submitted) -> Vec<u8> {
    format!("{} {}", answer.repeat_index, answer.decision.pack.version).into_bytes()
}

async fn submit(gateway: &Gateway, call: &Call) -> Result<(u32, String), Error> {
    let request = new_request("SubmitReferral");
    let draft = referral(gateway, referral_id_of(&request));
    let answer = gateway.submit_referral(call, &request, draft, encode).await?;
    let answer = String::from_utf8(answer).unwrap();
    let (index, version) = answer.split_once(' ').unwrap();
    Ok((index.parse().unwrap(), version.to_owned()))
}

/// Every referral about the family counts every one that was committed before it, whichever gateway
/// took it and whatever the clocks say.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn referrals_about_the_same_people_never_miss_each_other_on_two_gateways() {
    const EACH: u32 = 25;
    let replicas = Replicas::new();
    let gateways = [replicas.open(directory()).await, replicas.open(directory()).await];
    let mut tasks = Vec::new();
    for round in 0..EACH {
        for (position, gateway) in (0_u32..).zip(&gateways) {
            let gateway = gateway.clone();
            tasks.push(tokio::spawn(async move {
                if (round + position) % 3 == 0 {
                    tokio::task::yield_now().await;
                }
                submit(&gateway, &call(&gateway, POLICE, UserRole::PoliceOfficer)).await
            }));
        }
    }
    let mut indexes = Vec::new();
    for task in tasks {
        indexes.push(task.await.unwrap().unwrap().0);
    }
    indexes.sort_unstable();
    assert_eq!(indexes, (1..=2 * EACH).collect::<Vec<_>>());
}

/// From the moment at which a new policy is acknowledged on one gateway, no gateway commits a decision
/// by the old one, though the other has not heard of it yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_gateway_decides_by_a_directory_that_another_has_replaced() {
    let replicas = Replicas::new();
    let gateways = [replicas.open(directory()).await, replicas.open(directory()).await];
    let in_force = Mutex::new("haaglanden-1".to_owned());
    let mut refused = 0;
    for round in 2..8 {
        let version = format!("haaglanden-{round}");
        // Before the change, as a call that is under way.
        let old = call(&gateways[1], POLICE, UserRole::PoliceOfficer);
        gateways[0].activate_directory(other_directory(&version)).await.unwrap();
        *in_force.lock().unwrap() = version.clone();
        let stale = submit(&gateways[1], &old).await;
        assert!(matches!(stale, Err(Error::Busy)), "{stale:?}");
        let taken_over = async {
            loop {
                let call = call(&gateways[1], POLICE, UserRole::PoliceOfficer);
                match submit(&gateways[1], &call).await {
                    Ok((_, decided_by)) => return decided_by,
                    Err(Error::Busy) => refused += 1,
                    Err(error) => panic!("{error}"),
                }
                tokio::task::yield_now().await;
            }
        };
        let decided_by = tokio::time::timeout(PATIENCE, taken_over).await.unwrap();
        assert_eq!(decided_by, *in_force.lock().unwrap());
    }
    println!("directories=6 refused_meanwhile={refused}");
}

/// A gateway that starts with the file of last month does not bring last month's rules back.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_with_an_old_directory_file_takes_over_what_is_in_force() {
    let replicas = Replicas::new();
    let first = replicas.open(directory()).await;
    first.activate_directory(other_directory("haaglanden-2")).await.unwrap();
    let late = replicas.open(directory()).await;
    assert_eq!(late.directory().policy.version.as_str(), "haaglanden-2");
    let mut suspended = other_directory("haaglanden-3");
    suspended.organisations.retain(|organisation| organisation.oin().as_str() != MEE);
    first.activate_directory(suspended).await.unwrap();
    let gone = async {
        while late.admit(&MEE.parse().unwrap(), None).is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    // On purpose it may go back.
    late.activate_directory(directory()).await.unwrap();
    assert_eq!(late.directory().policy.version.as_str(), "haaglanden-1");
    assert!(late.admit(&MEE.parse().unwrap(), None).is_ok());
}

/// What comes in on one gateway wakes the reader at another.
#[tokio::test(flavor = "multi_thread")]
async fn a_referral_wakes_the_reader_on_another_gateway() {
    let replicas = Replicas::new();
    let gateways = [replicas.open(directory()).await, replicas.open(directory()).await];
    let steunpunt = call(&gateways[1], STEUNPUNT, UserRole::CaseWorker);
    let client: ClientId = "reader".parse().unwrap();
    let mut inbox = gateways[1].open_inbox(&steunpunt, client, None, None).await.unwrap();
    let mut bell = gateways[1].inbox_bell(&inbox);
    assert!(gateways[1].receive(&steunpunt, &mut inbox, 10).await.unwrap().is_empty());
    submit(&gateways[0], &call(&gateways[0], POLICE, UserRole::PoliceOfficer)).await.unwrap();
    tokio::time::timeout(PATIENCE, bell.changed()).await.unwrap().unwrap();
    let received = gateways[1].receive(&steunpunt, &mut inbox, 10).await.unwrap();
    assert_eq!(received.len(), 1);
}

/// Of two gateways that look at the same instant, one tells of what is late.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_late_is_told_once_by_two_gateways() {
    let replicas = Replicas::new();
    let gateways = [replicas.open(directory()).await, replicas.open(directory()).await];
    for _ in 0..20 {
        submit(&gateways[0], &call(&gateways[0], POLICE, UserRole::PoliceOfficer)).await.unwrap();
    }
    // Past the term of an urgent referral, and before any other.
    let late = gateways[0].clock().now().plus(Duration::from_hours(5));
    for gateway in &gateways {
        gateway.clock().set(late);
    }
    let sweeps = gateways.clone().map(|gateway| {
        tokio::spawn(async move { gateway.sweep_deadlines().await.unwrap().missed.len() })
    });
    let mut told = 0;
    for sweep in sweeps {
        told += sweep.await.unwrap();
    }
    assert_eq!(told, 20);
    for gateway in &gateways {
        assert_eq!(gateway.sweep_deadlines().await.unwrap().missed, []);
    }
}

/// Keeps one call, and tells how many are kept by then.
async fn kept_calls(gateway: &Gateway, db: &Db, (start, days): (Timestamp, u64)) -> i64 {
    gateway.clock().set(start.plus(Duration::from_hours(24 * days)));
    gateway.count_call(&POLICE.parse().unwrap(), "test/1", Ended::Answered);
    gateway.keep_calls().await.unwrap();
    let ever = "2020-01-01".parse().unwrap();
    let told = db.read().await.unwrap().organisation_calls(ever).await.unwrap();
    let [sums] = &told[..] else { panic!("{told:?}") };
    sums.calls
}

/// By whichever gateway counts on.
#[tokio::test(flavor = "multi_thread")]
async fn counted_calls_are_kept_for_92_days_on_both_databases() {
    // The hour of a day that the change of the clocks moves to another day of UTC.
    let start = at("2026-01-12T23:30:00Z");
    let kept = [(0, 1), (92, 2), (93, 2), (184, 3), (186, 2)];
    let replicas = Replicas::new();
    let gateways = [replicas.open(directory()).await, replicas.open(directory()).await];
    let db = Db::open_postgres(&replicas.url, store::ledger::SCHEMA).await.unwrap();
    for ((days, expected), gateway) in kept.into_iter().zip(gateways.iter().cycle()) {
        assert_eq!(kept_calls(gateway, &db, (start, days)).await, expected, "{days}");
    }
    let house = house::House::open().await;
    let db = house.db().await;
    for (days, expected) in kept {
        assert_eq!(kept_calls(&house.gateway, &db, (start, days)).await, expected, "{days}");
    }
}
