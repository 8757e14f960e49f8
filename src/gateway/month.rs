//! The last thirty days in counts: how much was disclosed or denied, what became of it, day by day, and
//! how much of it somebody looked into; and what is late or wrong today. Counts of entries that the
//! officer may see, and no entry.

use std::time::Duration;

use crate::domain::event::{Disposition, EventCode};
use crate::domain::lines::{Filter, Tally, of_day};
use crate::domain::look::Look;
use crate::domain::time::Timestamp;
pub use crate::store::UndeliveredRow;

use super::Gateway;
use super::call::Call;
use super::directory::{DirectoryNews, news};
use super::disclosures::{may_look_now, visible_to};
use super::error::Result;
use super::own_looks::OwnCheck;
use super::search::Sought;

mod coverage;

pub use coverage::{Coverage, Covered};

/// Most late referrals that are told.
pub const UNDELIVERED_MAX: u32 = 200;
/// How far back.
const LATELY: Duration = Duration::from_hours(30 * 24);

/// The last thirty days.
#[derive(Debug)]
pub struct Month {
    /// From when.
    pub from: Timestamp,
    /// Counts of the entries in which data went or was denied.
    pub tally: Tally,
    /// Size of the ledger that was counted.
    pub tree_size: i64,
    /// How much of it is explained, and how much was reviewed.
    pub coverage: Coverage,
    /// Referrals to or from the organisation that nobody took over in time, at most
    /// [`UNDELIVERED_MAX`].
    pub undelivered: Vec<UndeliveredRow>,
    /// Entries of the ledger that are known to have been changed in the database (A9), whatever was said
    /// about them, up to [`CHANGED_MAX`](super::integrity::CHANGED_MAX). Everybody's, because the ledger is.
    pub changed: u64,
    /// Questions of or to the organisation that wait in time, and those that are late.
    pub questions: (u64, u64),
    /// What changed in who takes part and by which rules.
    pub news: DirectoryNews,
    /// When the officer last asked to verify the ledger.
    pub own_check: Option<OwnCheck>,
}

impl Month {
    /// Entries that a rule explains: given or denied by the policy pack, condition by condition.
    pub fn explained(&self) -> u64 {
        self.of(Disposition::Allowed)
            + self.of(Disposition::Narrowed)
            + self.of(Disposition::Refused)
    }

    /// Entries of one disposition.
    pub fn of(&self, disposition: Disposition) -> u64 {
        self.tally.days.values().map(|day| of_day(day, disposition)).sum()
    }
}

impl Gateway {
    /// Counts the last thirty days. That somebody looked is in the ledger first.
    pub async fn month(&self, call: &Call, purpose: i32) -> Result<Month> {
        self.require_officer(call).await?;
        let purpose = may_look_now(purpose)?;
        self.log_look(call, b"month", (Look::Overview, purpose)).await?;
        let from = call.now().minus(LATELY).date().start();
        let filter = Filter {
            party: visible_to(call),
            from: Some(from),
            events: EventCode::disclosing(),
            ..Filter::default()
        };
        let state = self.db().read().await?.log_state().await?;
        let tree_size = state.map_or(0, |state| state.size);
        let sought = Sought { filter: filter.clone(), ..Sought::default() };
        let found = self.find_entries(&sought, tree_size, (None, 1)).await?;
        let first = found.page.first().copied().unwrap_or(tree_size);
        let coverage = self.coverage(&filter, &found.tally, (first, tree_size)).await?;
        let mut tx = self.db().read().await?;
        let (party, now) = (visible_to(call), call.now());
        let undelivered = tx.undelivered(party.as_ref(), now, UNDELIVERED_MAX).await?;
        let news = news(&mut tx, from).await?;
        drop(tx);
        let own_check = self.own_check(call).await?;
        let changed = self.changed_entries().await?;
        let questions = self.waiting_questions(party.as_ref(), now).await?;
        let tally = found.tally;
        Ok(Month {
            from,
            tally,
            tree_size,
            coverage,
            undelivered,
            changed,
            questions,
            news,
            own_check,
        })
    }
}
