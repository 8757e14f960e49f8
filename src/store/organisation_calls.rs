//! How many calls each organisation made on each day, and with which client. Counts and no call: nothing
//! of it is about a person, and none of it is in the ledger.

use crate::domain::id::Oin;
use crate::domain::time::{Date, Timestamp};

use super::columns::record;
use super::db::Tx;
use super::error::Result;

record! {
    /// The calls of one organisation on one day.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OrganisationCallsRow {
        /// Who called.
        pub oin: Oin,
        /// When, in Dutch time.
        pub day: Date,
        /// How many calls.
        pub calls: i64,
        /// Of those, how many were refused: the caller asked for something that it does not get.
        pub refused: i64,
        /// Of those, how many failed: the gateway did not manage.
        pub failed: i64,
        /// When the last one came in.
        pub last_seen_at: Timestamp,
        /// What the client of that one called itself.
        pub client: String,
    }
}

record! {
    /// The calls of one organisation since a day.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CallSums {
        /// Who called.
        pub oin: Oin,
        /// How many calls.
        pub calls: i64,
        /// Of those, how many were refused.
        pub refused: i64,
        /// Of those, how many failed.
        pub failed: i64,
        /// When the last one came in, also before that day.
        pub last_seen_at: Timestamp,
        /// What the client of that one called itself.
        pub client: String,
    }
}

impl Tx {
    /// Adds calls to those that are known of the same organisation and day. Several gateways add to the
    /// same rows; the client is that of the last call of all.
    pub async fn add_calls(&mut self, row: &OrganisationCallsRow) -> Result<()> {
        self.query(
            "-- organisation_calls.add
             INSERT INTO organisation_calls (oin, day, calls, refused, failed, last_seen_at, client)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (oin, day) DO UPDATE
                SET calls = organisation_calls.calls + excluded.calls,
                    refused = organisation_calls.refused + excluded.refused,
                    failed = organisation_calls.failed + excluded.failed,
                    client = CASE WHEN excluded.last_seen_at >= organisation_calls.last_seen_at
                                  THEN excluded.client ELSE organisation_calls.client END,
                    last_seen_at = CASE WHEN excluded.last_seen_at >= organisation_calls.last_seen_at
                                        THEN excluded.last_seen_at
                                        ELSE organisation_calls.last_seen_at END",
        )
        .bind(row.oin.clone())
        .bind(row.day)
        .bind(row.calls)
        .bind(row.refused)
        .bind(row.failed)
        .bind(row.last_seen_at)
        .bind(row.client.clone())
        .execute_one()
        .await
    }

    /// Everybody who is known to have called, in the order of the OIN, with the calls since a day. The newest
    /// day has the newest call.
    pub async fn organisation_calls(&mut self, since: Date) -> Result<Vec<CallSums>> {
        self.query(
            "-- organisation_calls.since
             SELECT sums.oin, sums.calls, sums.refused, sums.failed, newest.last_seen_at, newest.client
               FROM (SELECT oin, MAX(day) AS newest_day,
                            CAST(SUM(CASE WHEN day >= $1 THEN calls ELSE 0 END) AS BIGINT) AS calls,
                            CAST(SUM(CASE WHEN day >= $1 THEN refused ELSE 0 END) AS BIGINT) AS refused,
                            CAST(SUM(CASE WHEN day >= $1 THEN failed ELSE 0 END) AS BIGINT) AS failed
                       FROM organisation_calls
                      GROUP BY oin) AS sums
               JOIN organisation_calls AS newest
                 ON newest.oin = sums.oin AND newest.day = sums.newest_day
              ORDER BY sums.oin",
        )
        .bind(since)
        .fetch_all()
        .await
    }

    /// Forgets what was before a day.
    pub async fn forget_calls(&mut self, before: Date) -> Result<u64> {
        self.query(
            "-- organisation_calls.forget
             DELETE FROM organisation_calls WHERE day < $1",
        )
        .bind(before)
        .execute()
        .await
    }
}
