//! `SignalService`: what in the ledger deserves a look.

use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{deadline, signal};
use super::kept::Kept;
use super::page::{self, List, Query};
use super::pb;
use crate::domain::id::{SignalId, SuppressionId};
use crate::domain::signal::SignalState;
use crate::domain::signal::suppression::SuppressionScope;
use crate::gateway::signals::{Closing, Raising, SignalFilter, Suppressing};

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
impl pb::services::signal_service_server::SignalService for Service {
    async fn list_signals(
        &self,
        request: Request<pb::ListSignalsRequest>,
    ) -> Result<Response<pb::ListSignalsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let score_min = u8::try_from(message.score_min).ok().filter(|score| *score <= 100);
        if score_min.is_none() {
            reader.wrong("score_min", "SCORE", "must be 0 to 100");
        }
        let (call, score_min) = heard.finish(reader, score_min)?;
        let conditions = [message.state, message.rule, message.score_min].map(i32::to_be_bytes);
        let query = Query::new(List::Signals, call.oin(), conditions.as_flattened());
        let before = query.position(&message.page_token, page::placed)?;
        let before = before.map(|(at, id)| (at, SignalId::from_bytes(id)));
        let filter = SignalFilter {
            purpose: message.purpose,
            state: message.state,
            rule: message.rule,
            score_min,
            before,
        };
        let found = self.door.gateway().signals(&call, &filter, size).await?;
        let next_page_token = page::after(query, &found, size, |last| {
            page::place(last.row.found_at, last.row.signal_id.as_bytes())
        });
        let signals = found.iter().map(signal::signal).collect();
        Ok(Response::new(pb::ListSignalsResponse { signals, next_page_token }))
    }

    async fn get_signal(
        &self,
        request: Request<pb::GetSignalRequest>,
    ) -> Result<Response<pb::GetSignalResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let id: Option<SignalId> = reader.text("signal_id", &message.signal_id);
        let (call, id) = heard.finish(reader, id)?;
        let gateway = self.door.gateway();
        let seen = gateway.signal(&call, message.purpose, id).await?;
        Ok(Response::new(signal::seen(&seen)))
    }

    async fn raise_signal(
        &self,
        request: Request<pb::RaiseSignalRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let grounds = reader.text("grounds", &message.grounds);
        let (call, request, grounds) = act.finish(reader, grounds)?;
        let raising = Raising { index: message.index, grounds };
        let gateway = self.door.gateway();
        let answer = gateway.raise_signal(&call, &request, raising, signal::raised).await?;
        Ok(Response::new(answer.into()))
    }

    async fn close_signal(
        &self,
        request: Request<pb::CloseSignalRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let signal_id = reader.text("signal_id", &message.signal_id);
        let grounds = reader.text("grounds", &message.grounds);
        let state = reader.code("state", message.state, SignalState::from_number);
        let is_incident = match state {
            Some(SignalState::Incident) => Some(true),
            Some(SignalState::Explained) => Some(false),
            Some(SignalState::Open | SignalState::Suppressed) => {
                reader.wrong("state", "SIGNAL_ENDING", "must be EXPLAINED or INCIDENT");
                None
            }
            None => None,
        };
        let parts = signal_id.zip(is_incident.zip(grounds));
        let (call, request, (signal_id, (is_incident, grounds))) = act.finish(reader, parts)?;
        let closing = Closing { signal_id, is_incident, grounds };
        let gateway = self.door.gateway();
        let answer = gateway.close_signal(&call, &request, closing, signal::closed).await?;
        Ok(Response::new(answer.into()))
    }

    async fn suppress_signals(
        &self,
        request: Request<pb::SuppressSignalsRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let signal_id = reader.text("signal_id", &message.signal_id);
        let scope = reader.code("scope", message.scope, SuppressionScope::from_number);
        let until = deadline::moment_given("until_time", message.until_time, &mut reader);
        let owner = reader.text("owner_user_id", &message.owner_user_id);
        let grounds = reader.text("grounds", &message.grounds);
        let parts = signal_id.zip(scope).zip(until.zip(owner).zip(grounds));
        let (call, request, parts) = act.finish(reader, parts)?;
        let ((signal_id, scope), ((until, owner), grounds)) = parts;
        let suppressing = Suppressing { signal_id, scope, until, owner, grounds };
        let gateway = self.door.gateway();
        let answer =
            gateway.suppress_signal(&call, &request, suppressing, signal::suppressed).await?;
        Ok(Response::new(answer.into()))
    }

    async fn end_suppression(
        &self,
        request: Request<pb::EndSuppressionRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id: Option<SuppressionId> = reader.text("suppression_id", &message.suppression_id);
        let (call, request, id) = act.finish(reader, id)?;
        let gateway = self.door.gateway();
        let answer = gateway.end_suppression(&call, &request, id, signal::spoken).await?;
        Ok(Response::new(answer.into()))
    }

    async fn list_suppressions(
        &self,
        request: Request<pb::ListSuppressionsRequest>,
    ) -> Result<Response<pb::ListSuppressionsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let (call, ()) = heard.finish(reader, Some(()))?;
        let query = Query::new(List::Suppressions, call.oin(), &[]);
        let after = query.position(&message.page_token, |at| at.try_into().ok())?;
        let after = after.map(SuppressionId::from_bytes);
        let gateway = self.door.gateway();
        let found = gateway.suppressions(&call, message.purpose, after, size).await?;
        let next_page_token =
            page::after(query, &found, size, |last| last.suppression_id.as_bytes().to_vec());
        let suppressions = found.iter().map(signal::suppression).collect();
        Ok(Response::new(pb::ListSuppressionsResponse { suppressions, next_page_token }))
    }

    async fn list_detectors(
        &self,
        request: Request<pb::ListDetectorsRequest>,
    ) -> Result<Response<pb::ListDetectorsResponse>, Status> {
        let (_, reader, heard) = self.door.hear(request)?;
        let (call, ()) = heard.finish(reader, Some(()))?;
        let found = self.door.gateway().detectors(&call).await?;
        let detectors = found.iter().map(signal::detector).collect();
        Ok(Response::new(pb::ListDetectorsResponse { detectors }))
    }
}
