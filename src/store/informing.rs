//! When and why informing a person of a referral was put off. Never changed.

use crate::domain::deadline::PostponementReason;
use crate::domain::id::{Pseudonym, ReferralId, UserId};
use crate::domain::time::Timestamp;

use super::columns::{code_columns, record};
use super::db::Tx;
use super::error::Result;

code_columns!(PostponementReason);

record! {
    /// One time that informing was put off.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PostponementRow {
        /// Referral that holds the data.
        pub referral_id: ReferralId,
        /// Who was to be informed.
        pub subject: Pseudonym,
        /// The new end of the term.
        pub until_at: Timestamp,
        /// Why.
        pub reason: PostponementReason,
        /// When.
        pub decided_at: Timestamp,
        /// Who decided.
        pub decided_by: UserId,
        /// Who agreed.
        pub supervisor_user_id: UserId,
        /// Why in words, sealed under the person's key.
        pub content: Vec<u8>,
    }
}

impl Tx {
    /// Keeps why informing was put off. Twice to the same moment is a conflict.
    pub async fn insert_postponement(&mut self, row: &PostponementRow) -> Result<()> {
        self.query(
            "-- informing.postpone
             INSERT INTO informing_postponements (referral_id, subject, until_at, reason, decided_at,
                    decided_by, supervisor_user_id, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(row.referral_id)
        .bind(row.subject)
        .bind(row.until_at)
        .bind(row.reason)
        .bind(row.decided_at)
        .bind(row.decided_by.clone())
        .bind(row.supervisor_user_id.clone())
        .bind(row.content.clone())
        .execute_one()
        .await
    }

    /// Referrals of which informing somebody was put off until after a moment, at most `limit`. Whether
    /// it was done meanwhile stands in its term.
    pub async fn informing_postponed(
        &mut self,
        subject: Pseudonym,
        at: Timestamp,
        limit: u32,
    ) -> Result<Vec<(ReferralId,)>> {
        self.query(
            "-- informing.postponed
             SELECT DISTINCT referral_id FROM informing_postponements
              WHERE subject = $1 AND until_at > $2
              ORDER BY referral_id
              LIMIT $3",
        )
        .bind(subject)
        .bind(at)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Every time that informing somebody of a referral was put off, by person, the earliest first, at
    /// most `limit`.
    pub async fn postponements(
        &mut self,
        referral_id: ReferralId,
        limit: u32,
    ) -> Result<Vec<PostponementRow>> {
        self.query(
            "-- informing.postponements
             SELECT referral_id, subject, until_at, reason, decided_at, decided_by,
                    supervisor_user_id, content
               FROM informing_postponements
              WHERE referral_id = $1
              ORDER BY subject, until_at
              LIMIT $2",
        )
        .bind(referral_id)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }
}
