//! Moments and dates. Stored in UTC; days are counted in Europe/Amsterdam (DOMAIN §2.6, §3.1).
//!
//! Nothing here reads a clock: `now` is always an argument.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use jiff::tz::TimeZone;

use super::violation::Rule;

/// A moment, in microseconds since 1970-01-01T00:00:00Z. Never before that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Last moment that a protobuf timestamp and RFC 3339 can hold.
const TIMESTAMP_MAX: i64 = 253_402_300_799_999_999;

impl Timestamp {
    /// 1970-01-01T00:00:00Z: the first moment there is.
    pub const EPOCH: Self = Self(0);

    /// 9999-12-31T23:59:59.999999Z: the last moment there is.
    pub const LAST: Self = Self(TIMESTAMP_MAX);

    /// Reads microseconds since the epoch; `None` outside 1970–9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        (0..=TIMESTAMP_MAX).contains(&micros).then_some(Self(micros))
    }
    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
    /// This moment plus `duration`, held within 1970–9999.
    #[must_use]
    pub fn plus(self, duration: std::time::Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(TIMESTAMP_MAX);
        Self(self.0.saturating_add(micros).min(TIMESTAMP_MAX))
    }
    /// This moment minus `duration`, held within 1970–9999.
    #[must_use]
    pub fn minus(self, duration: std::time::Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(TIMESTAMP_MAX);
        Self(self.0.saturating_sub(micros).max(0))
    }
    /// The Dutch calendar date at this moment.
    pub fn date(self) -> Date {
        Date(self.zoned().date())
    }
    /// The moment in Dutch local time.
    pub fn zoned(self) -> jiff::Zoned {
        jiff::Timestamp::from_microsecond(self.0)
            .unwrap_or(jiff::Timestamp::MAX)
            .to_zoned(amsterdam())
    }

    /// A moment as a form of a page has it: `2026-06-07T23:00`, in Dutch time. An hour that the summer
    /// skips is the one after it; of one that comes twice it is the first.
    pub fn from_local_text(text: &str) -> Option<Self> {
        let local: civil::DateTime = text.parse().ok()?;
        let zoned = local.to_zoned(amsterdam()).ok()?;
        Self::from_micros(zoned.timestamp().as_microsecond())
    }

    /// The same, back, to the minute.
    pub fn to_local_text(self) -> String {
        self.zoned().strftime("%Y-%m-%dT%H:%M").to_string()
    }
    /// The moment of a Dutch local time; in the gap of a clock change, the moment after it.
    pub(super) fn from_local(local: civil::DateTime) -> Self {
        let micros = local
            .to_zoned(amsterdam())
            .map_or(TIMESTAMP_MAX, |zoned| zoned.timestamp().as_microsecond());
        Self(micros.clamp(0, TIMESTAMP_MAX))
    }
}

/// Europe/Amsterdam from the database inside this binary, so that a host without one behaves the same.
fn amsterdam() -> TimeZone {
    static ZONE: std::sync::LazyLock<TimeZone> = std::sync::LazyLock::new(|| {
        jiff::tz::TimeZoneDatabase::bundled()
            .get("Europe/Amsterdam")
            .expect("the bundled time-zone database has Amsterdam")
    });
    ZONE.clone()
}

/// RFC 3339 in UTC with microseconds only when there are any.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX).fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a moment or date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct InvalidTime {
    rule: &'static str,
    description: &'static str,
}

impl Rule for InvalidTime {
    fn rule(&self) -> &'static str {
        self.rule
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        text.parse::<jiff::Timestamp>()
            .ok()
            .and_then(|moment| Self::from_micros(moment.as_microsecond()))
            .ok_or(InvalidTime {
                rule: "TIMESTAMP",
                description: "must be an RFC 3339 moment between 1970 and 9999",
            })
    }
}

/// A calendar date without a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub(super) civil::Date);

impl Date {
    /// Whole years between this date of birth and `on`; the birthday itself counts as the new age.
    /// Born on 29 February, a person turns older on 1 March in other years. `None` before birth.
    pub fn age_on(self, on: Self) -> Option<u16> {
        let (born, on) = (self.0, on.0);
        let before_birthday = (on.month(), on.day()) < (born.month(), born.day());
        let years = i32::from(on.year()) - i32::from(born.year()) - i32::from(before_birthday);
        u16::try_from(years).ok()
    }
    /// The birthday on which somebody born on this date turns `years`; see [`Self::age_on`]. `None`
    /// past the end of the calendar.
    pub fn birthday(self, years: i16) -> Option<Self> {
        let year = self.0.year().checked_add(years)?;
        let day = civil::Date::new(year, self.0.month(), self.0.day());
        day.or_else(|_leap_day| civil::Date::new(year, 3, 1)).ok().map(Self)
    }
    /// The first moment of this day in the Netherlands.
    pub fn start(self) -> Timestamp {
        Timestamp::from_local(self.0.at(0, 0, 0, 0))
    }
    /// The last second of this day in the Netherlands: 23:59:59.
    pub fn end(self) -> Timestamp {
        Timestamp::from_local(self.0.at(23, 59, 59, 0))
    }
    /// Year, month 1–12 and day 1–31.
    pub fn ymd(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A date may be a date of birth, so it does not show itself by accident.
impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Date(…)")
    }
}

impl FromStr for Date {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let invalid =
            InvalidTime { rule: "DATE", description: "must be a calendar date like 2001-12-31" };
        if text.len() != 10 {
            return Err(invalid);
        }
        text.parse::<civil::Date>().map(Self).or(Err(invalid))
    }
}

macro_rules! serde_as_text {
    ($($name:ident),+) => { $(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
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
serde_as_text!(Timestamp, Date);

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_birthday_counts_as_the_new_age() {
        let noor = date("2010-05-20");
        assert_eq!(noor.age_on(date("2026-05-19")), Some(15));
        assert_eq!(noor.age_on(date("2026-05-20")), Some(16));
        assert_eq!(noor.age_on(date("2010-05-19")), None);
        let leap = date("2008-02-29");
        assert_eq!(leap.age_on(date("2024-02-29")), Some(16));
        assert_eq!(leap.age_on(date("2026-02-28")), Some(17));
        assert_eq!(leap.age_on(date("2026-03-01")), Some(18));
    }

    #[test]
    fn the_birthday_is_the_day_on_which_the_age_is_reached() {
        for born in ["2010-05-20", "2008-02-29", "2009-12-31"] {
            let born = date(born);
            for years in [12, 16, 18] {
                let birthday = born.birthday(years).unwrap();
                assert_eq!(born.age_on(birthday), u16::try_from(years).ok());
                let eve = birthday.start().minus(std::time::Duration::from_secs(1)).date();
                assert_eq!(born.age_on(eve), u16::try_from(years - 1).ok());
            }
        }
        assert_eq!(date("9990-01-01").birthday(12), None);
    }

    #[test]
    fn a_moment_late_in_the_evening_belongs_to_the_dutch_day() {
        let moment: Timestamp = "2026-05-19T22:30:00Z".parse().unwrap();
        assert_eq!(moment.date(), date("2026-05-20"));
    }

    #[test]
    fn the_end_of_a_day_is_dutch_local_time() {
        assert_eq!(date("2026-03-19").end().to_string(), "2026-03-19T22:59:59Z");
        assert_eq!(date("2026-07-19").end().to_string(), "2026-07-19T21:59:59Z");
    }

    #[test]
    fn what_is_not_a_date_is_refused() {
        for bad in ["2026-02-29", "2026-2-01", "1987-02-14T00:00", "", "abcdefghij", "-02026-01-01"]
        {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_form_tells_a_moment_in_dutch_time() {
        for (text, utc) in [
            ("2026-06-07T23:00", "2026-06-07T21:00:00Z"),
            ("2026-01-07T23:00:30", "2026-01-07T22:00:30Z"),
            // The hour that is skipped, and the one that comes twice.
            ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),
            ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        ] {
            let moment: Timestamp = utc.parse().unwrap();
            assert_eq!(Timestamp::from_local_text(text), Some(moment), "{text}");
        }
        for wrong in ["", "gisteren", "2026-06-07T25:00", "0001-01-01T00:00"] {
            assert_eq!(Timestamp::from_local_text(wrong), None, "{wrong}");
        }
        let moment: Timestamp = "2026-06-07T21:00:59Z".parse().unwrap();
        assert_eq!(moment.to_local_text(), "2026-06-07T23:00");
    }
}
