//! A privacy officer holds entries of the ledger for a complaint (DOMAIN §5.1): about one person, or
//! about a case. They stay until the hold is lifted, however old they are.
//!
//! Who answers for a case may hold it; only the organisation that placed a hold lifts it. A request of
//! a data subject, a breach and an open review hold by themselves.

use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, HoldId, Oin, PersonKey, Pseudonym};
use crate::domain::look::Look;
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::retention::{HoldCause, HoldReason};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::ledger::entry::Administration;
use crate::store::{self, HoldRow, NewEntry, Placed, Tx};
use crate::vault::random;

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile, code};
use super::error::{Error, Result, Unreadable};
use super::journal::{Happening, Matter, Scope, Subject, new_group};
use super::keys::combined;
use super::once::{Encode, Keep, Refusal, Work};

/// Holds in one page.
pub const PAGE_MAX: u32 = 500;

/// A hold that is wanted.
#[derive(Debug, Clone)]
pub struct Holding {
    /// Case.
    pub case_ref: CaseRef,
    /// Person of it; none holds everything about the case.
    pub person: Option<PersonKey>,
    /// Where the complaint lies.
    pub reason: HoldReason,
}

/// A hold, as those who placed it see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldView {
    /// Its id.
    pub id: HoldId,
    /// Organisation that placed it.
    pub oin: Oin,
    /// Where the complaint lies.
    pub reason: HoldReason,
    /// Case.
    pub case_ref: CaseRef,
    /// Person; none where everything about the case is held.
    pub subject: Option<Pseudonym>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it was lifted.
    pub lifted_at: Option<Timestamp>,
}

impl Gateway {
    /// Places a hold.
    pub async fn place_hold(
        &self,
        call: &Call,
        request: &Request,
        holding: Holding,
        encode: Encode<HoldView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let file = self.case_answered_by(call, &holding.case_ref).await?;
        let person = named(&file, holding.person.as_ref())?;
        let row = HoldRow {
            hold_id: HoldId::new(random::uuid_v7(call.now()).map_err(Error::internal)?),
            cause: i64::from(HoldCause::Complaint.number()),
            oin: call.oin().clone(),
            reason: Some(i64::from(holding.reason.number())),
            case_ref: Some(holding.case_ref),
            subject: person.map(|person| person.subject),
            group_id: None,
            from_at: None,
            until_at: None,
            placed_at: call.now(),
            lifted_at: None,
        };
        let people = person.map_or(&file.people[..], std::slice::from_ref);
        let entries = self.hold_entries(call, (EventCode::HoldPlaced, &row), people)?;
        let keep = keep(&row, people)?;
        let changing = Changing { view: view(&row)?, row, entries };
        self.once(call, request, changing, keep, encode).await?.bytes()
    }

    /// Lifts a hold of the officer's own organisation: what is past its term is purged again.
    pub async fn lift_hold(
        &self,
        call: &Call,
        request: &Request,
        id: HoldId,
        encode: Encode<HoldView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let complaint = i64::from(HoldCause::Complaint.number());
        let row = self.db().read().await?.hold(id).await?;
        let own = |row: &HoldRow| row.oin == *call.oin() && row.cause == complaint;
        let Some(row) = row.filter(own) else { return self.refuse_hidden(call).await };
        if row.lifted_at.is_some() {
            return Err(lifted_before());
        }
        let row = HoldRow { lifted_at: Some(call.now()), ..row };
        let people = self.held_people(&row).await?;
        let entries = self.hold_entries(call, (EventCode::HoldLifted, &row), &people)?;
        let keep = keep(&row, &people)?;
        let changing = Changing { view: view(&row)?, row, entries };
        self.once(call, request, changing, keep, encode).await?.bytes()
    }

    /// Holds in force that the officer's organisation placed for complaints; the office of the region
    /// sees those of everybody. That somebody looked is in the ledger first.
    pub async fn holds(
        &self,
        call: &Call,
        after: Option<HoldId>,
        limit: u32,
    ) -> Result<Vec<HoldView>> {
        self.require_officer(call).await?;
        // They are placed for complaints.
        let what = (Look::Holds, call.purpose_or(Purpose::PrivacyReview));
        let looked = self.looked(call, what, &[])?;
        self.append(vec![looked]).await?;
        let of = (call.role() != Role::Oversight).then(|| call.oin());
        let complaint = i64::from(HoldCause::Complaint.number());
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = self.db().read().await?.holds_of((of, complaint), after, limit).await?;
        rows.iter().map(view).collect()
    }

    /// Whom a hold is about. Somebody who was forgotten is nobody any more.
    async fn held_people(&self, row: &HoldRow) -> Result<Vec<CasePersonFile>> {
        let Some(case_ref) = &row.case_ref else { return Ok(Vec::new()) };
        match self.case_file(case_ref).await {
            Ok(Some(file)) => {
                let held =
                    |person: &CasePersonFile| row.subject.is_none_or(|one| one == person.subject);
                Ok(file.people.into_iter().filter(held).collect())
            }
            Ok(None) | Err(Error::Denied { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// One entry per person; one about nobody where no person can be named any more.
    fn hold_entries(
        &self,
        call: &Call,
        (event, row): (EventCode, &HoldRow),
        people: &[CasePersonFile],
    ) -> Result<Vec<NewEntry>> {
        let group = new_group(call)?;
        let count = u64::try_from(people.len()).map_err(Error::internal)?;
        let reason = reason(row)?;
        let about = |subject: Option<Subject<'_>>| {
            let scope = Scope::Hold.number();
            let administration = Administration { scope, count, digest: [0; 32] };
            let happening = Happening {
                subject,
                case_ref: row.case_ref.as_ref(),
                detail: reason.as_str().to_owned(),
                message_id: Some(row.hold_id.into()),
                ..Happening::new(
                    event,
                    group,
                    Scope::Hold.object(),
                    Matter::Administration(administration),
                )
            };
            Ok(self.write_down(call, happening)?.entry)
        };
        if people.is_empty() {
            return Ok(vec![about(None)?]);
        }
        let subject = |person: &CasePersonFile| {
            let age_band = person.record.age_band(call.now());
            about(Some(Subject { key: &person.key, age_band }))
        };
        people.iter().map(subject).collect()
    }
}

fn named<'f>(file: &'f CaseFile, key: Option<&PersonKey>) -> Result<Option<&'f CasePersonFile>> {
    let Some(key) = key else { return Ok(None) };
    let person = file.person(key);
    let mut violations = Violations::new();
    let words = "must be a person of the case";
    violations.require(person.is_some(), "subject_person_key", "UNKNOWN_PERSON", words);
    Ok(violations.into_result(person)?)
}

/// An answer that names a person goes when the person is forgotten.
fn keep(row: &HoldRow, people: &[CasePersonFile]) -> Result<Keep> {
    match (row.subject, people) {
        (Some(subject), [person]) => Ok(Keep::Sealed {
            people: vec![subject],
            key: combined(&[std::sync::Arc::clone(&person.key)])?,
        }),
        _ => Ok(Keep::Plain),
    }
}

fn reason(row: &HoldRow) -> Result<HoldReason> {
    code(row.reason.unwrap_or_default(), HoldReason::from_number)
}

fn view(row: &HoldRow) -> Result<HoldView> {
    let unreadable = || Error::internal(Unreadable { table: "legal_holds" });
    Ok(HoldView {
        id: row.hold_id,
        oin: row.oin.clone(),
        reason: reason(row)?,
        case_ref: row.case_ref.clone().ok_or_else(unreadable)?,
        subject: row.subject,
        placed_at: row.placed_at,
        lifted_at: row.lifted_at,
    })
}

fn lifted_before() -> Error {
    Error::unmet("HOLD_IN_FORCE", "the hold was lifted before")
}

/// A hold is placed or lifted.
struct Changing {
    row: HoldRow,
    entries: Vec<NewEntry>,
    view: HoldView,
}

impl Work for Changing {
    type Answer = HoldView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let changed = match self.row.lifted_at {
            None => tx.place_hold(&self.row).await,
            Some(now) => tx.lift_hold(self.row.hold_id, now).await,
        };
        match changed {
            Ok(()) => Ok(Ok(self.entries.clone())),
            // A colleague lifted it since it was read.
            Err(store::Error::Conflict) => Ok(Err(lifted_before().into())),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<HoldView> {
        Ok(self.view.clone())
    }
}
