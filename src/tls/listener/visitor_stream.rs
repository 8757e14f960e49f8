//! A connection of whoever comes: of an admitted organisation, or of somebody without a certificate.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::connections::Place;
use super::{ConnectInfo, PeerStream};

/// A connection of whoever comes.
pub struct VisitorStream(Visitor);

// Both are boxed, so that the one that is small does not take the room of the other.
enum Visitor {
    Known(Box<PeerStream>),
    Stranger { tls: Box<TlsStream<TcpStream>>, remote_addr: SocketAddr, _place: Place },
}

impl VisitorStream {
    pub(super) fn known(stream: PeerStream) -> Self {
        Self(Visitor::Known(Box::new(stream)))
    }

    pub(super) fn stranger(
        tls: TlsStream<TcpStream>,
        remote_addr: SocketAddr,
        place: Place,
    ) -> Self {
        Self(Visitor::Stranger { tls: Box::new(tls), remote_addr, _place: place })
    }

    /// Who is on the other side; none when no certificate was shown.
    pub fn info(&self) -> Option<&ConnectInfo> {
        match &self.0 {
            Visitor::Known(stream) => Some(stream.info()),
            Visitor::Stranger { .. } => None,
        }
    }

    /// Where the connection comes from.
    pub fn remote_addr(&self) -> SocketAddr {
        match &self.0 {
            Visitor::Known(stream) => stream.info().remote_addr,
            Visitor::Stranger { remote_addr, .. } => *remote_addr,
        }
    }
}

impl fmt::Debug for VisitorStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VisitorStream").field("info", &self.info()).finish_non_exhaustive()
    }
}

impl AsyncRead for VisitorStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Visitor::Known(stream) => Pin::new(stream).poll_read(cx, buffer),
            Visitor::Stranger { tls, .. } => Pin::new(tls).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for VisitorStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Visitor::Known(stream) => Pin::new(stream).poll_write(cx, bytes),
            Visitor::Stranger { tls, .. } => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Visitor::Known(stream) => Pin::new(stream).poll_flush(cx),
            Visitor::Stranger { tls, .. } => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Visitor::Known(stream) => Pin::new(stream).poll_shutdown(cx),
            Visitor::Stranger { tls, .. } => Pin::new(tls).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Visitor::Known(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Visitor::Stranger { tls, .. } => Pin::new(tls).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Visitor::Known(stream) => stream.is_write_vectored(),
            Visitor::Stranger { tls, .. } => tls.is_write_vectored(),
        }
    }
}
