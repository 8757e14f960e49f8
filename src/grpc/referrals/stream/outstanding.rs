//! The referrals that are out with one reader.
//!
//! Invariant: a lease counts until it is settled or has ended, and never twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::LeaseToken;
use crate::domain::referral::Settlement;
use crate::domain::time::Timestamp;
use crate::gateway::inbox::settle::Settled;
use crate::gateway::inbox::{Received, Room};

/// What is out by token.
#[derive(Debug)]
pub(super) struct Outstanding {
    max: u32,
    max_bytes: u64,
    held: BTreeMap<LeaseToken, Held>,
    /// Leases that the reader is asking to extend.
    extending: BTreeSet<LeaseToken>,
}

/// One referral that is out.
#[derive(Debug)]
struct Held {
    /// End of its lease.
    end: Timestamp,
    bytes: u64,
    goes_alone: bool,
}

impl Outstanding {
    pub(super) fn new(max: u32, max_bytes: u64) -> Self {
        Self { max, max_bytes, held: BTreeMap::new(), extending: BTreeSet::new() }
    }

    /// What more may go out; none when nothing may.
    pub(super) fn room(&mut self, now: Timestamp) -> Option<Room> {
        let first_in_any_case = self.is_empty(now);
        let out = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        let bytes: u64 = self.held.values().map(|held| held.bytes).sum();
        let room = Room {
            referrals: self.max.saturating_sub(out),
            bytes: self.max_bytes.saturating_sub(bytes),
            first_in_any_case,
            holds_one_alone: self.held.values().any(|held| held.goes_alone),
        };
        (room.referrals > 0 && room.bytes > 0).then_some(room)
    }

    /// Whether nothing is out.
    pub(super) fn is_empty(&mut self, now: Timestamp) -> bool {
        self.held.retain(|_, held| held.end > now);
        self.held.is_empty()
    }

    pub(super) fn handed_over(&mut self, referral: &Received, bytes: u64) {
        let held = Held { end: referral.lease_expires_at, bytes, goes_alone: referral.goes_alone };
        self.held.insert(referral.lease_token, held);
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
                if let Some(held) = self.held.get_mut(&token) {
                    held.end = *at;
                }
            }
            Settled::Done { .. } | Settled::LeaseLost => {
                self.held.remove(&token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::id::{DeliveryId, ReferralId};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    fn token(number: u8) -> LeaseToken {
        LeaseToken::from_bytes([number; 16])
    }

    fn done(seconds: i64) -> Settled {
        Settled::Done {
            referral_id: ReferralId::from_bytes([1; 16]),
            delivery_id: DeliveryId::from_bytes([2; 16]),
            at: at(seconds),
        }
    }

    fn held(bytes: u64) -> Held {
        Held { end: at(60), bytes, goes_alone: false }
    }

    /// Room for two and for 100 bytes; two of 30 bytes are out.
    fn with_two() -> Outstanding {
        let held = BTreeMap::from([(token(1), held(30)), (token(2), held(30))]);
        Outstanding { max: 2, max_bytes: 100, held, extending: BTreeSet::new() }
    }

    fn referrals(outstanding: &mut Outstanding, now: i64) -> u32 {
        outstanding.room(at(now)).map_or(0, |room| room.referrals)
    }

    #[test]
    fn a_settled_lease_makes_room_and_an_extended_one_does_not() {
        let mut outstanding = with_two();
        assert_eq!(referrals(&mut outstanding, 1), 0);
        let extend = Settlement::Extend { lease: Duration::from_mins(2) };
        let acknowledge = Settlement::Acknowledge { local_reference: None };
        outstanding.settling(&[(token(1), extend), (token(2), acknowledge)]);
        outstanding.settled(token(1), &done(120));
        outstanding.settled(token(2), &done(1));
        assert_eq!(referrals(&mut outstanding, 61), 1);
        assert_eq!(referrals(&mut outstanding, 120), 2);
    }

    #[test]
    fn a_lease_that_ended_or_was_lost_makes_room() {
        let mut outstanding = with_two();
        outstanding.settled(token(1), &Settled::LeaseLost);
        assert_eq!(referrals(&mut outstanding, 59), 1);
        assert_eq!(referrals(&mut outstanding, 60), 2);
        outstanding.settled(token(9), &done(1));
        assert_eq!(referrals(&mut outstanding, 60), 2);
    }

    #[test]
    fn bytes_are_counted_like_referrals() {
        let mut outstanding = Outstanding { max: 10, ..with_two() };
        let room = outstanding.room(at(1)).unwrap();
        assert_eq!((room.referrals, room.bytes, room.first_in_any_case), (8, 40, false));
        outstanding.held.insert(token(3), held(40));
        assert!(outstanding.room(at(1)).is_none(), "no byte is left");
        let room = outstanding.room(at(60)).unwrap();
        assert_eq!((room.referrals, room.bytes, room.first_in_any_case), (10, 100, true));
    }

    #[test]
    fn what_goes_alone_is_noticed_while_it_is_out() {
        let mut outstanding = Outstanding { max: 10, ..with_two() };
        assert!(!outstanding.room(at(1)).unwrap().holds_one_alone);
        outstanding.held.insert(token(3), Held { goes_alone: true, ..held(1) });
        assert!(outstanding.room(at(1)).unwrap().holds_one_alone);
        outstanding.settled(token(3), &done(1));
        assert!(!outstanding.room(at(1)).unwrap().holds_one_alone);
    }
}
