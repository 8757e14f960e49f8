//! `SharingService`: giving a summary to one organisation on the sender's own initiative.

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::sharing;
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
        let (message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let draft = sharing::draft(message, &mut reader);
        if let (true, Some(actor)) = (reader.found_wrong(), act.actor()) {
            reader.also(draft.check(gateway, actor, act.oin()));
        }
        let (call, request, ()) = act.finish(reader, Some(()))?;
        let answer = gateway.share_summary(&call, &request, draft, sharing::given).await?;
        Ok(Response::new(answer.into()))
    }

    async fn read_shared_summary(
        &self,
        request: Request<pb::ReadSharedSummaryRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let share_id = reader.text("share_id", &message.share_id);
        let (call, request, share_id) = act.finish(reader, share_id)?;
        let gateway = self.door.gateway();
        let answer = gateway.read_shared_summary(&call, &request, share_id, sharing::read).await?;
        Ok(Response::new(answer.into()))
    }

    async fn agree_to_address_release(
        &self,
        request: Request<pb::AgreeToAddressReleaseRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let gateway = self.door.gateway();
        let draft = sharing::release(message, &mut reader);
        if reader.found_wrong() {
            reader.also(draft.check(gateway.clock().now()));
        }
        let (call, request, ()) = act.finish(reader, Some(()))?;
        let answer =
            gateway.agree_to_address_release(&call, &request, draft, sharing::agreed).await?;
        Ok(Response::new(answer.into()))
    }
}
