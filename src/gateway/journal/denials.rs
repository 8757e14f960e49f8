//! A no is written down like a yes (promise 4), then told: in the same words whether the thing does
//! not exist or is not for the caller (promise 5).

use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::{Error, Result};
use crate::ledger::entry::Administration;
use crate::store::{self, Command, Flow, NewEntry, Placed, Tx};

use super::{Happening, Matter, Scope, new_group};

impl Gateway {
    /// Logs that the caller was refused, about nobody in particular, and says so.
    pub(in crate::gateway) async fn refuse<T>(
        &self,
        call: &Call,
        reason: DenialReason,
    ) -> Result<T> {
        self.log_denial(call, reason).await?;
        Err(Error::denied(reason))
    }

    /// Logs that a referral from outside the region was refused. Nothing of it was stored.
    pub(in crate::gateway) async fn refuse_region<T>(&self, call: &Call) -> Result<T> {
        self.log_denial(call, DenialReason::NotInRegion).await?;
        Err(Error::NotInRegion)
    }

    async fn log_denial(&self, call: &Call, reason: DenialReason) -> Result<()> {
        let administration =
            Administration { scope: Scope::Access.number(), count: 1, digest: [0; 32] };
        let happening = Happening {
            outcome: Outcome::SeriousFailure,
            denial: Some(reason),
            detail: reason.as_str().to_owned(),
            ..Happening::new(
                EventCode::AccessDenied,
                new_group(call)?,
                ObjectType::DisclosureLog,
                Matter::Administration(administration),
            )
        };
        let entry = self.write_down(call, happening)?.entry;
        self.append(vec![entry]).await
    }

    /// Appends entries that go with no rows of their own.
    pub(in crate::gateway) async fn append(&self, entries: Vec<NewEntry>) -> Result<()> {
        Ok(self.writer().commit(Append(entries)).await?)
    }
}

struct Append(Vec<NewEntry>);

impl Command for Append {
    type Outcome = ();

    async fn apply(&self, _tx: &mut Tx) -> store::Result<Flow<()>> {
        Ok(Flow::Append(self.0.clone()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<()> {
        Ok(())
    }
}
