//! The charts of a search. Every bar leads to the search with one condition more.

use super::filters::{Filters, day_after};
use crate::console::charts::{Bars, DayChart, DayCount, Week};
use crate::console::door::Ask;
use crate::console::lang::Words;
use crate::console::{badge, moments, rows, words};
use crate::domain::basis::Basis;
use crate::domain::event::Disposition;
use crate::domain::lines::Tally;

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
    let shown = Disposition::ALL.iter().enumerate().filter(|(place, one)| {
        // What never happened needs no colour, but the four that officers know always have theirs.
        **one != Disposition::Failed || tally.days.values().any(|day| day[*place] > 0)
    });
    let shown: Vec<(usize, Disposition)> = shown.map(|(place, one)| (place, *one)).collect();
    let legend = shown.iter().map(|(_, one)| (badge::fill(*one), badge::word(lang, *one)));
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
            counts: shown.iter().map(|(place, _)| counts[*place]).collect(),
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
    let cells = (0_usize..7).flat_map(|day| (0_usize..24).map(move |hour| (day, hour)));
    let most = cells.max_by_key(|(day, hour)| (tally.hours[*day][*hour], 24 - hour));
    let title =
        lang.pick(Words("Verstrekkingen per uur en weekdag", "Disclosures by hour and weekday"));
    match most {
        Some((day, hour)) if tally.hours[day][hour] > 0 => {
            let busiest = lang.pick(Words("drukst", "busiest"));
            let weekday = lang.pick(moments::DAYS[day]);
            let between = lang.pick(Words("om", "at"));
            format!("{title}; {busiest}: {weekday} {between} {hour}:00")
        }
        _ => title.to_owned(),
    }
}
