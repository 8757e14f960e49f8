//! Charts as SVG from the server: they print, they need no script, and what they show stands beside
//! them as a table. Here is the geometry; the words and links come from the page.

use super::bars::{round_up, shortened};
use super::lang::Lang;

/// A bar of parts on top of each other, one day.
pub(super) struct DayBar {
    /// Where the bar leads.
    pub(super) href: String,
    /// What it says in words.
    pub(super) title: String,
    /// The day, as a table has it.
    pub(super) day: String,
    /// Counts as a table has them, in the order of the legend.
    pub(super) counts: Vec<String>,
    pub(super) parts: Vec<Part>,
    pub(super) x: f64,
    pub(super) width: f64,
}

/// One part of a bar.
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) y: f64,
    pub(super) height: f64,
}

/// Bars by day.
pub(super) struct DayChart {
    pub(super) bars: Vec<DayBar>,
    /// Height and number of the lines behind the bars.
    pub(super) lines: Vec<(f64, String)>,
    /// Place and words under the bars.
    pub(super) ticks: Vec<(f64, String)>,
    /// Class and word.
    pub(super) legend: Vec<(&'static str, &'static str)>,
}

/// What is counted of one day.
pub(super) struct DayCount {
    pub(super) href: String,
    /// `za 14 nov`.
    pub(super) short: String,
    /// `zaterdag 14 november 2026`.
    pub(super) long: String,
    pub(super) counts: Vec<u64>,
}

/// Size of the drawing, in its own units.
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 34.0;
const TOP: f64 = 8.0;
/// Words under the bars, at most.
const TICKS: usize = 6;

impl DayChart {
    pub(super) fn new(
        lang: Lang,
        legend: Vec<(&'static str, &'static str)>,
        days: Vec<DayCount>,
    ) -> Self {
        let most = days.iter().map(|day| day.counts.iter().sum::<u64>()).max().unwrap_or(0);
        let top = round_up(most, 4);
        let scale = HEIGHT / number(top);
        let step = (WIDTH - LEFT) / number(u64::try_from(days.len().max(1)).unwrap_or(1));
        let every = days.len().div_ceil(TICKS).max(1);
        let place = |at: usize| LEFT + step * number(u64::try_from(at).unwrap_or(0));
        let labelled = days
            .iter()
            .enumerate()
            .filter(|(at, _)| (at + every - every / 2).is_multiple_of(every));
        let ticks = labelled.map(|(at, day)| (place(at) + step / 2.0, day.short.clone())).collect();
        let line = |part: u64| {
            (TOP + HEIGHT - number(top * part / 4) * scale, lang.number(top * part / 4))
        };
        let lines = (0..=4).filter(|part| (top * part).is_multiple_of(4)).map(line).collect();
        let bars = days.into_iter().enumerate();
        let bars = bars.map(|(at, day)| bar(lang, &legend, day, (place(at), step, scale)));
        Self { bars: bars.collect(), lines, ticks, legend }
    }

    /// Counts of the busiest day, for words.
    pub(super) fn is_empty(&self) -> bool {
        self.bars.iter().all(|bar| bar.parts.is_empty())
    }
}

fn bar(
    lang: Lang,
    legend: &[(&'static str, &'static str)],
    day: DayCount,
    (x, step, scale): (f64, f64, f64),
) -> DayBar {
    let mut y = TOP + HEIGHT;
    let mut parts = Vec::new();
    let mut words = Vec::new();
    for ((class, word), count) in legend.iter().zip(&day.counts) {
        if *count > 0 {
            // What is there is seen, however little it is.
            let height = (number(*count) * scale).max(1.5);
            y -= height;
            parts.push(Part { class, y: round(y), height: round(height) });
            words.push(format!("{} {}", lang.number(*count), word.to_lowercase()));
        }
    }
    let what = if words.is_empty() { "0".to_owned() } else { words.join(", ") };
    DayBar {
        href: day.href,
        title: format!("{}: {what}", day.long),
        day: day.long,
        counts: day.counts.iter().map(|count| lang.number(*count)).collect(),
        parts,
        x: round(x + step * 0.08),
        width: round(step * 0.84),
    }
}

/// A bar that lies, with its name and number.
pub(super) struct Bar {
    pub(super) href: String,
    pub(super) name: String,
    /// The name as far as it fits above a bar.
    pub(super) short: String,
    pub(super) count: String,
    pub(super) y: f64,
    pub(super) width: f64,
}

/// Bars that lie.
pub(super) struct Bars {
    pub(super) bars: Vec<Bar>,
    pub(super) height: f64,
}

/// Bars in one chart; what comes after them is in the search.
const BARS: usize = 7;
/// Characters of a name that fit.
const NAME_CHARS: usize = 30;
/// Length of the longest bar; its number stands behind it.
const BAR_WIDTH: f64 = 190.0;
/// A name and the bar under it.
const BAR_HEIGHT: f64 = 29.0;

impl Bars {
    /// From name, link and count.
    pub(super) fn new(lang: Lang, mut counts: Vec<(String, String, u64)>) -> Self {
        counts.sort_by(|one, other| other.2.cmp(&one.2).then_with(|| one.0.cmp(&other.0)));
        counts.truncate(BARS);
        let most = counts.first().map_or(1, |(_, _, count)| (*count).max(1));
        let rows = counts.into_iter().zip(0_u8..);
        let bars = rows.map(|((name, href, count), row)| Bar {
            short: shortened(&name, NAME_CHARS),
            name,
            href,
            count: lang.number(count),
            y: BAR_HEIGHT * f64::from(row),
            width: round((BAR_WIDTH * number(count) / number(most)).max(1.5)),
        });
        let bars: Vec<_> = bars.collect();
        let height = BAR_HEIGHT * number(u64::try_from(bars.len().max(1)).unwrap_or(1));
        Self { bars, height }
    }
}

/// A square of the week: weekday by hour.
pub(super) struct Cell {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) class: &'static str,
}

/// Weekdays and hours.
pub(super) struct Week {
    pub(super) cells: Vec<Cell>,
    /// Name of a weekday and its height.
    pub(super) days: Vec<(&'static str, f64)>,
    /// An hour and its place.
    pub(super) hours: Vec<(u8, f64)>,
    /// The rows of the table: weekday and count of every hour.
    pub(super) rows: Vec<(&'static str, Vec<String>)>,
}

const SHADES: [&str; 7] = ["h0", "h1", "h2", "h3", "h4", "h5", "h6"];

impl Week {
    pub(super) fn new(lang: Lang, names: [&'static str; 7], counts: &[[u64; 24]; 7]) -> Self {
        let most = counts.iter().flatten().copied().max().unwrap_or(0);
        let mut week =
            Self { cells: Vec::new(), days: Vec::new(), hours: Vec::new(), rows: Vec::new() };
        for ((row, name), hours) in (0_u8..).zip(names).zip(counts) {
            let y = 2.0 + 22.0 * f64::from(row);
            week.days.push((name, y + 13.0));
            for (hour, count) in (0_u8..).zip(hours) {
                let x = 22.0 + 11.4 * f64::from(hour);
                week.cells.push(Cell { x: round(x), y, class: shade(*count, most) });
            }
            week.rows.push((name, hours.iter().map(|count| lang.number(*count)).collect()));
        }
        week.hours =
            [0, 6, 12, 18, 23].map(|hour| (hour, round(22.0 + 11.4 * f64::from(hour)))).into();
        week
    }
}

/// Nothing, and six parts of the most.
fn shade(count: u64, most: u64) -> &'static str {
    let part = if count == 0 || most == 0 { 0 } else { 1 + (count - 1) * 6 / most.max(1) };
    SHADES.get(usize::try_from(part).unwrap_or(0)).copied().unwrap_or("h6")
}

/// A drawing has fewer dots than this has numbers.
fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// One digit behind the point is finer than a screen.
fn round(at: f64) -> f64 {
    (at * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(counts: [u64; 2]) -> DayCount {
        let words = "za 14 nov".to_owned();
        DayCount { href: String::new(), short: words.clone(), long: words, counts: counts.into() }
    }

    #[test]
    fn bars_stay_in_the_drawing_and_stand_on_each_other() {
        let legend = vec![("s-allow", "Toegestaan"), ("s-deny", "Geweigerd")];
        let chart = DayChart::new(Lang::Nl, legend, vec![day([3, 1]), day([0, 0]), day([0, 4])]);
        for bar in &chart.bars {
            let mut under = TOP + HEIGHT;
            for part in &bar.parts {
                assert!((part.y + part.height - under).abs() < 0.2);
                under = part.y;
            }
            assert!(under >= TOP - 0.2 && bar.x + bar.width <= WIDTH);
        }
        assert_eq!(chart.bars[0].title, "za 14 nov: 3 toegestaan, 1 geweigerd");
        assert_eq!(chart.bars[1].title, "za 14 nov: 0");
        assert!(!chart.is_empty() && chart.bars[1].parts.is_empty());
    }

    #[test]
    fn the_most_is_darkest_and_nothing_is_lightest() {
        let mut counts = [[0; 24]; 7];
        counts[5][23] = 19;
        counts[0][9] = 1;
        let week = Week::new(Lang::Nl, ["ma", "di", "wo", "do", "vr", "za", "zo"], &counts);
        assert_eq!(week.cells.len(), 7 * 24);
        assert_eq!(week.cells[5 * 24 + 23].class, "h6");
        assert_eq!(week.cells[9].class, "h1");
        assert_eq!(week.cells[0].class, "h0");
        assert_eq!(week.rows[5].1[23], "19");
    }

    #[test]
    fn bars_come_from_many_to_few_and_no_more_than_fit() {
        let name =
            |n: u64| (format!("Organisatie met een heel erg lange naam {n}"), String::new(), n);
        let bars = Bars::new(Lang::Nl, (1..20).map(name).collect()).bars;
        assert_eq!((bars.len(), bars[0].count.as_str()), (BARS, "19"));
        assert!(bars[0].short.chars().count() <= NAME_CHARS && bars[0].short.ends_with('…'));
        assert!((bars[0].width - BAR_WIDTH).abs() < 0.1);
    }
}
