//! A no is written down like a yes (promise 4), then told: in the same words whether the thing does
//! not exist or is not for the caller (promise 5).

use std::sync::Arc;

use crate::domain::decision::{Decision, PersonDecision};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::person::AgeBand;
use crate::domain::referral::Referral;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::{Error, Result};
use crate::ledger::entry::Administration;
use crate::store::{self, Command, Flow, NewEntry, Placed, Tx};
use crate::vault::subject::SubjectKey;

use super::{Happening, Matter, Scope, Sharing, Subject, new_group};

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

    /// Logs for everybody in a referral that it, or feedback on it, was decided against, and says so.
    pub(in crate::gateway) async fn deny_referral<T>(
        &self,
        call: &Call,
        (referral, keys): (&Referral, &[Arc<SubjectKey>]),
        decision: &Decision,
        reason: DenialReason,
    ) -> Result<T> {
        let mut entries = Vec::with_capacity(keys.len());
        for (key, person) in keys.iter().zip(&referral.persons) {
            let age_band = AgeBand::on(person.birth_date, call.now());
            let about = (referral, Subject { key, age_band });
            entries.push(self.referral_denial(call, about, decision)?);
        }
        self.append(entries).await?;
        Err(Error::denied(reason))
    }

    /// The entry about one person: everything that was looked at, so that the decision can be made
    /// again.
    fn referral_denial(
        &self,
        call: &Call,
        (referral, subject): (&Referral, Subject<'_>),
        decision: &Decision,
    ) -> Result<NewEntry> {
        let pseudonym = subject.key.pseudonym();
        let answer = decision.persons.iter().find(|person| person.subject == pseudonym);
        let decided_on = decision.decided_on(pseudonym).ok_or_else(Error::hidden)?;
        let request = Arc::clone(&decided_on.request);
        let denial = answer.and_then(PersonDecision::denial);
        let sharing = Sharing {
            sender: &request.sender.oin,
            recipient: &request.recipient.oin,
            custodian: &request.sender.oin,
            purpose: request.purpose,
            basis: request.basis,
            categories: answer.map(PersonDecision::asked).unwrap_or_default(),
            consents: &[],
            payload: &[],
        };
        let happening = Happening {
            subject: Some(subject),
            outcome: Outcome::SeriousFailure,
            denial,
            detail: denial.map_or_else(String::new, |denial| denial.as_str().to_owned()),
            message_id: Some(referral.referral_id.into()),
            conditions: decision.conditions_about(pseudonym),
            decided_on: Some(decided_on),
            ..Happening::new(
                EventCode::AccessDenied,
                decision.id,
                ObjectType::Referral,
                Matter::Sharing(sharing),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
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
