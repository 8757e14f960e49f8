//! `PrivacyService`: requests of data subjects, breaches and holds.

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{breach, hold, privacy, review};
use super::kept::Kept;
use super::page::{self, List, Query};
use super::pb;
use crate::domain::breach::Notification;
use crate::domain::id::{CaseRef, HoldId, IncidentId, Pseudonym, SubjectRequestId};
use crate::domain::retention::HoldReason;
use crate::domain::subject_request::{Ending, RequestState};
use crate::gateway::breaches::PeopleStart;
use crate::gateway::disclosures::PageStart;
use crate::gateway::holds::Holding;
use crate::gateway::subject_requests::preparing::{Approving, Preparing};

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
impl pb::services::privacy_service_server::PrivacyService for Service {
    async fn open_data_subject_request(
        &self,
        request: Request<pb::OpenDataSubjectRequestRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let case_ref: Option<CaseRef> = reader.text("case_ref", &message.case_ref);
        let draft = privacy::draft(message, &mut reader);
        let (call, request, case_ref) = act.finish(reader, case_ref)?;
        let answer = self
            .door
            .gateway()
            .open_subject_request(&call, &request, (case_ref, draft), privacy::opened)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn extend_data_subject_request(
        &self,
        request: Request<pb::ExtendDataSubjectRequestRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id: Option<SubjectRequestId> =
            reader.text("subject_request_id", &message.subject_request_id);
        let (call, request, id) = act.finish(reader, id)?;
        let extending = (id, message.motivation.as_str());
        let answer = self
            .door
            .gateway()
            .extend_subject_request(&call, &request, extending, privacy::extended)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn close_data_subject_request(
        &self,
        request: Request<pb::CloseDataSubjectRequestRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id: Option<SubjectRequestId> =
            reader.text("subject_request_id", &message.subject_request_id);
        let ending = reader.code("ending", message.ending, Ending::from_number);
        let (call, request, closing) = act.finish(reader, id.zip(ending))?;
        let answer = self
            .door
            .gateway()
            .close_subject_request(&call, &request, closing, privacy::closed)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn list_data_subject_requests(
        &self,
        request: Request<pb::ListDataSubjectRequestsRequest>,
    ) -> Result<Response<pb::ListDataSubjectRequestsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let state = match message.state {
            0 => None,
            number => reader.code("state", number, RequestState::from_number),
        };
        let (call, ()) = heard.finish(reader, Some(()))?;
        let conditions = message.state.to_be_bytes();
        let query = Query::new(List::SubjectRequests, call.oin(), &conditions);
        let after = query
            .position(&message.page_token, |at| at.try_into().ok())?
            .map(SubjectRequestId::from_bytes);
        let found = self.door.gateway().subject_requests(&call, state, after, size).await?;
        Ok(Response::new(pb::ListDataSubjectRequestsResponse {
            data_subject_requests: found.iter().map(privacy::request).collect(),
            next_page_token: page::after(query, &found, size, |last| last.id.as_bytes().to_vec()),
        }))
    }

    async fn get_data_subject_request(
        &self,
        request: Request<pb::GetDataSubjectRequestRequest>,
    ) -> Result<Response<pb::GetDataSubjectRequestResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let id: Option<SubjectRequestId> =
            reader.text("subject_request_id", &message.subject_request_id);
        let (call, id) = heard.finish(reader, id)?;
        let look = self.door.gateway().subject_request(&call, id).await?;
        Ok(Response::new(privacy::looked_at(&look)))
    }

    async fn list_case_people(
        &self,
        request: Request<pb::ListCasePeopleRequest>,
    ) -> Result<Response<pb::ListCasePeopleResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let case_ref: Option<CaseRef> = reader.text("case_ref", &message.case_ref);
        let (call, case_ref) = heard.finish(reader, case_ref)?;
        let gateway = self.door.gateway();
        let found = gateway.people_to_ask_about(&call, &case_ref).await?;
        let people = found.iter().map(privacy::candidate).collect();
        Ok(Response::new(pb::ListCasePeopleResponse { people }))
    }

    async fn get_incident(
        &self,
        request: Request<pb::GetIncidentRequest>,
    ) -> Result<Response<pb::GetIncidentResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let id: Option<IncidentId> = reader.text("incident_id", &message.incident_id);
        let (call, id) = heard.finish(reader, id)?;
        let (incident, opened) = self.door.gateway().incident(&call, message.purpose, id).await?;
        Ok(Response::new(pb::GetIncidentResponse {
            incident: Some(review::incident(&incident)),
            breach: opened.as_ref().map(breach::breach),
        }))
    }

    async fn build_access_report(
        &self,
        request: Request<pb::BuildAccessReportRequest>,
    ) -> Result<Response<pb::BuildAccessReportResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let id: Option<SubjectRequestId> =
            reader.text("subject_request_id", &message.subject_request_id);
        let (call, id) = heard.finish(reader, id)?;
        let query = Query::new(List::AccessReport, call.oin(), id.as_bytes());
        let start = query.position(&message.page_token, page::start)?;
        // The ledger is never as large: the present size is meant.
        let newest = PageStart { after: -1, tree_size: i64::MAX };
        let start = start.or_else(|| message.anew.then_some(newest));
        let gateway = self.door.gateway();
        let report = gateway.build_access_report(&call, id, start, size).await?;
        let after = report.next.map(|next| next.after);
        let next_page_token = page::next(query, after, report.tree_size);
        Ok(Response::new(privacy::report(gateway, &report, next_page_token)))
    }

    async fn prepare_access_report(
        &self,
        request: Request<pb::PrepareAccessReportRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id: Option<SubjectRequestId> =
            reader.text("subject_request_id", &message.subject_request_id);
        let withheld = message.withheld.iter().map(privacy::withheld).collect();
        let (call, request, id) = act.finish(reader, id)?;
        let preparing = Preparing { id, tree_size: message.tree_size, withheld };
        let gateway = self.door.gateway();
        let answer =
            gateway.prepare_access_report(&call, &request, preparing, privacy::prepared).await?;
        Ok(Response::new(answer.into()))
    }

    async fn approve_access_report(
        &self,
        request: Request<pb::ApproveAccessReportRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id: Option<SubjectRequestId> =
            reader.text("subject_request_id", &message.subject_request_id);
        let digest: Option<[u8; 32]> = message.digest.as_slice().try_into().ok();
        if digest.is_none() {
            reader.wrong("digest", "LENGTH", "must be the 32 bytes of the report that was read");
        }
        let (call, request, (id, digest)) = act.finish(reader, id.zip(digest))?;
        let approving = Approving { id, digest };
        let gateway = self.door.gateway();
        let answer =
            gateway.approve_access_report(&call, &request, approving, privacy::approved).await?;
        Ok(Response::new(answer.into()))
    }

    async fn open_breach(
        &self,
        request: Request<pb::OpenBreachRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let draft = breach::draft(message, &mut reader);
        let (call, request, ()) = act.finish(reader, Some(()))?;
        let gateway = self.door.gateway();
        let answer = gateway.open_breach(&call, &request, draft, breach::opened).await?;
        Ok(Response::new(answer.into()))
    }

    async fn build_breach_scope_report(
        &self,
        request: Request<pb::BuildBreachScopeReportRequest>,
    ) -> Result<Response<pb::BuildBreachScopeReportResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let id: Option<IncidentId> = reader.text("incident_id", &message.incident_id);
        let (call, id) = heard.finish(reader, id)?;
        let query = Query::new(List::BreachScope, call.oin(), id.as_bytes());
        let start = query.position(&message.page_token, people_start)?;
        let gateway = self.door.gateway();
        let scope = if message.look_only {
            gateway.look_at_breach_scope(&call, id, (start, size)).await?
        } else {
            gateway.breach_scope(&call, id, start, size).await?
        };
        let next_page_token = scope.next.map_or_else(String::new, |next| {
            query.token(&[&next.after.as_bytes()[..], &next.tree_size.to_be_bytes()].concat())
        });
        Ok(Response::new(breach::scope(&scope, next_page_token)))
    }

    async fn record_breach_notification(
        &self,
        request: Request<pb::RecordBreachNotificationRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id: Option<IncidentId> = reader.text("incident_id", &message.incident_id);
        let notification =
            reader.code("notification", message.notification, Notification::from_number);
        let (call, request, (id, notification)) = act.finish(reader, id.zip(notification))?;
        let told = (id, notification, message.motivation.as_str());
        let gateway = self.door.gateway();
        let answer =
            gateway.record_breach_notification(&call, &request, told, breach::notified).await?;
        Ok(Response::new(answer.into()))
    }

    async fn close_breach(
        &self,
        request: Request<pb::CloseBreachRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id: Option<IncidentId> = reader.text("incident_id", &message.incident_id);
        let (call, request, id) = act.finish(reader, id)?;
        let gateway = self.door.gateway();
        let answer = gateway.close_breach(&call, &request, id, breach::closed).await?;
        Ok(Response::new(answer.into()))
    }

    async fn place_hold(
        &self,
        request: Request<pb::PlaceHoldRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let case_ref = reader.text("case_ref", &message.case_ref);
        let person = reader.optional_text("subject_person_key", &message.subject_person_key);
        let reason = reader.code("reason", message.reason, HoldReason::from_number);
        let parts = case_ref.zip(person.zip(reason));
        let (call, request, (case_ref, (person, reason))) = act.finish(reader, parts)?;
        let holding = Holding { case_ref, person, reason };
        let gateway = self.door.gateway();
        let answer = gateway.place_hold(&call, &request, holding, hold::placed).await?;
        Ok(Response::new(answer.into()))
    }

    async fn lift_hold(
        &self,
        request: Request<pb::LiftHoldRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id = reader.text("hold_id", &message.hold_id);
        let (call, request, id) = act.finish(reader, id)?;
        let answer = self.door.gateway().lift_hold(&call, &request, id, hold::lifted).await?;
        Ok(Response::new(answer.into()))
    }

    async fn list_holds(
        &self,
        request: Request<pb::ListHoldsRequest>,
    ) -> Result<Response<pb::ListHoldsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let (call, ()) = heard.finish(reader, Some(()))?;
        let query = Query::new(List::Holds, call.oin(), &[]);
        let after = query.position(&message.page_token, |at| at.try_into().ok())?;
        let after = after.map(HoldId::from_bytes);
        let found = self.door.gateway().holds(&call, after, size).await?;
        Ok(Response::new(pb::ListHoldsResponse {
            holds: found.iter().map(hold::hold).collect(),
            next_page_token: page::after(query, &found, size, |last| last.id.as_bytes().to_vec()),
        }))
    }
}

fn people_start(position: &[u8]) -> Option<PeopleStart> {
    let (after, tree_size) = position.split_first_chunk()?;
    let tree_size = i64::from_be_bytes(tree_size.try_into().ok()?);
    Some(PeopleStart { after: Pseudonym::new(*after), tree_size })
}
