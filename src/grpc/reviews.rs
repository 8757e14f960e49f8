//! `ReviewService`: privacy officers judge emergencies.

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::review;
use super::kept::Kept;
use super::page::{self, List, Query};
use super::pb;
use super::stopping::Stopping;
use super::watch::{self, Begin, Surroundings};
use crate::domain::id::{IncidentId, ReviewId};
use crate::domain::review::JudgementDraft;
use crate::gateway::reviews::incidents::IncidentQueue;
use crate::gateway::reviews::look::Queue;

mod watched;

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Service {
    door: Door,
    stopping: Stopping,
}

impl Service {
    pub(super) fn new(door: Door, stopping: Stopping) -> Self {
        Self { door, stopping }
    }
}

#[tonic::async_trait]
impl pb::services::review_service_server::ReviewService for Service {
    type WatchReviewsStream = watch::Messages<pb::WatchReviewsResponse>;

    async fn list_reviews(
        &self,
        request: Request<pb::ListReviewsRequest>,
    ) -> Result<Response<pb::ListReviewsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let (call, ()) = heard.finish(reader, Some(()))?;
        let query = Query::new(List::Reviews, call.oin(), &[u8::from(message.with_closed)]);
        let after = query.position(&message.page_token, page::placed)?;
        let after = after.map(|(due_at, id)| (due_at, ReviewId::from_bytes(id)));
        let queue = Queue { purpose: message.purpose, with_closed: message.with_closed, after };
        let reviews = self.door.gateway().reviews(&call, &queue, size).await?;
        let next_page_token = page::after(query, &reviews, size, |last| {
            page::place(last.row.due_at, last.row.review_id.as_bytes())
        });
        let reviews = reviews.iter().map(review::overview).collect();
        Ok(Response::new(pb::ListReviewsResponse { reviews, next_page_token }))
    }

    async fn get_review(
        &self,
        request: Request<pb::GetReviewRequest>,
    ) -> Result<Response<pb::GetReviewResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let review_id = reader.text("review_id", &message.review_id);
        let (call, review_id) = heard.finish(reader, review_id)?;
        let opened = self.door.gateway().review(&call, message.purpose, review_id).await?;
        Ok(Response::new(review::opened(&opened)))
    }

    async fn take_review(
        &self,
        request: Request<pb::TakeReviewRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let review_id = reader.text("review_id", &message.review_id);
        let (call, request, review_id) = act.finish(reader, review_id)?;
        let answer =
            self.door.gateway().take_review(&call, &request, review_id, review::taken).await?;
        Ok(Response::new(answer.into()))
    }

    async fn decide_review(
        &self,
        request: Request<pb::DecideReviewRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let review_id = reader.text("review_id", &message.review_id);
        let draft = JudgementDraft { verdict: message.verdict, motivation: message.motivation };
        let judgement = draft.parse();
        reader.also(judgement.clone());
        let parts = review_id.zip(judgement.ok());
        let (call, request, judged) = act.finish(reader, parts)?;
        let answer =
            self.door.gateway().decide_review(&call, &request, judged, review::decided).await?;
        Ok(Response::new(answer.into()))
    }

    async fn provide_review_information(
        &self,
        request: Request<pb::ProvideReviewInformationRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let review_id = reader.text("review_id", &message.review_id);
        let text = reader.text("information", &message.information);
        let (call, request, given) = act.finish(reader, review_id.zip(text))?;
        let gateway = self.door.gateway();
        let answer =
            gateway.provide_review_information(&call, &request, given, review::informed).await?;
        Ok(Response::new(answer.into()))
    }

    async fn watch_reviews(
        &self,
        request: Request<pb::WatchReviewsRequest>,
    ) -> Result<Response<Self::WatchReviewsStream>, Status> {
        let surroundings = Surroundings {
            gateway: self.door.gateway().clone(),
            visitor: self.door.visitor(request.extensions())?,
            deadline: request.extensions().get().copied(),
            stopping: self.stopping.clone(),
        };
        let (message, reader, heard) = self.door.hear(request)?;
        let (call, ()) = heard.finish(reader, Some(()))?;
        self.door.gateway().watch_reviews(&call).await?;
        let begin = Begin { resume_token: message.resume_token, from_now: message.from_now };
        Ok(Response::new(watch::open::<watched::Watched>(surroundings, begin).await?))
    }

    async fn list_incidents(
        &self,
        request: Request<pb::ListIncidentsRequest>,
    ) -> Result<Response<pb::ListIncidentsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let (call, ()) = heard.finish(reader, Some(()))?;
        let query = Query::new(List::Incidents, call.oin(), &[]);
        let after = query.position(&message.page_token, page::placed)?;
        let after = after.map(|(at, id)| (at, IncidentId::from_bytes(id)));
        let queue = IncidentQueue { purpose: message.purpose, after };
        let incidents = self.door.gateway().incidents(&call, &queue, size).await?;
        let next_page_token = page::after(query, &incidents, size, |last| {
            page::place(last.row.notify_due_at, last.row.incident_id.as_bytes())
        });
        let incidents = incidents.iter().map(review::incident).collect();
        Ok(Response::new(pb::ListIncidentsResponse { incidents, next_page_token }))
    }
}
