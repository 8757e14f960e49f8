//! A server as a process of its own, and what the operating system says it costs.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};

/// A start takes well under a second, unless it has to look at a large ledger.
const READY_MAX: Duration = Duration::from_mins(5);

/// The kernel counts processor time in hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// A running server. Dropping it kills it (SIGKILL).
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

/// What a process holds in memory, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    pub(crate) peak: u64,
}

impl Process {
    /// Starts a server and waits for its line `ready grpc=ADDRESS` on standard error.
    pub(crate) fn start(mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().context("the server cannot be started")?;
        let stderr = child.stderr.take().context("the server has no standard error")?;
        let (lines, seen) = mpsc::channel();
        // Reads to the end, so that the server never waits for us.
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                match line.strip_prefix("ready grpc=") {
                    Some(address) => drop(lines.send(address.to_owned())),
                    None => eprintln_line(&line),
                }
            }
        });
        let mut started = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let Ok(address) = seen.recv_timeout(READY_MAX) else {
            bail!("the server did not start");
        };
        started.address = address.trim().parse().context("the server's address")?;
        Ok(started)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Processor time of all its threads, user and system together, since its start.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(Stat::of(self.pid())?.own)
    }

    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let bytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            kib.map(|kib| kib * 1024).with_context(|| format!("the status has no {key}"))
        };
        Ok(Memory { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
    }

    /// Lets the peak begin anew (proc(5), `clear_refs`).
    pub(crate) fn reset_peak(&self) -> anyhow::Result<()> {
        Ok(fs::write(format!("/proc/{}/clear_refs", self.pid()), "5")?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already: nothing left to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Processor time of every process of this name that we started, and of their children.
pub(crate) fn cpu_of(name: &str) -> anyhow::Result<Duration> {
    let all = Stat::all()?;
    let ours = family_of(std::process::id(), &all);
    let named = all.iter().filter(|stat| stat.name == name && ours.contains(&stat.pid));
    Ok(named.map(|stat| stat.own + stat.children).sum())
}

/// A process and everything it started.
pub(crate) fn family_of(root: u32, all: &[Stat]) -> BTreeSet<u32> {
    let mut family = BTreeSet::from([root]);
    loop {
        let children = all.iter().filter(|stat| family.contains(&stat.parent));
        let children: Vec<u32> = children.map(|stat| stat.pid).collect();
        let before = family.len();
        family.extend(children);
        if family.len() == before {
            return family;
        }
    }
}

/// What a server says is shown: a warning may explain a figure.
#[expect(clippy::print_stderr, reason = "beside the figures, not among them")]
fn eprintln_line(line: &str) {
    eprintln!("server: {line}");
}

/// The line of `/proc/PID/stat`, as far as it is of use here.
#[derive(Debug, Clone)]
pub(crate) struct Stat {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) name: String,
    pub(crate) is_kernel: bool,
    /// Its own processor time.
    pub(crate) own: Duration,
    /// That of its children that have ended.
    pub(crate) children: Duration,
}

impl Stat {
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Self::parse(pid, &text).with_context(|| format!("/proc/{pid}/stat cannot be read"))
    }

    /// All processes of this machine that can be seen.
    pub(crate) fn all() -> anyhow::Result<Vec<Self>> {
        let names =
            fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        // One that ended meanwhile is no error.
        Ok(names.filter_map(|name| Self::of(name.parse().ok()?).ok()).collect())
    }

    fn parse(pid: u32, text: &str) -> Option<Self> {
        /// `PF_KTHREAD` of the kernel's `sched.h`.
        const KERNEL_THREAD: u64 = 0x0020_0000;
        // The name may hold anything, so what follows is counted from its end.
        let (head, tail) = text.rsplit_once(')')?;
        let fields: Vec<&str> = tail.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        let ticks = |index| Some(TICK * u32::try_from(number(index)?).ok()?);
        Some(Self {
            pid,
            parent: u32::try_from(number(1)?).ok()?,
            name: head.split_once('(')?.1.to_owned(),
            is_kernel: number(6)? & KERNEL_THREAD != 0,
            own: ticks(11)? + ticks(12)?,
            children: ticks(13)? + ticks(14)?,
        })
    }
}
