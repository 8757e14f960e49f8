//! The moments of the story, and how they are shown: in Dutch local time, as people read them.

use jiff::tz::TimeZone;

use crate::domain::time::Timestamp;

/// Reads a moment of the story, which is RFC 3339.
pub(super) fn parse(moment: &str) -> Timestamp {
    moment.parse().expect("the moments of the story are written in RFC 3339")
}

/// A moment of the story, for a message.
pub(super) fn proto(moment: &str) -> prost_types::Timestamp {
    of(parse(moment))
}

/// Any moment, for a message.
pub(super) fn of(moment: Timestamp) -> prost_types::Timestamp {
    let micros = moment.as_micros();
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1000)
        .expect("a part of a second in nanoseconds fits");
    prost_types::Timestamp { seconds: micros.div_euclid(1_000_000), nanos }
}

/// The local day and minute of a moment in an answer, like `2026-03-12 05:52`.
pub(super) fn minute(moment: Option<&prost_types::Timestamp>) -> String {
    shown(moment, "%Y-%m-%d %H:%M")
}

/// The local second of a moment in an answer, like `2026-03-19 23:59:59`.
pub(super) fn second(moment: Option<&prost_types::Timestamp>) -> String {
    shown(moment, "%Y-%m-%d %H:%M:%S")
}

/// The local day of a moment in an answer.
pub(super) fn day(moment: Option<&prost_types::Timestamp>) -> String {
    shown(moment, "%Y-%m-%d")
}

/// A moment of the story with the day of the week, like `Thu 2026-03-12 01:52`.
pub(super) fn heading(moment: &str) -> String {
    shown(Some(&proto(moment)), "%a %Y-%m-%d %H:%M")
}

fn shown(moment: Option<&prost_types::Timestamp>, format: &str) -> String {
    let Some(moment) = moment else { return "no moment".to_owned() };
    match jiff::Timestamp::new(moment.seconds, moment.nanos) {
        Ok(instant) => instant.to_zoned(amsterdam()).strftime(format).to_string(),
        Err(_beyond_the_calendar) => "no moment of the calendar".to_owned(),
    }
}

/// From the database inside this binary, so that a host without one shows the same.
fn amsterdam() -> TimeZone {
    jiff::tz::TimeZoneDatabase::bundled()
        .get("Europe/Amsterdam")
        .expect("the bundled time-zone database has Amsterdam")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_in_dutch_local_time() {
        assert_eq!(heading("2026-03-12T00:52:00Z"), "Thu 2026-03-12 01:52");
        assert_eq!(second(Some(&proto("2026-06-30T21:59:59.5Z"))), "2026-06-30 23:59:59");
        assert_eq!(minute(None), "no moment");
    }
}
