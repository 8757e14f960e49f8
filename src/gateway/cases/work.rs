//! What is done inside the commit when a case is opened, joined or moved on.

use crate::domain::case::Member;
use crate::domain::time::Timestamp;
use crate::gateway::case_file::{CaseFile, person_row, seal_progress};
use crate::gateway::error::{Error, Result, Reused};
use crate::gateway::keys::seal_cell;
use crate::gateway::once::{Refusal, Work};
use crate::store::{self, CaseRow, MemberRow, NewEntry, PersonFactRow, PersonRow, Placed, Tx};

use super::{CaseView, view};

/// A case is opened, with its people.
pub(super) struct CreateCase {
    row: CaseRow,
    people: Vec<PersonRow>,
    facts: Vec<PersonFactRow>,
    answer: CaseView,
    entries: Vec<NewEntry>,
}

impl CreateCase {
    /// Seals what is kept of a new case.
    pub(super) fn of(
        file: CaseFile,
        received_at: Timestamp,
        entries: Vec<NewEntry>,
    ) -> Result<Self> {
        let case_ref = file.case_ref();
        let content = seal_progress(case_ref, &file.case.progress, &file.common_key()?)?;
        let mut people = Vec::with_capacity(file.people.len());
        for (position, person) in (0_i64..).zip(&file.people) {
            let record = serde_json::to_vec(&person.record).map_err(Error::internal)?;
            let name = person_row(case_ref, person.subject);
            let key = person.key.wrapping_key();
            let content = seal_cell(&record, &key, "case_persons", &name)?;
            people.push(PersonRow { position, subject: person.subject, content });
        }
        let answer = view(&file, received_at);
        let row = CaseRow { content, ..file.row };
        Ok(Self { row, people, facts: file.facts, answer, entries })
    }
}

impl Work for CreateCase {
    type Answer = CaseView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        if !tx.record_case(&self.row).await? {
            return Ok(Err(Error::Reused(Reused::CaseRef).into()));
        }
        let case_ref = &self.row.case_ref;
        for member in &self.answer.members {
            tx.insert_case_member(case_ref, &member_row(member)).await?;
        }
        for person in &self.people {
            tx.insert_case_person(case_ref, person).await?;
        }
        for fact in &self.facts {
            tx.insert_person_fact(case_ref, fact).await?;
        }
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<CaseView> {
        Ok(self.answer.clone())
    }
}

/// An organisation joins: the facts that decisions rest on change.
pub(super) struct Join {
    pub(super) answer: CaseView,
    pub(super) member: Member,
    pub(super) entries: Vec<NewEntry>,
}

impl Work for Join {
    type Answer = CaseView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        tx.raise_facts_version(&self.answer.case_ref).await?;
        tx.insert_case_member(&self.answer.case_ref, &member_row(&self.member)).await?;
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<CaseView> {
        Ok(self.answer.clone())
    }
}

/// A case moves on, unless somebody else moved it since it was read.
pub(super) struct Advance {
    pub(super) row: CaseRow,
    pub(super) answer: CaseView,
    pub(super) content: Vec<u8>,
    pub(super) entries: Vec<NewEntry>,
}

impl Work for Advance {
    type Answer = CaseView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let state = i64::from(self.answer.state.number());
        let phase = i64::from(self.answer.phase.number());
        if let Some(at) = self.answer.first_contact_at {
            // Stops the clock of the referral; the first time counts.
            tx.record_first_contact(self.row.referral_id, at).await?;
        }
        match tx.update_case(&self.row, state, phase, self.content.clone()).await {
            Ok(()) => Ok(Ok(self.entries.clone())),
            // Somebody else moved the case since it was read.
            Err(store::Error::Conflict) => Ok(Err(Refusal::Stale)),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<CaseView> {
        Ok(self.answer.clone())
    }
}

fn member_row(member: &Member) -> MemberRow {
    MemberRow {
        oin: member.oin.clone(),
        kind: i64::from(member.membership.kind().number()),
        reason: member.membership.reason().map_or(0, |reason| i64::from(reason.number())),
        member_from: member.member_from,
        member_until: member.member_until,
    }
}
