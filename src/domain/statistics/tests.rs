//! One test for each rule of DOMAIN §7.1, by its name, and what holds of every small table.

use super::*;

mod every_table;
mod history;
mod rules;

const DOT: Option<i64> = None;

#[expect(clippy::unnecessary_wraps, reason = "stands beside what is not shown")]
fn n(number: i64) -> Option<i64> {
    Some(number)
}

fn policy() -> SuppressionPolicy {
    SuppressionPolicy::default()
}

/// Municipalities of a region, as many as there are rows.
fn region(rows: usize) -> Vec<Gemeentecode> {
    let codes = crate::domain::routing::HAAGLANDEN.iter().cycle().take(rows);
    codes.map(|code| code.parse().unwrap()).collect()
}

/// Publishes one measure without a past.
fn published(indicator: Indicator, data: Data) -> Table {
    let rows = match &data {
        Data::Counts(rows) => rows.len(),
        Data::Ratios(rows) => rows.len(),
        Data::Days(rows) | Data::Points(rows) => rows.len(),
    };
    let measures = [Measure { indicator, data }];
    let mut tables =
        publish(&region(rows), &measures, &policy(), &Targets::new(), &History::default());
    tables.remove(0)
}

/// The figures of a table, row by row, the region last.
fn figures(table: &Table) -> Vec<Vec<Option<i64>>> {
    table
        .rows
        .iter()
        .map(|row| row.cells.iter().map(|cell| Option::from(*cell)).collect())
        .collect()
}

fn totals(numbers: &[u64]) -> Data {
    Data::Counts(numbers.iter().map(|number| CountRow::total(*number)).collect())
}

/// What is shown of totals: of the municipalities, and the region last.
fn shown(numbers: &[u64]) -> Vec<Option<i64>> {
    figures(&published(Indicator::ReferralsTotal, totals(numbers))).concat()
}

/// A split whose cells make up the total of their row.
fn split(rows: &[&[u64]]) -> Data {
    let row = |cells: &&[u64]| CountRow {
        total: Count::of(cells.iter().sum()),
        cells: cells.iter().copied().map(Count::of).collect(),
    };
    Data::Counts(rows.iter().map(row).collect())
}
