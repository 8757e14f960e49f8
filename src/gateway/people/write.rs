//! The rows of a change. What begins gets a row, what ends gets its end; incapacity stands in the
//! sealed record of the person, because it says something about their health.

use crate::domain::case::{CasePersonRecord, Incapacity};
use crate::domain::consent::Span;
use crate::domain::id::{Pseudonym, UserId};
use crate::domain::people::{Decided, PersonChange};
use crate::domain::time::Timestamp;
use crate::gateway::call::Call;
use crate::gateway::case_file::{CaseFile, CasePersonFile, person_row};
use crate::gateway::error::{Error, Result, Unreadable};
use crate::gateway::keys::seal_cell;
use crate::store::{PersonFactKind, PersonFactRow};

use super::work::Write;

/// The rows of a change that was found possible.
pub(super) fn writes(
    call: &Call,
    file: &CaseFile,
    person: &CasePersonFile,
    decided: &Decided,
) -> Result<Vec<Write>> {
    use PersonFactKind::{Excluded, Represented, Restricted};
    let rows = Rows { call, file, person, supervisor: decided.supervisor.as_ref() };
    let write = match &decided.change {
        PersonChange::RepresentationBegun { signer, from } => {
            rows.begin(Represented, (signer.person, signer.capacity.number()), *from)
        }
        PersonChange::RepresentationEnded { signer, until } => {
            rows.end(Represented, signer.person, Some(signer.capacity.number()), *until)?
        }
        PersonChange::RepresentativeExcluded { representative, reason } => {
            rows.begin(Excluded, (*representative, reason.number()), call.now())
        }
        PersonChange::ExclusionLifted { representative } => {
            rows.end(Excluded, *representative, None, call.now())?
        }
        PersonChange::ProcessingRestricted { ground } => {
            rows.begin(Restricted, (person.subject, ground.number()), call.now())
        }
        PersonChange::RestrictionLifted { ground, .. } => {
            rows.end(Restricted, person.subject, Some(ground.number()), call.now())?
        }
        PersonChange::IncapacityBegun { decided_by, from } => rows.incapable(decided_by, *from)?,
        PersonChange::IncapacityEnded { decided_by, until } => rows.capable(decided_by, *until)?,
    };
    Ok(vec![write])
}

struct Rows<'c> {
    call: &'c Call,
    file: &'c CaseFile,
    person: &'c CasePersonFile,
    supervisor: Option<&'c UserId>,
}

impl Rows<'_> {
    fn begin(
        &self,
        kind: PersonFactKind,
        (other, code): (Pseudonym, u16),
        from: Timestamp,
    ) -> Write {
        Write::Begin(PersonFactRow {
            subject: self.person.subject,
            kind: i64::from(kind.number()),
            other,
            code: i64::from(code),
            counts_from: from,
            counts_until: None,
            decided_by: self.call.actor.user_id.clone(),
            supervisor_user_id: self.supervisor.cloned(),
            ended_by: None,
            end_supervisor_user_id: None,
        })
    }

    fn end(
        &self,
        kind: PersonFactKind,
        other: Pseudonym,
        code: Option<u16>,
        until: Timestamp,
    ) -> Result<Write> {
        let open = self
            .file
            .facts_of(self.person.subject, kind)
            .filter(|row| row.other == other && row.counts_until.is_none())
            .find(|row| code.is_none_or(|code| row.code == i64::from(code)))
            .ok_or_else(|| Error::internal(Unreadable { table: "person_facts" }))?;
        Ok(Write::End(PersonFactRow {
            counts_until: Some(until),
            ended_by: Some(self.call.actor.user_id.clone()),
            end_supervisor_user_id: self.supervisor.cloned(),
            ..open.clone()
        }))
    }

    fn incapable(&self, decided_by: &UserId, from: Timestamp) -> Result<Write> {
        let mut record = self.person.record.clone();
        record.incapacities.push(Incapacity {
            decided_by: decided_by.clone(),
            supervisor: self.supervisor.cloned(),
            during: Span::since(from),
            ended_by: None,
            end_supervisor: None,
        });
        self.seal(&record)
    }

    fn capable(&self, decided_by: &UserId, until: Timestamp) -> Result<Write> {
        let mut record = self.person.record.clone();
        for incapacity in record.incapacities.iter_mut().filter(|one| one.during.is_open()) {
            incapacity.during.until = Some(until);
            incapacity.ended_by = Some(decided_by.clone());
            incapacity.end_supervisor = self.supervisor.cloned();
        }
        self.seal(&record)
    }

    fn seal(&self, record: &CasePersonRecord) -> Result<Write> {
        let content = serde_json::to_vec(record).map_err(Error::internal)?;
        let name = person_row(self.file.case_ref(), self.person.subject);
        let key = self.person.key.wrapping_key();
        Ok(Write::Person(seal_cell(&content, &key, "case_persons", &name)?))
    }
}
