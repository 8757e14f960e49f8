//! A Dutch address, kept as written and compared without its spelling.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::draft::{Fields, Reading};
use crate::domain::id::Postcode;
use crate::domain::text::Line;
use crate::domain::violation::Rule;

/// The number of a house, 1 to 99999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HouseNumber(u32);

impl HouseNumber {
    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// What follows the number of a house: `A`, `bis`, `2-hoog`. At most 6 letters, digits, spaces
/// and `- . /`, held in upper case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HouseNumberSuffix(String);

impl HouseNumberSuffix {
    /// The suffix as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is not a house number or its suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct InvalidHouseNumber {
    rule: &'static str,
    description: &'static str,
}

impl Rule for InvalidHouseNumber {
    fn rule(&self) -> &'static str {
        self.rule
    }
}

impl FromStr for HouseNumber {
    type Err = InvalidHouseNumber;
    fn from_str(text: &str) -> Result<Self, InvalidHouseNumber> {
        let invalid = InvalidHouseNumber {
            rule: "HOUSE_NUMBER",
            description: "must be 1 to 5 digits above 0; what follows them goes into the suffix",
        };
        if text.len() > 5 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(invalid);
        }
        match text.parse() {
            Ok(0) | Err(_) => Err(invalid),
            Ok(number) => Ok(Self(number)),
        }
    }
}

impl FromStr for HouseNumberSuffix {
    type Err = InvalidHouseNumber;
    fn from_str(text: &str) -> Result<Self, InvalidHouseNumber> {
        let text = text.trim().to_ascii_uppercase();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'.' | b'/');
        let valid = (1..=6).contains(&text.len())
            && text.bytes().all(allowed)
            && text.bytes().any(|b| b.is_ascii_alphanumeric());
        if valid {
            Ok(Self(text))
        } else {
            Err(InvalidHouseNumber {
                rule: "HOUSE_NUMBER_SUFFIX",
                description: "must be at most 6 letters, digits, spaces and - . /",
            })
        }
    }
}

/// The number and nothing else, without leading zeros.
impl fmt::Display for HouseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for HouseNumberSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! part_of_address {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as Deserialize>::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    )+ };
}
part_of_address!(HouseNumber, HouseNumberSuffix);

/// A Dutch address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street.
    pub street: Line<100>,
    /// House number.
    pub house_number: HouseNumber,
    /// Addition to the house number.
    pub suffix: Option<HouseNumberSuffix>,
    /// Postcode.
    pub postcode: Postcode,
    /// Place.
    pub place: Line<100>,
}

impl Address {
    /// The address in the form in which addresses are compared: `postcode|number|suffix`, the
    /// suffix without spaces and punctuation, so that `2-a` and `2 A` are one address.
    pub fn matching_text(&self) -> String {
        let suffix: String = self
            .suffix
            .iter()
            .flat_map(|suffix| suffix.0.chars())
            .filter(char::is_ascii_alphanumeric)
            .collect();
        format!("{}|{}|{suffix}", self.postcode.as_str(), self.house_number)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// An [`Address`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct AddressDraft {
    pub street: String,
    pub house_number: String,
    pub suffix: String,
    pub postcode: String,
    pub place: String,
}

impl fmt::Debug for AddressDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressDraft(…)")
    }
}

impl AddressDraft {
    pub(in crate::domain) fn read(&self, fields: &mut Fields<'_>) -> Reading<Address> {
        let street = fields.text("street", &self.street);
        let house_number = fields.text("house_number", &self.house_number);
        let suffix = fields.optional_text("suffix", &self.suffix);
        let postcode = fields.text("postcode", &self.postcode);
        let place = fields.text("place", &self.place);
        Ok(Address {
            street: street?,
            house_number: house_number?,
            suffix: suffix?,
            postcode: postcode?,
            place: place?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(house_number: &str, suffix: Option<&str>) -> Address {
        Address {
            street: "Voorbeeldstraat".parse().unwrap(),
            house_number: house_number.parse().unwrap(),
            suffix: suffix.map(|suffix| suffix.parse().unwrap()),
            postcode: "2500AA".parse().unwrap(),
            place: "Den Haag".parse().unwrap(),
        }
    }

    #[test]
    fn a_house_number_has_one_to_five_digits() {
        assert_eq!("012".parse::<HouseNumber>().unwrap().to_string(), "12");
        assert_eq!("99999".parse::<HouseNumber>().unwrap().to_string(), "99999");
        for bad in ["", "0", "00000", "100000", "12A", "-1", "+1", "1 ", "١"] {
            assert!(bad.parse::<HouseNumber>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_suffix_has_at_most_six_characters() {
        assert_eq!(" bis ".parse::<HouseNumberSuffix>().unwrap().to_string(), "BIS");
        for bad in ["", " ", "-", "2-hoog a", "é", "a\nb"] {
            assert!(bad.parse::<HouseNumberSuffix>().is_err(), "{bad}");
        }
    }

    #[test]
    fn one_address_in_several_spellings_compares_equal() {
        for (number, suffix) in [("12", "2-a"), ("012", "2 A"), ("12", "2A")] {
            assert_eq!(address(number, Some(suffix)).matching_text(), "2500AA|12|2A");
        }
        assert_eq!(address("12", None).matching_text(), "2500AA|12|");
    }

    #[test]
    fn an_address_keeps_its_parts_and_hides_them() {
        let address = address("12", Some("bis"));
        let json = serde_json::to_string(&address).unwrap();
        assert_eq!(serde_json::from_str::<Address>(&json).unwrap(), address);
        assert_eq!(format!("{address:?}"), "Address(…)");
        assert_eq!(format!("{:?}", address.house_number), "HouseNumber(…)");
    }
}
