//! Two gateways that decided on the same state before either could write: only behind the lock of the
//! ledger does one of them know what the other did.

use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::retention::LogYears;
use ketenpoort::domain::subject_request::SubjectRequestDraft;
use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::retention::Mode;
use ketenpoort::gateway::statistics::PublicationDraft;
use ketenpoort::gateway::{Error, Gateway};
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use super::house::{CASE, GGZ, House, STEUNPUNT, new_request};
use super::{PATIENCE, Replicas, call, directory};

/// The lock of the ledger, in the hands of the test: whoever applied its work waits for it.
struct Lock {
    held: PgConnection,
    look: PgConnection,
}

impl Lock {
    async fn take(replicas: &Replicas) -> Self {
        let mut held = PgConnection::connect(&replicas.url).await.unwrap();
        let look = PgConnection::connect(&replicas.url).await.unwrap();
        for sql in ["BEGIN", "SELECT size FROM log_state FOR UPDATE"] {
            sqlx::query(sql).execute(&mut held).await.unwrap();
        }
        Self { held, look }
    }

    /// Until so many wait for it.
    async fn waited_for_by(&mut self, many: i64) {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let all = async {
            loop {
                let count: i64 =
                    sqlx::query_scalar(waiting).fetch_one(&mut self.look).await.unwrap();
                if count == many {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, all).await.unwrap();
    }

    async fn release(mut self) {
        sqlx::query("COMMIT").execute(&mut self.held).await.unwrap();
    }
}

async fn publish(gateway: Gateway, period: &str) -> Result<Vec<u8>, Error> {
    let call = call(&gateway, STEUNPUNT, UserRole::ProcessDirector);
    let draft = PublicationDraft { period: period.to_owned(), revision_reason: 0 };
    let request = new_request("PublishReport");
    gateway.publish_report(&call, &request, draft, |_| Vec::new()).await
}

/// Together they would tell what the other three quarters are (DOMAIN §7.1 rule 7).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_year_and_a_quarter_published_at_once_by_two_gateways_one_is_refused() {
    let replicas = Replicas::new();
    let gateways = [replicas.open(directory()).await, replicas.open(directory()).await];
    for gateway in &gateways {
        gateway.clock().set("2027-02-01T09:00:00Z".parse().unwrap());
    }
    let mut lock = Lock::take(&replicas).await;
    let [one, other] = gateways.clone();
    let year = tokio::spawn(publish(one, "2026"));
    lock.waited_for_by(1).await;
    let quarter = tokio::spawn(publish(other, "2026-Q1"));
    lock.waited_for_by(2).await;
    lock.release().await;
    let outcomes = [year.await.unwrap(), quarter.await.unwrap()];
    let refused: Vec<&Error> = outcomes.iter().filter_map(|one| one.as_ref().err()).collect();
    let [Error::Precondition(unmet)] = refused.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!(unmet[0].code, "DIFFERENCING");
    let steunpunt = call(&gateways[0], STEUNPUNT, UserRole::ProcessDirector);
    assert_eq!(gateways[0].reports(&steunpunt, None, 5).await.unwrap().len(), 1);
}

/// Somebody asks for access while everything about her is being purged.
async fn ask_for_access(gateway: Gateway, received_at: Timestamp) -> Result<Vec<u8>, Error> {
    let officer = call(&gateway, STEUNPUNT, UserRole::PrivacyOfficer);
    let draft = SubjectRequestDraft {
        subject_person_key: "daughter".to_owned(),
        capacity: 1,
        identity_check: 1,
        received_at: Some(received_at),
        ..SubjectRequestDraft::default()
    };
    let (asked, request) = ((CASE.parse().unwrap(), draft), new_request("OpenDataSubjectRequest"));
    gateway.open_subject_request(&officer, &request, asked, |_| Vec::new()).await
}

/// Her request is acknowledged: then what it asks for is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_gateway_holds_another_does_not_purge() {
    let replicas = Replicas::new();
    let gateways = [replicas.open(directory()).await, replicas.open(directory()).await];
    for gateway in &gateways {
        gateway.clock().set("2026-03-12T00:52:00Z".parse().unwrap());
    }
    let nowhere = tempfile::tempdir().unwrap();
    let house = House::around(nowhere, gateways[0].clone(), replicas.keyring.clone());
    house.case_with_summary().await;
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let now: Timestamp = "2031-04-14T12:00:00Z".parse().unwrap();
    for gateway in &gateways {
        gateway.clock().set(now);
    }
    let past = LogYears::default().past(now);
    let all = gateways[1].purge_log(past, Mode::Count).await.unwrap().entries;

    let mut lock = Lock::take(&replicas).await;
    let [one, other] = gateways.clone();
    let asked = tokio::spawn(ask_for_access(one, now));
    lock.waited_for_by(1).await;
    let purging = tokio::spawn(async move { other.purge_log(past, Mode::Purge).await });
    lock.waited_for_by(2).await;
    lock.release().await;
    asked.await.unwrap().unwrap();
    let purged = purging.await.unwrap().unwrap().entries;
    assert!(0 < purged && purged < all, "{purged} of {all}");
    let held = gateways[1].purge_log(past, Mode::Count).await.unwrap().entries;
    assert_eq!(held, 0, "everything that nothing holds is purged");
}
