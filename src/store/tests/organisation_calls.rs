//! Calls that are counted.

use crate::domain::time::Date;
use crate::store::{CallSums, OrganisationCallsRow};

use super::{Fixture, at, on_both_databases};

on_both_databases!(
    calls_of_several_gateways_add_up,
    calls_since_a_day_add_up_by_organisation,
    calls_before_a_day_are_forgotten,
);

const ONE: &str = "00000099000000001000";
const TWO: &str = "00000099000000002000";

fn day(day: &str) -> Date {
    day.parse().unwrap()
}

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
    let [sum] = &tx.organisation_calls(day("2026-11-23")).await.unwrap()[..] else {
        panic!("one row")
    };
    assert_eq!((sum.calls, sum.refused, sum.failed), (13, 6, 3));
    assert_eq!((sum.last_seen_at, sum.client.as_str()), (at(30), "grpc-java/2"));
}

async fn calls_since_a_day_add_up_by_organisation(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [
        row(TWO, "2026-11-20", 8, (1, "two")),
        row(ONE, "2026-11-23", 4, (30, "new")),
        row(ONE, "2026-11-21", 16, (10, "old")),
        row(ONE, "2026-11-22", 8, (20, "mid")),
    ] {
        tx.add_calls(&row).await.unwrap();
    }
    let sums = |oin: &str, calls: i64, (seconds, client): (u64, &str)| CallSums {
        oin: oin.parse().unwrap(),
        calls,
        refused: calls / 2,
        failed: calls / 4,
        last_seen_at: at(seconds),
        client: client.to_owned(),
    };
    // Who called before that day is known all the same.
    let told = tx.organisation_calls(day("2026-11-22")).await.unwrap();
    assert_eq!(told, [sums(ONE, 12, (30, "new")), sums(TWO, 0, (1, "two"))]);
    let told = tx.organisation_calls(day("2026-11-20")).await.unwrap();
    assert_eq!(told, [sums(ONE, 28, (30, "new")), sums(TWO, 8, (1, "two"))]);
}

async fn calls_before_a_day_are_forgotten(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for day in ["2026-11-21", "2026-11-22", "2026-11-23"] {
        tx.add_calls(&row(ONE, day, 1, (1, "a"))).await.unwrap();
    }
    assert_eq!(tx.forget_calls(day("2026-11-22")).await.unwrap(), 1);
    let told = tx.organisation_calls(day("2026-11-20")).await.unwrap();
    assert_eq!(told.iter().map(|sums| sums.calls).collect::<Vec<_>>(), [2]);
}
