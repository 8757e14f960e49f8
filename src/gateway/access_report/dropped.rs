//! Entries about a person that dropped out of the report, because somebody changed their rows: the lines are
//! found by their rows.
//!
//! Whom an entry is about stands in its leaf as a commitment, which only the key of that person opens: held
//! against that, nobody is taken for somebody else. Held against it are all entries of the case of the
//! request, and all that the watch over the ledger ever found to be changed.
//!
//! Limit: an entry of which the case was changed as well, or that is of no case or another one (a referral
//! comes before its case), is missed until the watch has come to its tile.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::Pseudonym;
use crate::gateway::Gateway;
use crate::gateway::beside::as_the_entry_says;
use crate::gateway::disclosures::PAGE_MAX;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::Openings;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::commitment::Field;
use crate::ledger::entry::Entry;
use crate::ledger::note::Note;
use crate::ledger::proof::verify_inclusion;
use crate::store::{DisclosureRow, Search, SubjectRequestRow};
use crate::vault::subject::SubjectKey;

/// Entries that are held against their leaves at once.
const BATCH: usize = 256;

/// What dropped out.
#[derive(Default)]
pub(super) struct Dropped {
    /// Rows about the person, with what their leaves say, and those leaves.
    pub(super) rows: Vec<DisclosureRow>,
    pub(super) leaves: BTreeMap<i64, Vec<u8>>,
    /// Entries about the person beside which there is no row any more.
    pub(super) without_row: Vec<(i64, Entry)>,
    /// There are entries of which nobody knows whom they are about.
    pub(super) is_incomplete: bool,
}

impl Gateway {
    /// What is about the person of a request, in a ledger of this size, and is not found by its row.
    pub(super) async fn dropped_out_of_report(
        &self,
        request: &SubjectRequestRow,
        key: &SubjectKey,
        size: i64,
    ) -> Result<Dropped> {
        let person = request.subject;
        let doubted = self.known_to_be_changed(usize::MAX).await?;
        let mut places = self.of_the_case(request, size).await?;
        places.extend(self.once_found_changed().await?.range(..size));
        let places: Vec<i64> = places.into_iter().collect();
        let mut dropped = Dropped::default();
        for places in places.chunks(BATCH) {
            let mut tx = self.db().read().await?;
            let rows = tx.disclosures(places).await?;
            let mut leaves: BTreeMap<i64, Vec<u8>> =
                tx.leaves_at(places).await?.into_iter().collect();
            drop(tx);
            let mut rows: BTreeMap<i64, DisclosureRow> =
                rows.into_iter().map(|row| (row.idx, row)).collect();
            for idx in places.iter().copied() {
                let leaf = leaves.remove(&idx);
                let entry = leaf.as_deref().and_then(|leaf| Entry::decode(leaf).ok());
                match (entry, leaf) {
                    (Some(entry), Some(leaf)) if self.is_about(&entry, (person, key)) => {
                        dropped.add(person, (idx, rows.remove(&idx)), (entry, leaf));
                    }
                    (entry, _) if entry.is_none() || doubted.contains(&idx) => {
                        dropped.is_incomplete |= !self.is_elsewhere(idx, entry.is_some()).await?;
                    }
                    _ => {}
                }
            }
        }
        Ok(dropped)
    }

    /// Entries of the case that are not about the person, as their rows have it.
    async fn of_the_case(&self, of: &SubjectRequestRow, size: i64) -> Result<BTreeSet<i64>> {
        let mut found = BTreeSet::new();
        let mut search = Search { case_ref: Some(of.case_ref.clone()), size, ..Search::default() };
        loop {
            let rows = self.db().read().await?.search(&search, PAGE_MAX).await?;
            let Some(last) = rows.last() else { return Ok(found) };
            search.after = Some(last.idx);
            let others = rows.iter().filter(|row| row.subject != Some(of.subject));
            found.extend(others.map(|row| row.idx));
        }
    }

    fn is_about(&self, entry: &Entry, (person, key): (Pseudonym, &SubjectKey)) -> bool {
        let openings = Openings { gateway: self, subject: Some(key), event_id: entry.event_id };
        entry.subject.opens(Field::Subject, person.as_bytes(), &openings.of(Field::Subject))
    }

    /// Whether an entry that does not say to be about the person really is about somebody else: it is as it
    /// was signed, or it was purged.
    async fn is_elsewhere(&self, idx: i64, is_leaf: bool) -> Result<bool> {
        if !is_leaf {
            let purged = self.db().read().await?.purged_between(idx, idx.saturating_add(1)).await?;
            return Ok(purged.contains(&idx));
        }
        let latest = self.db().read().await?.latest_checkpoint().await?;
        let Some(latest) = latest.filter(|latest| idx < latest.size) else { return Ok(false) };
        let note: Note = latest.note.parse().map_err(Error::internal)?;
        let signed: Checkpoint = note.text().parse().map_err(Error::internal)?;
        let index = u64::try_from(idx).map_err(Error::internal)?;
        // Beside an entry that is gone nothing can be proven.
        let Ok(proven) = self.proven(index, Some(signed.size)).await else { return Ok(false) };
        let Checkpoint { size, root, .. } = signed;
        Ok(verify_inclusion(proven.leaf, index, size, &proven.hashes, root).is_ok())
    }
}

impl Dropped {
    fn add(
        &mut self,
        person: Pseudonym,
        (idx, row): (i64, Option<DisclosureRow>),
        (entry, leaf): (Entry, Vec<u8>),
    ) {
        match row {
            // It is found by its row.
            Some(row) if row.subject == Some(person) => {}
            Some(row) => {
                let said = as_the_entry_says(&row, &leaf).unwrap_or(row);
                self.rows.push(DisclosureRow { subject: Some(person), ..said });
                self.leaves.insert(idx, leaf);
            }
            None => self.without_row.push((idx, entry)),
        }
    }
}
