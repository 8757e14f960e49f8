//! `CaseService`: cases of a Veilig Verderteam, and the summaries that partners may ask for.

use std::collections::BTreeSet;

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{case, people, summary};
use super::kept::Kept;
use super::page::{self, List, Query};
use super::pb;
use crate::domain::id::CaseRef;
use crate::gateway::confirm_recall::Recalled;

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
impl pb::services::case_service_server::CaseService for Service {
    async fn create_case(
        &self,
        request: Request<pb::CreateCaseRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let draft = case::draft(message, &mut reader);
        if reader.found_wrong() {
            reader.also(draft.check());
        }
        let (call, request, ()) = act.finish(reader, Some(()))?;
        let answer = self.door.gateway().create_case(&call, &request, draft, case::created).await?;
        Ok(Response::new(answer.into()))
    }

    async fn get_case(
        &self,
        request: Request<pb::GetCaseRequest>,
    ) -> Result<Response<pb::GetCaseResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let case_ref = reader.text("case_ref", &message.case_ref);
        let (call, case_ref): (_, CaseRef) = heard.finish(reader, case_ref)?;
        let view = self.door.gateway().case_view(&call, &case_ref).await?;
        Ok(Response::new(pb::GetCaseResponse { case: Some(case::case(&view)) }))
    }

    async fn add_case_team_member(
        &self,
        request: Request<pb::AddCaseTeamMemberRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let joining = case::joining(&message, &mut reader);
        let (call, request, joining) = act.finish(reader, joining)?;
        let answer = self
            .door
            .gateway()
            .add_case_team_member(&call, &request, joining, case::joined)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn record_case_step(
        &self,
        request: Request<pb::RecordCaseStepRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let case_ref = reader.text("case_ref", &message.case_ref);
        let step = case::step(message.step, &mut reader);
        let involvement = case::involvement(message.involvement);
        if reader.found_wrong() {
            let now = gateway.clock().now();
            reader.also_but_people(step.clone().parse(&[], now));
            reader.also(involvement.clone().parse(now));
        }
        let (call, request, case_ref) = act.finish(reader, case_ref)?;
        let step = (step, involvement);
        let answer =
            gateway.record_case_step(&call, &request, &case_ref, step, case::moved_on).await?;
        Ok(Response::new(answer.into()))
    }

    async fn exclude_representative(
        &self,
        request: Request<pb::ExcludeRepresentativeRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let excluding = case::excluding(&message, &mut reader);
        let (call, request, excluding) = act.finish(reader, excluding)?;
        let answer = self
            .door
            .gateway()
            .exclude_representative(&call, &request, excluding, people::excluded)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn publish_summary(
        &self,
        request: Request<pb::PublishSummaryRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let case_ref = reader.text("case_ref", &message.case_ref);
        let expected = reader.not_negative("expected_revision", message.expected_revision);
        let summary = summary::draft(message.summary.unwrap_or_default());
        if reader.found_wrong() {
            reader.also_but_people(summary.clone().parse(&BTreeSet::new()));
        }
        let parts = case_ref.zip(expected);
        let (call, request, (case_ref, expected)) = act.finish(reader, parts)?;
        let answer = self
            .door
            .gateway()
            .publish_summary(&call, &request, &case_ref, (summary, expected), summary::published)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn retract_summary(
        &self,
        request: Request<pb::RetractSummaryRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let case_ref = reader.text("case_ref", &message.case_ref);
        let revision = reader.not_negative("revision", message.revision);
        let parts = case_ref.zip(revision);
        let (call, request, (case_ref, revision)) = act.finish(reader, parts)?;
        let gateway = self.door.gateway();
        let answer = gateway
            .retract_summary(&call, &request, &case_ref, revision, summary::retracted)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn confirm_recall(
        &self,
        request: Request<pb::ConfirmRecallRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let case_ref = reader.text("case_ref", &message.case_ref);
        let author = reader.text("author_oin", &message.author_oin);
        let revision = reader.not_negative("revision", message.revision);
        let parts = case_ref.zip(author.zip(revision));
        let (call, request, (case_ref, (author, revision))) = act.finish(reader, parts)?;
        let recalled = Recalled { case_ref, author, revision };
        let gateway = self.door.gateway();
        let answer =
            gateway.confirm_recall(&call, &request, recalled, summary::recall_confirmed).await?;
        Ok(Response::new(answer.into()))
    }

    async fn request_summary(
        &self,
        request: Request<pb::RequestSummaryRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let draft = summary::request(message, &mut reader);
        if reader.found_wrong() {
            reader.also(draft.check(gateway));
        }
        let (call, request, ()) = act.finish(reader, Some(()))?;
        let answer = gateway.request_summary(&call, &request, draft, summary::requested).await?;
        Ok(Response::new(answer.into()))
    }

    async fn list_summary_revisions(
        &self,
        request: Request<pb::ListSummaryRevisionsRequest>,
    ) -> Result<Response<pb::ListSummaryRevisionsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let case_ref = reader.text("case_ref", &message.case_ref);
        let size = page::size(message.page_size, &mut reader);
        let (call, case_ref): (_, CaseRef) = heard.finish(reader, case_ref)?;
        let query = Query::new(List::SummaryRevisions, call.oin(), case_ref.as_str().as_bytes());
        let skip = query
            .position(&message.page_token, |at| Some(u32::from_be_bytes(at.try_into().ok()?)))?;
        let skip = skip.unwrap_or(0);
        let revisions = self.door.gateway().summary_revisions(&call, &case_ref, skip, size).await?;
        let end = skip.saturating_add(u32::try_from(revisions.len()).unwrap_or(u32::MAX));
        let next_page_token =
            if end - skip == size { query.token(&end.to_be_bytes()) } else { String::new() };
        Ok(Response::new(pb::ListSummaryRevisionsResponse {
            revisions: revisions.iter().map(summary::revision).collect(),
            next_page_token,
        }))
    }
}
