//! Inboxes: referrals on their way to a reader, under a lease.
//!
//! A lease is a random token and an end. Whoever settles must name the token, so a reader whose
//! lease went to somebody else cannot settle any more.

use crate::domain::id::{ClientId, DeliveryId, LeaseToken, Oin, ReferralId, TeamId};
use crate::domain::referral::Urgency;
use crate::domain::time::Timestamp;

use super::columns::{code_columns, record};
use super::db::Tx;
use super::db::table::{Kind, Table};
use super::error::Result;

code_columns!(DeliveryState);

crate::domain::code::codes! {
    /// Where a delivery is.
    pub enum DeliveryState {
        /// Waits for a reader.
        Waiting = 1, "WAITING";
        /// A reader has it; when the lease ends it waits again.
        Leased = 2, "LEASED";
        /// The recipient took responsibility.
        Acknowledged = 3, "ACKNOWLEDGED";
        /// The recipient sent it back.
        SentBack = 4, "SENT_BACK";
        /// The sender took it back.
        Withdrawn = 5, "WITHDRAWN";
    }
}

record! {
    /// A delivery.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DeliveryRow {
        /// Stable over redeliveries.
        pub delivery_id: DeliveryId,
        /// Referral.
        pub referral_id: ReferralId,
        /// Recipient.
        pub recipient_oin: Oin,
        /// Team of the recipient.
        pub team_id: TeamId,
        /// Where it is.
        pub state: DeliveryState,
        /// Waiting: not before this. Leased: end of the lease.
        pub available_at: Timestamp,
        /// How often it was handed to a reader.
        pub attempts: i64,
        /// Token of the last lease.
        pub lease_token: Option<LeaseToken>,
        /// Reader of the last lease.
        pub client_id: Option<ClientId>,
    }
}

record! {
    /// A delivery that is free to be leased.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ClaimedRow {
        /// Stable over redeliveries.
        pub delivery_id: DeliveryId,
        /// Referral.
        pub referral_id: ReferralId,
        /// How often it was handed to a reader before.
        pub attempts: i64,
    }
}

record! {
    /// What waits in an inbox.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Backlog {
        /// Deliveries that are not settled.
        pub waiting: i64,
        /// When the oldest of them was made.
        pub oldest_at: Option<Timestamp>,
        /// When the next one that waits or is leased becomes free.
        pub next_available_at: Option<Timestamp>,
    }
}

/// A lease to be given.
#[derive(Debug, Clone)]
pub struct Lease {
    /// Its token.
    pub token: LeaseToken,
    /// Its end.
    pub until: Timestamp,
}

/// Which inbox a reader reads, and what it may take back.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Organisation.
    pub recipient: Oin,
    /// Only this team.
    pub team_id: Option<TeamId>,
    /// Reader.
    pub client_id: ClientId,
    /// Whether it reconnected: then its own leases are free to it at once.
    pub takes_back: bool,
}

static DELIVERIES: Table = Table::new(
    "deliveries",
    &[
        ("delivery_id", Kind::Blob),
        ("referral_id", Kind::Blob),
        ("recipient_oin", Kind::Text),
        ("team_id", Kind::Text),
        ("state", Kind::Integer),
        ("available_at", Kind::Integer),
        ("priority", Kind::Integer),
        ("attempts", Kind::Integer),
        ("created_at", Kind::Integer),
    ],
);

impl Tx {
    /// Puts a referral into an inbox, where a higher urgency goes first.
    pub async fn insert_delivery(
        &mut self,
        row: &DeliveryRow,
        urgency: Urgency,
        now: Timestamp,
    ) -> Result<()> {
        self.insert(&DELIVERIES)
            .set(row.delivery_id)
            .set(row.referral_id)
            .set(row.recipient_oin.clone())
            .set(row.team_id.clone())
            .set(row.state)
            .set(row.available_at)
            .set(urgency)
            .set(row.attempts)
            .set(now)
            .keep()
            .await
    }

    /// Deliveries that a reader may lease now, the most urgent and then the oldest first.
    pub async fn free_deliveries(
        &mut self,
        reader: &Reader,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedRow>> {
        self.query(
            "-- deliveries.free
             SELECT delivery_id, referral_id, attempts
               FROM deliveries
              WHERE recipient_oin = $1
                AND state IN (1, 2)
                AND ($2 IS NULL OR team_id = $2)
                AND (available_at <= $3 OR (state = 2 AND $5 <> 0 AND client_id = $4))
              ORDER BY priority DESC, created_at, delivery_id
              LIMIT $6",
        )
        .bind(reader.recipient.clone())
        .bind(reader.team_id.clone())
        .bind(now)
        .bind(reader.client_id.clone())
        .bind(i64::from(reader.takes_back))
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Gives a lease on a delivery if it is still free to this reader; false when another reader
    /// was first.
    pub async fn claim_delivery(
        &mut self,
        delivery: &ClaimedRow,
        reader: &Reader,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = self
            .query(
                "-- deliveries.claim
                 UPDATE deliveries
                    SET state = 2, available_at = $2, lease_token = $3, client_id = $4,
                        attempts = attempts + 1
                  WHERE delivery_id = $1
                    AND state IN (1, 2)
                    AND attempts = $7
                    AND (available_at <= $5 OR (state = 2 AND $6 <> 0 AND client_id = $4))",
            )
            .bind(delivery.delivery_id)
            .bind(lease.until)
            .bind(lease.token)
            .bind(reader.client_id.clone())
            .bind(now)
            .bind(i64::from(reader.takes_back))
            .bind(delivery.attempts)
            .execute()
            .await?;
        Ok(changed == 1)
    }

    /// The delivery that a lease token was last given for.
    pub async fn delivery_by_lease(
        &mut self,
        token: LeaseToken,
        recipient: &Oin,
    ) -> Result<Option<DeliveryRow>> {
        self.query(
            "-- deliveries.by_lease
             SELECT delivery_id, referral_id, recipient_oin, team_id, state, available_at, attempts,
                    lease_token, client_id
               FROM deliveries
              WHERE lease_token = $1 AND recipient_oin = $2",
        )
        .bind(token)
        .bind(recipient.clone())
        .fetch_optional()
        .await
    }

    /// The delivery of a referral.
    pub async fn delivery_of(&mut self, referral_id: ReferralId) -> Result<Option<DeliveryRow>> {
        self.query(
            "-- deliveries.of_referral
             SELECT delivery_id, referral_id, recipient_oin, team_id, state, available_at, attempts,
                    lease_token, client_id
               FROM deliveries
              WHERE referral_id = $1
              ORDER BY created_at DESC
              LIMIT 1",
        )
        .bind(referral_id)
        .fetch_optional()
        .await
    }

    /// Settles a leased delivery, or moves the end of its lease. The lease must still be the one
    /// named and not be over at `now`; otherwise nothing changes and the answer is false.
    pub async fn settle_delivery(
        &mut self,
        token: LeaseToken,
        to: DeliveryState,
        available_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = self
            .query(
                "-- deliveries.settle
                 UPDATE deliveries
                    SET state = $2, available_at = $3,
                        settled_at = CASE WHEN $2 IN (3, 4) THEN $4 ELSE settled_at END
                  WHERE lease_token = $1 AND state = 2 AND available_at > $4",
            )
            .bind(token)
            .bind(to)
            .bind(available_at)
            .bind(now)
            .execute()
            .await?;
        Ok(changed == 1)
    }

    /// Takes a delivery out of the inbox because its sender took the referral back; false when
    /// it was settled before.
    pub async fn withdraw_delivery(
        &mut self,
        referral_id: ReferralId,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = self
            .query(
                "-- deliveries.withdraw
                 UPDATE deliveries SET state = 5, settled_at = $2
                  WHERE referral_id = $1 AND state IN (1, 2)",
            )
            .bind(referral_id)
            .bind(now)
            .execute()
            .await?;
        Ok(changed >= 1)
    }

    /// What waits for an organisation.
    pub async fn backlog(&mut self, recipient: &Oin, team_id: Option<&TeamId>) -> Result<Backlog> {
        self.query(
            "-- deliveries.backlog
             SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest_at,
                    MIN(available_at) AS next_available_at
               FROM deliveries
              WHERE recipient_oin = $1 AND state IN (1, 2) AND ($2 IS NULL OR team_id = $2)",
        )
        .bind(recipient.clone())
        .bind(team_id.cloned())
        .fetch_one()
        .await
    }
}
