//! `CaseDirectionService`: what the Steunpunt that directs a case does with it, and handovers.

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{case, case_direction};
use super::kept::Kept;
use super::pb;
use crate::domain::case::HandoverAnswer;
use crate::domain::id::{CaseRef, MeetingId, Oin, UserId};

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
impl pb::services::case_direction_service_server::CaseDirectionService for Service {
    async fn change_safety_phase(
        &self,
        request: Request<pb::ChangeSafetyPhaseRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (mut message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let case_ref = reader.text("case_ref", &message.case_ref);
        let involvement = case::involvement(message.involvement.take());
        let decision = case_direction::decision(message);
        if reader.found_wrong() {
            reader.also(decision.clone().parse());
            reader.also(involvement.clone().parse(gateway.clock().now()));
        }
        let (call, request, case_ref): (_, _, CaseRef) = act.finish(reader, case_ref)?;
        let asked = (decision, involvement);
        let answer = gateway
            .change_safety_phase(&call, &request, &case_ref, asked, case_direction::phase_changed)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn announce_meeting(
        &self,
        request: Request<pb::AnnounceMeetingRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (mut message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let case_ref = reader.text("case_ref", &message.case_ref);
        let involvement = case::involvement(message.involvement.take());
        let meeting = case_direction::meeting(message, &mut reader);
        if reader.found_wrong() {
            let now = gateway.clock().now();
            let id = MeetingId::from_bytes([0; 16]);
            reader.also_but_people(meeting.clone().parse(id, &[], now));
            reader.also(involvement.clone().parse(now));
        }
        let (call, request, case_ref): (_, _, CaseRef) = act.finish(reader, case_ref)?;
        let asked = (meeting, involvement);
        let answer = gateway
            .announce_meeting(&call, &request, &case_ref, asked, case_direction::announced)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn change_process_direction(
        &self,
        request: Request<pb::ChangeProcessDirectionRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let case_ref = reader.text("case_ref", &message.case_ref);
        let director = reader.text("process_director_user_id", &message.process_director_user_id);
        let manager = reader.text("manager_user_id", &message.manager_user_id);
        let parts = case_ref.zip(director).zip(manager);
        let (call, request, ((case_ref, director), manager)) = act.finish(reader, parts)?;
        let (case_ref, who): (CaseRef, (UserId, UserId)) = (case_ref, (director, manager));
        let answer = gateway
            .change_process_direction(&call, &request, &case_ref, who, case_direction::directed)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn remove_case_team_member(
        &self,
        request: Request<pb::RemoveCaseTeamMemberRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let case_ref = reader.text("case_ref", &message.case_ref);
        let member = reader.text("member_oin", &message.member_oin);
        let parts = case_ref.zip(member);
        let (call, request, (case_ref, member)) = act.finish(reader, parts)?;
        let (case_ref, member): (CaseRef, Oin) = (case_ref, member);
        let answer = gateway
            .remove_case_team_member(&call, &request, &case_ref, &member, case_direction::removed)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn offer_handover(
        &self,
        request: Request<pb::OfferHandoverRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (mut message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let involvement = case::involvement(message.involvement.take());
        let offer = case_direction::offer(message);
        if reader.found_wrong() {
            reader.also(offer.clone().parse());
            reader.also(involvement.clone().parse(gateway.clock().now()));
        }
        let (call, request, ()) = act.finish(reader, Some(()))?;
        let asked = (offer, involvement);
        let answer =
            gateway.offer_handover(&call, &request, asked, case_direction::offered).await?;
        Ok(Response::new(answer.into()))
    }

    async fn answer_handover(
        &self,
        request: Request<pb::AnswerHandoverRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let handover_id = reader.text("handover_id", &message.handover_id);
        let said = reader.code("answer", message.answer, HandoverAnswer::from_number);
        let parts = handover_id.zip(said);
        let (call, request, (handover_id, said)) = act.finish(reader, parts)?;
        let asked = (handover_id, said);
        let answer =
            gateway.answer_handover(&call, &request, asked, case_direction::answered).await?;
        Ok(Response::new(answer.into()))
    }

    async fn close_case(
        &self,
        request: Request<pb::CloseCaseRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (mut message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let case_ref = reader.text("case_ref", &message.case_ref);
        let involvement = case::involvement(message.involvement.take());
        let closing = case_direction::closing(message.closing, &mut reader);
        if reader.found_wrong() {
            let now = gateway.clock().now();
            reader.also(closing.clone().parse(now));
            reader.also(involvement.clone().parse(now));
        }
        let (call, request, case_ref): (_, _, CaseRef) = act.finish(reader, case_ref)?;
        let asked = (closing, involvement);
        let answer =
            gateway.close_case(&call, &request, &case_ref, asked, case_direction::closed).await?;
        Ok(Response::new(answer.into()))
    }

    async fn reopen_case(
        &self,
        request: Request<pb::ReopenCaseRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (mut message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let case_ref = reader.text("case_ref", &message.case_ref);
        let involvement = case::involvement(message.involvement.take());
        let reopening = case_direction::reopening(message);
        if reader.found_wrong() {
            let now = gateway.clock().now();
            reader.also(reopening.clone().parse(now));
            reader.also(involvement.clone().parse(now));
        }
        let (call, request, case_ref): (_, _, CaseRef) = act.finish(reader, case_ref)?;
        let asked = (reopening, involvement);
        let answer = gateway
            .reopen_case(&call, &request, &case_ref, asked, case_direction::reopened)
            .await?;
        Ok(Response::new(answer.into()))
    }
}
