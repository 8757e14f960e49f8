//! `ReferralService`: referrals of the police to the Steunpunt, and what the police may hear back.

use std::time::Duration;

use tonic::{Request, Response, Status, Streaming};

use super::Limits;
use super::caller::Door;
use super::convert::{Reader, inbox, referral, referral_status};
use super::kept::Kept;
use super::page::{self, List, Query};
use super::pb;
use super::stopping::Stopping;
use super::watch;
use crate::domain::id::ReferralId;
use crate::domain::referral::TriageOutcome;

mod pull;
mod stream;
mod watched;

/// A reader looks into its inbox this often without being told to: for leases that ended, and for
/// what came in at another replica.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Service {
    door: Door,
    limits: Limits,
    stopping: Stopping,
}

impl Service {
    pub(super) fn new(door: Door, limits: Limits, stopping: Stopping) -> Self {
        Self { door, limits, stopping }
    }
}

#[tonic::async_trait]
impl pb::services::referral_service_server::ReferralService for Service {
    type StreamReferralsStream = stream::Frames;
    type WatchReferralsStream = watch::Messages<pb::WatchReferralsResponse>;

    async fn watch_referrals(
        &self,
        request: Request<pb::WatchReferralsRequest>,
    ) -> Result<Response<Self::WatchReferralsStream>, Status> {
        let surroundings = watch::Surroundings {
            gateway: self.door.gateway().clone(),
            visitor: self.door.visitor(request.extensions())?,
            deadline: request.extensions().get().copied(),
            stopping: self.stopping.clone(),
        };
        let pb::WatchReferralsRequest { resume_token, from_now } = request.into_inner();
        let begin = watch::Begin { resume_token, from_now };
        Ok(Response::new(watch::open::<watched::Watched>(surroundings, begin).await?))
    }

    async fn submit_referral(
        &self,
        request: Request<pb::SubmitReferralRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();

        let referral = reader.given("referral", message.referral);
        let draft = referral.map(|referral| referral::draft(referral, &mut reader));
        if let Some(draft) = draft.as_ref().filter(|_| reader.found_wrong()) {
            reader.also(draft.clone().parse(act.oin(), gateway.clock().now()));
        }
        let (call, request, draft) = act.finish(reader, draft)?;

        let answer =
            gateway.submit_referral(&call, &request, draft, referral_status::submitted).await?;
        Ok(Response::new(answer.into()))
    }

    async fn get_referral_status(
        &self,
        request: Request<pb::GetReferralStatusRequest>,
    ) -> Result<Response<pb::GetReferralStatusResponse>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let mut reader = Reader::default();
        let referral_id = reader.text("referral_id", &request.get_ref().referral_id);
        let referral_id: ReferralId = reader.finish(referral_id)?;
        let status = self.door.gateway().referral_status(&caller, referral_id).await?;
        let status = Some(referral_status::status(&status));
        Ok(Response::new(pb::GetReferralStatusResponse { status }))
    }

    async fn list_referral_statuses(
        &self,
        request: Request<pb::ListReferralStatusesRequest>,
    ) -> Result<Response<pb::ListReferralStatusesResponse>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let mut reader = Reader::default();
        let size = page::size(message.page_size, &mut reader);
        reader.finish(Some(()))?;
        let query = Query::new(List::ReferralStatuses, caller.oin(), &[]);
        let below = query.position(&message.page_token, page::placed)?;
        let below = below.map(|(at, id)| (at, ReferralId::from_bytes(id)));
        let (statuses, next) = self.door.gateway().referral_statuses(&caller, below, size).await?;
        Ok(Response::new(pb::ListReferralStatusesResponse {
            statuses: statuses.iter().map(referral_status::status).collect(),
            next_page_token: next
                .map_or_else(String::new, |(at, id)| query.token(&page::place(at, id.as_bytes()))),
        }))
    }

    async fn withdraw_referral(
        &self,
        request: Request<pb::WithdrawReferralRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let referral_id = reader.text("referral_id", &message.referral_id);
        let (call, request, referral_id) = act.finish(reader, referral_id)?;
        let answer = self
            .door
            .gateway()
            .withdraw_referral(&call, &request, referral_id, referral_status::withdrawn)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn stream_referrals(
        &self,
        request: Request<Streaming<pb::StreamReferralsRequest>>,
    ) -> Result<Response<Self::StreamReferralsStream>, Status> {
        let visitor = self.door.visitor(request.extensions())?;
        visitor.admit()?;
        let surroundings = stream::Surroundings {
            gateway: self.door.gateway().clone(),
            visitor,
            deadline: request.extensions().get().copied(),
            stopping: self.stopping.clone(),
        };
        Ok(Response::new(stream::open(surroundings, request.into_inner())))
    }

    async fn pull_referrals(
        &self,
        request: Request<pb::PullReferralsRequest>,
    ) -> Result<Response<pb::PullReferralsResponse>, Status> {
        let visitor = self.door.visitor(request.extensions())?;
        let caller = visitor.admit()?;
        let waiting = pull::Waiting {
            visitor,
            deadline: request.extensions().get().copied(),
            presence: request.extensions().get().cloned(),
            stopping: self.stopping.clone(),
        };
        let pull = pull::Pull::read(request.into_inner(), &self.limits)?;
        let referrals = pull.run(self.door.gateway(), caller, waiting).await?;
        let referrals = referrals.iter().map(inbox::received).collect();
        Ok(Response::new(pb::PullReferralsResponse { referrals }))
    }

    async fn settle_referrals(
        &self,
        request: Request<pb::SettleReferralsRequest>,
    ) -> Result<Response<pb::SettleReferralsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let settlements = inbox::settlements("settlements", message.settlements, &mut reader);
        let (call, settlements) = heard.finish(reader, settlements)?;
        let settled = self.door.gateway().settle(&call, settlements).await?;
        let results =
            settled.iter().map(|(token, settled)| inbox::settled(*token, settled)).collect();
        Ok(Response::new(pb::SettleReferralsResponse { results }))
    }

    async fn record_triage(
        &self,
        request: Request<pb::RecordTriageRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let referral_id = reader.text("referral_id", &message.referral_id);
        let outcome = reader.code("outcome", message.outcome, TriageOutcome::from_number);
        let parts = referral_id.zip(outcome);
        let (call, request, (referral_id, outcome)) = act.finish(reader, parts)?;
        let answer = self
            .door
            .gateway()
            .record_triage(&call, &request, referral_id, outcome, referral_status::triaged)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn send_feedback(
        &self,
        request: Request<pb::SendFeedbackRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let referral_id = reader.text("referral_id", &message.referral_id);
        let (call, request, referral_id) = act.finish(reader, referral_id)?;
        let answer = self
            .door
            .gateway()
            .send_feedback(&call, &request, referral_id, referral_status::feedback_sent)
            .await?;
        Ok(Response::new(answer.into()))
    }
}
