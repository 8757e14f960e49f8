//! `ReviewService`: privacy officers judge emergencies.

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{Reader, review};
use super::kept::Kept;
use super::page::{self, List, Query};
use super::pb;
use super::stopping::Stopping;
use super::watch::{self, Begin, Surroundings};
use crate::domain::id::ReviewId;
use crate::domain::review::JudgementDraft;
use crate::domain::time::Timestamp;
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
        let caller = self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let mut reader = Reader::default();
        let actor = reader.actor("actor", message.actor);
        let size = page::size(message.page_size, &mut reader);
        let actor = reader.finish(actor)?;
        let query = Query::new(List::Reviews, caller.oin(), &[u8::from(message.with_closed)]);
        let after = query.position(&message.page_token, place)?;
        let after = after.map(|(due_at, id)| (due_at, ReviewId::from_bytes(id)));
        let queue = Queue { purpose: message.purpose, with_closed: message.with_closed, after };
        let reviews = self.door.gateway().reviews(&caller.act(actor), &queue, size).await?;
        let last = reviews.last().filter(|_| is_full(reviews.len(), size));
        let next_page_token = last.map_or_else(String::new, |last| {
            query.token(&position(last.row.due_at, last.row.review_id.as_bytes()))
        });
        let reviews = reviews.iter().map(review::overview).collect();
        Ok(Response::new(pb::ListReviewsResponse { reviews, next_page_token }))
    }

    async fn get_review(
        &self,
        request: Request<pb::GetReviewRequest>,
    ) -> Result<Response<pb::GetReviewResponse>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let mut reader = Reader::default();
        let actor = reader.actor("actor", message.actor);
        let review_id = reader.text("review_id", &message.review_id);
        let (actor, review_id) = reader.finish(actor.zip(review_id))?;
        let call = caller.act(actor);
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
        let caller = self.door.admit(request.extensions())?;
        let surroundings = Surroundings {
            gateway: self.door.gateway().clone(),
            visitor: self.door.visitor(request.extensions())?,
            deadline: request.extensions().get().copied(),
            stopping: self.stopping.clone(),
        };
        let pb::WatchReviewsRequest { actor, resume_token, from_now } = request.into_inner();
        let mut reader = Reader::default();
        let actor = reader.actor("actor", actor);
        let call = caller.act(reader.finish(actor)?);
        self.door.gateway().watch_reviews(&call).await?;
        let begin = Begin { resume_token, from_now };
        Ok(Response::new(watch::open::<watched::Watched>(surroundings, begin).await?))
    }

    async fn list_incidents(
        &self,
        request: Request<pb::ListIncidentsRequest>,
    ) -> Result<Response<pb::ListIncidentsResponse>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let mut reader = Reader::default();
        let actor = reader.actor("actor", message.actor);
        let size = page::size(message.page_size, &mut reader);
        let actor = reader.finish(actor)?;
        let query = Query::new(List::Incidents, caller.oin(), &[]);
        let after = query.position(&message.page_token, place)?;
        let after = after.map(|(at, id)| (at, crate::domain::id::IncidentId::from_bytes(id)));
        let queue = IncidentQueue { purpose: message.purpose, after };
        let incidents = self.door.gateway().incidents(&caller.act(actor), &queue, size).await?;
        let last = incidents.last().filter(|_| is_full(incidents.len(), size));
        let next_page_token = last.map_or_else(String::new, |last| {
            query.token(&position(last.row.notify_due_at, last.row.incident_id.as_bytes()))
        });
        let incidents = incidents.iter().map(review::incident).collect();
        Ok(Response::new(pb::ListIncidentsResponse { incidents, next_page_token }))
    }
}

fn is_full(found: usize, size: u32) -> bool {
    u32::try_from(found).is_ok_and(|found| found >= size)
}

/// A place in a list that is ordered by a moment and an id.
fn position(at: Timestamp, id: &[u8; 16]) -> Vec<u8> {
    [at.as_micros().to_be_bytes().as_slice(), id].concat()
}

fn place(position: &[u8]) -> Option<(Timestamp, [u8; 16])> {
    let (at, id) = position.split_first_chunk()?;
    Some((Timestamp::from_micros(i64::from_be_bytes(*at))?, id.try_into().ok()?))
}
