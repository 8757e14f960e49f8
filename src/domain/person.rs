//! What says who a person is: names, address, age, and when a BSN may be used.
//!
//! Nothing here shows itself in `Debug`. These values live in sealed content only; outside it a
//! person is a pseudonym (DOMAIN §8 rows 1 and 2).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::code::codes;
use super::id::Bsn;
use super::text::Line;
use super::time::{Date, Timestamp};

mod address;
pub use address::{Address, AddressDraft, HouseNumber, HouseNumberSuffix, InvalidHouseNumber};

codes! {
    /// The law that lets a party use the BSN (DOMAIN §8 row 1; UAVG art. 46).
    pub enum BsnGround {
        /// Wmo 2015 art. 5.2.9: to ensure that the data concern this person.
        Wmo529 = 1, "WMO_5_2_9";
        /// Jeugdwet art. 7.2.
        Jeugdwet72 = 2, "JEUGDWET_7_2";
        /// Wet aanvullende bepalingen verwerking persoonsgegevens in de zorg.
        Wabvpz = 3, "WABVPZ";
        /// Wet algemene bepalingen burgerservicenummer art. 10: public bodies.
        Wabb10 = 4, "WABB_10";
    }
}

codes! {
    /// Age as far as consent depends on it (DOMAIN §3.1). In order of age.
    pub enum AgeBand {
        /// Younger than 12.
        Under12 = 1, "UNDER_12";
        /// 12 to 15.
        Age12To15 = 2, "12_15";
        /// 16 or 17.
        Age16To17 = 3, "16_17";
        /// 18 and older.
        Adult = 4, "ADULT";
    }
}

impl AgeBand {
    /// The band of somebody with this date of birth at this moment, by the Dutch date.
    ///
    /// Before birth a person is in the youngest band, which protects most.
    pub fn on(birth: Date, at: Timestamp) -> Self {
        match birth.age_on(at.date()) {
            None | Some(..12) => Self::Under12,
            Some(12..16) => Self::Age12To15,
            Some(16..18) => Self::Age16To17,
            Some(18..) => Self::Adult,
        }
    }

    /// Younger than 18.
    pub fn is_minor(self) -> bool {
        self != Self::Adult
    }
}

/// Most characters in the family name, and in the given names together.
pub const NAME_CHARS_MAX: usize = 100;

/// Family name and given names, as written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonName {
    /// Family name with its prefix.
    pub family: Line<NAME_CHARS_MAX>,
    /// Given names.
    pub given: Line<NAME_CHARS_MAX>,
}

impl PersonName {
    /// The name in the form in which names are compared: `family|given` in lower case.
    pub fn matching_text(&self) -> String {
        format!("{}|{}", self.family.as_str().to_lowercase(), self.given.as_str().to_lowercase())
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

/// A BSN together with the law that lets it be used. There is no BSN without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroundedBsn {
    /// The number.
    pub bsn: Bsn,
    /// Why it may be used.
    pub ground: BsnGround,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noor_turns_sixteen_on_her_birthday_in_dutch_time() {
        let noor: Date = "2010-05-20".parse().unwrap();
        let band = |moment: &str| AgeBand::on(noor, moment.parse().unwrap());
        assert_eq!(band("2026-05-19T21:59:59Z"), AgeBand::Age12To15);
        assert_eq!(band("2026-05-19T22:00:00Z"), AgeBand::Age16To17);
        assert_eq!(band("2022-05-19T12:00:00Z"), AgeBand::Under12);
        assert_eq!(band("2022-05-20T12:00:00Z"), AgeBand::Age12To15);
        assert_eq!(band("2028-05-19T12:00:00Z"), AgeBand::Age16To17);
        assert_eq!(band("2028-05-20T12:00:00Z"), AgeBand::Adult);
        assert_eq!(band("2009-01-01T12:00:00Z"), AgeBand::Under12);
    }

    #[test]
    fn only_adults_are_no_minors() {
        let minors: Vec<_> = AgeBand::ALL.iter().filter(|band| band.is_minor()).collect();
        assert_eq!(minors, [&AgeBand::Under12, &AgeBand::Age12To15, &AgeBand::Age16To17]);
    }

    #[test]
    fn names_compare_in_lower_case() {
        let name =
            PersonName { family: "Testema".parse().unwrap(), given: "ZOË".parse().unwrap() };
        assert_eq!(name.matching_text(), "testema|zoë");
    }
}
