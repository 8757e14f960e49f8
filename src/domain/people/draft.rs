//! A change of people as a message carries it, and how it is parsed.

use std::collections::BTreeMap;

use super::{PersonChange, RestrictionGround};
use crate::domain::consent::{Capacity, Signer};
use crate::domain::draft::{Fields, Reading};
use crate::domain::id::{CaseRef, PersonKey, Pseudonym, UserId};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;

/// A change about one person, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct PersonChangeDraft {
    pub case_ref: String,
    pub person_key: String,
    pub supervisor_user_id: String,
    pub change: ChangeDraft,
}

/// What changes, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub enum ChangeDraft {
    /// Nothing was given.
    #[default]
    NotGiven,
    RepresentationBegun {
        representative_key: String,
        capacity: i32,
        from: Option<Timestamp>,
    },
    RepresentationEnded {
        representative_key: String,
        capacity: i32,
        until: Option<Timestamp>,
    },
    ExclusionLifted {
        representative_key: String,
    },
    IncapacityBegun {
        decided_by_user_id: String,
        from: Option<Timestamp>,
    },
    IncapacityEnded {
        decided_by_user_id: String,
        until: Option<Timestamp>,
    },
    ProcessingRestricted {
        ground: i32,
    },
    RestrictionLifted {
        ground: i32,
        subject_informed_at: Option<Timestamp>,
    },
}

/// A change about one person, with who agreed to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Whom it is about.
    pub person: Pseudonym,
    /// What changes.
    pub change: PersonChange,
    /// Who agreed; somebody else than who recorded it. None only where one person is enough: a
    /// restriction of processing protects, and is not to wait for anybody.
    pub supervisor: Option<UserId>,
}

impl PersonChangeDraft {
    /// The change, or everything that is wrong with it. `actor` is who records it.
    pub fn parse(
        &self,
        people: &BTreeMap<PersonKey, Pseudonym>,
        actor: &UserId,
        now: Timestamp,
    ) -> Result<Decided, Violations> {
        let mut violations = Violations::new();
        let mut fields = Fields::new("", &mut violations);
        let case_ref: Reading<CaseRef> = fields.text("case_ref", &self.case_ref);
        let person = read_person(&mut fields, "person_key", &self.person_key, people);
        let change = self.change.read(&mut fields, (people, person.ok()), now);
        let supervisor = self.read_supervisor(&mut fields, actor);
        match (case_ref, person, change, supervisor) {
            (Ok(_), Ok(person), Ok(change), Ok(supervisor)) if violations.is_empty() => {
                Ok(Decided { person, change, supervisor })
            }
            _ => Err(violations),
        }
    }

    /// Somebody else agrees, who did not decide it either.
    fn read_supervisor(&self, fields: &mut Fields<'_>, actor: &UserId) -> Reading<Option<UserId>> {
        let name = "supervisor_user_id";
        let supervisor: Option<UserId> = match &self.change {
            ChangeDraft::NotGiven | ChangeDraft::ProcessingRestricted { .. } => {
                fields.optional_text(name, &self.supervisor_user_id)?
            }
            ChangeDraft::RepresentationBegun { .. }
            | ChangeDraft::RepresentationEnded { .. }
            | ChangeDraft::ExclusionLifted { .. }
            | ChangeDraft::IncapacityBegun { .. }
            | ChangeDraft::IncapacityEnded { .. }
            | ChangeDraft::RestrictionLifted { .. } => {
                Some(fields.text(name, &self.supervisor_user_id)?)
            }
        };
        let decided_by = match &self.change {
            ChangeDraft::IncapacityBegun { decided_by_user_id, .. }
            | ChangeDraft::IncapacityEnded { decided_by_user_id, .. } => decided_by_user_id,
            ChangeDraft::NotGiven
            | ChangeDraft::RepresentationBegun { .. }
            | ChangeDraft::RepresentationEnded { .. }
            | ChangeDraft::ExclusionLifted { .. }
            | ChangeDraft::ProcessingRestricted { .. }
            | ChangeDraft::RestrictionLifted { .. } => "",
        };
        let is_other =
            supervisor.as_ref().is_none_or(|one| one != actor && one.as_str() != decided_by);
        let words = "must be somebody else than the actor and than who decided";
        fields.require(is_other, name, "FOUR_EYES", words);
        Ok(supervisor)
    }
}

impl ChangeDraft {
    fn read(
        &self,
        fields: &mut Fields<'_>,
        (people, person): (&BTreeMap<PersonKey, Pseudonym>, Option<Pseudonym>),
        now: Timestamp,
    ) -> Reading<PersonChange> {
        match self {
            Self::NotGiven => Err(fields.wrong("change", "REQUIRED", "must be given")),
            Self::RepresentationBegun { representative_key, capacity, from } => {
                let mut fields = fields.message("representation_begun");
                let from = fields.past("from", *from, now);
                let signer =
                    read_signer(&mut fields, (representative_key, *capacity), people, person);
                Ok(PersonChange::RepresentationBegun { signer: signer?, from: from? })
            }
            Self::RepresentationEnded { representative_key, capacity, until } => {
                let mut fields = fields.message("representation_ended");
                let until = fields.past("until", *until, now);
                let signer =
                    read_signer(&mut fields, (representative_key, *capacity), people, person);
                Ok(PersonChange::RepresentationEnded { signer: signer?, until: until? })
            }
            Self::ExclusionLifted { representative_key } => {
                let mut fields = fields.message("exclusion_lifted");
                let name = "representative_key";
                let representative = read_person(&mut fields, name, representative_key, people)?;
                Ok(PersonChange::ExclusionLifted { representative })
            }
            Self::IncapacityBegun { decided_by_user_id, from } => {
                let mut fields = fields.message("incapacity_begun");
                let from = fields.past("from", *from, now);
                let decided_by = fields.text("decided_by_user_id", decided_by_user_id);
                Ok(PersonChange::IncapacityBegun { decided_by: decided_by?, from: from? })
            }
            Self::IncapacityEnded { decided_by_user_id, until } => {
                let mut fields = fields.message("incapacity_ended");
                let until = fields.past("until", *until, now);
                let decided_by = fields.text("decided_by_user_id", decided_by_user_id);
                Ok(PersonChange::IncapacityEnded { decided_by: decided_by?, until: until? })
            }
            Self::ProcessingRestricted { ground } => {
                let mut fields = fields.message("processing_restricted");
                let ground = fields.code("ground", *ground, RestrictionGround::from_number)?;
                Ok(PersonChange::ProcessingRestricted { ground })
            }
            Self::RestrictionLifted { ground, subject_informed_at } => {
                let mut fields = fields.message("restriction_lifted");
                let informed = fields.past("subject_informed_at", *subject_informed_at, now);
                let ground = fields.code("ground", *ground, RestrictionGround::from_number);
                Ok(PersonChange::RestrictionLifted {
                    ground: ground?,
                    subject_informed_at: informed?,
                })
            }
        }
    }
}

fn read_signer(
    fields: &mut Fields<'_>,
    (representative_key, capacity): (&str, i32),
    people: &BTreeMap<PersonKey, Pseudonym>,
    person: Option<Pseudonym>,
) -> Reading<Signer> {
    let name = "representative_key";
    let representative = read_person(fields, name, representative_key, people);
    let capacity = fields.code("capacity", capacity, Capacity::from_number);
    let words = "must be a capacity in which somebody decides for another";
    let is_other = capacity != Ok(Capacity::Itself);
    fields.require(is_other, "capacity", "UNKNOWN_CODE", words);
    let words = "must be somebody else than the person";
    let is_other = representative.is_err() || representative.ok() != person;
    fields.require(is_other, name, "DUPLICATE", words);
    Ok(Signer { person: representative?, capacity: capacity? })
}

fn read_person(
    fields: &mut Fields<'_>,
    name: &str,
    text: &str,
    people: &BTreeMap<PersonKey, Pseudonym>,
) -> Reading<Pseudonym> {
    let key: PersonKey = fields.text(name, text)?;
    let words = "must be a person of the case";
    people.get(&key).copied().ok_or_else(|| fields.wrong(name, "UNKNOWN_PERSON", words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testema::{RUBEN, SEM, at, parent, people};

    const NOW: &str = "2026-05-29T10:00:00Z";

    fn sems(change: ChangeDraft, supervisor: &str) -> Result<Decided, Vec<(String, &'static str)>> {
        let draft = PersonChangeDraft {
            case_ref: "VVT-2026-000123".to_owned(),
            person_key: "sem".to_owned(),
            supervisor_user_id: supervisor.to_owned(),
            change,
        };
        let actor: UserId = "sp-0147".parse().unwrap();
        draft.parse(&people(), &actor, at(NOW)).map_err(|violations| {
            violations.iter().map(|one| (one.field.clone(), one.rule)).collect()
        })
    }

    fn ended(representative: &str, capacity: i32, until: &str) -> ChangeDraft {
        let representative_key = representative.to_owned();
        let until = Some(at(until));
        ChangeDraft::RepresentationEnded { representative_key, capacity, until }
    }

    #[test]
    fn a_loss_of_authority_is_read_with_its_moment() {
        let decided = sems(ended("ruben", 2, "2026-05-01T00:00:00Z"), "sp-0031").unwrap();
        let until = at("2026-05-01T00:00:00Z");
        let change = PersonChange::RepresentationEnded { signer: parent(RUBEN), until };
        let supervisor = Some("sp-0031".parse().unwrap());
        assert_eq!(decided, Decided { person: SEM, change, supervisor });
    }

    #[test]
    fn a_change_does_not_count_from_a_moment_to_come() {
        let wrong = sems(ended("ruben", 2, "2026-05-29T10:00:00.000001Z"), "sp-0031").unwrap_err();
        assert_eq!(wrong, [("representation_ended.until".to_owned(), "IN_FUTURE")]);
        let begun = ChangeDraft::IncapacityBegun {
            decided_by_user_id: "ggz-1".to_owned(),
            from: Some(at("2026-05-30T00:00:00Z")),
        };
        let wrong = sems(begun, "sp-0031").unwrap_err();
        assert_eq!(wrong, [("incapacity_begun.from".to_owned(), "IN_FUTURE")]);
    }

    #[test]
    fn two_people_decide_about_authority_and_incapacity() {
        let change = ended("ruben", 2, NOW);
        let name = "supervisor_user_id".to_owned();
        assert_eq!(sems(change.clone(), "").unwrap_err(), [(name.clone(), "REQUIRED")]);
        assert_eq!(sems(change, "sp-0147").unwrap_err(), [(name.clone(), "FOUR_EYES")]);
        let begun = ChangeDraft::IncapacityBegun {
            decided_by_user_id: "sp-0031".to_owned(),
            from: Some(at(NOW)),
        };
        assert_eq!(sems(begun, "sp-0031").unwrap_err(), [(name, "FOUR_EYES")]);
    }

    #[test]
    fn a_restriction_protects_and_waits_for_nobody_but_its_end_does() {
        let restricted = ChangeDraft::ProcessingRestricted { ground: 4 };
        assert_eq!(sems(restricted, "").unwrap().supervisor, None);
        let lifted =
            ChangeDraft::RestrictionLifted { ground: 4, subject_informed_at: Some(at(NOW)) };
        let name = "supervisor_user_id".to_owned();
        assert_eq!(sems(lifted, "").unwrap_err(), [(name, "REQUIRED")]);
        let untold = ChangeDraft::RestrictionLifted { ground: 4, subject_informed_at: None };
        let name = "restriction_lifted.subject_informed_at".to_owned();
        assert_eq!(sems(untold, "sp-0031").unwrap_err(), [(name, "REQUIRED")]);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = sems(ended("sem", 1, NOW), "sp-0031").unwrap_err();
        let name = |field: &str| format!("representation_ended.{field}");
        let expected =
            [(name("capacity"), "UNKNOWN_CODE"), (name("representative_key"), "DUPLICATE")];
        assert_eq!(wrong, expected);
        let wrong = sems(ended("nobody", 99, NOW), "sp-0031").unwrap_err();
        let expected =
            [(name("representative_key"), "UNKNOWN_PERSON"), (name("capacity"), "UNKNOWN_CODE")];
        assert_eq!(wrong, expected);
        assert_eq!(
            sems(ChangeDraft::NotGiven, "").unwrap_err(),
            [("change".to_owned(), "REQUIRED")]
        );
    }
}
