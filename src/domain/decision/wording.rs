//! What was needed, found or consulted, as a value that becomes text when somebody reads it. A
//! decision about a family looks at hundreds of things and most of them are never read, so none is
//! written out before it is written down.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Phrase;
use crate::domain::basis::Basis;
use crate::domain::case::MemberKind;
use crate::domain::category::Categories;
use crate::domain::consent::{Capacity, ConsentRef, State};
use crate::domain::organisation::{Role, UserRole};
use crate::domain::person::AgeBand;
use crate::domain::policy::IncapacityKind;
use crate::domain::purpose::Purpose;
use crate::domain::reporting_code::ReportingConclusion;
use crate::domain::time::{Date, Timestamp};

/// A text that may not have been written out yet. Two are equal when they read the same.
#[derive(Clone)]
pub enum Wording {
    /// Always the same words: a sentence or a code.
    Fixed(&'static str),
    /// Words made for this decision, shared by the conditions that say them.
    Made(Arc<str>),
    /// The words of the categories.
    Categories(Categories),
    /// `categories for role`.
    CategoriesFor(Categories, Role),
    /// A version of a consent.
    Consent(ConsentRef),
    /// `version n`.
    Version(u32),
    /// A moment, after a sentence where there is one.
    Moment(Option<Phrase>, Timestamp),
    /// A sentence, then the age band at a moment of who was born on a day. The day itself is never
    /// told.
    Age(Phrase, Date, Timestamp),
    /// A state, and since when where that is known.
    State(State, Option<Timestamp>),
}

impl fmt::Display for Wording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(words) => f.write_str(words),
            Self::Made(words) => f.write_str(words),
            Self::Categories(categories) => categories.fmt(f),
            Self::CategoriesFor(categories, role) => write!(f, "{categories} for {role}"),
            Self::Consent(consent) => consent.fmt(f),
            Self::Version(version) => write!(f, "version {version}"),
            Self::Moment(None, moment) => moment.fmt(f),
            Self::Moment(Some(words), moment) => write!(f, "{words} {moment}"),
            Self::Age(words, born, at) => write!(f, "{words} {}", AgeBand::on(*born, *at)),
            Self::State(state, None) => state.fmt(f),
            Self::State(state, Some(since)) => write!(f, "{state} {since}"),
        }
    }
}

impl fmt::Debug for Wording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl PartialEq for Wording {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(one), Self::Fixed(two)) => one == two,
            (Self::Made(one), Self::Made(two)) => one == two,
            (one, two) => one.to_string() == two.to_string(),
        }
    }
}

impl Eq for Wording {}

impl PartialEq<&str> for Wording {
    fn eq(&self, other: &&str) -> bool {
        let words = self.to_string();
        words == *other
    }
}

/// Codes and sentences: whatever else is said has a form of its own above.
macro_rules! fixed {
    ($($code:ty)+) => {$(
        impl From<$code> for Wording {
            fn from(code: $code) -> Self {
                Self::Fixed(code.as_str())
            }
        }
    )+};
}

fixed!(Phrase Basis Role UserRole Purpose MemberKind Capacity IncapacityKind ReportingConclusion);

impl From<String> for Wording {
    fn from(words: String) -> Self {
        Self::Made(words.into())
    }
}

impl From<Categories> for Wording {
    fn from(categories: Categories) -> Self {
        Self::Categories(categories)
    }
}

impl Serialize for Wording {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Wording {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::category::Category;

    #[test]
    fn wordings_are_equal_when_they_read_the_same() {
        let kept = Wording::from("IDENTIFICATION".to_owned());
        assert_eq!(Wording::from(Categories::of(&[Category::Identification])), kept);
        assert_ne!(Wording::from(Phrase::Nothing), kept);
        assert_eq!(kept, "IDENTIFICATION");
    }

    #[test]
    fn every_wording_is_read_back_as_it_was_written() {
        let moment = Timestamp::from_micros(1_775_135_400_000_000).unwrap();
        let consent = ConsentRef {
            consent_id: crate::domain::id::ConsentId::from_bytes([0; 16]),
            version: 2,
        };
        let all = [
            (Wording::from(Phrase::None), "none"),
            (Wording::Version(3), "version 3"),
            (Wording::Consent(consent), "consent/00000000-0000-0000-0000-000000000000/2"),
            (Wording::Moment(None, moment), "2026-04-02T13:10:00Z"),
            (Wording::Moment(Some(Phrase::EndsAfter), moment), "ends after 2026-04-02T13:10:00Z"),
            (
                Wording::Age(Phrase::SignedAs, "1984-09-30".parse().unwrap(), moment),
                "signed as ADULT",
            ),
            (Wording::State(State::Withdrawn, Some(moment)), "WITHDRAWN 2026-04-02T13:10:00Z"),
            (Wording::State(State::Refused, None), "REFUSED"),
            (
                Wording::CategoriesFor(Categories::of(&[Category::Incident]), Role::Shelter),
                "INCIDENT for SHELTER",
            ),
        ];
        for (wording, text) in all {
            assert_eq!(wording, text);
            let json = serde_json::to_string(&wording).unwrap();
            assert_eq!(serde_json::from_str::<Wording>(&json).unwrap(), wording);
        }
    }
}
