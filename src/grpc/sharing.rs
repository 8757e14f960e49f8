//! `SharingService`: giving a summary to one organisation on the sender's own initiative.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{self, Reader, sharing};
use super::kept::Kept;
use super::pb;

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
impl pb::services::sharing_service_server::SharingService for Service {
    async fn share_summary(
        &self,
        request: Request<pb::ShareSummaryRequest>,
    ) -> Result<Response<Kept>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let mut message = request.into_inner();
        let body = message.encode_to_vec();
        let gateway = self.door.gateway();
        let mut reader = Reader::default();
        let act = reader.act(&message.request_id, message.actor.take());
        let draft = sharing::draft(message, &mut reader);
        if reader.found_wrong() {
            let actor = act.as_ref().map(|(_, actor)| actor);
            if let Some(actor) = actor {
                reader.also(draft.check(gateway, actor, caller.oin()));
            }
        }
        let (request_id, actor) = reader.finish(act)?;
        let request = convert::request(request_id, "ShareSummary", body);
        let call = caller.act(actor);
        let answer = gateway.share_summary(&call, &request, draft, sharing::given).await?;
        Ok(Response::new(answer.into()))
    }

    async fn read_shared_summary(
        &self,
        request: Request<pb::ReadSharedSummaryRequest>,
    ) -> Result<Response<Kept>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let body = message.encode_to_vec();
        let mut reader = Reader::default();
        let act = reader.act(&message.request_id, message.actor);
        let share_id = reader.text("share_id", &message.share_id);
        let ((request_id, actor), share_id) = reader.finish(act.zip(share_id))?;
        let request = convert::request(request_id, "ReadSharedSummary", body);
        let call = caller.act(actor);
        let gateway = self.door.gateway();
        let answer = gateway.read_shared_summary(&call, &request, share_id, sharing::read).await?;
        Ok(Response::new(answer.into()))
    }

    async fn agree_to_address_release(
        &self,
        request: Request<pb::AgreeToAddressReleaseRequest>,
    ) -> Result<Response<Kept>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let mut message = request.into_inner();
        let body = message.encode_to_vec();
        let gateway = self.door.gateway();
        let mut reader = Reader::default();
        let act = reader.act(&message.request_id, message.actor.take());
        let draft = sharing::release(message, &mut reader);
        if reader.found_wrong() {
            reader.also(draft.check(gateway.clock().now()));
        }
        let (request_id, actor) = reader.finish(act)?;
        let request = convert::request(request_id, "AgreeToAddressRelease", body);
        let call = caller.act(actor);
        let answer =
            gateway.agree_to_address_release(&call, &request, draft, sharing::agreed).await?;
        Ok(Response::new(answer.into()))
    }
}
