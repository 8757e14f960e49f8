//! How many calls each organisation makes, how many of them are refused or fail, and with which client.
//!
//! Counted in memory, so that no call waits for it or fails of it; added to what other gateways counted
//! every minute and when the gateway stops. What was counted since is lost when it dies.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::id::Oin;
use crate::domain::time::{Date, Timestamp};
use crate::store::{self, Command, Flow, OrganisationCallsRow, Placed, Tx};

use super::Gateway;
use super::error::{Error, Result};

/// Most characters of what a client calls itself.
pub const CLIENT_MAX: usize = 100;
/// Days of which calls are told, today included.
const DAYS_TOLD: u32 = 7;
/// Days for which calls are kept: as long as somebody may ask when an organisation was last seen.
const DAYS_KEPT: u32 = 92;
const DAY: Duration = Duration::from_hours(24);

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was answered, or the caller left.
    Answered,
    /// The caller asked for something that it does not get.
    Refused,
    /// The gateway did not manage.
    Failed,
}

/// The calls of an organisation in the last seven days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationCalls {
    /// Who called.
    pub oin: Oin,
    /// How many calls.
    pub calls: u64,
    /// Of those, how many were refused.
    pub refused: u64,
    /// Of those, how many failed.
    pub failed: u64,
    /// When it called last; up to 92 days ago.
    pub last_seen_at: Timestamp,
    /// What its client called itself then.
    pub client: String,
    /// Streams that it has open at this gateway.
    pub streams: usize,
}

/// What was counted and is not kept yet.
#[derive(Debug, Default)]
pub(super) struct Traffic(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    rows: BTreeMap<(Oin, Date), OrganisationCallsRow>,
    streams: BTreeMap<Oin, usize>,
}

impl Traffic {
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn add(&mut self, row: OrganisationCallsRow) {
        match self.rows.get_mut(&(row.oin.clone(), row.day)) {
            None => drop(self.rows.insert((row.oin.clone(), row.day), row)),
            Some(sum) => join(sum, row),
        }
    }
}

fn join(sum: &mut OrganisationCallsRow, row: OrganisationCallsRow) {
    sum.calls += row.calls;
    sum.refused += row.refused;
    sum.failed += row.failed;
    if row.last_seen_at >= sum.last_seen_at {
        sum.last_seen_at = row.last_seen_at;
        sum.client = row.client;
    }
}

/// A stream that is open; it is no more when this is dropped.
#[derive(Debug)]
pub struct OpenStream {
    gateway: Gateway,
    oin: Oin,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut counted = self.gateway.traffic().counted();
        let left = counted.streams.get(&self.oin).map_or(0, |open| open.saturating_sub(1));
        if left == 0 {
            counted.streams.remove(&self.oin);
        } else {
            counted.streams.insert(self.oin.clone(), left);
        }
    }
}

impl Gateway {
    /// Counts a call that ended. Who is not in the directory is not counted.
    pub fn count_call(&self, oin: &Oin, client: &str, ended: Ended) {
        if self.directory().organisation(oin).is_none() {
            return;
        }
        let now = self.clock().now();
        self.traffic().counted().add(OrganisationCallsRow {
            oin: oin.clone(),
            day: now.date(),
            calls: 1,
            refused: (ended == Ended::Refused).into(),
            failed: (ended == Ended::Failed).into(),
            last_seen_at: now,
            client: printable(client),
        });
    }

    /// Counts a stream for as long as what this gives is kept.
    pub fn count_stream(&self, oin: &Oin) -> OpenStream {
        *self.traffic().counted().streams.entry(oin.clone()).or_default() += 1;
        OpenStream { gateway: self.clone(), oin: oin.clone() }
    }

    /// Adds what was counted to what is kept. What cannot be kept now is counted on.
    pub async fn keep_calls(&self) -> Result<()> {
        let rows: Vec<_> =
            std::mem::take(&mut self.traffic().counted().rows).into_values().collect();
        if rows.is_empty() {
            return Ok(());
        }
        let oldest = days_ago(self.clock().now(), DAYS_KEPT);
        let keeping = KeepCalls { rows, oldest };
        let Err(error) = self.writer().commit(keeping.clone()).await else { return Ok(()) };
        let error = Error::from(error);
        // It may have been kept, and what is counted twice is worse than what is not counted.
        if !matches!(error, Error::OutcomeUnknown) {
            let mut counted = self.traffic().counted();
            for row in keeping.rows {
                counted.add(row);
            }
        }
        Err(error)
    }

    /// Keeps what was counted, again and again.
    pub async fn watch_calls(self, every: Duration, stopped: impl Future<Output = ()> + Send) {
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                () = &mut stopped => return,
                () = tokio::time::sleep(every) => {}
            }
            if let Err(error) = self.keep_calls().await {
                tracing::warn!(event = "calls.not_kept", %error);
            }
        }
    }

    /// The calls of every organisation: those that are kept, and those that this gateway counted since.
    pub(super) async fn organisation_calls(&self, tx: &mut Tx) -> Result<Vec<OrganisationCalls>> {
        let kept = tx.organisation_calls().await?;
        let first = days_ago(self.clock().now(), DAYS_TOLD - 1);
        let counted = self.traffic().counted();
        let mut told = BTreeMap::new();
        for row in kept.iter().chain(counted.rows.values()) {
            tell(&mut told, row, first);
        }
        for (oin, streams) in &counted.streams {
            if let Some(one) = told.get_mut(oin) {
                one.streams = *streams;
            }
        }
        Ok(told.into_values().collect())
    }
}

fn tell(told: &mut BTreeMap<Oin, OrganisationCalls>, row: &OrganisationCallsRow, first: Date) {
    let one = told.entry(row.oin.clone()).or_insert_with(|| OrganisationCalls {
        oin: row.oin.clone(),
        calls: 0,
        refused: 0,
        failed: 0,
        last_seen_at: row.last_seen_at,
        client: row.client.clone(),
        streams: 0,
    });
    if row.last_seen_at >= one.last_seen_at {
        one.last_seen_at = row.last_seen_at;
        one.client.clone_from(&row.client);
    }
    if row.day >= first {
        let number = |of: i64| u64::try_from(of).unwrap_or_default();
        one.calls += number(row.calls);
        one.refused += number(row.refused);
        one.failed += number(row.failed);
    }
}

fn days_ago(now: Timestamp, days: u32) -> Date {
    // Noon: a day more or less stays a day also when the clocks change.
    now.date().start().plus(DAY / 2).minus(DAY * days).date()
}

/// What a client calls itself, as far as it may stand on a page.
fn printable(client: &str) -> String {
    client.chars().filter(|one| one.is_ascii_graphic() || *one == ' ').take(CLIENT_MAX).collect()
}

#[derive(Clone)]
struct KeepCalls {
    rows: Vec<OrganisationCallsRow>,
    /// What is older is forgotten.
    oldest: Date,
}

impl Command for KeepCalls {
    type Outcome = ();

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<()>> {
        for row in &self.rows {
            tx.add_calls(row).await?;
        }
        tx.forget_calls(self.oldest).await?;
        Ok(Flow::Append(Vec::new()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_calls_itself_is_short_and_printable() {
        assert_eq!(printable("grpc-go/1.70 (linux)\n\u{1b}[31m\u{e9}"), "grpc-go/1.70 (linux)[31m");
        assert_eq!(printable(&"x".repeat(300)).len(), CLIENT_MAX);
    }

    #[test]
    fn a_day_is_a_day_when_the_clocks_change() {
        let now: Timestamp = "2026-10-26T11:00:00Z".parse().unwrap();
        let days: Vec<_> = (0..3).map(|days| days_ago(now, days).to_string()).collect();
        assert_eq!(days, ["2026-10-26", "2026-10-25", "2026-10-24"]);
    }
}
