//! Who sends the digest of an officer's weekly searches: one row per officer, for the newest week.

use crate::domain::digest::DigestLanguage;
use crate::domain::id::{Oin, SavedSearchId, UserId};
use crate::domain::time::{Date, Timestamp};

use super::columns::code_columns;
use super::db::Tx;
use super::error::Result;
use super::saved_searches::SavedSearchRow;

code_columns!(DigestLanguage);

/// The digest of an officer in a week: the day on which it was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestOf {
    /// Organisation of the officer.
    pub oin: Oin,
    /// Officer.
    pub user_id: UserId,
    /// Week.
    pub week: Date,
}

/// Officers with a digest at once: a region has tens of them.
const OFFICERS_MAX: i64 = 5_000;

impl Tx {
    /// Officers who marked a search weekly before the digest was due.
    pub async fn weekly_officers(&mut self, due: Timestamp) -> Result<Vec<(Oin, UserId)>> {
        self.query(
            "-- digests.officers
             SELECT DISTINCT oin, user_id FROM saved_searches
              WHERE weekly IS NOT NULL AND counted_at <= $1 ORDER BY oin, user_id LIMIT $2",
        )
        .bind(due)
        .bind(OFFICERS_MAX)
        .fetch_all()
        .await
    }

    /// Takes the digest of a week on until `until`; the answer is how often it was tried, this time
    /// included. None when it was sent, when another gateway is at it or it has to wait, and when two who
    /// took it on were not heard of again.
    pub async fn claim_digest(
        &mut self,
        of: &DigestOf,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<Option<i64>> {
        let claimed = self
            .query(
                "-- digests.claim
                 INSERT INTO digests (oin, user_id, week, attempts, lost, is_running, retry_at, sent_at)
                 VALUES ($1, $2, $3, 1, 0, 1, $5, NULL)
                 ON CONFLICT (oin, user_id) DO UPDATE
                    SET attempts = CASE WHEN digests.week = excluded.week
                                        THEN digests.attempts + 1 ELSE 1 END,
                        lost = CASE WHEN digests.week = excluded.week
                                    THEN digests.lost + digests.is_running ELSE 0 END,
                        week = excluded.week, is_running = 1, retry_at = excluded.retry_at,
                        sent_at = NULL
                  WHERE digests.week < excluded.week
                     OR (digests.week = excluded.week AND digests.sent_at IS NULL
                         AND digests.retry_at <= $4
                         AND (digests.is_running = 0 OR digests.lost = 0))",
            )
            .bind(of.oin.clone())
            .bind(of.user_id.clone())
            .bind(of.week)
            .bind(now)
            .bind(until)
            .execute()
            .await?;
        if claimed != 1 {
            return Ok(None);
        }
        self.digest_attempts(of).await.map(Some)
    }

    /// How often the digest of an officer was tried.
    pub async fn digest_attempts(&mut self, of: &DigestOf) -> Result<i64> {
        let (attempts,): (i64,) = self
            .query(
                "-- digests.attempts
                 SELECT attempts FROM digests WHERE oin = $1 AND user_id = $2",
            )
            .bind(of.oin.clone())
            .bind(of.user_id.clone())
            .fetch_one()
            .await?;
        Ok(attempts)
    }

    /// Ends an attempt: it was sent, or is tried again from a moment on. False when somebody else took it
    /// on since.
    pub async fn end_digest(
        &mut self,
        (of, attempt): (&DigestOf, i64),
        (sent_at, retry_at): (Option<Timestamp>, Timestamp),
    ) -> Result<bool> {
        let ended = self
            .query(
                "-- digests.end
                 UPDATE digests SET is_running = 0, sent_at = $5, retry_at = $6
                  WHERE oin = $1 AND user_id = $2 AND week = $3 AND attempts = $4
                    AND is_running = 1",
            )
            .bind(of.oin.clone())
            .bind(of.user_id.clone())
            .bind(of.week)
            .bind(attempt)
            .bind(sent_at)
            .bind(retry_at)
            .execute()
            .await?;
        Ok(ended == 1)
    }

    /// The weekly searches of an officer that were marked before the digest was due, the oldest first.
    pub async fn weekly_searches(
        &mut self,
        (oin, user): (&Oin, &UserId),
        due: Timestamp,
    ) -> Result<Vec<SavedSearchRow>> {
        let kept = self.saved_searches((oin, user), 500).await?;
        let is_weekly = |row: &SavedSearchRow| {
            row.user_id == *user && row.weekly.is_some() && row.counted_at <= due
        };
        Ok(kept.into_iter().filter(is_weekly).collect())
    }

    /// Says up to where a search was counted. One that was deleted meanwhile is left.
    pub async fn count_saved_search(
        &mut self,
        id: SavedSearchId,
        (at, size): (Timestamp, i64),
    ) -> Result<()> {
        self.query(
            "-- digests.counted
             UPDATE saved_searches SET counted_at = $2, counted_size = $3
              WHERE saved_search_id = $1",
        )
        .bind(id)
        .bind(at)
        .bind(size)
        .execute()
        .await?;
        Ok(())
    }
}
