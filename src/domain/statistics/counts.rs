//! Counts before anything is hidden.

/// How many, and how many people or cases stand behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many.
    pub number: u64,
    /// People or cases behind it: twenty disclosures may be about one child. Where things are counted
    /// that are people or cases themselves, the same number.
    pub units: u64,
}

impl Count {
    /// So many people or cases.
    pub const fn of(number: u64) -> Self {
        Self { number, units: number }
    }

    fn and(self, other: Self) -> Self {
        Self {
            number: self.number.saturating_add(other.number),
            units: self.units.saturating_add(other.units),
        }
    }
}

/// The counts of a municipality.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CountRow {
    /// All of them.
    pub total: Count,
    /// By column of the split; empty for an indicator that is not split.
    pub cells: Vec<Count>,
}

impl CountRow {
    /// What is not split.
    pub const fn total(number: u64) -> Self {
        Self { total: Count::of(number), cells: Vec::new() }
    }

    /// The cells and, last, the total.
    pub(super) fn all(&self) -> impl Iterator<Item = Count> {
        self.cells.iter().copied().chain([self.total])
    }
}

/// The rows of the municipalities with that of the region behind them.
pub(super) fn with_region(rows: &[CountRow], columns: usize) -> Vec<Vec<Count>> {
    let mut region = vec![Count::default(); columns + 1];
    let mut all: Vec<Vec<Count>> = Vec::with_capacity(rows.len() + 1);
    for row in rows {
        let counts: Vec<Count> = row.all().collect();
        for (sum, count) in region.iter_mut().zip(&counts) {
            *sum = sum.and(*count);
        }
        all.push(counts);
    }
    all.push(region);
    all
}
