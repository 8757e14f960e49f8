//! Whether this machine may be measured on: what else it does, and how long its disk takes.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::numbers::{millis, quantile, ratio};
use crate::process::{Stat, family_of};

/// More than this of one core in foreign hands, and the figures are not to be trusted.
const FOREIGN_MAX: f64 = 0.1;

/// Writes that the disk is judged by.
const SYNCS: usize = 300;

/// Where all data of a run is stored: on the disk that this repository is built on, because a
/// temporary directory is often in memory, where a sync costs nothing.
pub(crate) fn data_directory() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// The state of the machine at the start of a run.
#[derive(Debug)]
pub(crate) struct Survey {
    foreign: Foreign,
    sync_p50: Duration,
}

impl Survey {
    /// Looks, and prints one line.
    pub(crate) fn begin() -> anyhow::Result<Self> {
        let (p50, p99) = sync_times()?;
        println!(
            "machine cores={} fdatasync_p50_ms={:.3} fdatasync_p99_ms={:.3} load={}",
            std::thread::available_parallelism()?,
            millis(p50),
            millis(p99),
            std::fs::read_to_string("/proc/loadavg")?.trim(),
        );
        if p50 < Duration::from_micros(20) {
            println!("warning: a sync takes no time, so {} is no disk", data_directory().display());
        }
        Ok(Self { foreign: Foreign::now()?, sync_p50: p50 })
    }

    /// Looks again; a noisy machine is a warning, or an error with `strict`.
    pub(crate) fn end(self, strict: bool) -> anyhow::Result<()> {
        let share = self.foreign.share()?;
        let (p50, p99) = sync_times()?;
        println!(
            "machine foreign_cpu={share:.2} fdatasync_p50_ms={:.3} fdatasync_p99_ms={:.3}",
            millis(p50),
            millis(p99),
        );
        let mut noise = Vec::new();
        if share > FOREIGN_MAX {
            noise.push(format!("other processes took {share:.2} of a core"));
        }
        if p50 > self.sync_p50 * 2 || self.sync_p50 > p50 * 2 {
            noise.push("the disk changed its speed".to_owned());
        }
        if noise.is_empty() {
            return Ok(());
        }
        let noise = noise.join(" and ");
        if strict {
            bail!("this run does not count: {noise}");
        }
        println!("warning: {noise}; use the ratios, not the absolute figures");
        Ok(())
    }
}

/// Median and 99th percentile of appending 4 KiB durably.
fn sync_times() -> anyhow::Result<(Duration, Duration)> {
    let mut file = tempfile::tempfile_in(data_directory())?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        times.push(append_durably(&mut file)?);
    }
    times.sort_unstable();
    Ok((quantile(&times, 0.5), quantile(&times, 0.99)))
}

fn append_durably(file: &mut File) -> std::io::Result<Duration> {
    let started = Instant::now();
    file.write_all(&[0x5a; 4096])?;
    file.sync_data()?;
    Ok(started.elapsed())
}

/// Processor time that processes other than ours have taken, up to a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreign {
    cpu: Duration,
    at: Instant,
}

impl Foreign {
    pub(crate) fn now() -> anyhow::Result<Self> {
        let all = Stat::all()?;
        let ours = family_of(std::process::id(), &all);
        let foreign = all.iter().filter(|stat| !stat.is_kernel && !ours.contains(&stat.pid));
        Ok(Self { cpu: foreign.map(|stat| stat.own + stat.children).sum(), at: Instant::now() })
    }

    /// How many cores' worth they took since.
    pub(crate) fn share(self) -> anyhow::Result<f64> {
        let now = Self::now()?;
        Ok(ratio(now.cpu.saturating_sub(self.cpu), now.at.duration_since(self.at)))
    }
}
