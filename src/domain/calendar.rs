//! Working days and public holidays in the Netherlands (DOMAIN §2.6).
//!
//! A term in days starts on the day after the event: the day itself never counts. Every function
//! is total; a result past the last day of the calendar is held at that day.

use jiff::Span;
use jiff::civil::{self, Weekday};

use super::time::{Date, Timestamp};

/// Monday to Friday and no public holiday (Algemene termijnenwet art. 3).
///
/// King's Day follows the rule of 2014 and later.
pub fn is_working_day(date: Date) -> bool {
    !matches!(date.0.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_holiday(date.0)
}

/// The last day of a term of `days` working days that starts after `date`.
///
/// A term of 0 working days ends on `date` itself, whatever day that is.
#[must_use]
pub fn add_working_days(date: Date, days: u16) -> Date {
    let mut day = date;
    let mut left = days;
    while left > 0 {
        let Ok(next) = day.0.tomorrow() else { return day };
        day = Date(next);
        left -= u16::from(is_working_day(day));
    }
    day
}

/// The same day of the week, `weeks` later.
#[must_use]
pub fn add_calendar_weeks(date: Date, weeks: u16) -> Date {
    Date(date.0.saturating_add(Span::new().weeks(i64::from(weeks))))
}

/// The day that many days before.
#[must_use]
pub fn days_before(date: Date, days: u16) -> Date {
    Date(date.0.saturating_sub(Span::new().days(i64::from(days))))
}

/// The same day of the month, `months` later; the last day of that month when it has no such day.
#[must_use]
pub fn add_calendar_months(date: Date, months: u16) -> Date {
    Date(date.0.saturating_add(Span::new().months(i64::from(months))))
}

/// The same moment of the Dutch calendar, `years` earlier.
#[must_use]
pub(super) fn years_before(moment: Timestamp, years: u16) -> Timestamp {
    let local = moment.zoned().datetime();
    Timestamp::from_local(local.saturating_sub(Span::new().years(i64::from(years))))
}

/// Working days after `from`, up to and including `to`; 0 when `to` is not after `from`.
pub fn working_days_between(from: Date, to: Date) -> u32 {
    let mut count = 0;
    let mut day = from.0;
    while day < to.0 {
        let Ok(next) = day.tomorrow() else { break };
        day = next;
        count += u32::from(is_working_day(Date(day)));
    }
    count
}

/// Calendar days from `from` to `to`; negative when `to` comes first.
pub fn days_between(from: Date, to: Date) -> i32 {
    from.0.until(to.0).map_or(0, |span| span.get_days())
}

fn is_holiday(date: civil::Date) -> bool {
    match (date.month(), date.day()) {
        // New Year, Liberation Day, the two days of Christmas.
        (1, 1) | (5, 5) | (12, 25 | 26) => true,
        // King's Day gives way to a Sunday.
        (4, 26) => date.weekday() == Weekday::Saturday,
        (4, 27) => date.weekday() != Weekday::Sunday,
        _ => is_bound_to_easter(date),
    }
}

/// Good Friday (equated with a holiday), Easter Monday, Ascension Day and Whit Monday.
fn is_bound_to_easter(date: civil::Date) -> bool {
    let days_after_easter = i32::from(date.day_of_year()) - easter_day_of_year(date.year());
    matches!(days_after_easter, -2 | 1 | 39 | 50)
}

/// The day of the year of Easter Sunday in the Gregorian calendar (Meeus, Jones, Butcher).
fn easter_day_of_year(year: i16) -> i32 {
    let year = i32::from(year);
    let golden = year.rem_euclid(19);
    let century = year.div_euclid(100);
    let year_of_century = year.rem_euclid(100);
    let moon_correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon_correction + 15).rem_euclid(30);
    let weekday =
        (32 + 2 * (century % 4) + 2 * (year_of_century / 4) - epact - year_of_century % 4)
            .rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    // Counted from 22 March, the earliest Easter there is.
    let after_22_march = epact + weekday - 7 * late;
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    31 + 28 + i32::from(leap) + 22 + after_22_march
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn easter(year: i16) -> Date {
        let first = civil::date(year, 1, 1);
        Date(first + Span::new().days(easter_day_of_year(year) - 1))
    }

    #[test]
    fn easter_falls_where_the_church_says() {
        // The last two are the latest and the earliest Easter of these centuries.
        for sunday in [
            "1961-04-02",
            "2000-04-23",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2038-04-25",
            "2285-03-22",
        ] {
            let sunday = date(sunday);
            assert_eq!(easter(sunday.ymd().0).to_string(), sunday.to_string());
        }
        for year in 1583..=9999 {
            let (_, month, day) = easter(year).ymd();
            assert_eq!(easter(year).0.weekday(), Weekday::Sunday, "{year}");
            assert!(((3, 22)..=(4, 25)).contains(&(month, day)), "{year}");
        }
    }

    #[test]
    fn the_holidays_of_a_year_are_these() {
        let holidays = |year: i16| {
            civil::date(year, 1, 1)
                .series(Span::new().days(1))
                .take_while(|day| day.year() == year)
                .filter(|day| is_holiday(*day))
                .map(|day| day.strftime("%m-%d").to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(holidays(2026), "01-01 04-03 04-06 04-27 05-05 05-14 05-25 12-25 12-26");
        // 27 April 2025 was a Sunday.
        assert_eq!(holidays(2025), "01-01 04-18 04-21 04-26 05-05 05-29 06-09 12-25 12-26");
        // Ascension Day on 5 May.
        assert_eq!(holidays(2016), "01-01 03-25 03-28 04-27 05-05 05-16 12-25 12-26");
    }

    #[test]
    fn five_working_days_end_on_these_days() {
        for (received, due) in [
            ("2026-03-12", "2026-03-19"),
            ("2026-03-30", "2026-04-08"),
            ("2026-04-24", "2026-05-04"),
            ("2026-12-22", "2026-12-30"),
            ("2026-12-24", "2027-01-04"),
            ("2026-06-07", "2026-06-12"),
        ] {
            assert_eq!(add_working_days(date(received), 5).to_string(), due);
            assert_eq!(working_days_between(date(received), date(due)), 5);
        }
        assert_eq!(add_working_days(date("2026-06-07"), 2).to_string(), "2026-06-09");
        assert_eq!(working_days_between(date("2026-03-12"), date("2026-03-16")), 2);
    }

    #[test]
    fn the_day_itself_does_not_count() {
        assert_eq!(add_working_days(date("2026-06-07"), 0).to_string(), "2026-06-07");
        assert_eq!(working_days_between(date("2026-03-12"), date("2026-03-12")), 0);
        assert_eq!(working_days_between(date("2026-03-19"), date("2026-03-12")), 0);
    }

    #[test]
    fn four_weeks_after_a_thursday_is_a_thursday() {
        assert_eq!(add_calendar_weeks(date("2026-03-12"), 4).to_string(), "2026-04-09");
        assert_eq!(days_between(date("2026-03-12"), date("2026-04-09")), 28);
        assert_eq!(days_between(date("2026-04-09"), date("2026-03-12")), -28);
    }

    #[test]
    fn a_month_ends_on_the_same_day_or_on_the_last() {
        for (from, months, to) in [
            ("2026-03-12", 1, "2026-04-12"),
            ("2026-01-31", 1, "2026-02-28"),
            ("2028-01-31", 1, "2028-02-29"),
            ("2026-08-31", 3, "2026-11-30"),
            ("2026-12-15", 1, "2027-01-15"),
        ] {
            assert_eq!(add_calendar_months(date(from), months).to_string(), to);
        }
    }

    #[test]
    fn the_end_of_the_calendar_holds_a_term() {
        let last = date("9999-12-31");
        assert_eq!(add_working_days(last, 3), last);
        assert_eq!(add_calendar_weeks(last, u16::MAX), last);
        assert_eq!(add_calendar_months(last, u16::MAX), last);
    }

    proptest! {
        #[test]
        fn a_term_ends_on_a_working_day_and_is_as_long_as_asked(
            offset in 0..60_000_i32,
            days in 1..60_u16,
        ) {
            let from = Date(civil::date(2014, 1, 1) + Span::new().days(offset));
            let to = add_working_days(from, days);
            prop_assert!(is_working_day(to));
            prop_assert_eq!(working_days_between(from, to), u32::from(days));
        }
    }
}
