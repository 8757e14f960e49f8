//! What holds of a person of a case, put together from what is stored: who decides for the person,
//! when the person cannot, and whether processing is restricted.

use crate::domain::consent::{
    Capacity, Exclusion, ExclusionReason, LegalPosition, Representative, Signer, Span,
};
use crate::domain::id::Pseudonym;
use crate::domain::people::{Restriction, RestrictionGround, Standing};
use crate::domain::time::Timestamp;
use crate::gateway::error::{Error, Result, Unreadable};
use crate::store::{PersonFactKind, PersonFactRow};

use super::{CaseFile, CasePersonFile, code};

impl CaseFile {
    /// Age, capacity and representatives of a person, with their history.
    pub(in crate::gateway) fn position(&self, person: &CasePersonFile) -> Result<LegalPosition> {
        let represented = self.facts_of(person.subject, PersonFactKind::Represented);
        let representatives =
            represented.map(|row| self.representative(row)).collect::<Result<_>>()?;
        Ok(LegalPosition {
            subject: person.subject,
            birth_date: person.record.birth_date,
            incapable: person.record.incapable(),
            representatives,
        })
    }

    /// The same, with the restrictions of processing.
    pub(in crate::gateway) fn standing(&self, person: &CasePersonFile) -> Result<Standing> {
        let restrictions = self
            .facts_of(person.subject, PersonFactKind::Restricted)
            .map(|row| {
                let ground = code(row.code, RestrictionGround::from_number)?;
                Ok(Restriction { ground, during: during(row) })
            })
            .collect::<Result<_>>()?;
        Ok(Standing { position: self.position(person)?, restrictions })
    }

    /// Whether a person had the processing restricted, in whatever case (AVG art. 18).
    pub(in crate::gateway) fn is_restricted(&self, subject: Pseudonym, at: Timestamp) -> bool {
        let here = self.facts_of(subject, PersonFactKind::Restricted);
        let elsewhere = self.facts_of(subject, PersonFactKind::RestrictedElsewhere);
        here.chain(elsewhere).any(|row| during(row).covers(at))
    }

    /// What holds, or held, of a person, of one kind.
    pub(in crate::gateway) fn facts_of(
        &self,
        subject: Pseudonym,
        kind: PersonFactKind,
    ) -> impl Iterator<Item = &PersonFactRow> {
        let kind = i64::from(kind.number());
        self.facts.iter().filter(move |row| row.subject == subject && row.kind == kind)
    }

    /// Who is excluded is excluded in every capacity.
    fn representative(&self, row: &PersonFactRow) -> Result<Representative> {
        let capacity = code(row.code, Capacity::from_number)?;
        let exclusions = self
            .facts_of(row.subject, PersonFactKind::Excluded)
            .filter(|excluded| excluded.other == row.other)
            .map(exclusion)
            .collect::<Result<_>>()?;
        Ok(Representative {
            signer: Signer { person: row.other, capacity },
            has_authority: matches!(capacity, Capacity::ParentWithAuthority | Capacity::Guardian),
            during: during(row),
            exclusions,
        })
    }
}

fn exclusion(row: &PersonFactRow) -> Result<Exclusion> {
    let unreadable = || Error::internal(Unreadable { table: "person_facts" });
    Ok(Exclusion {
        reason: code(row.code, ExclusionReason::from_number)?,
        decided_by: row.decided_by.clone(),
        supervisor: row.supervisor_user_id.clone().ok_or_else(unreadable)?,
        during: during(row),
    })
}

/// The time in which it holds.
pub(in crate::gateway) fn during(row: &PersonFactRow) -> Span {
    Span { from: row.counts_from, until: row.counts_until }
}
