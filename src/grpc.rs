//! The gRPC edge: converts messages, calls one use case, converts back.
//!
//! Invariants: no rule of the chain is decided here; who calls comes from the certificate of the
//! connection and from nowhere else; every wait and every size has a limit in [`Limits`].

use std::fmt;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_stream::Stream;
use tonic::transport::Server;
use tonic::transport::server::Connected;

use crate::gateway::Gateway;
use crate::tls::ConnectInfo;

mod act;
mod caller;
mod case_direction;
mod cases;
mod consents;
mod convert;
mod deadlines;
mod directory;
mod disclosures;
mod health;
mod kept;
mod layers;
mod methods;
mod officer;
mod page;
pub mod pb;
mod people;
mod privacy;
mod referrals;
mod reports;
mod reviews;
mod sharing;
mod signals;
mod status;
mod stopping;
mod watch;

pub use caller::Live;
pub(crate) use layers::OCCASION_HEADER;

use caller::Door;
use layers::FrontLayer;
use methods::Methods;
use pb::services::case_direction_service_server::CaseDirectionServiceServer;
use pb::services::case_service_server::CaseServiceServer;
use pb::services::consent_service_server::ConsentServiceServer;
use pb::services::deadline_service_server::DeadlineServiceServer;
use pb::services::directory_service_server::DirectoryServiceServer;
use pb::services::disclosure_service_server::DisclosureServiceServer;
use pb::services::officer_service_server::OfficerServiceServer;
use pb::services::people_service_server::PeopleServiceServer;
use pb::services::privacy_service_server::PrivacyServiceServer;
use pb::services::referral_service_server::ReferralServiceServer;
use pb::services::report_service_server::ReportServiceServer;
use pb::services::review_service_server::ReviewServiceServer;
use pb::services::sharing_service_server::SharingServiceServer;
use pb::services::signal_service_server::SignalServiceServer;
use stopping::Stopping;

/// A service with the limits on its messages.
macro_rules! sized {
    ($server:ident, $service:expr, $limits:expr) => {
        $server::new($service)
            .max_decoding_message_size($limits.summary_bytes_max)
            .max_encoding_message_size($limits.response_bytes_max)
    };
}

/// What the edge may hold and how long it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls at once on one connection. Without a limit one connection can open tens of thousands.
    pub streams_max: u32,
    /// Unary calls that run at once, those included whose caller no longer waits.
    pub calls_max: usize,
    /// A request: far above a referral with 20 people or 500 settlements.
    pub request_bytes_max: usize,
    /// A request about a case: a summary of 100 sections of 20,000 characters.
    pub summary_bytes_max: usize,
    /// A response: a summary with its decision and proofs.
    pub response_bytes_max: usize,
    /// Headers of a request: a trace and little more.
    pub header_bytes_max: u32,
    /// Streams that a peer opened and reset before we looked at them (HTTP/2 rapid reset).
    pub pending_resets_max: usize,
    /// How often we ask a silent peer for a sign of life.
    pub keepalive_interval: Duration,
    /// How long it may take to answer.
    pub keepalive_timeout: Duration,
    /// After this a connection takes no new calls, so that clients spread over new replicas.
    pub connection_age_max: Duration,
    /// Deadline of a call whose caller names none.
    pub unary_timeout_default: Duration,
    /// Longest deadline of a call with one answer.
    pub unary_timeout_max: Duration,
    /// How long a reader may wait for something to come into its inbox.
    pub long_poll_max: Duration,
    /// How long calls may take to end after the gateway was told to stop.
    pub drain_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams_max: 128,
            calls_max: 4096,
            request_bytes_max: 1024 * 1024,
            summary_bytes_max: 10 * 1024 * 1024,
            response_bytes_max: 16 * 1024 * 1024,
            header_bytes_max: 16 * 1024,
            pending_resets_max: 20,
            keepalive_interval: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(10),
            connection_age_max: Duration::from_hours(1),
            unary_timeout_default: Duration::from_secs(10),
            unary_timeout_max: Duration::from_mins(1),
            long_poll_max: Duration::from_secs(30),
            drain_max: Duration::from_secs(15),
        }
    }
}

impl Limits {
    /// The largest request of a method.
    fn request_bytes_max(&self, path: &str) -> usize {
        if path == "/ketenpoort.v1.CaseService/PublishSummary" {
            self.summary_bytes_max
        } else {
            self.request_bytes_max
        }
    }
}

/// How to serve.
#[derive(Clone)]
pub struct Options {
    /// Whether clients may ask for the descriptors. Off in production.
    pub reflection: bool,
    /// Says whether a certificate still counts; asked for every call and before every hand-over.
    pub live: Live,
    /// Limits.
    pub limits: Limits,
}

impl Options {
    /// Production: no reflection, default limits.
    pub fn new(live: Live) -> Self {
        Self { reflection: false, live, limits: Limits::default() }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("reflection", &self.reflection)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Why the edge cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The transport failed.
    #[error("the gRPC server failed")]
    Transport(#[from] tonic::transport::Error),
    /// The descriptors in this binary cannot be read.
    #[error("the compiled descriptors cannot be read")]
    Descriptors(#[from] prost::DecodeError),
    /// The descriptors in this binary cannot be shown.
    #[error("the compiled descriptors cannot be reflected")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Serves the gateway on connections of known peers, until `shutdown`; then drains: health says
/// `NOT_SERVING`, inbox streams get a `Drain`, calls that run are finished.
pub async fn serve<IO>(
    gateway: Gateway,
    incoming: impl Stream<Item = io::Result<IO>> + Send + 'static,
    options: Options,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError>
where
    IO: AsyncRead + AsyncWrite + Connected<ConnectInfo = ConnectInfo> + Unpin + Send + 'static,
{
    let Options { reflection, live, limits } = options;
    let (stop, stopping) = stopping::channel();
    let (health, health_service) = health::of(&gateway, stopping.clone());
    let front = FrontLayer::new(Methods::served()?, limits).counting(&gateway);
    let door = Door::new(gateway, live);
    let mut router = builder(&limits)
        .layer(front)
        .add_service(health_service)
        .add_service(sized!(DirectoryServiceServer, directory::Service::new(door.clone()), limits))
        .add_service(sized!(PeopleServiceServer, people::Service::new(door.clone()), limits))
        .add_service(sized!(
            CaseDirectionServiceServer,
            case_direction::Service::new(door.clone()),
            limits
        ))
        .add_service(sized!(CaseServiceServer, cases::Service::new(door.clone()), limits))
        .add_service(sized!(SharingServiceServer, sharing::Service::new(door.clone()), limits))
        .add_service(sized!(SignalServiceServer, signals::Service::new(door.clone()), limits))
        .add_service(sized!(
            ConsentServiceServer,
            consents::Service::new(door.clone(), stopping.clone()),
            limits
        ))
        .add_service(sized!(DeadlineServiceServer, deadlines::Service::new(door.clone()), limits))
        .add_service(sized!(
            DisclosureServiceServer,
            disclosures::Service::new(door.clone(), stopping.clone()),
            limits
        ))
        .add_service(sized!(ReportServiceServer, reports::Service::new(door.clone()), limits))
        .add_service(sized!(OfficerServiceServer, officer::Service::new(door.clone()), limits))
        .add_service(sized!(PrivacyServiceServer, privacy::Service::new(door.clone()), limits))
        .add_service(sized!(
            ReferralServiceServer,
            referrals::Service::new(door.clone(), limits, stopping.clone()),
            limits
        ))
        .add_service(sized!(
            ReviewServiceServer,
            reviews::Service::new(door.clone(), stopping.clone()),
            limits
        ));
    if reflection {
        router = router.add_service(reflected().build_v1()?);
        router = router.add_service(reflected().build_v1alpha()?);
    }
    // Said here and not in the future that the transport gets: that one is dropped unheard when the
    // listener, which hears of it too, ends first. Then no stream would be told, and nothing be cut.
    let say = async move {
        shutdown.await;
        stop.say();
        std::future::pending::<()>().await;
    };
    let mut heard = stopping.clone();
    let served =
        router.serve_with_incoming_shutdown(incoming, async move { heard.stopped().await });
    let ended = tokio::select! {
        ended = served => ended,
        () = say => Ok(()),
        () = overdue(stopping, limits.drain_max) => {
            tracing::warn!("calls did not end in time and are cut");
            Ok(())
        }
    };
    health.abort();
    Ok(ended?)
}

fn builder(limits: &Limits) -> Server {
    Server::builder()
        .max_concurrent_streams(limits.streams_max)
        .http2_max_header_list_size(limits.header_bytes_max)
        .http2_max_pending_accept_reset_streams(Some(limits.pending_resets_max))
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
        .max_connection_age(limits.connection_age_max)
}

fn reflected() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(pb::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// Ready when `patience` has passed since the gateway was told to stop.
async fn overdue(mut stopping: Stopping, patience: Duration) {
    stopping.stopped().await;
    tokio::time::sleep(patience).await;
}

#[cfg(test)]
mod tests;
