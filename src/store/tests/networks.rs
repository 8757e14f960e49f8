//! From which networks certificates came.

use crate::domain::time::Date;
use crate::store::NetworkRow;

use super::samples::{oin, subject, user};
use super::{Fixture, on_both_databases};

on_both_databases!(
    a_network_is_one_row_however_often_and_looked_at_once,
    what_was_known_before_a_day_is_counted,
    what_was_not_seen_again_is_forgotten,
);

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn on(certificate: u8, network: u8, seen: &str) -> NetworkRow {
    NetworkRow {
        fingerprint: vec![certificate; 32],
        network: subject(network),
        oin: oin(1),
        user_id: (certificate > 1).then(|| user("fg-1")),
        first_day: day(seen),
        last_day: day(seen),
    }
}

async fn a_network_is_one_row_however_often_and_looked_at_once(fixture: Fixture) {
    let first = on(1, 1, "2026-03-01");
    let mut tx = fixture.write().await;
    for seen in ["2026-03-01", "2026-03-09", "2026-03-04"] {
        tx.note_network(&on(1, 1, seen)).await.unwrap();
    }
    tx.note_network(&on(2, 1, "2026-03-02")).await.unwrap();
    let kept = NetworkRow { last_day: day("2026-03-09"), ..first.clone() };
    let new = tx.new_networks(10).await.unwrap();
    assert_eq!(new, [kept, on(2, 1, "2026-03-02")]);
    assert_eq!(tx.new_networks(1).await.unwrap().len(), 1);
    assert!(tx.end_new_network(&first).await.unwrap());
    assert!(!tx.end_new_network(&first).await.unwrap());
    // It does not become new again.
    tx.note_network(&on(1, 1, "2026-03-10")).await.unwrap();
    assert_eq!(tx.new_networks(10).await.unwrap(), [on(2, 1, "2026-03-02")]);
}

async fn what_was_known_before_a_day_is_counted(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let elsewhere = NetworkRow { oin: oin(2), ..on(4, 2, "2026-03-01") };
    for row in [on(1, 1, "2026-03-01"), on(1, 3, "2026-03-04"), on(1, 2, "2026-03-09"), elsewhere] {
        tx.note_network(&row).await.unwrap();
    }
    let before = tx.networks_before(&[1; 32], day("2026-03-09")).await.unwrap();
    assert_eq!(before, (2, Some(day("2026-03-01"))));
    assert_eq!(tx.networks_before(&[9; 32], day("2026-03-09")).await.unwrap(), (0, None));
    let arrival = on(1, 2, "2026-03-09");
    assert_eq!(tx.others_on_network(&arrival).await.unwrap(), 0, "another organisation");
    tx.note_network(&on(2, 2, "2026-03-09")).await.unwrap();
    assert_eq!(tx.others_on_network(&arrival).await.unwrap(), 0, "not before");
    tx.note_network(&on(3, 2, "2026-03-08")).await.unwrap();
    assert_eq!(tx.others_on_network(&arrival).await.unwrap(), 1);
}

async fn what_was_not_seen_again_is_forgotten(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [on(1, 1, "2026-03-01"), on(1, 2, "2026-03-02"), on(2, 1, "2026-03-03")] {
        tx.note_network(&row).await.unwrap();
    }
    tx.note_network(&on(1, 1, "2026-03-05")).await.unwrap();
    assert_eq!(tx.purge_networks(day("2026-03-04"), 1).await.unwrap(), 1);
    assert_eq!(tx.purge_networks(day("2026-03-04"), 9).await.unwrap(), 1);
    assert_eq!(tx.purge_networks(day("2026-03-04"), 9).await.unwrap(), 0);
    let left = tx.new_networks(10).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].last_day, day("2026-03-05"));
}
