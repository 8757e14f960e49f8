//! Fault experiments: the real binary under load, hit by kills, power cuts and a failing disk.
//!
//! Eight clients send a mix of requests, each keeping a journal outside the server, synced before
//! every send and after every answer. After a fault they send the same requests until these are
//! answered. Then an oracle compares journals and store: nothing acknowledged is lost, nothing is
//! there twice, nothing is in the ledger that nobody asked for. Every experiment counts its faults
//! and has a control that must fail.
//!
//! Short by default; long with `KETENPOORT_LONG=1`. `KETENPOORT_SEED` repeats the choices of a run.
#![cfg(test)]

#[path = "faults/ask.rs"]
mod ask;
#[path = "faults/bad_disk.rs"]
mod bad_disk;
#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/journal.rs"]
mod journal;
#[path = "faults/load.rs"]
mod load;
#[path = "faults/messages.rs"]
mod messages;
#[path = "faults/oracle.rs"]
mod oracle;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "faults/powercut.rs"]
mod powercut;
#[path = "faults/random.rs"]
mod random;
#[path = "faults/run.rs"]
mod run;
#[path = "support/server.rs"]
mod server;
#[path = "faults/sigkill.rs"]
mod sigkill;

/// Experiments share two cores and measure time: one after the other.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The SQLite database of an installation.
const DATABASE: &str = "sqlite:ketenpoort.sqlite";
