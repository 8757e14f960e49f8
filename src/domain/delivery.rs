//! How often and how soon a referral is offered again, and when offering stops.
//!
//! A lease that ends without a word from its reader is a failure. After each failure the referral
//! waits a little longer before another reader gets it; after too many it is quarantined with a
//! cause that its sender and the operator can read. Offering never stops in silence.

use std::num::NonZeroU16;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::code::codes;

codes! {
    /// Why a delivery was quarantined.
    pub enum QuarantineCause {
        /// Too many leases ended without a word from their readers.
        AttemptsExhausted = 1, "ATTEMPTS_EXHAUSTED";
        /// The stored content cannot be opened or read.
        ContentUnreadable = 2, "CONTENT_UNREADABLE";
        /// The key of a person in it was destroyed, and the content with it.
        KeyDestroyed = 3, "KEY_DESTROYED";
    }
}

/// What the region chose about offering a referral again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeliveryRules {
    /// Seconds from the first failure until another reader may have the referral. Doubles with
    /// every further failure.
    pub retry_first_seconds: NonZeroU16,
    /// Seconds that this wait grows to at most: an acute referral must not be out of sight for long.
    pub retry_max_seconds: NonZeroU16,
    /// From this many failures on a reader gets the referral only while it holds no other such one:
    /// a referral that stops its reader must not take the others with it into quarantine.
    pub alone_from_failures: NonZeroU16,
    /// Failures after which the referral is quarantined.
    pub failures_max: NonZeroU16,
}

impl Default for DeliveryRules {
    fn default() -> Self {
        const fn of(number: u16) -> NonZeroU16 {
            NonZeroU16::new(number).expect("every default below is above 0")
        }
        Self {
            retry_first_seconds: of(1),
            retry_max_seconds: of(300),
            alone_from_failures: of(3),
            failures_max: of(12),
        }
    }
}

impl DeliveryRules {
    /// How long a referral waits for another reader after this many failures; none for none.
    pub fn wait_after(&self, failures: u32) -> Duration {
        let max = u64::from(self.retry_max_seconds.get());
        let first = u64::from(self.retry_first_seconds.get());
        let seconds = match failures.checked_sub(1) {
            None => 0,
            Some(doublings) => match 1_u64.checked_shl(doublings) {
                Some(factor) => first.saturating_mul(factor).min(max),
                None => max,
            },
        };
        Duration::from_secs(seconds)
    }

    /// Whether a referral has failed so often that a reader gets it alone.
    pub fn goes_alone(&self, failures: u32) -> bool {
        failures >= u32::from(self.alone_from_failures.get())
    }

    /// Whether a referral has failed too often to be offered again.
    pub fn is_exhausted(&self, failures: u32) -> bool {
        failures >= u32::from(self.failures_max.get())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_maximum() {
        let rules = DeliveryRules::default();
        let waits = [0, 1, 2, 3, 9, 10, 11, 100, u32::MAX].map(|n| rules.wait_after(n).as_secs());
        assert_eq!(waits, [0, 1, 2, 4, 256, 300, 300, 300, 300]);
    }

    #[test]
    fn a_referral_goes_alone_long_before_it_is_quarantined() {
        let rules = DeliveryRules::default();
        assert!(!rules.goes_alone(2) && rules.goes_alone(3));
        assert!(!rules.is_exhausted(11) && rules.is_exhausted(12));
    }

    #[test]
    fn rules_that_switch_something_off_are_refused() {
        for bad in [r#"{"failures_max": 0}"#, r#"{"retry_first_seconds": 0}"#, r#"{"retry": 1}"#] {
            assert!(serde_json::from_str::<DeliveryRules>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn more_failures_never_wait_less(failures in 0..200_u32, first in 1..600_u16, max in 1..600_u16) {
            let rules = DeliveryRules {
                retry_first_seconds: NonZeroU16::new(first).unwrap(),
                retry_max_seconds: NonZeroU16::new(max).unwrap(),
                ..DeliveryRules::default()
            };
            prop_assert!(rules.wait_after(failures) <= rules.wait_after(failures + 1));
            prop_assert!(rules.wait_after(failures) <= Duration::from_secs(u64::from(max)));
        }
    }
}
