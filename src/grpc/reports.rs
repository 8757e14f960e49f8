//! `ReportService`: management information.

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::report;
use super::kept::Kept;
use super::page::{self, List, Query};
use super::pb;
use crate::gateway::statistics::{PublicationDraft, ReportDraft};

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Service {
    door: Door,
}

impl Service {
    pub(super) fn new(door: Door) -> Self {
        Self { door }
    }
}

#[tonic::async_trait]
impl pb::services::report_service_server::ReportService for Service {
    async fn generate_report(
        &self,
        request: Request<pb::GenerateReportRequest>,
    ) -> Result<Response<pb::GenerateReportResponse>, Status> {
        let (message, reader, heard) = self.door.hear(request)?;
        let (call, ()) = heard.finish(reader, Some(()))?;
        let draft = ReportDraft { period: message.period, view: message.view };
        let made = self.door.gateway().generate_report(&call, draft).await?;
        Ok(Response::new(pb::GenerateReportResponse { report: Some(report::report(&made)) }))
    }

    async fn publish_report(
        &self,
        request: Request<pb::PublishReportRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, reader, act) = self.door.act(request)?;
        let (call, request, ()) = act.finish(reader, Some(()))?;
        let draft =
            PublicationDraft { period: message.period, revision_reason: message.revision_reason };
        let gateway = self.door.gateway();
        let answer = gateway.publish_report(&call, &request, draft, report::published).await?;
        Ok(Response::new(answer.into()))
    }

    async fn get_report(
        &self,
        request: Request<pb::GetReportRequest>,
    ) -> Result<Response<pb::GetReportResponse>, Status> {
        let (message, reader, heard) = self.door.hear(request)?;
        let (call, ()) = heard.finish(reader, Some(()))?;
        let found = self.door.gateway().report(&call, &message.period, message.version).await?;
        Ok(Response::new(pb::GetReportResponse { report: Some(report::report(&found)) }))
    }

    async fn list_reports(
        &self,
        request: Request<pb::ListReportsRequest>,
    ) -> Result<Response<pb::ListReportsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let (call, ()) = heard.finish(reader, Some(()))?;
        let query = Query::new(List::Reports, call.oin(), &[]);
        let after = query.position(&message.page_token, place)?;
        let found = self.door.gateway().reports(&call, after, size).await?;
        let next_page_token = page::after(query, &found, size, |last| {
            let version = last.content.version.to_be_bytes();
            [&version, last.content.period.to_string().as_bytes()].concat()
        });
        let reports = found.iter().map(report::outline).collect();
        Ok(Response::new(pb::ListReportsResponse { reports, next_page_token }))
    }
}

/// The period and the version at which a page ended.
fn place(bytes: &[u8]) -> Option<(String, i64)> {
    let (version, period) = bytes.split_first_chunk()?;
    let period = String::from_utf8(period.to_vec()).ok()?;
    Some((period, i64::from_be_bytes(*version)))
}
