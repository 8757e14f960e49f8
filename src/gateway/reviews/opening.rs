//! A review is opened in the commit of the disclosure that it is about.

use crate::domain::deadline::DeadlineKind;
use crate::store::{self, DeadlineRow, ReviewRow, Tx};

/// Puts a review on the queues and starts its term, in the commit of the disclosure. The row has its
/// place in the ledger. After the commit, the reviewers are woken with
/// [`Gateway::ring_reviewers`](crate::gateway::Gateway::ring_reviewers).
pub(in crate::gateway) async fn open_review(tx: &mut Tx, row: &ReviewRow) -> store::Result<()> {
    tx.insert_review(row).await?;
    let about = row.review_id;
    let term = (row.declared_at, row.due_at);
    tx.open_deadline(&DeadlineRow {
        case_ref: Some(row.case_ref.clone()),
        subjects: row.subjects.clone(),
        ..DeadlineRow::starting(DeadlineKind::Review, about.as_bytes(), &row.discloser_oin, term)
    })
    .await
}
