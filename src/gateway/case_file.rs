//! A case as the gateway reads it: one snapshot of everything that decisions about it rest on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::case::{
    Case, CasePerson, CasePersonRecord, CaseState, JoinReason, Member, MemberKind, Membership,
    Progress, SafetyPhase,
};
use crate::domain::code::UnknownCode;
use crate::domain::consent::Consent;
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{CaseRef, Oin, PersonKey, Pseudonym};
use crate::domain::organisation::Role;
use crate::domain::time::Timestamp;
use crate::ledger::entry::Administration;
use crate::store::{CaseFacts, CaseRow, ConsentRow, MemberRow, NewEntry, PersonFactRow, Tx};
use crate::vault::envelope::WrappingKey;
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::Call;
use super::error::{Error, Result, Unreadable};
use super::journal::{Happening, Matter, Scope, Subject, new_group};
use super::keys::{combined, open_cell, seal_cell};

mod standing;

/// Consents of one case that are looked at: a family of 20 with every partner for two purposes is
/// well below this.
pub(super) const CONSENTS_MAX: u32 = 2_000;

/// A case has so many consents that they cannot be judged together.
#[derive(Debug, thiserror::Error)]
#[error("the case has {CONSENTS_MAX} consents or more")]
struct TooManyConsents;

/// A person of a case, opened.
#[derive(Debug, Clone)]
pub(super) struct CasePersonFile {
    pub(super) subject: Pseudonym,
    pub(super) record: CasePersonRecord,
    pub(super) key: Arc<SubjectKey>,
}

/// A case, opened.
#[derive(Debug, Clone)]
pub(super) struct CaseFile {
    pub(super) row: CaseRow,
    pub(super) members: Vec<Member>,
    pub(super) people: Vec<CasePersonFile>,
    /// What holds, or held, of the people besides their age and capacity.
    pub(super) facts: Vec<PersonFactRow>,
    pub(super) case: Case,
}

impl CaseFile {
    pub(super) fn case_ref(&self) -> &CaseRef {
        &self.row.case_ref
    }

    /// Whether an organisation is in the team now.
    pub(super) fn is_member(&self, oin: &Oin, at: Timestamp) -> bool {
        self.members.iter().any(|member| member.is(oin) && member.is_current(at))
    }

    /// Whether an organisation is in the team now, and not as an observer.
    pub(super) fn takes_part(&self, oin: &Oin, at: Timestamp) -> bool {
        self.membership(oin, at).is_some_and(|membership| membership != Membership::Observer)
    }

    /// How an organisation belongs to the team now.
    pub(super) fn membership(&self, oin: &Oin, at: Timestamp) -> Option<Membership> {
        let current = |member: &&Member| member.is(oin) && member.is_current(at);
        self.members.iter().find(current).map(|member| member.membership)
    }

    pub(super) fn person(&self, key: &PersonKey) -> Option<&CasePersonFile> {
        self.people.iter().find(|person| person.record.key == *key)
    }

    pub(super) fn person_of(&self, subject: Pseudonym) -> Option<&CasePersonFile> {
        self.people.iter().find(|person| person.subject == subject)
    }

    /// The people by key.
    pub(super) fn pseudonyms(&self) -> BTreeMap<PersonKey, Pseudonym> {
        self.people.iter().map(|person| (person.record.key.clone(), person.subject)).collect()
    }

    /// The key of what is about everybody in the case: gone as soon as one of them is forgotten.
    pub(super) fn common_key(&self) -> Result<WrappingKey> {
        let keys: Vec<_> = self.people.iter().map(|person| Arc::clone(&person.key)).collect();
        combined(&keys)
    }
}

impl Gateway {
    /// Opens a case for its Steunpunt or one of its members. For everybody else it does not exist,
    /// and the attempt is in the ledger.
    pub(super) async fn case_for(&self, call: &Call, case_ref: &CaseRef) -> Result<CaseFile> {
        if !may_sit_in_team(call.role()) {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        match self.case_file(case_ref).await? {
            Some(file) if file.is_member(call.oin(), call.now()) => Ok(file),
            Some(_) | None => self.refuse_hidden(call).await,
        }
    }

    /// Opens a case for a member that takes part. An observer looks on: it sees where a case stands,
    /// and neither does nor receives anything.
    pub(super) async fn case_worked_on_by(
        &self,
        call: &Call,
        case_ref: &CaseRef,
    ) -> Result<CaseFile> {
        let file = self.case_for(call, case_ref).await?;
        if file.takes_part(call.oin(), call.now()) {
            return Ok(file);
        }
        self.refuse(call, DenialReason::RoleNotAllowed).await
    }

    /// Opens a case for the Steunpunt that directs it.
    pub(super) async fn case_directed_by(
        &self,
        call: &Call,
        case_ref: &CaseRef,
    ) -> Result<CaseFile> {
        if call.role() != Role::Steunpunt {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        match self.case_file(case_ref).await? {
            Some(file) if file.row.steunpunt_oin == *call.oin() => Ok(file),
            Some(_) | None => self.refuse_hidden(call).await,
        }
    }

    /// Logs and tells a no that does not say whether the thing exists.
    pub(super) async fn refuse_hidden<T>(&self, call: &Call) -> Result<T> {
        match self.refuse(call, DenialReason::NotFoundOrNotAllowed).await {
            Err(Error::Denied { .. }) => Err(Error::hidden()),
            other => other,
        }
    }

    /// Reads a case in one snapshot and opens it.
    pub(super) async fn case_file(&self, case_ref: &CaseRef) -> Result<Option<CaseFile>> {
        let mut tx = self.db().read().await?;
        let Some(case) = tx.case(case_ref).await? else { return Ok(None) };
        let members = tx.case_members(case_ref).await?;
        let persons = tx.case_persons(case_ref).await?;
        let facts = tx.person_facts(case_ref).await?;
        drop(tx);
        self.open_case_file(CaseFacts { case, members, persons, facts }).await.map(Some)
    }

    /// Opens a case that was read.
    pub(super) async fn open_case_file(&self, read: CaseFacts) -> Result<CaseFile> {
        let CaseFacts { case: row, members, persons, facts } = read;
        let subjects: Vec<Pseudonym> = persons.iter().map(|person| person.subject).collect();
        let keys = self.keys().existing(&subjects).await?;
        let mut people = Vec::with_capacity(persons.len());
        for (person, key) in persons.iter().zip(keys) {
            let name = person_row(&row.case_ref, person.subject);
            let content = open_cell(&person.content, &key.wrapping_key(), "case_persons", &name)?;
            let record = serde_json::from_slice(&content).map_err(Error::internal)?;
            people.push(CasePersonFile { subject: person.subject, record, key });
        }
        let members = members.iter().map(member).collect::<Result<_>>()?;
        let case = open_case(&row, &people)?;
        Ok(CaseFile { row, members, people, facts, case })
    }

    /// The newest version of every consent of a case, opened.
    pub(super) async fn consents_of(&self, tx: &mut Tx, file: &CaseFile) -> Result<Vec<Consent>> {
        opened_consents(file, tx.consents_of_case(file.case_ref(), CONSENTS_MAX).await?)
    }

    /// What a decision in a case is made on: its consents, and what its people refused or took back in
    /// other cases.
    pub(super) async fn words_in(&self, tx: &mut Tx, file: &CaseFile) -> Result<Vec<Consent>> {
        let consents = self.consents_of(tx, file).await?;
        with_denials(file, consents, tx.consents_elsewhere(file.case_ref(), CONSENTS_MAX).await?)
    }

    /// One entry per person of a case for something that was done to the case itself.
    pub(super) fn case_entries(
        &self,
        call: &Call,
        case_ref: &CaseRef,
        people: &[CasePersonFile],
        event: EventCode,
        detail: &str,
    ) -> Result<Vec<NewEntry>> {
        let group = new_group(call)?;
        let count = u64::try_from(people.len()).map_err(Error::internal)?;
        people
            .iter()
            .map(|person| {
                let age_band = person.record.age_band(call.now());
                let administration =
                    Administration { scope: Scope::Case.number(), count, digest: [0; 32] };
                let happening = Happening {
                    subject: Some(Subject { key: &person.key, age_band }),
                    case_ref: Some(case_ref),
                    detail: detail.to_owned(),
                    ..Happening::new(
                        event,
                        group,
                        ObjectType::Case,
                        Matter::Administration(administration),
                    )
                };
                Ok(self.write_down(call, happening)?.entry)
            })
            .collect()
    }
}

/// The consents of a case that were read, opened.
pub(super) fn opened_consents(file: &CaseFile, rows: Vec<ConsentRow>) -> Result<Vec<Consent>> {
    // A refusal beyond the limit would go unseen, so nothing is decided on part of the consents.
    if u32::try_from(rows.len()).is_ok_and(|found| found >= CONSENTS_MAX) {
        return Err(Error::internal(TooManyConsents));
    }
    let mut consents = Vec::with_capacity(rows.len());
    for row in rows {
        let person = file
            .person_of(row.subject)
            .ok_or_else(|| Error::internal(Unreadable { table: "consents" }))?;
        consents.push(super::consents::open_consent(&row, &person.key)?);
    }
    Ok(consents)
}

/// Adds what the people of a case refused or took back in other cases, and did not agree to again there
/// since. What they agreed to there permits nothing here.
pub(super) fn with_denials(
    file: &CaseFile,
    mut consents: Vec<Consent>,
    elsewhere: Vec<ConsentRow>,
) -> Result<Vec<Consent>> {
    let elsewhere = opened_consents(file, elsewhere)?;
    let stands = |no: &&Consent| {
        let is_replaced = |other: &Consent| !other.is_denial() && other.replaces(no);
        no.is_denial() && !elsewhere.iter().any(is_replaced)
    };
    consents.extend(elsewhere.iter().filter(stands).cloned());
    Ok(consents)
}

fn open_case(row: &CaseRow, people: &[CasePersonFile]) -> Result<Case> {
    let keys: Vec<_> = people.iter().map(|person| Arc::clone(&person.key)).collect();
    let name = row.case_ref.as_str().as_bytes();
    let content = open_cell(&row.content, &combined(&keys)?, "cases", name)?;
    let progress: Progress = serde_json::from_slice(&content).map_err(Error::internal)?;
    Ok(Case {
        state: code(row.state, CaseState::from_number)?,
        phase: code(row.phase, SafetyPhase::from_number)?,
        progress,
        people: people.iter().map(|person| person.record.person()).collect(),
    })
}

/// Police, municipality and overseers are never in a case team.
pub(super) fn may_sit_in_team(role: Role) -> bool {
    match role {
        Role::Steunpunt
        | Role::SocialWork
        | Role::YouthCare
        | Role::MentalHealth
        | Role::DisabilitySupport
        | Role::Shelter => true,
        Role::Police | Role::Municipality | Role::Oversight | Role::Gateway => false,
    }
}

/// Names the sealed cell of a person of a case.
pub(super) fn person_row(case_ref: &CaseRef, subject: Pseudonym) -> Vec<u8> {
    [case_ref.as_str().as_bytes(), subject.as_bytes()].concat()
}

/// Seals the steps of a case under the keys of all its people.
pub(super) fn seal_progress(
    case_ref: &CaseRef,
    progress: &Progress,
    key: &WrappingKey,
) -> Result<Vec<u8>> {
    let content = serde_json::to_vec(progress).map_err(Error::internal)?;
    seal_cell(&content, key, "cases", case_ref.as_str().as_bytes())
}

/// The people of a case, as far as steps depend on them.
pub(super) fn case_people(people: &[CasePersonFile]) -> Vec<CasePerson> {
    people.iter().map(|person| person.record.person()).collect()
}

fn member(row: &MemberRow) -> Result<Member> {
    let kind = code(row.kind, MemberKind::from_number)?;
    let reason = match row.reason {
        0 => None,
        reason => Some(code(reason, JoinReason::from_number)?),
    };
    let membership = Membership::of(kind, reason)
        .ok_or_else(|| Error::internal(Unreadable { table: "case_members" }))?;
    Ok(Member {
        oin: row.oin.clone(),
        membership,
        member_from: row.member_from,
        member_until: row.member_until,
    })
}

/// A stored number that must be a code.
pub(super) fn code<T>(number: i64, from_number: fn(u16) -> Option<T>) -> Result<T> {
    u16::try_from(number)
        .ok()
        .and_then(from_number)
        .ok_or_else(|| Error::internal(UnknownCode { list: std::any::type_name::<T>() }))
}
