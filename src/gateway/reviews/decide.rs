//! A reviewer says what they found: one entry per data subject, the reasons sealed. A verdict that the
//! disclosure was not justified opens an incident in the same commit.

use std::sync::Arc;

use crate::domain::case::CasePersonRecord;
use crate::domain::deadline::{DeadlineKind, breach_notification_due_at};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{CaseRef, IncidentId, Oin, ReviewId};
use crate::domain::incident::IncidentCause;
use crate::domain::person::AgeBand;
use crate::domain::review::{Judgement, NotReviewer, Review, ReviewState};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Request};
use crate::gateway::case_file::person_row;
use crate::gateway::directory::sha256;
use crate::gateway::error::{Error, Result, Unreadable};
use crate::gateway::journal::{EntryReceipt, Happening, Matter, Scope, Subject, new_group};
use crate::gateway::keys::{combined, open_cell};
use crate::gateway::once::{DECISIONS_MAX, Done, Encode, Keep, Refusal, Work};
use crate::gateway::written;
use crate::ledger::entry::Administration;
use crate::store::{self, DeadlineRow, IncidentRow, NewEntry, Placed, ReviewRow, Tx, VoteRow};
use crate::vault::random;
use crate::vault::subject::SubjectKey;

use super::{Stored, SubjectKeys, reviewer_of};

/// What a reviewer is told.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Review.
    pub review_id: ReviewId,
    /// Where it stands now.
    pub state: ReviewState,
    /// By when it must be closed.
    pub due_at: Timestamp,
    /// The incident that was opened, with the moments of awareness and of notifying.
    pub incident: Option<(IncidentId, Timestamp, Timestamp)>,
    /// The entries of the verdict and of the incident.
    pub entries: Vec<EntryReceipt>,
}

impl Gateway {
    /// Takes the verdict of a privacy officer.
    pub async fn decide_review(
        &self,
        call: &Call,
        request: &Request,
        (review_id, judgement): (ReviewId, Judgement),
        encode: Encode<Decided>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let stored = self.review_for(call, review_id).await?;
            let decided =
                stored.review.clone().decide(&reviewer_of(call), judgement.verdict, call.now());
            let review = match decided {
                Ok(review) => review,
                Err(why) => return self.not_reviewer(call, why).await,
            };
            let work = self.verdict(call, &stored, &review, &judgement).await?;
            match self.once(call, request, work, Keep::Plain, encode).await? {
                Done::Answered(bytes) => {
                    self.ring_reviewers(&stored.row.discloser_oin, &stored.row.recipient_oin);
                    return Ok(bytes);
                }
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// Who may never judge this is refused, and that is logged; who comes too late is told so.
    pub(super) async fn not_reviewer<T>(&self, call: &Call, why: NotReviewer) -> Result<T> {
        match why {
            NotReviewer::NotAnOfficer | NotReviewer::NotTheirs => {
                self.refuse(call, DenialReason::RoleNotAllowed).await
            }
            NotReviewer::Declared | NotReviewer::Consulted | NotReviewer::Informed => {
                self.refuse(call, DenialReason::FourEyesRequired).await
            }
            NotReviewer::Judged => Err(Error::unmet("NOT_JUDGED_BEFORE", why.to_string())),
            NotReviewer::NothingLeft => Err(Error::unmet("REVIEW_OPEN", why.to_string())),
        }
    }

    async fn verdict(
        &self,
        call: &Call,
        stored: &Stored,
        review: &Review,
        judgement: &Judgement,
    ) -> Result<Judging> {
        let keys = self.keys().existing(&stored.subjects()?).await?;
        let row = &stored.row;
        let position = i64::try_from(review.votes().len()).map_err(Error::internal)?;
        let key = combined(&keys)?;
        stored.require_unchanged(&key)?;
        let last = review.votes().last().ok_or_else(Error::hidden)?;
        let mut vote = VoteRow {
            review_id: row.review_id,
            position,
            seat: last.seat.map_or(0, |seat| i64::from(seat.number())),
            oin: call.oin().clone(),
            user_id: call.actor.user_id.clone(),
            verdict: i64::from(judgement.verdict.number()),
            voted_at: call.now(),
            idx: 0,
            content: Vec::new(),
            unread: Vec::new(),
        };
        vote.content = written::seal(judgement.motivation.as_str(), &key, &vote)?;
        let state = review.state();
        let people = self.age_bands(call, &row.case_ref, keys).await?;
        let told = Told { row, people: &people, digest: sha256(&vote.content) };
        let mut entries =
            self.entries(call, &told, EventCode::ReviewDecided, judgement.verdict.as_str())?;
        let verdict_entries = entries.len();
        let incident = match state {
            ReviewState::NotJustified => {
                let cause = IncidentCause::ReviewNotJustified;
                entries.extend(self.entries(
                    call,
                    &told,
                    EventCode::BreachOpened,
                    cause.as_str(),
                )?);
                Some(incident_of(call, row, cause)?)
            }
            ReviewState::Open
            | ReviewState::Questioned
            | ReviewState::Disputed
            | ReviewState::Justified
            | ReviewState::JustifiedWithRemark => None,
        };
        Ok(Judging {
            row: ReviewRow {
                state: i64::from(state.number()),
                closed_at: state.is_closed().then_some(call.now()),
                ..row.clone()
            },
            state,
            vote,
            incident,
            entries,
            verdict_entries,
        })
    }

    /// One entry per data subject. Their digest is that of the sealed reasons: they cannot be replaced.
    pub(super) fn entries(
        &self,
        call: &Call,
        told: &Told<'_>,
        event: EventCode,
        detail: &str,
    ) -> Result<Vec<NewEntry>> {
        let group = new_group(call)?;
        let count = u64::try_from(told.people.len()).map_err(Error::internal)?;
        let is_breach = event == EventCode::BreachOpened;
        let object = if is_breach { ObjectType::Breach } else { ObjectType::Review };
        let entry = |(key, age_band): &(Arc<_>, AgeBand)| {
            let administration =
                Administration { scope: Scope::Review.number(), count, digest: told.digest };
            let happening = Happening {
                subject: Some(Subject { key, age_band: *age_band }),
                case_ref: Some(&told.row.case_ref),
                detail: detail.to_owned(),
                message_id: Some(told.row.review_id.into()),
                ..Happening::new(event, group, object, Matter::Administration(administration))
            };
            Ok(self.write_down(call, happening)?.entry)
        };
        told.people.iter().map(entry).collect()
    }

    /// The age of the people, as the file of the case tells it.
    pub(super) async fn age_bands(
        &self,
        call: &Call,
        case_ref: &CaseRef,
        keys: SubjectKeys,
    ) -> Result<Vec<(Arc<SubjectKey>, AgeBand)>> {
        let persons = self.db().read().await?.case_persons(case_ref).await?;
        let mut people = Vec::with_capacity(keys.len());
        for key in keys {
            let subject = key.pseudonym();
            let person = persons.iter().find(|person| person.subject == subject);
            let unreadable = || Error::internal(Unreadable { table: "case_persons" });
            let person = person.ok_or_else(unreadable)?;
            let name = person_row(case_ref, subject);
            let content = open_cell(&person.content, &key.wrapping_key(), "case_persons", &name)?;
            let record: CasePersonRecord =
                serde_json::from_slice(&content).map_err(Error::internal)?;
            people.push((key, record.age_band(call.now())));
        }
        Ok(people)
    }
}

/// What the entries of a verdict have in common.
pub(super) struct Told<'a> {
    pub(super) row: &'a ReviewRow,
    pub(super) people: &'a [(Arc<SubjectKey>, AgeBand)],
    pub(super) digest: [u8; 32],
}

/// The organisation that disclosed has to notify. It knows from now on: a review is how it finds out.
fn incident_of(call: &Call, row: &ReviewRow, cause: IncidentCause) -> Result<IncidentRow> {
    Ok(IncidentRow {
        incident_id: IncidentId::new(random::uuid_v7(call.now()).map_err(Error::internal)?),
        oin: Oin::clone(&row.discloser_oin),
        cause: i64::from(cause.number()),
        review_id: Some(row.review_id),
        case_ref: Some(row.case_ref.clone()),
        idx: 0,
        aware_at: call.now(),
        notify_due_at: breach_notification_due_at(call.now()),
        subjects: row.subjects.clone(),
        notification: None,
        notified_at: None,
        motivation: None,
    })
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

/// A verdict on its way into the store.
struct Judging {
    /// The review as it becomes, with the version it was read at.
    row: ReviewRow,
    state: ReviewState,
    vote: VoteRow,
    incident: Option<IncidentRow>,
    entries: Vec<NewEntry>,
    /// How many of the entries are about the verdict; the others open the incident.
    verdict_entries: usize,
}

impl Work for Judging {
    type Answer = Decided;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let current = tx.review(self.row.review_id).await?;
        // Somebody else spoke since it was read.
        if current.is_none_or(|current| current.version != self.row.version) {
            return Ok(Err(Refusal::Stale));
        }
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Decided> {
        let corrupt = || store::Error::Corrupt { table: "reviews", column: "idx" };
        let idx = i64::try_from(placed.first()).map_err(|_too_large| corrupt())?;
        tx.add_vote(&self.row, &VoteRow { idx, ..self.vote.clone() }).await?;
        if let Some(closed_at) = self.row.closed_at {
            let about = self.row.review_id;
            tx.meet_deadline(DeadlineKind::Review, about.as_bytes(), closed_at).await?;
        }
        let mut incident = None;
        if let Some(row) = &self.incident {
            let after = i64::try_from(self.verdict_entries).map_err(|_too_large| corrupt())?;
            tx.insert_incident(&IncidentRow { idx: idx + after, ..row.clone() }).await?;
            tx.open_deadline(&notification(row)).await?;
            incident = Some((row.incident_id, row.aware_at, row.notify_due_at));
        }
        let mut entries = Vec::with_capacity(self.entries.len());
        for offset in 0..self.entries.len() {
            entries.push(Gateway::entry_receipt(tx, placed, offset, None).await?);
        }
        Ok(Decided {
            review_id: self.row.review_id,
            state: self.state,
            due_at: self.row.due_at,
            incident,
            entries,
        })
    }
}
