//! An officer silences a rule for the user or the case of a signal, for a time, with an owner; or lets it
//! speak again before that time is over.

use crate::domain::event::EventCode;
use crate::domain::id::{SignalId, SuppressionId, UserId};
use crate::domain::look::Look;
use crate::domain::organisation::Role;
use crate::domain::signal::SignalState;
use crate::domain::signal::suppression::{NotSuppressible, SuppressionScope, check};
use crate::domain::text::Prose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::disclosures::check_purpose;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Administered, Scope};
use crate::gateway::once::{Encode, Keep, Refusal, Work};
use crate::gateway::{Call, Gateway, Request};
use crate::store::{self, NewEntry, Placed, SuppressionRow, Tx};
use crate::vault::random;

use super::close::Ended;
use super::look::PAGE_MAX;

/// A suppression, as officers see it.
pub type Suppression = SuppressionRow;

/// How an officer silences a rule.
#[derive(Debug, Clone)]
pub struct Suppressing {
    /// Signal that it is made from, which it closes.
    pub signal_id: SignalId,
    /// For whom or what.
    pub scope: SuppressionScope,
    /// First moment at which the rule speaks again.
    pub until: Timestamp,
    /// Who answers for it, of the officer's own organisation.
    pub owner: UserId,
    /// Why.
    pub grounds: Prose<2000>,
}

impl Gateway {
    /// Closes a signal and keeps others like it back for a time.
    pub async fn suppress_signal(
        &self,
        call: &Call,
        request: &Request,
        suppressing: Suppressing,
        encode: Encode<Ended>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let open = self.signal_for(call, suppressing.signal_id).await?;
        self.check_judge(call, &open).await?;
        let Suppressing { scope, until, owner, grounds, .. } = suppressing;
        let user_id = open.user_id.clone().filter(|_| scope == SuppressionScope::User);
        let case_ref = open.case_ref.clone().filter(|_| scope == SuppressionScope::Case);
        let names_something = user_id.is_some() || case_ref.is_some();
        check(open.rule, names_something, (call.now(), until)).map_err(refused)?;
        let row = SuppressionRow {
            suppression_id: SuppressionId::new(
                random::uuid_v7(call.now()).map_err(Error::internal)?,
            ),
            signal_id: open.signal_id,
            rule: open.rule,
            oin: open.oin.clone(),
            user_id,
            case_ref,
            owner_oin: call.oin().clone(),
            owner_user_id: owner,
            from_at: call.now(),
            until_at: until,
            ended_at: None,
            ended_by: None,
            hits: 0,
        };
        let mut ending = self.ending(call, (open, SignalState::Suppressed), &grounds).await?;
        ending.suppression = Some(row);
        self.once(call, request, ending, Keep::Plain, encode).await?.bytes()
    }

    /// Lets a rule speak again.
    pub async fn end_suppression(
        &self,
        call: &Call,
        request: &Request,
        id: SuppressionId,
        encode: Encode<Suppression>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let row = self.db().read().await?.suppression(id).await?;
        let own = |row: &SuppressionRow| call.role() == Role::Oversight || row.oin == *call.oin();
        let Some(row) = row.filter(own) else { return self.refuse_hidden(call).await };
        if row.ended_at.is_some() || row.until_at <= call.now() {
            return Err(ended_before());
        }
        let entry = self.administered(
            call,
            &Administered {
                event: EventCode::SignalSuppressionEnded,
                scope: Scope::Signal,
                count: 1,
                digest: [0; 32],
                note: row.rule.as_str().to_owned(),
            },
        )?;
        let row = SuppressionRow {
            ended_at: Some(call.now()),
            ended_by: Some(call.actor.user_id.clone()),
            ..row
        };
        let speaking = Speaking { row, entry };
        self.once(call, request, speaking, Keep::Plain, encode).await?.bytes()
    }

    /// Suppressions about the officer's organisation, those that ended included; the office of the region
    /// sees all. That somebody looked is in the ledger first.
    pub async fn suppressions(
        &self,
        call: &Call,
        purpose: i32,
        after: Option<SuppressionId>,
        limit: u32,
    ) -> Result<Vec<Suppression>> {
        self.require_officer(call).await?;
        check_purpose(call, purpose)?;
        self.log_signal_look(call, &format!("{after:?}"), Look::Suppressions).await?;
        let of = (call.role() != Role::Oversight).then(|| call.oin());
        let limit = limit.clamp(1, PAGE_MAX);
        Ok(self.db().read().await?.suppressions(of, after, limit).await?)
    }
}

fn refused(why: NotSuppressible) -> Error {
    let mut violations = Violations::new();
    let (field, rule) = match why {
        NotSuppressible::Rule => return Error::unmet("RULE_SUPPRESSIBLE", why.to_string()),
        NotSuppressible::NothingNamed => ("scope", "NOTHING_NAMED"),
        NotSuppressible::Term => ("until_time", "SUPPRESSION_TERM"),
    };
    violations.add(field.to_owned(), rule, why.to_string());
    Error::Invalid(violations)
}

fn ended_before() -> Error {
    Error::unmet("SUPPRESSION_IN_FORCE", "the suppression has ended")
}

/// A rule speaks again.
struct Speaking {
    row: SuppressionRow,
    entry: NewEntry,
}

impl Work for Speaking {
    type Answer = Suppression;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let (Some(at), Some(by)) = (self.row.ended_at, &self.row.ended_by) else {
            return Ok(Err(ended_before().into()));
        };
        match tx.end_suppression(self.row.suppression_id, (by, at)).await {
            Ok(()) => Ok(Ok(vec![self.entry.clone()])),
            Err(store::Error::Conflict) => Ok(Err(ended_before().into())),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<Suppression> {
        Ok(self.row.clone())
    }
}
