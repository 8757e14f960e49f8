//! Settling leases, a batch at a time.

use crate::domain::id::{LeaseToken, Oin};
use crate::domain::time::Timestamp;
use crate::store::db::{Sql, Tx};
use crate::store::deliveries::DeliveryState;
use crate::store::error::Result;
use crate::store::sets;

/// How a lease is to end, or to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// The lease.
    pub token: LeaseToken,
    /// State of the delivery after it.
    pub to: DeliveryState,
    /// Not before this for another reader. Settled: when.
    pub available_at: Timestamp,
    /// End of the lease, for as long as its token may settle; none when it was given back: a clock
    /// that is set back must not bring it to life again.
    pub lease_until: Option<Timestamp>,
}

/// Found by the lease and by nothing else: the `+`, and a state that is not `IN (1, 2)`, keep SQLite
/// from going through the whole inbox.
pub(in crate::store) const SETTLE: Sql = Sql {
    sqlite: "-- deliveries.settle
                 UPDATE deliveries
                    SET state = s.to_state, available_at = s.available_at,
                        lease_until = s.lease_until,
                        settled_at = CASE WHEN s.to_state IN (3, 4) THEN $2 ELSE settled_at END
                   FROM (SELECT unhex(json_extract(value, '$[0]')) AS token,
                                json_extract(value, '$[1]') AS to_state,
                                json_extract(value, '$[2]') AS available_at,
                                json_extract(value, '$[3]') AS lease_until
                           FROM json_each($3)) AS s
                  WHERE deliveries.lease_token = s.token
                    AND deliveries.lease_token IS NOT NULL
                    AND +deliveries.recipient_oin = $1
                    AND deliveries.state BETWEEN 1 AND 2
                    AND deliveries.lease_until > $2
                 RETURNING lease_token",
    postgres: "-- deliveries.settle
                 UPDATE deliveries
                    SET state = s.to_state, available_at = s.available_at,
                        lease_until = s.lease_until,
                        settled_at = CASE WHEN s.to_state IN (3, 4) THEN $2 ELSE settled_at END
                   FROM (SELECT decode(value->>0, 'hex') AS token,
                                CAST(value->>1 AS BIGINT) AS to_state,
                                CAST(value->>2 AS BIGINT) AS available_at,
                                CAST(value->>3 AS BIGINT) AS lease_until
                           FROM jsonb_array_elements(CAST($3 AS JSONB)) AS e (value)) AS s
                  WHERE deliveries.lease_token = s.token
                    AND deliveries.lease_token IS NOT NULL
                    AND deliveries.recipient_oin = $1
                    AND deliveries.state BETWEEN 1 AND 2
                    AND deliveries.lease_until > $2
                 RETURNING deliveries.lease_token",
};

impl Tx {
    /// Ends leases, or moves their ends. Each must still be the one named and not be over at `now`;
    /// where it is not, nothing changes. Says which were ended. A token may come once.
    pub async fn settle_deliveries(
        &mut self,
        endings: &[Ending],
        recipient: &Oin,
        now: Timestamp,
    ) -> Result<Vec<LeaseToken>> {
        let rows = sets::rows(endings.iter().map(|ending| {
            serde_json::json!([
                sets::id(ending.token.as_bytes()),
                ending.to.number(),
                ending.available_at.as_micros(),
                ending.lease_until.map(Timestamp::as_micros),
            ])
        }));
        let ended: Vec<(LeaseToken,)> =
            self.query(SETTLE).bind(recipient.clone()).bind(now).bind(rows).fetch_all().await?;
        Ok(ended.into_iter().map(|(token,)| token).collect())
    }
}
