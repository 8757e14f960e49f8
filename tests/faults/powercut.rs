//! (2) Cuts the power under the database at random operations of the disk, while eight clients work.

use super::disk::{self, Counts, Disk};
use super::journal::Journals;
use super::load::Load;
use super::oracle::{self, Finding};
use super::random::{self, Random};
use super::run::{Run, runtime};
use super::server::Server;
use super::{DATABASE, ONE_AT_A_TIME};

const CUTS_SHORT: usize = 40;
const CUTS_LONG: usize = 1_000;

/// Operations of the disk until a cut: a start needs some hundred, a commit under this load another.
const OPERATIONS_MAX: u64 = 4_000;

#[test]
fn power_cuts_lose_nothing() {
    runtime().block_on(cut_again_and_again());
}

async fn cut_again_and_again() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = random::seed("power cuts");
    let cuts = if random::is_long() { CUTS_LONG } else { CUTS_SHORT };
    let mut random = Random::new(seed, u64::MAX);
    let run = Run::new(DATABASE);
    // Clients connect to a gateway that works; from then on they work through cuts.
    let server = run.start();
    let load = run.load(seed).await;
    load.server_is_down();
    server.kill();
    let mut journals = Journals::default();
    let (mut total, mut at_start) = (Counts::new(), 0);
    for cut in 0..cuts {
        let operation = random.between(1, OPERATIONS_MAX);
        let disk = Disk::new(&run, &format!("disk-{cut}"), random.next()).cut_at(operation);
        match tokio::task::block_in_place(|| run.installation.try_start(&disk.environment())) {
            Ok(server) => {
                load.server_is_up();
                ends(server).await;
                load.server_is_down();
            }
            Err(_ended) => at_start += 1,
        }
        let [counts] = disk.reported("cut ").try_into().expect("the power was cut once");
        disk::add(&mut total, &counts);
        run.check_new(&mut journals, &format!("after cut {cut}, {counts:?}")).await;
    }
    let server = run.start();
    load.server_is_up();
    let verdict = run.finish(load, &mut journals).await;
    server.kill();
    println!(
        "power cuts: cuts={cuts} during_start={at_start} acknowledged={} failed_attempts={} \
         entries={} lost=0 pages: dropped={} kept={} torn={} lengths={} directory_entries={}",
        verdict.acknowledged,
        journals.failed,
        verdict.entries,
        total["dropped"],
        total["kept"],
        total["torn"],
        total["lengths"],
        total["entries"],
    );
    assert!(total["dropped"] > 0 && total["kept"] > 0 && total["torn"] > 0, "{total:?}");
}

/// Files that were just made may vanish as a whole, and the first start is the one that makes them.
#[test]
fn a_power_cut_during_the_first_start_leaves_nothing_half_made() {
    const FIRST_STARTS: u64 = 8;
    /// Operations of the disk during a first start, about.
    const OPERATIONS: u64 = 160;
    runtime().block_on(async {
        let _alone = ONE_AT_A_TIME.lock().await;
        let seed = random::seed("power cuts during the first start");
        let starts = if random::is_long() { 20 * FIRST_STARTS } else { FIRST_STARTS };
        let (mut total, mut cuts) = (Counts::new(), 0);
        for part in 0..starts {
            let mut random = Random::new(seed, part);
            let run = Run::new(DATABASE);
            // One of every stretch of the start, so that a few starts cover all of it.
            let stretch = OPERATIONS / FIRST_STARTS;
            let operation = 1 + part % FIRST_STARTS * stretch + random.between(0, stretch);
            let disk = Disk::new(&run, "disk", random.next()).cut_at(operation);
            let started = run.installation.try_start(&disk.environment());
            started.map_or_else(|_ended| String::new(), Server::kill);
            for counts in disk.reported("cut ") {
                disk::add(&mut total, &counts);
                cuts += 1;
            }
            let server = run.start();
            run.verify(&format!("after a cut at operation {operation} of the first start"));
            server.kill();
        }
        println!("power cuts during the first start: starts={starts} cuts={cuts} {total:?}");
        assert!(cuts > starts / 2, "most starts have more operations");
        assert!(total["dropped"] > 0, "{total:?}");
        // A few starts may happen to be cut where no file is new.
        assert!(total["entries"] > 0 || !random::is_long(), "{total:?}");
    });
}

/// Waits until the gateway has ended by itself.
pub(crate) async fn ends(server: Server) {
    let ended = tokio::task::spawn_blocking(move || server.wait()).await.unwrap();
    assert_eq!(ended.status.code(), Some(POWER_IS_OUT), "{}", ended.output);
}

/// The exit code with which the disk ends a process.
const POWER_IS_OUT: i32 = 137;

#[test]
fn without_syncs_of_commits_the_same_cuts_show_loss() {
    runtime().block_on(async {
        let _alone = ONE_AT_A_TIME.lock().await;
        let seed = random::seed("power cuts without syncs");
        let lost = lost_on(seed, Disk::without_syncs_of_commits).await;
        println!("power cuts without syncs of commits (synchronous = NORMAL): {lost}");
    });
}

/// What is lost when the power is cut under a disk of this kind: at least something, in one of a
/// few cuts, or the experiment sees nothing.
pub(crate) async fn lost_on(seed: u64, kind: fn(Disk) -> Disk) -> String {
    const CUTS_MAX: u64 = 5;
    for part in 0..CUTS_MAX {
        let run = Run::new(DATABASE);
        let disk = kind(Disk::new(&run, "disk", Random::new(seed, part).next()));
        let started = tokio::task::block_in_place(|| {
            run.installation.try_start(&disk.environment()).expect("a gateway")
        });
        let load = run.load(seed).await;
        load.until_acked(300).await;
        disk.cut();
        ends(started).await;
        load.abandon();
        if let Some(lost) = lost(&run).await {
            return format!("cuts={} {lost}", part + 1);
        }
    }
    panic!("{CUTS_MAX} cuts lost nothing, although commits were not synced: the cuts do not cut")
}

async fn lost(run: &Run) -> Option<String> {
    let mut journals = Journals::default();
    journals.read_on(&run.outside("journals"));
    let acknowledged = journals.acked.len();
    let path = run.installation.path().to_owned();
    // A database in pieces is a loss too.
    let looked = tokio::spawn(async move {
        let db = oracle::look(DATABASE, &path).await;
        oracle::still_there(&db, &journals.acked).await
    });
    let Ok(findings) = looked.await else {
        return Some(format!("acknowledged={acknowledged} lost=all, the database is in pieces"));
    };
    let missing = findings.iter().filter(|finding| matches!(finding, Finding::Lost(_))).count();
    (missing > 0).then(|| format!("acknowledged={acknowledged} missing={missing}"))
}

impl Load {
    /// Lets go of clients whose server lost what they rely on.
    fn abandon(self) {
        self.clients().iter().for_each(tokio::task::JoinHandle::abort);
    }
}
