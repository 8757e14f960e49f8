//! What time a report covers: a quarter or a year, in Dutch local time.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use serde::{Deserialize, Serialize};

use crate::domain::time::{Date, Timestamp};
use crate::domain::violation::Rule;

/// Years that reports are made about: four digits, and the year after still has a date.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=9998;

/// A quarter or a year. Nothing is narrower: months that lie in a published quarter would tell what
/// the quarter left out (DOMAIN §7.1 rule 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: i16,
    /// 1 to 4; none for the whole year.
    quarter: Option<i8>,
}

impl Period {
    /// The year it lies in.
    #[must_use]
    pub const fn year(self) -> Self {
        Self { year: self.year, quarter: None }
    }

    /// The same quarter, or year, of the year before.
    #[must_use]
    pub fn year_before(self) -> Self {
        Self { year: self.year.saturating_sub(1), ..self }
    }

    /// Whether it is a whole year.
    pub const fn is_year(self) -> bool {
        self.quarter.is_none()
    }

    /// The quarters of its year.
    pub fn quarters(self) -> [Self; 4] {
        [1, 2, 3, 4].map(|quarter| Self { year: self.year, quarter: Some(quarter) })
    }

    /// The quarter of a moment.
    pub fn running(at: Timestamp) -> Self {
        let (year, month, _) = at.date().ymd();
        Self { year, quarter: Some((month + 2) / 3) }
    }

    /// Its first moment, and the first moment after it.
    pub fn bounds(self) -> (Timestamp, Timestamp) {
        let (first, next) = match self.quarter {
            None => ((self.year, 1), (self.year.saturating_add(1), 1)),
            Some(4) => ((self.year, 10), (self.year.saturating_add(1), 1)),
            Some(quarter) => ((self.year, quarter * 3 - 2), (self.year, quarter * 3 + 1)),
        };
        (start_of(first), start_of(next))
    }

    /// Whether it has ended.
    pub fn has_ended(self, now: Timestamp) -> bool {
        self.bounds().1 <= now
    }

    /// Whether it has begun.
    pub fn has_begun(self, now: Timestamp) -> bool {
        self.bounds().0 <= now
    }
}

fn start_of((year, month): (i16, i8)) -> Timestamp {
    civil::Date::new(year, month, 1).map_or(Date(civil::Date::MAX), Date).start()
}

/// `2026` or `2026-Q2`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quarter {
            None => write!(f, "{:04}", self.year),
            Some(quarter) => write!(f, "{:04}-Q{quarter}", self.year),
        }
    }
}

/// A text that is no period of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPeriod {
    /// It is not a period at all.
    #[error("must be a quarter like 2026-Q2 or a year like 2026")]
    Malformed,
    /// A month: it lies in a quarter, so that the report of the quarter less that of the month would
    /// be a report about the rest.
    #[error("a month is narrower than a quarter; there is no report narrower than that")]
    TooNarrow,
}

impl Rule for InvalidPeriod {
    fn rule(&self) -> &'static str {
        match self {
            Self::Malformed => "PERIOD",
            Self::TooNarrow => "DIFFERENCING",
        }
    }
}

impl FromStr for Period {
    type Err = InvalidPeriod;
    fn from_str(text: &str) -> Result<Self, InvalidPeriod> {
        let (year, part) = match text.split_once('-') {
            Some((year, part)) => (year, Some(part)),
            None => (text, None),
        };
        let is_number = |text: &str, digits: usize| {
            text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let year = year.parse().ok().filter(|number| is_number(year, 4) && YEARS.contains(number));
        let year = year.ok_or(InvalidPeriod::Malformed)?;
        let quarter = match part {
            None => None,
            Some("Q1") => Some(1),
            Some("Q2") => Some(2),
            Some("Q3") => Some(3),
            Some("Q4") => Some(4),
            Some(month) if is_number(month, 2) && ("01"..="12").contains(&month) => {
                return Err(InvalidPeriod::TooNarrow);
            }
            Some(_) => return Err(InvalidPeriod::Malformed),
        };
        Ok(Self { year, quarter })
    }
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn a_quarter_begins_and_ends_at_a_dutch_midnight() {
        let bounds = |text: &str| {
            let (from, until) = period(text).bounds();
            format!("{from} {until}")
        };
        assert_eq!(bounds("2026-Q1"), "2025-12-31T23:00:00Z 2026-03-31T22:00:00Z");
        assert_eq!(bounds("2026-Q2"), "2026-03-31T22:00:00Z 2026-06-30T22:00:00Z");
        assert_eq!(bounds("2026-Q4"), "2026-09-30T22:00:00Z 2026-12-31T23:00:00Z");
        assert_eq!(bounds("2026"), "2025-12-31T23:00:00Z 2026-12-31T23:00:00Z");
    }

    #[test]
    fn the_quarters_of_a_year_follow_each_other_and_fill_it() {
        let year = period("2026-Q3").year();
        let quarters = year.quarters();
        assert_eq!(
            quarters.map(|quarter| quarter.to_string()).join(" "),
            "2026-Q1 2026-Q2 2026-Q3 2026-Q4"
        );
        assert!(quarters.windows(2).all(|pair| pair[0].bounds().1 == pair[1].bounds().0));
        assert_eq!((quarters[0].bounds().0, quarters[3].bounds().1), year.bounds());
    }

    #[test]
    fn the_year_before_has_the_same_quarter() {
        assert_eq!(period("2026-Q2").year_before(), period("2025-Q2"));
        assert_eq!(period("2026").year_before(), period("2025"));
        // The first year that there is a report about can look back too.
        let (from, until) = period("2000-Q1").year_before().bounds();
        assert_eq!(format!("{from} {until}"), "1998-12-31T23:00:00Z 1999-03-31T22:00:00Z");
    }

    #[test]
    fn a_period_has_ended_at_the_first_moment_after_it() {
        let quarter = period("2026-Q2");
        assert!(!quarter.has_ended("2026-06-30T21:59:59Z".parse().unwrap()));
        assert!(quarter.has_ended("2026-06-30T22:00:00Z".parse().unwrap()));
    }

    #[test]
    fn rule_7_a_month_is_no_period_of_a_report() {
        assert_eq!("2026-05".parse::<Period>(), Err(InvalidPeriod::TooNarrow));
        for bad in [
            "",
            "2026-Q5",
            "2026-H1",
            "26",
            "2026-W20",
            "2026-13",
            "2026-05-01",
            "+026",
            "2026-Q",
            "1999",
        ] {
            assert_eq!(bad.parse::<Period>(), Err(InvalidPeriod::Malformed), "{bad}");
        }
    }
}
