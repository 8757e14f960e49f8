//! What stands around one entry: the rest of its act, what else happened in the case that day, what
//! the same employee did lately, and the entries next to it in a search. Part of the look at the
//! entry, which is in the ledger before.

use std::time::Duration;

use crate::domain::calendar::days_before;
use crate::domain::event::Disposition;
use crate::domain::id::ReviewId;
use crate::domain::organisation::UserRole;
use crate::domain::signal::rules;
use crate::domain::time::{Date, Timestamp};
use crate::store::{Counted, DisclosureRow, LineKey, LineRow, Measure, Tx};

use super::Gateway;
use super::call::Call;
use super::disclosures::{Looked, PageStart, SearchDraft, sees, visible_to};
use super::error::Result;
use super::search::Sought;

/// How far around an entry the case is shown.
const AROUND: Duration = Duration::from_hours(24);
/// Days that an employee is counted over, the day of the entry among them.
const LATELY_DAYS: u16 = 30;
/// Fewer colleagues than this are not compared with: the middle of a few tells who they are.
const COLLEAGUES_MIN: usize = 5;
/// Most entries that are shown of an act, and around an entry.
const SHOWN_MAX: u32 = 50;
/// Most entries of an employee that are counted.
const COUNTED_MAX: u32 = 10_000;

/// What stands around one entry.
#[derive(Debug, Default)]
pub struct Around {
    /// The other entries of the same act, in their order, as far as the caller sees them.
    pub act: Vec<DisclosureRow>,
    /// What else happened in the case within a day before and after, with the entry, in their order.
    pub case: Vec<DisclosureRow>,
    /// What the employee did in the thirty days until the entry.
    pub employee: Lately,
    /// What is usual among those with the same role in the same organisation.
    pub usual: Option<Colleagues>,
    /// The review of the emergency that the act was part of.
    pub review: Option<ReviewId>,
    /// The next newer entry of the search.
    pub newer: Option<i64>,
    /// The next older entry of the search.
    pub older: Option<i64>,
}

/// Those who act in the same role in the same organisation, in the same days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colleagues {
    /// Their role, which is also that of the employee.
    pub role: UserRole,
    /// How many there are beside the employee.
    pub count: usize,
    /// The middle of their numbers of disclosures; none when they are too few.
    pub median: Option<u64>,
}

/// What an employee did in the thirty days until an entry.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Lately {
    /// Entries in which data went or was denied.
    pub disclosures: u64,
    /// Under the emergency procedure.
    pub emergencies: u64,
    /// Denied.
    pub refusals: u64,
    /// Different cases.
    pub cases: usize,
}

impl Gateway {
    /// What stands around an entry that the caller was shown; `within` is the search it was found in.
    pub async fn surroundings(
        &self,
        call: &Call,
        looked: &Looked,
        within: SearchDraft,
    ) -> Result<Around> {
        let entry = &looked.row;
        let mut tx = self.db().read().await?;
        let size = tx.log_state().await?.map_or(0, |state| state.size);
        let act = tx.lines_of(&LineKey::Group(entry.group_id), size, SHOWN_MAX).await?;
        let day = (entry.recorded_at.minus(AROUND), entry.recorded_at.plus(AROUND));
        let case = match &entry.case_ref {
            Some(case_ref) => tx.case_places(case_ref, day, SHOWN_MAX).await?,
            None => Vec::new(),
        };
        let employee = LineKey::Actor(entry.actor_oin.clone(), entry.actor_user_id.clone());
        let employee = tx.lines_of(&employee, entry.idx + 1, COUNTED_MAX).await?;
        let first_day = days_before(entry.recorded_at.date(), LATELY_DAYS - 1);
        let mut act: Vec<i64> = act.into_iter().map(|line| line.idx).collect();
        act.retain(|idx| *idx != entry.idx);
        let act = tx.disclosures(&act).await?;
        let mut case = tx.disclosures(&case).await?;
        case.retain(|row| row.idx == entry.idx || row.group_id != entry.group_id);
        let review = tx.review_of_act(entry.group_id).await?;
        let role = looked.record.as_ref().and_then(|record| record.acting_party().user_role);
        let usual = match role {
            Some(role) => Some(colleagues(&mut tx, (entry, role), first_day).await?),
            None => None,
        };
        drop(tx);
        let seen = |rows: Vec<DisclosureRow>| -> Vec<DisclosureRow> {
            rows.into_iter().filter(|row| sees(call, row)).collect()
        };
        let next = self.next_to(call, (entry.idx, size), within).await?;
        Ok(Around {
            act: seen(act),
            case: seen(case),
            employee: lately(&employee, first_day.start()),
            usual,
            review,
            newer: next.0,
            older: next.1,
        })
    }

    /// The newer and the older neighbour of an entry in a search.
    async fn next_to(
        &self,
        call: &Call,
        (idx, size): (i64, i64),
        within: SearchDraft,
    ) -> Result<(Option<i64>, Option<i64>)> {
        let subject = match within.subject_of {
            None => None,
            Some(index) => Some(self.subject_of(call, index).await?),
        };
        let Ok((sought, _)) = within.parse(visible_to(call), subject) else {
            return Ok((None, None));
        };
        let start = Some(PageStart { after: idx, tree_size: size });
        let newer = Sought { newest_first: false, ..sought.clone() };
        let older = Sought { newest_first: true, ..sought };
        let newer = self.find_entries(&newer, size, (start, 1)).await?;
        let older = self.find_entries(&older, size, (start, 1)).await?;
        Ok((newer.page.first().copied(), older.page.first().copied()))
    }
}

/// What is usual in a role, as far as the entries were examined.
async fn colleagues(
    tx: &mut Tx,
    (entry, role): (&DisclosureRow, UserRole),
    first_day: Date,
) -> Result<Colleagues> {
    let of = Counted {
        measure: Measure::UserDisclosures,
        oin: entry.actor_oin.clone(),
        user: Some(entry.actor_user_id.clone()),
        day: entry.recorded_at.date(),
    };
    let others = tx.activity_in_role(&of, role, first_day).await?;
    let count = others.len();
    let numbers = others.into_iter().filter_map(|number| u64::try_from(number).ok()).collect();
    let median = if count < COLLEAGUES_MIN { None } else { rules::median(numbers) };
    Ok(Colleagues { role, count, median })
}

fn lately(lines: &[LineRow], since: Timestamp) -> Lately {
    let of = |line: &&LineRow| {
        let event = u16::try_from(line.event_code).ok();
        let event = event.and_then(crate::domain::event::EventCode::from_number);
        line.recorded_at >= since && event.is_some_and(crate::domain::event::EventCode::discloses)
    };
    let mut counted = Lately::default();
    let mut cases = std::collections::BTreeSet::new();
    for line in lines.iter().filter(of) {
        counted.disclosures += 1;
        let is = |what: Disposition| u64::from(line.disposition == i64::from(what.number()));
        counted.emergencies += is(Disposition::Emergency);
        counted.refusals += is(Disposition::Refused);
        cases.extend(line.case_ref.clone());
    }
    counted.cases = cases.len();
    counted
}
