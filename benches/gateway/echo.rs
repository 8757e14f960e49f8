//! The measure: a server with the accept loop, the TLS and the gRPC stack of the gateway that sends
//! back what it was sent. It runs as a process of its own, which is this benchmark started again.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Command;
use std::task::{Context, Poll};

use anyhow::Context as _;
use bytes::Bytes;
use ketenpoort::gateway::Clock;
use ketenpoort::tls::{
    self, IdentityPolicy, Limits, LiveTrust, TestOins, TrustFiles, TrustOptions,
};
use ketenpoort::{grpc, tls::trust::Versions};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use crate::bytes_codec::BytesCodec;
use crate::process::Process;

/// The only method.
pub(crate) const METHOD: &str = "/bench.Echo/Echo";

/// First argument of the process that echoes.
const ASK: &str = "echo-server";

/// The certificates to echo with, if this process was started to echo.
pub(crate) fn asked_for() -> Option<PathBuf> {
    let mut arguments = std::env::args_os().skip(1);
    (arguments.next()? == ASK).then(|| arguments.next().map(PathBuf::from))?
}

/// Starts this benchmark again as the echo.
pub(crate) fn start(pki: &Path) -> anyhow::Result<Process> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(ASK).arg(pki);
    Process::start(command)
}

/// Serves until killed. The settings are those of `ketenpoort serve`.
pub(crate) async fn serve(pki: &Path) -> anyhow::Result<()> {
    let files = TrustFiles {
        anchors: pki.join("ca/root.pem"),
        intermediates: vec![pki.join("ca/issuing.pem")],
        revocation_lists: vec![pki.join("crl.pem")],
        server_chain: pki.join("server/localhost.pem"),
        server_key: pki.join("server/localhost.key"),
    };
    let options = TrustOptions { versions: Versions::Tls13, ..TrustOptions::default() };
    let clock = Clock::system();
    let trust = LiveTrust::load(files, options, tls::Clock::new(move || clock.now()))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let policy = IdentityPolicy { test_oins: TestOins::Accept };
    let incoming =
        tls::incoming(listener, trust, Limits::default(), policy, std::future::pending());
    writeln!(std::io::stderr(), "ready grpc={address}")?;
    let limits = grpc::Limits::default();
    Server::builder()
        .max_concurrent_streams(limits.streams_max)
        .http2_max_header_list_size(limits.header_bytes_max)
        .http2_max_pending_accept_reset_streams(Some(limits.pending_resets_max))
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
        .max_connection_age(limits.connection_age_max)
        .add_service(Echo)
        .serve_with_incoming(incoming)
        .await
        .context("the echo failed")
}

#[derive(Clone, Copy)]
struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "bench.Echo";
}

impl tower::Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move { Ok(Grpc::new(BytesCodec).unary(Self, request).await) })
    }
}

impl UnaryService<Bytes> for Echo {
    type Response = Bytes;
    type Future = Ready<Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        ready(Ok(Response::new(request.into_inner())))
    }
}
