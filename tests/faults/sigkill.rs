//! (1) Kills the gateway (SIGKILL) at random moments while eight clients work.

use std::time::{Duration, Instant};

use super::journal::Journals;
use super::load::Load;
use super::oracle::{self, Finding};
use super::random::{self, Random};
use super::run::{Run, percentile, runtime};
use super::{DATABASE, ONE_AT_A_TIME, postgres};

/// Kills of one run and the answers that it must have at least.
const SHORT: (usize, u64) = (25, 1_000);
const LONG: (usize, u64) = (500, 50_000);

/// From the start of the process to the first answer. A debug build on a busy machine is no measure.
const RECOVERY_MAX: Duration =
    if cfg!(debug_assertions) { Duration::from_secs(30) } else { Duration::from_secs(2) };

#[test]
fn kills_lose_nothing_and_double_nothing_on_sqlite() {
    runtime().block_on(kill_again_and_again(DATABASE));
}

#[test]
fn kills_lose_nothing_and_double_nothing_on_postgresql() {
    runtime().block_on(kill_again_and_again(&postgres::fresh_database()));
}

async fn kill_again_and_again(database: &str) {
    let _alone = ONE_AT_A_TIME.lock().await;
    let store = database.split(':').next().unwrap();
    let seed = random::seed(&format!("SIGKILL on {store}"));
    let (kills, answers) = if random::is_long() { LONG } else { SHORT };
    let run = Run::new(database);
    let mut random = Random::new(seed, u64::MAX);
    let mut server = run.start();
    let load = run.load(seed).await;
    let mut journals = Journals::default();
    let mut recoveries = Vec::new();
    for kill in 0..kills {
        // Every kill hits clients at work, at another moment of their work.
        let some = random.between(1, 2 * answers / u64::try_from(kills).unwrap());
        load.until_acked(load.acked() + some).await;
        tokio::time::sleep(random.pause(Duration::from_millis(15))).await;
        load.server_is_down();
        server.kill();
        let (started, recovery) = recover(&run, &load).await;
        server = started;
        recoveries.push(recovery);
        load.rests(true);
        run.check_new(&mut journals, &format!("after kill {kill}")).await;
        load.rests(false);
    }
    load.until_acked(answers).await;
    let verdict = run.finish(load, &mut journals).await;
    server.kill();

    recoveries.sort();
    println!(
        "SIGKILL on {store}: kills={kills} acknowledged={} failed_attempts={} entries={} \
         repeated_alike={} lost=0 unasked=0 doubled=0 recovery_p50_ms={} recovery_max_ms={}",
        verdict.acknowledged,
        journals.failed,
        verdict.entries,
        verdict.repeated,
        percentile(&recoveries, 50).as_millis(),
        percentile(&recoveries, 100).as_millis(),
    );
    assert!(journals.failed > kills / 2, "the kills met no calls");
    assert!(recoveries.last().is_some_and(|slowest| *slowest < RECOVERY_MAX), "{recoveries:?}");
    run.sees_a_forged_journal(&journals).await;
    run.sees_damage(&journals).await;
}

/// Starts the gateway again; how long it took until the first client was answered.
async fn recover(run: &Run, load: &Load) -> (super::server::Server, Duration) {
    let before = load.acked();
    let began = Instant::now();
    let server = tokio::task::block_in_place(|| run.start());
    load.server_is_up();
    load.until_acked(before + 1).await;
    (server, began.elapsed())
}

impl Run {
    /// Control: an answer that no server gave is found missing.
    async fn sees_a_forged_journal(&self, journals: &Journals) {
        let mut forged = journals.clone();
        let id = Random::new(1, 2).uuid();
        forged.add(&format!("acked {id} submit 00 0,1,2,3 {id}"));
        let verdict = self.compare(&forged).await;
        assert!(
            verdict.findings.iter().any(|finding| matches!(finding, Finding::Lost(_))),
            "the oracle believes a forged journal"
        );
        assert!(verdict.findings.iter().any(|finding| matches!(finding, Finding::Doubled(_))));
        // An entry that the journals do not explain is found too.
        let mut forgetful = journals.clone();
        let submit = |acked: &super::journal::Acked| acked.what == super::ask::What::Submit;
        let position = forgetful.acked.iter().position(submit).unwrap();
        forgetful.acked.remove(position);
        let verdict = self.compare(&forgetful).await;
        assert!(verdict.count(oracle::is_unasked) > 0, "{:?}", verdict.findings);
    }

    /// Control: one row less in the database is found, whichever table it is from.
    async fn sees_damage(&self, journals: &Journals) {
        let mut lost = 0;
        for damage in [
            "DELETE FROM deliveries
              WHERE delivery_id = (SELECT delivery_id FROM deliveries ORDER BY 1 LIMIT 1)",
            "DELETE FROM requests
              WHERE request_id = (SELECT request_id FROM requests
                                   WHERE method = 'RequestSummary' ORDER BY 1 LIMIT 1)",
            "DELETE FROM leaves WHERE idx = (SELECT max(idx) FROM leaves)",
        ] {
            self.execute(damage).await;
            let verdict = self.compare(journals).await;
            let now = verdict.count(oracle::is_lost);
            assert!(now > lost, "not found: {damage}: {:?}", verdict.findings);
            lost = now;
        }
        let verified = self.installation.run(&["log", "verify"]);
        assert!(!verified.status.success(), "the ledger verifies without its last leaf");
    }
}
