//! An officer closes a signal: it is explained, with grounds, or it was an incident, whose clock starts in
//! the same commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::deadline::{DeadlineKind, breach_notification_due_at};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::id::{IncidentId, Pseudonym, SignalId, SuppressionId};
use crate::domain::incident::IncidentCause;
use crate::domain::person::AgeBand;
use crate::domain::signal::{ENTRIES_MAX, SignalState};
use crate::domain::text::Prose;
use crate::domain::time::Timestamp;
use crate::gateway::disclosures::Looked;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Happening, Matter, Scope, Subject, new_group};
use crate::gateway::keys::{self, combined};
use crate::gateway::once::{Encode, Keep, Refusal, Work};
use crate::gateway::written;
use crate::gateway::{Call, Gateway, Request};
use crate::ledger::entry::Administration;
use crate::store::{
    self, DeadlineRow, DisclosureRow, IncidentRow, NewEntry, Placed, SignalEndingRow, SignalRow,
    SuppressionRow, Tx,
};
use crate::vault::envelope::WrappingKey;
use crate::vault::random;
use crate::vault::subject::SubjectKey;

use super::look::SignalView;

/// How an officer closes a signal.
#[derive(Debug, Clone)]
pub struct Closing {
    /// Signal.
    pub signal_id: SignalId,
    /// Whether it was an incident; otherwise it is explained.
    pub is_incident: bool,
    /// Why.
    pub grounds: Prose<2000>,
}

/// What an officer is told who closed a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// As it stands now.
    pub view: SignalView,
    /// The incident, and by when the authority must know of it.
    pub incident: Option<(IncidentId, Timestamp)>,
    /// What silences the rule from now on.
    pub suppression: Option<SuppressionId>,
}

/// A person with the age at the event.
type Person = (Arc<SubjectKey>, AgeBand);

impl Gateway {
    /// Closes a signal.
    pub async fn close_signal(
        &self,
        call: &Call,
        request: &Request,
        closing: Closing,
        encode: Encode<Ended>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let open = self.signal_for(call, closing.signal_id).await?;
        self.check_judge(call, &open).await?;
        let state =
            if closing.is_incident { SignalState::Incident } else { SignalState::Explained };
        let mut ending = self.ending(call, (open, state), &closing.grounds).await?;
        if closing.is_incident {
            self.open_incident(call, &mut ending).await?;
        }
        self.once(call, request, ending, Keep::Plain, encode).await?.bytes()
    }

    /// The end of a signal with its entry.
    pub(super) async fn ending(
        &self,
        call: &Call,
        (open, state): (SignalRow, SignalState),
        grounds: &Prose<2000>,
    ) -> Result<Ending> {
        let key = self.new_grounds_key(call, &open).await?;
        let mut ended = SignalEndingRow {
            signal_id: open.signal_id,
            state,
            oin: call.oin().clone(),
            user_id: call.actor.user_id.clone(),
            ended_at: call.now(),
            idx: 0,
            content: Vec::new(),
            unread: Vec::new(),
        };
        ended.content = written::seal(grounds.as_str(), &key, &ended)?;
        let event = match state {
            SignalState::Suppressed => EventCode::SignalSuppressed,
            SignalState::Open | SignalState::Explained | SignalState::Incident => {
                EventCode::SignalClosed
            }
        };
        let note = format!("{} {}", open.rule, state);
        let entry = self.signal_entry(call, (event, &note), &open)?;
        let row =
            SignalRow { version: open.version + 1, state, closed_at: Some(call.now()), ..open };
        Ok(Ending { ended, row, entries: vec![entry], incident: None, suppression: None })
    }

    /// The organisation that the signal is about has to notify. It knows from now on.
    async fn open_incident(&self, call: &Call, ending: &mut Ending) -> Result<()> {
        let people = self.people_of(&ending.row).await?;
        let id = IncidentId::new(random::uuid_v7(call.now()).map_err(Error::internal)?);
        let subjects: Vec<u8> =
            people.iter().flat_map(|(key, _)| *key.pseudonym().as_bytes()).collect();
        ending.incident = Some(IncidentRow {
            incident_id: id,
            oin: ending.row.oin.clone(),
            cause: i64::from(IncidentCause::Signal.number()),
            review_id: None,
            case_ref: ending.row.case_ref.clone(),
            idx: 0,
            aware_at: call.now(),
            notify_due_at: breach_notification_due_at(call.now()),
            subjects,
            notification: None,
            notified_at: None,
            motivation: None,
        });
        ending.row.incident_id = Some(id);
        ending.entries.extend(self.breach_entries(call, &people, id)?);
        Ok(())
    }

    /// One entry per person; one about nobody where the signal is about nobody who can be named.
    fn breach_entries(
        &self,
        call: &Call,
        people: &[Person],
        id: IncidentId,
    ) -> Result<Vec<NewEntry>> {
        let group = new_group(call)?;
        let count = u64::try_from(people.len()).map_err(Error::internal)?;
        let about = |subject: Option<Subject<'_>>| {
            let scope = Scope::Breach.number();
            let administration = Administration { scope, count, digest: [0; 32] };
            let happening = Happening {
                subject,
                detail: IncidentCause::Signal.as_str().to_owned(),
                message_id: Some(id.into()),
                ..Happening::new(
                    EventCode::BreachOpened,
                    group,
                    ObjectType::Breach,
                    Matter::Administration(administration),
                )
            };
            Ok(self.write_down(call, happening)?.entry)
        };
        if people.is_empty() {
            return Ok(vec![about(None)?]);
        }
        let entry = |(key, age_band): &Person| about(Some(Subject { key, age_band: *age_band }));
        people.iter().map(entry).collect()
    }

    /// Everybody whom the entries of a signal are about, with the age then. Who was forgotten is nobody.
    async fn people_of(&self, row: &SignalRow) -> Result<Vec<Person>> {
        let mut tx = self.db().read().await?;
        let mut rows: BTreeMap<Pseudonym, Vec<DisclosureRow>> = BTreeMap::new();
        for idx in tx.signal_entries(row.signal_id, ENTRIES_MAX).await? {
            let found = tx.disclosure(idx).await?;
            if let Some((subject, found)) = found.and_then(|row| Some((row.subject?, row))) {
                rows.entry(subject).or_default().push(found);
            }
        }
        drop(tx);
        let mut people = Vec::with_capacity(rows.len());
        for (subject, rows) in rows {
            let mut age_band = None;
            // Of one that was changed another entry tells.
            for row in rows {
                let Looked { record, .. } = self.look_at(row).await?;
                age_band = record.and_then(|record| record.data_subject).map(|of| of.age_band);
                if age_band.is_some() {
                    break;
                }
            }
            let key = self.keys().subject(subject).await?;
            people.extend(key.zip(age_band));
        }
        Ok(people)
    }

    /// The key of what is said of a signal: it has one of its own, like a person, so that it can be
    /// destroyed; where it is about one person, that person's key too.
    pub(super) async fn new_grounds_key(
        &self,
        call: &Call,
        row: &SignalRow,
    ) -> Result<WrappingKey> {
        let mut keys = self.keys().subjects(&[own_name(row.signal_id)], call.now()).await?;
        if let Some(subject) = row.subject {
            keys.extend(self.keys().existing(&[subject]).await?);
        }
        combined(&keys)
    }

    /// The same; none when it was destroyed.
    pub(super) async fn grounds_key(
        &self,
        id: SignalId,
        subject: Option<Pseudonym>,
    ) -> Result<Option<WrappingKey>> {
        let mut keys = Vec::new();
        for owner in std::iter::once(own_name(id)).chain(subject) {
            let Some(key) = self.keys().subject(owner).await? else { return Ok(None) };
            keys.push(key);
        }
        combined(&keys).map(Some)
    }
}

/// Names the key of a signal.
fn own_name(id: SignalId) -> Pseudonym {
    keys::own_name(*b"signal", id.as_bytes())
}

/// A signal that ends.
pub(super) struct Ending {
    /// As it becomes.
    pub(super) row: SignalRow,
    ended: SignalEndingRow,
    /// That of the end first; the others open the incident.
    entries: Vec<NewEntry>,
    incident: Option<IncidentRow>,
    pub(super) suppression: Option<SuppressionRow>,
}

impl Work for Ending {
    type Answer = Ended;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        match tx.update_signal(&self.row).await {
            Ok(()) => Ok(Ok(self.entries.clone())),
            // It grew, or a colleague closed it, since it was read.
            Err(store::Error::Conflict) => Ok(Err(Error::RevisionMismatch.into())),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Ended> {
        let corrupt = |_| store::Error::Corrupt { table: "signals", column: "idx" };
        let idx = i64::try_from(placed.first()).map_err(corrupt)?;
        let row = &self.row;
        tx.insert_signal_ending(&SignalEndingRow { idx, ..self.ended.clone() }).await?;
        tx.tally_signal(&row.oin, (row.rule, SignalState::Open), -1).await?;
        tx.tally_signal(&row.oin, (row.rule, row.state), 1).await?;
        if let Some(incident) = &self.incident {
            tx.insert_incident(&IncidentRow { idx: idx + 1, ..incident.clone() }).await?;
            tx.open_deadline(&notification(incident)).await?;
        }
        if let Some(suppression) = &self.suppression {
            tx.insert_suppression(suppression).await?;
        }
        let unreadable = |_: Error| store::Error::Corrupt { table: "signals", column: "factors" };
        Ok(Ended {
            view: SignalView::of(row.clone()).map_err(unreadable)?,
            incident: self.incident.as_ref().map(|one| (one.incident_id, one.notify_due_at)),
            suppression: self.suppression.as_ref().map(|one| one.suppression_id),
        })
    }
}

/// The authority must know in time.
fn notification(of: &IncidentRow) -> DeadlineRow {
    let kind = DeadlineKind::BreachNotification;
    let term = (of.aware_at, of.notify_due_at);
    DeadlineRow {
        case_ref: of.case_ref.clone(),
        subjects: of.subjects.clone(),
        ..DeadlineRow::starting(kind, of.incident_id.as_bytes(), &of.oin, term)
    }
}
