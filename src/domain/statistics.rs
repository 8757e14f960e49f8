//! Management information: what the region is told about how the chain works, and what no figure may
//! tell about a family (DOMAIN §7, §7.1).
//!
//! Raw figures come in as [`Measure`]s: one indicator, a row per municipality. [`publish`] turns them
//! into [`Table`]s that may leave the house; [`for_work`] into those that the director of the process
//! may see for work and nobody else. Both are pure: the same figures give the same tables.
//!
//! What is held of a published table, by tests:
//!
//! - In every row and column whose whole is shown, at least two parts are left out or none, and a number
//!   from 1 to 4 that was left out could be any of those numbers, as far as the rest of the line and the
//!   way it was rounded can tell (tried on tables at random).
//! - For totals of up to four municipalities, and for a split by two words of up to three, no number from
//!   1 to 4 that was left out has one possible value only, for a reader who knows these rules and has
//!   the whole table (every small table there is was tried). A region of two municipalities with a
//!   split by three words does have a few tables of which that cannot be said.

use serde::{Deserialize, Serialize};

use super::id::{Gemeentecode, InvalidId};

mod counts;
mod differencing;
mod grid;
mod history;
mod indicator;
mod period;
mod report;
mod spread;
mod suppression;

pub use counts::{Count, CountRow};
pub use differencing::{NotReported, may_publish};
pub use history::History;
pub use indicator::{Indicator, RevisionReason, Unit, View};
pub use period::{InvalidPeriod, Period};
pub use report::{Cell, Data, Measure, Row, Table, for_work, publish};
pub use spread::{Ratio, Spread};
pub use suppression::{SuppressionPolicy, Targets};

/// What a row of a table is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Area {
    /// A municipality of the region.
    Municipality(Gemeentecode),
    /// The whole region.
    Region,
}

impl Area {
    /// The word for the region, where municipalities stand by their code.
    pub const REGION: &'static str = "REGION";

    /// The code of the municipality, or the word for the region.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Municipality(code) => code.as_str(),
            Self::Region => Self::REGION,
        }
    }
}

impl From<Area> for String {
    fn from(area: Area) -> Self {
        area.as_str().to_owned()
    }
}

impl TryFrom<String> for Area {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        if text == Self::REGION { Ok(Self::Region) } else { text.parse().map(Self::Municipality) }
    }
}

#[cfg(test)]
mod tests;
