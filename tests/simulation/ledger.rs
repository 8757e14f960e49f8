//! The ledger as an outsider sees it: what came since the last look, and whether all of it is right.

use std::collections::{BTreeMap, BTreeSet};

use ketenpoort::domain::basis::Basis;
use ketenpoort::domain::consent::State as ConsentState;
use ketenpoort::domain::event::Outcome;
use ketenpoort::ledger::audit::{AuditCodes, ConsentAudit};
use ketenpoort::ledger::entry::Entry;
use ketenpoort::ledger::hash::Hash;
use ketenpoort::ledger::note::Verifier;
use ketenpoort::ledger::verify::{LogVerifier, Signatory, State};
use ketenpoort::store::{Db, Search, Tx};

use super::model::Kind;

const PAGE: u32 = 10_000;

/// Reads along.
#[derive(Debug)]
pub(crate) struct Watch {
    db: Db,
    read: i64,
    counts: BTreeMap<Kind, u32>,
}

impl Watch {
    pub(crate) const fn new(db: Db) -> Self {
        Self { db, read: 0, counts: BTreeMap::new() }
    }

    /// How many entries of each kind there are now.
    pub(crate) async fn look(&mut self) -> Result<&BTreeMap<Kind, u32>, String> {
        let mut tx = self.db.read().await.map_err(text)?;
        for leaf in tx.leaves(self.read, PAGE).await.map_err(text)? {
            if leaf.idx != self.read {
                return Err(format!("entry {} is missing", self.read));
            }
            let entry = Entry::decode(&leaf.entry).map_err(text)?;
            *self.counts.entry((entry.event, entry.outcome)).or_default() += 1;
            self.read += 1;
        }
        Ok(&self.counts)
    }

    /// Everything is as it was signed, every entry is the only one about its event and subject, and
    /// no disclosure relied on a consent that did not allow it.
    pub(crate) async fn check(&self, verifier: &Verifier) -> Result<(), String> {
        let mut tx = self.db.read().await.map_err(text)?;
        let leaves = self.verify(&mut tx, verifier).await?;
        check_rows(&mut tx, &leaves).await?;
        audit(&leaves)
    }

    /// Whether a disclosure relied on a consent that did not allow it.
    pub(crate) async fn audit(&self) -> Result<(), String> {
        let mut tx = self.db.read().await.map_err(text)?;
        let leaves = tx.leaves(0, PAGE).await.map_err(text)?;
        let entries = leaves.iter().map(|leaf| Entry::decode(&leaf.entry).map_err(text));
        audit(&entries.collect::<Result<Vec<_>, _>>()?)
    }

    async fn verify(&self, tx: &mut Tx, verifier: &Verifier) -> Result<Vec<Entry>, String> {
        let state = tx.log_state().await.map_err(text)?.ok_or("no state")?;
        let state = State {
            size: u64::try_from(state.size).map_err(text)?,
            root: Hash::from_slice(&state.root).ok_or("no root")?,
            frontier: state.frontier,
        };
        let origin = verifier.name().clone();
        let mut log = LogVerifier::new(Signatory::new(origin, vec![verifier.clone()]), state);
        let mut checkpoints = tx.checkpoints(0, PAGE).await.map_err(text)?.into_iter().peekable();
        let mut tiles = tx.tiles(0, 0, PAGE).await.map_err(text)?.into_iter().peekable();
        let mut entries = Vec::new();
        for (index, leaf) in (0..).zip(tx.leaves(0, PAGE).await.map_err(text)?) {
            entries.extend(log.entry(index, &leaf.entry));
            if let Some(tile) = tiles.next_if(|tile| (tile.idx + 1) * 256 == leaf.idx + 1) {
                let root = Hash::from_slice(&tile.root).ok_or("no root of a tile")?;
                log.tile(0, u64::try_from(tile.idx).map_err(text)?, &tile.hashes, root);
            }
            if let Some(row) = checkpoints.next_if(|row| row.size == leaf.idx + 1) {
                log.checkpoint(index + 1, &row.note);
            }
        }
        if tiles.next().is_some() || checkpoints.next().is_some() {
            return Err("tiles or checkpoints beyond the end".to_owned());
        }
        let report = log.finish();
        if report.findings_total > 0 {
            return Err(format!("the ledger does not verify: {:?}", report.findings));
        }
        Ok(entries)
    }
}

/// One row beside each entry; within an act, one entry per event and subject.
async fn check_rows(tx: &mut Tx, leaves: &[Entry]) -> Result<(), String> {
    let search = Search { size: i64::MAX, ..Search::default() };
    let rows = tx.search(&search, PAGE).await.map_err(text)?;
    if rows.len() != leaves.len() {
        return Err(format!("{} rows beside {} entries", rows.len(), leaves.len()));
    }
    let mut seen = BTreeSet::new();
    for (row, entry) in rows.iter().zip(leaves) {
        if row.event_id != entry.event_id || row.group_id != entry.group_id {
            return Err(format!("row {} is not of its entry", row.idx));
        }
        let Some(subject) = row.subject else { continue };
        if !seen.insert((row.group_id, row.event_code, subject)) {
            return Err(format!("entry {}: the same event and subject twice", row.idx));
        }
    }
    Ok(())
}

/// From the ledger alone: nothing relied on a consent that was withdrawn, over, or never there.
fn audit(leaves: &[Entry]) -> Result<(), String> {
    let mut audit = ConsentAudit::new(codes());
    for (index, entry) in (0..).zip(leaves) {
        audit.entry(index, entry);
    }
    let report = audit.finish();
    if report.findings_total == 0 { Ok(()) } else { Err(format!("audit: {:?}", report.findings)) }
}

fn codes() -> AuditCodes {
    AuditCodes {
        outcome_success: Outcome::Success.severity(),
        basis_consent: u8::try_from(Basis::Consent.number()).unwrap(),
        state_active: u8::try_from(ConsentState::Active.number()).unwrap(),
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
