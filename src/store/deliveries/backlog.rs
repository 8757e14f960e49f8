//! What is in an inbox.

use crate::domain::id::{Oin, ReferralId, TeamId};
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

record! {
    /// A referral that its recipient should have taken over.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct UndeliveredRow {
        /// Which.
        pub referral_id: ReferralId,
        /// Who sent it.
        pub sender_oin: Oin,
        /// In whose inbox it is.
        pub recipient_oin: Oin,
        /// When it came in.
        pub submitted_at: Timestamp,
        /// Before when it must have been acknowledged.
        pub ack_due_at: Timestamp,
    }
}

/// What waits is in one index and what is stuck in another; neither holds what is settled.
const UNDELIVERED: &str = "-- deliveries.undelivered
     SELECT r.referral_id, r.sender_oin, d.recipient_oin, r.submitted_at, d.ack_due_at
       FROM deliveries AS d JOIN referrals AS r ON r.referral_id = d.referral_id
      WHERE d.state IN (1, 2) AND d.ack_due_at < $2
        AND ($1 IS NULL OR d.recipient_oin = $1 OR r.sender_oin = $1)
      UNION ALL
     SELECT r.referral_id, r.sender_oin, d.recipient_oin, r.submitted_at, d.ack_due_at
       FROM deliveries AS d JOIN referrals AS r ON r.referral_id = d.referral_id
      WHERE d.state = 6 AND d.ack_due_at < $2
        AND ($1 IS NULL OR d.recipient_oin = $1 OR r.sender_oin = $1)
      ORDER BY 5, 1
      LIMIT $3";

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
    /// Referrals to or from an organisation, or of everybody, that must have been acknowledged before a
    /// moment and were not; those that are stuck included. The one that is late longest comes first, at
    /// most `limit`.
    pub async fn undelivered(
        &mut self,
        party: Option<&Oin>,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<UndeliveredRow>> {
        self.query(UNDELIVERED)
            .bind(party.cloned())
            .bind(now)
            .bind(i64::from(limit))
            .fetch_all()
            .await
    }

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
