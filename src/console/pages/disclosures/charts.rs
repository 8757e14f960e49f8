//! The charts of a search. Every bar leads to the search with one condition more.

use super::filters::{Filters, day_after};
use crate::console::charts::{Bars, DayChart, DayCount, Week};
use crate::console::door::Ask;
use crate::console::lang::Words;
use crate::console::{badge, moments, rows, words};
use crate::domain::basis::Basis;
use crate::domain::event::Disposition;
use crate::domain::lines::{Tally, of_day};

/// Days in one chart: as many as a search may span.
const DAYS_MAX: usize = 93;

/// The charts.
pub(in crate::console) struct Charts {
    pub(in crate::console) days: DayChart,
    /// Caption and bars.
    pub(in crate::console) bars: Vec<(&'static str, Bars)>,
    pub(in crate::console) week: Week,
    /// The week in words.
    pub(in crate::console) busiest: String,
}

impl Charts {
    pub(super) fn new(ask: &Ask, filters: &Filters, tally: &Tally) -> Self {
        let lang = ask.lang;
        let week = Week::new(lang, moments::WEEKDAYS.map(|words| lang.pick(words)), &tally.hours);
        Self {
            days: days(ask, filters, tally),
            bars: vec![
                (
                    lang.pick(Words("Per ontvanger", "By recipient")),
                    recipients(ask, filters, tally),
                ),
                (lang.pick(Words("Per grondslag", "By basis")), bases(ask, filters, tally)),
            ],
            busiest: busiest(ask, tally),
            week,
        }
    }
}

/// What became of the entries of every day.
pub(in crate::console) fn days(ask: &Ask, filters: &Filters, tally: &Tally) -> DayChart {
    let lang = ask.lang;
    // What never happened needs no colour, but the four that officers know always have theirs.
    let happened = |one: Disposition| tally.days.values().any(|day| of_day(day, one) > 0);
    let shown = Disposition::ALL.iter().copied();
    let shown: Vec<_> = shown.filter(|one| *one != Disposition::Failed || happened(*one)).collect();
    let legend = shown.iter().map(|one| (badge::fill(*one), badge::word(lang, *one)));
    let legend = legend.collect();
    let Some((first, last)) = filters.period() else {
        return DayChart::new(lang, legend, Vec::new());
    };
    let dates = std::iter::successors(Some(first), |day| Some(day_after(*day)));
    let days = dates.take_while(|day| *day <= last).take(DAYS_MAX).map(|day| {
        let counts = tally.days.get(&day).copied().unwrap_or_default();
        let only = Filters { van: day.to_string(), tot: day.to_string(), ..filters.anew() };
        DayCount {
            href: only.address(ask),
            short: moments::short_date(lang, day),
            long: moments::day(lang, day.start()),
            counts: shown.iter().map(|one| of_day(&counts, *one)).collect(),
        }
    });
    DayChart::new(lang, legend, days.collect())
}

fn recipients(ask: &Ask, filters: &Filters, tally: &Tally) -> Bars {
    let directory = ask.app.gateway().directory();
    let bars = tally.recipients.iter().map(|(oin, count)| {
        let only = Filters { ontvanger: oin.to_string(), ..filters.anew() };
        (rows::name(&directory, oin), only.address(ask), *count)
    });
    Bars::new(ask.lang, bars.collect())
}

fn bases(ask: &Ask, filters: &Filters, tally: &Tally) -> Bars {
    let bars = tally.bases.iter().filter_map(|(number, count)| {
        let basis = Basis::from_number((*number).into())?;
        let only = Filters { grondslag: basis.as_str().to_owned(), ..filters.anew() };
        Some((ask.lang.pick(words::short_basis(basis)).to_owned(), only.address(ask), *count))
    });
    Bars::new(ask.lang, bars.collect())
}

/// Where the week is busiest, for who cannot see it.
fn busiest(ask: &Ask, tally: &Tally) -> String {
    let lang = ask.lang;
    let days = moments::DAYS.iter().zip(&tally.hours);
    let cells = days.flat_map(|(day, hours)| {
        hours.iter().zip(0_u8..).map(move |(count, hour)| (*count, 24 - hour, *day, hour))
    });
    let most = cells.max_by_key(|(count, early, ..)| (*count, *early));
    let title =
        lang.pick(Words("Verstrekkingen per uur en weekdag", "Disclosures by hour and weekday"));
    match most {
        Some((count, _, day, hour)) if count > 0 => {
            let busiest = lang.pick(Words("drukst", "busiest"));
            let weekday = lang.pick(day);
            let between = lang.pick(Words("om", "at"));
            format!("{title}; {busiest}: {weekday} {between} {hour}:00")
        }
        _ => title.to_owned(),
    }
}
