//! Incidents: what was found not to be justified, and the 72 hours in which the authority must know
//! (AVG art. 33, DOMAIN §5.7).

use crate::domain::breach::Notification;
use crate::domain::id::{IncidentId, Pseudonym};
use crate::domain::incident::IncidentCause;
use crate::domain::look::Look;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::case_file::code;
use crate::gateway::disclosures::check_purpose;
use crate::gateway::error::{Error, Result, Unreadable};
use crate::store::IncidentRow;

use super::look::PAGE_MAX;
use super::party_of;

/// Which incidents an officer wants to see.
#[derive(Debug, Clone, Copy, Default)]
pub struct IncidentQueue {
    /// Number of the purpose.
    pub purpose: i32,
    /// After this one.
    pub after: Option<(Timestamp, IncidentId)>,
}

/// An incident.
#[derive(Debug, Clone)]
pub struct Incident {
    /// As stored.
    pub row: IncidentRow,
    /// How it came to light.
    pub cause: IncidentCause,
    /// Pseudonyms of the people it is about.
    pub subjects: Vec<Pseudonym>,
    /// Whether the time to notify the authority had run out before that duty was met, or has and it is not.
    pub is_past_due: bool,
    /// How the duty to notify was met.
    pub notification: Option<Notification>,
}

impl Incident {
    pub(in crate::gateway) fn of(row: IncidentRow, now: Timestamp) -> Result<Self> {
        let subjects = row.subjects.chunks(32).map(|bytes| bytes.try_into().map(Pseudonym::new));
        let unreadable = |_short| Error::internal(Unreadable { table: "incidents" });
        Ok(Self {
            cause: code(row.cause, IncidentCause::from_number)?,
            subjects: subjects.collect::<Result<_, _>>().map_err(unreadable)?,
            is_past_due: row.notified_at.unwrap_or(now) > row.notify_due_at,
            notification: notification_of(&row)?,
            row,
        })
    }
}

/// How the duty to notify was met; none while it is not.
pub(in crate::gateway) fn notification_of(row: &IncidentRow) -> Result<Option<Notification>> {
    row.notification.map(|number| code(number, Notification::from_number)).transpose()
}

impl Gateway {
    /// Incidents of the officer's organisation in the order in which the authority must know; the
    /// office of the region sees all. That somebody looked is in the ledger first.
    pub async fn incidents(
        &self,
        call: &Call,
        queue: &IncidentQueue,
        limit: u32,
    ) -> Result<Vec<Incident>> {
        self.require_officer(call).await?;
        check_purpose(call, queue.purpose)?;
        self.log_review_look(call, &format!("{queue:?}"), Look::Incidents).await?;
        let party = party_of(&call.caller);
        let mut tx = self.db().read().await?;
        let rows = tx.incidents(party.as_ref(), queue.after, limit.clamp(1, PAGE_MAX)).await?;
        rows.into_iter().map(|row| Incident::of(row, call.now())).collect()
    }
}
