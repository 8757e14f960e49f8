//! A joint meeting that the Steunpunt convenes. Members are told when and where, and nothing about
//! the case (DOMAIN §1.2).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::CasePerson;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::id::{MeetingId, Oin, PersonKey};
use crate::domain::referral::PERSONS_MAX;
use crate::domain::time::Timestamp;
use crate::domain::violation::{Rule, Violations};

/// Organisations at one meeting.
const INVITED_MAX: usize = 50;

/// A place where clients are spoken with: 1 to 32 of `A-Z 0-9 -`, like `CJG-DE-BRUG`. A code and
/// never an address, so that no notice can give a hiding place away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LocationCode(String);

/// A text that is not a [`LocationCode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 32 of A-Z 0-9 -, beginning with a letter")]
pub struct InvalidLocationCode;

impl Rule for InvalidLocationCode {
    fn rule(&self) -> &'static str {
        "LOCATION_CODE"
    }
}

impl LocationCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LocationCode {
    type Err = InvalidLocationCode;
    fn from_str(text: &str) -> Result<Self, InvalidLocationCode> {
        let valid = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
        if begins && text.len() <= 32 && text.bytes().all(valid) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLocationCode)
        }
    }
}

impl<'de> Deserialize<'de> for LocationCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A meeting that members were told of.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meeting {
    /// Its id.
    pub meeting_id: MeetingId,
    /// When it will be.
    pub planned_at: Timestamp,
    /// Where.
    pub location: LocationCode,
    /// Organisations that are asked to come.
    pub invited: BTreeSet<Oin>,
    /// People of the family who take part.
    pub family: BTreeSet<PersonKey>,
    /// The meeting that was moved to this one.
    pub replaces: Option<MeetingId>,
}

/// A [`Meeting`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct MeetingDraft {
    pub planned_at: Option<Timestamp>,
    pub location_code: String,
    pub invited_oins: Vec<String>,
    pub family_participant_keys: Vec<String>,
    pub replaces_meeting_id: String,
}

impl fmt::Debug for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meeting(…)")
    }
}

impl fmt::Debug for MeetingDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MeetingDraft(…)")
    }
}

impl MeetingDraft {
    /// The meeting, or everything that is wrong with it. `meeting_id` is the name it gets.
    pub fn parse(
        self,
        meeting_id: MeetingId,
        people: &[CasePerson],
        now: Timestamp,
    ) -> Result<Meeting, Violations> {
        let mut violations = Violations::new();
        let keys: BTreeSet<&PersonKey> = people.iter().map(|person| &person.key).collect();
        match self.read(&mut Fields::new("", &mut violations), meeting_id, &keys, now) {
            Ok(meeting) => violations.into_result(meeting),
            Err(Noted) => Err(violations),
        }
    }

    fn read(
        &self,
        fields: &mut Fields<'_>,
        meeting_id: MeetingId,
        keys: &BTreeSet<&PersonKey>,
        now: Timestamp,
    ) -> Reading<Meeting> {
        let planned_at = fields.given("planned_at", self.planned_at);
        if let Ok(planned_at) = planned_at {
            fields.require(planned_at > now, "planned_at", "IN_PAST", "must be in the future");
        }
        let location = fields.text("location_code", &self.location_code);
        let given = fields.given("invited_oins", self.invited_oins.first()).map(|_| ());
        let oins = &self.invited_oins;
        let invited =
            fields.set("invited_oins", oins, INVITED_MAX, |fields, name, oin: &String| {
                fields.text(name, oin)
            });
        // With them, not about them: a meeting without anybody of the family is none.
        let name = "family_participant_keys";
        let with = fields.given(name, self.family_participant_keys.first()).map(|_| ());
        let family = &self.family_participant_keys;
        let family = fields.set(name, family, PERSONS_MAX, |fields, name, key: &String| {
            let key: PersonKey = fields.text(name, key)?;
            if keys.contains(&key) {
                Ok(key)
            } else {
                Err(fields.wrong(name, "UNKNOWN_PERSON", "must be a person of the case"))
            }
        });
        let replaces = fields.optional_text("replaces_meeting_id", &self.replaces_meeting_id);
        given?;
        with?;
        Ok(Meeting {
            meeting_id,
            planned_at: planned_at?,
            location: location?,
            invited: invited?,
            family: family?,
            replaces: replaces?,
        })
    }
}
