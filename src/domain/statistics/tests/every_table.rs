//! Every small table there is, looked at by a reader who knows the rules, all that is shown, and that a
//! table which would show the same could have been the one: no number from 1 to 4 that is left out has
//! one possible value only. That is counted, not argued. Of larger tables every line is looked at.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// Tables of `rows` by `columns` with each cell below `limit`.
fn tables(cells: usize, limit: u64) -> impl Iterator<Item = Vec<u64>> {
    let count = limit.pow(u32::try_from(cells).unwrap());
    (0..count).map(move |mut number| {
        let mut digit = || {
            let digit = number % limit;
            number /= limit;
            digit
        };
        (0..cells).map(|_| digit()).collect()
    })
}

type Shown = Vec<Vec<Option<u64>>>;

/// What a reader thinks possible of each cell, for each thing that can be shown.
fn possible(
    cells: usize,
    limit: u64,
    show: impl Fn(&[u64]) -> Shown,
) -> BTreeMap<Shown, Vec<BTreeSet<u64>>> {
    let mut possible: BTreeMap<Shown, Vec<BTreeSet<u64>>> = BTreeMap::new();
    for raw in tables(cells, limit) {
        let values = possible.entry(show(&raw)).or_insert_with(|| vec![BTreeSet::new(); cells]);
        for (values, number) in values.iter_mut().zip(&raw) {
            values.insert(*number);
        }
    }
    possible
}

/// Nothing from 1 to 4 can be computed of a table whose numbers stay below `inner`; those up to `limit`
/// are what a reader has to think of besides.
#[track_caller]
fn nothing_follows(cells: usize, inner: u64, limit: u64, show: impl Fn(&[u64]) -> Shown) {
    let possible = possible(cells, limit, &show);
    let mut secrets = 0;
    for raw in tables(cells, inner) {
        let shown = show(&raw);
        for (values, number) in possible[&shown].iter().zip(&raw) {
            if (1..5).contains(number) {
                secrets += 1;
                assert!(values.len() > 1, "{number} of {raw:?} follows from {shown:?}");
            }
        }
    }
    assert!(secrets > 0);
}

fn show(rows: &[Vec<Count>]) -> Shown {
    let policy = policy();
    grid::Grid::new(rows, &policy, |_, _| true).shown()
}

fn show_totals(raw: &[u64]) -> Shown {
    let rows: Vec<CountRow> = raw.iter().map(|number| CountRow::total(*number)).collect();
    show(&counts::with_region(&rows, 0))
}

fn show_split(raw: &[u64], columns: usize) -> Shown {
    let row = |cells: &[u64]| CountRow {
        total: Count::of(cells.iter().sum()),
        cells: cells.iter().copied().map(Count::of).collect(),
    };
    let rows: Vec<CountRow> = raw.chunks(columns).map(row).collect();
    show(&counts::with_region(&rows, columns))
}

#[test]
fn no_small_number_follows_from_the_totals_of_two_municipalities() {
    nothing_follows(2, 20, 25, show_totals);
}

#[test]
fn no_small_number_follows_from_the_totals_of_three_municipalities() {
    nothing_follows(3, 15, 20, show_totals);
}

#[test]
fn no_small_number_follows_from_the_totals_of_four_municipalities() {
    nothing_follows(4, 9, 13, show_totals);
}

#[test]
fn no_small_number_follows_from_a_split_of_two_by_two() {
    nothing_follows(4, 9, 13, |raw| show_split(raw, 2));
}

#[test]
fn no_small_number_follows_from_a_split_of_one_municipality() {
    nothing_follows(3, 12, 16, |raw| show_split(raw, 3));
}

#[test]
fn no_small_number_follows_from_a_split_of_three_by_two() {
    nothing_follows(6, 5, 8, |raw| show_split(raw, 2));
}

fn raw_region() -> impl Strategy<Value = Vec<Vec<u64>>> {
    let cell = prop_oneof![Just(0_u64), 1..12_u64, 1..200_u64];
    (2..6_usize).prop_flat_map(move |columns| {
        proptest::collection::vec(proptest::collection::vec(cell.clone(), columns), 1..9)
    })
}

fn columns(raw: &[Vec<u64>]) -> usize {
    raw[0].len()
}

/// A line as a reader has it: the parts and the whole, with what is hidden as none.
type Line = (Vec<Option<u64>>, Option<u64>);

fn lines(shown: &Shown) -> Vec<Line> {
    let (region, municipalities) = shown.split_last().unwrap();
    let rows = shown.iter().map(|row| {
        let (total, cells) = row.split_last().unwrap();
        (cells.to_vec(), *total)
    });
    let columns = (0..region.len())
        .map(|column| (municipalities.iter().map(|row| row[column]).collect(), region[column]));
    rows.chain(columns).filter(|(parts, _)| !parts.is_empty()).collect()
}

proptest! {
    #[test]
    fn what_is_shown_is_what_rule_4_makes_of_it_and_never_few(raw in raw_region()) {
        let flat = raw.concat();
        let shown = show_split(&flat, columns(&raw));
        for (raw, shown) in raw.iter().zip(&shown) {
            let total: u64 = raw.iter().sum();
            for (number, shown) in raw.iter().chain([&total]).zip(shown) {
                prop_assert!(!(1..5).contains(number) || shown.is_none());
                if let Some(shown) = shown {
                    prop_assert_eq!(*shown, 5 * ((number + 2) / 5));
                }
            }
        }
    }

    #[test]
    fn no_line_with_a_whole_hides_one_part_alone(raw in raw_region()) {
        let shown = show_split(&raw.concat(), columns(&raw));
        for (parts, whole) in lines(&shown) {
            let hidden = parts.iter().filter(|part| part.is_none()).count();
            prop_assert!(whole.is_none() || hidden != 1 || parts.len() == 1, "{shown:?}");
        }
    }

    /// The reader's own computation, by intervals: in every line every hidden part may be anything from 1
    /// to 4, unless it is larger.
    #[test]
    fn every_line_leaves_room_for_every_small_number(raw in raw_region()) {
        let columns = columns(&raw);
        let shown = show_split(&raw.concat(), columns);
        let mut full: Shown =
            raw.iter().map(|row| row.iter().copied().chain([row.iter().sum()]).map(Some).collect()).collect();
        let sum = |column: usize| full.iter().map(|row| row[column].unwrap()).sum::<u64>();
        full.push((0..=columns).map(|column| Some(sum(column))).collect());
        for ((parts, whole), (raw, _)) in lines(&shown).into_iter().zip(lines(&full)) {
            let is_secret = |(part, raw): (&Option<u64>, &Option<u64>)| {
                part.is_none() && (1..5).contains(&raw.unwrap())
            };
            let (Some(whole), true) = (whole, parts.iter().zip(&raw).any(is_secret)) else { continue };
            let known = parts.iter().flatten().filter(|part| **part > 0);
            let least: u64 = known.map(|part| (part - 2).max(5)).sum();
            let room = (whole + 2).saturating_sub(least);
            prop_assert!(room >= 4, "{parts:?} of {whole}");
        }
    }

    #[test]
    fn the_same_figures_give_the_same_table(raw in raw_region()) {
        let flat = raw.concat();
        prop_assert_eq!(show_split(&flat, columns(&raw)), show_split(&flat, columns(&raw)));
    }

    /// What is shown stays as it is when it is published again: rounding is idempotent, and a table that
    /// hides nothing loses nothing.
    #[test]
    fn rounding_twice_is_rounding_once_and_keeps_the_order(one in 0..10_000_u64, other in 0..10_000_u64) {
        let policy = policy();
        prop_assert_eq!(policy.round(policy.round(one)), policy.round(one));
        prop_assert!(one > other || policy.round(one) <= policy.round(other));
        let (least, most) = policy.read_back(one.max(5));
        prop_assert!((least..=most).contains(&one.max(5)));
        prop_assert!((least..=most).all(|number| policy.round(number) == policy.round(one.max(5))));
    }

    /// A stricter pack shows nothing that a weaker one leaves out of the totals for being few.
    #[test]
    fn a_stricter_pack_shows_no_smaller_number(numbers in proptest::collection::vec(0..60_u64, 1..9)) {
        let strict = SuppressionPolicy { primary_below: 10, rounding_base: 10, ..policy() };
        let rows: Vec<CountRow> = numbers.iter().map(|number| CountRow::total(*number)).collect();
        let rows = counts::with_region(&rows, 0);
        let shown = grid::Grid::new(&rows, &strict, |_, _| true).shown();
        for (row, number) in shown.iter().zip(&numbers) {
            prop_assert!(!(1..10).contains(number) || row[0].is_none());
            prop_assert!(row[0].is_none_or(|shown| shown % 10 == 0));
        }
    }

    #[test]
    fn a_percentage_that_is_shown_keeps_rule_5(
        ratios in proptest::collection::vec((0..40_u64, 0..40_u64), 1..9),
    ) {
        let ratios: Vec<Ratio> =
            ratios.into_iter().map(|(part, of)| Ratio { part: part.min(of), of }).collect();
        let table = published(Indicator::FeedbackInTime, Data::Ratios(ratios.clone()));
        let fits = |number: u64| number == 0 || number >= 5;
        let mut hidden = 0;
        for (ratio, row) in ratios.iter().zip(figures(&table)) {
            hidden += u32::from(row[0].is_none() && ratio.of > 0);
            if let Some(percent) = row[0] {
                prop_assert!(ratio.of >= 10 && fits(ratio.part) && fits(ratio.of - ratio.part));
                let exact = 100.0 * f64::from(u32::try_from(ratio.part).unwrap()) / f64::from(u32::try_from(ratio.of).unwrap());
                prop_assert!((exact - f64::from(i32::try_from(percent).unwrap())).abs() <= 0.5);
            }
        }
        let region = figures(&table).last().unwrap()[0];
        prop_assert!(hidden != 1 || region.is_none());
    }
}
