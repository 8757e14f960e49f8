//! Looking at one incident, and at the breach that it is, without going through its window.

use crate::domain::id::IncidentId;
use crate::domain::look::Look;
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::disclosures::check_purpose;
use crate::gateway::error::Result;
use crate::gateway::reviews::incidents::Incident;

use super::{BreachView, view};

impl Gateway {
    /// One incident of the caller's organisation, or of any for the office of the region; with the
    /// breach, where an officer opened it. For everybody else it does not exist. That somebody looked
    /// is in the ledger first.
    pub async fn incident(
        &self,
        call: &Call,
        purpose: i32,
        id: IncidentId,
    ) -> Result<(Incident, Option<BreachView>)> {
        self.require_officer(call).await?;
        check_purpose(call, purpose)?;
        let purpose = call.purpose_or(Purpose::PrivacyReview);
        let mut tx = self.db().read().await?;
        let found = (tx.incident(id).await?, tx.breach(id).await?);
        drop(tx);
        let (Some(incident), breach) = found else { return self.refuse_hidden(call).await };
        if incident.oin != *call.oin() && call.role() != Role::Oversight {
            return self.refuse_hidden(call).await;
        }
        let looked = self.looked(call, (Look::Incident, purpose), id.as_bytes())?;
        self.append(vec![looked]).await?;
        let breach = breach.map(|row| view(&row, &incident)).transpose()?;
        Ok((Incident::of(incident, call.now())?, breach))
    }
}
