//! Entries that dropped out of the scope of a breach, because somebody changed their rows: the window is
//! found by its rows. Those that are known to have been changed are held against it by their leaves.

use std::collections::{BTreeMap, BTreeSet};

use crate::gateway::Gateway;
use crate::gateway::beside::as_the_entry_says;
use crate::gateway::error::Result;
use crate::ledger::commitment::Commitment;
use crate::ledger::entry::Entry;
use crate::store::{DisclosureRow, Touched};

impl Gateway {
    /// How many entries that were changed may belong to what a breach touches, and are not among those
    /// that were counted.
    pub(super) async fn dropped_out(
        &self,
        touched: &Touched,
        counted: &BTreeSet<i64>,
    ) -> Result<u64> {
        let known = self.known_to_be_changed(usize::MAX).await?;
        let out = known.difference(counted).copied();
        let places: Vec<i64> = out.filter(|idx| *idx < touched.size).collect();
        let mut tx = self.db().read().await?;
        let rows = tx.disclosures(&places).await?;
        let leaves: BTreeMap<i64, Vec<u8>> = tx.leaves_at(&places).await?.into_iter().collect();
        drop(tx);
        let rows: BTreeMap<i64, DisclosureRow> =
            rows.into_iter().map(|row| (row.idx, row)).collect();
        let may = |idx: &&i64| may_belong(touched, rows.get(*idx), leaves.get(*idx));
        Ok(u64::try_from(places.iter().filter(may).count()).unwrap_or(u64::MAX))
    }
}

/// Whether an entry may belong to what was touched. Which employee it was and which message, only the
/// sealed record tells; where the leaf is gone, nobody knows anything.
fn may_belong(touched: &Touched, row: Option<&DisclosureRow>, leaf: Option<&Vec<u8>>) -> bool {
    let Some(leaf) = leaf else { return true };
    let Ok(entry) = Entry::decode(leaf) else { return true };
    let during = touched.from <= entry.recorded_at && entry.recorded_at < touched.until;
    if entry.subject == Commitment::NOTHING || entry.outcome != 0 || !during {
        return false;
    }
    let Some(said) = row.and_then(|row| as_the_entry_says(row, leaf)) else { return true };
    let parties = [Some(&said.actor_oin), said.sender_oin.as_ref(), said.recipient_oin.as_ref()];
    touched.actor.as_ref().is_none_or(|actor| *actor == said.actor_oin)
        && touched.recipient.as_ref().is_none_or(|one| Some(one) == said.recipient_oin.as_ref())
        && touched.party.as_ref().is_none_or(|party| parties.contains(&Some(party)))
}
