//! The failing disk of `disk.c`: built once, put under the gateway with `LD_PRELOAD`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::run::Run;

/// What the disk counts in its report.
pub(crate) type Counts = BTreeMap<String, u64>;

/// The disk under one process.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    settings: BTreeMap<&'static str, OsString>,
    control: PathBuf,
    report: PathBuf,
}

/// Which operation of the disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Write,
    Sync,
}

/// What the program is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errno {
    Eio,
    Enospc,
}

/// For how long operations fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    Once,
    UntilMended,
}

impl Disk {
    /// A disk that works, under the directory of an installation. Its control files and report lie
    /// outside, in a directory of that name.
    pub(crate) fn new(run: &Run, name: &str, seed: u64) -> Self {
        let control = run.outside(name);
        std::fs::create_dir_all(&control).unwrap();
        let report = control.join("report");
        // The disk compares paths as the kernel knows them.
        let directory = run.installation.path().canonicalize().unwrap();
        let settings = BTreeMap::from([
            ("DIRECTORY", directory.into_os_string()),
            ("CONTROL", control.clone().into_os_string()),
            ("REPORT", report.clone().into_os_string()),
            ("STATE", control.join("state").into_os_string()),
            ("SEED", seed.to_string().into()),
        ]);
        Self { settings, control, report }
    }

    /// The power fails at this operation.
    pub(crate) fn cut_at(mut self, operation: u64) -> Self {
        self.settings.insert("CUT_AT", operation.to_string().into());
        self
    }

    /// Syncs of the write-ahead log do nothing: what a database with `synchronous = NORMAL` asks for.
    pub(crate) fn without_syncs_of_commits(mut self) -> Self {
        self.settings.insert("LIES", "1".into());
        self
    }

    /// From its n-th operation of a kind on it fails.
    pub(crate) fn failing(
        mut self,
        operation: Operation,
        at: u64,
        errno: Errno,
        failing: Failing,
    ) -> Self {
        let operation = if operation == Operation::Write { "write" } else { "sync" };
        let errno = if errno == Errno::Enospc { "NOSPC" } else { "IO" };
        let times = if failing == Failing::Once { "1" } else { "0" };
        self.settings.insert("FAILS", operation.into());
        self.settings.insert("FAIL_AT", at.to_string().into());
        self.settings.insert("FAIL_ERRNO", errno.into());
        self.settings.insert("FAIL_TIMES", times.into());
        self
    }

    /// Only operations on files whose names end so count and fail.
    pub(crate) fn of_file(mut self, name: &str) -> Self {
        self.settings.insert("FILE", name.into());
        self
    }

    /// A sync that fails says that it did not.
    pub(crate) fn silently(mut self) -> Self {
        self.settings.insert("SILENT", "1".into());
        self
    }

    /// The process ends right after the first failure, while the power stays.
    pub(crate) fn crashing(mut self) -> Self {
        self.settings.insert("CRASHES", "1".into());
        self
    }

    /// Works again.
    pub(crate) fn mend(&self) {
        self.control("mended");
    }

    /// The power fails at the next operation.
    pub(crate) fn cut(&self) {
        self.control("cut");
    }

    /// The same disk, working, under the next process: with everything in its page cache.
    pub(crate) fn restarted(mut self) -> Self {
        self.settings.remove("FAILS");
        self
    }

    fn control(&self, name: &str) {
        std::fs::write(self.control.join(name), "").unwrap();
    }

    /// The environment that puts it under a process.
    pub(crate) fn environment(&self) -> Vec<(String, OsString)> {
        let named =
            |(name, value): (&&str, &OsString)| (format!("KETENPOORT_DISK_{name}"), value.clone());
        let mut environment: Vec<_> = self.settings.iter().map(named).collect();
        environment.push(("LD_PRELOAD".to_owned(), library().as_os_str().to_owned()));
        environment
    }

    /// What happened, one map for each line of this kind: `cut`, `crash`, `failed`.
    pub(crate) fn reported(&self, kind: &str) -> Vec<Counts> {
        let text = std::fs::read_to_string(&self.report).unwrap_or_default();
        assert!(!text.contains("unsupported"), "the disk could not follow: {text}");
        let lines = text.lines().filter_map(|line| line.strip_prefix(kind));
        lines.map(|line| line.split_whitespace().map(pair).collect()).collect()
    }
}

fn pair(word: &str) -> (String, u64) {
    let (name, count) = word.split_once('=').unwrap();
    (name.to_owned(), count.parse().unwrap())
}

/// Adds up what several disks counted.
pub(crate) fn add(total: &mut Counts, more: &Counts) {
    for (name, count) in more {
        *total.entry(name.clone()).or_default() += count;
    }
}

/// The compiled disk.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/disk.c");
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let library = directory.join(format!("disk-{}.so", std::process::id()));
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let compiled = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .args([&library, &source])
            .args(["-ldl", "-lpthread"])
            .output()
            .expect("a C compiler is there: the build needs one");
        let said = String::from_utf8_lossy(&compiled.stderr);
        assert!(compiled.status.success(), "{said}");
        library
    })
}
