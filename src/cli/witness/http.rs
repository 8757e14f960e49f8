//! HTTP/1.1 over TLS with one path: `POST /add-checkpoint`. A few seconds, a few at once.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::keeper::{Answer, Keeper};
use crate::ledger::witness::REQUEST_BYTES_MAX;
use crate::tls::OpenServer;

/// Connections at once: the gateways of a few ledgers.
const CONNECTIONS_MAX: usize = 64;
/// From the handshake to the last byte. A gateway that has more to ask connects again.
const CONNECTION_MAX: Duration = Duration::from_secs(30);
/// How long a handshake, and then the head of a request, may take.
const HEAD_MAX: Duration = Duration::from_secs(5);
/// How long the body may take: some kilobytes.
const BODY_MAX: Duration = Duration::from_secs(5);
/// A request line and some headers.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// After an error that the next call would meet again.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is dropped.
pub(in crate::cli) async fn serve(listener: TcpListener, server: OpenServer, keeper: Keeper) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        // Whoever comes when all places are taken waits in the queue of the system.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((connection, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let (server, keeper) = (server.clone(), keeper.clone());
        tokio::spawn(async move {
            drop(timeout(CONNECTION_MAX, converse(connection, server, keeper)).await);
            drop(place);
        });
    }
}

async fn converse(connection: TcpStream, server: OpenServer, keeper: Keeper) {
    let Ok(Ok(stream)) = timeout(HEAD_MAX, server.accept(connection)).await else {
        return tracing::debug!(event = "witness.handshake_failed");
    };
    let service = service_fn(move |request: Request<Incoming>| {
        let keeper = keeper.clone();
        async move { Ok::<_, Infallible>(answer(request, &keeper).await) }
    });
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = conversation.await {
        tracing::debug!(event = "witness.connection_failed", %error);
    }
}

async fn answer(request: Request<Incoming>, keeper: &Keeper) -> Response<Full<Bytes>> {
    if request.uri().path() != "/add-checkpoint" {
        return refused(StatusCode::NOT_FOUND, "/add-checkpoint\n");
    }
    if request.method() != Method::POST {
        let mut answer = refused(StatusCode::METHOD_NOT_ALLOWED, "only POST\n");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return answer;
    }
    let body = Limited::new(request.into_body(), REQUEST_BYTES_MAX).collect();
    let Ok(body) = timeout(BODY_MAX, body).await else {
        return refused(StatusCode::REQUEST_TIMEOUT, "the request takes too long\n");
    };
    let Ok(body) = body else {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large\n");
    };
    let Answer { status, content_type, body } = keeper.add_checkpoint(body.to_bytes()).await;
    text(status, content_type, body)
}

fn refused(status: StatusCode, words: &'static str) -> Response<Full<Bytes>> {
    text(status, "text/plain; charset=utf-8", words)
}

fn text(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
