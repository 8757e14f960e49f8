//! The commit of an examination: how far it came, what was counted, the signals that are new and those
//! that grew. One entry of the ledger tells of each new one.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::domain::calendar::days_before;
use crate::domain::event::EventCode;
use crate::domain::id::{SignalId, SuppressionId};
use crate::domain::signal::{ENTRIES_MAX, SignalRule, SignalState};
use crate::domain::time::Date;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Happening, Matter, Scope, new_group};
use crate::gateway::{Call, Gateway};
use crate::ledger::entry::Administration;
use crate::store::{
    self, Command, Counted, DisclosureRow, Flow, NetworkRow, NewEntry, Placed, SignalRow,
    SuppressionRow, Tx,
};
use crate::vault::random;

use super::counting::Count;
use super::examine::Examination;
use super::found::Found;

/// What was counted that is forgotten in one commit.
const FORGET_MAX: u32 = 512;
/// Days for which it is kept what was counted: an entry may be a little older than the one before.
const SEEN_DAYS: u16 = 3;

/// Everything that one examination keeps.
#[derive(Debug, Default)]
pub(super) struct Batch {
    from: i64,
    to: i64,
    /// Whether there was more than fits.
    pub(super) more: bool,
    /// Certificates on networks that were looked at.
    pub(super) arrivals: Vec<NetworkRow>,
    counts: Vec<(Counted, Count)>,
    forget: Option<Date>,
    hits: Vec<SuppressionId>,
    raised: Vec<(SignalRow, BTreeSet<i64>)>,
    entries: Vec<NewEntry>,
    grown: Vec<(SignalRow, BTreeSet<i64>)>,
}

impl Examination<'_> {
    /// Turns what was found into signals.
    pub(super) async fn raise(
        mut self,
        call: &Call,
        (from, to): (i64, i64),
        last: Option<&DisclosureRow>,
    ) -> Result<Batch> {
        let forget = last.map(|row| days_before(row.recorded_at.date(), SEEN_DAYS));
        let mut batch = Batch { from, to, forget, ..Batch::default() };
        for found in std::mem::take(&mut self.findings).into_iter() {
            self.signal(call, found, &mut batch).await?;
        }
        batch.counts = self.counts.into_iter().collect();
        Ok(batch)
    }

    /// A new signal, a part of one that is open, or nothing.
    async fn signal(&mut self, call: &Call, mut found: Found, batch: &mut Batch) -> Result<()> {
        let newest = self.tx.newest_signal(&found.about()).await?;
        // What is about no entry of the ledger was looked at once, so all of it is new.
        if let Some(newest) = newest.as_ref().filter(|_| !found.entries.is_empty()) {
            let known = self.tx.signal_entries(newest.signal_id, ENTRIES_MAX).await?;
            found.entries.retain(|idx| known.binary_search(idx).is_err());
            // All of it was shown to an officer before.
            if found.entries.is_empty() {
                return Ok(());
            }
        }
        let of = (found.rule, &found.oin);
        let silent = self.tx.suppressions_in_force(of, call.now()).await?;
        if let Some(silent) = silent.iter().find(|one| is_about(one, &found)) {
            batch.hits.push(silent.suppression_id);
            return Ok(());
        }
        if let Some(open) = newest.filter(|newest| newest.state == SignalState::Open) {
            batch.grown.push(grown(open, found)?);
            return Ok(());
        }
        let row = self.new_row(call, &found)?;
        let event = (EventCode::SignalRaised, found.rule.as_str());
        batch.entries.push(self.gateway.signal_entry(call, event, &row)?);
        batch.raised.push((row, first_of(found.entries)));
        Ok(())
    }

    fn new_row(&self, call: &Call, found: &Found) -> Result<SignalRow> {
        Ok(SignalRow {
            signal_id: SignalId::new(random::uuid_v7(call.now()).map_err(Error::internal)?),
            rule: found.rule,
            pack: self.directory.policy.version.clone(),
            version: 1,
            state: SignalState::Open,
            oin: found.oin.clone(),
            other_oin: found.other.clone(),
            about: found.about.clone(),
            user_id: found.user.clone(),
            case_ref: found.case_ref.clone(),
            subject: found.subject,
            score: i64::from(found.finding.score),
            factors: serde_json::to_string(&found.finding.factors).map_err(Error::internal)?,
            entry_count: count(&found.entries)?,
            first_at: found.first_at,
            last_at: found.last_at,
            found_at: call.now(),
            idx: 0,
            closed_at: None,
            incident_id: None,
        })
    }
}

impl Gateway {
    /// The entry about a signal: about nobody, because whom it concerns stands in the entries it points at.
    pub(super) fn signal_entry(
        &self,
        call: &Call,
        (event, note): (EventCode, &str),
        row: &SignalRow,
    ) -> Result<NewEntry> {
        let key = self.keys().keyring().idempotency_key();
        let document = format!("{} {} {}", row.score, row.entry_count, row.factors);
        let administration = Administration {
            scope: Scope::Signal.number(),
            count: u64::try_from(row.entry_count).map_err(Error::internal)?,
            digest: key.body_digest("signal", document.as_bytes()),
        };
        let happening = Happening {
            detail: note.to_owned(),
            message_id: Some(Uuid::from_bytes(*row.signal_id.as_bytes())),
            ..Happening::new(
                event,
                new_group(call)?,
                Scope::Signal.object(),
                Matter::Administration(administration),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }
}

fn is_about(suppression: &SuppressionRow, found: &Found) -> bool {
    let same_user = suppression.user_id.is_some() && suppression.user_id == found.user;
    let same_case = suppression.case_ref.is_some() && suppression.case_ref == found.case_ref;
    same_user || same_case
}

/// An open signal with what is new of it.
fn grown(open: SignalRow, found: Found) -> Result<(SignalRow, BTreeSet<i64>)> {
    let room = i64::from(ENTRIES_MAX).saturating_sub(open.entry_count).max(0);
    let (mut score, mut factors) = (
        i64::from(found.finding.score),
        serde_json::to_string(&found.finding.factors).map_err(Error::internal)?,
    );
    // The networks of this signal are among those that speak against the next one.
    if open.rule == SignalRule::NewNetwork && score < open.score {
        (score, factors) = (open.score, open.factors.clone());
    }
    let row = SignalRow {
        version: open.version + 1,
        score,
        factors,
        entry_count: open.entry_count + count(&found.entries)?,
        first_at: open.first_at.min(found.first_at),
        last_at: open.last_at.max(found.last_at),
        other_oin: open.other_oin.clone().filter(|_| open.other_oin == found.other),
        ..open
    };
    let room = usize::try_from(room).map_err(Error::internal)?;
    Ok((row, found.entries.into_iter().take(room).collect()))
}

fn first_of(entries: BTreeSet<i64>) -> BTreeSet<i64> {
    entries.into_iter().take(usize::try_from(ENTRIES_MAX).unwrap_or(usize::MAX)).collect()
}

fn count(entries: &BTreeSet<i64>) -> Result<i64> {
    i64::try_from(entries.len()).map_err(Error::internal)
}

impl Batch {
    /// The rules of the new signals.
    pub(super) fn raised_rules(&self) -> impl Iterator<Item = SignalRule> {
        self.raised.iter().map(|(row, _)| row.rule)
    }

    /// Whether there is anything to keep, besides how far the examination came.
    pub(super) fn found_nothing(&self) -> bool {
        self.raised.is_empty() && self.grown.is_empty()
    }

    async fn count(&self, tx: &mut Tx) -> store::Result<()> {
        for (of, count) in &self.counts {
            tx.set_activity(of, count.number(), count.role()).await?;
            for (what, idx) in &count.new {
                tx.note_counted(of, (what, *idx)).await?;
            }
        }
        if let Some(before) = self.forget {
            tx.forget_counted(before, FORGET_MAX).await?;
        }
        for id in &self.hits {
            tx.hit_suppression(*id).await?;
        }
        Ok(())
    }
}

impl Command for Batch {
    /// Whether nobody else examined meanwhile.
    type Outcome = bool;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<bool>> {
        if !tx.move_signal_progress(self.from, self.to).await? {
            return Ok(Flow::Stop(false));
        }
        for arrival in &self.arrivals {
            if !tx.end_new_network(arrival).await? {
                return Ok(Flow::Stop(false));
            }
        }
        self.count(tx).await?;
        for (row, entries) in &self.grown {
            tx.update_signal(row).await?;
            for idx in entries {
                tx.add_signal_entry(row.signal_id, *idx).await?;
            }
        }
        Ok(Flow::Append(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<bool> {
        let corrupt = || store::Error::Corrupt { table: "log_state", column: "size" };
        let first = i64::try_from(placed.first()).map_err(|_too_large| corrupt())?;
        for (idx, (row, entries)) in (first..).zip(&self.raised) {
            tx.insert_signal(&SignalRow { idx, ..row.clone() }).await?;
            tx.tally_signal(&row.oin, (row.rule, row.state), 1).await?;
            for idx in entries {
                tx.add_signal_entry(row.signal_id, *idx).await?;
            }
        }
        Ok(true)
    }
}
