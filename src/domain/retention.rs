//! How long the ledger keeps what an entry says, and what keeps it longer (DOMAIN §5.1).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::calendar::{days_before, years_before};
use super::code::codes;
use super::time::{Date, Timestamp};

/// The fewest years: what care providers must keep (NEN 7513; DOMAIN §5.1).
pub const LOG_YEARS_MIN: u16 = 5;
/// The most years. Data is not kept for longer than it is needed for (AVG art. 5 lid 1 onder e).
pub const LOG_YEARS_MAX: u16 = 20;

/// How many years an entry is kept from the moment it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogYears(u16);

/// A number of years that the law does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {LOG_YEARS_MIN} to {LOG_YEARS_MAX} years")]
pub struct InvalidLogYears;

impl LogYears {
    /// Entries recorded before this moment are past their term.
    pub fn past(self, now: Timestamp) -> Timestamp {
        years_before(now, self.0)
    }
}

impl Default for LogYears {
    fn default() -> Self {
        Self(LOG_YEARS_MIN)
    }
}

impl FromStr for LogYears {
    type Err = InvalidLogYears;

    fn from_str(text: &str) -> Result<Self, InvalidLogYears> {
        let allowed = |years: &u16| (LOG_YEARS_MIN..=LOG_YEARS_MAX).contains(years);
        text.parse().ok().filter(allowed).map(Self).ok_or(InvalidLogYears)
    }
}

impl fmt::Display for LogYears {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The most days that content is kept after it was fetched (DOMAIN §5.1).
pub const PAYLOAD_DAYS_MAX: u16 = 30;

/// How many days content is kept after the moment at which it was taken over or stopped to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadDays(u16);

/// A number of days that is none, or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {PAYLOAD_DAYS_MAX} days")]
pub struct InvalidPayloadDays;

impl PayloadDays {
    /// Content that nobody has needed since this moment is past its term.
    pub fn past(self, now: Timestamp) -> Timestamp {
        now.minus(Duration::from_hours(24 * u64::from(self.0)))
    }
}

impl Default for PayloadDays {
    fn default() -> Self {
        Self(PAYLOAD_DAYS_MAX)
    }
}

impl FromStr for PayloadDays {
    type Err = InvalidPayloadDays;

    fn from_str(text: &str) -> Result<Self, InvalidPayloadDays> {
        let allowed = |days: &u16| (1..=PAYLOAD_DAYS_MAX).contains(days);
        text.parse().ok().filter(allowed).map(Self).ok_or(InvalidPayloadDays)
    }
}

impl fmt::Display for PayloadDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The most days that a network is remembered which no certificate came from any more.
pub const NETWORK_DAYS_MAX: u16 = 365;

/// How many days it is remembered from which network a certificate came, after it last did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkDays(u16);

/// A number of days that is none, or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {NETWORK_DAYS_MAX} days")]
pub struct InvalidNetworkDays;

impl NetworkDays {
    /// A network that was last seen before this day is past its term.
    pub fn past(self, now: Timestamp) -> Date {
        days_before(now.date(), self.0)
    }
}

impl Default for NetworkDays {
    fn default() -> Self {
        Self(180)
    }
}

impl FromStr for NetworkDays {
    type Err = InvalidNetworkDays;

    fn from_str(text: &str) -> Result<Self, InvalidNetworkDays> {
        let allowed = |days: &u16| (1..=NETWORK_DAYS_MAX).contains(days);
        text.parse().ok().filter(allowed).map(Self).ok_or(InvalidNetworkDays)
    }
}

impl fmt::Display for NetworkDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

codes! {
    /// Why entries are kept although their term is over.
    pub enum HoldCause {
        /// A disclosure is reviewed.
        Review = 1, "REVIEW";
        /// Somebody complained.
        Complaint = 2, "COMPLAINT";
        /// A breach is looked into.
        Breach = 3, "BREACH";
        /// A data subject asked who saw what.
        SubjectRequest = 4, "SUBJECT_REQUEST";
    }
}

codes! {
    /// Where a complaint lies for which entries are kept.
    pub enum HoldReason {
        /// With the organisation, or its complaints committee.
        ComplaintAtOrganisation = 1, "COMPLAINT_AT_ORGANISATION";
        /// With the supervisory authority (AVG art. 77).
        ComplaintAtAuthority = 2, "COMPLAINT_AT_AUTHORITY";
        /// With a disciplinary board (tuchtrechter).
        DisciplinaryCase = 3, "DISCIPLINARY_CASE";
        /// With a court.
        CourtCase = 4, "COURT_CASE";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_kept_for_five_years_to_the_moment() {
        let now = |text: &str| text.parse::<Timestamp>().unwrap();
        let past = LogYears::default().past(now("2031-04-14T21:00:00Z"));
        assert_eq!(past.to_string(), "2026-04-14T21:00:00Z");
        // A leap day is past when February is.
        let past = LogYears::default().past(now("2033-02-28T12:00:00Z"));
        assert_eq!(past.to_string(), "2028-02-28T12:00:00Z");
    }

    #[test]
    fn content_stays_thirty_days_at_most() {
        let past = PayloadDays::default().past("2026-04-11T00:52:00Z".parse().unwrap());
        assert_eq!(past.to_string(), "2026-03-12T00:52:00Z");
        for bad in ["0", "31", "-1", "", "ten"] {
            assert_eq!(bad.parse::<PayloadDays>(), Err(InvalidPayloadDays));
        }
        assert_eq!("30".parse(), Ok(PayloadDays::default()));
    }

    #[test]
    fn a_network_is_remembered_half_a_year_unless_said() {
        let past = NetworkDays::default().past("2026-07-01T10:00:00Z".parse().unwrap());
        assert_eq!(past.to_string(), "2026-01-02");
        for bad in ["0", "366", "-1", "", "ten"] {
            assert_eq!(bad.parse::<NetworkDays>(), Err(InvalidNetworkDays));
        }
        assert_eq!("180".parse(), Ok(NetworkDays::default()));
    }

    #[test]
    fn the_law_sets_the_fewest_years() {
        for bad in ["0", "4", "21", "", "five"] {
            assert_eq!(bad.parse::<LogYears>(), Err(InvalidLogYears));
        }
        assert_eq!("5".parse(), Ok(LogYears::default()));
    }
}
