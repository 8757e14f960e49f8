//! Searches that officers keep.

use crate::domain::digest::DigestLanguage;
use crate::domain::id::{Oin, SavedSearchId, UserId};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::Tx;
use super::error::Result;

record! {
    /// One search.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SavedSearchRow {
        /// Its id. Ids rise with time.
        pub saved_search_id: SavedSearchId,
        /// Organisation of the officer.
        pub oin: Oin,
        /// Officer who keeps it.
        pub user_id: UserId,
        /// Its name.
        pub name: String,
        /// As the address of the search has it.
        pub query: String,
        /// 1: every officer of the organisation sees it.
        pub is_shared: i64,
        /// When it was saved.
        pub saved_at: Timestamp,
        /// Language of the weekly mail that counts what is new of it; none: there is none.
        pub weekly: Option<DigestLanguage>,
        /// Up to when it was counted,
        pub counted_at: Timestamp,
        /// and up to which size of the ledger.
        pub counted_size: i64,
    }
}

macro_rules! columns {
    () => {
        "SELECT saved_search_id, oin, user_id, name, query, is_shared, saved_at, weekly, counted_at,
                counted_size
           FROM saved_searches"
    };
}

impl Tx {
    /// One search.
    pub async fn saved_search(&mut self, id: SavedSearchId) -> Result<Option<SavedSearchRow>> {
        self.query(concat!("-- saved_searches.by_id\n", columns!(), " WHERE saved_search_id = $1"))
            .bind(id)
            .fetch_optional()
            .await
    }

    /// Those of an officer, and then those that others of the organisation share; of each the oldest
    /// first, at most `limit` together.
    pub async fn saved_searches(
        &mut self,
        (oin, user): (&Oin, &UserId),
        limit: u32,
    ) -> Result<Vec<SavedSearchRow>> {
        let mut found: Vec<SavedSearchRow> = self
            .query(concat!(
                "-- saved_searches.own\n",
                columns!(),
                " WHERE oin = $1 AND user_id = $2 ORDER BY oin, saved_search_id LIMIT $3"
            ))
            .bind(oin.clone())
            .bind(user.clone())
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        let left = i64::from(limit) - i64::try_from(found.len()).unwrap_or(i64::MAX);
        let shared: Vec<SavedSearchRow> = self
            .query(concat!(
                "-- saved_searches.shared\n",
                columns!(),
                " WHERE oin = $1 AND user_id <> $2 AND is_shared = 1
                  ORDER BY oin, saved_search_id LIMIT $3"
            ))
            .bind(oin.clone())
            .bind(user.clone())
            .bind(left.max(0))
            .fetch_all()
            .await?;
        found.extend(shared);
        Ok(found)
    }

    /// How many an officer keeps.
    pub async fn saved_search_count(&mut self, (oin, user): (&Oin, &UserId)) -> Result<i64> {
        let (count,): (i64,) = self
            .query(
                "-- saved_searches.count
                 SELECT COUNT(*) FROM saved_searches WHERE oin = $1 AND user_id = $2",
            )
            .bind(oin.clone())
            .bind(user.clone())
            .fetch_one()
            .await?;
        Ok(count)
    }

    /// Keeps a search.
    pub async fn insert_saved_search(&mut self, row: &SavedSearchRow) -> Result<()> {
        self.query(
            "-- saved_searches.insert
             INSERT INTO saved_searches (saved_search_id, oin, user_id, name, query, is_shared,
                    saved_at, weekly, counted_at, counted_size)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(row.saved_search_id)
        .bind(row.oin.clone())
        .bind(row.user_id.clone())
        .bind(row.name.clone())
        .bind(row.query.clone())
        .bind(row.is_shared)
        .bind(row.saved_at)
        .bind(row.weekly)
        .bind(row.counted_at)
        .bind(row.counted_size)
        .execute_one()
        .await
    }

    /// Has a search counted weekly from a moment and a size of the ledger on, or not any more. One that is
    /// counted already goes on from where it was, also when a digest counts it meanwhile. A conflict when
    /// it is not there any more.
    pub async fn mark_saved_search(
        &mut self,
        (id, weekly): (SavedSearchId, Option<DigestLanguage>),
        (at, size): (Timestamp, i64),
    ) -> Result<()> {
        self.query(
            "-- saved_searches.mark
             UPDATE saved_searches
                SET weekly = $2,
                    counted_at = CASE WHEN weekly IS NULL THEN $3 ELSE counted_at END,
                    counted_size = CASE WHEN weekly IS NULL THEN $4 ELSE counted_size END
              WHERE saved_search_id = $1",
        )
        .bind(id)
        .bind(weekly)
        .bind(at)
        .bind(size)
        .execute_one()
        .await
    }

    /// Deletes a search; a conflict when it is not there any more.
    pub async fn delete_saved_search(&mut self, id: SavedSearchId) -> Result<()> {
        self.query(
            "-- saved_searches.delete
             DELETE FROM saved_searches WHERE saved_search_id = $1",
        )
        .bind(id)
        .execute_one()
        .await
    }
}
