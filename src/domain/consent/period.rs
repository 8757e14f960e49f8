//! How long a consent lasts. A consent without an end does not exist (DOMAIN §3.2).

use serde::{Deserialize, Serialize};

use super::ConsentRules;
use crate::domain::time::Timestamp;
use crate::domain::violation::Rule;

/// From a first moment up to, and not including, an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bounds")]
pub struct Period {
    valid_from: Timestamp,
    valid_until: Timestamp,
}

/// A period that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPeriod {
    /// It ends before it begins.
    #[error("must be after the start")]
    EndsBeforeStart,
    /// It ended before it was recorded.
    #[error("must not be past")]
    Past,
    /// It is longer than consent can last.
    #[error("must be at most {months_max} months after the start")]
    TooLong {
        /// How many months it can last.
        months_max: u8,
    },
}

impl Rule for InvalidPeriod {
    fn rule(&self) -> &'static str {
        match self {
            Self::EndsBeforeStart => "PERIOD_ORDER",
            Self::Past => "PERIOD_PAST",
            Self::TooLong { .. } => "PERIOD_TOO_LONG",
        }
    }
}

impl Period {
    /// The period of a consent recorded at `now`. It starts now and lasts the default unless said
    /// otherwise.
    pub fn parse(
        valid_from: Option<Timestamp>,
        valid_until: Option<Timestamp>,
        now: Timestamp,
        rules: &ConsentRules,
    ) -> Result<Self, InvalidPeriod> {
        let valid_from = valid_from.unwrap_or(now);
        let valid_until =
            valid_until.unwrap_or_else(|| months_after(valid_from, rules.valid_months_default));
        if valid_until <= valid_from {
            Err(InvalidPeriod::EndsBeforeStart)
        } else if valid_until <= now {
            Err(InvalidPeriod::Past)
        } else if valid_until > months_after(valid_from, rules.valid_months_max) {
            Err(InvalidPeriod::TooLong { months_max: rules.valid_months_max })
        } else {
            Ok(Self { valid_from, valid_until })
        }
    }

    /// First moment.
    pub fn valid_from(self) -> Timestamp {
        self.valid_from
    }

    /// First moment after it.
    pub fn valid_until(self) -> Timestamp {
        self.valid_until
    }

    /// Whether it has begun.
    pub fn has_begun(self, at: Timestamp) -> bool {
        self.valid_from <= at
    }

    /// Whether it is over.
    pub fn has_ended(self, at: Timestamp) -> bool {
        self.valid_until <= at
    }
}

/// The same Dutch local time so many months later, on the last day when the month is shorter.
/// Beyond the year 9999 there is no later: the period is then empty, which is refused.
fn months_after(start: Timestamp, months: u8) -> Timestamp {
    start
        .zoned()
        .checked_add(jiff::Span::new().months(months))
        .ok()
        .and_then(|end| Timestamp::from_micros(end.timestamp().as_microsecond()))
        .unwrap_or(start)
}

/// A period as it is read back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    valid_from: Timestamp,
    valid_until: Timestamp,
}

impl TryFrom<Bounds> for Period {
    type Error = InvalidPeriod;
    fn try_from(bounds: Bounds) -> Result<Self, InvalidPeriod> {
        let Bounds { valid_from, valid_until } = bounds;
        if valid_from < valid_until {
            Ok(Self { valid_from, valid_until })
        } else {
            Err(InvalidPeriod::EndsBeforeStart)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn period(from: Option<&str>, until: Option<&str>) -> Result<Period, InvalidPeriod> {
        let now = at("2026-04-02T13:10:00Z");
        Period::parse(from.map(at), until.map(at), now, &ConsentRules::default())
    }

    #[test]
    fn a_consent_lasts_six_months_from_now_when_nobody_says() {
        let period = period(None, None).unwrap();
        assert_eq!(period.valid_from(), at("2026-04-02T13:10:00Z"));
        assert_eq!(period.valid_until(), at("2026-10-02T13:10:00Z"));
    }

    #[test]
    fn months_are_counted_in_dutch_local_time() {
        let period = period(Some("2026-10-01T10:00:00Z"), None).unwrap();
        assert_eq!(period.valid_until(), at("2027-04-01T10:00:00Z"));
        let winter = months_after(at("2026-08-31T10:00:00Z"), 6);
        assert_eq!(winter, at("2027-02-28T11:00:00Z"));
    }

    #[test]
    fn a_year_is_the_most() {
        assert!(period(None, Some("2027-04-02T13:10:00Z")).is_ok());
        assert_eq!(
            period(None, Some("2027-04-02T13:10:00.000001Z")),
            Err(InvalidPeriod::TooLong { months_max: 12 })
        );
    }

    #[test]
    fn an_end_lies_after_the_start_and_after_now() {
        let start = Some("2026-05-01T00:00:00Z");
        assert_eq!(period(start, start), Err(InvalidPeriod::EndsBeforeStart));
        assert_eq!(
            period(Some("2026-01-01T00:00:00Z"), Some("2026-04-02T13:10:00Z")),
            Err(InvalidPeriod::Past)
        );
    }

    #[test]
    fn the_start_belongs_to_the_period_and_the_end_does_not() {
        let period = period(None, None).unwrap();
        assert!(period.has_begun(period.valid_from()));
        assert!(period.has_ended(period.valid_until()));
    }

    #[test]
    fn a_stored_period_that_ends_before_it_begins_is_not_read() {
        let json = r#"{"valid_from":"2026-05-02T00:00:00Z","valid_until":"2026-05-01T00:00:00Z"}"#;
        assert!(serde_json::from_str::<Period>(json).is_err());
    }
}
