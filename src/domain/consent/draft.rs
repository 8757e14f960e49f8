//! The way in for a consent: every wrong field of the message at once.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Capacity, ConsentRules, DualOverride, EvidenceDraft, Grantor, Information, OverrideReason,
    Period, Terms,
};
use crate::domain::category::{Categories, Category};
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::id::{Oin, PersonKey, Pseudonym, UserId};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::violation::{Rule, Violations};

/// Most people who sign one consent: the person and every representative, with room to spare.
pub const GRANTORS_MAX: usize = 10;

/// Most codes read from one list; more than any list has, so that a mistake still gets its answer.
const CODES_MAX: usize = 32;

/// A consent or refusal as a message carries it.
#[derive(Debug, Clone, Default)]
pub struct ConsentDraft {
    /// [`Terms::case_ref`].
    pub case_ref: String,
    /// The person, by key within the case.
    pub person_key: String,
    /// [`Terms::source`].
    pub source_oin: String,
    /// [`Terms::recipient`].
    pub recipient_oin: String,
    /// [`Terms::purpose`] as a number.
    pub purpose: i32,
    /// [`Terms::categories`] as numbers.
    pub categories: Vec<i32>,
    /// First moment; now when absent.
    pub valid_from: Option<Timestamp>,
    /// End; the default of the region when absent.
    pub valid_until: Option<Timestamp>,
    /// [`Terms::grantors`].
    pub grantors: Vec<GrantorDraft>,
    /// [`Terms::evidence`].
    pub evidence: Option<EvidenceDraft>,
    /// [`Terms::information_given`] as numbers.
    pub information_given: Vec<i32>,
    /// [`Terms::dual_override`].
    pub dual_override: Option<DualOverrideDraft>,
}

/// Somebody who signed, as a message carries it.
#[derive(Debug, Clone, Default)]
pub struct GrantorDraft {
    /// The signer, by key within the case.
    pub person_key: String,
    /// [`Grantor::capacity`] as a number.
    pub capacity: i32,
    /// [`Grantor::signed_at`].
    pub signed_at: Option<Timestamp>,
}

/// [`DualOverride`] as a message carries it.
#[derive(Debug, Clone, Default)]
pub struct DualOverrideDraft {
    /// [`DualOverride::reason`] as a number.
    pub reason: i32,
    /// [`DualOverride::decided_by`].
    pub decided_by: String,
    /// [`DualOverride::supervisor`].
    pub supervisor: String,
}

impl ConsentDraft {
    /// The terms, or everything that is wrong. `people` are the people of the case.
    pub fn parse(
        &self,
        people: &BTreeMap<PersonKey, Pseudonym>,
        now: Timestamp,
        rules: &ConsentRules,
    ) -> Result<Terms, Violations> {
        let mut violations = Violations::new();
        let terms = self.read(&mut Fields::new("consent", &mut violations), people, now, rules);
        match terms {
            Ok(terms) if violations.is_empty() => Ok(terms),
            Ok(_) | Err(Noted) => Err(violations),
        }
    }

    fn read(
        &self,
        fields: &mut Fields<'_>,
        people: &BTreeMap<PersonKey, Pseudonym>,
        now: Timestamp,
        rules: &ConsentRules,
    ) -> Reading<Terms> {
        let case_ref = fields.text("case_ref", &self.case_ref);
        let subject = read_person(fields, &self.person_key, people);
        let (source, recipient) = self.read_organisations(fields);
        let purpose = self.read_purpose(fields);
        let categories = self.read_categories(fields);
        let period = self.read_period(fields, now, rules);
        let grantors = self.read_grantors(fields, subject, people, now);
        let evidence = fields
            .given("evidence", self.evidence.as_ref())
            .and_then(|evidence| evidence.read(&mut fields.message("evidence"), now));
        let information_given = self.read_information(fields);
        let dual_override = self.dual_override.as_ref().map_or(Ok(None), |dual_override| {
            dual_override.read(&mut fields.message("dual_override")).map(Some)
        });
        Ok(Terms {
            case_ref: case_ref?,
            subject: subject?,
            source: source?,
            recipient: recipient?,
            purpose: purpose?,
            categories: categories?,
            period: period?,
            grantors: grantors?,
            evidence: evidence?,
            information_given: information_given?,
            dual_override: dual_override?,
        })
    }

    fn read_organisations(&self, fields: &mut Fields<'_>) -> (Reading<Oin>, Reading<Oin>) {
        if self.recipient_oin.contains('*') {
            let noted = fields.wrong("recipient_oin", "NO_WILDCARD", "must be one organisation");
            return (fields.text("source_oin", &self.source_oin), Err(noted));
        }
        let source: Reading<Oin> = fields.text("source_oin", &self.source_oin);
        let recipient: Reading<Oin> = fields.text("recipient_oin", &self.recipient_oin);
        fields.require(
            source.is_err() || source != recipient,
            "recipient_oin",
            "SAME_ORGANISATION",
            "must be another organisation than source_oin",
        );
        (source, recipient)
    }

    fn read_purpose(&self, fields: &mut Fields<'_>) -> Reading<Purpose> {
        let purpose = fields.code("purpose", self.purpose, Purpose::from_number)?;
        fields.require(
            purpose.can_be_consented_to(),
            "purpose",
            "PURPOSE_NOT_ALLOWED",
            "must be a purpose for which consent can be asked",
        );
        Ok(purpose)
    }

    fn read_categories(&self, fields: &mut Fields<'_>) -> Reading<Categories> {
        let named = read_codes(fields, "categories", &self.categories, Category::from_number)?;
        Ok(named.into_iter().collect())
    }

    fn read_information(&self, fields: &mut Fields<'_>) -> Reading<BTreeSet<Information>> {
        let name = "information_given";
        let given = read_codes(fields, name, &self.information_given, Information::from_number)?;
        fields.require(
            given.len() == Information::ALL.len(),
            name,
            "INFORMATION_INCOMPLETE",
            "must name everything that has to be told before consent is asked",
        );
        Ok(given)
    }

    fn read_period(
        &self,
        fields: &mut Fields<'_>,
        now: Timestamp,
        rules: &ConsentRules,
    ) -> Reading<Period> {
        Period::parse(self.valid_from, self.valid_until, now, rules)
            .map_err(|error| fields.wrong("valid_until", error.rule(), error.to_string()))
    }

    fn read_grantors(
        &self,
        fields: &mut Fields<'_>,
        subject: Reading<Pseudonym>,
        people: &BTreeMap<PersonKey, Pseudonym>,
        now: Timestamp,
    ) -> Reading<Vec<Grantor>> {
        fields.given("grantors", self.grantors.first())?;
        fields.at_most("grantors", self.grantors.len(), GRANTORS_MAX);
        let mut grantors: Vec<Grantor> = Vec::new();
        for (index, draft) in self.grantors.iter().take(GRANTORS_MAX).enumerate() {
            let fields = &mut fields.item("grantors", index);
            let Ok(grantor) = draft.read(fields, subject, people, now) else { continue };
            let again = grantors.iter().any(|other| other.person == grantor.person);
            fields.require(!again, "person_key", "DUPLICATE", "must sign once");
            grantors.push(grantor);
        }
        // Fewer than were sent: something above was noted.
        if grantors.len() == self.grantors.len() { Ok(grantors) } else { Err(Noted) }
    }
}

impl GrantorDraft {
    fn read(
        &self,
        fields: &mut Fields<'_>,
        subject: Reading<Pseudonym>,
        people: &BTreeMap<PersonKey, Pseudonym>,
        now: Timestamp,
    ) -> Reading<Grantor> {
        let person = read_person(fields, &self.person_key, people);
        let capacity = fields.code("capacity", self.capacity, Capacity::from_number);
        if let (Ok(person), Ok(subject), Ok(capacity)) = (person, subject, capacity) {
            fields.require(
                (person == subject) == (capacity == Capacity::Itself),
                "capacity",
                "CAPACITY_MISMATCH",
                "must be SELF for the person of the consent and for nobody else",
            );
        }
        let signed_at = fields.past("signed_at", self.signed_at, now);
        Ok(Grantor { person: person?, capacity: capacity?, signed_at: signed_at? })
    }
}

impl DualOverrideDraft {
    fn read(&self, fields: &mut Fields<'_>) -> Reading<DualOverride> {
        let reason = fields.code("reason", self.reason, OverrideReason::from_number);
        let decided_by: Reading<UserId> = fields.text("decided_by", &self.decided_by);
        let supervisor: Reading<UserId> = fields.text("supervisor", &self.supervisor);
        fields.require(
            decided_by.is_err() || decided_by != supervisor,
            "supervisor",
            "FOUR_EYES",
            "must be somebody else than decided_by",
        );
        Ok(DualOverride { reason: reason?, decided_by: decided_by?, supervisor: supervisor? })
    }
}

fn read_person(
    fields: &mut Fields<'_>,
    text: &str,
    people: &BTreeMap<PersonKey, Pseudonym>,
) -> Reading<Pseudonym> {
    let key: PersonKey = fields.text("person_key", text)?;
    let unknown = "must be a person of the case";
    people.get(&key).copied().ok_or_else(|| fields.wrong("person_key", "UNKNOWN_PERSON", unknown))
}

/// A list of codes that is not empty and names each code once.
fn read_codes<T: Ord>(
    fields: &mut Fields<'_>,
    name: &str,
    numbers: &[i32],
    from_number: fn(u16) -> Option<T>,
) -> Reading<BTreeSet<T>> {
    fields.given(name, numbers.first())?;
    fields.set(name, numbers, CODES_MAX, |fields, item, number| {
        fields.code(item, *number, from_number)
    })
}

#[cfg(test)]
mod tests;
