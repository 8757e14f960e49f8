//! What is in an inbox.

use crate::domain::id::{Oin, TeamId};
use crate::domain::time::Timestamp;
use crate::store::columns::record;
use crate::store::db::Tx;
use crate::store::error::Result;

record! {
    /// What is in an inbox and not settled.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Backlog {
        /// Deliveries that wait or are leased.
        pub waiting: i64,
        /// When the oldest of them was made.
        pub oldest_at: Option<Timestamp>,
        /// Those that must have been acknowledged before now.
        pub overdue: i64,
        /// Deliveries that were quarantined.
        pub quarantined: i64,
    }
}

pub(in crate::store) const BACKLOG: &str = "-- deliveries.backlog
             SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest_at,
                    CAST(COALESCE(SUM(CASE WHEN ack_due_at < $3 THEN 1 ELSE 0 END), 0) AS BIGINT)
                        AS overdue,
                    (SELECT COUNT(*)
                       FROM deliveries
                      WHERE recipient_oin = $1 AND state = 6 AND ($2 IS NULL OR team_id = $2))
                        AS quarantined
               FROM deliveries
              WHERE recipient_oin = $1 AND state IN (1, 2) AND ($2 IS NULL OR team_id = $2)";

impl Tx {
    /// What is in the inbox of an organisation.
    pub async fn backlog(
        &mut self,
        recipient: &Oin,
        team_id: Option<&TeamId>,
        now: Timestamp,
    ) -> Result<Backlog> {
        self.query(BACKLOG)
            .bind(recipient.clone())
            .bind(team_id.cloned())
            .bind(now)
            .fetch_one()
            .await
    }
}
