//! Plays many schedules at the same time, and makes one that fails as short as possible.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::broken::Broken;
use super::place::Prepared;
use super::run::{Counts, Failure, run};
use super::step::{Step, schedule};

const MINIMISING_MAX: Duration = Duration::from_mins(2);
/// A cut call does not always end at the same place: a shorter schedule gets so many chances to fail.
const CHANCES: u32 = 3;

/// The seeds of a run: so many in CI, so many when there is time.
pub(crate) fn schedules(short: u64, long: u64) -> Range<u64> {
    let count = if std::env::var_os("KETENPOORT_LONG").is_some() { long } else { short };
    let seed = std::env::var_os("KETENPOORT_SEED");
    let first = seed.map_or(1, |seed| seed.to_str().unwrap().parse().unwrap());
    first..first + count
}

/// Plays a schedule for each seed, and tells what was done to the gateway in all of them.
/// Fails when one of the `expected` things never happened.
pub(crate) fn play(prepared: &Prepared, seeds: Range<u64>, expected: &[&str]) {
    let started = Instant::now();
    let next = AtomicU64::new(seeds.start);
    let failed: Mutex<Option<(u64, Failure)>> = Mutex::new(None);
    let counts = Mutex::new(Counts::new());
    let worker = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || failed.lock().unwrap().is_some() {
                return;
            }
            match run(prepared, &schedule(seed), Broken::Nothing) {
                Ok(more) => {
                    let mut counts = counts.lock().unwrap();
                    for (what, count) in more {
                        *counts.entry(what).or_default() += count;
                    }
                }
                Err(failure) => *failed.lock().unwrap() = Some((seed, failure)),
            }
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
        (0..threads).for_each(|_| drop(scope.spawn(worker)));
    });
    if let Some((seed, failure)) = failed.into_inner().unwrap() {
        let steps = schedule(seed);
        println!("seed {seed}, step {}: {}", failure.step, failure.why);
        let (short, failure) = minimise(prepared, &steps, failure);
        panic!(
            "seed {seed} fails; {} of its {} steps are enough:\n{}\n{}",
            short.len(),
            steps.len(),
            listed(&short),
            failure.why
        );
    }
    let counts = counts.into_inner().unwrap();
    println!("schedules {} to {} in {:?}:", seeds.start, seeds.end - 1, started.elapsed());
    for (what, count) in &counts {
        println!("  {count:6} {what}");
    }
    let never: Vec<_> = expected.iter().filter(|fault| !counts.contains_key(*fault)).collect();
    assert!(never.is_empty(), "the schedules never had: {never:?}");
}

/// The first schedule that shows that a gateway is broken.
pub(crate) fn detected_after(
    prepared: &Prepared,
    broken: Broken,
    schedules: u64,
) -> Option<(u64, String)> {
    (1..=schedules).find_map(|seed| {
        let failure = run(prepared, &schedule(seed), broken).err()?;
        Some((seed, failure.why.chars().take(160).collect()))
    })
}

/// Drops steps for as long as it still fails: first many at once, then one by one.
fn minimise(prepared: &Prepared, steps: &[Step], failure: Failure) -> (Vec<Step>, Failure) {
    let started = Instant::now();
    let mut shortest = (steps[..steps.len().min(failure.step + 1)].to_vec(), failure);
    let mut size = shortest.0.len().div_ceil(2).max(1);
    loop {
        let mut start = 0;
        let mut shorter = false;
        while start < shortest.0.len() && started.elapsed() < MINIMISING_MAX {
            let mut without = shortest.0.clone();
            without.drain(start..without.len().min(start + size));
            let fails = (0..CHANCES).find_map(|_| run(prepared, &without, Broken::Nothing).err());
            match fails {
                Some(failure) => {
                    shortest = (without, failure);
                    shorter = true;
                }
                None => start += size,
            }
        }
        if started.elapsed() >= MINIMISING_MAX || (size == 1 && !shorter) {
            return shortest;
        }
        size = (size / 2).max(1);
    }
}

fn listed(steps: &[Step]) -> String {
    let lines: Vec<String> = steps.iter().map(|step| format!("    {step:?},")).collect();
    lines.join("\n")
}
