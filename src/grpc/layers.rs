//! What happens around every call, whatever the method.
//!
//! Invariants: a request that a web page could send never reaches a service; a call that began is
//! finished even when nobody waits for it any more, so that no commit is cut in half; every call
//! leaves one line in the log, without anything of its payload, and is counted for its organisation.

use std::convert::Infallible;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::{Request, Response};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service, ServiceExt as _};

use super::Limits;
use super::methods::{Methods, Talk};
use super::status;
use crate::gateway::{Error, Gateway, TraceId};
use crate::tls::ConnectInfo;

mod deadline;
mod form;
mod frames;
mod line;
mod occasion;
mod presence;
mod stated_name;

pub(super) use deadline::Deadline;
pub(crate) use occasion::HEADER as OCCASION_HEADER;
pub(super) use presence::Presence;

use frames::Frames;
use line::{Counting, Line};

/// What the methods of the contract begin with.
const CONTRACT: &str = "/ketenpoort.v1.";
/// Header with which gRPC says how a call ended.
const GRPC_STATUS: &str = "grpc-status";
/// Header with the details of an error.
const GRPC_DETAILS: &str = "grpc-status-details-bin";

/// Puts a [`Front`] before the services.
#[derive(Debug, Clone)]
pub(super) struct FrontLayer {
    methods: Methods,
    limits: Limits,
    /// One permit per unary call that runs, also when its caller has left.
    running: Arc<Semaphore>,
    /// Where calls are counted; none: they are not.
    gateway: Option<Gateway>,
}

impl FrontLayer {
    pub(super) fn new(methods: Methods, limits: Limits) -> Self {
        let running = Arc::new(Semaphore::new(limits.calls_max));
        Self { methods, limits, running, gateway: None }
    }

    /// Counts the calls of every organisation.
    pub(super) fn counting(self, gateway: &Gateway) -> Self {
        Self { gateway: Some(gateway.clone()), ..self }
    }
}

impl<S> Layer<S> for FrontLayer {
    type Service = Front<S>;

    fn layer(&self, inner: S) -> Front<S> {
        Front { layer: self.clone(), inner }
    }
}

/// Stands before the services.
#[derive(Debug, Clone)]
pub(super) struct Front<S> {
    layer: FrontLayer,
    inner: S,
}

/// The services behind the front.
pub(super) trait Services:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + 'static>
    + Clone
    + Send
    + 'static
{
}

impl<S> Services for S where
    S: Service<
            Request<Body>,
            Response = Response<Body>,
            Error = Infallible,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static
{
}

impl<S: Services> Service<Request<Body>> for Front<S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The one that was found ready is used; its fresh clone waits for the next call.
        let fresh = self.inner.clone();
        let inner = mem::replace(&mut self.inner, fresh);
        let layer = self.layer.clone();
        Box::pin(async move { Ok(layer.answer(inner, request).await) })
    }
}

impl FrontLayer {
    async fn answer<S: Services>(self, inner: S, mut request: Request<Body>) -> Response<Body> {
        let method = self.methods.get(request.uri().path());
        let trace = match deadline::trace(request.headers()) {
            Ok(trace) => trace,
            Err(error) => return Status::from(error).into_http(),
        };
        request.extensions_mut().insert(trace);
        let (path, oin) = (method.as_ref().map(|(path, _)| path), oin(&request));
        let is_stream =
            method.as_ref().is_some_and(|(_, talk)| !(talk.one_request && talk.one_response));
        let counts = path.is_some_and(|path| path.starts_with(CONTRACT));
        let known = self.gateway.as_ref().zip(oin.as_ref()).filter(|_| counts);
        let counting =
            known.map(|(gateway, oin)| Counting::begin(gateway, oin, request.headers(), is_stream));
        let line = Line::begin(path, oin, trace, counting);
        let response = self.guarded(inner, request, method).await;
        line.follow(response)
    }

    async fn guarded<S: Services>(
        &self,
        inner: S,
        mut request: Request<Body>,
        method: Option<(Arc<str>, Talk)>,
    ) -> Response<Body> {
        if let Some(refusal) = form::refusal(&request) {
            return refusal;
        }
        let Some((path, talk)) = method else {
            return Status::unimplemented("there is no such method").into_http();
        };
        let occasion = match occasion::of(request.headers()) {
            Ok(occasion) => occasion,
            Err(error) => return Status::from(error).into_http(),
        };
        let stated_name = match stated_name::take(request.headers_mut()) {
            Ok(stated_name) => stated_name,
            Err(error) => return Status::from(error).into_http(),
        };
        let deadline = deadline::of(request.headers(), &path, talk, &self.limits);
        let mut request = self.prepared(request, &path, talk, deadline);
        if let Some(occasion) = occasion {
            request.extensions_mut().insert(occasion);
        }
        if let Some(stated_name) = stated_name {
            request.extensions_mut().insert(stated_name);
        }
        let response = if talk.one_request && talk.one_response {
            self.run_to_the_end(inner, request, deadline).await
        } else {
            inner.oneshot(request).await.unwrap_or_else(|never| match never {})
        };
        own_words(response)
    }

    /// The request as the service gets it: with its deadline, and a body that is watched.
    fn prepared(
        &self,
        request: Request<Body>,
        path: &str,
        talk: Talk,
        deadline: Option<Deadline>,
    ) -> Request<Body> {
        let limit = self.limits.request_bytes_max(path);
        let mut request = request.map(|body| {
            let reading_until = deadline.filter(|_| talk.one_request);
            Body::new(Frames::new(body, limit, talk.one_request, reading_until))
        });
        if let Some(deadline) = deadline {
            request.extensions_mut().insert(deadline);
        }
        request
    }

    /// Runs a call in a task of its own: it goes on when the deadline passes or the caller leaves.
    async fn run_to_the_end<S: Services>(
        &self,
        inner: S,
        mut request: Request<Body>,
        deadline: Option<Deadline>,
    ) -> Response<Body> {
        let (_here, presence) = Presence::new();
        request.extensions_mut().insert(presence);
        let Ok(permit) = Arc::clone(&self.running).try_acquire_owned() else {
            return Status::from(Error::Busy).into_http();
        };
        let task = tokio::spawn(async move {
            let response = inner.oneshot(request).await;
            drop(permit);
            response
        });
        let finished = match deadline {
            Some(Deadline(at)) => timeout_at(at, task).await,
            None => Ok(task.await),
        };
        match finished {
            Ok(Ok(response)) => response.unwrap_or_else(|never| match never {}),
            Ok(Err(ended)) if ended.is_panic() => status::panicked().into_http(),
            // The process is stopping.
            Ok(Err(_cancelled)) => Status::from(Error::OutcomeUnknown).into_http(),
            Err(_elapsed) => status::deadline_exceeded().into_http(),
        }
    }
}

fn oin(request: &Request<Body>) -> Option<crate::domain::id::Oin> {
    request.extensions().get::<ConnectInfo>().map(|info| info.peer.oin().clone())
}

/// The transport blames itself (INTERNAL, without our details) for a message that is missing or
/// cannot be decoded. That is a fault of the request.
fn own_words(response: Response<Body>) -> Response<Body> {
    let internal = i32::from(Code::Internal).to_string();
    let headers = response.headers();
    let is_internal = headers.get(GRPC_STATUS).is_some_and(|code| *code == *internal);
    if is_internal && !headers.contains_key(GRPC_DETAILS) {
        let description = "the request is not one message of the kind that the method takes";
        return status::malformed("MALFORMED", description).into_http();
    }
    response
}

#[cfg(test)]
mod tests;
