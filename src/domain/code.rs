//! Closed code lists: one definition gives the word used in text and the number used in bytes.
//!
//! The number of a code is the same in the ledger's leaves, in the database and in the protobuf
//! enum of the same name, and is never reused.

/// A word or number that is not in the code list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the codes of {list}")]
pub struct UnknownCode {
    /// Name of the code list.
    pub list: &'static str,
}

/// Defines a closed code list.
///
/// ```text
/// codes! {
///     /// Why data is asked for (DOMAIN §3.4).
///     pub enum Purpose {
///         /// Coordinate care.
///         CareCoordination = 1, "CARE_COORDINATION";
///     }
/// }
/// ```
macro_rules! codes {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $number:literal, $word:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word, as it stands in texts, configuration and the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The number, as it stands in leaves and protobuf messages. Never 0.
            pub const fn number(self) -> u16 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// The code with this number.
            pub fn from_number(number: u16) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.number() == number)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::code::UnknownCode;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|code| code.as_str() == word)
                    .ok_or($crate::domain::code::UnknownCode { list: stringify!($name) })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <String as serde::Deserialize>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use codes;

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro makes public lists; this one is for the tests")]
mod tests {
    codes! {
        /// A list for this test.
        pub enum Colour {
            /// Red.
            Red = 1, "RED";
            /// Green.
            Green = 7, "GREEN";
        }
    }

    #[test]
    fn words_and_numbers_lead_back_to_the_code() {
        for code in Colour::ALL {
            assert_eq!(code.as_str().parse::<Colour>().unwrap(), *code);
            assert_eq!(Colour::from_number(code.number()), Some(*code));
        }
    }

    #[test]
    fn an_unknown_word_or_number_is_refused() {
        assert!("red".parse::<Colour>().is_err());
        assert_eq!(Colour::from_number(0), None);
        assert_eq!(Colour::from_number(2), None);
    }
}
