//! (3) Lets the n-th write or sync of the database fail, while eight clients work.
//!
//! A sync that failed is the treacherous one: the kernel counts its pages as written, and the next
//! sync says yes without writing them (known as fsyncgate). So the power is cut afterwards: whatever
//! the gateway acknowledged after the failure must be on the disk all the same. Between failure and
//! cut the process may also end and start again, and find in the page cache what is not on the disk.

use std::time::{Duration, Instant};

use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::disk::{Disk, Errno, Failing, Operation};
use super::journal::Journals;
use super::load::Load;
use super::powercut::{ends, lost_on};
use super::random::{self, Random};
use super::run::{Run, runtime};
use super::server::Server;
use super::{DATABASE, ONE_AT_A_TIME};

const FAULTS_SHORT: usize = 24;
const FAULTS_LONG: usize = 600;

/// The log of the ledger and of everything else.
const DATA: &str = "ketenpoort.sqlite-wal";
/// The log of the keys of persons.
const KEYS: &str = "keys.sqlite-wal";

/// Longest wait for something that must come.
const WAIT_MAX: Duration = Duration::from_mins(1);

/// Answers after a fault that show that the gateway works again.
const ANSWERS: u64 = 20;

/// One way in which a disk goes bad, and what comes after it.
#[derive(Debug, Clone, Copy)]
struct Fault {
    operation: Operation,
    errno: Errno,
    failing: Failing,
    /// End of the name of the file that it hits; empty for any.
    file: &'static str,
    /// The n-th of its kind since the start of the process.
    at: u64,
    /// Whether the process ends at once, and the next one finds what the failure left in the page cache.
    crashes: bool,
}

impl Fault {
    /// All kinds in turn, each at a random moment: during the start or under load.
    fn draw(number: usize, random: &mut Random) -> Self {
        let (operation, errno) = [
            (Operation::Sync, Errno::Eio),
            (Operation::Write, Errno::Enospc),
            (Operation::Sync, Errno::Enospc),
            (Operation::Write, Errno::Eio),
        ][number % 4];
        let (failing, crashes) =
            [(Failing::Once, true), (Failing::UntilMended, false), (Failing::Once, false)]
                [number / 4 % 3];
        let file = [DATA, KEYS, ""][number % 3];
        let most = if operation == Operation::Sync { 60 } else { 600 };
        Self { operation, errno, failing, file, at: random.between(1, most), crashes }
    }
}

impl Fault {
    fn on(self, disk: Disk) -> Disk {
        let disk =
            disk.failing(self.operation, self.at, self.errno, self.failing).of_file(self.file);
        if self.crashes { disk.crashing() } else { disk }
    }
}

#[test]
fn a_failing_disk_makes_nobody_believe_what_is_not_stored() {
    runtime().block_on(fail_again_and_again());
}

async fn fail_again_and_again() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = random::seed("failing disk");
    let faults = if random::is_long() { FAULTS_LONG } else { FAULTS_SHORT };
    let mut random = Random::new(seed, u64::MAX);
    let run = Run::new(DATABASE);
    let server = run.start();
    let load = run.load(seed).await;
    load.server_is_down();
    server.kill();
    let mut journals = Journals::default();
    let (mut at_start, mut failed) = (0, 0);
    for number in 0..faults {
        let fault = Fault::draw(number, &mut random);
        let disk = Disk::new(&run, &format!("disk-{number}"), random.next());
        let disk = fault.on(disk);
        match tokio::task::block_in_place(|| run.installation.try_start(&disk.environment())) {
            Ok(server) => {
                load.server_is_up();
                survive(&load, (server, &disk), fault).await;
                load.server_is_down();
            }
            Err(ended) => {
                // A gateway that cannot write does not begin to serve; it says so and ends.
                let code = ended.status.code();
                assert!(code.is_some_and(|code| code != 0), "{fault:?}: {ended:?}");
                at_start += 1;
            }
        }
        if fault.crashes {
            trust_nothing(&run, &load, disk.clone(), fault).await;
        }
        failed += disk.reported("failed ").len();
        run.check_new(&mut journals, &format!("after {fault:?}")).await;
    }
    let server = run.start();
    load.server_is_up();
    let verdict = run.finish(load, &mut journals).await;
    server.kill();
    println!(
        "failing disk: faults={faults} during_start={at_start} failed_operations={failed} \
         acknowledged={} failed_attempts={} entries={} lost=0",
        verdict.acknowledged, journals.failed, verdict.entries,
    );
    assert!(failed >= faults, "only {failed} operations failed");
}

/// Under load: the fault, the way back, and the power cut that shows what is on the disk.
async fn survive(load: &Load, (server, disk): (Server, &Disk), fault: Fault) {
    if fault.crashes {
        return ends(server).await;
    }
    until("the fault", || !disk.reported("failed ").is_empty()).await;
    if fault.failing == Failing::UntilMended {
        // Health speaks of the ledger. Without keys everything else goes on, but no referral comes in.
        if fault.file != KEYS {
            until_health(load, ServingStatus::NotServing).await;
        }
        nobody_is_answered(load).await;
        disk.mend();
        until_health(load, ServingStatus::Serving).await;
    }
    load.until_acked(load.acked() + ANSWERS).await;
    disk.cut();
    ends(server).await;
}

/// The next process finds in the page cache what the last one failed to sync. It must not build on
/// it before it is on the disk. Somebody is looking at the database meanwhile, as `log verify` does:
/// so SQLite does not empty its log by itself when a connection is closed.
async fn trust_nothing(run: &Run, load: &Load, disk: Disk, fault: Fault) {
    let disk = disk.restarted();
    let (data, keys) = (run.look().await, run.look_at_keys().await);
    let (mut data_now, mut keys_now) = (data.read().await.unwrap(), keys.read().await.unwrap());
    data_now.schema_version().await.unwrap();
    keys_now.schema_version().await.unwrap();
    let started = tokio::task::block_in_place(|| run.installation.try_start(&disk.environment()));
    drop((data_now, keys_now));
    data.close().await;
    keys.close().await;
    let server = started.unwrap_or_else(|ended| panic!("{fault:?}: {ended:?}"));
    load.server_is_up();
    load.until_acked(load.acked() + ANSWERS).await;
    disk.cut();
    ends(server).await;
    load.server_is_down();
}

/// While nothing can be stored, nothing is acknowledged.
async fn nobody_is_answered(load: &Load) {
    // Answers from before the failure have arrived by then.
    load.until_all_failed().await;
    let before = load.acked();
    load.until_all_failed().await;
    assert_eq!(load.acked(), before, "acknowledged while nothing could be stored");
}

async fn until_health(load: &Load, wanted: ServingStatus) {
    let mut client = HealthClient::new(load.channel());
    let started = Instant::now();
    loop {
        let service = "ketenpoort.v1.ReferralService".to_owned();
        let answer = client.check(HealthCheckRequest { service }).await;
        let found = answer.map(|answer| answer.into_inner().status());
        if found.as_ref().is_ok_and(|found| *found == wanted) {
            return;
        }
        assert!(started.elapsed() < WAIT_MAX, "health is {found:?}, not {wanted:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < WAIT_MAX, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_sync_that_fails_without_a_word_shows_as_loss() {
    runtime().block_on(async {
        let _alone = ONE_AT_A_TIME.lock().await;
        let seed = random::seed("silently failing syncs");
        let silent = |disk: Disk| {
            disk.failing(Operation::Sync, 60, Errno::Eio, Failing::UntilMended).silently()
        };
        println!("silently failing syncs: {}", lost_on(seed, silent).await);
    });
}
