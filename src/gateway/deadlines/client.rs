//! Those concerned are told of an emergency, on the day that was planned when it was declared, or within four weeks
//! (DOMAIN §4.4).

use crate::domain::deadline::DeadlineKind;
use crate::domain::event::{EventCode, Outcome};
use crate::domain::id::ShareId;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Request};
use crate::gateway::error::{Error, Result};
use crate::gateway::once::{Encode, Keep, Refusal, Work};
use crate::gateway::referral_content::Told;
use crate::store::{self, NewEntry, Placed, Tx};

use super::steps::CLOCK_SKEW_MAX;

/// Those concerned know of an emergency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientTold {
    /// What was given in it.
    pub share_id: ShareId,
    /// When they were told.
    pub informed_at: Timestamp,
    /// The end of the last day.
    pub due_at: Timestamp,
}

impl Gateway {
    /// Records that those concerned were told of an emergency that the caller declared.
    pub async fn record_client_informed(
        &self,
        call: &Call,
        request: &Request,
        (share_id, informed_at): (ShareId, Timestamp),
        encode: Encode<ClientTold>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let kind = DeadlineKind::InformClient;
        let found = self.db().read().await?.deadline(kind, share_id.as_bytes()).await?;
        let Some(term) = found.filter(|term| term.responsible_oin == *call.oin()) else {
            return self.refuse_hidden(call).await;
        };
        let mut violations = Violations::new();
        let possible =
            informed_at >= term.opened_at && informed_at <= call.now().plus(CLOCK_SKEW_MAX);
        let words = "must not be before the emergency, nor still to come";
        violations.require(possible, "informed_at", "OUT_OF_RANGE", words);
        violations.into_result(())?;
        if term.met_at.is_some() {
            return Err(told_before());
        }
        let told = Told {
            event: EventCode::InformingRecorded,
            outcome: Outcome::Success,
            detail: "INFORMED",
        };
        let entries = self.entries_of_term(call, &term, told).await?;
        let answer = ClientTold { share_id, informed_at, due_at: term.due_at };
        self.once(call, request, Telling { answer, entries }, Keep::Plain, encode).await?.bytes()
    }
}

fn told_before() -> Error {
    Error::unmet("NOT_INFORMED", "it was recorded already that those concerned were told")
}

struct Telling {
    answer: ClientTold,
    entries: Vec<NewEntry>,
}

impl Work for Telling {
    type Answer = ClientTold;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let ClientTold { share_id, informed_at, .. } = self.answer;
        let kind = DeadlineKind::InformClient;
        if tx.meet_deadline(kind, share_id.as_bytes(), informed_at).await? {
            Ok(Ok(self.entries.clone()))
        } else {
            Ok(Err(told_before().into()))
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<ClientTold> {
        Ok(self.answer)
    }
}
