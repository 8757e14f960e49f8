//! Shares, medians and percentiles: when they are shown, and how (DOMAIN §7.1 rules 5 and 6).

use std::collections::BTreeMap;

use super::report::Cell;
use super::suppression::SuppressionPolicy;

/// So many out of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ratio {
    /// So many. Never more than `of`.
    pub part: u64,
    /// Out of so many.
    pub of: u64,
}

impl Ratio {
    /// Whole percent, a half rounded up; none when there is nothing to take it of.
    pub(super) fn percent(self) -> Option<i64> {
        let Self { part, of } = self;
        let twice = part.checked_mul(200)?.checked_add(of)?;
        twice.checked_div(of.checked_mul(2)?).and_then(|percent| i64::try_from(percent).ok())
    }

    /// Whether enough people stand behind it, and behind what it is not (rule 5).
    fn is_enough(self, policy: &SuppressionPolicy) -> bool {
        let enough = |number: u64| number == 0 || number >= u64::from(policy.percentage_part_min);
        let whole = self.of >= u64::from(policy.percentage_denominator_min);
        whole && enough(self.part) && enough(self.of.saturating_sub(self.part))
    }

    fn and(self, other: Self) -> Self {
        Self { part: self.part.saturating_add(other.part), of: self.of.saturating_add(other.of) }
    }
}

/// Percentages of municipalities with that of the region behind them.
pub(super) fn with_region(ratios: &[Ratio]) -> Vec<Ratio> {
    let region = ratios.iter().copied().fold(Ratio::default(), Ratio::and);
    ratios.iter().copied().chain([region]).collect()
}

/// The percentages of the municipalities and, last, of the region that may be shown. One that may not
/// takes a second one with it while the region's is shown: the region's less the others is the one
/// (rule 3). `is_free` says what nothing else forbids, in the same order.
pub(super) fn percentages(
    ratios: &[Ratio],
    is_free: &[bool],
    policy: &SuppressionPolicy,
) -> Vec<Cell> {
    let all = with_region(ratios);
    let mut shown: Vec<bool> =
        all.iter().zip(is_free).map(|(ratio, free)| *free && ratio.is_enough(policy)).collect();
    let region = all.len().saturating_sub(1);
    let somebody = |place: usize| all.get(place).is_some_and(|ratio| ratio.of > 0);
    let hidden = (0..region).filter(|place| shown.get(*place) == Some(&false) && somebody(*place));
    if hidden.count() == 1 && shown.get(region) == Some(&true) {
        let next = (0..region)
            .filter(|place| shown.get(*place) == Some(&true))
            .min_by_key(|place| (all.get(*place).map(|ratio| ratio.of), *place));
        if let Some(flag) = shown.get_mut(next.unwrap_or(region)) {
            *flag = false;
        }
    }
    let cells = all.iter().zip(shown).map(|(ratio, shown)| ratio.percent().filter(|_| shown));
    cells.map(Cell::from).collect()
}

/// How often each value occurs: days, or points of a scale.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spread(BTreeMap<i64, u64>);

impl Spread {
    /// Counts `times` more of a value.
    pub fn add(&mut self, value: i64, times: u64) {
        let count = self.0.entry(value).or_default();
        *count = count.saturating_add(times);
    }

    /// Adds all of another.
    pub fn extend(&mut self, other: &Self) {
        other.0.iter().for_each(|(value, times)| self.add(*value, *times));
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |sum, times| sum.saturating_add(*times))
    }

    /// The middle value; the mean of the two middle ones, a half rounded up. None of nothing.
    pub fn median(&self) -> Option<i64> {
        let count = self.count();
        let low = self.at(count.checked_sub(1)? / 2)?;
        let high = self.at(count / 2)?;
        Some(low.saturating_add(high).saturating_add(1).div_euclid(2))
    }

    /// The least value that nine of ten do not exceed (nearest rank). None of nothing.
    pub fn p90(&self) -> Option<i64> {
        let rank = self.count().checked_mul(9)?.div_ceil(10);
        self.at(rank.checked_sub(1)?)
    }

    /// The value at this place, from 0, in rising order.
    fn at(&self, place: u64) -> Option<i64> {
        let mut before = 0_u64;
        self.0.iter().find_map(|(value, times)| {
            before = before.saturating_add(*times);
            (place < before).then_some(*value)
        })
    }

    /// Whether there are enough values for a median or percentile (rule 6).
    pub(super) fn is_enough(&self, policy: &SuppressionPolicy) -> bool {
        self.count() >= u64::from(policy.median_count_min)
    }
}
