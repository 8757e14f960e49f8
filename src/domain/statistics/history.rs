//! What was published before, and what it keeps hidden (DOMAIN §7.1 rule 7).

use super::report::{Cell, Table};
use super::suppression::SuppressionPolicy;
use super::{Area, Indicator, Unit};

/// What a reader of a new report already has.
#[derive(Debug, Clone, Copy, Default)]
pub struct History<'t> {
    /// Earlier versions of the same report.
    pub versions: &'t [Vec<Table>],
    /// For a year: the reports of its quarters.
    pub quarters: &'t [Vec<Table>],
}

/// One figure of a report, by what it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) indicator: Indicator,
    pub(super) unit: Unit,
    pub(super) area: &'p Area,
    pub(super) column: &'p str,
}

impl History<'_> {
    /// Whether a figure may be shown as far as earlier reports go. `number` is the raw count, for counts.
    ///
    /// What a version left out stays left out: the next one would tell it of the one before. And a year
    /// less its quarters must not tell what a quarter left out.
    pub(super) fn lets_show(
        &self,
        place: Place<'_>,
        number: Option<u64>,
        policy: &SuppressionPolicy,
    ) -> bool {
        let was_hidden = |tables: &Vec<Table>| find(tables, place) == Some(Cell::Suppressed);
        if self.versions.iter().any(was_hidden) {
            return false;
        }
        let quarters: Vec<Cell> =
            self.quarters.iter().filter_map(|tables| find(tables, place)).collect();
        let hidden = quarters.iter().filter(|cell| **cell == Cell::Suppressed).count();
        match (place.unit, number, hidden) {
            // A median of a year says nothing about that of a quarter.
            (Unit::Days | Unit::Points, _, _) | (_, _, 0) => true,
            (_, _, 1) => false,
            (_, Some(number), _) => leaves_room(number, &quarters, policy),
            (_, None, _) => true,
        }
    }
}

/// Whether each hidden quarter could be any number that is few, for all that the year tells.
fn leaves_room(year: u64, quarters: &[Cell], policy: &SuppressionPolicy) -> bool {
    let (_least, most) = policy.read_back(year);
    let others = quarters.iter().fold(0_u64, |sum, cell| {
        let least = match cell {
            Cell::Suppressed => 1,
            Cell::Shown(shown) => {
                u64::try_from(*shown).map_or(0, |shown| policy.read_back(shown).0)
            }
        };
        sum.saturating_add(least)
    });
    // The hidden quarter itself was counted as 1.
    most.saturating_add(1).saturating_sub(others) >= policy.enough().saturating_sub(1)
}

fn find(tables: &[Table], place: Place<'_>) -> Option<Cell> {
    let table = tables
        .iter()
        .find(|table| (table.indicator, table.unit) == (place.indicator, place.unit))?;
    let column = table.columns.iter().position(|column| column == place.column)?;
    let row = table.rows.iter().find(|row| row.area == *place.area)?;
    row.cells.get(column).copied()
}
