//! Bounded free text. Trimmed, never empty, without control characters, at most so many characters.
//!
//! Free text in this domain is nearly always about a person, so none of it shows itself in `Debug`.
//! Lengths count Unicode scalar values, as a person counts characters.

use std::fmt;
use std::str::FromStr;

use super::violation::Rule;

/// One line of text of at most `MAX` characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Line<const MAX: usize>(String);

/// Text of at most `MAX` characters in which the line feed is the one control character.
///
/// The line ends of other systems (`\r\n`) are read as line feeds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Prose<const MAX: usize>(String);

/// A text that is empty, too long or holds a control character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing but white space.
    #[error("must be given")]
    Empty,
    /// More characters than fit.
    #[error("must be at most {max} characters")]
    TooLong {
        /// The most that fit.
        max: usize,
    },
    /// A control character, which could rewrite what a screen shows.
    #[error("must not hold control characters")]
    ControlCharacter,
}

impl Rule for InvalidText {
    fn rule(&self) -> &'static str {
        match self {
            Self::Empty => "REQUIRED",
            Self::TooLong { .. } => "TOO_LONG",
            Self::ControlCharacter => "CONTROL_CHARACTER",
        }
    }
}

impl<const MAX: usize> FromStr for Line<MAX> {
    type Err = InvalidText;
    fn from_str(text: &str) -> Result<Self, InvalidText> {
        check(text.trim(), MAX, char::is_control).map(|text| Self(text.to_owned()))
    }
}

impl<const MAX: usize> FromStr for Prose<MAX> {
    type Err = InvalidText;
    fn from_str(text: &str) -> Result<Self, InvalidText> {
        let text = text.replace("\r\n", "\n");
        check(text.trim(), MAX, |c| c != '\n' && c.is_control()).map(|text| Self(text.to_owned()))
    }
}

fn check(text: &str, max: usize, forbidden: fn(char) -> bool) -> Result<&str, InvalidText> {
    if text.is_empty() {
        Err(InvalidText::Empty)
    } else if text.chars().nth(max).is_some() {
        Err(InvalidText::TooLong { max })
    } else if text.contains(forbidden) {
        Err(InvalidText::ControlCharacter)
    } else {
        Ok(text)
    }
}

macro_rules! hidden_text {
    ($($name:ident),+) => { $(
        impl<const MAX: usize> $name<MAX> {
            /// The text. For sealed content, its reader and matching only.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<const MAX: usize> fmt::Debug for $name<MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl<'de, const MAX: usize> serde::Deserialize<'de> for $name<MAX> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+ };
}
hidden_text!(Line, Prose);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_trimmed_and_counted_in_characters() {
        assert_eq!("  Zoë ".parse::<Line<3>>().unwrap().as_str(), "Zoë");
        assert_eq!("Zoëy".parse::<Line<3>>(), Err(InvalidText::TooLong { max: 3 }));
    }

    #[test]
    fn empty_text_and_control_characters_are_refused() {
        for blank in ["", "  ", "\n\t"] {
            assert_eq!(blank.parse::<Line<9>>(), Err(InvalidText::Empty));
            assert_eq!(blank.parse::<Prose<9>>(), Err(InvalidText::Empty));
        }
        for bad in ["a\tb", "a\0b", "a\u{1b}[2J", "a\u{85}b"] {
            assert_eq!(bad.parse::<Line<9>>(), Err(InvalidText::ControlCharacter));
            assert_eq!(bad.parse::<Prose<9>>(), Err(InvalidText::ControlCharacter));
        }
        assert_eq!("a\nb".parse::<Line<9>>(), Err(InvalidText::ControlCharacter));
        assert_eq!("a\rb".parse::<Prose<9>>(), Err(InvalidText::ControlCharacter));
    }

    #[test]
    fn prose_keeps_its_lines_whatever_system_wrote_them() {
        assert_eq!("een\r\ntwee\n".parse::<Prose<9>>().unwrap().as_str(), "een\ntwee");
    }

    #[test]
    fn text_does_not_show_itself() {
        let line: Line<9> = "Testema".parse().unwrap();
        assert_eq!(format!("{line:?}"), "Line(…)");
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_read_again_unchanged(text in "\\PC{0,12}[\\n\\r\\t ]{0,2}\\PC{0,12}") {
            if let Ok(prose) = text.parse::<Prose<20>>() {
                prop_assert!((1..=20).contains(&prose.as_str().chars().count()));
                let json = serde_json::to_string(&prose).unwrap();
                prop_assert_eq!(serde_json::from_str::<Prose<20>>(&json).unwrap(), prose);
            }
        }
    }
}
