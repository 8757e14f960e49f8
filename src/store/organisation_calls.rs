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

    /// All that is known, by organisation and day.
    pub async fn organisation_calls(&mut self) -> Result<Vec<OrganisationCallsRow>> {
        self.query(
            "-- organisation_calls.all
             SELECT oin, day, calls, refused, failed, last_seen_at, client
               FROM organisation_calls
              ORDER BY oin, day",
        )
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
