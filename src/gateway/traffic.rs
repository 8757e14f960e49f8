//! How many calls each organisation makes, how many of them are refused or fail, and with which client.
//!
//! Counted in memory, so that no call waits for it or fails of it; added to what other gateways counted
//! every minute and when the gateway stops. What was counted since is lost when it dies.
//!
//! Who calls is seen when a call begins, so that one whose stream stays open for days was seen now. How the
//! call ended is counted when it ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::id::Oin;
use crate::domain::time::{Date, Timestamp};
use crate::store::{self, CallSums, Command, Flow, OrganisationCallsRow, Placed, Tx};

use super::Gateway;
use super::call::Call;
use super::disclosures::visible_to;
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

/// What is told of the calls of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationCalls {
    /// Who called.
    pub oin: Oin,
    /// When it called last, up to 92 days ago; now, while it has a stream open.
    pub last_seen_at: Timestamp,
    /// None for officers of other organisations: small counts say what somebody did, and the version of a
    /// client says where it is weak.
    pub counts: Option<CallCounts>,
}

/// The calls of an organisation in the last seven days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// How many calls ended.
    pub calls: u64,
    /// Of those, how many were refused.
    pub refused: u64,
    /// Of those, how many failed.
    pub failed: u64,
    /// What the client of the last call called itself.
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
    /// Those that are being kept, until that is known to be done or not.
    keeping: Vec<Arc<Vec<OrganisationCallsRow>>>,
    streams: BTreeMap<Oin, usize>,
}

/// What this gateway counted, as it was at one moment.
pub(super) struct CountedHere {
    rows: Vec<OrganisationCallsRow>,
    keeping: Vec<Arc<Vec<OrganisationCallsRow>>>,
    streams: Vec<(Oin, usize)>,
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
    /// Somebody calls. Who is not in the directory is not counted.
    pub fn see_caller(&self, oin: &Oin, client: &str) {
        self.add_call(oin, client, None);
    }

    /// Counts a call that ended.
    pub fn count_call(&self, oin: &Oin, client: &str, ended: Ended) {
        self.add_call(oin, client, Some(ended));
    }

    fn add_call(&self, oin: &Oin, client: &str, ended: Option<Ended>) {
        if self.directory().organisation(oin).is_none() {
            return;
        }
        let now = self.clock().now();
        let row = OrganisationCallsRow {
            oin: oin.clone(),
            day: now.date(),
            calls: ended.is_some().into(),
            refused: (ended == Some(Ended::Refused)).into(),
            failed: (ended == Some(Ended::Failed)).into(),
            last_seen_at: now,
            client: printable(client),
        };
        self.traffic().counted().add(row);
    }

    /// Counts a stream for as long as what this gives is kept.
    pub fn count_stream(&self, oin: &Oin) -> OpenStream {
        *self.traffic().counted().streams.entry(oin.clone()).or_default() += 1;
        OpenStream { gateway: self.clone(), oin: oin.clone() }
    }

    /// Adds what was counted to what is kept. What cannot be kept now is counted on.
    pub async fn keep_calls(&self) -> Result<()> {
        let rows = {
            let mut counted = self.traffic().counted();
            let rows: Vec<_> = std::mem::take(&mut counted.rows).into_values().collect();
            if rows.is_empty() {
                return Ok(());
            }
            let rows = Arc::new(rows);
            counted.keeping.push(Arc::clone(&rows));
            rows
        };
        let oldest = days_ago(self.clock().now(), DAYS_KEPT);
        let kept = self.writer().commit(KeepCalls { rows: Arc::clone(&rows), oldest }).await;
        let kept = kept.map(drop).map_err(Error::from);
        let mut counted = self.traffic().counted();
        counted.keeping.retain(|other| !Arc::ptr_eq(other, &rows));
        // It may have been kept, and what is counted twice is worse than what is not counted.
        if kept.as_ref().is_err_and(|error| !matches!(error, Error::OutcomeUnknown)) {
            for row in rows.iter() {
                counted.add(row.clone());
            }
        }
        kept
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

    /// What this gateway counted since it kept anything. Taken before what is kept is read: what is being
    /// kept meanwhile is then told twice for a moment, and never left out.
    pub(super) fn counted_here(&self) -> CountedHere {
        let counted = self.traffic().counted();
        CountedHere {
            rows: counted.rows.values().cloned().collect(),
            keeping: counted.keeping.clone(),
            streams: counted.streams.iter().map(|(oin, open)| (oin.clone(), *open)).collect(),
        }
    }

    /// The calls of every organisation: those that are kept, and those that this gateway counted since.
    /// How many they are, and with which client, is for the organisation itself and the office of the region.
    pub(super) async fn organisation_calls(
        &self,
        (call, tx): (&Call, &mut Tx),
        here: CountedHere,
    ) -> Result<Vec<OrganisationCalls>> {
        let now = self.clock().now();
        let first = days_ago(now, DAYS_TOLD - 1);
        let kept = tx.organisation_calls(first).await?;
        let mut told: BTreeMap<Oin, CallSums> =
            kept.into_iter().map(|sums| (sums.oin.clone(), sums)).collect();
        for row in here.keeping.iter().flat_map(|rows| rows.iter()).chain(&here.rows) {
            tell(&mut told, row, first);
        }
        let directory = self.directory();
        let streams: BTreeMap<Oin, usize> = here.streams.into_iter().collect();
        for oin in streams.keys().filter(|oin| directory.organisation(oin).is_some()) {
            told.entry(oin.clone()).or_insert_with(|| nothing(oin, now)).last_seen_at = now;
        }
        let own = visible_to(call);
        let one = |sums: CallSums| OrganisationCalls {
            last_seen_at: sums.last_seen_at,
            counts: own.as_ref().is_none_or(|own| *own == sums.oin).then(|| CallCounts {
                calls: number(sums.calls),
                refused: number(sums.refused),
                failed: number(sums.failed),
                client: sums.client,
                streams: streams.get(&sums.oin).copied().unwrap_or_default(),
            }),
            oin: sums.oin,
        };
        Ok(told.into_values().map(one).collect())
    }
}

fn nothing(oin: &Oin, seen: Timestamp) -> CallSums {
    let (calls, refused, failed, client) = (0, 0, 0, String::new());
    CallSums { oin: oin.clone(), calls, refused, failed, last_seen_at: seen, client }
}

fn tell(told: &mut BTreeMap<Oin, CallSums>, row: &OrganisationCallsRow, first: Date) {
    let one = told.entry(row.oin.clone()).or_insert_with(|| nothing(&row.oin, row.last_seen_at));
    if row.last_seen_at >= one.last_seen_at {
        one.last_seen_at = row.last_seen_at;
        one.client.clone_from(&row.client);
    }
    if row.day >= first {
        one.calls += row.calls;
        one.refused += row.refused;
        one.failed += row.failed;
    }
}

fn number(of: i64) -> u64 {
    u64::try_from(of).unwrap_or_default()
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
    rows: Arc<Vec<OrganisationCallsRow>>,
    /// What is older is forgotten.
    oldest: Date,
}

impl Command for KeepCalls {
    type Outcome = ();

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<()>> {
        for row in self.rows.iter() {
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
