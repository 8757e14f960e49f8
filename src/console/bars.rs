//! Charts of bars, drawn by the server: `columns.html` and `bars.html` show them, each with the same
//! figures as a table below. The words say what is drawn, so that nobody needs the picture.

/// Width of both charts, in units of the drawing.
const WIDTH: u64 = 720;

/// Columns beside each other: one for each day, for example.
pub(super) struct Columns {
    /// Names the parts of the drawing; one word that no other chart of the page has.
    pub(super) id: &'static str,
    pub(super) title: String,
    /// What is seen, in a sentence.
    pub(super) desc: String,
    pub(super) drawn: Vec<Column>,
    pub(super) lines: Vec<Line>,
    /// Heads of the table.
    pub(super) heads: [&'static str; 2],
}

pub(super) struct Column {
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) width: u64,
    pub(super) height: u64,
    /// Below it; empty where there is no room.
    pub(super) tick: String,
    pub(super) middle: u64,
    pub(super) label: String,
    pub(super) value: String,
}

/// A line across, with its figure.
pub(super) struct Line {
    pub(super) y: u64,
    pub(super) value: String,
}

/// What a column is made of: its label, the label below it, the figure, and the figure in words.
pub(super) struct Figure {
    pub(super) label: String,
    pub(super) tick: String,
    pub(super) number: u64,
    pub(super) value: String,
}

/// Where columns stand: below their top line, above their labels, right of the figures.
const TOP: u64 = 14;
const FOOT: u64 = 150;
const LEFT: u64 = 52;

impl Columns {
    pub(super) fn new(
        (id, title, desc): (&'static str, String, String),
        heads: [&'static str; 2],
        figures: Vec<Figure>,
        number: impl Fn(u64) -> String,
    ) -> Self {
        let most = figures.iter().map(|figure| figure.number).max().unwrap_or_default();
        let most = round_up(most, 2);
        let places = u64::try_from(figures.len()).unwrap_or(1).max(1);
        let room = (WIDTH - LEFT) / places;
        let columns = figures.into_iter().zip(0..).map(|(figure, place): (Figure, u64)| {
            let height = (FOOT - TOP) * figure.number / most;
            let x = LEFT + place * room;
            Column {
                x: x + room / 8,
                y: FOOT - height,
                width: (room - room / 4).max(1),
                height,
                tick: figure.tick,
                middle: x + room / 2,
                label: figure.label,
                value: figure.value,
            }
        });
        let line =
            |part: u64| Line { y: FOOT - (FOOT - TOP) * part / 2, value: number(most * part / 2) };
        Self { id, title, desc, drawn: columns.collect(), lines: [0, 1, 2].map(line).into(), heads }
    }
}

/// Bars below each other: one for each organisation or municipality.
pub(super) struct Bars {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) desc: String,
    pub(super) drawn: Vec<Bar>,
    pub(super) height: u64,
}

pub(super) struct Bar {
    pub(super) y: u64,
    /// Where words stand beside it.
    pub(super) base: u64,
    pub(super) width: u64,
    pub(super) label: String,
    pub(super) value: String,
    /// Where the figure stands.
    pub(super) end: u64,
}

/// Room for a bar, for its name and for its figure.
const ROW: u64 = 24;
const NAME: u64 = 220;
const FIGURE: u64 = 70;

impl Bars {
    /// Of names, numbers and numbers in words.
    pub(super) fn new(
        (id, title, desc): (String, String, String),
        figures: Vec<(String, u64, String)>,
    ) -> Self {
        let most = figures.iter().map(|figure| figure.1).max().unwrap_or_default().max(1);
        let height = u64::try_from(figures.len()).unwrap_or_default() * ROW + 4;
        let bars = figures.into_iter().zip(0..).map(|((label, number, value), place): (_, u64)| {
            let width = (WIDTH - NAME - FIGURE) * number / most;
            let y = place * ROW + 4;
            Bar { y, base: y + 13, width, label, value, end: NAME + width + 8 }
        });
        Self { id, title, desc, drawn: bars.collect(), height }
    }
}

/// As much of a name as there is room for.
pub(super) fn shortened(name: &str, chars: usize) -> String {
    if name.chars().count() <= chars {
        return name.to_owned();
    }
    let beginning: String = name.chars().take(chars.saturating_sub(1)).collect();
    format!("{}…", beginning.trim_end())
}

/// The round number that a scale of so many parts ends with, so that the lines across have round figures:
/// of two parts 2, 4, 10, 20, 40, 100, ...
pub(super) fn round_up(most: u64, parts: u64) -> u64 {
    let mut round = parts;
    loop {
        for step in [1, 2, 5] {
            let next = round.saturating_mul(step);
            if next >= most || next == u64::MAX {
                return next;
            }
        }
        round = round.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_line_is_round_and_above_everything() {
        for (most, round) in [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (21, 40), (999, 1_000)] {
            assert_eq!(round_up(most, 2), round);
        }
        for most in [0, 1, 4, 5, 19, 20, 21, 399, 401, 12_345, 1_000_000] {
            let top = round_up(most, 4);
            assert!(top >= most && top.is_multiple_of(4), "{most}: {top}");
            assert!(most < 5 || top <= most * 3, "{most}: {top}");
        }
        assert!(round_up(u64::MAX, 4) == u64::MAX);
    }

    #[test]
    fn a_column_stands_on_the_foot_and_is_as_high_as_its_figure() {
        let figure = |number: u64| Figure {
            label: String::new(),
            tick: String::new(),
            number,
            value: number.to_string(),
        };
        let words = ("id", String::new(), String::new());
        let figures = vec![figure(0), figure(10), figure(20)];
        let chart = Columns::new(words, ["", ""], figures, |number| number.to_string());
        let heights: Vec<u64> = chart.drawn.iter().map(|column| column.height).collect();
        assert_eq!(heights, [0, 68, 136]);
        assert!(chart.drawn.iter().all(|column| column.y + column.height == FOOT));
        let lines: Vec<&str> = chart.lines.iter().map(|line| line.value.as_str()).collect();
        assert_eq!(lines, ["0", "10", "20"]);
        let empty = Columns::new(("id", String::new(), String::new()), ["", ""], Vec::new(), |n| {
            n.to_string()
        });
        assert!(empty.drawn.is_empty());
    }

    #[test]
    fn the_longest_bar_leaves_room_for_its_figure() {
        let words = ("id".to_owned(), String::new(), String::new());
        let of = |number: u64| (String::new(), number, number.to_string());
        let chart = Bars::new(words, vec![of(0), of(5), of(10)]);
        let widths: Vec<u64> = chart.drawn.iter().map(|bar| bar.width).collect();
        assert_eq!(widths, [0, 215, 430]);
        assert!(chart.drawn.iter().all(|bar| bar.end + FIGURE <= WIDTH + 8));
        assert!(chart.drawn.iter().all(|bar| bar.y + ROW <= chart.height + 4));
    }
}
