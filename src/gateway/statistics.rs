//! Management reports: made for work, published for the region, and frozen (DOMAIN §7, §7.1).
//!
//! Only the Steunpunt makes them. What it sees for work never leaves it; what is published is the same
//! for everybody who may read it, and never shown again in another way. Every making is an entry of the
//! ledger with the digest of what was made.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{UserId, Version};
use crate::domain::organisation::{OnBehalfOf, Role, UserRole};
use crate::domain::statistics::{
    History, InvalidPeriod, Period, RevisionReason, Table, View, for_work, may_publish, publish,
};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::store::{self, NewEntry, Placed, ReportRow, Tx};

use super::Gateway;
use super::call::{Call, Request};
use super::directory::{Directory, sha256};
use super::error::{Error, Result, Unreadable};
use super::fields::code;
use super::journal::{Administered, Scope};
use super::once::{DECISIONS_MAX, Done, Encode, Keep, Refusal, Work};

mod figures;
mod look;
mod own;

pub use look::{OfficerReports, Shown};
pub use own::OwnFigures;

use figures::Span;

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// For whom.
    pub view: View,
    /// What is in it.
    pub content: Content,
    /// SHA-256 of the content.
    pub digest: [u8; 32],
    /// When it was published; none when it was not.
    pub published_at: Option<Timestamp>,
}

/// What is in a report. Its text as JSON is what is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// What time it covers.
    pub period: Period,
    /// 1, 2, 3, ...; 0 for work.
    pub version: i64,
    /// Why there is another version; none for the first.
    pub revision_reason: Option<RevisionReason>,
    /// Policy pack whose thresholds were applied.
    pub policy_version: Version,
    /// One per indicator and unit.
    pub tables: Vec<Table>,
}

/// What report is wanted, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct ReportDraft {
    pub period: String,
    pub view: i32,
}

/// What report is to be published, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct PublicationDraft {
    pub period: String,
    pub revision_reason: i32,
}

/// A report that could be published, and what it was held against.
struct Next {
    content: Content,
    /// Versions that were published of its year.
    past: Vec<(String, i64)>,
    /// The tables of the version before.
    before: Option<Vec<Table>>,
}

impl Gateway {
    /// Makes a report: for the work of the Steunpunt, or as it would be published.
    pub async fn generate_report(&self, call: &Call, draft: ReportDraft) -> Result<Report> {
        self.require_director(call).await?;
        let mut violations = Violations::new();
        let period = period(&draft.period, &mut violations);
        let view = code("view", draft.view, View::from_number, &mut violations);
        let (period, view) = parsed(period, view, violations)?;
        self.made_report(call, period, view).await
    }

    /// The same for the operator of the gateway, who may see what could be published. `asked_by` is the
    /// process director at the Steunpunt for whom it is made; without one there is no report for work.
    pub async fn generate_report_for_operator(
        &self,
        period: Period,
        view: View,
        asked_by: Option<UserId>,
    ) -> Result<Report> {
        if view == View::Work && asked_by.is_none() {
            let words = "a report for work is made for a process director of the Steunpunt";
            return Err(Error::unmet("ASKED_BY", words));
        }
        let mut call = self.acting_itself()?;
        let director = |user_id| OnBehalfOf { user_id, role: UserRole::ProcessDirector };
        call.actor.on_behalf_of = asked_by.map(director);
        self.made_report(&call, period, view).await
    }

    /// Publishes the report of a period that ended. Nothing that was published is changed: another
    /// version needs a reason.
    pub async fn publish_report(
        &self,
        call: &Call,
        request: &Request,
        draft: PublicationDraft,
        encode: Encode<Report>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_director(call).await?;
        let mut violations = Violations::new();
        let period = period(&draft.period, &mut violations);
        let reason = reason(draft.revision_reason, &mut violations);
        let (period, reason) = parsed(period, reason, violations)?;
        for _ in 0..DECISIONS_MAX {
            let Next { mut content, past, before } = self.next_report(call, period).await?;
            content.revision_reason = reason;
            check_revision(&content, before.as_ref())?;
            let (text, digest) = frozen(&content)?;
            let entry = self.generated(call, &content, View::Publication, digest)?;
            let row = row_of(call, &content, text, digest);
            let published_at = Some(call.now());
            let report = Report { view: View::Publication, content, digest, published_at };
            let work = Publish { row, past, entry, report };
            match self.once(call, request, work, Keep::Plain, encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// A published report; the newest version for 0.
    pub async fn report(&self, call: &Call, period: &str, version: i64) -> Result<Report> {
        self.require_reader(call).await?;
        let mut violations = Violations::new();
        let period = self::period(period, &mut violations);
        violations.require(version >= 0, "version", "NEGATIVE", "must not be negative");
        let (period, ()) = parsed(period, Some(()), violations)?;
        let version = Some(version).filter(|version| *version > 0);
        let row = self.db().read().await?.report(&period.to_string(), version).await?;
        let unmet =
            || Error::unmet("NOT_PUBLISHED", "no such version of this report was published");
        published(&row.ok_or_else(unmet)?)
    }

    /// Published reports, newest period first, after a place in that list.
    pub async fn reports(
        &self,
        call: &Call,
        after: Option<(String, i64)>,
        limit: u32,
    ) -> Result<Vec<Report>> {
        self.require_reader(call).await?;
        let rows = self.db().read().await?.reports(after, limit).await?;
        rows.iter().map(published).collect()
    }

    /// Makes a report, and writes that down before anybody sees it.
    async fn made_report(&self, call: &Call, period: Period, view: View) -> Result<Report> {
        let content = match view {
            View::Work => self.report_for_work(call, period).await?,
            View::Publication => self.next_report(call, period).await?.content,
        };
        let (_text, digest) = frozen(&content)?;
        let entry = self.generated(call, &content, view, digest)?;
        self.append(vec![entry]).await?;
        Ok(Report { view, content, digest, published_at: None })
    }

    async fn report_for_work(&self, call: &Call, period: Period) -> Result<Content> {
        if !period.has_begun(call.now()) {
            return Err(Error::unmet("PERIOD_NOT_BEGUN", "the period has not begun"));
        }
        let directory = self.directory();
        let mut tx = self.db().read().await?;
        let span = Span::of(period, call.now());
        let measures = figures::measures(&mut tx, &directory.routing, span).await?;
        let tables = for_work(&region(&directory), &measures, &directory.policy.targets);
        Ok(content(&directory, period, 0, tables))
    }

    /// The next version of a report, held against everything that was published of its year.
    async fn next_report(&self, call: &Call, period: Period) -> Result<Next> {
        let directory = self.directory();
        let [one, two, three, four] = period.quarters().map(|quarter| quarter.to_string());
        let mut tx = self.db().read().await?;
        let rows = tx.reports_of(&[one, two, three, four, period.year().to_string()]).await?;
        let past = Past::of(&rows)?;
        may_publish(period, &past.periods(), call.now())
            .map_err(|refusal| Error::unmet(refusal.code(), refusal.to_string()))?;
        let span = Span::of(period, call.now());
        let measures = figures::measures(&mut tx, &directory.routing, span).await?;
        drop(tx);
        let versions = past.versions_of(period);
        let quarters = if period.is_year() { past.newest_of_quarters() } else { Vec::new() };
        let history = History { versions: &versions, quarters: &quarters };
        let policy = &directory.policy;
        let region = region(&directory);
        let tables = publish(&region, &measures, &policy.suppression, &policy.targets, &history);
        let version = past.last_version_of(period) + 1;
        let names = rows.iter().map(|row| (row.period.clone(), row.version)).collect();
        let content = content(&directory, period, version, tables);
        Ok(Next { content, past: names, before: versions.into_iter().next_back() })
    }

    /// Written down before anybody sees it; a report holds nothing about one person.
    fn generated(
        &self,
        call: &Call,
        content: &Content,
        view: View,
        digest: [u8; 32],
    ) -> Result<NewEntry> {
        self.administered(
            call,
            &Administered {
                event: EventCode::ReportGenerated,
                scope: Scope::Report,
                count: content.tables.len(),
                digest,
                note: format!("{} version {} {view}", content.period, content.version),
            },
        )
    }

    async fn require_director(&self, call: &Call) -> Result<()> {
        let directs = matches!(call.actor.role, UserRole::ProcessDirector | UserRole::TeamManager);
        if call.role() == Role::Steunpunt && directs {
            return Ok(());
        }
        self.refuse(call, DenialReason::RoleNotAllowed).await
    }

    async fn require_reader(&self, call: &Call) -> Result<()> {
        if reads_reports(call) {
            return Ok(());
        }
        self.refuse(call, DenialReason::RoleNotAllowed).await
    }
}

/// Whether reports are for the caller's organisation.
fn reads_reports(call: &Call) -> bool {
    matches!(call.role(), Role::Steunpunt | Role::Municipality | Role::Oversight)
}

/// What was published of a year.
struct Past(Vec<Content>);

impl Past {
    fn of(rows: &[ReportRow]) -> Result<Self> {
        rows.iter().map(|row| Ok(published(row)?.content)).collect::<Result<_>>().map(Self)
    }

    fn periods(&self) -> Vec<Period> {
        let periods: BTreeSet<Period> = self.0.iter().map(|content| content.period).collect();
        periods.into_iter().collect()
    }

    fn of_period(&self, period: Period) -> impl DoubleEndedIterator<Item = &Content> {
        self.0.iter().filter(move |content| content.period == period)
    }

    fn versions_of(&self, period: Period) -> Vec<Vec<Table>> {
        self.of_period(period).map(|content| content.tables.clone()).collect()
    }

    fn last_version_of(&self, period: Period) -> i64 {
        self.of_period(period).next_back().map_or(0, |content| content.version)
    }

    /// What one version of a quarter hides, the next one hides too: the newest hides the most.
    fn newest_of_quarters(&self) -> Vec<Vec<Table>> {
        let quarters = self.periods().into_iter().filter(|period| !period.is_year());
        let newest = quarters.filter_map(|quarter| self.of_period(quarter).next_back());
        newest.map(|content| content.tables.clone()).collect()
    }
}

fn region(directory: &Directory) -> Vec<crate::domain::id::Gemeentecode> {
    directory.routing.municipalities().iter().cloned().collect()
}

fn content(directory: &Directory, period: Period, version: i64, tables: Vec<Table>) -> Content {
    let policy_version = directory.policy.version.clone();
    Content { period, version, revision_reason: None, policy_version, tables }
}

/// The text that is frozen, and its digest.
fn frozen(content: &Content) -> Result<(String, [u8; 32])> {
    let text = serde_json::to_string(content).map_err(Error::internal)?;
    let digest = sha256(text.as_bytes());
    Ok((text, digest))
}

fn row_of(call: &Call, content: &Content, text: String, digest: [u8; 32]) -> ReportRow {
    ReportRow {
        period: content.period.to_string(),
        version: content.version,
        revision_reason: content.revision_reason.map_or(0, |reason| i64::from(reason.number())),
        policy_version: content.policy_version.clone(),
        published_at: call.now(),
        published_by: call.actor.user_id.clone(),
        digest: digest.to_vec(),
        content: text,
    }
}

/// A report as it was frozen: what does not have the digest of its row is not shown.
fn published(row: &ReportRow) -> Result<Report> {
    let unreadable = || Error::internal(Unreadable { table: "reports" });
    let digest = sha256(row.content.as_bytes());
    if row.digest != digest {
        return Err(unreadable());
    }
    let content = serde_json::from_str(&row.content).or(Err(unreadable()))?;
    Ok(Report { view: View::Publication, content, digest, published_at: Some(row.published_at) })
}

/// The period of a message. A month is no wrong field: nothing is wrong with it but what it would tell.
fn period(text: &str, violations: &mut Violations) -> Option<Result<Period>> {
    match text.parse::<Period>() {
        Err(InvalidPeriod::TooNarrow) => {
            let told = InvalidPeriod::TooNarrow.to_string();
            Some(Err(Error::unmet("DIFFERENCING", told)))
        }
        parsed => violations.take("period", parsed).map(Ok),
    }
}

/// The reason for another version; the outer option is none when it is wrong.
#[expect(clippy::option_option, reason = "wrong, absent and given are three things")]
fn reason(number: i32, violations: &mut Violations) -> Option<Option<RevisionReason>> {
    if number == 0 {
        return Some(None);
    }
    code("revision_reason", number, RevisionReason::from_number, violations).map(Some)
}

fn parsed<T>(
    period: Option<Result<Period>>,
    other: Option<T>,
    violations: Violations,
) -> Result<(Period, T)> {
    match (period, other) {
        (Some(period), Some(other)) => {
            violations.into_result(())?;
            Ok((period?, other))
        }
        _ => Err(violations.into()),
    }
}

/// A first version has no reason, another one has, and says something else.
fn check_revision(content: &Content, before: Option<&Vec<Table>>) -> Result<()> {
    match (before, content.revision_reason) {
        (None, Some(_)) => {
            let words = "the report was not published before, so there is nothing to revise";
            Err(Error::unmet("NOT_PUBLISHED", words))
        }
        (Some(_), None) => {
            let words = "the report was published; another version needs a reason";
            Err(Error::unmet("REVISION_REASON", words))
        }
        (Some(before), Some(_)) if *before == content.tables => {
            Err(Error::unmet("NOTHING_CHANGED", "the report would say what was published"))
        }
        (None, None) | (Some(_), Some(_)) => Ok(()),
    }
}

struct Publish {
    row: ReportRow,
    past: Vec<(String, i64)>,
    entry: NewEntry,
    report: Report,
}

impl Publish {
    /// Whether what was published of the year is what the report was held against.
    async fn knows_all(&self, tx: &mut Tx) -> store::Result<bool> {
        let period = self.report.content.period;
        let [one, two, three, four] = period.quarters().map(|quarter| quarter.to_string());
        let rows = tx.reports_of(&[one, two, three, four, period.year().to_string()]).await?;
        let known = self.past.iter().map(|(period, version)| (period.as_str(), *version));
        Ok(rows.iter().map(|row| (row.period.as_str(), row.version)).eq(known))
    }
}

impl Work for Publish {
    type Answer = Report;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        if !self.knows_all(tx).await? {
            return Ok(Err(Refusal::Stale));
        }
        Ok(Ok(vec![self.entry.clone()]))
    }

    /// Two reports that are published at the same time must each know of the other: only behind the
    /// lock of the ledger nobody else publishes.
    async fn complete(&self, tx: &mut Tx, _placed: &mut Placed) -> store::Result<Report> {
        if !self.knows_all(tx).await? {
            return Err(store::Error::Overtaken);
        }
        tx.insert_report(&self.row).await?;
        Ok(self.report.clone())
    }
}
