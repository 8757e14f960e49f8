//! An inbox is read through indexes that hold nothing that is settled: whoever was away for a month
//! or stays for ten years reads as fast as on the first day. The databases are asked how they would
//! run the statements.

use crate::domain::referral::Urgency;
use crate::store::db::Sql;
use crate::store::deliveries::backlog::BACKLOG;
use crate::store::deliveries::claim::{CLAIM, FREE, HELD_BEFORE};
use crate::store::deliveries::settle::SETTLE;
use crate::store::deliveries::{BY_LEASE, JOIN};
use crate::store::tests::{explained, plan_of};

use super::{Fixture, HolderId, ReferralId, Tx, at, oin, on_both_databases, uuid};

on_both_databases!(looking_for_what_is_free_reads_nothing_that_is_settled);

/// Settled deliveries by the thousand, and some that are not, of several recipients.
const FILL: Sql = Sql {
    sqlite: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
             INSERT INTO deliveries (delivery_id, referral_id, recipient_oin, team_id, state,
                    ordering_key, ordering_place, priority, available_at, attempts, failures,
                    lease_token, client_id, holder, lease_until, ack_due_at, created_at)
             SELECT randomblob(16), randomblob(16), '00000099' || printf('%09d', i % 20) || '000',
                    'utrecht-noord', CASE WHEN i % 50 < 25 THEN 3 WHEN i % 50 < 49 THEN 4 ELSE 1 END,
                    randomblob(16), 1, 2, 0, 1, 0, randomblob(16), 'a', randomblob(16), 0, 0, i
               FROM n",
    postgres: "INSERT INTO deliveries (delivery_id, referral_id, recipient_oin, team_id, state,
                    ordering_key, ordering_place, priority, available_at, attempts, failures,
                    lease_token, client_id, holder, lease_until, ack_due_at, created_at)
             SELECT uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid()),
                    '00000099' || lpad((i % 20)::text, 9, '0') || '000', 'utrecht-noord',
                    CASE WHEN i % 50 < 25 THEN 3 WHEN i % 50 < 49 THEN 4 ELSE 1 END,
                    uuid_send(gen_random_uuid()), 1, 2, 0, 1, 0, uuid_send(gen_random_uuid()), 'a',
                    uuid_send(gen_random_uuid()), 0, 0, i
               FROM generate_series(1, 30000) AS n (i)",
};

const IDS: &str = "[\"00000000000000000000000000000001\"]";
const SETTLED: &str = "[[\"00000000000000000000000000000001\",3,1,1]]";
const CLAIMED: &str =
    "[[\"00000000000000000000000000000001\",0,\"0000000000000000000000000000000a\",9,9]]";

async fn looking_for_what_is_free_reads_nothing_that_is_settled(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.query(FILL).execute().await.unwrap();
    tx.query("ANALYZE deliveries").execute().await.unwrap();
    let counted: (i64, i64) = tx
        .query(
            "SELECT COUNT(*), CAST(SUM(CASE WHEN state = 1 THEN 1 ELSE 0 END) AS BIGINT)
               FROM deliveries",
        )
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(counted, (30000, 600));
    let mut plan =
        async |sql: Sql, parameters: usize| explain(&fixture, &mut tx, sql, parameters).await;
    let free = plan(FREE.into(), 5).await;
    uses(&free, &["deliveries_open", "deliveries_in_order"]);
    uses(&plan(HELD_BEFORE.into(), 7).await, &["deliveries_held"]);
    uses(&plan(BACKLOG.into(), 3).await, &["deliveries_open", "deliveries_quarantined"]);
    uses(&plan(BY_LEASE, 2).await, &["deliveries_by_lease"]);
    uses(&plan(SETTLE, 30).await, &["deliveries_by_lease"]);
    uses(&plan(JOIN, 40).await, &["deliveries_in_order"]);
    uses(&plan(CLAIM, 60).await, &["deliveries_in_order"]);
}

/// How the database would run a statement whose first parameters are those of a reader.
async fn explain(fixture: &Fixture, tx: &mut Tx, sql: Sql, parameters: usize) -> String {
    let explain = explained(sql);
    let nobody: Option<String> = None;
    let query = match parameters {
        5 => tx.query(explain).bind(oin(9)).bind(nobody).bind(at(1)).bind(99_i64).bind(100_i64),
        7 => tx
            .query(explain)
            .bind("a".to_owned())
            .bind(oin(9))
            .bind(nobody)
            .bind(at(1))
            .bind(HolderId::from_bytes(uuid(1)))
            .bind(99_i64)
            .bind(100_i64),
        3 => tx.query(explain).bind(oin(9)).bind(nobody).bind(at(1)),
        // With a set, of one row.
        30 => tx.query(explain).bind(oin(9)).bind(at(1)).bind(SETTLED.to_owned()),
        40 => tx
            .query(explain)
            .bind(ReferralId::from_bytes(uuid(1)))
            .bind(Urgency::Acute)
            .bind(IDS.to_owned())
            .bind(oin(9)),
        60 => tx
            .query(explain)
            .bind(oin(9))
            .bind(nobody)
            .bind(at(1))
            .bind("a".to_owned())
            .bind(HolderId::from_bytes(uuid(1)))
            .bind(CLAIMED.to_owned()),
        _ => tx.query(explain).bind("[]".to_owned()).bind(oin(9)),
    };
    plan_of(query, &fixture.place).await
}

fn uses(plan: &str, indexes: &[&str]) {
    for index in indexes {
        assert!(plan.contains(index), "{index} is not used:\n{plan}");
    }
    for scan in ["Seq Scan", "SCAN deliveries", "SCAN d ", "SCAN e", "TEMP B-TREE"] {
        assert!(!plan.contains(scan), "{scan}:\n{plan}");
    }
}
