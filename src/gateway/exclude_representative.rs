//! Somebody may no longer decide for a person of a case (Jeugdwet art. 7.3.15 lid 4).
//!
//! From that moment the signature of the excluded representative neither counts nor is needed
//! (DOMAIN §3.1), in whatever capacity. What else follows is that of every change of people.

use crate::domain::consent::ExclusionReason;
use crate::domain::id::{CaseRef, PersonKey, UserId};
use crate::domain::people::{Decided, PersonChange};
use crate::domain::violation::Violations;

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::CaseFile;
use super::error::{Error, Result};
use super::once::{DECISIONS_MAX, Done, Encode};
use super::people::PersonChanged;

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

impl Gateway {
    /// Excludes a representative, on the word of two people of the Steunpunt that directs the case.
    pub async fn exclude_representative(
        &self,
        call: &Call,
        request: &Request,
        excluding: Excluding,
        encode: Encode<PersonChanged>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let file = self.case_directed_by(call, &excluding.case_ref).await?;
            let decided = excluding.decide(call, &file)?;
            match self.change_person(call, request, (&file, &decided), encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }
}

impl Excluding {
    /// The exclusion, or everything that is wrong.
    fn decide(&self, call: &Call, file: &CaseFile) -> Result<Decided, Violations> {
        let mut violations = Violations::new();
        let words = "must be somebody else than the actor";
        let four_eyes = self.supervisor != call.actor.user_id;
        violations.require(four_eyes, "supervisor_user_id", "FOUR_EYES", words);
        let mut find = |field: &str, key: &PersonKey| {
            let found = file.person(key).map(|person| person.subject);
            let words = "must be a person of the case";
            violations.require(found.is_some(), field, "UNKNOWN_PERSON", words);
            found
        };
        let person = find("person_key", &self.person);
        let representative = find("representative_key", &self.representative);
        match (person, representative, violations.is_empty()) {
            (Some(person), Some(representative), true) => Ok(Decided {
                person,
                change: PersonChange::RepresentativeExcluded {
                    representative,
                    reason: self.reason,
                },
                supervisor: Some(self.supervisor.clone()),
            }),
            _ => Err(violations),
        }
    }
}
