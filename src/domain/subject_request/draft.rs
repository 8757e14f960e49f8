//! From the message to a request that can be judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::decide::{Asking, Requester};
use super::{IdentityCheck, Objection};
use crate::domain::consent::{Capacity, Signer};
use crate::domain::draft::Fields;
use crate::domain::id::{PersonKey, Pseudonym};
use crate::domain::text::{Line, Prose};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;

/// Most characters in the reference of a mandate.
pub const MANDATE_CHARS_MAX: usize = 200;
/// Most characters in a motivation.
pub const MOTIVATION_CHARS_MAX: usize = 2_000;

/// A request, as a message carries it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct SubjectRequestDraft {
    pub subject_person_key: String,
    pub requester_person_key: String,
    pub capacity: i32,
    pub mandate_ref: String,
    pub identity_check: i32,
    pub received_at: Option<Timestamp>,
    pub objection: i32,
    pub objection_motivation: String,
    pub withhold_reporter_motivation: String,
}

/// What is written down about a request besides who asks; sealed under the person's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Particulars {
    /// How it was made sure who asks.
    pub identity_check: IdentityCheck,
    /// Where the written mandate of the person is.
    pub mandate_ref: Option<Line<MANDATE_CHARS_MAX>>,
    /// What opposes the report.
    pub objection: Option<Weighed>,
    /// Why the reporter stays unnamed (Wmo 2015 art. 5.3.1 lid 4).
    pub withhold_reporter: Option<Prose<MOTIVATION_CHARS_MAX>>,
    /// Why it takes longer than a month.
    pub extension: Option<Prose<MOTIVATION_CHARS_MAX>>,
}

/// An objection with its motivation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighed {
    /// What opposes it.
    pub objection: Objection,
    /// Why.
    pub motivation: Prose<MOTIVATION_CHARS_MAX>,
}

/// A request that can be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedRequest {
    /// Whose data.
    pub subject: Pseudonym,
    /// The one who asks, where it is a person of the case.
    pub requester: Option<Pseudonym>,
    /// In what capacity.
    pub capacity: Capacity,
    /// Who asks, for the decision.
    pub asking: Asking,
    /// When it came in.
    pub received_at: Timestamp,
    /// The rest.
    pub particulars: Particulars,
}

impl SubjectRequestDraft {
    /// Reads the request, with the people of the case, or tells everything that is wrong.
    pub fn parse(
        &self,
        people: &BTreeMap<PersonKey, Pseudonym>,
        now: Timestamp,
    ) -> Result<ParsedRequest, Violations> {
        let mut violations = Violations::new();
        let mut fields = Fields::new("request", &mut violations);
        let subject = self.person(&mut fields, "subject_person_key", people);
        let capacity = fields.code("capacity", self.capacity, Capacity::from_number);
        let requester = capacity.ok().and_then(|of| self.requester(&mut fields, of, people));
        let received_at = self.received(&mut fields, now);
        let objection = self.weighed(&mut fields, capacity.ok());
        let check = IdentityCheck::from_number;
        let identity_check = fields.code("identity_check", self.identity_check, check);
        let mandate_ref = fields.optional_text("mandate_ref", &self.mandate_ref);
        let withhold = "withhold_reporter_motivation";
        let withhold_reporter = fields.optional_text(withhold, &self.withhold_reporter_motivation);
        let rest = (identity_check, mandate_ref, withhold_reporter);
        let (
            Some(subject),
            Ok(capacity),
            Some((requester, person)),
            Some(received_at),
            (Ok(identity_check), Ok(mandate_ref), Ok(withhold_reporter)),
            true,
        ) = (subject, capacity, requester, received_at, rest, violations.is_empty())
        else {
            return Err(violations);
        };
        let asking = Asking { requester, objection: objection.as_ref().map(|one| one.objection) };
        let particulars = Particulars {
            identity_check,
            mandate_ref,
            objection,
            withhold_reporter,
            extension: None,
        };
        Ok(ParsedRequest { subject, requester: person, capacity, asking, received_at, particulars })
    }

    fn person(
        &self,
        fields: &mut Fields<'_>,
        name: &str,
        people: &BTreeMap<PersonKey, Pseudonym>,
    ) -> Option<Pseudonym> {
        let text = match name {
            "subject_person_key" => &self.subject_person_key,
            _ => &self.requester_person_key,
        };
        let key: PersonKey = fields.text(name, text).ok()?;
        let found = people.get(&key).copied();
        fields.require(found.is_some(), name, "UNKNOWN_PERSON", "must be a person of the case");
        found
    }

    /// Who asks, and which person of the case that is.
    fn requester(
        &self,
        fields: &mut Fields<'_>,
        capacity: Capacity,
        people: &BTreeMap<PersonKey, Pseudonym>,
    ) -> Option<(Requester, Option<Pseudonym>)> {
        let name = "requester_person_key";
        let mandated = !self.mandate_ref.is_empty();
        let words = "a mandate is for somebody who asks as PROXY";
        fields.absent(!mandated || capacity == Capacity::Proxy, "mandate_ref", words);
        if capacity == Capacity::Itself {
            let itself = self.requester_person_key.is_empty()
                || self.requester_person_key == self.subject_person_key;
            fields.absent(itself, name, "who asks as SELF is the person");
            return Some((Requester::Itself, None));
        }
        if mandated && self.requester_person_key.is_empty() {
            // Somebody from outside the case, for example a lawyer.
            return Some((Requester::Mandated, None));
        }
        let person = self.person(fields, name, people)?;
        let other = self.requester_person_key != self.subject_person_key;
        fields.require(other, name, "SAME_PERSON", "must be somebody else than the person");
        if mandated {
            return Some((Requester::Mandated, Some(person)));
        }
        Some((Requester::Representative(Signer { person, capacity }), Some(person)))
    }

    fn received(&self, fields: &mut Fields<'_>, now: Timestamp) -> Option<Timestamp> {
        let received_at = fields.given("received_at", self.received_at).ok()?;
        let past = received_at <= now;
        fields.require(past, "received_at", "IN_FUTURE", "must not be in the future");
        Some(received_at)
    }

    fn weighed(&self, fields: &mut Fields<'_>, capacity: Option<Capacity>) -> Option<Weighed> {
        let (name, text) = ("objection_motivation", &self.objection_motivation);
        if self.objection == 0 {
            fields.absent(text.is_empty(), name, "nothing opposes the report");
            return None;
        }
        let objection = fields.code("objection", self.objection, Objection::from_number);
        let own = capacity == Some(Capacity::Itself) || !self.mandate_ref.is_empty();
        let misplaced = own && objection == Ok(Objection::PersonInterest);
        let words = "the interest of the person opposes a representative, not the person";
        fields.absent(!misplaced, "objection", words);
        let motivation = fields.text(name, text);
        Some(Weighed { objection: objection.ok()?, motivation: motivation.ok()? })
    }
}
