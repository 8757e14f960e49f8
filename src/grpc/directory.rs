//! `DirectoryService`: who takes part, and where a referral goes.

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{Reader, moment, organisation::organisation};
use super::page::{self, List, Query};
use super::pb;
use crate::domain::id::Gemeentecode;
use crate::gateway::Error;

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
impl pb::services::directory_service_server::DirectoryService for Service {
    async fn get_caller(
        &self,
        request: Request<pb::GetCallerRequest>,
    ) -> Result<Response<pb::GetCallerResponse>, Status> {
        let visitor = self.door.visitor(request.extensions())?;
        let caller = visitor.admit()?;
        let gateway = self.door.gateway();
        Ok(Response::new(pb::GetCallerResponse {
            organisation: Some(organisation(caller.organisation())),
            certificate_fingerprint: visitor.peer().fingerprint().to_string(),
            certificate_expire_time: Some(moment(visitor.peer().validity().not_after)),
            server_time: Some(moment(gateway.clock().now())),
            ledger_vkey: gateway.ledger_verifier().to_string(),
            receipt_vkey: gateway.receipt_verifier().to_string(),
        }))
    }

    async fn list_organisations(
        &self,
        request: Request<pb::ListOrganisationsRequest>,
    ) -> Result<Response<pb::ListOrganisationsResponse>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let mut reader = Reader::default();
        let size = page::size(message.page_size, &mut reader);
        reader.finish(Some(()))?;
        let query = Query::new(List::Organisations, caller.oin(), &[]);
        let after: Option<String> =
            query.position(&message.page_token, |at| String::from_utf8(at.to_vec()).ok())?;

        let directory = self.door.gateway().directory();
        let mut rest = directory
            .organisations()
            .skip_while(|known| {
                after.as_ref().is_some_and(|after| known.oin().as_str() <= &**after)
            })
            .peekable();
        let mut organisations = Vec::new();
        while let Some(known) = rest.next_if(|_| count_of(&organisations) < size) {
            organisations.push(organisation(known));
        }
        let last = organisations.last().filter(|_| rest.peek().is_some());
        let next_page_token = last
            .map_or_else(String::new, |last: &pb::Organisation| query.token(last.oin.as_bytes()));
        Ok(Response::new(pb::ListOrganisationsResponse { organisations, next_page_token }))
    }

    async fn resolve_route(
        &self,
        request: Request<pb::ResolveRouteRequest>,
    ) -> Result<Response<pb::ResolveRouteResponse>, Status> {
        self.door.admit(request.extensions())?;
        let mut reader = Reader::default();
        let field = "residence_gemeentecode";
        let residence = reader.text(field, &request.get_ref().residence_gemeentecode);
        let residence: Gemeentecode = reader.finish(residence)?;
        let directory = self.door.gateway().directory();
        let route = directory.routing.route(&residence).or(Err(Error::NotInRegion))?;
        Ok(Response::new(pb::ResolveRouteResponse {
            recipient_oin: route.recipient.to_string(),
            team_id: route.team.to_string(),
            routing_version: route.version.to_string(),
        }))
    }
}

fn count_of<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}
