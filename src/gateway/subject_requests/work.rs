//! What happens to a request inside the commit.

use crate::domain::deadline::DeadlineKind;
use crate::domain::id::HoldId;
use crate::domain::time::Timestamp;
use crate::gateway::error::Error;
use crate::gateway::once::{Refusal, Work};
use crate::store::{self, DeadlineRow, HoldRow, NewEntry, Placed, SubjectRequestRow, Tx};

use super::RequestView;

/// What a row means for the purge.
pub(super) enum Keeping {
    /// A new request holds, and must be answered.
    New(HoldRow),
    /// It was put off from this moment, and still holds.
    Extended(Timestamp),
    /// Its report was prepared: it must still be answered.
    Prepared,
    /// Its report may be given: nothing more is owed, and it still holds.
    Approved,
    /// It was answered at the latest now, and does not hold any more.
    Ended(HoldId),
}

/// Writes one row and its entry.
pub(super) struct Writing {
    pub(super) row: SubjectRequestRow,
    pub(super) keeping: Keeping,
    pub(super) entry: NewEntry,
    pub(super) view: RequestView,
    pub(super) now: Timestamp,
}

impl Writing {
    async fn write(&self, tx: &mut Tx) -> store::Result<()> {
        match &self.keeping {
            Keeping::New(hold) => {
                tx.insert_subject_request(&self.row).await?;
                tx.open_deadline(&deadline_of(&self.row)).await?;
                tx.place_hold(hold).await
            }
            Keeping::Extended(from) => {
                tx.update_subject_request(&self.row).await?;
                let about = self.row.subject_request_id;
                let moment = (*from, self.row.due_at);
                tx.move_deadline(DeadlineKind::AccessRequest, about.as_bytes(), moment).await?;
                Ok(())
            }
            Keeping::Prepared => tx.update_subject_request(&self.row).await,
            Keeping::Approved => {
                tx.update_subject_request(&self.row).await?;
                answered(tx, &self.row, self.now).await
            }
            Keeping::Ended(hold) => {
                tx.update_subject_request(&self.row).await?;
                answered(tx, &self.row, self.now).await?;
                tx.lift_hold(*hold, self.now).await
            }
        }
    }
}

/// The month in which a request must be answered.
fn deadline_of(row: &SubjectRequestRow) -> DeadlineRow {
    let about = row.subject_request_id;
    let term = (row.received_at, row.due_at);
    DeadlineRow {
        case_ref: Some(row.case_ref.clone()),
        subjects: row.subject.as_bytes().to_vec(),
        ..DeadlineRow::starting(DeadlineKind::AccessRequest, about.as_bytes(), &row.oin, term)
    }
}

/// Nothing more is owed for a request.
async fn answered(tx: &mut Tx, row: &SubjectRequestRow, now: Timestamp) -> store::Result<()> {
    let about = row.subject_request_id;
    tx.meet_deadline(DeadlineKind::AccessRequest, about.as_bytes(), now).await?;
    Ok(())
}

impl Work for Writing {
    type Answer = RequestView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        match self.write(tx).await {
            Ok(()) => Ok(Ok(vec![self.entry.clone()])),
            // Somebody else changed it since it was read.
            Err(store::Error::Conflict) => Ok(Err(Error::Busy.into())),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<RequestView> {
        Ok(self.view.clone())
    }
}
