//! Which recipients erased a summary that its author took back.

use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, Oin};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::{Sql, Tx};
use super::error::Result;

record! {
    /// That a recipient erased what it had of a summary.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RecallConfirmationRow {
        /// Case.
        pub case_ref: CaseRef,
        /// Author of the summary.
        pub author_oin: Oin,
        /// Who erased it.
        pub recipient_oin: Oin,
        /// This revision and all before it.
        pub revision: i64,
        /// When that was told.
        pub confirmed_at: Timestamp,
        /// First ledger entry of it.
        pub idx: i64,
    }
}

impl Tx {
    /// Keeps that a recipient erased it; a conflict when it said so of that revision before.
    pub async fn insert_recall_confirmation(&mut self, row: &RecallConfirmationRow) -> Result<()> {
        self.query(
            "-- recall_confirmations.insert
             INSERT INTO recall_confirmations (case_ref, author_oin, recipient_oin, revision,
                    confirmed_at, idx)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
        )
        .bind(row.case_ref.clone())
        .bind(row.author_oin.clone())
        .bind(row.recipient_oin.clone())
        .bind(row.revision)
        .bind(row.confirmed_at)
        .bind(row.idx)
        .execute_one()
        .await
    }

    /// Keeps where that stands in the ledger.
    pub async fn place_recall_confirmation(&mut self, row: &RecallConfirmationRow) -> Result<()> {
        self.query(
            "-- recall_confirmations.place
             UPDATE recall_confirmations SET idx = $5
              WHERE case_ref = $1 AND author_oin = $2 AND recipient_oin = $3 AND revision = $4",
        )
        .bind(row.case_ref.clone())
        .bind(row.author_oin.clone())
        .bind(row.recipient_oin.clone())
        .bind(row.revision)
        .bind(row.idx)
        .execute_one()
        .await
    }

    /// For everybody about whom an author's summary in a case reached a recipient: the newest entry of it.
    pub async fn received_from(
        &mut self,
        case_ref: &CaseRef,
        (author, recipient): (&Oin, &Oin),
    ) -> Result<Vec<i64>> {
        // A case is small, an author may have written for many: the `+` says so to SQLite.
        let found: Vec<(i64,)> = self
            .query(Sql {
                sqlite: "-- recall_confirmations.received
                 SELECT MAX(idx) FROM disclosures
                  WHERE case_ref = $1 AND +sender_oin = $2 AND +recipient_oin = $3
                    AND event_code IN ($4, $5) AND outcome = 0 AND subject IS NOT NULL
                    AND recipient_oin <> sender_oin
                  GROUP BY subject ORDER BY 1",
                postgres: "-- recall_confirmations.received
                 SELECT MAX(idx) FROM disclosures
                  WHERE case_ref = $1 AND sender_oin = $2 AND recipient_oin = $3
                    AND event_code IN ($4, $5) AND outcome = 0 AND subject IS NOT NULL
                    AND recipient_oin <> sender_oin
                  GROUP BY subject ORDER BY 1",
            })
            .bind(case_ref.clone())
            .bind(author.clone())
            .bind(recipient.clone())
            .bind(i64::from(EventCode::SummaryDelivered.number()))
            .bind(i64::from(EventCode::SummaryShared.number()))
            .fetch_all()
            .await?;
        Ok(found.into_iter().map(|(idx,)| idx).collect())
    }

    /// The newest revision of an author's summary that was taken back.
    pub async fn latest_revision_taken_back(
        &mut self,
        case_ref: &CaseRef,
        author: &Oin,
    ) -> Result<Option<i64>> {
        let (revision,): (Option<i64>,) = self
            .query(
                "-- recall_confirmations.taken_back
                 SELECT MAX(revision) FROM summaries
                  WHERE case_ref = $1 AND author_oin = $2 AND retracted_at IS NOT NULL",
            )
            .bind(case_ref.clone())
            .bind(author.clone())
            .fetch_one()
            .await?;
        Ok(revision)
    }

    /// The newest revision of an author's summary of which a recipient said that it erased it.
    pub async fn confirmed_recall(
        &mut self,
        case_ref: &CaseRef,
        (author, recipient): (&Oin, &Oin),
    ) -> Result<Option<i64>> {
        let (revision,): (Option<i64>,) = self
            .query(
                "-- recall_confirmations.newest
                 SELECT MAX(revision) FROM recall_confirmations
                  WHERE case_ref = $1 AND author_oin = $2 AND recipient_oin = $3",
            )
            .bind(case_ref.clone())
            .bind(author.clone())
            .bind(recipient.clone())
            .fetch_one()
            .await?;
        Ok(revision)
    }
}
