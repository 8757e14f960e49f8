//! A connection that belongs to an organisation.
//!
//! Invariant: it carries bytes only as long as the certificate it was opened with counts. When the
//! trust state is replaced, and now and then in between, the certificate is checked again; when it
//! fails, reading and writing fail, which ends every request on the connection.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use super::super::identity::PeerIdentity;
use super::super::seen::Sight;
use super::super::trust::{LiveTrust, Rejection, TrustChanges};
use super::connections::Place;

/// Who is on the other side. tonic puts it into the extensions of every request.
#[derive(Debug, Clone)]
pub struct ConnectInfo {
    /// The organisation.
    pub peer: Arc<PeerIdentity>,
    /// Where the connection comes from.
    pub remote_addr: SocketAddr,
}

/// A connection of an admitted organisation.
pub struct PeerStream {
    tls: TlsStream<TcpStream>,
    info: ConnectInfo,
    trust: LiveTrust,
    changes: TrustChanges,
    recheck: Interval,
    /// Why the connection was cut.
    cut: Option<Rejection>,
    _place: Place,
    _sight: Sight,
}

impl PeerStream {
    pub(super) fn new(
        tls: TlsStream<TcpStream>,
        info: ConnectInfo,
        trust: LiveTrust,
        changes: TrustChanges,
        place: Place,
        recheck_every: Duration,
    ) -> Self {
        let mut recheck = interval_at(Instant::now() + recheck_every, recheck_every);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let sight = trust.opened(&info.peer);
        Self { tls, info, trust, changes, recheck, cut: None, _place: place, _sight: sight }
    }

    /// Who is on the other side.
    pub const fn info(&self) -> &ConnectInfo {
        &self.info
    }

    /// Checks the certificate again when there is reason to, and arranges to be woken for the next.
    fn poll_certificate(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let mut due = false;
        while self.changes.poll_changed(cx).is_ready() {
            due = true;
        }
        while self.recheck.poll_tick(cx).is_ready() {
            due = true;
        }
        if due && self.cut.is_none() {
            self.cut = self.trust.check_live(&self.info.peer, self.trust.now()).err();
            if let Some(rejection) = self.cut {
                let oin = self.info.peer.oin();
                tracing::info!(peer.oin = %oin, code = rejection.code(), "connection cut");
            }
        }
        self.require_uncut()
    }

    fn require_uncut(&self) -> io::Result<()> {
        match self.cut {
            None => Ok(()),
            Some(rejection) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, rejection)),
        }
    }
}

impl fmt::Debug for PeerStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerStream").field("info", &self.info).finish_non_exhaustive()
    }
}

impl Connected for PeerStream {
    type ConnectInfo = ConnectInfo;

    fn connect_info(&self) -> ConnectInfo {
        self.info.clone()
    }
}

impl AsyncRead for PeerStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // An HTTP/2 connection always reads, so this is where it is woken.
        self.poll_certificate(cx)?;
        Pin::new(&mut self.tls).poll_read(cx, buffer)
    }
}

impl AsyncWrite for PeerStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.require_uncut()?;
        Pin::new(&mut self.tls).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.require_uncut()?;
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.require_uncut()?;
        Pin::new(&mut self.tls).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }
}
