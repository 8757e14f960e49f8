//! Entries taken at random, each held against the newest checkpoint.

use std::collections::BTreeMap;

use crate::domain::look::Look;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::disclosures::visible_to;
use crate::gateway::error::{Error, Result};
use crate::ledger::hash::Hash;
use crate::ledger::tlog_proof::TlogProof;
use crate::store::{DisclosureRow, Search, Tx};
use crate::vault::random;

/// Entries in a sample.
pub const SAMPLE: usize = 100;
/// How often one is looked for: who has few entries among many gets a smaller sample.
const TRIES: usize = 200;
/// Entries that are looked at to find one.
const WINDOW: i64 = 1_000;

/// What was found.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Size of the checkpoint that the entries were held against.
    pub size: u64,
    /// In the order of the ledger.
    pub entries: Vec<Sampled>,
}

/// An entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampled {
    /// Where it stands.
    pub index: i64,
    /// Number of its event.
    pub event_code: i64,
    /// When.
    pub recorded_at: Timestamp,
    /// Whether its bytes lead to the root that was signed.
    pub holds: bool,
}

impl Gateway {
    /// Takes entries at random from those that the officer may see, and verifies each.
    pub async fn verify_sample(&self, call: &Call, purpose: i32) -> Result<Sample> {
        self.officer_looks(call, purpose, (Look::Verification, &[])).await?;
        let mut tx = self.db().read().await?;
        let newest = tx.latest_checkpoint().await?.ok_or_else(Error::hidden)?;
        let party = visible_to(call);
        let search = Search { party, size: newest.size, ..Search::default() };
        let drawn = drawn(&mut tx, &search).await?;
        drop(tx);
        let size = u64::try_from(newest.size).map_err(Error::internal)?;
        let mut entries = Vec::with_capacity(drawn.len());
        for row in drawn.into_values() {
            entries.push(Sampled {
                index: row.idx,
                event_code: row.event_code,
                recorded_at: row.recorded_at,
                holds: self.entry_holds(row.idx, size).await?,
            });
        }
        Ok(Sample { size, entries })
    }

    /// Whether the bytes of an entry lead to the root of a checkpoint.
    async fn entry_holds(&self, idx: i64, size: u64) -> Result<bool> {
        let index = u64::try_from(idx).map_err(Error::internal)?;
        let proven = self.proven(index, Some(size)).await?;
        let Some(entry) = proven.entry else { return Ok(false) };
        let proof = proven.tlog_proof.and_then(|text| text.parse::<TlogProof>().ok());
        let key = self.ledger_verifier();
        let keys = std::slice::from_ref(key);
        Ok(proof.is_some_and(|proof| proof.verify(Hash::leaf(&entry), keys, key.name()).is_ok()))
    }
}

/// Entries by their place. Each place is as likely to be tried as another.
pub(super) async fn drawn(tx: &mut Tx, search: &Search) -> Result<BTreeMap<i64, DisclosureRow>> {
    let mut found = BTreeMap::new();
    for _ in 0..TRIES {
        if found.len() >= SAMPLE || search.size == 0 {
            break;
        }
        let start = place_below(search.size)?;
        let end = search.size.min(start.saturating_add(WINDOW));
        let near = Search { after: Some(start - 1), size: end, ..search.clone() };
        if let Some(row) = tx.search(&near, 1).await?.into_iter().next() {
            found.insert(row.idx, row);
        }
    }
    Ok(found)
}

/// A place of the ledger at random. The remainder favours none noticeably: a ledger is far below 2^63.
fn place_below(size: i64) -> Result<i64> {
    let bytes: [u8; 8] = random::random_bytes().map_err(Error::internal)?;
    Ok(i64::from_be_bytes(bytes).checked_rem_euclid(size).unwrap_or_default())
}
