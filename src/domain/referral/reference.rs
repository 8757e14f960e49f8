//! The police's own number of a case, and the number to call back. Neither shows itself.

use std::fmt;
use std::str::FromStr;

use crate::domain::violation::Rule;

/// Number of a case with the police (BVH): 1 to 30 of `A-Z a-z 0-9 -`.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct PoliceRegistrationNo(String);

/// A telephone number: 8 to 15 digits, with a `+` before an international one. Held without the
/// spaces and hyphens of its spelling.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

/// A text that is not such a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct InvalidReference {
    rule: &'static str,
    description: &'static str,
}

impl Rule for InvalidReference {
    fn rule(&self) -> &'static str {
        self.rule
    }
}

impl FromStr for PoliceRegistrationNo {
    type Err = InvalidReference;
    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let valid = (1..=30).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidReference {
                rule: "POLICE_REGISTRATION_NO",
                description: "must be 1 to 30 of A-Z a-z 0-9 -",
            })
        }
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidReference;
    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits = compact.strip_prefix('+').unwrap_or(&compact);
        // 15 digits are the most of an international number (ITU-T E.164).
        let valid = (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if valid {
            Ok(Self(compact))
        } else {
            Err(InvalidReference {
                rule: "PHONE",
                description: "must be 8 to 15 digits, with a + before an international number",
            })
        }
    }
}

macro_rules! hidden_reference {
    ($($name:ident),+) => { $(
        impl $name {
            /// The number as text. For sealed content and its reader only.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+ };
}
hidden_reference!(PoliceRegistrationNo, PhoneNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_held_in_one_spelling() {
        for text in ["+31 70 123 45 67", "+31-70-1234567"] {
            assert_eq!(text.parse::<PhoneNumber>().unwrap().as_str(), "+31701234567");
        }
        // "(0)" is refused and not dropped: kept, it would make a number that cannot be called.
        for bad in
            ["", "+", "112", "+31(0)701234567", "0701234567890123", "070 12345\n67", "0٧0123456"]
        {
            assert!(bad.parse::<PhoneNumber>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_registration_number_has_one_to_thirty_characters() {
        assert!("PL1500-2026051234".parse::<PoliceRegistrationNo>().is_ok());
        for bad in ["", "PL1500/2026", "a b", &"9".repeat(31)] {
            assert!(bad.parse::<PoliceRegistrationNo>().is_err(), "{bad}");
        }
    }
}
