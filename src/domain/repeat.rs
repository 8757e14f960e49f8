//! Repeat reports: whether this referral is about people who were reported before (DOMAIN §2.7).
//!
//! Only pseudonyms are compared. The same person makes a repeat; the same address alone is a
//! candidate that a person has to judge, because there are flats and people move. Repeats may
//! raise the urgency and never lower it (DOMAIN §8 row 17).

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use super::calendar::days_between;
use super::id::{Pseudonym, ReferralId};
use super::referral::Urgency;
use super::time::Timestamp;

/// Keyed pseudonym of an address: the HMAC of [`Address::matching_text`]. Not a person's
/// pseudonym, and never compared with one.
///
/// [`Address::matching_text`]: super::person::Address::matching_text
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressPseudonym([u8; 32]);

impl AddressPseudonym {
    /// Wraps the 32 bytes of the HMAC.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for AddressPseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressPseudonym(…)")
    }
}

/// What of a referral is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// When it was received.
    pub received_at: Timestamp,
    /// The people in it.
    pub persons: BTreeSet<Pseudonym>,
    /// The address of the household.
    pub address: AddressPseudonym,
}

/// A referral that was received before. Whether withdrawn or returned referrals and supplements
/// are among them is for the caller to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The referral.
    pub referral_id: ReferralId,
    /// What of it is compared.
    pub signature: Signature,
}

/// What the comparison found. Lists are in the order of receipt, without duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// 1 for a first report, 1 more for each earlier referral about one of these people.
    pub index: u32,
    /// Earlier referrals about one of these people.
    pub linked: Vec<ReferralId>,
    /// Earlier referrals at this address about other people; not counted until a person says so.
    pub address_candidates: Vec<ReferralId>,
}

/// What the region chose about repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RepeatRule {
    /// How many days back an earlier referral counts.
    pub window_days: NonZeroU16,
    /// The repeat index from which a referral is at least `URGENT` (structurele onveiligheid).
    pub urgent_from_index: NonZeroU16,
}

impl Default for RepeatRule {
    fn default() -> Self {
        const fn of(number: u16) -> NonZeroU16 {
            NonZeroU16::new(number).expect("every default below is above 0")
        }
        Self { window_days: of(365), urgent_from_index: of(3) }
    }
}

/// Compares a referral with those of the last `window_days` Dutch calendar days.
///
/// What was received after `current` is left out, so the answer for a referral stays the same when
/// it is asked again later with the same window.
pub fn detect(current: &Signature, earlier: &[Earlier], window_days: NonZeroU16) -> Repeat {
    let mut linked = BTreeSet::new();
    let mut candidates = BTreeSet::new();
    for Earlier { referral_id, signature } in earlier {
        if !is_within(signature.received_at, current.received_at, window_days) {
            continue;
        }
        let found = (signature.received_at, *referral_id);
        if !signature.persons.is_disjoint(&current.persons) {
            linked.insert(found);
        } else if signature.address == current.address {
            candidates.insert(found);
        }
    }
    let ids = |found: BTreeSet<(Timestamp, ReferralId)>| found.into_iter().map(|(_, id)| id);
    Repeat {
        index: u32::try_from(linked.len()).unwrap_or(u32::MAX).saturating_add(1),
        linked: ids(linked).collect(),
        address_candidates: ids(candidates).collect(),
    }
}

fn is_within(earlier_at: Timestamp, current_at: Timestamp, window_days: NonZeroU16) -> bool {
    let days = days_between(earlier_at.date(), current_at.date());
    earlier_at <= current_at && days <= i32::from(window_days.get())
}

/// The urgency after repeats were counted: at least `URGENT` from `threshold` on, else as stated.
pub fn raised_urgency(stated: Urgency, repeat_index: u32, threshold: NonZeroU16) -> Urgency {
    if repeat_index >= u32::from(threshold.get()) { stated.max(Urgency::Urgent) } else { stated }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn signature(received_at: &str, persons: &[u8], address: u8) -> Signature {
        Signature {
            received_at: received_at.parse().unwrap(),
            persons: persons.iter().map(|person| Pseudonym::new([*person; 32])).collect(),
            address: AddressPseudonym::new([address; 32]),
        }
    }

    fn id(number: u8) -> ReferralId {
        ReferralId::from_bytes([number; 16])
    }

    fn earlier(number: u8, received_at: &str, persons: &[u8], address: u8) -> Earlier {
        Earlier { referral_id: id(number), signature: signature(received_at, persons, address) }
    }

    fn window() -> NonZeroU16 {
        RepeatRule::default().window_days
    }

    #[test]
    fn the_second_report_about_a_family_has_index_two() {
        let first = earlier(1, "2026-03-12T00:52:00Z", &[1, 2, 3, 4], 9);
        let second = signature("2026-06-08T00:10:00Z", &[1, 2], 8);
        let repeat = detect(&second, &[first], window());
        assert_eq!(repeat, Repeat { index: 2, linked: vec![id(1)], address_candidates: vec![] });
    }

    #[test]
    fn the_same_address_alone_is_a_candidate_that_does_not_count() {
        let neighbours = earlier(1, "2026-03-12T00:52:00Z", &[5], 9);
        let repeat = detect(&signature("2026-06-08T00:10:00Z", &[1], 9), &[neighbours], window());
        assert_eq!(repeat, Repeat { index: 1, linked: vec![], address_candidates: vec![id(1)] });
    }

    #[test]
    fn the_window_ends_after_its_last_dutch_day() {
        let current = signature("2026-06-08T00:10:00Z", &[1], 9);
        for (received_at, index) in [
            // 00:00 and the second before on 8 June 2025 in the Netherlands.
            ("2025-06-07T22:00:00Z", 2),
            ("2025-06-07T21:59:59Z", 1),
            // At the same moment, and later.
            ("2026-06-08T00:10:00Z", 2),
            ("2026-06-08T00:10:01Z", 1),
        ] {
            let repeat = detect(&current, &[earlier(1, received_at, &[1], 9)], window());
            assert_eq!(repeat.index, index, "{received_at}");
        }
    }

    #[test]
    fn row_17_three_reports_raise_the_urgency_and_nothing_lowers_it() {
        let threshold = RepeatRule::default().urgent_from_index;
        for (stated, index, raised) in [
            (Urgency::Standard, 2, Urgency::Standard),
            (Urgency::Standard, 3, Urgency::Urgent),
            (Urgency::Information, 4, Urgency::Urgent),
            (Urgency::Urgent, 3, Urgency::Urgent),
            (Urgency::Acute, 3, Urgency::Acute),
        ] {
            assert_eq!(raised_urgency(stated, index, threshold), raised);
        }
    }

    #[test]
    fn a_rule_without_a_window_is_refused() {
        assert!(serde_json::from_str::<RepeatRule>(r#"{"window_days": 0}"#).is_err());
        assert!(serde_json::from_str::<RepeatRule>(r#"{"window": 1}"#).is_err());
    }

    prop_compose! {
        fn any_earlier()(
            number in 1..6_u8,
            day in 10..30_u8,
            persons in proptest::collection::vec(0..6_u8, 1..3),
            address in 0..3_u8,
        ) -> Earlier {
            earlier(number, &format!("2026-05-{day}T12:00:00Z"), &persons, address)
        }
    }

    proptest! {
        #[test]
        fn the_order_of_the_earlier_referrals_does_not_matter(
            (given, shuffled) in proptest::collection::vec(any_earlier(), 0..8)
                .prop_flat_map(|given| (Just(given.clone()), Just(given).prop_shuffle())),
        ) {
            let current = signature("2026-05-28T12:00:00Z", &[0, 1], 0);
            prop_assert_eq!(
                detect(&current, &given, window()),
                detect(&current, &shuffled, window())
            );
        }

        #[test]
        fn a_wider_window_never_finds_less(
            given in proptest::collection::vec(any_earlier(), 0..8),
            days in 1..20_u16,
        ) {
            let current = signature("2026-05-28T12:00:00Z", &[0, 1], 0);
            let detect = |days| detect(&current, &given, NonZeroU16::new(days).unwrap());
            prop_assert!(detect(days).index <= detect(days + 1).index);
        }

        #[test]
        fn urgency_is_never_lowered(stated in 0..4_usize, index in 1..9_u32, threshold in 1..9_u16) {
            let stated = Urgency::ALL[stated];
            let raised = raised_urgency(stated, index, NonZeroU16::new(threshold).unwrap());
            prop_assert!(raised >= stated);
        }
    }
}
