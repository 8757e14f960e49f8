//! What an organisation gave and got in a period, counted from the entries that its officers can open one by
//! one. So nothing is left out, other than in what is published for others.

use crate::domain::event::EventCode;
use crate::domain::lines::{Filter, Tally};
use crate::domain::statistics::Period;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::disclosures::visible_to;
use crate::gateway::error::Result;
use crate::gateway::search::Sought;

/// Figures of an organisation; for the office of the region: of all.
#[derive(Debug, Clone)]
pub struct OwnFigures {
    /// Of when.
    pub period: Period,
    /// Entries in which data went or was denied.
    pub tally: Tally,
}

impl Gateway {
    /// The figures of a period; of the running quarter when none is named. Part of the look at reports.
    pub(super) async fn own_figures(
        &self,
        call: &Call,
        wanted: Option<Period>,
    ) -> Result<OwnFigures> {
        let period = wanted.unwrap_or_else(|| Period::running(call.now()));
        let (from, until) = period.bounds();
        let filter = Filter {
            party: visible_to(call),
            from: Some(from),
            until: Some(until),
            events: EventCode::disclosing(),
            ..Filter::default()
        };
        let size = self.db().read().await?.log_state().await?.map_or(0, |state| state.size);
        let sought = Sought { filter, ..Sought::default() };
        let tally = self.find_entries(&sought, size, (None, 0)).await?.tally;
        Ok(OwnFigures { period, tally })
    }
}
