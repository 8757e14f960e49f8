//! Deliveries that could not be made and wait for somebody to act.

use crate::domain::delivery::QuarantineCause;
use crate::domain::id::{DeliveryId, Oin, ReferralId, TeamId};
use crate::domain::time::Timestamp;
use crate::store::columns::record;
use crate::store::db::{Sql, Tx};
use crate::store::deliveries::{ClaimedRow, Reader};
use crate::store::error::Result;
use crate::store::sets;

record! {
    /// A quarantined delivery.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct QuarantinedRow {
        /// Delivery.
        pub delivery_id: DeliveryId,
        /// Referral.
        pub referral_id: ReferralId,
        /// Recipient.
        pub recipient_oin: Oin,
        /// Team of the recipient.
        pub team_id: TeamId,
        /// Why.
        pub quarantine_cause: QuarantineCause,
        /// Since when.
        pub settled_at: Timestamp,
        /// How often it was handed to a reader.
        pub attempts: i64,
        /// How many of those leases ended without a word.
        pub failures: i64,
        /// When it must have been acknowledged.
        pub ack_due_at: Timestamp,
        /// When it came in.
        pub created_at: Timestamp,
    }
}

impl Tx {
    /// Quarantines deliveries that are as they were found, if no reader has them under a lease that
    /// counts; says which.
    pub async fn quarantine_deliveries(
        &mut self,
        found: &[(ClaimedRow, QuarantineCause)],
        reader: &Reader,
        now: Timestamp,
    ) -> Result<Vec<DeliveryId>> {
        let rows = sets::rows(found.iter().map(|(row, cause)| {
            serde_json::json!([
                sets::id(row.delivery_id.as_bytes()),
                row.attempts,
                row.state.number(),
                cause.number(),
            ])
        }));
        let quarantined: Vec<(DeliveryId,)> = self
            .query(Sql {
                sqlite: "-- deliveries.quarantine
                 UPDATE deliveries
                    SET state = 6, quarantine_cause = q.cause, settled_at = $1, lease_until = $1,
                        failures = failures + CASE WHEN state = 2 THEN 1 ELSE 0 END
                   FROM (SELECT unhex(json_extract(value, '$[0]')) AS delivery_id,
                                json_extract(value, '$[1]') AS attempts,
                                json_extract(value, '$[2]') AS from_state,
                                json_extract(value, '$[3]') AS cause
                           FROM json_each($2)) AS q
                  WHERE deliveries.delivery_id = q.delivery_id
                    AND deliveries.attempts = q.attempts
                    AND deliveries.state = q.from_state
                    AND (deliveries.available_at <= $1 OR deliveries.client_id = $3)
                 RETURNING delivery_id",
                postgres: "-- deliveries.quarantine
                 UPDATE deliveries
                    SET state = 6, quarantine_cause = q.cause, settled_at = $1, lease_until = $1,
                        failures = failures + CASE WHEN state = 2 THEN 1 ELSE 0 END
                   FROM (SELECT decode(value->>0, 'hex') AS delivery_id,
                                CAST(value->>1 AS BIGINT) AS attempts,
                                CAST(value->>2 AS BIGINT) AS from_state,
                                CAST(value->>3 AS BIGINT) AS cause
                           FROM jsonb_array_elements(CAST($2 AS JSONB)) AS s (value)) AS q
                  WHERE deliveries.delivery_id = q.delivery_id
                    AND deliveries.attempts = q.attempts
                    AND deliveries.state = q.from_state
                    AND (deliveries.available_at <= $1 OR deliveries.client_id = $3)
                 RETURNING deliveries.delivery_id",
            })
            .bind(now)
            .bind(rows)
            .bind(reader.client_id.clone())
            .fetch_all()
            .await?;
        Ok(quarantined.into_iter().map(|(delivery_id,)| delivery_id).collect())
    }

    /// Puts a quarantined delivery back into its inbox, with no failures counted; false when it is
    /// not quarantined.
    pub async fn requeue_delivery(
        &mut self,
        delivery_id: DeliveryId,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = self
            .query(
                "-- deliveries.requeue
                 UPDATE deliveries
                    SET state = 1, quarantine_cause = NULL, settled_at = NULL, failures = 0,
                        lease_until = NULL, available_at = $2
                  WHERE delivery_id = $1 AND state = 6",
            )
            .bind(delivery_id)
            .bind(now)
            .execute()
            .await?;
        Ok(changed == 1)
    }

    /// Quarantined deliveries of all inboxes after one in the order of their ids, at most `limit`.
    pub async fn quarantined_deliveries(
        &mut self,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<QuarantinedRow>> {
        self.query(
            "-- deliveries.quarantined
             SELECT delivery_id, referral_id, recipient_oin, team_id, quarantine_cause, settled_at,
                    attempts, failures, ack_due_at, created_at
               FROM deliveries
              WHERE state = 6 AND ($1 IS NULL OR delivery_id > $1)
              ORDER BY delivery_id
              LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }
}
