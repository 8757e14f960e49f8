//! Whether an officer is still there. Who they are is the business of the organisation: the gateway knows no
//! list of officers, a certificate or a login says who comes, and a system vouches for who acts. What it does
//! know is what each of them did: that is in the ledger.

use crate::domain::event::EventCode;
use crate::domain::occasion::Occasion;
use crate::domain::organisation::UserRole;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::disclosures::{Looked, PAGE_MAX};
use crate::gateway::error::Result;
use crate::gateway::own_looks::LookNote;
use crate::store::Search;

impl Gateway {
    /// Whether the caller did anything as an officer since a moment: whatever they open is a look. What the
    /// gateway counted in their name does not count.
    pub(super) async fn acted_since(&self, call: &Call, since: Timestamp) -> Result<bool> {
        let mut tx = self.db().read().await?;
        let mut search = Search {
            party: Some(call.oin().clone()),
            actor_user_id: Some(call.actor.user_id.clone()),
            newest_first: true,
            size: tx.log_state().await?.map_or(0, |state| state.size),
            ..Search::default()
        };
        drop(tx);
        loop {
            let rows = self.db().read().await?.search(&search, PAGE_MAX).await?;
            search.after = rows.last().map(|row| row.idx);
            if search.after.is_none() {
                return Ok(false);
            }
            for row in rows {
                if row.recorded_at < since {
                    return Ok(false);
                }
                if acted_as_officer(&self.look_at(row).await?) {
                    return Ok(true);
                }
            }
        }
    }
}

/// One that was changed, or is about somebody who was forgotten, says nothing about who acted.
fn acted_as_officer(looked: &Looked) -> bool {
    let Some(record) = &looked.record else { return false };
    let is_counted = record.event_code == EventCode::LogQueried
        && LookNote::of(looked).occasion == Some(Occasion::Digest);
    record.acting_party().user_role == Some(UserRole::PrivacyOfficer) && !is_counted
}
