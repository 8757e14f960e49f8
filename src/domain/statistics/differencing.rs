//! Which reports may be published at all: none that would tell by difference what another left out
//! (DOMAIN §7.1 rule 7).
//!
//! Quarters and years are all there is. A year that is published together with one to three of its
//! quarters tells, by difference, a report about the others that nobody looked at. So a year is published
//! when all of its quarters were, and then shows nothing that they keep ([`History`](super::History));
//! or when none was, and then none ever is.

use super::Period;
use crate::domain::time::Timestamp;

/// Why there is no report of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReported {
    /// It goes on.
    #[error("the period has not ended")]
    NotEnded,
    /// Its year was published without it.
    #[error(
        "the year was published without its quarters: a quarter is narrower than what was published"
    )]
    NarrowerThanItsYear,
    /// Some of its quarters were published, and not all.
    #[error(
        "some quarters of the year were published and not all: the difference would be a report of the others"
    )]
    SomeQuarters,
}

impl NotReported {
    /// Stable code in `UPPER_SNAKE_CASE`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotEnded => "PERIOD_NOT_ENDED",
            Self::NarrowerThanItsYear | Self::SomeQuarters => "DIFFERENCING",
        }
    }
}

/// Whether a period may be published beside those that were.
pub fn may_publish(
    period: Period,
    published: &[Period],
    now: Timestamp,
) -> Result<(), NotReported> {
    if !period.has_ended(now) {
        return Err(NotReported::NotEnded);
    }
    let quarters = period.quarters().iter().filter(|one| published.contains(one)).count();
    match (period.is_year(), quarters) {
        (true, 1..=3) => Err(NotReported::SomeQuarters),
        // After its quarters a year does not stand in the way of a revision of one.
        (false, 0..=3) if published.contains(&period.year()) => {
            Err(NotReported::NarrowerThanItsYear)
        }
        _ => Ok(()),
    }
}
