//! Calls that are counted.

use crate::store::OrganisationCallsRow;

use super::{Fixture, at, on_both_databases};

on_both_databases!(
    calls_of_several_gateways_add_up,
    calls_of_other_days_and_organisations_stand_apart,
    calls_before_a_day_are_forgotten,
);

const ONE: &str = "00000099000000001000";
const TWO: &str = "00000099000000002000";

fn row(oin: &str, day: &str, calls: i64, (seconds, client): (u64, &str)) -> OrganisationCallsRow {
    OrganisationCallsRow {
        oin: oin.parse().unwrap(),
        day: day.parse().unwrap(),
        calls,
        refused: calls / 2,
        failed: calls / 4,
        last_seen_at: at(seconds),
        client: client.to_owned(),
    }
}

async fn calls_of_several_gateways_add_up(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (calls, seen) in [(8, (20, "grpc-go/1")), (4, (30, "grpc-java/2")), (1, (10, "old"))] {
        tx.add_calls(&row(ONE, "2026-11-23", calls, seen)).await.unwrap();
    }
    let [sum] = &tx.organisation_calls().await.unwrap()[..] else { panic!("one row") };
    assert_eq!((sum.calls, sum.refused, sum.failed), (13, 6, 3));
    assert_eq!((sum.last_seen_at, sum.client.as_str()), (at(30), "grpc-java/2"));
}

async fn calls_of_other_days_and_organisations_stand_apart(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let rows = [
        row(ONE, "2026-11-22", 1, (1, "a")),
        row(ONE, "2026-11-23", 2, (2, "b")),
        row(TWO, "2026-11-22", 3, (3, "c")),
    ];
    for row in &rows {
        tx.add_calls(row).await.unwrap();
    }
    assert_eq!(tx.organisation_calls().await.unwrap(), rows);
}

async fn calls_before_a_day_are_forgotten(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for day in ["2026-11-21", "2026-11-22", "2026-11-23"] {
        tx.add_calls(&row(ONE, day, 1, (1, "a"))).await.unwrap();
    }
    assert_eq!(tx.forget_calls("2026-11-22".parse().unwrap()).await.unwrap(), 1);
    let days: Vec<_> = tx.organisation_calls().await.unwrap().iter().map(|row| row.day).collect();
    assert_eq!(days, ["2026-11-22", "2026-11-23"].map(|day| day.parse().unwrap()));
}
