//! The raw figures of a period, from sums that the database makes.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::id::Gemeentecode;
use crate::domain::referral::ViolenceKind;
use crate::domain::routing::RoutingTable;
use crate::domain::statistics::{Count, CountRow, Data, Indicator, Measure, Period, Ratio};
use crate::domain::time::Timestamp;
use crate::gateway::error::Result;
use crate::store::{TallyRow, Tx};

mod cases;

/// One value per municipality of the region. What lies in a municipality that left the region is in no
/// row, and so in no total.
struct Sheet<T>(BTreeMap<Gemeentecode, T>);

impl<T: Clone> Sheet<T> {
    fn new(region: &RoutingTable, empty: &T) -> Self {
        Self(region.municipalities().iter().map(|code| (code.clone(), empty.clone())).collect())
    }

    fn at(&mut self, code: &Gemeentecode, change: impl FnOnce(&mut T)) {
        if let Some(value) = self.0.get_mut(code) {
            change(value);
        }
    }

    fn rows(self) -> Vec<T> {
        self.0.into_values().collect()
    }
}

/// Between a moment and the next.
const MOMENT: Duration = Duration::from_micros(1);

/// Within which a case that is taken up again counts as reopened.
const TWELVE_MONTHS: Duration = Duration::from_hours(365 * 24);

/// What lies behind us of a period: what is due tomorrow is not late today.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    period: Period,
    now: Timestamp,
}

impl Span {
    pub(super) const fn of(period: Period, now: Timestamp) -> Self {
        Self { period, now }
    }

    /// Its first moment, and the first moment after it, or after now.
    fn bounds(self) -> (Timestamp, Timestamp) {
        let (from, until) = self.period.bounds();
        (from, until.min(self.now.plus(MOMENT)))
    }

    /// The same period of the year before, as far as its moments were twelve months ago.
    fn year_before(self) -> (Timestamp, Timestamp) {
        let (from, until) = self.period.year_before().bounds();
        (from, until.min(self.now.minus(TWELVE_MONTHS)))
    }
}

/// Everything that is known of a period.
pub(super) async fn measures(
    tx: &mut Tx,
    region: &RoutingTable,
    span: Span,
) -> Result<Vec<Measure>> {
    let desk = Desk { region };
    let mut measures = desk.referrals(tx, span).await?;
    measures.extend(desk.triage(tx, span).await?);
    measures.extend(desk.cases(tx, span).await?);
    measures.extend(desk.consents(tx, span).await?);
    measures.extend(desk.emergencies(tx, span).await?);
    measures.extend(desk.subject_requests(tx, span).await?);
    measures.extend(desk.lessons(tx, span).await?);
    Ok(measures)
}

struct Desk<'d> {
    region: &'d RoutingTable,
}

/// Something of which there are so many, in a municipality.
struct Found<'r> {
    at: &'r Gemeentecode,
    count: Count,
}

impl Desk<'_> {
    async fn referrals(&self, tx: &mut Tx, span: Span) -> Result<Vec<Measure>> {
        let rows = tx.referrals_acknowledged(span.bounds()).await?;
        let kinds = tx.violence_acknowledged(span.bounds()).await?;
        let all = || rows.iter().map(|row| (row, found(&row.gemeentecode, row.number)));
        let urgency = all().map(|(row, found)| (place(i64::from(row.urgency.number())), found));
        let children = all().map(|(row, found)| (Some(yes_or_no(row.with_children)), found));
        let with_children = all().map(|(row, found)| (row.with_children == 1, found));
        let repeated = all().map(|(row, found)| (row.repeated == 1, found));
        let in_time = all().map(|(row, found)| (row.in_time == 1, found));
        Ok(vec![
            self.totals(Indicator::ReferralsTotal, all().map(|(_, found)| found)),
            self.split(Indicator::ReferralsByUrgency, urgency),
            self.violence(&kinds),
            self.split(Indicator::WithChildren, children),
            self.ratios(Indicator::WithChildren, with_children),
            self.ratios(Indicator::RepeatRate, repeated),
            self.ratios(Indicator::AckInTime, in_time),
        ])
    }

    async fn triage(&self, tx: &mut Tx, span: Span) -> Result<Vec<Measure>> {
        let triaged = tx.referrals_triaged(span.bounds()).await?;
        let feedback = tx.feedback_due(span.bounds()).await?;
        let outcomes = triaged.iter().map(|row| {
            let column = place(i64::from(row.triage_outcome.number()));
            (column, found(&row.gemeentecode, row.number))
        });
        let in_time = triaged.iter().filter_map(|row| {
            let in_time = row.in_time? == 1;
            Some((in_time, found(&row.gemeentecode, row.number)))
        });
        Ok(vec![
            self.split(Indicator::TriageOutcomes, outcomes),
            self.ratios(Indicator::TriageInTime, in_time),
            self.ratios(Indicator::FeedbackInTime, feedback.iter().map(yes)),
        ])
    }

    async fn consents(&self, tx: &mut Tx, span: Span) -> Result<Vec<Measure>> {
        let asked = tx.consents_asked(span.bounds()).await?;
        let withdrawn = tx.people_withdrawn(span.bounds()).await?;
        let active = asked.iter().flat_map(|row| {
            let rest = row.asked.saturating_sub(row.active);
            let at = &row.gemeentecode;
            [(true, found(at, row.active)), (false, found(at, rest))]
        });
        Ok(vec![
            self.ratios(Indicator::ConsentRate, active),
            self.totals(Indicator::Withdrawals, withdrawn.iter().map(tallied)),
        ])
    }

    async fn emergencies(&self, tx: &mut Tx, span: Span) -> Result<Vec<Measure>> {
        let disclosures = tx.disclosures_by_basis(span.bounds()).await?;
        let declared = tx.emergencies_declared(span.bounds()).await?;
        let closed = tx.reviews_closed(span.bounds()).await?;
        let due = tx.reviews_due(span.bounds()).await?;
        let bases = disclosures.iter().map(|row| (place(row.code), tallied(row)));
        let verdicts = closed.iter().map(|row| (Some(yes_or_no(row.code)), tallied(row)));
        Ok(vec![
            self.split(Indicator::DisclosuresByBasis, bases),
            self.totals(Indicator::BreakGlassTotal, declared.iter().map(tallied)),
            self.split(Indicator::BreakGlassNotJustified, verdicts),
            self.ratios(Indicator::ReviewsInTime, due.iter().map(yes)),
        ])
    }

    /// What the chain learns from, besides reviews that found an emergency not justified.
    async fn lessons(&self, tx: &mut Tx, span: Span) -> Result<Vec<Measure>> {
        let overridden = tx.consents_overridden(span.bounds()).await?;
        let late = tx.deadlines_late(span.bounds()).await?;
        let kinds = late.iter().map(|row| (place(row.code), tallied(row)));
        Ok(vec![
            self.totals(Indicator::OverriddenConsents, overridden.iter().map(tallied)),
            self.split(Indicator::LateDeadlines, kinds),
        ])
    }

    /// Kinds of violence: a referral may have several, so the kinds do not add up to the total.
    fn violence(&self, rows: &[TallyRow]) -> Measure {
        let indicator = Indicator::ReferralsByViolenceKind;
        let mut sheet = self.sheet(indicator);
        for row in rows {
            let count = tallied(row).count;
            sheet.at(&row.gemeentecode, |to| {
                to.total = sum(to.total, count);
                for (kind, cell) in ViolenceKind::ALL.iter().zip(&mut to.cells) {
                    if row.code & kind.bit() != 0 {
                        *cell = sum(*cell, count);
                    }
                }
            });
        }
        Measure { indicator, data: Data::Counts(sheet.rows()) }
    }

    fn totals<'r>(&self, indicator: Indicator, all: impl Iterator<Item = Found<'r>>) -> Measure {
        let mut sheet = self.sheet(indicator);
        for Found { at, count } in all {
            sheet.at(at, |row| row.total = sum(row.total, count));
        }
        Measure { indicator, data: Data::Counts(sheet.rows()) }
    }

    /// By the columns of the split, each thing in one of them.
    fn split<'r>(
        &self,
        indicator: Indicator,
        all: impl Iterator<Item = (Option<usize>, Found<'r>)>,
    ) -> Measure {
        let mut sheet = self.sheet(indicator);
        // The same people may stand behind records in two columns.
        let overlaps = matches!(
            indicator,
            Indicator::DisclosuresByBasis
                | Indicator::BreakGlassNotJustified
                | Indicator::LateDeadlines
        );
        for (column, Found { at, count }) in all {
            sheet.at(at, |row| {
                row.total = if overlaps { joined(row.total, count) } else { sum(row.total, count) };
                if let Some(cell) = column.and_then(|column| row.cells.get_mut(column)) {
                    *cell = sum(*cell, count);
                }
            });
        }
        Measure { indicator, data: Data::Counts(sheet.rows()) }
    }

    fn ratios<'r>(
        &self,
        indicator: Indicator,
        all: impl Iterator<Item = (bool, Found<'r>)>,
    ) -> Measure {
        let mut sheet = Sheet::new(self.region, &Ratio::default());
        for (is_part, Found { at, count }) in all {
            sheet.at(at, |ratio| {
                ratio.of = ratio.of.saturating_add(count.number);
                if is_part {
                    ratio.part = ratio.part.saturating_add(count.number);
                }
            });
        }
        Measure { indicator, data: Data::Ratios(sheet.rows()) }
    }

    fn sheet(&self, indicator: Indicator) -> Sheet<CountRow> {
        let cells = vec![Count::default(); indicator.split().len()];
        Sheet::new(self.region, &CountRow { total: Count::default(), cells })
    }
}

fn found(at: &Gemeentecode, number: i64) -> Found<'_> {
    Found { at, count: Count::of(positive(number)) }
}

fn tallied(row: &TallyRow) -> Found<'_> {
    let count = Count { number: positive(row.number), units: positive(row.units) };
    Found { at: &row.gemeentecode, count }
}

fn yes(row: &TallyRow) -> (bool, Found<'_>) {
    (row.code == 1, tallied(row))
}

/// The column of a code: codes have no gaps, and columns stand in their order.
fn place(code: i64) -> Option<usize> {
    usize::try_from(code).ok()?.checked_sub(1)
}

/// The columns `YES` and `NO`.
fn yes_or_no(flag: i64) -> usize {
    usize::from(flag != 1)
}

fn sum(one: Count, other: Count) -> Count {
    Count {
        number: one.number.saturating_add(other.number),
        units: one.units.saturating_add(other.units),
    }
}

/// Behind both there are at least the people behind the larger.
fn joined(one: Count, other: Count) -> Count {
    let units = one.units.max(other.units);
    Count { units, ..sum(one, other) }
}

/// A sum of the database is never negative.
fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
