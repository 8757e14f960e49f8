//! Somebody in a referral, as the message carries it.

use std::fmt;

use crate::domain::draft::{Fields, Reading};
use crate::domain::person::{BsnGround, GroundedBsn, PersonName};
use crate::domain::referral::{Informed, NotInformedReason, PersonRole, ReferralPerson};
use crate::domain::time::{Date, Timestamp};

/// A [`ReferralPerson`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed types")]
pub struct PersonDraft {
    pub person_key: String,
    pub role: i32,
    pub family_name: String,
    pub given_names: String,
    pub birth_date: String,
    pub bsn: String,
    pub bsn_ground: i32,
    pub lives_at_address: Option<bool>,
    pub informed_of_referral: Option<bool>,
    pub not_informed_reason: i32,
}

impl fmt::Debug for PersonDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonDraft(…)")
    }
}

impl PersonDraft {
    pub(super) fn read(&self, fields: &mut Fields<'_>, now: Timestamp) -> Reading<ReferralPerson> {
        let person_key = fields.text("person_key", &self.person_key);
        let role = fields.code("role", self.role, PersonRole::from_number);
        let family = fields.text("family_name", &self.family_name);
        let given = fields.text("given_names", &self.given_names);
        let birth_date = self.read_birth_date(fields, now);
        let bsn = self.read_bsn(fields);
        let lives_at_address = fields.given("lives_at_address", self.lives_at_address);
        let informed = self.read_informed(fields);
        Ok(ReferralPerson {
            person_key: person_key?,
            role: role?,
            name: PersonName { family: family?, given: given? },
            birth_date: birth_date?,
            bsn: bsn?,
            lives_at_address: lives_at_address?,
            informed: informed?,
        })
    }

    fn read_birth_date(&self, fields: &mut Fields<'_>, now: Timestamp) -> Reading<Date> {
        let birth_date: Date = fields.text("birth_date", &self.birth_date)?;
        let born = birth_date <= now.date();
        fields.require(born, "birth_date", "IN_FUTURE", "must not be in the future");
        Ok(birth_date)
    }

    /// No BSN without the law that lets it be used (DOMAIN §8 row 1).
    fn read_bsn(&self, fields: &mut Fields<'_>) -> Reading<Option<GroundedBsn>> {
        if self.bsn.is_empty() {
            fields.absent(self.bsn_ground == 0, "bsn_ground", "is for a person with a BSN only");
            return Ok(None);
        }
        let bsn = fields.text("bsn", &self.bsn);
        let ground = fields.code("bsn_ground", self.bsn_ground, BsnGround::from_number);
        Ok(Some(GroundedBsn { bsn: bsn?, ground: ground? }))
    }

    fn read_informed(&self, fields: &mut Fields<'_>) -> Reading<Informed> {
        let number = self.not_informed_reason;
        if fields.given("informed_of_referral", self.informed_of_referral)? {
            let description = "is for a person who was not informed only";
            fields.absent(number == 0, "not_informed_reason", description);
            return Ok(Informed::Yes);
        }
        fields.code("not_informed_reason", number, NotInformedReason::from_number).map(Informed::No)
    }
}
