//! The one line that every call leaves in the log.
//!
//! It holds the method, the code, the organisation, the time it took and the trace id: nothing of
//! the payload, no header, and no path that we do not know. The same call is counted for its organisation,
//! if it is one of the contract: a probe of health or reflection says nothing about work.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderMap, Response, StatusCode};
use http_body::{Frame, SizeHint};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};

use super::{GRPC_STATUS, status};
use crate::domain::id::Oin;
use crate::gateway::traffic::{Ended, OpenStream};
use crate::gateway::{Gateway, TraceId};

/// The code of a call that ended without one: its caller left.
const CUT: &str = "CUT";

/// Writes itself when the call is over.
pub(super) struct Line {
    method: Arc<str>,
    oin: Option<Oin>,
    trace: TraceId,
    begun: Instant,
    /// Known at the end; a call that ends without one was cut.
    code: Option<&'static str>,
    /// Whether the gateway had too much to do; a message that is too large ends with the same code.
    is_busy: bool,
    /// None: nobody known calls.
    counting: Option<Counting>,
}

/// A call that is counted when it is over; that somebody calls is known when it begins. What the client calls itself goes into the count, and never
/// into the log.
pub(super) struct Counting {
    gateway: Gateway,
    oin: Oin,
    client: String,
    /// Open as long as the call is.
    _stream: Option<OpenStream>,
}

impl Counting {
    pub(super) fn begin(
        gateway: &Gateway,
        oin: &Oin,
        headers: &HeaderMap,
        is_stream: bool,
    ) -> Self {
        let client = headers.get(USER_AGENT).and_then(|client| client.to_str().ok());
        gateway.see_caller(oin, client.unwrap_or_default());
        Self {
            gateway: gateway.clone(),
            oin: oin.clone(),
            client: client.unwrap_or_default().to_owned(),
            _stream: is_stream.then(|| gateway.count_stream(oin)),
        }
    }
}

impl Line {
    pub(super) fn begin(
        method: Option<&Arc<str>>,
        oin: Option<Oin>,
        trace: TraceId,
        counting: Option<Counting>,
    ) -> Self {
        let method = method.map_or_else(|| "unknown".into(), Arc::clone);
        Self { method, oin, trace, begun: Instant::now(), code: None, is_busy: false, counting }
    }

    /// Follows a response to its end.
    pub(super) fn follow(mut self, response: Response<Body>) -> Response<Body> {
        if response.status() != StatusCode::OK {
            self.code = Some("NOT_GRPC");
            return response;
        }
        if self.read(response.headers()) {
            return response;
        }
        response.map(|body| Body::new(Followed { body, line: self }))
    }

    /// Reads how the call ended, if it stands there.
    fn read(&mut self, headers: &HeaderMap) -> bool {
        let Some(code) = headers.get(GRPC_STATUS) else { return false };
        let code = Code::from_bytes(code.as_bytes());
        self.code = Some(name(code));
        self.is_busy = code == Code::ResourceExhausted
            && Status::from_header_map(headers).is_some_and(|status| status::is_busy(&status));
        self.count();
        true
    }

    /// Once, and before the caller sees the end.
    fn count(&mut self) {
        if let Some(Counting { gateway, oin, client, .. }) = self.counting.take() {
            gateway.count_call(&oin, &client, ended(self.code.unwrap_or(CUT), self.is_busy));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.count();
        let oin = self.oin.as_ref().map_or("", Oin::as_str);
        let code = self.code.unwrap_or(CUT);
        metrics::histogram!(
            "rpc_server_duration_seconds",
            "rpc_method" => Arc::clone(&self.method),
            "rpc_response_status_code" => code
        )
        .record(self.begun.elapsed());
        let ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            rpc.method = &*self.method,
            rpc.code = code,
            org.oin = oin,
            duration_ms = ms,
            trace_id = %self.trace,
            "call"
        );
    }
}

/// A response body that tells its line how the call ended.
struct Followed {
    body: Body,
    line: Line,
}

impl http_body::Body for Followed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let next = Pin::new(&mut self.body).poll_frame(cx);
        match &next {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.line.read(trailers);
                }
            }
            Poll::Ready(Some(Err(error))) => {
                self.line.code = Some(name(error.code()));
                self.line.is_busy = status::is_busy(error);
            }
            Poll::Ready(None) | Poll::Pending => {}
        }
        next
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

/// The name of a code, as gRPC spells it.
const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// What became of a call, as its caller sees it.
fn ended(code: &str, is_busy: bool) -> Ended {
    match code {
        "OK" | CUT | "CANCELLED" => Ended::Answered,
        "RESOURCE_EXHAUSTED" if is_busy => Ended::Failed,
        "UNKNOWN" | "DEADLINE_EXCEEDED" | "INTERNAL" | "UNAVAILABLE" | "DATA_LOSS" => Ended::Failed,
        _ => Ended::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::Error;

    #[test]
    fn a_call_is_refused_where_the_caller_must_change_and_fails_where_we_must() {
        let of = |code| ended(name(code), false);
        for refused in [
            Code::InvalidArgument,
            Code::NotFound,
            Code::PermissionDenied,
            Code::Unauthenticated,
            Code::FailedPrecondition,
            Code::Aborted,
        ] {
            assert_eq!(of(refused), Ended::Refused, "{refused:?}");
        }
        for failed in [Code::Internal, Code::Unavailable, Code::DeadlineExceeded] {
            assert_eq!(of(failed), Ended::Failed, "{failed:?}");
        }
        for answered in [Code::Ok, Code::Cancelled] {
            assert_eq!(of(answered), Ended::Answered, "{answered:?}");
        }
        assert_eq!(ended(CUT, false), Ended::Answered, "the caller left");
    }

    #[test]
    fn a_message_that_is_too_large_is_refused_and_a_gateway_that_is_busy_fails() {
        for (status, expected) in [
            (status::message_too_large(4), Ended::Refused),
            (Status::from(Error::Busy), Ended::Failed),
        ] {
            let mut line = Line::begin(None, None, TraceId::generate().unwrap(), None);
            assert!(line.read(status.into_http::<Body>().headers()));
            assert_eq!(line.code, Some("RESOURCE_EXHAUSTED"));
            assert_eq!(ended(line.code.unwrap(), line.is_busy), expected);
        }
    }
}
