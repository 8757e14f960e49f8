//! Incidents: disclosures that should not have happened, and the clock that starts with knowing of them
//! (AVG art. 33, DOMAIN §5.7).

use std::time::Duration;

use super::code::codes;
use super::time::Timestamp;

/// Time to notify the Autoriteit Persoonsgegevens, from awareness (AVG art. 33 lid 1; for police data Wpg
/// art. 33a). Hours run through nights, weekends and holidays.
pub const NOTIFY_AUTHORITY_WITHIN: Duration = Duration::from_hours(72);

codes! {
    /// How an incident came to light.
    pub enum IncidentCause {
        /// The review of an emergency found it not justified.
        ReviewNotJustified = 1, "REVIEW_NOT_JUSTIFIED";
    }
}

/// When the authority must have been notified.
pub fn notify_due_at(aware_at: Timestamp) -> Timestamp {
    aware_at.plus(NOTIFY_AUTHORITY_WITHIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testema::at;

    #[test]
    fn the_clock_of_72_hours_starts_at_awareness_and_counts_every_hour() {
        // Over a weekend.
        assert_eq!(notify_due_at(at("2026-06-12T14:00:00Z")), at("2026-06-15T14:00:00Z"));
        // Over the change to summer time: still 72 hours.
        assert_eq!(notify_due_at(at("2026-03-27T14:00:00Z")), at("2026-03-30T14:00:00Z"));
    }
}
