//! Room for the database. A full disk stops the gateway: nothing is disclosed that cannot be logged.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Check;
use crate::cli::config::{Config, DatabaseUrl};

const NAME: &str = "disk";

/// Half a million entries with their rows, and time to act.
const WARNING_KIB: u64 = 1024 * 1024;
/// What the write-ahead log may need at a busy moment.
const FAILURE_KIB: u64 = 64 * 1024;

const FIX: &str = "make room, or move the database to a larger disk";

/// A log that is not taken over into the database: a reader holds on to an old state of it.
const LOG_WARNING_BYTES: u64 = 256 * 1024 * 1024;

pub(super) fn check(config: &Config) -> Vec<Check> {
    let files: Vec<PathBuf> = [config.database.url.clone(), config.database.keys()]
        .into_iter()
        .filter_map(|url| match url {
            DatabaseUrl::Sqlite(path) => Some(path),
            DatabaseUrl::Postgres(_) => None,
        })
        .collect();
    if files.is_empty() {
        return vec![Check::ok(NAME, "the database is on a server, which has a disk of its own")];
    }
    let mut directories: Vec<PathBuf> = files.iter().map(|file| directory_of(file)).collect();
    directories.dedup();
    let mut checks: Vec<Check> = directories.iter().map(|one| room(one)).collect();
    checks.extend(files.iter().filter_map(|file| log(file)));
    checks
}

fn directory_of(file: &Path) -> PathBuf {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    directory.unwrap_or_else(|| Path::new(".")).to_owned()
}

fn room(directory: &Path) -> Check {
    match free_kib(directory) {
        Some(free) => judge(free, directory),
        None => Check::warn(
            NAME,
            format!("{}: the free room is not known", directory.display()),
            "see that the directory exists; it is measured with `df`, which may be missing here",
        ),
    }
}

/// The write-ahead log of a file, when it has grown.
fn log(file: &Path) -> Option<Check> {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    let bytes = std::fs::metadata(&name).ok()?.len();
    (bytes > LOG_WARNING_BYTES).then(|| {
        Check::warn(
            "write-ahead log",
            format!("{}: {} MiB", name.display(), bytes / 1024 / 1024),
            "end what reads the database for a long time (a backup, `log verify`, a copy); the \
             gateway then empties it",
        )
    })
}

fn judge(free_kib: u64, directory: &Path) -> Check {
    let detail = format!("{}: {} MiB free", directory.display(), free_kib / 1024);
    if free_kib < FAILURE_KIB {
        Check::fail(NAME, detail, FIX)
    } else if free_kib < WARNING_KIB {
        Check::warn(NAME, detail, FIX)
    } else {
        Check::ok(NAME, detail)
    }
}

/// The standard library cannot ask the file system, and this crate has no unsafe code to do it.
fn free_kib(directory: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg("--").arg(directory).output().ok()?;
    if output.status.success() { parse(&String::from_utf8(output.stdout).ok()?) } else { None }
}

/// POSIX `df -P`: names may hold spaces, so the columns are found from the one with the per cent.
fn parse(output: &str) -> Option<u64> {
    let line = output.lines().nth(1)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let capacity = words.iter().position(|word| {
        word.strip_suffix('%').is_some_and(|number| number.parse::<u8>().is_ok())
    })?;
    words.get(capacity.checked_sub(1)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn free_room_is_read_whatever_the_names_are() {
        let head = "Filesystem 1024-blocks Used Available Capacity Mounted on\n";
        assert_eq!(parse(&format!("{head}/dev/sda1 100 40 60 40% /")), Some(60));
        assert_eq!(parse(&format!("{head}//nas/my share 100 40 60 40% /mnt/my share")), Some(60));
        assert_eq!(parse(head), None);
        assert_eq!(parse("nonsense\nnonsense"), None);
    }

    #[test]
    fn little_room_is_told_before_there_is_none() {
        let state = |free| judge(free, Path::new("/")).state;
        assert_eq!(state(FAILURE_KIB - 1), State::Fail);
        assert_eq!(state(FAILURE_KIB), State::Warn);
        assert_eq!(state(WARNING_KIB), State::Ok);
        assert!(free_kib(Path::new("/")).is_some());
    }
}
