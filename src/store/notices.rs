//! Notices for organisations, in the order of the ledger.

use crate::domain::id::{CaseRef, NoticeId, Oin};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::Tx;
use super::error::Result;

record! {
    /// One notice.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct NoticeRow {
        /// Who must read it.
        pub recipient_oin: Oin,
        /// Ledger entry that caused it; its place in the recipient's list.
        pub idx: i64,
        /// Its id.
        pub notice_id: NoticeId,
        /// Its case.
        pub case_ref: Option<CaseRef>,
        /// What it is about, as text.
        pub content: String,
        /// From when on.
        pub effective_at: Timestamp,
    }
}

impl Tx {
    /// Leaves a notice.
    pub async fn insert_notice(&mut self, row: NoticeRow) -> Result<()> {
        self.query(
            "-- notices.insert
             INSERT INTO notices (recipient_oin, idx, notice_id, case_ref, content, effective_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(row.recipient_oin)
        .bind(row.idx)
        .bind(row.notice_id)
        .bind(row.case_ref)
        .bind(row.content)
        .bind(row.effective_at)
        .execute_one()
        .await
    }

    /// Notices of an organisation after a place in its list, at most `limit`.
    pub async fn notices(&mut self, of: &Oin, after: i64, limit: u32) -> Result<Vec<NoticeRow>> {
        self.query(
            "-- notices.list
             SELECT recipient_oin, idx, notice_id, case_ref, content, effective_at
               FROM notices
              WHERE recipient_oin = $1 AND idx > $2
              ORDER BY idx
              LIMIT $3",
        )
        .bind(of.clone())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// The place of the last notice of an organisation.
    pub async fn last_notice(&mut self, of: &Oin) -> Result<Option<i64>> {
        let (last,): (Option<i64>,) = self
            .query("-- notices.last\nSELECT MAX(idx) FROM notices WHERE recipient_oin = $1")
            .bind(of.clone())
            .fetch_one()
            .await?;
        Ok(last)
    }
}
