//! Management reports that were published: every version, never changed.

use crate::domain::id::{UserId, Version};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::Tx;
use super::error::Result;

record! {
    /// A version of a report.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ReportRow {
        /// Quarter or year, like `2026-Q2`.
        pub period: String,
        /// 1, 2, 3, ...
        pub version: i64,
        /// Number of the reason; 0 for the first version.
        pub revision_reason: i64,
        /// Policy pack whose thresholds were applied.
        pub policy_version: Version,
        /// When it was published.
        pub published_at: Timestamp,
        /// By whom.
        pub published_by: UserId,
        /// SHA-256 of the content.
        pub digest: Vec<u8>,
        /// The tables, as JSON: nothing that was left out stands in it.
        pub content: String,
    }
}

impl Tx {
    /// Every version of the reports of some periods, in order.
    pub async fn reports_of(&mut self, periods: &[String; 5]) -> Result<Vec<ReportRow>> {
        let [one, two, three, four, five] = periods.clone();
        self.query(
            "-- reports.of_periods
             SELECT period, version, revision_reason, policy_version, published_at, published_by,
                    digest, content
               FROM reports
              WHERE period IN ($1, $2, $3, $4, $5)
              ORDER BY period, version",
        )
        .bind(one)
        .bind(two)
        .bind(three)
        .bind(four)
        .bind(five)
        .fetch_all()
        .await
    }

    /// A version of a report; the newest for none.
    pub async fn report(
        &mut self,
        period: &str,
        version: Option<i64>,
    ) -> Result<Option<ReportRow>> {
        self.query(
            "-- reports.by_name
             SELECT period, version, revision_reason, policy_version, published_at, published_by,
                    digest, content
               FROM reports
              WHERE period = $1 AND ($2 = 0 OR version = $2)
              ORDER BY version DESC
              LIMIT 1",
        )
        .bind(period.to_owned())
        .bind(version.unwrap_or(0))
        .fetch_optional()
        .await
    }

    /// Versions of reports, newest period first, after a place in that list, at most `limit`.
    pub async fn reports(
        &mut self,
        after: Option<(String, i64)>,
        limit: u32,
    ) -> Result<Vec<ReportRow>> {
        // A tilde comes after every period.
        let (period, version) = after.unwrap_or_else(|| ("~".to_owned(), 0));
        self.query(
            "-- reports.list
             SELECT period, version, revision_reason, policy_version, published_at, published_by,
                    digest, content
               FROM reports
              WHERE period < $1 OR (period = $1 AND version < $2)
              ORDER BY period DESC, version DESC
              LIMIT $3",
        )
        .bind(period)
        .bind(version)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Keeps a version; one that exists is a conflict.
    pub async fn insert_report(&mut self, row: &ReportRow) -> Result<()> {
        self.query(
            "-- reports.insert
             INSERT INTO reports (period, version, revision_reason, policy_version, published_at,
                    published_by, digest, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (period, version) DO NOTHING",
        )
        .bind(row.period.clone())
        .bind(row.version)
        .bind(row.revision_reason)
        .bind(row.policy_version.clone())
        .bind(row.published_at)
        .bind(row.published_by.clone())
        .bind(row.digest.clone())
        .bind(row.content.clone())
        .execute_one()
        .await
    }
}
