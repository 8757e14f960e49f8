//! The commit of a sweep: what another gateway noted first, or what changed since it was read, is left
//! out; everything that is told stands in the same commit.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::deadline::DeadlineKind;
use crate::domain::id::ReferralId;
use crate::domain::time::Timestamp;
use crate::gateway::notify::leave_notices;
use crate::store::{self, ClocksLookedAt, Command, DeadlineRow, Flow, Placed, Tx};

use super::Missed;
use super::telling::Telling;

/// Something whose moment has come.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) claim: Claim,
    /// What is told of it; nothing when it was met in time.
    pub(super) tellings: Vec<Telling>,
}

/// What one gateway may take.
#[derive(Debug)]
pub(super) enum Claim {
    /// The clocks of a referral, and terms of single people that have a row of their own from now on.
    Clocks(ClocksLookedAt, Vec<DeadlineRow>),
    /// A term.
    Term(DeadlineRow),
}

impl Item {
    fn is_won(
        &self,
        moved: &BTreeSet<ReferralId>,
        noted: &BTreeSet<(DeadlineKind, Vec<u8>)>,
    ) -> bool {
        match &self.claim {
            Claim::Clocks(looked, _) => moved.contains(&looked.referral_id),
            Claim::Term(row) => noted.contains(&(row.kind, row.about.clone())),
        }
    }
}

pub(super) struct Sweep {
    items: Vec<Arc<Item>>,
    now: Timestamp,
    /// Those that this commit got. Set anew each time the command is applied.
    won: Mutex<Vec<Arc<Item>>>,
}

impl Sweep {
    pub(super) fn new(items: Vec<Arc<Item>>, now: Timestamp) -> Self {
        Self { items, now, won: Mutex::default() }
    }

    async fn claim(&self, tx: &mut Tx) -> store::Result<Vec<Arc<Item>>> {
        let (mut clocks, mut terms) = (Vec::new(), Vec::new());
        for item in &self.items {
            match &item.claim {
                Claim::Clocks(looked, _) => clocks.push(looked.clone()),
                Claim::Term(row) => terms.push(row.clone()),
            }
        }
        let moved = tx.move_clocks_on(&clocks).await?.into_iter().collect();
        let noted = tx.escalate_deadlines(&terms, self.now).await?.into_iter().collect();
        let won = self.items.iter().filter(|item| item.is_won(&moved, &noted));
        Ok(won.map(Arc::clone).collect())
    }
}

impl Command for Sweep {
    type Outcome = Vec<Missed>;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<Vec<Missed>>> {
        let won = self.claim(tx).await?;
        if won.is_empty() {
            return Ok(Flow::Stop(Vec::new()));
        }
        let mut entries = Vec::new();
        for item in &won {
            if let Claim::Clocks(_, rows) = &item.claim {
                for row in rows {
                    tx.open_deadline(row).await?;
                }
            }
            entries.extend(item.tellings.iter().flat_map(|one| one.entries.iter().cloned()));
        }
        *self.won.lock().unwrap_or_else(PoisonError::into_inner) = won;
        Ok(Flow::Append(entries))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Vec<Missed>> {
        let corrupt = store::Error::Corrupt { table: "log_state", column: "size" };
        let won = self.won.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Ok(mut next) = i64::try_from(placed.first()) else { return Err(corrupt) };
        let (mut missed, mut changes) = (Vec::new(), Vec::new());
        for telling in won.iter().flat_map(|item| &item.tellings) {
            let responsible = std::slice::from_ref(&telling.responsible);
            let place = (next, telling.case_ref.as_ref());
            leave_notices(tx, responsible, place, &telling.content, self.now).await?;
            tx.insert_missed_deadline(&telling.row(next)).await?;
            if let Some((sender, referral_id)) = &telling.sender {
                changes.push((sender.clone(), next, *referral_id));
            }
            missed.push(telling.missed());
            let Ok(entries) = i64::try_from(telling.entries.len()) else { return Err(corrupt) };
            next += entries;
        }
        tx.insert_changes(&changes).await?;
        Ok(missed)
    }
}
