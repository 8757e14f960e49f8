//! Chance that is the same at every run: the month's course depends on its seed and on nothing else.

/// A sequence of numbers that look random (`SplitMix64`).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `from` up to and without `until`.
    pub(super) fn between(&mut self, from: u64, until: u64) -> u64 {
        from + self.next() % (until - from).max(1)
    }

    /// Whether something that happens so many times in a hundred happens now.
    pub(super) fn percent(&mut self, times: u64) -> bool {
        self.between(0, 100) < times
    }

    /// One of several. There is at least one.
    pub(super) fn one_of<T: Copy, const N: usize>(&mut self, all: &[T; N]) -> T {
        let chosen = usize::try_from(self.between(0, u64::try_from(N).unwrap_or(1))).unwrap_or(0);
        *all.get(chosen).expect("chance stays within its bounds")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_repeats_itself_and_stays_within_its_bounds() {
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            (0..200).map(|_| chance.between(3, 9)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).iter().all(|number| (3..9).contains(number)));
        let mut chance = Chance::new(1);
        let happened = (0..1000).filter(|_| chance.percent(30)).count();
        assert!((230..370).contains(&happened), "{happened}");
    }
}
