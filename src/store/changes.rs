//! What happened to referrals after their submission, for those who sent them.
//!
//! The place of a change is the ledger entry of its event. Entries become visible in their order,
//! so who has read up to a place has missed nothing before it.

use crate::domain::id::{Oin, ReferralId};

use super::columns::record;
use super::db::{Sql, Tx};
use super::error::Result;
use super::sets;

record! {
    /// The last change of a referral within a stretch of the list.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ChangeRow {
        /// Place in the list.
        pub idx: i64,
        /// Referral.
        pub referral_id: ReferralId,
    }
}

impl Tx {
    /// Adds changes, each with its sender and the place of its event.
    pub async fn insert_changes(&mut self, changes: &[(Oin, i64, ReferralId)]) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let rows = sets::rows(changes.iter().map(|(sender, idx, referral_id)| {
            serde_json::json!([sender.as_str(), idx, sets::id(referral_id.as_bytes())])
        }));
        self.query(Sql {
            sqlite: "-- changes.insert
             INSERT INTO referral_changes (sender_oin, idx, referral_id)
             SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
                    unhex(json_extract(value, '$[2]'))
               FROM json_each($1)",
            postgres: "-- changes.insert
             INSERT INTO referral_changes (sender_oin, idx, referral_id)
             SELECT value->>0, CAST(value->>1 AS BIGINT), decode(value->>2, 'hex')
               FROM jsonb_array_elements(CAST($1 AS JSONB)) AS s (value)",
        })
        .bind(rows)
        .execute()
        .await?;
        Ok(())
    }

    /// The last change of each referral among the next `limit` changes after a place, in their
    /// order. None when there is nothing after it.
    pub async fn changes(
        &mut self,
        sender: &Oin,
        after: i64,
        limit: u32,
    ) -> Result<Vec<ChangeRow>> {
        self.query(
            "-- changes.list
             SELECT MAX(idx) AS idx, referral_id
               FROM (SELECT idx, referral_id
                       FROM referral_changes
                      WHERE sender_oin = $1 AND idx > $2
                      ORDER BY idx
                      LIMIT $3) AS next
              GROUP BY referral_id
              ORDER BY 1",
        )
        .bind(sender.clone())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// The place of the last change of a sender's referrals.
    pub async fn last_change(&mut self, sender: &Oin) -> Result<Option<i64>> {
        let (last,): (Option<i64>,) = self
            .query("-- changes.last\nSELECT MAX(idx) FROM referral_changes WHERE sender_oin = $1")
            .bind(sender.clone())
            .fetch_one()
            .await?;
        Ok(last)
    }
}
