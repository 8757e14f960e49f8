//! Which counts of a table are not shown (DOMAIN §7.1 rules 2 and 3).
//!
//! A table is a grid: a row per municipality and one for the region, a column per word of the split and
//! one for the total. Every row and every column is a [`Line`]: parts, and the whole that they make. What
//! is left out of a line must not follow from the rest of it. Rule 3 sees to that for what can be computed
//! by subtracting; but 5 and 5 in a line of `.`, `.`, 5, 5 and a whole of 10 leave room for nothing but
//! 1 and 1, as both fives are 5 at least and the ten is 12 at most. So each line is also read back as a
//! reader would ([`SuppressionPolicy::read_back`]), and more is left out until a number that is few could
//! be any such number.

use super::counts::Count;
use super::suppression::SuppressionPolicy;

/// One count, and whether it is shown.
#[derive(Debug, Clone, Copy)]
struct Spot {
    count: Count,
    hidden: bool,
}

/// Parts and the whole that they make, by their places in the grid.
struct Line {
    parts: Vec<usize>,
    whole: usize,
    kind: Kind,
    /// Whether its parts are left out for its own sake alone: then those that are shown tell how large
    /// the others are at most.
    alone: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The words of a split in one municipality, or in the region.
    Row,
    /// One word of a split in all municipalities.
    Column,
    /// The totals of the municipalities.
    Totals,
}

pub(super) struct Grid<'p> {
    policy: &'p SuppressionPolicy,
    width: usize,
    spots: Vec<Spot>,
}

impl<'p> Grid<'p> {
    /// Counts of the municipalities and, last, of the region; in each row the total last. `is_free` says
    /// what nothing outside of the table forbids to show.
    pub(super) fn new(
        rows: &[Vec<Count>],
        policy: &'p SuppressionPolicy,
        is_free: impl Fn(usize, usize) -> bool,
    ) -> Self {
        let width = rows.first().map_or(1, Vec::len);
        let spots = rows.iter().enumerate().flat_map(|(row, counts)| {
            let is_free = &is_free;
            let spot = move |(column, count): (usize, &Count)| Spot {
                count: *count,
                hidden: !is_free(row, column),
            };
            counts.iter().enumerate().map(spot)
        });
        Self { policy, width, spots: spots.collect() }
    }

    /// Row by row, the total last: the rounded count, or none where it is not shown.
    pub(super) fn shown(mut self) -> Vec<Vec<Option<u64>>> {
        self.hide_what_is_few();
        self.protect(&self.totals());
        self.hide_splits_that_tell();
        // From the start after each change: what one line leaves out often protects the next as well.
        let lines = self.lines();
        while lines.iter().any(|line| self.protect(line)) {}
        let round = |spot: &Spot| (!spot.hidden).then(|| self.policy.round(spot.count.number));
        self.spots.chunks(self.width).map(|row| row.iter().map(round).collect()).collect()
    }

    /// Rule 2: nothing is shown of which one could name the people.
    fn hide_what_is_few(&mut self) {
        for spot in &mut self.spots {
            let Count { number, units } = spot.count;
            spot.hidden |= self.policy.is_few(number) || self.policy.is_few(units);
        }
    }

    /// Rule 2, group disclosure: when everybody of a row has the same word, the total tells it of each of
    /// them. And a split would tell the total of a row whose total is not shown.
    fn hide_splits_that_tell(&mut self) {
        for line in self.lines().into_iter().filter(|line| line.kind == Kind::Row) {
            let Some(total) = self.spots.get(line.whole).copied() else { continue };
            let is_all = |place: &usize| {
                let number = total.count.number;
                number > 0 && self.spots.get(*place).is_some_and(|spot| spot.count.number == number)
            };
            if total.hidden || line.parts.iter().any(is_all) {
                line.parts.iter().for_each(|place| self.hide(*place));
            }
        }
    }

    /// Rule 3, and what it does not see: leaves out more of a line until nothing that is hidden follows
    /// from what is shown. Whether anything was left out.
    fn protect(&mut self, line: &Line) -> bool {
        let mut changed = self.empty_what_is_spread_thin(line);
        while self.is_shown(line.whole) {
            let hidden = line.parts.iter().filter(|place| !self.is_shown(**place)).count();
            if hidden == 0 || (hidden > 1 && self.keeps_its_secrets(line)) {
                break;
            }
            let Some(place) = self.next_to_hide(line) else { break };
            self.hide(place);
            changed = true;
        }
        changed
    }

    /// A whole of 1 to 4 is not shown, but a reader knows that much of it: four parts that are not 0 could
    /// only be ones. From three on nothing of the line is shown, not even what is 0.
    fn empty_what_is_spread_thin(&mut self, line: &Line) -> bool {
        if !self.policy.is_few(self.number(line.whole)) {
            return false;
        }
        let (some, none): (Vec<usize>, Vec<usize>) =
            line.parts.iter().partition(|place| self.number(**place) > 0);
        let is_thin = u64::try_from(some.len()).is_ok_and(|some| some + 2 >= self.policy.enough());
        let shown = none.into_iter().filter(|place| is_thin && self.is_shown(*place));
        let shown: Vec<usize> = shown.collect();
        for place in &shown {
            self.hide(*place);
        }
        !shown.is_empty()
    }

    /// The smallest that is shown and not 0; when there is none, the whole of a column, and in a row
    /// what is 0: then nobody knows which of its words are.
    fn next_to_hide(&self, line: &Line) -> Option<usize> {
        let shown = || line.parts.iter().copied().filter(|place| self.is_shown(*place));
        let next = shown().filter(|place| self.number(*place) > 0);
        next.min_by_key(|place| (self.number(*place), *place)).or_else(|| match line.kind {
            Kind::Row => shown().next(),
            Kind::Column | Kind::Totals => Some(line.whole),
        })
    }

    /// Whether every number that is few and hidden in the line could be any number that is few, for all
    /// that a reader can compute.
    fn keeps_its_secrets(&self, line: &Line) -> bool {
        let enough = self.policy.enough();
        let (whole_least, whole_most) = self.policy.read_back(self.number(line.whole));
        let hidden = line.parts.iter().filter(|place| !self.is_shown(**place));
        hidden.filter(|place| self.policy.is_few(self.number(**place))).all(|secret| {
            let (mut least, mut most) = (0_u64, Some(0_u64));
            for other in line.parts.iter().filter(|other| *other != secret) {
                let (other_least, other_most) = self.known(line, *other);
                least = least.saturating_add(other_least);
                most = most.zip(other_most).and_then(|(sum, most)| sum.checked_add(most));
            }
            let at_least = most.map_or(0, |most| whole_least.saturating_sub(most));
            let at_most = whole_most.saturating_sub(least);
            at_least <= 1 && at_most >= enough.saturating_sub(1)
        })
    }

    /// What a reader knows of a part: no less than this, no more than that.
    fn known(&self, line: &Line, place: usize) -> (u64, Option<u64>) {
        if self.is_shown(place) {
            let (least, most) = self.policy.read_back(self.number(place));
            return (least, Some(most));
        }
        // A 0 is shown, except in a split of which nothing is.
        let is_row = self.row_of(place).any(|other| self.is_shown(other));
        let least = u64::from(line.kind == Kind::Totals || is_row);
        if !line.alone {
            return (least, None);
        }
        let others = line.parts.iter().filter(|other| self.is_shown(**other));
        let most = others
            .map(|other| self.policy.read_back(self.number(*other)).1)
            .filter(|most| *most > 0)
            .min();
        (least, most)
    }

    /// The words of the split in the row of this place.
    fn row_of(&self, place: usize) -> std::ops::Range<usize> {
        let start = place - place % self.width;
        start..start + self.width - 1
    }

    fn totals(&self) -> Line {
        self.column(self.width - 1, Kind::Totals)
    }

    fn column(&self, column: usize, kind: Kind) -> Line {
        let mut parts: Vec<usize> = (column..self.spots.len()).step_by(self.width).collect();
        let whole = parts.pop().unwrap_or_default();
        Line { parts, whole, kind, alone: kind == Kind::Totals }
    }

    /// Every row and column of the split.
    fn lines(&self) -> Vec<Line> {
        let columns = (0..self.width - 1).map(|column| self.column(column, Kind::Column));
        let rows = (0..self.spots.len()).step_by(self.width).map(|start| {
            let whole = start + self.width - 1;
            let is_region = whole + 1 == self.spots.len();
            let alone = is_region || self.spots.len() == 2 * self.width;
            Line { parts: (start..whole).collect(), whole, kind: Kind::Row, alone }
        });
        if self.width == 1 { Vec::new() } else { rows.chain(columns).collect() }
    }

    fn number(&self, place: usize) -> u64 {
        self.spots.get(place).map_or(0, |spot| spot.count.number)
    }

    fn is_shown(&self, place: usize) -> bool {
        self.spots.get(place).is_some_and(|spot| !spot.hidden)
    }

    fn hide(&mut self, place: usize) {
        if let Some(spot) = self.spots.get_mut(place) {
            spot.hidden = true;
        }
    }
}
