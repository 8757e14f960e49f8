//! A person of a case, as sealed under the person's own key.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::CasePerson;
use crate::domain::consent::Span;
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
    /// When the person could not, or cannot, decide for themselves, whatever their age.
    pub incapacities: Vec<Incapacity>,
}

/// That somebody cannot decide for themselves, or could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incapacity {
    /// Who decided so.
    pub decided_by: UserId,
    /// Who agreed; none for what was known when the case was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<UserId>,
    /// From when on, and until when it ended.
    pub during: Span,
    /// Who found that it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<UserId>,
    /// Who agreed that it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_supervisor: Option<UserId>,
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

    /// When the person could not, or cannot, decide for themselves.
    pub fn incapable(&self) -> Vec<Span> {
        self.incapacities.iter().map(|incapacity| incapacity.during).collect()
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
