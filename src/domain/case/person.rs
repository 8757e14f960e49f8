//! A person of a case, as sealed under the person's own key.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::CasePerson;
use crate::domain::id::{PersonKey, UserId};
use crate::domain::person::{AgeBand, PersonName};
use crate::domain::summary::{Part, identification_part};
use crate::domain::time::{Date, Timestamp};

/// What a case knows of a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasePersonRecord {
    /// Who, within the case.
    pub key: PersonKey,
    /// Names.
    pub name: PersonName,
    /// Born when.
    pub birth_date: Date,
    /// Set when the person cannot decide for themselves, whatever their age.
    pub incapacity: Option<Incapacity>,
}

/// That somebody cannot decide for themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incapacity {
    /// Who decided so.
    pub decided_by: UserId,
}

impl fmt::Debug for CasePersonRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CasePersonRecord(…)")
    }
}

impl CasePersonRecord {
    /// Age at this moment, as far as consent depends on it.
    pub fn age_band(&self, at: Timestamp) -> AgeBand {
        AgeBand::on(self.birth_date, at)
    }

    /// Whether the person cannot decide for themselves.
    pub fn is_incapable(&self) -> bool {
        self.incapacity.is_some()
    }

    /// The person, as far as the steps of the case depend on them.
    pub fn person(&self) -> CasePerson {
        CasePerson { key: self.key.clone(), birth_date: self.birth_date }
    }

    /// What says who the person is, as a part of a summary.
    pub fn identification(&self) -> Part {
        identification_part(&self.key, &self.name, self.birth_date)
    }
}
