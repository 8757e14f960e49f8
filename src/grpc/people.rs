//! `PeopleService`: what changes about the people of a case, and what holds of them.

use std::time::Duration;

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::people;
use super::kept::Kept;
use super::pb;
use crate::domain::id::CaseRef;

/// Days ahead when the caller names none.
const DAYS_DEFAULT: u32 = 30;
/// Most days ahead: no consent lasts longer.
const DAYS_MAX: u32 = 366;

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
impl pb::services::people_service_server::PeopleService for Service {
    async fn record_person_change(
        &self,
        request: Request<pb::RecordPersonChangeRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let draft = people::draft(message, &mut reader);
        if let (true, Some(actor)) = (reader.found_wrong(), act.actor()) {
            let now = gateway.clock().now();
            let people = std::collections::BTreeMap::new();
            reader.also_but_people(draft.parse(&people, &actor.user_id, now));
        }
        let (call, request, ()) = act.finish(reader, Some(()))?;
        let answer = gateway.record_person_change(&call, &request, draft, people::changed).await?;
        Ok(Response::new(answer.into()))
    }

    async fn get_person_standing(
        &self,
        request: Request<pb::GetPersonStandingRequest>,
    ) -> Result<Response<pb::GetPersonStandingResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let case_ref: Option<CaseRef> = reader.text("case_ref", &message.case_ref);
        let person_key = reader.text("person_key", &message.person_key);
        let at = reader.moment("at", message.at);
        let (call, (case_ref, person_key)) = heard.finish(reader, case_ref.zip(person_key))?;
        let gateway = self.door.gateway();
        let look = gateway.person_standing(&call, (&case_ref, &person_key), at).await?;
        Ok(Response::new(people::standing(&look)?))
    }

    async fn list_consent_renewals(
        &self,
        request: Request<pb::ListConsentRenewalsRequest>,
    ) -> Result<Response<pb::ListConsentRenewalsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let case_ref: Option<CaseRef> = reader.text("case_ref", &message.case_ref);
        let days = reader.count("days", message.days, DAYS_DEFAULT, DAYS_MAX);
        let (call, (case_ref, days)) = heard.finish(reader, case_ref.zip(days))?;
        let ahead = Duration::from_hours(24) * days;
        let view = self.door.gateway().consent_renewals(&call, &case_ref, ahead).await?;
        Ok(Response::new(people::renewals(&view)))
    }
}
