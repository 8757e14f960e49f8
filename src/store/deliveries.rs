//! Inboxes: referrals on their way to a reader, under a lease.
//!
//! A lease is a random token and an end. Whoever settles must name the token, so a reader whose
//! lease went to somebody else cannot settle any more. Referrals that share people are a family:
//! one of them is out at a time, in the order in which they came. All statements here take a whole
//! batch, and read through indexes that hold nothing that is settled.

use crate::domain::delivery::QuarantineCause;
use crate::domain::id::{ClientId, DeliveryId, LeaseToken, Oin, ReferralId, TeamId};
use crate::domain::referral::Urgency;
use crate::domain::time::Timestamp;

use super::columns::{code_columns, record};
use super::db::table::{Kind, Table};
use super::db::{Sql, Tx};
use super::error::Result;
use super::sets;

pub(in crate::store) mod backlog;
pub(in crate::store) mod claim;
mod quarantine;
pub(in crate::store) mod settle;

pub use backlog::{Backlog, UndeliveredRow};
pub use claim::{Claim, ClaimedRow, Lease, Reader};
pub use quarantine::QuarantinedRow;
pub use settle::Ending;

code_columns!(DeliveryState, QuarantineCause);

crate::domain::code::codes! {
    /// Where a delivery is.
    pub enum DeliveryState {
        /// Waits for a reader. The last one may still settle until its lease ends.
        Waiting = 1, "WAITING";
        /// A reader has it; when the lease ends, others may have it after a while.
        Leased = 2, "LEASED";
        /// The recipient took responsibility.
        Acknowledged = 3, "ACKNOWLEDGED";
        /// The recipient sent it back.
        SentBack = 4, "SENT_BACK";
        /// The sender took it back.
        Withdrawn = 5, "WITHDRAWN";
        /// It could not be delivered; somebody must act.
        Quarantined = 6, "QUARANTINED";
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
        /// Not before this for another reader. Settled: when.
        pub available_at: Timestamp,
        /// End of the last lease.
        pub lease_until: Option<Timestamp>,
        /// How often it was handed to a reader.
        pub attempts: i64,
        /// How many of those leases ended without a word.
        pub failures: i64,
        /// Token of the last lease.
        pub lease_token: Option<LeaseToken>,
        /// Reader of the last lease.
        pub client_id: Option<ClientId>,
        /// Why it is quarantined.
        pub quarantine_cause: Option<QuarantineCause>,
        /// When it must have been acknowledged.
        pub ack_due_at: Timestamp,
    }
}

/// Which referrals an incoming one comes after.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its urgency after the rule for repeats.
    pub urgency: Urgency,
    /// Earlier referrals about the same people.
    pub after: &'a [ReferralId],
}

macro_rules! select_delivery {
    ($label:literal, $rest:literal) => {
        concat!(
            "-- ",
            $label,
            "
             SELECT delivery_id, referral_id, recipient_oin, team_id, state, available_at,
                    lease_until, attempts, failures, lease_token, client_id, quarantine_cause,
                    ack_due_at
               FROM deliveries ",
            $rest
        )
    };
}

/// The `+` keeps SQLite from going through the whole inbox.
pub(in crate::store) const JOIN: Sql = Sql {
    sqlite: "-- deliveries.join
             UPDATE deliveries
                SET ordering_key = $1, priority = MAX(priority, $2)
              WHERE ordering_key IN (SELECT unhex(value) FROM json_each($3))
                AND +recipient_oin = $4
                AND state IN (1, 2)
                AND (ordering_key <> $1 OR priority < $2)",
    postgres: "-- deliveries.join
             UPDATE deliveries
                SET ordering_key = $1, priority = GREATEST(priority, $2)
              WHERE ordering_key = ANY (ARRAY(
                        SELECT decode(value, 'hex')
                          FROM jsonb_array_elements_text(CAST($3 AS JSONB)) AS s (value)))
                AND recipient_oin = $4
                AND state IN (1, 2)
                AND (ordering_key <> $1 OR priority < $2)",
};

pub(in crate::store) const BY_LEASE: Sql = Sql {
    sqlite: select_delivery!(
        "deliveries.by_lease",
        "WHERE lease_token IN (SELECT unhex(value) FROM json_each($1))
                   AND recipient_oin = $2"
    ),
    postgres: select_delivery!(
        "deliveries.by_lease",
        "WHERE lease_token = ANY (ARRAY(
                           SELECT decode(value, 'hex')
                             FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS s (value)))
                   AND recipient_oin = $2"
    ),
};

static DELIVERIES: Table = Table::new(
    "deliveries",
    &[
        ("delivery_id", Kind::Blob),
        ("referral_id", Kind::Blob),
        ("recipient_oin", Kind::Text),
        ("team_id", Kind::Text),
        ("state", Kind::Integer),
        ("ordering_key", Kind::Blob),
        ("ordering_place", Kind::Integer),
        ("priority", Kind::Integer),
        ("available_at", Kind::Integer),
        ("attempts", Kind::Integer),
        ("failures", Kind::Integer),
        ("ack_due_at", Kind::Integer),
        ("created_at", Kind::Integer),
    ],
);

impl Tx {
    /// Puts a referral into an inbox, where a higher urgency goes first, behind those of the same
    /// family that are there.
    pub async fn insert_delivery(
        &mut self,
        row: &DeliveryRow,
        place: Place<'_>,
        now: Timestamp,
    ) -> Result<()> {
        let (family, position) = match place.after {
            [] => (row.referral_id, 1),
            after => self.join_family(row, after, place.urgency).await?,
        };
        self.insert(&DELIVERIES)
            .set(row.delivery_id)
            .set(row.referral_id)
            .set(row.recipient_oin.clone())
            .set(row.team_id.clone())
            .set(row.state)
            .set(family)
            .set(position)
            .set(place.urgency)
            .set(row.available_at)
            .set(row.attempts)
            .set(row.failures)
            .set(row.ack_due_at)
            .set(now)
            .keep()
            .await
    }

    /// The family of a referral that comes after others, and its place there. Families that it
    /// joins become one, and who is before it becomes as urgent as it is: what is urgent must not
    /// wait behind what is not.
    async fn join_family(
        &mut self,
        row: &DeliveryRow,
        after: &[ReferralId],
        urgency: Urgency,
    ) -> Result<(ReferralId, i64)> {
        let before: Vec<(ReferralId, i64)> = self
            .query(Sql {
                sqlite: "-- deliveries.family
                 SELECT ordering_key, ordering_place
                   FROM deliveries
                  WHERE referral_id IN (SELECT unhex(value) FROM json_each($1))
                    AND recipient_oin = $2
                  ORDER BY ordering_place, created_at, delivery_id",
                postgres: "-- deliveries.family
                 SELECT ordering_key, ordering_place
                   FROM deliveries
                  WHERE referral_id = ANY (ARRAY(
                            SELECT decode(value, 'hex')
                              FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS s (value)))
                    AND recipient_oin = $2
                  ORDER BY ordering_place, created_at, delivery_id",
            })
            .bind(sets::ids(after.iter().map(ReferralId::as_bytes)))
            .bind(row.recipient_oin.clone())
            .fetch_all()
            .await?;
        let Some((family, _)) = before.first() else { return Ok((row.referral_id, 1)) };
        let last = before.iter().map(|(_, place)| *place).max().unwrap_or(0);
        let families = sets::ids(before.iter().map(|(family, _)| family.as_bytes()));
        self.query(JOIN)
            .bind(*family)
            .bind(urgency)
            .bind(families)
            .bind(row.recipient_oin.clone())
            .execute()
            .await?;
        Ok((*family, last + 1))
    }

    /// The delivery of a referral: the newest, when it was routed anew.
    pub async fn delivery_of(&mut self, referral_id: ReferralId) -> Result<Option<DeliveryRow>> {
        self.query(select_delivery!(
            "deliveries.of_referral",
            "WHERE referral_id = $1 ORDER BY created_at DESC LIMIT 1"
        ))
        .bind(referral_id)
        .fetch_optional()
        .await
    }

    /// The deliveries of some referrals; of one that was routed anew, the newest comes last.
    pub async fn deliveries_of(&mut self, referrals: &[ReferralId]) -> Result<Vec<DeliveryRow>> {
        self.query(Sql {
            sqlite: select_delivery!(
                "deliveries.of_referrals",
                "WHERE referral_id IN (SELECT unhex(value) FROM json_each($1))
                  ORDER BY created_at"
            ),
            postgres: select_delivery!(
                "deliveries.of_referrals",
                "WHERE referral_id = ANY (ARRAY(
                           SELECT decode(value, 'hex')
                             FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS s (value)))
                  ORDER BY created_at"
            ),
        })
        .bind(sets::ids(referrals.iter().map(ReferralId::as_bytes)))
        .fetch_all()
        .await
    }

    /// The deliveries that some lease tokens were last given for.
    pub async fn deliveries_by_lease(
        &mut self,
        tokens: &[LeaseToken],
        recipient: &Oin,
    ) -> Result<Vec<DeliveryRow>> {
        self.query(BY_LEASE)
            .bind(sets::ids(tokens.iter().map(LeaseToken::as_bytes)))
            .bind(recipient.clone())
            .fetch_all()
            .await
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
                 UPDATE deliveries SET state = 5, settled_at = $2, quarantine_cause = NULL
                  WHERE referral_id = $1 AND state IN (1, 2, 6)",
            )
            .bind(referral_id)
            .bind(now)
            .execute()
            .await?;
        Ok(changed >= 1)
    }
}
