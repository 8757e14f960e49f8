//! The end of an emergency: access closed by itself, and that is written down once, by whoever comes first.

use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::id::ShareId;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::case_file::CaseFile;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Happening, Matter, Scope, Subject};
use crate::ledger::entry::Administration;
use crate::store::{self, Command, Flow, NewEntry, Placed, ShareRow, Tx};

use super::read::people_of;

/// Emergencies that are looked at in one round.
const ROUND: u32 = 64;

impl Gateway {
    /// Writes the end down of emergencies that are over; how many. Called again and again.
    pub async fn end_emergencies(&self) -> Result<usize> {
        let call = self.acting_itself()?;
        let over = self.db().read().await?.shares_to_end(call.now(), ROUND).await?;
        let mut ended = 0;
        for share in &over {
            // A family that was forgotten is no reason to leave an end unwritten.
            match self.case_file(&share.case_ref).await {
                Ok(Some(file)) => {
                    ended += usize::from(self.end_emergency(&call, share, &file).await?);
                }
                Ok(None) | Err(Error::Denied { .. }) => {
                    let entry = self.ended(&call, share, None)?;
                    ended += usize::from(self.end(share, vec![entry], call.now()).await?);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(ended)
    }

    /// Writes the end of one emergency down, per person; false when that was done before.
    pub(super) async fn end_emergency(
        &self,
        call: &Call,
        share: &ShareRow,
        file: &CaseFile,
    ) -> Result<bool> {
        if share.ended_at.is_some() {
            return Ok(false);
        }
        let mut entries = Vec::new();
        for subject in people_of(share) {
            let person = file.person_of(subject).ok_or_else(Error::hidden)?;
            let age_band = person.record.age_band(call.now());
            let subject = Subject { key: &person.key, age_band };
            entries.push(self.ended(call, share, Some(subject))?);
        }
        self.end(share, entries, call.now()).await
    }

    fn ended(
        &self,
        call: &Call,
        share: &ShareRow,
        subject: Option<Subject<'_>>,
    ) -> Result<NewEntry> {
        let count = u64::try_from(people_of(share).count()).map_err(Error::internal)?;
        let matter = Matter::Administration(Administration {
            scope: Scope::Case.number(),
            count,
            digest: [0; 32],
        });
        let happening = Happening {
            subject,
            case_ref: Some(&share.case_ref),
            detail: "EXPIRED".to_owned(),
            ..Happening::new(
                EventCode::BreakGlassEnded,
                share.group_id,
                ObjectType::EmergencyDisclosure,
                matter,
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }

    async fn end(&self, share: &ShareRow, entries: Vec<NewEntry>, now: Timestamp) -> Result<bool> {
        Ok(self.writer().commit(End { share_id: share.share_id, entries, now }).await?)
    }
}

struct End {
    share_id: ShareId,
    entries: Vec<NewEntry>,
    now: Timestamp,
}

impl Command for End {
    type Outcome = bool;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<bool>> {
        if tx.end_share(self.share_id, self.now).await? {
            Ok(Flow::Append(self.entries.clone()))
        } else {
            Ok(Flow::Stop(false))
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<bool> {
        Ok(true)
    }
}
