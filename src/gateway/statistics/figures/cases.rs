//! Figures about the course of cases, and about requests of data subjects.

use crate::domain::case::working_days_to_first_contact;
use crate::domain::id::Gemeentecode;
use crate::domain::statistics::{Data, Indicator, Measure, Ratio, Spread};
use crate::gateway::error::Result;
use crate::store::{OpenedRow, ReleasedRow, StayRow, TallyRow, Tx};

use super::{Desk, Sheet, Span, found, place, positive, tallied, yes};

/// First contacts read at once: all else is counted by the database, but it does not know the Dutch
/// working days.
const CONTACTS_PAGE: u32 = 1000;

impl Desk<'_> {
    pub(super) async fn cases(&self, tx: &mut Tx, span: Span) -> Result<Vec<Measure>> {
        let opened = tx.cases_opened(span.bounds()).await?;
        let released = tx.cases_released(span.bounds()).await?;
        let reopened = tx.cases_reopened(span.year_before()).await?;
        let stays = tx.phase_stays(span.bounds()).await?;
        let mut measures = self.opened(&opened);
        measures.extend(self.released(&released));
        measures.push(self.ratios(Indicator::ReopenedWithin12m, reopened.iter().map(yes)));
        measures.push(self.stays(&stays));
        measures.push(self.first_contacts(tx, span).await?);
        Ok(measures)
    }

    pub(super) async fn subject_requests(&self, tx: &mut Tx, span: Span) -> Result<Vec<Measure>> {
        let received: Vec<TallyRow> = tx.subject_requests_received(span.bounds()).await?;
        let due = tx.subject_requests_due(span.bounds()).await?;
        Ok(vec![
            self.totals(Indicator::DsarTotal, received.iter().map(tallied)),
            self.ratios(Indicator::DsarInTime, due.iter().map(yes)),
        ])
    }

    fn opened(&self, rows: &[OpenedRow]) -> Vec<Measure> {
        let all = || rows.iter().map(|row| (row, found(&row.gemeentecode, row.number)));
        let phases = all().map(|(row, found)| (place(i64::from(row.phase.number())), found));
        let released = all().map(|(row, found)| (row.released == 1, found));
        let mut spoken = Sheet::new(self.region, &Ratio::default());
        for row in rows {
            spoken.at(&row.gemeentecode, |ratio| {
                ratio.part = ratio.part.saturating_add(positive(row.children_spoken));
                ratio.of = ratio.of.saturating_add(positive(row.children));
            });
        }
        vec![
            self.split(Indicator::PhaseReached, phases),
            self.ratios(Indicator::ReleaseRate, released),
            Measure { indicator: Indicator::ChildrenSpoken, data: Data::Ratios(spoken.rows()) },
        ]
    }

    fn released(&self, rows: &[ReleasedRow]) -> [Measure; 2] {
        let safely = rows
            .iter()
            .map(|row| (row.violence_stopped == 1, found(&row.gemeentecode, row.number)));
        let mut scales = self.spreads(Indicator::SafetyScaleChange);
        for row in rows {
            if let Some(change) = row.scale_change {
                add(&mut scales, &row.gemeentecode, Some(0), (change, row.number));
            }
        }
        let scales = Data::Points(scales.rows());
        [
            self.ratios(Indicator::ReleasedSafely, safely),
            Measure { indicator: Indicator::SafetyScaleChange, data: scales },
        ]
    }

    fn stays(&self, rows: &[StayRow]) -> Measure {
        let indicator = Indicator::PhaseDuration;
        let mut sheet = self.spreads(indicator);
        for row in rows {
            let column = place(i64::from(row.phase.number()));
            add(&mut sheet, &row.gemeentecode, column, (row.days, row.number));
        }
        Measure { indicator, data: Data::Days(sheet.rows()) }
    }

    /// Page by page: of each contact nothing is kept but its working days.
    async fn first_contacts(&self, tx: &mut Tx, span: Span) -> Result<Measure> {
        let indicator = Indicator::TimeToFirstContact;
        let mut sheet = self.spreads(indicator);
        let mut last = None;
        loop {
            let page = tx.first_contacts(span.bounds(), last.as_ref(), CONTACTS_PAGE).await?;
            for row in &page {
                let days = working_days_to_first_contact(row.submitted_at, row.first_contact_at);
                add(&mut sheet, &row.gemeentecode, Some(0), (i64::from(days), 1));
            }
            last = page.last().cloned();
            if last.is_none() {
                return Ok(Measure { indicator, data: Data::Days(sheet.rows()) });
            }
        }
    }

    /// A row of spreads for each municipality, as many as the indicator is taken of.
    fn spreads(&self, indicator: Indicator) -> Sheet<Vec<Spread>> {
        Sheet::new(self.region, &vec![Spread::default(); indicator.spreads()])
    }
}

/// Counts a value so many times.
fn add(
    sheet: &mut Sheet<Vec<Spread>>,
    at: &Gemeentecode,
    column: Option<usize>,
    (value, times): (i64, i64),
) {
    sheet.at(at, |row| {
        if let Some(spread) = column.and_then(|column| row.get_mut(column)) {
            spread.add(value, positive(times));
        }
    });
}
