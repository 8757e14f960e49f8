//! What a client knows, on disk before it goes on: the oracle that no fault of the server can touch.
//!
//! One file per client, one line per step:
//!
//! ```text
//! sending <call> <what>
//! failed  <call> <what>
//! acked   <call> <what> <SHA-256 of the answer> <index>,… <thing>,…
//! ```
//!
//! `<call>` is the request id where there is one.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::ask::{Answer, What};

/// A file to which lines are added, durably.
pub(crate) struct Journal(File);

impl Journal {
    pub(crate) fn create(path: &Path) -> Self {
        Self(File::options().append(true).create_new(true).open(path).unwrap())
    }

    pub(crate) fn sending(&mut self, call: &str, what: What) {
        self.write(&format!("sending {call} {}", what.name()));
    }

    /// The call failed: it may or may not have been done.
    pub(crate) fn failed(&mut self, call: &str, what: What) {
        self.write(&format!("failed {call} {}", what.name()));
    }

    pub(crate) fn acked(&mut self, call: &str, what: What, answer: &Answer) {
        let indexes: Vec<String> = answer.indexes.iter().map(ToString::to_string).collect();
        let digest = hex::encode(digest(&answer.bytes));
        let (indexes, things) = (list(&indexes), list(&answer.things));
        self.write(&format!("acked {call} {} {digest} {indexes} {things}", what.name()));
    }

    /// Returns when the line is on disk.
    fn write(&mut self, line: &str) {
        self.0.write_all(format!("{line}\n").as_bytes()).unwrap();
        self.0.sync_data().unwrap();
    }
}

/// What is compared when an answer comes again.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn list(words: &[String]) -> String {
    if words.is_empty() { "-".to_owned() } else { words.join(",") }
}

/// What a client was told about one call.
#[derive(Debug, Clone)]
pub(crate) struct Acked {
    pub(crate) call: String,
    pub(crate) what: What,
    pub(crate) indexes: Vec<u64>,
    pub(crate) things: Vec<String>,
}

/// The journals of all clients, read back from their files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journals {
    /// How far each file was read.
    read: BTreeMap<PathBuf, usize>,
    /// Calls that were sent and not answered.
    pub(crate) open: BTreeMap<String, What>,
    /// Answers, in the order of each client.
    pub(crate) acked: Vec<Acked>,
    /// Attempts that failed.
    pub(crate) failed: usize,
    /// Answers to calls that were never sent.
    pub(crate) unsent: Vec<Acked>,
}

impl Journals {
    /// Reads what the clients wrote since the last time.
    pub(crate) fn read_on(&mut self, directory: &Path) {
        let files = std::fs::read_dir(directory).unwrap();
        for path in files.map(|entry| entry.unwrap().path()) {
            let from = self.read.get(&path).copied().unwrap_or(0);
            let mut file = File::open(&path).unwrap();
            file.seek(SeekFrom::Start(u64::try_from(from).unwrap())).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            // A line without an end is being written: its client has not gone on yet.
            let end = text.rfind('\n').map_or(0, |end| end + 1);
            text.split_at(end).0.lines().for_each(|line| self.add(line));
            self.read.insert(path, from + end);
        }
    }

    /// Takes in one line.
    pub(crate) fn add(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let call = words[1].to_owned();
        let what = What::ALL.into_iter().find(|what| what.name() == words[2]).unwrap();
        match words[0] {
            "sending" => drop(self.open.insert(call, what)),
            "failed" => self.failed += 1,
            "acked" => {
                let was_open = self.open.remove(&call).is_some();
                let indexes = parts(words[4]).map(|index| index.parse().unwrap()).collect();
                let things = parts(words[5]).map(str::to_owned).collect();
                let acked = Acked { call, what, indexes, things };
                if was_open { &mut self.acked } else { &mut self.unsent }.push(acked);
            }
            other => panic!("a journal has no line {other}"),
        }
    }
}

fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|part| *part != "-")
}
