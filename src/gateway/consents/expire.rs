//! The end of the term of a consent is written down once, by whoever comes first (DOMAIN §5.2). Nothing
//! waits for it: from its last moment on a consent allows nothing.

use std::time::Duration;

use crate::domain::consent::State;
use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::id::ConsentId;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Happening, Matter, Subject, new_group};
use crate::ledger::entry::ConsentChange;
use crate::store::{self, Command, ConsentRow, Flow, NewEntry, Placed, Tx};

/// Consents that are looked at in one round.
const ROUND: u32 = 64;

/// How long after the end it is written down: a disclosure that was decided before the end, by another
/// clock or by a slow call, stands before it in the ledger.
const SETTLED_AFTER: Duration = Duration::from_mins(5);

impl Gateway {
    /// Writes down which consents ended because their term was over; how many. Called again and again.
    pub async fn end_consents(&self) -> Result<usize> {
        let call = self.acting_itself()?;
        let before = call.now().minus(SETTLED_AFTER);
        let over = self.db().read().await?.consents_to_end(before, ROUND).await?;
        let mut ended = 0;
        for row in &over {
            let end = End {
                consent_id: row.consent_id,
                version: row.version,
                entry: self.expired(&call, row).await?,
                now: call.now(),
            };
            ended += usize::from(self.writer().commit(end).await?);
        }
        Ok(ended)
    }

    /// About the person; about nobody when somebody of the case was forgotten.
    async fn expired(&self, call: &Call, row: &ConsentRow) -> Result<NewEntry> {
        let file = match self.case_file(&row.case_ref).await {
            Ok(file) => file,
            Err(Error::Denied { .. }) => None,
            Err(error) => return Err(error),
        };
        let person = file.as_ref().and_then(|file| file.person_of(row.subject));
        let subject = person.map(|person| Subject {
            key: &person.key,
            age_band: person.record.age_band(call.now()),
        });
        let happening = Happening {
            subject,
            case_ref: Some(&row.case_ref),
            object_version: u32::try_from(row.version).ok(),
            message_id: Some(row.consent_id.into()),
            ..Happening::new(
                EventCode::ConsentExpired,
                new_group(call)?,
                ObjectType::Consent,
                Matter::Consent(change(row)?),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }
}

fn change(row: &ConsentRow) -> Result<ConsentChange> {
    Ok(ConsentChange {
        consent_id: row.consent_id,
        version: u32::try_from(row.version).map_err(Error::internal)?,
        state: u8::try_from(State::Expired.number()).map_err(Error::internal)?,
        source: row.source_oin.clone(),
        recipient: row.recipient_oin.clone(),
        purpose: u8::try_from(row.purpose).map_err(Error::internal)?,
        categories: u32::try_from(row.categories).map_err(Error::internal)?,
        valid_from: row.valid_from,
        valid_until: row.valid_until,
    })
}

struct End {
    consent_id: ConsentId,
    version: i64,
    entry: NewEntry,
    now: Timestamp,
}

impl Command for End {
    type Outcome = bool;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<bool>> {
        if tx.end_consent(self.consent_id, self.version, self.now).await? {
            Ok(Flow::Append(vec![self.entry.clone()]))
        } else {
            Ok(Flow::Stop(false))
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<bool> {
        Ok(true)
    }
}
