//! What this process uses, as Linux tells it. Elsewhere it is not known.

use std::fs;

/// What the process uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usage {
    /// Memory.
    pub(super) resident_bytes: u64,
    /// Processor time since its start.
    pub(super) cpu_ms: u64,
    /// Open files and connections.
    pub(super) descriptors: u64,
}

/// The kernel counts processor time in hundredths of a second for everybody who reads /proc
/// (`USER_HZ`, fixed by its interface).
const MS_PER_TICK: u64 = 10;

/// What this process uses now.
pub(super) fn usage() -> Option<Usage> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let descriptors = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(Usage {
        resident_bytes: resident_kib(&status)?.checked_mul(1024)?,
        cpu_ms: cpu_ticks(&stat)?.checked_mul(MS_PER_TICK)?,
        descriptors: u64::try_from(descriptors).ok()?,
    })
}

fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Fields 14 and 15 of `proc_pid_stat(5)`. The second field is a name that may hold spaces and
/// brackets, so the count begins behind its last bracket.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_files_are_read_whatever_the_name_of_the_process() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 9 0 0 0 120 35 0 0 20 0 3 0 99 1 2";
        assert_eq!(cpu_ticks(stat), Some(155));
        assert_eq!(cpu_ticks("7 (x) S"), None);
        assert_eq!(resident_kib("VmPeak:\t 9 kB\nVmRSS:\t  5120 kB\n"), Some(5120));
        assert_eq!(resident_kib("VmPeak: 9 kB"), None);
    }

    #[test]
    fn this_process_uses_something() {
        let usage = usage().unwrap();
        assert!(usage.resident_bytes > 1024 * 1024 && usage.descriptors > 2, "{usage:?}");
    }
}
