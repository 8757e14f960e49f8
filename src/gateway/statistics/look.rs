//! Published reports for privacy officers. What was published is the same for everybody who may read
//! it; the Steunpunt's own officer sees what would be published where nothing was yet.

use crate::domain::event::EventCode;
use crate::domain::look::Look;
use crate::domain::organisation::Role;
use crate::domain::statistics::{Period, View};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::disclosures::may_look_now;
use crate::gateway::error::{Error, Result, Unmet};
use crate::gateway::journal::{Administered, Scope};

use super::own::OwnFigures;
use super::{Report, parsed, period, published, reads_reports};

/// Reports that are listed: more than ten years of them.
const LISTED: u32 = 60;

/// What an officer sees of the reports.
#[derive(Debug, Clone)]
pub struct OfficerReports {
    /// Period, version and when it was published; the newest period first.
    pub published: Vec<(Period, i64, Option<Timestamp>)>,
    /// The report that was asked for.
    pub shown: Shown,
    /// Of the officer's own organisation, of the same period.
    pub own: OwnFigures,
}

/// The report that was asked for.
#[derive(Debug, Clone)]
pub enum Shown {
    /// As it was published.
    Published(Box<Report>),
    /// As it would be published now.
    Preview(Box<Report>),
    /// Nothing was published of that period, or of none; with what stands in the way of it.
    Nothing(Vec<Unmet>),
    /// Reports are not for this organisation.
    NotYours,
}

impl Gateway {
    /// The published report of a period, the newest one when none is named; and the own figures, which are
    /// for the officers of every organisation.
    pub async fn statistics_for_officer(
        &self,
        call: &Call,
        purpose: i32,
        wanted: &str,
    ) -> Result<OfficerReports> {
        self.officer_looks(call, purpose, (Look::Statistics, wanted.as_bytes())).await?;
        let wanted = match wanted {
            "" => None,
            text => {
                let mut violations = Violations::new();
                let period = period(text, &mut violations);
                Some(parsed(period, Some(()), violations)?.0)
            }
        };
        if !reads_reports(call) {
            let own = self.own_figures(call, wanted).await?;
            return Ok(OfficerReports { published: Vec::new(), shown: Shown::NotYours, own });
        }
        let mut tx = self.db().read().await?;
        let reports = tx.reports(None, LISTED).await?;
        let newest = reports.first().map(|row| row.period.clone());
        let name = wanted.map(|period| period.to_string()).or(newest);
        let row = match &name {
            Some(name) => tx.report(name, None).await?,
            None => None,
        };
        drop(tx);
        let shown = match (row, wanted) {
            (Some(row), _) => Shown::Published(Box::new(published(&row)?)),
            (None, Some(period)) => self.preview(call, period).await?,
            (None, None) => Shown::Nothing(Vec::new()),
        };
        let listed = reports.iter().map(published).collect::<Result<Vec<_>>>()?;
        let listed = listed
            .into_iter()
            .map(|report| (report.content.period, report.content.version, report.published_at));
        let period = match &shown {
            Shown::Published(report) | Shown::Preview(report) => Some(report.content.period),
            Shown::Nothing(_) | Shown::NotYours => wanted,
        };
        let own = self.own_figures(call, period).await?;
        Ok(OfficerReports { published: listed.collect(), shown, own })
    }

    /// The same, to be taken away: that is told as an export.
    pub async fn export_statistics(
        &self,
        call: &Call,
        purpose: i32,
        wanted: &str,
    ) -> Result<OfficerReports> {
        let reports = self.statistics_for_officer(call, purpose, wanted).await?;
        if let Shown::Published(report) | Shown::Preview(report) = &reports.shown {
            let content = &report.content;
            let file = format!("{} version={} CSV", content.period, content.version);
            let what = (Look::StatisticsExport, may_look_now(purpose)?);
            let entry = self.administered(
                call,
                &Administered {
                    event: EventCode::LogExported,
                    scope: Scope::Report,
                    count: content.tables.len(),
                    digest: report.digest,
                    note: call.look_note(what, &file)?,
                },
            )?;
            self.append(vec![entry]).await?;
        }
        Ok(reports)
    }

    async fn preview(&self, call: &Call, period: Period) -> Result<Shown> {
        if call.role() != Role::Steunpunt {
            return Ok(Shown::Nothing(Vec::new()));
        }
        match self.made_report(call, period, View::Publication).await {
            Ok(report) => Ok(Shown::Preview(Box::new(report))),
            Err(Error::Precondition(unmet)) => Ok(Shown::Nothing(unmet)),
            Err(error) => Err(error),
        }
    }
}
