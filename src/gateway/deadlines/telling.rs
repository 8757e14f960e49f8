//! What is told of a missed term, and to whom: in the ledger, one entry per person it is about; to who
//! is responsible, a notice; to the sender of a referral that nobody acknowledged, a change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::domain::deadline::{DeadlineKind, Standing};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{EventCode, Outcome};
use crate::domain::id::{CaseRef, GroupId, Oin, Pseudonym, ReferralId};
use crate::domain::notice::NoticeContent;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::case_file::CaseFile;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Happening, Matter, Scope, Subject, new_group};
use crate::gateway::referral_content::{StoredReferral, Told, stored_referrals};
use crate::ledger::entry::Administration;
use crate::store::{ClocksLookedAt, DeadlineRow, MissedRow, NewEntry, Tx};

use super::sweep::{Claim, Item};
use super::{BATCH_MAX, Missed, informed_of, informing_of};

/// A referral has at most 20 people (DOMAIN §2.3).
pub(super) const PEOPLE_MAX: u32 = 20;

/// What is told of one missed term.
#[derive(Debug)]
pub(super) struct Telling {
    kind: DeadlineKind,
    pub(super) responsible: Oin,
    pub(super) case_ref: Option<CaseRef>,
    /// The referral that the term is of.
    referral_id: Option<ReferralId>,
    due_at: Timestamp,
    pub(super) content: NoticeContent,
    /// The sender of the referral, who is told too.
    pub(super) sender: Option<(Oin, ReferralId)>,
    /// At least one: the first is the place of the notice.
    pub(super) entries: Vec<NewEntry>,
}

impl Telling {
    pub(super) fn missed(&self) -> Missed {
        Missed {
            kind: self.kind,
            responsible: self.responsible.clone(),
            sender: self.sender.as_ref().map(|(sender, _)| sender.clone()),
        }
    }

    /// What is kept of it for management information. `idx` is the place of its first entry.
    pub(super) fn row(&self, idx: i64) -> MissedRow {
        MissedRow {
            idx,
            kind: self.kind,
            due_at: self.due_at,
            referral_id: self.referral_id,
            case_ref: self.case_ref.clone(),
        }
    }
}

/// A referral whose moment has come, with the terms that single people of it have already.
struct Found {
    stored: StoredReferral,
    settled: BTreeSet<Pseudonym>,
}

/// One row that makes no sense must not keep back the others.
fn sensible<T>(made: Result<T>) -> Result<Option<T>> {
    match made {
        Ok(made) => Ok(Some(made)),
        Err(Error::Internal(cause)) => {
            tracing::error!(event = "deadline.unreadable", %cause);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// How a miss is logged.
const fn told_as(kind: DeadlineKind) -> Told {
    Told { event: EventCode::DeadlineMissed, outcome: Outcome::MinorFailure, detail: kind.as_str() }
}

impl Gateway {
    /// Everything whose moment has come, written down; and whether there may be more of it.
    pub(super) async fn missed_by_now(&self) -> Result<(Vec<Arc<Item>>, bool)> {
        let call = self.acting_itself()?;
        let now = call.now();
        let mut tx = self.db().read().await?;
        let referrals = self.referrals_due(&mut tx, now).await?;
        let terms = tx.due_deadlines(now, BATCH_MAX).await?;
        let of_people = terms.iter().filter_map(|row| Some(informed_of(&row.about)?.0));
        let of_people: Vec<ReferralId> = of_people.collect();
        let stored = stored_referrals(&mut tx, &of_people).await?;
        drop(tx);
        let is_full = |len: usize| u32::try_from(len).is_ok_and(|len| len >= BATCH_MAX);
        let more = is_full(referrals.len()) || is_full(terms.len());
        let people = referrals.iter().flat_map(|found| found.stored.people.iter().copied());
        self.keys().expect(people).await?;
        let mut items = Vec::with_capacity(referrals.len() + terms.len());
        let asked = referrals.len() + terms.len();
        for found in referrals {
            items.extend(sensible(self.look_at_clocks(&call, found).await)?);
        }
        for row in terms {
            let telling = sensible(self.tell_of_term(&call, &row, &stored).await)?;
            let item = |telling| Item { claim: Claim::Term(row), tellings: vec![telling] };
            items.extend(telling.map(item));
        }
        // What is left out would be found again at once.
        let more = more && items.len() == asked;
        Ok((items.into_iter().map(Arc::new).collect(), more))
    }

    async fn referrals_due(&self, tx: &mut Tx, now: Timestamp) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        for row in tx.referrals_due(now, BATCH_MAX).await? {
            let settled = if now > row.inform_subject_due_at {
                let id = row.referral_id;
                let kind = DeadlineKind::InformSubject;
                let rows = tx.deadlines_about(kind, id.as_bytes(), PEOPLE_MAX).await?;
                rows.iter().filter_map(|row| Some(informed_of(&row.about)?.1)).collect()
            } else {
                BTreeSet::new()
            };
            let people = row.people().unwrap_or_default();
            found.push(Found { stored: StoredReferral { row, people }, settled });
        }
        Ok(found)
    }

    /// What became of the clocks of a referral.
    async fn look_at_clocks(&self, call: &Call, found: Found) -> Result<Item> {
        let row = &found.stored.row;
        let moments = row.moments();
        let mut told = row.told()?;
        let mut tellings = Vec::new();
        let mut rows = Vec::new();
        for clock in moments.missed(told, call.now()) {
            told = told.with(clock.kind);
            if clock.kind == DeadlineKind::InformSubject {
                rows = found.people_not_informed(&clock, call.now());
                if rows.is_empty() {
                    continue;
                }
            }
            tellings.push(self.tell_of_clock(call, &found, &clock).await?);
        }
        let looked = ClocksLookedAt {
            referral_id: row.referral_id,
            state: row.state,
            first_contact_at: row.first_contact_at,
            investigation_closed_at: row.investigation_closed_at,
            due_at: row.next_due_at.unwrap_or_else(|| call.now()),
            next_due_at: moments.next_look(call.now()),
            told,
        };
        Ok(Item { claim: Claim::Clocks(looked, rows), tellings })
    }

    async fn tell_of_clock(&self, call: &Call, found: &Found, clock: &Standing) -> Result<Telling> {
        let Found { stored, settled } = found;
        let mut entries = self.told_of_referral(call, stored, told_as(clock.kind)).await?;
        if clock.kind == DeadlineKind::InformSubject && entries.len() == stored.people.len() {
            let mut people = stored.people.iter();
            entries.retain(|_| people.next().is_none_or(|person| !settled.contains(person)));
        }
        let is_acknowledgement = clock.kind == DeadlineKind::Acknowledgement;
        let referral_id = stored.row.referral_id;
        Ok(Telling {
            kind: clock.kind,
            responsible: stored.row.recipient_oin.clone(),
            case_ref: None,
            referral_id: Some(referral_id),
            due_at: clock.due_at,
            content: NoticeContent::DeadlineMissed {
                deadline: clock.kind,
                about_id: Some(referral_id.into()),
                due_at: clock.due_at,
            },
            sender: is_acknowledgement.then(|| (stored.row.sender_oin.clone(), referral_id)),
            entries,
        })
    }

    async fn tell_of_term(
        &self,
        call: &Call,
        row: &DeadlineRow,
        stored: &BTreeMap<ReferralId, StoredReferral>,
    ) -> Result<Telling> {
        let person = informed_of(&row.about).filter(|_| row.kind == DeadlineKind::InformSubject);
        let known = person.and_then(|(id, subject)| Some((stored.get(&id)?, subject)));
        let entries = match known {
            Some((stored, subject)) => {
                let mut entries = self.told_of_referral(call, stored, told_as(row.kind)).await?;
                if entries.len() == stored.people.len() {
                    let mut people = stored.people.iter();
                    entries.retain(|_| people.next().is_none_or(|person| *person == subject));
                }
                entries
            }
            None => self.entries_of_term(call, row, told_as(row.kind)).await?,
        };
        Ok(Telling {
            kind: row.kind,
            responsible: row.responsible_oin.clone(),
            case_ref: row.case_ref.clone(),
            referral_id: person.map(|(referral_id, _)| referral_id),
            due_at: row.due_at,
            content: NoticeContent::DeadlineMissed {
                deadline: row.kind,
                about_id: about_id(row),
                due_at: row.due_at,
            },
            sender: None,
            entries,
        })
    }

    /// One entry per person of the term who can be named, or one about nobody.
    pub(super) async fn entries_of_term(
        &self,
        call: &Call,
        row: &DeadlineRow,
        told: Told,
    ) -> Result<Vec<NewEntry>> {
        let people = row.people()?;
        let file = match &row.case_ref {
            Some(case_ref) if !people.is_empty() => self.readable_case(case_ref).await?,
            Some(_) | None => None,
        };
        let group = new_group(call)?;
        let mut entries = Vec::new();
        for person in people {
            let Some(known) = file.as_ref().and_then(|file| file.person_of(person)) else {
                continue;
            };
            let age_band = known.record.age_band(call.now());
            let subject = Some(Subject { key: &known.key, age_band });
            let happening = Happening { subject, ..about_term(row, group, told) };
            entries.push(self.write_down(call, happening)?.entry);
        }
        if entries.is_empty() {
            entries.push(self.write_down(call, about_term(row, group, told))?.entry);
        }
        Ok(entries)
    }

    /// A case, unless somebody in it was forgotten.
    async fn readable_case(&self, case_ref: &CaseRef) -> Result<Option<CaseFile>> {
        match self.case_file(case_ref).await {
            Err(Error::Denied { .. } | Error::Internal(_)) => Ok(None),
            file => file,
        }
    }
}

impl Found {
    /// Terms for everybody of whom nothing was recorded, from now on with a row of their own.
    fn people_not_informed(&self, clock: &Standing, now: Timestamp) -> Vec<DeadlineRow> {
        let row = &self.stored.row;
        let left = self.stored.people.iter().filter(|person| !self.settled.contains(person));
        left.map(|person| DeadlineRow {
            subjects: person.as_bytes().to_vec(),
            escalated_at: Some(now),
            ..DeadlineRow::starting(
                clock.kind,
                &informing_of(row.referral_id, *person),
                &row.recipient_oin,
                (row.submitted_at, clock.due_at),
            )
        })
        .collect()
    }
}

fn about_term(row: &DeadlineRow, group: GroupId, told: Told) -> Happening<'_> {
    let administration =
        Administration { scope: Scope::Deadline.number(), count: 1, digest: [0; 32] };
    Happening {
        case_ref: row.case_ref.as_ref(),
        outcome: told.outcome,
        detail: told.detail.to_owned(),
        message_id: about_id(row),
        ..Happening::new(
            told.event,
            group,
            object_of(row.kind),
            Matter::Administration(administration),
        )
    }
}

const fn object_of(kind: DeadlineKind) -> ObjectType {
    match kind {
        DeadlineKind::Acknowledgement
        | DeadlineKind::FirstContact
        | DeadlineKind::Triage
        | DeadlineKind::Feedback
        | DeadlineKind::InformSubject
        | DeadlineKind::Investigation => ObjectType::Referral,
        DeadlineKind::Review => ObjectType::Review,
        DeadlineKind::InformClient => ObjectType::EmergencyDisclosure,
        DeadlineKind::AccessRequest => ObjectType::SubjectRequest,
        DeadlineKind::BreachNotification => ObjectType::Breach,
    }
}

/// The id that a term is about, where its name begins with one.
fn about_id(row: &DeadlineRow) -> Option<Uuid> {
    row.about.first_chunk::<16>().map(|bytes| Uuid::from_bytes(*bytes))
}
