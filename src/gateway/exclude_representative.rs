//! Somebody may no longer decide for a person of a case (Jeugdwet art. 7.3.15 lid 4).
//!
//! From that moment the signature of the excluded representative neither counts nor is needed
//! (DOMAIN §3.1). The version of the case's facts rises in the same commit, so a disclosure that was
//! decided on the facts before is decided again.

use crate::domain::consent::{ExclusionReason, State};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, ConsentId, PersonKey, Pseudonym, UserId};
use crate::domain::violation::Violations;
use crate::ledger::entry::Administration;
use crate::store::{self, NewEntry, Placed, RepresentationRow, Tx};

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile};
use super::error::{Error, Result};
use super::journal::{Happening, Matter, Scope, Subject, new_group};
use super::once::{DECISIONS_MAX, Done, Encode, Keep, Refusal, Work};

/// Who is to be excluded from deciding for whom.
#[derive(Debug, Clone)]
pub struct Excluding {
    /// Case.
    pub case_ref: CaseRef,
    /// Person who is represented.
    pub person: PersonKey,
    /// Person who represents.
    pub representative: PersonKey,
    /// Why.
    pub reason: ExclusionReason,
    /// Who agreed; not the actor.
    pub supervisor: UserId,
}

/// What is told after an exclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded {
    /// Consents of the person that were in force, whose signatures are judged by the new facts.
    pub affected: Vec<ConsentId>,
}

impl Gateway {
    /// Excludes a representative, on the word of two people of the Steunpunt that directs the case.
    pub async fn exclude_representative(
        &self,
        call: &Call,
        request: &Request,
        excluding: Excluding,
        encode: Encode<Excluded>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let file = self.case_directed_by(call, &excluding.case_ref).await?;
            let (person, representation) = excluding.find(call, &file)?;
            let mut tx = self.db().read().await?;
            let consents = self.consents_of(&mut tx, &file).await?;
            drop(tx);
            let affected = consents
                .iter()
                .filter(|consent| consent.terms.subject == person.subject)
                .filter(|consent| consent.state() == State::Active)
                .map(|consent| consent.consent_id)
                .collect();
            let work = Exclude {
                case_ref: excluding.case_ref.clone(),
                row: excluding.row(call, representation),
                entry: self.exclusion_entry(call, &file, person, &excluding)?,
                answer: Excluded { affected },
            };
            match self.once(call, request, work, Keep::Plain, encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    fn exclusion_entry(
        &self,
        call: &Call,
        file: &CaseFile,
        person: &CasePersonFile,
        excluding: &Excluding,
    ) -> Result<NewEntry> {
        let age_band = person.record.age_band(call.now());
        let exclusion = Administration { scope: Scope::Case.number(), count: 1, digest: [0; 32] };
        let happening = Happening {
            subject: Some(Subject { key: &person.key, age_band }),
            case_ref: Some(file.case_ref()),
            detail: format!("{} agreed by {}", excluding.reason, excluding.supervisor),
            ..Happening::new(
                EventCode::RepresentativeExcluded,
                new_group(call)?,
                ObjectType::Case,
                Matter::Administration(exclusion),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }
}

impl Excluding {
    /// The person and the representation, or everything that is wrong.
    fn find<'f>(
        &self,
        call: &Call,
        file: &'f CaseFile,
    ) -> Result<(&'f CasePersonFile, &'f RepresentationRow)> {
        let mut violations = Violations::new();
        let words = "must be somebody else than the actor";
        let four_eyes = self.supervisor != call.actor.user_id;
        violations.require(four_eyes, "supervisor_user_id", "FOUR_EYES", words);
        let mut find = |field: &str, key: &PersonKey| {
            let found = file.person(key);
            let words = "must be a person of the case";
            violations.require(found.is_some(), field, "UNKNOWN_PERSON", words);
            found
        };
        let person = find("person_key", &self.person);
        let representative = find("representative_key", &self.representative);
        let (Some(person), Some(representative), true) =
            (person, representative, violations.is_empty())
        else {
            return Err(violations.into());
        };
        let row = representation(file, person.subject, representative.subject)?;
        Ok((person, row))
    }

    fn row(&self, call: &Call, representation: &RepresentationRow) -> RepresentationRow {
        RepresentationRow {
            exclusion_reason: Some(i64::from(self.reason.number())),
            excluded_by: Some(call.actor.user_id.clone()),
            supervisor_user_id: Some(self.supervisor.clone()),
            excluded_at: Some(call.now()),
            ..representation.clone()
        }
    }
}

/// In what capacity somebody decides for a person; refused when not, or not any more.
fn representation(
    file: &CaseFile,
    subject: Pseudonym,
    representative: Pseudonym,
) -> Result<&RepresentationRow> {
    let row = file
        .representations
        .iter()
        .find(|row| (row.subject, row.representative) == (subject, representative));
    match row {
        Some(row) if row.exclusion_reason.is_none() => Ok(row),
        Some(_) => Err(Error::unmet("NOT_EXCLUDED", "the representative is excluded already")),
        None => Err(Error::unmet("REPRESENTATIVE", "must be a representative of the person")),
    }
}

struct Exclude {
    case_ref: CaseRef,
    row: RepresentationRow,
    entry: NewEntry,
    answer: Excluded,
}

impl Work for Exclude {
    type Answer = Excluded;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        tx.raise_facts_version(&self.case_ref).await?;
        match tx.exclude_representation(&self.case_ref, &self.row).await {
            Ok(()) => Ok(Ok(vec![self.entry.clone()])),
            // Somebody else excluded it since it was read.
            Err(store::Error::Conflict) => Ok(Err(Refusal::Stale)),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<Excluded> {
        Ok(self.answer.clone())
    }
}
