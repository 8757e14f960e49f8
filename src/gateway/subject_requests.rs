//! A data subject asks who shared what about them (AVG art. 15, DOMAIN §5.6): the request comes in,
//! takes longer, ends. The report itself is made in [`super::access_report`].
//!
//! The privacy officer of an organisation that takes or took part in the case keeps the request.
//! Whether it is given is decided by the case as it is at that moment. While a request is open,
//! nothing about the person is purged from the ledger.

use std::sync::Arc;

use crate::domain::consent::{Capacity, Signer};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{CaseRef, HoldId, Oin, PersonKey, SubjectRequestId};
use crate::domain::look::Look;
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::retention::HoldCause;
use crate::domain::subject_request::{
    Asking, Ending, MOTIVATION_CHARS_MAX, ParsedRequest, PreparedReport, RequestState, Requester,
    StepRefused, SubjectRequest, SubjectRequestDraft, Verdict, decide,
};
use crate::domain::text::Prose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::ledger::entry::Administration;
use crate::store::{HoldRow, NewEntry, SubjectRequestRow};
use crate::vault::random;
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile};
use super::error::{Error, Result};
use super::journal::{Happening, Matter, Scope, Subject, new_group};
use super::keys::combined;
use super::once::{Encode, Keep};

pub mod looking;
pub mod preparing;

mod stored;
mod work;

use stored::Sealed;
pub(super) use stored::{life_of, moved, sealed_of};
use work::{Keeping, Writing};

/// Requests in one page.
pub const PAGE_MAX: u32 = 500;

/// A request, as the organisation that answers sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestView {
    /// Its id.
    pub id: SubjectRequestId,
    /// Organisation that answers.
    pub oin: Oin,
    /// Case.
    pub case_ref: CaseRef,
    /// Whose data; none when the person was forgotten.
    pub subject: Option<PersonKey>,
    /// Who asks, where that is another person of the case.
    pub requester: Option<PersonKey>,
    /// In what capacity.
    pub capacity: Capacity,
    /// By a written mandate of the person.
    pub is_mandated: bool,
    /// Where it is, until when, what was decided.
    pub life: SubjectRequest,
    /// When a report was first approved.
    pub reported_at: Option<Timestamp>,
    /// The report as it was prepared last; none when there is none, or the person was forgotten.
    pub report: Option<PreparedReport>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
}

impl RequestView {
    /// Whether what was prepared last may be given.
    pub fn is_approved(&self) -> bool {
        self.report.as_ref().is_some_and(|report| report.approval.is_some())
    }
}

impl Gateway {
    /// Takes a request in, and decides whether the one who asks gets the report.
    pub async fn open_subject_request(
        &self,
        call: &Call,
        request: &Request,
        (case_ref, draft): (CaseRef, SubjectRequestDraft),
        encode: Encode<RequestView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let file = self.case_answered_by(call, &case_ref).await?;
        let parsed = draft.parse(&file.pseudonyms(), call.now())?;
        let person = file.person_of(parsed.subject).ok_or_else(Error::hidden)?;
        let verdict = decide(parsed.asking, &file.position(person)?, call.now());
        let life = SubjectRequest::open(parsed.received_at, verdict);
        let row = new_row(call, &file, person, (&parsed, life))?;
        let event = (EventCode::DsarOpened, verdict.as_str());
        let entry = self.request_entry(call, &row, Some(&person.key), event)?;
        let hold = HoldRow {
            hold_id: hold_of(&row),
            cause: i64::from(HoldCause::SubjectRequest.number()),
            oin: row.oin.clone(),
            reason: None,
            case_ref: None,
            subject: Some(row.subject),
            group_id: None,
            from_at: None,
            until_at: None,
            placed_at: call.now(),
            lifted_at: None,
        };
        let view = self.request_view(&row).await?;
        let writing = Writing { row, keeping: Keeping::New(hold), entry, view, now: call.now() };
        let keep = kept_under(person)?;
        self.once(call, request, writing, keep, encode).await?.bytes()
    }

    /// Puts the answer off by two months; the one who asks was told why (AVG art. 12 lid 3).
    pub async fn extend_subject_request(
        &self,
        call: &Call,
        request: &Request,
        (id, motivation): (SubjectRequestId, &str),
        encode: Encode<RequestView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let row = self.own_request(call, id).await?;
        let mut violations = Violations::new();
        let reason: Option<Prose<MOTIVATION_CHARS_MAX>> =
            violations.take("motivation", motivation.parse());
        let reason = violations.into_result(reason)?;
        let life = life_of(&row)?.extend(call.now()).map_err(refused)?;
        let key = self.keys().subject(row.subject).await?.ok_or_else(Error::hidden)?;
        let mut sealed = sealed_of(&row, &key)?;
        sealed.particulars.extension = reason;
        let content = sealed.seal(row.subject_request_id, &key)?;
        let keeping = Keeping::Extended(row.due_at);
        let row = SubjectRequestRow { content, ..moved(&row, life) };
        let event = (EventCode::DsarOpened, "EXTENDED");
        self.change_request(call, request, row, (event, keeping), encode).await
    }

    /// Ends a request: answered, its refusal told, or taken back.
    pub async fn close_subject_request(
        &self,
        call: &Call,
        request: &Request,
        (id, ending): (SubjectRequestId, Ending),
        encode: Encode<RequestView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let row = self.own_request(call, id).await?;
        let life = life_of(&row)?;
        let verdict = match self.case_file(&row.case_ref).await {
            Ok(Some(file)) => verdict_now(&row, &file, call.now())?,
            // Somebody of the case was forgotten: what was decided stands.
            Ok(None) | Err(Error::Denied { .. }) => life.verdict,
            Err(error) => return Err(error),
        };
        let is_approved = self.request_view(&row).await?.is_approved();
        let life = life.close(ending, verdict, is_approved).map_err(refused)?;
        if ending == Ending::Answered && !is_approved {
            // A newer one was prepared since, and it is not known which of them was given.
            return Err(Error::unmet("REPORT_APPROVED", "the report was not approved yet"));
        }
        let row = SubjectRequestRow { closed_at: Some(call.now()), ..moved(&row, life) };
        let detail = match ending {
            Ending::RefusalTold => format!("{ending} {}", life.verdict),
            Ending::Answered | Ending::TakenBack => ending.to_string(),
        };
        let event = (EventCode::DsarClosed, detail.as_str());
        let keeping = Keeping::Ended(hold_of(&row));
        self.change_request(call, request, row, (event, keeping), encode).await
    }

    /// Requests that the caller answers; the office of the region sees those of everybody. That
    /// somebody looked is in the ledger first.
    pub async fn subject_requests(
        &self,
        call: &Call,
        state: Option<RequestState>,
        after: Option<SubjectRequestId>,
        limit: u32,
    ) -> Result<Vec<RequestView>> {
        self.require_officer(call).await?;
        let what = (Look::Requests, call.purpose_or(Purpose::DataSubjectRequest));
        let looked = self.looked(call, what, &[])?;
        self.append(vec![looked]).await?;
        let of = (call.role() != Role::Oversight).then(|| call.oin());
        let state = state.map_or(0, |state| i64::from(state.number()));
        let limit = limit.clamp(1, PAGE_MAX);
        let mut tx = self.db().read().await?;
        let rows = tx.subject_requests((of, state), after, limit).await?;
        drop(tx);
        let mut views = Vec::with_capacity(rows.len());
        for row in &rows {
            views.push(self.request_view(row).await?);
        }
        Ok(views)
    }

    async fn change_request(
        &self,
        call: &Call,
        request: &Request,
        row: SubjectRequestRow,
        (event, keeping): ((EventCode, &str), Keeping),
        encode: Encode<RequestView>,
    ) -> Result<Vec<u8>> {
        let key = self.keys().subject(row.subject).await?;
        let entry = self.request_entry(call, &row, key.as_deref(), event)?;
        self.write_request(call, request, (row, key.as_ref()), (entry, keeping), encode).await
    }

    async fn write_request(
        &self,
        call: &Call,
        request: &Request,
        (row, key): (SubjectRequestRow, Option<&Arc<SubjectKey>>),
        (entry, keeping): (NewEntry, Keeping),
        encode: Encode<RequestView>,
    ) -> Result<Vec<u8>> {
        let view = self.request_view(&row).await?;
        let keep = match key {
            Some(key) => {
                Keep::Sealed { people: vec![row.subject], key: combined(&[Arc::clone(key)])? }
            }
            // Of somebody who was forgotten the view says nothing.
            None => Keep::Plain,
        };
        let writing = Writing { row, keeping, entry, view, now: call.now() };
        self.once(call, request, writing, keep, encode).await?.bytes()
    }

    /// A request of the caller's own organisation.
    pub(super) async fn own_request(
        &self,
        call: &Call,
        id: SubjectRequestId,
    ) -> Result<SubjectRequestRow> {
        self.require_officer(call).await?;
        let row = self.db().read().await?.subject_request(id).await?;
        match row.filter(|row| row.oin == *call.oin()) {
            Some(row) => Ok(row),
            None => self.refuse_hidden(call).await,
        }
    }

    pub(super) async fn request_view(&self, row: &SubjectRequestRow) -> Result<RequestView> {
        let key = self.keys().subject(row.subject).await?;
        let sealed = key.map(|key| sealed_of(row, &key)).transpose()?;
        Ok(RequestView {
            id: row.subject_request_id,
            oin: row.oin.clone(),
            case_ref: row.case_ref.clone(),
            subject: sealed.as_ref().map(|sealed| sealed.subject.clone()),
            requester: sealed.as_ref().and_then(|sealed| sealed.requester.clone()),
            report: sealed.and_then(|sealed| sealed.report),
            capacity: stored::capacity(row)?,
            is_mandated: row.is_mandated != 0,
            life: life_of(row)?,
            reported_at: row.reported_at,
            closed_at: row.closed_at,
        })
    }

    /// What happens to a request is about the person it asks about; about nobody when that person was
    /// forgotten.
    pub(super) fn request_entry(
        &self,
        call: &Call,
        row: &SubjectRequestRow,
        key: Option<&SubjectKey>,
        happened: (EventCode, &str),
    ) -> Result<NewEntry> {
        self.request_entry_of(call, row, key, happened, (1, [0; 32]))
    }

    /// The same, with a count and the digest of what it is about.
    fn request_entry_of(
        &self,
        call: &Call,
        row: &SubjectRequestRow,
        key: Option<&SubjectKey>,
        (event, detail): (EventCode, &str),
        (count, digest): (u64, [u8; 32]),
    ) -> Result<NewEntry> {
        let scope = Scope::SubjectRequest.number();
        let administration = Administration { scope, count, digest };
        let subject = |key| {
            let age_band = stored::age_band(row, key, call.now())?;
            Ok::<_, Error>(Subject { key, age_band })
        };
        let happening = Happening {
            subject: key.map(subject).transpose()?,
            case_ref: Some(&row.case_ref),
            detail: detail.to_owned(),
            message_id: Some(row.subject_request_id.into()),
            ..Happening::new(
                event,
                new_group(call)?,
                ObjectType::SubjectRequest,
                Matter::Administration(administration),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }

    /// A case about which the caller answers requests: it takes or took part in it, it reported the
    /// family, or it is the office of the region. For everybody else the case does not exist.
    pub(super) async fn case_answered_by(
        &self,
        call: &Call,
        case_ref: &CaseRef,
    ) -> Result<CaseFile> {
        if matches!(call.role(), Role::Municipality | Role::Gateway) {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let Some(file) = self.case_file(case_ref).await? else {
            return self.refuse_hidden(call).await;
        };
        let own = call.oin();
        let takes_part = call.role() == Role::Oversight
            || file.row.steunpunt_oin == *own
            || file.members.iter().any(|member| member.is(own));
        if takes_part {
            return Ok(file);
        }
        let referral = self.db().read().await?.referral(file.row.referral_id).await?;
        match referral {
            Some(referral) if referral.sender_oin == *own => Ok(file),
            Some(_) | None => self.refuse_hidden(call).await,
        }
    }
}

/// Whether the one who asks gets the report by the case as it is.
pub(super) fn verdict_now(
    row: &SubjectRequestRow,
    file: &CaseFile,
    now: Timestamp,
) -> Result<Verdict> {
    let person = file.person_of(row.subject).ok_or_else(Error::hidden)?;
    let sealed = sealed_of(row, &person.key)?;
    let objection = sealed.particulars.objection.as_ref().map(|one| one.objection);
    let asking = Asking { requester: requester(row)?, objection };
    Ok(decide(asking, &file.position(person)?, now))
}

fn new_row(
    call: &Call,
    file: &CaseFile,
    person: &CasePersonFile,
    (parsed, life): (&ParsedRequest, SubjectRequest),
) -> Result<SubjectRequestRow> {
    let id = random::uuid_v7(call.now()).map_err(Error::internal)?;
    let subject_request_id = SubjectRequestId::new(id);
    let asks = parsed.requester.and_then(|who| file.person_of(who));
    let sealed = Sealed {
        subject: person.record.key.clone(),
        birth_date: person.record.birth_date,
        requester: asks.map(|who| who.record.key.clone()),
        particulars: parsed.particulars.clone(),
        report: None,
    };
    Ok(SubjectRequestRow {
        subject_request_id,
        oin: call.oin().clone(),
        case_ref: file.case_ref().clone(),
        subject: parsed.subject,
        requester: parsed.requester,
        capacity: i64::from(parsed.capacity.number()),
        is_mandated: i64::from(parsed.asking.requester == Requester::Mandated),
        state: i64::from(life.state.number()),
        verdict: i64::from(life.verdict.number()),
        ending: None,
        version: 1,
        received_at: life.term.received_at,
        due_at: life.term.due_at,
        reported_at: None,
        closed_at: None,
        content: sealed.seal(subject_request_id, &person.key)?,
    })
}

fn requester(row: &SubjectRequestRow) -> Result<Requester> {
    let capacity = stored::capacity(row)?;
    Ok(match row.requester {
        _ if row.is_mandated != 0 => Requester::Mandated,
        Some(person) => Requester::Representative(Signer { person, capacity }),
        None => Requester::Itself,
    })
}

/// A request holds back the purge under its own id.
fn hold_of(row: &SubjectRequestRow) -> HoldId {
    HoldId::from_bytes(*row.subject_request_id.as_bytes())
}

fn kept_under(person: &CasePersonFile) -> Result<Keep> {
    let people = vec![person.subject];
    Ok(Keep::Sealed { people, key: combined(&[Arc::clone(&person.key)])? })
}

pub(super) fn refused(step: StepRefused) -> Error {
    let code = match step {
        StepRefused::State => "REQUEST_STATE",
        StepRefused::TooLate => "EXTENSION_IN_TIME",
        StepRefused::Refused(verdict) => verdict.as_str(),
    };
    Error::unmet(code, step.to_string())
}
