//! Moments as people in the Netherlands read them.

use crate::domain::time::{Date, Timestamp};

use super::lang::{Lang, Words};

const MONTHS: [Words; 12] = [
    Words("januari", "January"),
    Words("februari", "February"),
    Words("maart", "March"),
    Words("april", "April"),
    Words("mei", "May"),
    Words("juni", "June"),
    Words("juli", "July"),
    Words("augustus", "August"),
    Words("september", "September"),
    Words("oktober", "October"),
    Words("november", "November"),
    Words("december", "December"),
];

pub(super) const DAYS: [Words; 7] = [
    Words("maandag", "Monday"),
    Words("dinsdag", "Tuesday"),
    Words("woensdag", "Wednesday"),
    Words("donderdag", "Thursday"),
    Words("vrijdag", "Friday"),
    Words("zaterdag", "Saturday"),
    Words("zondag", "Sunday"),
];

/// Names of two letters, Monday first.
pub(super) const WEEKDAYS: [Words; 7] = [
    Words("ma", "Mo"),
    Words("di", "Tu"),
    Words("wo", "We"),
    Words("do", "Th"),
    Words("vr", "Fr"),
    Words("za", "Sa"),
    Words("zo", "Su"),
];

/// `14 nov`.
pub(super) fn short_date(lang: Lang, date: Date) -> String {
    let (_, month, day) = date.ymd();
    format!("{day} {}", short_month(lang, month))
}

/// `14 november 2026`.
pub(super) fn long_date(lang: Lang, date: Date) -> String {
    let (year, month, day) = date.ymd();
    format!("{day} {} {year}", month_name(lang, month))
}

fn month_name(lang: Lang, month: i8) -> &'static str {
    let place = usize::try_from(month - 1).unwrap_or_default();
    MONTHS.get(place).map_or("", |words| lang.pick(*words))
}

/// `zaterdag 14 november 2026`.
pub(super) fn day(lang: Lang, at: Timestamp) -> String {
    let local = at.zoned();
    let name = |names: &[Words], number: i8| {
        let place = usize::try_from(number - 1).unwrap_or_default();
        names.get(place).map_or("", |words| lang.pick(*words))
    };
    let weekday = name(&DAYS, local.weekday().to_monday_one_offset());
    let month = name(&MONTHS, local.month());
    format!("{weekday} {} {month} {}", local.day(), local.year())
}

/// `14 nov 2026`.
pub(super) fn date(lang: Lang, at: Timestamp) -> String {
    let local = at.zoned();
    format!("{} {} {}", local.day(), short_month(lang, local.month()), local.year())
}

/// `14 nov`: below a chart, where the year is known.
pub(super) fn short_day(lang: Lang, at: Timestamp) -> String {
    let local = at.zoned();
    format!("{} {}", local.day(), short_month(lang, local.month()))
}

/// `14 nov 2026, 23:41`.
pub(super) fn brief(lang: Lang, at: Timestamp) -> String {
    let local = at.zoned();
    format!("{}, {:02}:{:02}", date(lang, at), local.hour(), local.minute())
}

/// The first three letters; `mrt` for maart, as the Dutch write it.
fn short_month(lang: Lang, month: i8) -> &'static str {
    const SHORT: [Words; 12] = [
        Words("jan", "Jan"),
        Words("feb", "Feb"),
        Words("mrt", "Mar"),
        Words("apr", "Apr"),
        Words("mei", "May"),
        Words("jun", "Jun"),
        Words("jul", "Jul"),
        Words("aug", "Aug"),
        Words("sep", "Sep"),
        Words("okt", "Oct"),
        Words("nov", "Nov"),
        Words("dec", "Dec"),
    ];
    let place = usize::try_from(month - 1).unwrap_or_default();
    SHORT.get(place).map_or("", |words| lang.pick(*words))
}

/// `23:41:07`.
pub(super) fn time(at: Timestamp) -> String {
    let local = at.zoned();
    format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second())
}

/// `zaterdag 14 november 2026 om 23:41`.
pub(super) fn moment(lang: Lang, at: Timestamp) -> String {
    let local = at.zoned();
    let between = lang.pick(Words("om", "at"));
    format!("{} {between} {:02}:{:02}", day(lang, at), local.hour(), local.minute())
}

/// `14 nov 23:41`.
pub(super) fn short_moment(lang: Lang, at: Timestamp) -> String {
    let local = at.zoned();
    format!("{} {:02}:{:02}", short_day(lang, at), local.hour(), local.minute())
}

/// Whole days from one moment to a later one.
pub(super) fn days_between(from: Timestamp, until: Timestamp) -> i64 {
    const DAY: i64 = 24 * 3600 * 1_000_000;
    (until.as_micros() - from.as_micros()).div_euclid(DAY)
}

/// RFC 3339 in UTC, for machines.
pub(super) fn machine(at: Timestamp) -> String {
    at.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_dutch_time() {
        let summer: Timestamp = "2026-06-30T22:30:05Z".parse().unwrap();
        assert_eq!(moment(Lang::Nl, summer), "woensdag 1 juli 2026 om 00:30");
        assert_eq!(moment(Lang::En, summer), "Wednesday 1 July 2026 at 00:30");
        let winter: Timestamp = "2026-11-14T22:41:07Z".parse().unwrap();
        assert_eq!(day(Lang::Nl, winter), "zaterdag 14 november 2026");
        assert_eq!(time(winter), "23:41:07");
        assert_eq!((days_between(summer, winter), days_between(winter, summer)), (137, -138));
        assert_eq!(brief(Lang::Nl, winter), "14 nov 2026, 23:41");
        assert_eq!(short_day(Lang::En, summer), "1 Jul");
        assert_eq!(machine(winter), "2026-11-14T22:41:07Z");
    }
}
