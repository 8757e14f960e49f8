//! Step 16: the report of the second quarter. One family tells nothing in it.

use anyhow::Result;
use tonic::Code;

use super::{Story, request_id};
use crate::cli::demo::party::Party;
use crate::cli::demo::watch::Growth;
use crate::cli::demo::world::Desks;
use crate::cli::demo::{employee, expect};
use crate::grpc::pb::report_table::Unit;
use crate::grpc::pb::{
    ErrorReason, GenerateReportRequest, GetReportRequest, Indicator, ManagementReport,
    PublishReportRequest, ReportTable, ReportView,
};

const QUARTER: &str = "2026-Q2";

/// Step 16, as far as it is about the report.
pub(super) async fn tell(story: &mut Story<'_>) -> Result<Growth> {
    story.chapter("What the region is told")?;
    look_at_the_figures(story).await?;
    publish(story).await?;
    refuse_what_would_tell_more(story).await?;
    story.growth().await
}

async fn look_at_the_figures(story: &mut Story<'_>) -> Result<()> {
    story.step(
        "16",
        "2026-07-01T09:00:00+02:00",
        "The process director looks at the second quarter, and publishes its report.",
    )?;
    let report = generate(story.desks, ReportView::Work).await?;
    let withdrawals = region(&report, Indicator::Withdrawals, "TOTAL")?;
    let is_few = withdrawals.is_some_and(|people| (1..=4).contains(&people));
    expect::so("consents of some of the family were withdrawn", is_few)?;
    let disclosed = region(&report, Indicator::DisclosuresByBasis, "CONSENT")?;
    expect::so("summaries were disclosed with consent", disclosed.is_some_and(|one| one > 0))?;
    story.happened(
        "For work she sees every figure, also that consents of one family were withdrawn.",
    )
}

async fn publish(story: &mut Story<'_>) -> Result<()> {
    let request = PublishReportRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        period: QUARTER.to_owned(),
        ..PublishReportRequest::default()
    };
    let mut desk = story.desks.steunpunt.reports();
    let outcome = desk.publish_report(request.clone()).await;
    let published = expect::given("the report", expect::answered("publishing", outcome)?.report)?;
    let outcome = desk.publish_report(request).await;
    let again = expect::given("the report", expect::answered("repeating it", outcome)?.report)?;
    expect::so("the same request gives the same report", again == published)?;
    expect::equal("the version", published.version, 1)?;
    let few = region(&published, Indicator::Withdrawals, "TOTAL")?;
    expect::equal("what is shown of so few people", few, None)?;
    let basis = region(&published, Indicator::DisclosuresByBasis, "CONSENT")?;
    expect::equal("what is shown of disclosures about one family", basis, None)?;
    let figures =
        published.tables.iter().flat_map(|table| &table.rows).flat_map(|row| &row.figures);
    let small = |value: i64| value != 0 && value < 5;
    expect::so("no figure is small", !figures.filter_map(|one| one.value).any(small))?;
    let request = GetReportRequest {
        actor: Some(employee::privacy_officer()),
        period: QUARTER.to_owned(),
        version: 0,
    };
    let outcome = story.desks.fg.reports().get_report(request).await;
    let read =
        expect::given("the report", expect::answered("reading the report", outcome)?.report)?;
    expect::so("the privacy officer reads the same report", read == published)?;
    story.happened(
        "Published and frozen. One family is too few for any figure: everything about it is left out.",
    )
}

async fn refuse_what_would_tell_more(story: &mut Story<'_>) -> Result<()> {
    story.also(
        "16n",
        "Somebody asks for May alone, then for the year, then mental health care asks.",
    )?;
    let reason = ErrorReason::PreconditionMissing;
    for (period, code) in [("2026-05", "DIFFERENCING"), ("2026", "PERIOD_NOT_ENDED")] {
        let request = PublishReportRequest {
            request_id: request_id(),
            actor: Some(employee::process_director()),
            period: period.to_owned(),
            ..PublishReportRequest::default()
        };
        let outcome = story.desks.steunpunt.reports().publish_report(request).await;
        let what = "a report that would tell more";
        let refusal = expect::refused(what, outcome, Code::FailedPrecondition, reason, Some(code))?;
        let sentence = match code {
            "DIFFERENCING" => "The quarter less the month would tell what the quarter left out.",
            _ => "The year goes on, and only its second quarter was published.",
        };
        story.refused(&refusal, sentence)?;
    }
    let request = GenerateReportRequest {
        actor: Some(employee::worker_of(Party::Ggz)),
        period: QUARTER.to_owned(),
        view: ReportView::Publication.into(),
    };
    let outcome = story.desks.ggz.reports().generate_report(request).await;
    let (code, reason) = (Code::PermissionDenied, ErrorReason::AccessDenied);
    let refusal = expect::refused("a report for a partner", outcome, code, reason, None)?;
    story.refused(&refusal, "Only the Steunpunt makes reports.")
}

async fn generate(desks: &Desks, view: ReportView) -> Result<ManagementReport> {
    let request = GenerateReportRequest {
        actor: Some(employee::process_director()),
        period: QUARTER.to_owned(),
        view: view.into(),
    };
    let outcome = desks.steunpunt.reports().generate_report(request).await;
    Ok(expect::given("the report", expect::answered("making a report", outcome)?.report)?)
}

/// The count of the whole region in a column.
fn region(report: &ManagementReport, indicator: Indicator, column: &str) -> Result<Option<i64>> {
    let is_it =
        |table: &&ReportTable| (table.indicator(), table.unit()) == (indicator, Unit::Count);
    let table = expect::given("the table", report.tables.iter().find(is_it))?;
    let place = table.columns.iter().position(|name| name == column);
    let place = expect::given("the column", place)?;
    let row = expect::given("the row of the region", table.rows.last())?;
    let figure = expect::given("the figure", row.figures.get(place))?;
    Ok(figure.value)
}
