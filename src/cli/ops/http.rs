//! HTTP/1.1 with GET and nothing else: one request a connection, a few seconds, a few at once.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::Known;

/// Connections at once: one scraper, one supervisor, and people with a browser.
const CONNECTIONS_MAX: usize = 16;
/// From the first byte to the last of a connection: a database that hangs included.
const CONNECTION_MAX: Duration = Duration::from_secs(10);
/// How long the head of a request may take.
const HEAD_MAX: Duration = Duration::from_secs(2);
/// A request line and what a browser adds to it.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// After an error that the next call would meet again.
const PAUSE: Duration = Duration::from_millis(100);

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// The Prometheus text format, version 0.0.4.
const FIGURES: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Serves until it is aborted.
pub(super) async fn serve(listener: TcpListener, known: Arc<Known>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        // Whoever comes when all places are taken waits in the queue of the system.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((connection, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let known = Arc::clone(&known);
        tokio::spawn(async move {
            drop(timeout(CONNECTION_MAX, converse(connection, known)).await);
            drop(place);
        });
    }
}

async fn converse(connection: TcpStream, known: Arc<Known>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let known = Arc::clone(&known);
        async move { Ok::<_, Infallible>(answer(request.method(), request.uri().path(), &known).await) }
    });
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .keep_alive(false)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(connection), service);
    if let Err(error) = conversation.await {
        tracing::debug!(event = "ops.connection_failed", %error);
    }
}

async fn answer(method: &Method, path: &str, known: &Known) -> Response<Full<Bytes>> {
    if *method != Method::GET {
        let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return refusal;
    }
    match path {
        "/livez" => text(StatusCode::OK, "live\n"),
        "/readyz" => match known.unready() {
            None => text(StatusCode::OK, "ready\n"),
            Some(reason) => text(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
        },
        "/metrics" => {
            let page = known.exposition.page(known).await;
            let mut answer = text(StatusCode::OK, page);
            answer.headers_mut().insert(CONTENT_TYPE, FIGURES);
            answer
        }
        _ => text(StatusCode::NOT_FOUND, "/livez, /readyz or /metrics\n"),
    }
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, TEXT);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
