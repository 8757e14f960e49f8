//! Incidents: disclosures that should not have happened. The clock that starts with knowing of them is
//! in [`deadline`](super::deadline) (AVG art. 33, DOMAIN §5.7).

use super::code::codes;

codes! {
    /// How an incident came to light.
    pub enum IncidentCause {
        /// The review of an emergency found it not justified.
        ReviewNotJustified = 1, "REVIEW_NOT_JUSTIFIED";
        /// An officer opened a breach.
        Breach = 2, "BREACH";
        /// An officer found one behind a signal.
        Signal = 3, "SIGNAL";
    }
}
