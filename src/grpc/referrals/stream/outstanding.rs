//! The referrals that are out with one reader.
//!
//! Invariant: a lease counts until it is settled or has ended, and never twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::LeaseToken;
use crate::domain::referral::Settlement;
use crate::domain::time::Timestamp;
use crate::gateway::inbox::Received;
use crate::gateway::inbox::settle::Settled;

/// Leases by token, with their ends.
#[derive(Debug)]
pub(super) struct Outstanding {
    max: u32,
    ends: BTreeMap<LeaseToken, Timestamp>,
    /// Leases that the reader is asking to extend.
    extending: BTreeSet<LeaseToken>,
}

impl Outstanding {
    pub(super) fn new(max: u32) -> Self {
        Self { max, ends: BTreeMap::new(), extending: BTreeSet::new() }
    }

    /// How many more may go out.
    pub(super) fn room(&mut self, now: Timestamp) -> u32 {
        self.ends.retain(|_, end| *end > now);
        self.max.saturating_sub(u32::try_from(self.ends.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn handed_over(&mut self, referral: &Received) {
        self.ends.insert(referral.lease_token, referral.lease_expires_at);
    }

    /// Settlements are about to be made.
    pub(super) fn settling(&mut self, settlements: &[(LeaseToken, Settlement)]) {
        self.extending = settlements
            .iter()
            .filter(|(_, settlement)| matches!(settlement, Settlement::Extend { .. }))
            .map(|(token, _)| *token)
            .collect();
    }

    /// A settlement was made, or came too late.
    pub(super) fn settled(&mut self, token: LeaseToken, settled: &Settled) {
        match settled {
            Settled::Done { at, .. } if self.extending.contains(&token) => {
                if let Some(end) = self.ends.get_mut(&token) {
                    *end = *at;
                }
            }
            Settled::Done { .. } | Settled::LeaseLost => {
                self.ends.remove(&token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::id::ReferralId;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    fn token(number: u8) -> LeaseToken {
        LeaseToken::from_bytes([number; 16])
    }

    fn done(seconds: i64) -> Settled {
        Settled::Done { referral_id: ReferralId::from_bytes([1; 16]), at: at(seconds) }
    }

    fn with_two() -> Outstanding {
        let ends = BTreeMap::from([(token(1), at(60)), (token(2), at(60))]);
        Outstanding { max: 2, ends, extending: BTreeSet::new() }
    }

    #[test]
    fn a_settled_lease_makes_room_and_an_extended_one_does_not() {
        let mut outstanding = with_two();
        assert_eq!(outstanding.room(at(1)), 0);
        let extend = Settlement::Extend { lease: Duration::from_mins(2) };
        let acknowledge = Settlement::Acknowledge { local_reference: None };
        outstanding.settling(&[(token(1), extend), (token(2), acknowledge)]);
        outstanding.settled(token(1), &done(120));
        outstanding.settled(token(2), &done(1));
        assert_eq!(outstanding.room(at(61)), 1);
        assert_eq!(outstanding.room(at(120)), 2);
    }

    #[test]
    fn a_lease_that_ended_or_was_lost_makes_room() {
        let mut outstanding = with_two();
        outstanding.settled(token(1), &Settled::LeaseLost);
        assert_eq!(outstanding.room(at(59)), 1);
        assert_eq!(outstanding.room(at(60)), 2);
        outstanding.settled(token(9), &done(1));
        assert_eq!(outstanding.room(at(60)), 2);
    }
}
