//! The duty to notify the authority is met, or it is said why not (AVG art. 33 lid 1 and 5). Every
//! incident can be answered: one that an officer opened, and one that a review found.

use crate::domain::breach::{Notification, check_notification};
use crate::domain::deadline::DeadlineKind;
use crate::domain::event::EventCode;
use crate::domain::id::IncidentId;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Request};
use crate::gateway::error::{Error, Result};
use crate::gateway::once::{Encode, Keep, Refusal, Work};
use crate::store::{self, IncidentRow, NewEntry, Placed, Tx};

/// The duty to notify, met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notified {
    /// Incident.
    pub incident_id: IncidentId,
    /// When.
    pub at: Timestamp,
    /// Whether it was later than the 72 hours allow.
    pub is_late: bool,
}

impl Gateway {
    /// Tells how the duty to notify was met, once for an incident. The term is met with it; what a
    /// breach holds stays held until it ends.
    pub async fn record_breach_notification(
        &self,
        call: &Call,
        request: &Request,
        (id, notification, motivation): (IncidentId, Notification, &str),
        encode: Encode<Notified>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let found = self.db().read().await?.incident(id).await?;
        let Some(row) = found.filter(|row| row.oin == *call.oin()) else {
            return self.refuse_hidden(call).await;
        };
        let known = (call.now(), row.notify_due_at);
        let motivation = check_notification(notification, motivation, known)?;
        if row.notified_at.is_some() {
            return Err(answered_before());
        }
        let motivation = motivation.map(|text| text.as_str().to_owned());
        let entry = self.breach_entry(
            call,
            (EventCode::BreachReported, notification.as_str()),
            (1, motivation.as_deref().unwrap_or_default().as_bytes()),
        )?;
        let is_late = call.now() > row.notify_due_at;
        let row = IncidentRow {
            notification: Some(i64::from(notification.number())),
            notified_at: Some(call.now()),
            motivation,
            ..row
        };
        let answer = Notified { incident_id: id, at: call.now(), is_late };
        let notifying = Notifying { row, entry, answer };
        self.once(call, request, notifying, Keep::Plain, encode).await?.bytes()
    }
}

fn answered_before() -> Error {
    Error::unmet("NOTIFICATION_OPEN", "how the duty to notify was met was told before")
}

struct Notifying {
    row: IncidentRow,
    entry: NewEntry,
    answer: Notified,
}

impl Work for Notifying {
    type Answer = Notified;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        match tx.answer_incident(&self.row).await {
            Ok(()) => {}
            // Somebody else told it since it was read.
            Err(store::Error::Conflict) => return Ok(Err(answered_before().into())),
            Err(error) => return Err(error),
        }
        let about = self.row.incident_id;
        let kind = DeadlineKind::BreachNotification;
        tx.meet_deadline(kind, about.as_bytes(), self.answer.at).await?;
        Ok(Ok(vec![self.entry.clone()]))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<Notified> {
        Ok(self.answer)
    }
}
