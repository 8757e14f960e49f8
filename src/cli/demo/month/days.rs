//! The thirty days before the demo's present, in Dutch local time.

use std::time::Duration;

use jiff::civil::Weekday;

use crate::domain::calendar::{add_working_days, is_working_day};
use crate::domain::time::{Date, Timestamp};

/// How many days the month has.
pub(super) const DAYS: u64 = 30;

const HOUR: Duration = Duration::from_hours(1);

/// The day so many days before the one of `moment`.
pub(super) fn before(moment: Timestamp, days: u64) -> Date {
    shift(moment.date(), -i64::try_from(days).unwrap_or(0))
}

/// The day so many days after another.
pub(super) fn after(date: Date, days: u64) -> Date {
    shift(date, i64::try_from(days).unwrap_or(0))
}

/// Noon is never twelve hours away from another day, whatever the clocks do.
fn shift(date: Date, days: i64) -> Date {
    let noon = date.start().plus(12 * HOUR);
    let length = Duration::from_hours(24 * days.unsigned_abs());
    if days < 0 { noon.minus(length).date() } else { noon.plus(length).date() }
}

/// A time of a day. On the two days a year when the clocks change it may be an hour off.
pub(super) fn at(date: Date, hour: u64, minute: u64) -> Timestamp {
    date.start().plus(Duration::from_mins(hour * 60 + minute))
}

/// So many minutes later.
pub(super) fn minutes_after(moment: Timestamp, minutes: u64) -> Timestamp {
    moment.plus(Duration::from_mins(minutes))
}

pub(super) fn weekday(date: Date) -> Weekday {
    date.start().zoned().weekday()
}

/// The date itself when people work on it, otherwise the next on which they do.
pub(super) fn working(date: Date) -> Date {
    if is_working_day(date) { date } else { add_working_days(date, 1) }
}

/// The last Sunday before the day of `moment`.
pub(super) fn last_sunday(moment: Timestamp) -> Date {
    let earlier = (1..=7).map(|days| before(moment, days));
    let sunday = earlier.into_iter().find(|date| weekday(*date) == Weekday::Sunday);
    sunday.unwrap_or_else(|| before(moment, 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_the_change_of_the_clocks() {
        let monday: Timestamp = "2026-11-02T00:30:00+01:00".parse().unwrap();
        assert_eq!(before(monday, 8).to_string(), "2026-10-25");
        assert_eq!(after(before(monday, 8), 1).to_string(), "2026-10-26");
        assert_eq!(last_sunday(monday).to_string(), "2026-11-01");
        let sunday: Timestamp = "2026-11-01T12:00:00+01:00".parse().unwrap();
        assert_eq!(last_sunday(sunday).to_string(), "2026-10-25");
        assert_eq!(working(sunday.date()).to_string(), "2026-11-02");
        let evening: Timestamp = "2026-11-02T23:40:00+01:00".parse().unwrap();
        assert_eq!(at(monday.date(), 23, 40), evening);
    }
}
