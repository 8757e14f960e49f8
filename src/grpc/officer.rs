//! `OfficerService`: the work of a privacy officer that is about no single entry.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{disclosure, officer};
use super::kept::Kept;
use super::page::{self, List, Query};
use super::pb;
use crate::domain::digest::DigestLanguage;
use crate::domain::sample::SampleVerdict;
use crate::gateway::Call;
use crate::gateway::draw::Judging;

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
impl pb::services::officer_service_server::OfficerService for Service {
    async fn get_overview(
        &self,
        request: Request<pb::GetOverviewRequest>,
    ) -> Result<Response<pb::GetOverviewResponse>, Status> {
        let (message, reader, heard) = self.door.hear(request)?;
        let (call, ()) = heard.finish(reader, Some(()))?;
        let gateway = self.door.gateway();
        let month = gateway.month(&call, message.purpose).await?;
        let heard = gateway.heard_witnesses().await?;
        Ok(Response::new(officer::overview(&month, heard)))
    }

    async fn list_own_looks(
        &self,
        request: Request<pb::ListOwnLooksRequest>,
    ) -> Result<Response<pb::ListOwnLooksResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let period = officer::period("period", message.period, &mut reader);
        let (call, period) = heard.finish(reader, period)?;
        let query = Query::new(List::OwnLooks, call.oin(), &conditions(&call, &message));
        let start = query.position(&message.page_token, page::start)?;
        let gateway = self.door.gateway();
        let found = gateway.own_looks(&call, message.purpose, period, (start, size)).await?;
        Ok(Response::new(pb::ListOwnLooksResponse {
            looks: found.entries.iter().map(officer::look).collect(),
            next_page_token: page::next(query, found.next_after, found.tree_size),
            tree_size: found.tree_size,
        }))
    }

    async fn draw_sample(
        &self,
        request: Request<pb::DrawSampleRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let wish = officer::wish("period", (message.period, message.count), &mut reader);
        let (call, request, wish) = act.finish(reader, wish)?;
        let asked = (message.purpose, wish);
        let gateway = self.door.gateway();
        let answer = gateway.draw_sample(&call, &request, asked, officer::drawn).await?;
        Ok(Response::new(answer.into()))
    }

    async fn get_sample(
        &self,
        request: Request<pb::GetSampleRequest>,
    ) -> Result<Response<pb::GetSampleResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let drawing = officer::drawing_given(message.drawing, &mut reader);
        let (call, drawing) = heard.finish(reader, drawing)?;
        let gateway = self.door.gateway();
        let drawn = gateway.drawn_sample(&call, message.purpose, &drawing).await?;
        Ok(Response::new(officer::sample(&drawn)))
    }

    async fn judge_sample_entry(
        &self,
        request: Request<pb::JudgeSampleEntryRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let drawing = officer::drawing_given(message.drawing, &mut reader);
        let verdict = reader.code("verdict", message.verdict, SampleVerdict::from_number);
        let grounds = reader.text("grounds", &message.grounds);
        let parts = drawing.zip(verdict.zip(grounds));
        let (call, request, (drawing, (verdict, grounds))) = act.finish(reader, parts)?;
        let judged = (drawing, Judging { index: message.index, verdict, grounds });
        let gateway = self.door.gateway();
        let answer = gateway.judge_sample_entry(&call, &request, judged, officer::judged).await?;
        Ok(Response::new(answer.into()))
    }

    async fn verify_random_entries(
        &self,
        request: Request<pb::VerifyRandomEntriesRequest>,
    ) -> Result<Response<pb::VerifyRandomEntriesResponse>, Status> {
        let (message, reader, heard) = self.door.hear(request)?;
        let (call, ()) = heard.finish(reader, Some(()))?;
        let found = self.door.gateway().verify_sample(&call, message.purpose).await?;
        Ok(Response::new(officer::verified(&found)))
    }

    async fn get_directory_history(
        &self,
        request: Request<pb::GetDirectoryHistoryRequest>,
    ) -> Result<Response<pb::GetDirectoryHistoryResponse>, Status> {
        let (message, reader, heard) = self.door.hear(request)?;
        let (call, ()) = heard.finish(reader, Some(()))?;
        let found = self.door.gateway().directory_history(&call, message.purpose, "").await?;
        Ok(Response::new(officer::directory_history(&found)))
    }

    async fn save_search(
        &self,
        request: Request<pb::SaveSearchRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let search = disclosure::search(message.purpose, message.filter, &mut reader);
        let (call, request, ()) = act.finish(reader, Some(()))?;
        let keeping = (message.name, search);
        let how = (message.shared, message.weekly);
        let gateway = self.door.gateway();
        let answer = gateway.keep_search(&call, &request, keeping, how, officer::saved).await?;
        Ok(Response::new(answer.into()))
    }

    async fn list_saved_searches(
        &self,
        request: Request<pb::ListSavedSearchesRequest>,
    ) -> Result<Response<pb::ListSavedSearchesResponse>, Status> {
        let (_, reader, heard) = self.door.hear(request)?;
        let (call, ()) = heard.finish(reader, Some(()))?;
        let found = self.door.gateway().saved_searches(&call).await?;
        let saved_searches = found.into_iter().map(officer::saved_search).collect();
        Ok(Response::new(pb::ListSavedSearchesResponse { saved_searches }))
    }

    async fn set_saved_search_weekly(
        &self,
        request: Request<pb::SetSavedSearchWeeklyRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id = reader.text("saved_search_id", &message.saved_search_id);
        let (call, request, id) = act.finish(reader, id)?;
        let weekly = message.weekly.then_some(DigestLanguage::Dutch);
        let gateway = self.door.gateway();
        let answer = gateway.count_weekly(&call, &request, (id, weekly), officer::marked).await?;
        Ok(Response::new(answer.into()))
    }

    async fn delete_saved_search(
        &self,
        request: Request<pb::DeleteSavedSearchRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id = reader.text("saved_search_id", &message.saved_search_id);
        let (call, request, id) = act.finish(reader, id)?;
        let gateway = self.door.gateway();
        let answer = gateway.delete_search(&call, &request, id, officer::deleted).await?;
        Ok(Response::new(answer.into()))
    }
}

/// What is in the list: everything but the page. Whose looks they are is one of them.
fn conditions(call: &Call, message: &pb::ListOwnLooksRequest) -> Vec<u8> {
    let user_id = call.actor().user_id.to_string();
    pb::ListOwnLooksRequest {
        actor: Some(pb::Actor { user_id, ..Default::default() }),
        purpose: message.purpose,
        period: message.period,
        ..Default::default()
    }
    .encode_to_vec()
}
