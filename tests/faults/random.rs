//! A random source that can be repeated: the same seed gives the same choices.

use std::time::Duration;

/// `SplitMix64`: small, and good enough to choose moments and cases.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// A source of its own for one part of a run.
    pub(crate) fn new(seed: u64, part: u64) -> Self {
        let mut random = Self(seed ^ part.wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// At least `from`, below `until`.
    pub(crate) fn between(&mut self, from: u64, until: u64) -> u64 {
        from + self.next() % (until - from)
    }

    /// Up to `most`.
    pub(crate) fn pause(&mut self, most: Duration) -> Duration {
        let micros = u64::try_from(most.as_micros()).unwrap();
        Duration::from_micros(self.between(0, micros + 1))
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let bytes = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid().to_string()
    }
}

/// The seed of this run: `KETENPOORT_SEED`, or a new one. It is printed, so that a run that failed
/// can be repeated; threads and the machine still have their say.
pub(crate) fn seed(run: &str) -> u64 {
    let given = std::env::var_os("KETENPOORT_SEED").map(|seed| {
        seed.to_str().and_then(|seed| seed.parse().ok()).expect("KETENPOORT_SEED is a number")
    });
    let seed = given.unwrap_or_else(|| {
        u64::from_be_bytes(
            *ketenpoort::vault::random::uuid_v4().unwrap().as_bytes().first_chunk().unwrap(),
        )
    });
    println!("{run}: KETENPOORT_SEED={seed}");
    seed
}

/// Whether this is a long run (`KETENPOORT_LONG=1`) and not one in CI.
pub(crate) fn is_long() -> bool {
    std::env::var_os("KETENPOORT_LONG").is_some_and(|value| value == "1")
}
