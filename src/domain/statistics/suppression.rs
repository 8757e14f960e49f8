//! The numbers of `SuppressionPolicy v1` (DOMAIN §7.1), and what is done with one figure alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Indicator;

/// From when on a figure may be shown. Part of the policy pack: a region may hide more, never less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuppressionPolicy {
    /// A count of 1 or more, below this, is not shown (rule 2).
    pub primary_below: u16,
    /// Counts are rounded to a multiple of this (rule 4).
    pub rounding_base: u16,
    /// The least that a percentage is taken of (rule 5).
    pub percentage_denominator_min: u16,
    /// The least that a percentage and its complement stand for, unless they stand for nobody (rule 5).
    pub percentage_part_min: u16,
    /// The least number that a median or percentile is taken of (rule 6).
    pub median_count_min: u16,
}

/// `SuppressionPolicy v1`: the least that every pack hides.
impl Default for SuppressionPolicy {
    fn default() -> Self {
        Self {
            primary_below: 5,
            rounding_base: 5,
            percentage_denominator_min: 10,
            percentage_part_min: 5,
            median_count_min: 10,
        }
    }
}

/// What an indicator is aimed at, in percent. An indicator without a target is not here.
pub type Targets = BTreeMap<Indicator, u8>;

impl SuppressionPolicy {
    /// Whether so few that the number is not shown (rule 2).
    pub(super) fn is_few(&self, number: u64) -> bool {
        (1..u64::from(self.primary_below)).contains(&number)
    }

    /// The nearest multiple of the base (rule 4).
    pub fn round(&self, number: u64) -> u64 {
        let base = self.base();
        number.saturating_add(base / 2) / base * base
    }

    /// What a reader knows of a number that is shown: it is neither few nor rounded to something else.
    pub(super) fn read_back(&self, number: u64) -> (u64, u64) {
        if number == 0 {
            return (0, 0);
        }
        let base = self.base();
        let least = self.round(number).saturating_sub(base / 2);
        (least.max(self.enough()), least.saturating_add(base - 1))
    }

    fn base(&self) -> u64 {
        u64::from(self.rounding_base.max(1))
    }

    /// The number from which on nothing is few.
    pub(super) fn enough(&self) -> u64 {
        u64::from(self.primary_below)
    }
}
