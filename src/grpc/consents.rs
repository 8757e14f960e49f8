//! `ConsentService`: consents given, refused, withdrawn and asked about.

use std::collections::BTreeMap;

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{Reader, consent, consent_history};
use super::kept::Kept;
use super::page::{self, List, Query};
use super::pb;
use super::stopping::Stopping;
use super::watch::{self, Begin, Surroundings};
use crate::domain::id::{CaseRef, ConsentId};
use crate::gateway::consents::Word;
use crate::gateway::watching::BEFORE_ALL;

mod notices;

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
impl pb::services::consent_service_server::ConsentService for Service {
    type WatchNoticesStream = watch::Messages<pb::WatchNoticesResponse>;

    async fn watch_notices(
        &self,
        request: Request<pb::WatchNoticesRequest>,
    ) -> Result<Response<Self::WatchNoticesStream>, Status> {
        let surroundings = Surroundings {
            gateway: self.door.gateway().clone(),
            visitor: self.door.visitor(request.extensions())?,
            deadline: request.extensions().get().copied(),
            stopping: self.stopping.clone(),
        };
        let pb::WatchNoticesRequest { resume_token, from_now } = request.into_inner();
        let begin = Begin { resume_token, from_now };
        Ok(Response::new(watch::open::<notices::Watched>(surroundings, begin).await?))
    }

    async fn record_consent(
        &self,
        request: Request<pb::RecordConsentRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let given = reader.given("consent", message.consent);
        let draft = given.map(|given| consent::draft(given, &mut reader));
        if let Some(draft) = draft.as_ref().filter(|_| reader.found_wrong()) {
            let rules = gateway.directory().policy.consent.clone();
            let now = gateway.clock().now();
            reader.also_but_people(draft.parse(&BTreeMap::new(), now, &rules));
        }
        let (call, request, draft) = act.finish(reader, draft)?;
        let word = if message.refused { Word::Refused } else { Word::Given };
        let answer =
            gateway.record_consent(&call, &request, (draft, word), consent::recorded).await?;
        Ok(Response::new(answer.into()))
    }

    async fn withdraw_consent(
        &self,
        request: Request<pb::WithdrawConsentRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let draft = consent::withdrawal(message, &mut reader);
        if reader.found_wrong() {
            reader.also(draft.check());
        }
        let (call, request, ()) = act.finish(reader, Some(()))?;
        let answer = self
            .door
            .gateway()
            .withdraw_consent(&call, &request, draft, consent::withdrawn)
            .await?;
        Ok(Response::new(answer.into()))
    }

    async fn get_consent(
        &self,
        request: Request<pb::GetConsentRequest>,
    ) -> Result<Response<pb::GetConsentResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let consent_id: Option<ConsentId> = reader.text("consent_id", &message.consent_id);
        let (call, _well_formed) = heard.finish(reader, consent_id)?;
        let view = self.door.gateway().consent_view(&call, &message.consent_id).await?;
        Ok(Response::new(pb::GetConsentResponse { consent: Some(consent::consent(&view)) }))
    }

    async fn get_consent_history(
        &self,
        request: Request<pb::GetConsentHistoryRequest>,
    ) -> Result<Response<pb::GetConsentHistoryResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let case_ref: Option<CaseRef> = reader.text("case_ref", &message.case_ref);
        let about = reader.optional_text("subject_pseudonym", &message.subject_pseudonym);
        let as_of = reader.moment("as_of", message.as_of);
        let (call, (case_ref, about)) = heard.finish(reader, case_ref.zip(about))?;
        let gateway = self.door.gateway();
        let at = as_of.unwrap_or_else(|| gateway.clock().now());
        let found = gateway.consent_history(&call, message.purpose, (&case_ref, at)).await?;
        Ok(Response::new(consent_history::history(&found, about)))
    }

    async fn check_consent(
        &self,
        request: Request<pb::CheckConsentRequest>,
    ) -> Result<Response<pb::CheckConsentResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let question = consent::question(message, &mut reader);
        let (call, ()) = heard.finish(reader, Some(()))?;
        let checked = self.door.gateway().check_consent(&call, question).await?;
        Ok(Response::new(consent::checked(&checked)))
    }

    async fn list_notices(
        &self,
        request: Request<pb::ListNoticesRequest>,
    ) -> Result<Response<pb::ListNoticesResponse>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let mut reader = Reader::default();
        let size = page::size(message.page_size, &mut reader);
        reader.finish(Some(()))?;
        let query = Query::new(List::Notices, caller.oin(), &[]);
        let after = query
            .position(&message.page_token, |at| Some(i64::from_be_bytes(at.try_into().ok()?)))?;
        let after = after.unwrap_or(BEFORE_ALL);
        let rows = self.door.gateway().notices(&caller, after, size).await?;
        let end = rows.last().map_or(after, |notice| notice.place);
        let notices = rows.iter().map(notices::notice).collect();
        let next_page_token = query.token(&end.to_be_bytes());
        Ok(Response::new(pb::ListNoticesResponse { notices, next_page_token }))
    }
}
