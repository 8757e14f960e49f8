//! Bells: a hint that something came in.

use std::time::Duration;

use tokio::time::timeout;

use crate::store::Wake;

use super::Fixture;
use super::samples::oin;

#[tokio::test]
async fn a_ring_wakes_every_listener_of_the_organisation_and_nobody_else() {
    let wake = Wake::default();
    let (mut one, mut other) = (wake.listen(&oin(1)), wake.clone().listen(&oin(1)));
    let elsewhere = wake.listen(&oin(2));
    assert!(!one.has_changed().unwrap());
    wake.ring(&oin(1));
    one.changed().await.unwrap();
    other.changed().await.unwrap();
    assert!(!elsewhere.has_changed().unwrap());
    // A ring before anybody listens is not heard: whoever listens looks first anyway.
    assert!(!wake.listen(&oin(1)).has_changed().unwrap());
}

/// Until the bells ring on the other gateway. That it listens already is not known, so we ring again.
async fn ring_until_heard(from: &Wake, to: &Wake) {
    let mut bell = to.listen(&oin(1));
    let heard = async {
        loop {
            from.ring(&oin(1));
            if timeout(Duration::from_millis(50), bell.changed()).await.is_ok() {
                return;
            }
        }
    };
    timeout(PATIENCE, heard).await.unwrap();
}

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_ring_is_heard_by_the_other_gateways_of_the_database_and_by_no_other() {
    let fixture = Fixture::postgres_database().await;
    let [one, other] = [Wake::over(&fixture.db), Wake::over(&fixture.open_again().await)];
    // One that hears nothing, as when every notification is lost.
    let deaf = Wake::default();
    let silence = deaf.listen(&oin(1));
    ring_until_heard(&one, &other).await;
    ring_until_heard(&other, &one).await;
    let elsewhere = other.listen(&oin(2));
    let mut directory = other.listen_directory();
    directory.mark_unchanged();
    one.ring_directory();
    timeout(PATIENCE, directory.changed()).await.unwrap().unwrap();
    assert!(!elsewhere.has_changed().unwrap());
    assert!(!silence.has_changed().unwrap());
}

/// What was rung meanwhile is lost, so everybody is woken to look.
#[tokio::test]
async fn after_a_lost_connection_everybody_is_woken_and_hears_again() {
    let fixture = Fixture::postgres_database().await;
    let [one, other] = [Wake::over(&fixture.db), Wake::over(&fixture.open_again().await)];
    ring_until_heard(&one, &other).await;
    let mut bell = other.listen(&oin(2));
    let mut tx = fixture.write().await;
    tx.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND (query LIKE 'LISTEN%' OR query LIKE 'SELECT pg_notify%'
                 OR query = 'SELECT pg_backend_pid()')",
    )
    .execute()
    .await
    .unwrap();
    drop(tx);
    timeout(PATIENCE, bell.changed()).await.unwrap().unwrap();
    ring_until_heard(&one, &other).await;
}

#[tokio::test]
async fn the_listener_ends_with_the_pool() {
    let fixture = Fixture::postgres().await;
    let wake = Wake::over(&fixture.db);
    wake.ring(&oin(1));
    timeout(PATIENCE, fixture.db.close()).await.unwrap();
}
