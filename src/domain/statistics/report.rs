//! From raw figures to the tables of a report.

use serde::{Deserialize, Serialize};

use super::counts::{self, CountRow};
use super::grid::Grid;
use super::history::{History, Place};
use super::spread::{self, Ratio, Spread};
use super::suppression::{SuppressionPolicy, Targets};
use super::{Area, Indicator, Unit};
use crate::domain::id::Gemeentecode;

/// One raw indicator: figures in the order of the municipalities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Which.
    pub indicator: Indicator,
    /// Its figures.
    pub data: Data,
}

/// Raw figures, one item per municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Counts, as many cells as the indicator has words to split by.
    Counts(Vec<CountRow>),
    /// Shares.
    Ratios(Vec<Ratio>),
    /// Days: one spread for each column but the percentile.
    Days(Vec<Vec<Spread>>),
    /// Points of the scale of safety.
    Points(Vec<Vec<Spread>>),
}

/// One figure of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<i64>", into = "Option<i64>")]
pub enum Cell {
    /// It is shown.
    Shown(i64),
    /// It is not: `.` in tables of the CBS.
    Suppressed,
}

impl From<Option<i64>> for Cell {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Suppressed, Self::Shown)
    }
}

impl From<Cell> for Option<i64> {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Shown(number) => Some(number),
            Cell::Suppressed => None,
        }
    }
}

/// The figures of one indicator in one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Which.
    pub indicator: Indicator,
    /// What its figures are.
    pub unit: Unit,
    /// What is aimed at.
    pub target_percent: Option<u8>,
    /// The words of the split and the total; or which figure it is.
    pub columns: Vec<String>,
    /// The municipalities, and the region last.
    pub rows: Vec<Row>,
}

/// The figures of one municipality, or of the region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Which.
    pub area: Area,
    /// In the order of the columns.
    pub cells: Vec<Cell>,
}

/// The tables that may leave the house.
pub fn publish(
    region: &[Gemeentecode],
    measures: &[Measure],
    policy: &SuppressionPolicy,
    targets: &Targets,
    history: &History<'_>,
) -> Vec<Table> {
    let desk = Desk { areas: areas(region), policy, targets, history };
    let mut tables: Vec<Table> = Vec::new();
    for measure in measures {
        if let Data::Counts(rows) = &measure.data {
            tables.push(desk.counts(measure.indicator, rows));
        }
    }
    // Percentages after the counts that they are taken from.
    for measure in measures {
        let table = match &measure.data {
            Data::Counts(_) => continue,
            Data::Ratios(ratios) => desk.ratios(measure.indicator, ratios, &tables),
            Data::Days(rows) => desk.spreads(measure.indicator, Unit::Days, rows, true),
            Data::Points(rows) => desk.spreads(measure.indicator, Unit::Points, rows, true),
        };
        tables.push(table);
    }
    tables.sort_by_key(|table| (table.indicator, table.unit));
    tables
}

/// The tables that the director of the process may see for work: every figure as it is (rule 8).
pub fn for_work(region: &[Gemeentecode], measures: &[Measure], targets: &Targets) -> Vec<Table> {
    let policy = SuppressionPolicy::default();
    let desk =
        Desk { areas: areas(region), policy: &policy, targets, history: &History::default() };
    let mut tables: Vec<Table> = measures.iter().map(|measure| desk.raw(measure)).collect();
    tables.sort_by_key(|table| (table.indicator, table.unit));
    tables
}

fn areas(region: &[Gemeentecode]) -> Vec<Area> {
    region.iter().cloned().map(Area::Municipality).chain([Area::Region]).collect()
}

/// What every table of a report is made with.
struct Desk<'d> {
    areas: Vec<Area>,
    policy: &'d SuppressionPolicy,
    targets: &'d Targets,
    history: &'d History<'d>,
}

impl Desk<'_> {
    fn counts(&self, indicator: Indicator, rows: &[CountRow]) -> Table {
        let columns = indicator.columns(Unit::Count);
        let rows = counts::with_region(rows, columns.len() - 1);
        let is_free = |row: usize, column: usize| {
            let place = self.place(indicator, Unit::Count, row, columns.get(column));
            let number = rows.get(row).and_then(|row| row.get(column)).map(|count| count.number);
            place.is_some_and(|place| self.history.lets_show(place, number, self.policy))
        };
        let shown = Grid::new(&rows, self.policy, is_free).shown();
        let cells = shown.iter().map(|row| row.iter().map(|cell| whole(*cell)).collect());
        self.table(indicator, Unit::Count, cells)
    }

    fn ratios(&self, indicator: Indicator, ratios: &[Ratio], tables: &[Table]) -> Table {
        let base = indicator.rests_on().and_then(|(base, column)| {
            let table = tables.iter().find(|table| table.indicator == base)?;
            let column = table.columns.iter().position(|name| name == column)?;
            Some((table, column))
        });
        let is_free = |row: usize| {
            let is_told = base.is_none_or(|(table, column)| {
                let cell = table.rows.get(row).and_then(|row| row.cells.get(column));
                cell != Some(&Cell::Suppressed)
            });
            let place = self.place(indicator, Unit::Percent, row, Some(&"PERCENT"));
            is_told && place.is_some_and(|place| self.history.lets_show(place, None, self.policy))
        };
        let is_free: Vec<bool> = (0..self.areas.len()).map(is_free).collect();
        let cells = spread::percentages(ratios, &is_free, self.policy);
        self.table(indicator, Unit::Percent, cells.into_iter().map(|cell| vec![cell]))
    }

    fn spreads(
        &self,
        indicator: Indicator,
        unit: Unit,
        rows: &[Vec<Spread>],
        suppressed: bool,
    ) -> Table {
        let columns = indicator.columns(unit);
        let has_p90 = columns.contains(&"P90");
        let mut region: Vec<Spread> = Vec::new();
        for row in rows {
            region.resize(row.len().max(region.len()), Spread::default());
            region.iter_mut().zip(row).for_each(|(all, one)| all.extend(one));
        }
        let cells = rows.iter().chain([&region]).enumerate().map(|(number, row)| {
            let medians = row.iter().map(|spread| (spread, spread.median()));
            let p90s = row.iter().filter(|_| has_p90).map(|spread| (spread, spread.p90()));
            let figures = medians.chain(p90s).zip(&columns).map(|((spread, figure), column)| {
                let place = self.place(indicator, unit, number, Some(column));
                let is_free =
                    place.is_some_and(|place| self.history.lets_show(place, None, self.policy));
                let is_shown = !suppressed || (is_free && spread.is_enough(self.policy));
                Cell::from(figure.filter(|_| is_shown))
            });
            figures.collect()
        });
        self.table(indicator, unit, cells)
    }

    fn raw(&self, measure: &Measure) -> Table {
        let indicator = measure.indicator;
        match &measure.data {
            Data::Counts(rows) => {
                let rows = counts::with_region(rows, indicator.split().len());
                let cells = rows
                    .iter()
                    .map(|row| row.iter().map(|count| whole(Some(count.number))).collect());
                self.table(indicator, Unit::Count, cells)
            }
            Data::Ratios(ratios) => {
                let all = spread::with_region(ratios);
                let cells = all.iter().map(|ratio| vec![Cell::from(ratio.percent())]);
                self.table(indicator, Unit::Percent, cells)
            }
            Data::Days(rows) => self.spreads(indicator, Unit::Days, rows, false),
            Data::Points(rows) => self.spreads(indicator, Unit::Points, rows, false),
        }
    }

    fn table(
        &self,
        indicator: Indicator,
        unit: Unit,
        cells: impl Iterator<Item = Vec<Cell>>,
    ) -> Table {
        let rows = self.areas.iter().cloned().zip(cells).map(|(area, cells)| Row { area, cells });
        Table {
            indicator,
            unit,
            target_percent: self.targets.get(&indicator).copied().filter(|_| unit == Unit::Percent),
            columns: indicator.columns(unit).into_iter().map(str::to_owned).collect(),
            rows: rows.collect(),
        }
    }

    fn place<'p>(
        &'p self,
        indicator: Indicator,
        unit: Unit,
        row: usize,
        column: Option<&&'static str>,
    ) -> Option<Place<'p>> {
        Some(Place { indicator, unit, area: self.areas.get(row)?, column: column? })
    }
}

/// A count that is shown. None comes near the end of the type.
fn whole(number: Option<u64>) -> Cell {
    Cell::from(number.map(|number| i64::try_from(number).unwrap_or(i64::MAX)))
}
