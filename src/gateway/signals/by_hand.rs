//! An officer raises a signal about an entry: no detector saw anything, so it has no score and speaks for no
//! rule; what was seen stands in the officer's words. From then on it is a signal like any other: about
//! whose act it is decides what it was.

use crate::domain::event::EventCode;
use crate::domain::id::{Oin, SignalId, UserId};
use crate::domain::signal::{SignalRule, SignalState};
use crate::domain::text::Prose;
use crate::gateway::error::{Error, Result};
use crate::gateway::once::{Encode, Keep, Refusal, Work};
use crate::gateway::written::{self, Written};
use crate::gateway::{Call, Gateway, Request};
use crate::store::{self, DisclosureRow, NewEntry, Placed, RaisedSignalRow, SignalRow, Tx};
use crate::vault::random;

use super::found::other_party;
use super::look::SignalView;

/// What an officer raises.
#[derive(Debug, Clone)]
pub struct Raising {
    /// Entry that it is about.
    pub index: i64,
    /// What was seen.
    pub grounds: Prose<2000>,
}

/// Who raised a signal, and why.
#[derive(Clone, PartialEq, Eq)]
pub struct RaisedByHand {
    /// Organisation of the officer.
    pub oin: Oin,
    /// Officer.
    pub user_id: UserId,
    /// Why.
    pub grounds: Written,
}

/// Grounds are about somebody.
impl std::fmt::Debug for RaisedByHand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RaisedByHand({})", self.oin)
    }
}

impl Gateway {
    /// Raises a signal about an entry that the officer may see. One is open about an entry at a time, and
    /// none about an emergency before its review is closed.
    pub async fn raise_signal(
        &self,
        call: &Call,
        request: &Request,
        raising: Raising,
        encode: Encode<SignalView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let Some(entry) = self.entry_seen_by(call, raising.index).await? else {
            return self.refuse_hidden(call).await;
        };
        self.require_review_closed(&entry).await?;
        let mut row = self.raised_row(call, &entry)?;
        // Of whom was forgotten nothing is written any more; the act can still be looked into.
        row.subject = self.key_of(&entry).await?.map(|key| key.pseudonym());
        let key = self.new_grounds_key(call, &row).await?;
        let mut by = RaisedSignalRow {
            signal_id: row.signal_id,
            oin: call.oin().clone(),
            user_id: call.actor.user_id.clone(),
            content: Vec::new(),
            unread: Vec::new(),
        };
        by.content = written::seal(raising.grounds.as_str(), &key, &by)?;
        let event = (EventCode::SignalRaised, row.rule.as_str());
        let raise =
            Raise { entry: self.signal_entry(call, event, &row)?, by, about: entry.idx, row };
        self.once(call, request, raise, Keep::Plain, encode).await?.bytes()
    }

    fn raised_row(&self, call: &Call, of: &DisclosureRow) -> Result<SignalRow> {
        Ok(SignalRow {
            signal_id: SignalId::new(random::uuid_v7(call.now()).map_err(Error::internal)?),
            rule: SignalRule::RaisedByOfficer,
            pack: self.directory().policy.version.clone(),
            version: 1,
            state: SignalState::Open,
            oin: of.actor_oin.clone(),
            other_oin: other_party(of),
            about: of.idx.to_be_bytes().to_vec(),
            user_id: Some(of.actor_user_id.clone()),
            case_ref: of.case_ref.clone(),
            subject: of.subject,
            score: 0,
            factors: "[]".to_owned(),
            entry_count: 1,
            first_at: of.recorded_at,
            last_at: of.recorded_at,
            found_at: call.now(),
            idx: 0,
            closed_at: None,
            incident_id: None,
        })
    }

    /// Who raised a signal. Part of the look at it.
    pub(super) async fn raised_by(
        &self,
        row: &SignalRow,
        entries: &[i64],
    ) -> Result<Option<RaisedByHand>> {
        let raised = self.db().read().await?.raised_signal(row.signal_id).await?;
        let Some(raised) = raised else { return Ok(None) };
        let key = self.grounds_key(row.signal_id, row.subject).await?;
        let about = (row.subject, entries);
        let grounds = self.open_written(&raised, key.as_ref(), about).await?;
        Ok(Some(RaisedByHand { oin: raised.oin, user_id: raised.user_id, grounds }))
    }
}

/// A signal that an officer raises.
struct Raise {
    row: SignalRow,
    by: RaisedSignalRow,
    /// Ledger entry that it is about.
    about: i64,
    entry: NewEntry,
}

impl Work for Raise {
    type Answer = SignalView;

    /// Before the lock of the ledger: another gateway on which the same is raised finds it open.
    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        match tx.insert_signal(&self.row).await {
            Ok(()) => Ok(Ok(vec![self.entry.clone()])),
            Err(store::Error::Conflict) => {
                let sentence = "a signal that an officer raised about this entry is open";
                Ok(Err(Error::unmet("NO_SIGNAL_OPEN", sentence).into()))
            }
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<SignalView> {
        let corrupt = store::Error::Corrupt { table: "signals", column: "idx" };
        let Ok(idx) = i64::try_from(placed.first()) else { return Err(corrupt) };
        let row = SignalRow { idx, ..self.row.clone() };
        tx.place_signal(row.signal_id, idx).await?;
        tx.tally_signal(&row.oin, (row.rule, row.state), 1).await?;
        tx.add_signal_entry(row.signal_id, self.about).await?;
        tx.insert_raised_signal(&self.by).await?;
        let unreadable = |_: Error| store::Error::Corrupt { table: "signals", column: "factors" };
        SignalView::of(row).map_err(unreadable)
    }
}
