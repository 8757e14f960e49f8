//! `DeadlineService`: what must be done before a moment, and what stops those clocks.

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::deadline;
use super::kept::Kept;
use super::pb;
use crate::gateway::deadlines::steps::ClockStep;
use deadline::Of;

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
impl pb::services::deadline_service_server::DeadlineService for Service {
    async fn list_deadlines(
        &self,
        request: Request<pb::ListDeadlinesRequest>,
    ) -> Result<Response<pb::ListDeadlinesResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let of = deadline::of(&message, &mut reader);
        let (call, of) = heard.finish(reader, of)?;
        let views = match of {
            Of::Referral(id) => self.door.gateway().referral_deadlines(&call, id).await?,
            Of::Case(case_ref) => self.door.gateway().case_deadlines(&call, &case_ref).await?,
        };
        let deadlines = views.iter().map(deadline::deadline).collect();
        Ok(Response::new(pb::ListDeadlinesResponse { deadlines }))
    }

    async fn record_first_contact(
        &self,
        request: Request<pb::RecordFirstContactRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let referral_id = reader.text("referral_id", &message.referral_id);
        let at = deadline::moment_given("contact_at", message.contact_at, &mut reader);
        let (call, request, (referral_id, at)) = act.finish(reader, referral_id.zip(at))?;
        let step = (referral_id, ClockStep::FirstContact, at);
        let gateway = self.door.gateway();
        let answer = gateway.record_clock_step(&call, &request, step, deadline::contacted).await?;
        Ok(Response::new(answer.into()))
    }

    async fn close_investigation(
        &self,
        request: Request<pb::CloseInvestigationRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let referral_id = reader.text("referral_id", &message.referral_id);
        let at = deadline::moment_given("closed_at", message.closed_at, &mut reader);
        let (call, request, (referral_id, at)) = act.finish(reader, referral_id.zip(at))?;
        let step = (referral_id, ClockStep::InvestigationClosed, at);
        let gateway = self.door.gateway();
        let answer = gateway.record_clock_step(&call, &request, step, deadline::closed).await?;
        Ok(Response::new(answer.into()))
    }

    async fn record_subject_informed(
        &self,
        request: Request<pb::RecordSubjectInformedRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let draft = deadline::informed_draft(&message, &mut reader);
        let (call, request, draft) = act.finish(reader, draft)?;
        let gateway = self.door.gateway();
        let answer =
            gateway.record_subject_informed(&call, &request, draft, deadline::informed).await?;
        Ok(Response::new(answer.into()))
    }

    async fn record_client_informed(
        &self,
        request: Request<pb::RecordClientInformedRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let share_id = reader.text("share_id", &message.share_id);
        let at = deadline::moment_given("informed_at", message.informed_at, &mut reader);
        let (call, request, told) = act.finish(reader, share_id.zip(at))?;
        let gateway = self.door.gateway();
        let answer =
            gateway.record_client_informed(&call, &request, told, deadline::client_told).await?;
        Ok(Response::new(answer.into()))
    }

    async fn postpone_informing(
        &self,
        request: Request<pb::PostponeInformingRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let draft = deadline::postponement_draft(&message, &mut reader);
        let (call, request, draft) = act.finish(reader, draft)?;
        let gateway = self.door.gateway();
        let answer =
            gateway.postpone_informing(&call, &request, draft, deadline::postponed).await?;
        Ok(Response::new(answer.into()))
    }
}
