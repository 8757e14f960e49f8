//! What happens to a breach inside the commit.

use crate::domain::id::HoldId;
use crate::domain::time::Timestamp;
use crate::gateway::error::Error;
use crate::gateway::once::{Refusal, Work};
use crate::store::{
    self, BreachRow, Command, DeadlineRow, Flow, HoldRow, IncidentRow, NewEntry, Placed, Tx,
};

use super::BreachView;

/// A breach is opened: its incident, its 72 hours, and what it holds.
pub(super) struct Opening {
    pub(super) row: BreachRow,
    pub(super) incident: IncidentRow,
    pub(super) hold: HoldRow,
    pub(super) deadline: DeadlineRow,
    pub(super) entry: NewEntry,
    pub(super) view: BreachView,
}

impl Work for Opening {
    type Answer = BreachView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        tx.insert_breach(&self.row).await?;
        tx.place_hold(&self.hold).await?;
        tx.open_deadline(&self.deadline).await?;
        Ok(Ok(vec![self.entry.clone()]))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<BreachView> {
        let corrupt = store::Error::Corrupt { table: "log_state", column: "size" };
        let Ok(idx) = i64::try_from(placed.first()) else { return Err(corrupt) };
        tx.insert_incident(&IncidentRow { idx, ..self.incident.clone() }).await?;
        Ok(self.view.clone())
    }
}

/// The scope of a breach is reported.
pub(super) struct Reporting {
    pub(super) row: BreachRow,
    pub(super) entries: Vec<NewEntry>,
}

impl Command for Reporting {
    /// Whether the breach was still the one that was read.
    type Outcome = bool;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<bool>> {
        match tx.update_breach(&self.row).await {
            Ok(()) => Ok(Flow::Append(self.entries.clone())),
            Err(store::Error::Conflict) => Ok(Flow::Stop(false)),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<bool> {
        Ok(true)
    }
}

/// A breach ends: nothing is held any more.
pub(super) struct Ending {
    pub(super) row: BreachRow,
    pub(super) entry: NewEntry,
    pub(super) view: BreachView,
    pub(super) now: Timestamp,
}

impl Work for Ending {
    type Answer = BreachView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        match tx.update_breach(&self.row).await {
            Ok(()) => {}
            // Somebody else changed it since it was read.
            Err(store::Error::Conflict) => return Ok(Err(Error::Busy.into())),
            Err(error) => return Err(error),
        }
        let about = self.row.incident_id;
        tx.lift_hold(HoldId::from_bytes(*about.as_bytes()), self.now).await?;
        Ok(Ok(vec![self.entry.clone()]))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<BreachView> {
        Ok(self.view.clone())
    }
}
