//! The accept loop: from a TCP connection to a stream that belongs to an organisation.
//!
//! Invariants: everything that waits is counted and has a limit; a peer costs nothing but a
//! handshake until it is known; when half-open connections reach their limit the *oldest* goes,
//! because refusing the newest would let a few hundred silent peers keep everybody out.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_stream::Stream;

use super::identity::IdentityPolicy;
use super::trust::LiveTrust;

mod connections;
mod greeter;
mod peer_stream;
mod refusal;
mod visitor_stream;

pub(super) use greeter::Greeter;
pub use peer_stream::{ConnectInfo, PeerStream};
pub(super) use refusal::Refusal;
pub use visitor_stream::VisitorStream;

/// What the accept loop may hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a handshake may take.
    pub handshake_timeout: Duration,
    /// Half-open connections at once.
    pub handshakes_max: usize,
    /// Established connections at once.
    pub connections_max: usize,
    /// Established connections of one organisation at once.
    pub connections_per_organisation_max: usize,
    /// How often a connection's certificate is checked again while nothing else asks for it.
    pub recheck_every: Duration,
}

impl Limits {
    /// A handshake is two round trips and less than a millisecond of work; five seconds bear the
    /// slowest line and hundreds of others at the same time.
    pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
    /// A tenth of a second of work for two cores. Each may buffer 64 KiB: 16 MiB together.
    pub const HANDSHAKES_MAX: usize = 256;
    /// With the half-open ones below the 1,024 descriptors that a process usually has, which leaves
    /// some for databases. A region has tens of organisations.
    pub const CONNECTIONS_MAX: usize = 512;
    /// A client does best with four to eight connections; this bears four such processes of one
    /// organisation, and sixteen organisations that all do so.
    pub const CONNECTIONS_PER_ORGANISATION_MAX: usize = 32;
    /// Certificates and revocation lists end at a moment, not at a reload. Checking costs a few
    /// look-ups, so twice a minute is nothing, and an inbox that stays open for hours is cut in
    /// time.
    pub const RECHECK_EVERY: Duration = Duration::from_secs(30);
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake_timeout: Self::HANDSHAKE_TIMEOUT,
            handshakes_max: Self::HANDSHAKES_MAX,
            connections_max: Self::CONNECTIONS_MAX,
            connections_per_organisation_max: Self::CONNECTIONS_PER_ORGANISATION_MAX,
            recheck_every: Self::RECHECK_EVERY,
        }
    }
}

/// After an error that the next call would meet again, the loop waits this long, and twice as long
/// each time up to the second value: without descriptors it would otherwise spin.
const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The connections of admitted organisations, for tonic's `serve_with_incoming`.
///
/// Nothing runs in the background: dropping the stream closes all half-open connections. It ends
/// when `shutdown` is ready, and never yields an error. While nobody polls it, nothing is accepted.
pub fn incoming(
    listener: TcpListener,
    trust: LiveTrust,
    limits: Limits,
    policy: IdentityPolicy,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> impl Stream<Item = io::Result<PeerStream>> + Send {
    incoming_from(listener, Greeter::new(trust, limits, policy), shutdown)
}

/// The connections of whoever comes, for a trust state with [`Clients::Anybody`]: people with a
/// browser. Otherwise as [`incoming`].
///
/// [`Clients::Anybody`]: super::trust::Clients::Anybody
pub fn visitors(
    listener: TcpListener,
    trust: LiveTrust,
    limits: Limits,
    policy: IdentityPolicy,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> impl Stream<Item = VisitorStream> + Send {
    let acceptor =
        Acceptor::<_, Visitors>::new(listener, Greeter::new(trust, limits, policy), shutdown);
    stream::unfold(acceptor, |mut acceptor| async move {
        let stream = acceptor.next().await?;
        Some((stream, acceptor))
    })
}

/// Where connections come from: a socket, or a test that misbehaves like one.
pub(super) trait Accept: Send + Sync {
    /// The next connection. Dropping the future loses none.
    fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send;
}

impl Accept for TcpListener {
    fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send {
        Self::accept(self)
    }
}

pub(super) fn incoming_from(
    source: impl Accept,
    greeter: Greeter,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> impl Stream<Item = io::Result<PeerStream>> + Send {
    let acceptor = Acceptor::<_, Peers>::new(source, greeter, shutdown);
    stream::unfold(acceptor, |mut acceptor| async move {
        let stream = acceptor.next().await?;
        Some((Ok(stream), acceptor))
    })
}

/// Whom a listener lets in.
trait Reception: Send + 'static {
    /// A connection of them.
    type Stream: Send + 'static;

    /// One handshake.
    fn receive(
        greeter: &Greeter,
        tcp: TcpStream,
        remote: SocketAddr,
    ) -> impl Future<Output = Result<Self::Stream, Refusal>> + Send;
}

/// Systems of organisations.
struct Peers;

impl Reception for Peers {
    type Stream = PeerStream;

    fn receive(
        greeter: &Greeter,
        tcp: TcpStream,
        remote: SocketAddr,
    ) -> impl Future<Output = Result<PeerStream, Refusal>> + Send {
        greeter.greet(tcp, remote)
    }
}

/// Whoever comes.
struct Visitors;

impl Reception for Visitors {
    type Stream = VisitorStream;

    fn receive(
        greeter: &Greeter,
        tcp: TcpStream,
        remote: SocketAddr,
    ) -> impl Future<Output = Result<VisitorStream, Refusal>> + Send {
        greeter.welcome(tcp, remote)
    }
}

type Greeting<R> = Result<<R as Reception>::Stream, Refusal>;

struct Acceptor<A, R: Reception> {
    source: A,
    greeter: Arc<Greeter>,
    handshakes: JoinSet<Greeting<R>>,
    /// The tasks in `handshakes`, oldest first.
    half_open: VecDeque<AbortHandle>,
    pause: Pause,
    shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
    reception: PhantomData<fn() -> R>,
}

impl<A: Accept, R: Reception> Acceptor<A, R> {
    fn new(
        source: A,
        greeter: Greeter,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self {
            source,
            greeter: Arc::new(greeter),
            handshakes: JoinSet::new(),
            half_open: VecDeque::new(),
            pause: Pause::default(),
            shutdown: Box::pin(shutdown),
            reception: PhantomData,
        }
    }

    /// The next admitted connection; `None` at shutdown.
    async fn next(&mut self) -> Option<R::Stream> {
        loop {
            // In this order: finished handshakes make room before new ones begin.
            tokio::select! {
                biased;
                () = &mut self.shutdown => return None,
                Some(finished) = self.handshakes.join_next_with_id() => {
                    if let Some(stream) = self.finish(finished) {
                        return Some(stream);
                    }
                }
                accepted = accept_after(&self.source, self.pause.until) => match accepted {
                    Ok((tcp, remote)) => self.begin(tcp, remote),
                    Err(error) => self.pause.after(&error),
                },
            }
        }
    }

    fn begin(&mut self, tcp: TcpStream, remote: SocketAddr) {
        self.pause = Pause::default();
        if self.half_open.len() >= self.greeter.limits().handshakes_max
            && let Some(oldest) = self.half_open.pop_front()
        {
            oldest.abort();
            Refusal::PushedOut.log();
        }
        let greeter = Arc::clone(&self.greeter);
        let task = self.handshakes.spawn(async move { R::receive(&greeter, tcp, remote).await });
        self.half_open.push_back(task);
    }

    fn finish(
        &mut self,
        finished: Result<(tokio::task::Id, Greeting<R>), JoinError>,
    ) -> Option<R::Stream> {
        let (id, greeting) = match finished {
            Ok((id, greeting)) => (id, Some(greeting)),
            Err(error) => {
                if error.is_panic() {
                    tracing::error!("a handshake task panicked");
                }
                (error.id(), None)
            }
        };
        self.half_open.retain(|task| task.id() != id);
        match greeting? {
            Ok(stream) => Some(stream),
            Err(refusal) => {
                refusal.log();
                None
            }
        }
    }
}

async fn accept_after(
    source: &impl Accept,
    until: Option<Instant>,
) -> io::Result<(TcpStream, SocketAddr)> {
    if let Some(until) = until {
        sleep_until(until).await;
    }
    source.accept().await
}

/// When the loop may accept again after an error.
#[derive(Debug, Default)]
struct Pause {
    until: Option<Instant>,
    length: Duration,
}

impl Pause {
    fn after(&mut self, error: &io::Error) {
        if concerns_one_connection(error) {
            return;
        }
        self.length = (self.length * 2).clamp(PAUSE_MIN, PAUSE_MAX);
        self.until = Some(Instant::now() + self.length);
        tracing::warn!(kind = %error.kind(), "cannot accept connections, waiting");
    }
}

/// The peer was gone before we could accept; the next one is not affected.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
