//! A time line, drawn by the server: lanes with what held from when until when, and the moments that
//! somebody asks about as lines across. `timeline.html` shows it, with the same as a table below.

use super::bars::shortened;
use super::lang::{Lang, Words};
use super::moments;
use crate::domain::time::Timestamp;

/// Where lanes stand, in units of the drawing.
const LEFT: i64 = 250;
const RIGHT: i64 = 700;
const TOP: i64 = 6;
const LANE: i64 = 34;
/// From the first line of words beside a lane to the second.
const LINE: i64 = 14;
/// Labels below the lanes: of the axis, and below those of the marks.
const FOOT: i64 = 40;
/// Dates on the axis.
const TICKS: i64 = 5;
/// Characters that there is room for beside a lane.
const CHARS: usize = 38;
/// Before whom it goes to.
const TO: &str = " → ";
/// Words beside a bar need so much room.
const NOTE: i64 = 130;

/// What held in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// There was consent.
    Given,
    /// It was refused.
    Refused,
    /// It was withdrawn.
    Withdrawn,
    /// Its term was over.
    Expired,
}

/// From when until when; none: until now and on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) kind: Kind,
    pub(super) from: Timestamp,
    pub(super) until: Option<Timestamp>,
}

/// A moment to draw a line at, with its words.
pub(super) struct Moment {
    pub(super) at: Timestamp,
    pub(super) words: String,
}

/// Ready to be shown.
pub(super) struct Timeline {
    /// Names the parts of the drawing; one word that nothing else of the page has.
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) lanes: Vec<Lane>,
    pub(super) ticks: Vec<Tick>,
    pub(super) marks: Vec<Tick>,
    /// Below the lanes.
    pub(super) floor: i64,
    pub(super) height: i64,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Lane {
    pub(super) y: i64,
    /// Where its words stand.
    pub(super) base: i64,
    pub(super) label: String,
    /// The rest of the label, below it.
    pub(super) below: (i64, String),
    pub(super) bars: Vec<Bar>,
    /// What is said beside the last bar, and where.
    pub(super) note: Option<(i64, String)>,
}

pub(super) struct Bar {
    pub(super) x: i64,
    pub(super) width: i64,
    pub(super) class: &'static str,
}

pub(super) struct Tick {
    pub(super) x: i64,
    pub(super) anchor: &'static str,
    pub(super) words: String,
}

/// A line of the table.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) what: &'static str,
    pub(super) from: String,
    pub(super) until: String,
}

impl Kind {
    const fn class(self) -> &'static str {
        match self {
            Self::Given => "bar",
            Self::Refused => "bar bar--no",
            Self::Withdrawn | Self::Expired => "bar bar--off",
        }
    }

    const fn words(self) -> Words {
        match self {
            Self::Given => Words("toestemming", "consent"),
            Self::Refused => Words("geweigerd", "refused"),
            Self::Withdrawn => Words("ingetrokken", "withdrawn"),
            Self::Expired => Words("verlopen", "expired"),
        }
    }
}

/// Moments to places.
#[derive(Clone, Copy)]
struct Scale {
    from: i64,
    span: i64,
}

impl Scale {
    fn new((from, until): (Timestamp, Timestamp)) -> Self {
        let (from, until) = (from.as_micros(), until.as_micros());
        Self { from, span: until.saturating_sub(from).max(1) }
    }

    /// What lies outside stands at the edge.
    fn x(self, at: Timestamp) -> i64 {
        let since = i128::from(at.as_micros().saturating_sub(self.from).clamp(0, self.span));
        let x = since * i128::from(RIGHT - LEFT) / i128::from(self.span);
        LEFT + i64::try_from(x).unwrap_or_default()
    }

    /// The moment after so many parts of the whole; none beyond what a moment can be.
    fn at(self, part: i64) -> Option<Timestamp> {
        Timestamp::from_micros(self.from.saturating_add(self.span / (TICKS - 1) * part))
    }
}

impl Timeline {
    pub(super) fn new(
        lang: Lang,
        (id, title): (&'static str, String),
        bounds: (Timestamp, Timestamp),
        lanes: &[(String, Vec<Stretch>)],
        marks: &[Moment],
    ) -> Self {
        let scale = Scale::new(bounds);
        let drawn: Vec<Lane> =
            lanes.iter().zip(0..).map(|(lane, place)| lane_of(lang, scale, lane, place)).collect();
        let floor = TOP + LANE * i64::try_from(lanes.len()).unwrap_or_default();
        let rows = lanes.iter().flat_map(|(label, stretches)| {
            stretches.iter().map(|stretch| row(lang, label, stretch))
        });
        Self {
            id,
            title,
            lanes: drawn,
            ticks: ticks(lang, scale),
            marks: marks.iter().map(|mark| tick(scale.x(mark.at), mark.words.clone())).collect(),
            floor,
            height: floor + FOOT,
            rows: rows.collect(),
        }
    }
}

fn lane_of(
    lang: Lang,
    scale: Scale,
    (label, stretches): &(String, Vec<Stretch>),
    place: i64,
) -> Lane {
    let y = TOP + place * LANE;
    let bars = stretches.iter().map(|stretch| {
        let x = scale.x(stretch.from);
        let end = stretch.until.map_or(RIGHT, |until| scale.x(until));
        // What lasted an hour is seen too.
        Bar { x, width: (end - x).max(2), class: stretch.kind.class() }
    });
    let last = stretches.last().filter(|last| last.kind != Kind::Given);
    let note = last.map(|last| (scale.x(last.from) + 6, last)).filter(|(x, _)| x + NOTE <= RIGHT);
    // Whom it goes to stands below who and what for.
    let (first, rest) = label.split_at(label.find(TO).unwrap_or(label.len()));
    Lane {
        y,
        base: y + 14,
        label: shortened(first, CHARS),
        below: (y + 14 + LINE, shortened(rest.trim_start(), CHARS)),
        bars: bars.collect(),
        note: note.map(|(x, last)| {
            let words = lang.pick(last.kind.words());
            (x, format!("{words} {}", moments::short_day(lang, last.from)))
        }),
    }
}

fn ticks(lang: Lang, scale: Scale) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = (0..TICKS)
        .filter_map(|part| scale.at(part))
        .map(|at| tick(scale.x(at), moments::short_day(lang, at)))
        .collect();
    // In a short time several stand at one day.
    ticks.dedup_by(|one, other| one.words == other.words);
    ticks
}

fn tick(x: i64, words: String) -> Tick {
    let anchor = if x > RIGHT - 60 {
        "end"
    } else if x < LEFT + 30 {
        "start"
    } else {
        "middle"
    };
    Tick { x, anchor, words }
}

fn row(lang: Lang, label: &str, stretch: &Stretch) -> Row {
    Row {
        label: label.to_owned(),
        what: lang.pick(stretch.kind.words()),
        from: moments::brief(lang, stretch.from),
        until: stretch.until.map_or_else(|| "–".to_owned(), |until| moments::brief(lang, until)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u8) -> Timestamp {
        format!("2026-11-{day:02}T12:00:00Z").parse().unwrap()
    }

    fn line(stretches: Vec<Stretch>, marks: &[Moment]) -> Timeline {
        let lanes = [("A".to_owned(), stretches)];
        Timeline::new(Lang::Nl, ("lijn", "Titel".to_owned()), (at(1), at(21)), &lanes, marks)
    }

    #[test]
    fn a_bar_lies_between_its_moments_and_within_the_drawing() {
        let given = Stretch { kind: Kind::Given, from: at(6), until: Some(at(11)) };
        let withdrawn = Stretch { kind: Kind::Withdrawn, from: at(11), until: None };
        let drawn = line(vec![given, withdrawn], &[]);
        let bars: Vec<(i64, i64)> =
            drawn.lanes[0].bars.iter().map(|bar| (bar.x, bar.width)).collect();
        assert_eq!(bars, [(362, 113), (475, 225)]);
        assert_eq!(drawn.lanes[0].note, Some((481, "ingetrokken 11 nov".to_owned())));
        let outside = Stretch { kind: Kind::Given, from: at(1), until: Some(at(30)) };
        let drawn = line(vec![outside], &[]);
        let bar = &drawn.lanes[0].bars[0];
        assert_eq!((bar.x, bar.x + bar.width), (LEFT, RIGHT));
    }

    #[test]
    fn a_label_has_two_lines_and_the_table_the_whole_of_it() {
        let whole = "A · Hulp afstemmen → Stichting met een bijzonder lange naam Voorbeeld";
        let given = Stretch { kind: Kind::Given, from: at(6), until: None };
        let lanes = [(whole.to_owned(), vec![given]), ("B".to_owned(), Vec::new())];
        let words = ("lijn", "Titel".to_owned());
        let drawn = Timeline::new(Lang::Nl, words, (at(1), at(21)), &lanes, &[]);
        let lane = &drawn.lanes[0];
        let below = "→ Stichting met een bijzonder lange n…";
        assert_eq!((lane.label.as_str(), lane.below.1.as_str()), ("A · Hulp afstemmen", below));
        assert_eq!((drawn.lanes[1].label.as_str(), drawn.lanes[1].below.1.as_str()), ("B", ""));
        assert_eq!(drawn.rows[0].label, whole);
        assert!(drawn.lanes.iter().all(|lane| lane.below.0 < drawn.floor));
    }

    #[test]
    fn a_moment_is_a_line_where_it_was() {
        let mark = Moment { at: at(16), words: "verstrekking".to_owned() };
        let drawn = line(Vec::new(), &[mark]);
        assert_eq!((drawn.marks[0].x, drawn.marks[0].anchor), (587, "middle"));
        let words: Vec<&str> = drawn.ticks.iter().map(|tick| tick.words.as_str()).collect();
        assert_eq!(words, ["1 nov", "6 nov", "11 nov", "16 nov", "21 nov"]);
    }

    #[test]
    fn the_table_says_the_same_in_words() {
        let refused = Stretch { kind: Kind::Refused, from: at(6), until: None };
        let drawn = line(vec![refused], &[]);
        let row = &drawn.rows[0];
        assert_eq!((row.label.as_str(), row.what, row.until.as_str()), ("A", "geweigerd", "–"));
        assert_eq!(row.from, "6 nov 2026, 13:00");
    }
}
