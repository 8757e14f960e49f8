//! Serving: connections of visitors become requests to the pages.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use futures_util::StreamExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::time::timeout;
use tokio_stream::Stream;

use super::app::{self, App};
use super::door::{Live, Visit};
use super::entrance::Entrance;
use super::second_factor::SecondFactor;
use crate::gateway::Gateway;
use crate::tls::{SeenCertificate, VisitorStream};

/// How long the head of a request may take.
const HEAD_MAX: Duration = Duration::from_secs(10);
/// How long a connection may stay open. A browser opens another one without anybody noticing.
const CONNECTION_MAX: Duration = Duration::from_mins(10);
/// The same without a certificate: there is one page to read.
const STRANGER_MAX: Duration = Duration::from_secs(20);
/// A page is asked for with its style and script.
const STREAMS_MAX: u32 = 32;
/// How long requests under way may take to end.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// How to serve.
#[derive(Clone)]
pub struct Options {
    /// Says whether a certificate still counts.
    pub live: Live,
    /// Whether the people on the pages are invented, which then stands on every page.
    pub invented: bool,
    /// The certificates that were shown since the gateway began.
    pub certificates: Certificates,
    /// A way in without a certificate. Only a demo has one, and only with [`Options::invented`].
    pub entrance: Option<Entrance>,
    /// The login that a certificate must be followed by. Without it, a certificate is enough.
    pub second_factor: Option<SecondFactor>,
}

/// Tells which certificates were shown.
pub type Certificates = Arc<dyn Fn() -> Vec<SeenCertificate> + Send + Sync>;

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("invented", &self.invented)
            .field("entrance", &self.entrance)
            .finish_non_exhaustive()
    }
}

/// Serves pages to everybody who connects, until `incoming` ends.
pub async fn serve(
    gateway: Gateway,
    incoming: impl Stream<Item = VisitorStream> + Send,
    options: Options,
) {
    let longest_stranger = options.entrance.as_ref().map_or(STRANGER_MAX, |_| CONNECTION_MAX);
    let pages = app::router(App::new(gateway, options));
    let builder = builder();
    let graceful = GracefulShutdown::new();
    let mut incoming = pin!(incoming);
    while let Some(stream) = incoming.next().await {
        let visit = Visit::of(&stream);
        let longest = if visit.peer.is_some() { CONNECTION_MAX } else { longest_stranger };
        let service = TowerToHyperService::new(pages.clone().layer(Extension(visit)));
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // What a peer does wrong is its own affair, and may hold what is nobody's business here.
            if timeout(longest, connection).await.is_ok_and(|ended| ended.is_err()) {
                tracing::debug!(event = "console.connection_failed");
            }
        });
    }
    drop(timeout(DRAIN_MAX, graceful.shutdown()).await);
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(HEAD_MAX)
        .keep_alive_timeout(HEAD_MAX);
    builder
}
