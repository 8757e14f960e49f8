//! Who may have which delivery: looking for free ones, leasing them, letting go of them.

use crate::domain::id::{ClientId, DeliveryId, HolderId, LeaseToken, Oin, ReferralId, TeamId};
use crate::domain::time::Timestamp;
use crate::store::columns::record;
use crate::store::db::{Sql, Tx};
use crate::store::deliveries::DeliveryState;
use crate::store::error::Result;
use crate::store::sets;

record! {
    /// A delivery that a reader may lease.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ClaimedRow {
        /// Stable over redeliveries.
        pub delivery_id: DeliveryId,
        /// Referral.
        pub referral_id: ReferralId,
        /// Waiting, or leased when its last lease ended without a word.
        pub state: DeliveryState,
        /// How often it was handed to a reader before.
        pub attempts: i64,
        /// How many of those leases are known to have ended without a word.
        pub failures: i64,
    }
}

/// A lease to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Its token.
    pub token: LeaseToken,
    /// Its end.
    pub until: Timestamp,
    /// When another reader may have the delivery, if nothing is heard of this one.
    pub others_from: Timestamp,
}

/// A delivery as it was found free, with the lease to be given on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Delivery.
    pub delivery_id: DeliveryId,
    /// As it was found: when another reader was first, it has one more.
    pub attempts: i64,
    /// The lease.
    pub lease: Lease,
}

/// Which inbox a reader reads.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Organisation.
    pub recipient: Oin,
    /// Only this team.
    pub team_id: Option<TeamId>,
    /// Reader, the same over reconnects.
    pub client_id: ClientId,
    /// This stream or poll of it.
    pub holder: HolderId,
}

/// What both databases agree on of a delivery `d` that is free to any reader `$1`, `$2` at `$3`:
/// nothing that came before it in its family is unsettled.
macro_rules! free {
    () => {
        "d.recipient_oin = $1
                AND d.state IN (1, 2)
                AND ($2 IS NULL OR d.team_id = $2)
                AND d.available_at <= $3
                AND NOT EXISTS (
                        SELECT 1
                          FROM deliveries AS e
                         WHERE e.ordering_key = d.ordering_key
                           AND e.recipient_oin = d.recipient_oin
                           AND e.state IN (1, 2)
                           AND (e.ordering_place, e.delivery_id)
                             < (d.ordering_place, d.delivery_id))"
    };
}

pub(in crate::store) const FREE: &str = concat!(
    "-- deliveries.free
             SELECT d.delivery_id, d.referral_id, d.state, d.attempts, d.failures
               FROM deliveries AS d
              WHERE ",
    free!(),
    "
                AND d.failures + d.state - 1 < $4
              ORDER BY d.priority DESC, d.created_at, d.delivery_id
              LIMIT $5"
);

/// PostgreSQL passes over what another replica is leasing at this moment, instead of waiting for it
/// while its own rows are waited for.
pub(in crate::store) const CLAIM: Sql = Sql {
    sqlite: concat!(
        "-- deliveries.claim
                     UPDATE deliveries
                        SET state = 2, lease_token = c.token, lease_until = c.until,
                            available_at = c.others_from, client_id = $4, holder = $5,
                            attempts = c.attempts + 1,
                            failures = failures + CASE WHEN state = 2 THEN 1 ELSE 0 END
                       FROM (SELECT unhex(json_extract(value, '$[0]')) AS delivery_id,
                                    json_extract(value, '$[1]') AS attempts,
                                    unhex(json_extract(value, '$[2]')) AS token,
                                    json_extract(value, '$[3]') AS until,
                                    json_extract(value, '$[4]') AS others_from
                               FROM json_each($6)) AS c
                      WHERE deliveries.delivery_id = c.delivery_id
                        AND deliveries.attempts = c.attempts
                        AND deliveries.delivery_id IN (
                                SELECT d.delivery_id
                                  FROM deliveries AS d
                                 WHERE d.delivery_id = c.delivery_id
                                   AND (",
        free!(),
        "
                                        OR (d.client_id = $4 AND d.recipient_oin = $1
                                            AND d.state IN (1, 2) AND d.lease_until > $3
                                            AND d.holder <> $5)))
                     RETURNING delivery_id"
    ),
    postgres: concat!(
        "-- deliveries.claim
                     WITH c AS (
                         SELECT decode(value->>0, 'hex') AS delivery_id,
                                CAST(value->>1 AS BIGINT) AS attempts,
                                decode(value->>2, 'hex') AS token,
                                CAST(value->>3 AS BIGINT) AS until,
                                CAST(value->>4 AS BIGINT) AS others_from
                           FROM jsonb_array_elements(CAST($6 AS JSONB)) AS s (value)),
                     free AS (
                         SELECT d.delivery_id
                           FROM deliveries AS d
                          WHERE d.delivery_id = ANY (ARRAY(SELECT delivery_id FROM c))
                            AND (",
        free!(),
        "
                                 OR (d.client_id = $4 AND d.recipient_oin = $1
                                     AND d.state IN (1, 2) AND d.lease_until > $3
                                     AND d.holder <> $5))
                            FOR UPDATE OF d SKIP LOCKED)
                     UPDATE deliveries
                        SET state = 2, lease_token = c.token, lease_until = c.until,
                            available_at = c.others_from, client_id = $4, holder = $5,
                            attempts = c.attempts + 1,
                            failures = failures + CASE WHEN state = 2 THEN 1 ELSE 0 END
                       FROM c JOIN free ON free.delivery_id = c.delivery_id
                      WHERE deliveries.delivery_id = c.delivery_id
                        AND deliveries.attempts = c.attempts
                     RETURNING deliveries.delivery_id"
    ),
};

pub(in crate::store) const HELD_BEFORE: &str = "-- deliveries.held_before
             SELECT delivery_id, referral_id, state, attempts, failures
               FROM deliveries
              WHERE client_id = $1
                AND recipient_oin = $2
                AND state IN (1, 2)
                AND ($3 IS NULL OR team_id = $3)
                AND lease_until > $4
                AND holder <> $5
                AND failures + state - 1 < $6
              ORDER BY priority DESC, created_at, delivery_id
              LIMIT $7";

impl Tx {
    /// Deliveries that any reader of the inbox may lease now, the most urgent and then the oldest
    /// first; with fewer failures than `failures_below`.
    pub async fn free_deliveries(
        &mut self,
        reader: &Reader,
        failures_below: i64,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedRow>> {
        self.query(FREE)
            .bind(reader.recipient.clone())
            .bind(reader.team_id.clone())
            .bind(now)
            .bind(failures_below)
            .bind(i64::from(limit))
            .fetch_all()
            .await
    }

    /// Deliveries whose lease is with another stream of the same reader: it reconnected. With fewer
    /// failures than `failures_below`.
    pub async fn held_before(
        &mut self,
        reader: &Reader,
        failures_below: i64,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedRow>> {
        self.query(HELD_BEFORE)
            .bind(reader.client_id.clone())
            .bind(reader.recipient.clone())
            .bind(reader.team_id.clone())
            .bind(now)
            .bind(reader.holder)
            .bind(failures_below)
            .bind(i64::from(limit))
            .fetch_all()
            .await
    }

    /// Gives leases on deliveries that are still as they were found; says on which.
    pub async fn claim_deliveries(
        &mut self,
        claims: &[Claim],
        reader: &Reader,
        now: Timestamp,
    ) -> Result<Vec<DeliveryId>> {
        let rows = sets::rows(claims.iter().map(|claim| {
            serde_json::json!([
                sets::id(claim.delivery_id.as_bytes()),
                claim.attempts,
                sets::id(claim.lease.token.as_bytes()),
                claim.lease.until.as_micros(),
                claim.lease.others_from.as_micros(),
            ])
        }));
        let claimed: Vec<(DeliveryId,)> = self
            .query(CLAIM)
            .bind(reader.recipient.clone())
            .bind(reader.team_id.clone())
            .bind(now)
            .bind(reader.client_id.clone())
            .bind(reader.holder)
            .bind(rows)
            .fetch_all()
            .await?;
        Ok(claimed.into_iter().map(|(delivery_id,)| delivery_id).collect())
    }

    /// The numbers of failures that occur among what a stream holds.
    pub async fn failures_of_held(&mut self, reader: &Reader) -> Result<Vec<(i64,)>> {
        self.query(
            "-- deliveries.failures_of_held
             SELECT DISTINCT failures
               FROM deliveries
              WHERE client_id = $1 AND recipient_oin = $2 AND holder = $3
                AND state IN (1, 2) AND state = 2
              ORDER BY 1",
        )
        .bind(reader.client_id.clone())
        .bind(reader.recipient.clone())
        .bind(reader.holder)
        .fetch_all()
        .await
    }

    /// Lets go of what a stream holds that failed this often: others may have it from `others_from`
    /// on, its reader takes it back at once when it reconnects, and may settle until the lease ends.
    /// `to` is [`DeliveryState::Leased`] when the reader was lost, which counts as a failure once the
    /// delivery is leased again, and [`DeliveryState::Waiting`] when it left in good order.
    pub async fn let_go(
        &mut self,
        reader: &Reader,
        failures: i64,
        to: DeliveryState,
        others_from: Timestamp,
    ) -> Result<u64> {
        // `state IN (1, 2)` names the index.
        self.query(Sql {
            sqlite: "-- deliveries.let_go
             UPDATE deliveries
                SET state = $4, available_at = MIN(available_at, $5)
              WHERE client_id = $1 AND recipient_oin = $2 AND holder = $3
                AND state IN (1, 2) AND state = 2 AND failures = $6",
            postgres: "-- deliveries.let_go
             UPDATE deliveries
                SET state = $4, available_at = LEAST(available_at, $5)
              WHERE client_id = $1 AND recipient_oin = $2 AND holder = $3
                AND state IN (1, 2) AND state = 2 AND failures = $6",
        })
        .bind(reader.client_id.clone())
        .bind(reader.recipient.clone())
        .bind(reader.holder)
        .bind(to)
        .bind(others_from)
        .bind(failures)
        .execute()
        .await
    }
}
