//! What the ledger holds, read from the database and not from the gateway that is measured.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use ketenpoort::domain::event::EventCode;
use ketenpoort::grpc::pb::LedgerReceipt;
use ketenpoort::ledger::entry::Entry;
use ketenpoort::store::{self, Db};

/// Entries that are read at once.
const PAGE: u32 = 10_000;

/// A second, read-only way into a gateway's database.
#[derive(Debug)]
pub(crate) struct LedgerReader(Db);

impl LedgerReader {
    pub(crate) async fn of_sqlite(path: &Path) -> anyhow::Result<Self> {
        Ok(Self(Db::open_sqlite_read_only(path).await?))
    }

    pub(crate) async fn of_postgres(url: &str) -> anyhow::Result<Self> {
        Ok(Self(Db::open_postgres_read_only(url, store::ledger::SCHEMA).await?))
    }

    /// How many entries it has.
    pub(crate) async fn size(&self) -> anyhow::Result<i64> {
        let state = self.0.read().await?.log_state().await?;
        Ok(state.context("there is no ledger")?.size)
    }

    /// Fails unless exactly `expected` entries came after `from`, all about `event` with success.
    pub(crate) async fn require_grown(
        &self,
        from: i64,
        expected: u64,
        event: EventCode,
    ) -> anyhow::Result<()> {
        let mut at = from;
        let mut tx = self.0.read().await?;
        loop {
            let leaves = tx.leaves(at, PAGE).await?;
            let Some(last) = leaves.last() else { break };
            for leaf in &leaves {
                let entry = Entry::decode(&leaf.entry)?;
                let as_expected = entry.event == event.number() && entry.outcome == 0;
                ensure!(as_expected, "entry {} is not one of those acknowledged", leaf.idx);
            }
            at = last.idx + 1;
        }
        let grown = u64::try_from(at - from)?;
        ensure!(grown == expected, "acknowledged {expected} entries, but the ledger has {grown}");
        Ok(())
    }

    /// How many commits signed what came after `from`.
    pub(crate) async fn checkpoints_since(&self, from: i64) -> anyhow::Result<u64> {
        let (mut count, mut above) = (0, from);
        let mut tx = self.0.read().await?;
        loop {
            let page = tx.checkpoints(above, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            count += u64::try_from(page.len())?;
            above = last.size;
        }
    }

    /// How many entries about each event came after `from`.
    pub(crate) async fn events_since(&self, from: i64) -> anyhow::Result<BTreeMap<u16, u64>> {
        let mut events = BTreeMap::new();
        let mut at = from;
        let mut tx = self.0.read().await?;
        loop {
            let leaves = tx.leaves(at, PAGE).await?;
            let Some(last) = leaves.last() else { return Ok(events) };
            for leaf in &leaves {
                *events.entry(Entry::decode(&leaf.entry)?.event).or_default() += 1;
            }
            at = last.idx + 1;
        }
    }

    /// Fails unless the entries in an answer are in the ledger, byte for byte.
    pub(crate) async fn require_entries(&self, entries: &[LedgerReceipt]) -> anyhow::Result<()> {
        let mut tx = self.0.read().await?;
        for entry in entries {
            let stored = tx.leaf(entry.index).await?.context("an acknowledged entry is missing")?;
            ensure!(stored.entry == entry.entry, "entry {} differs from its receipt", entry.index);
        }
        Ok(())
    }
}
