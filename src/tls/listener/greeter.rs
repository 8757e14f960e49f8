//! One handshake, from TCP to an admitted organisation or a refusal.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::super::identity::{IdentityError, IdentityPolicy, PeerIdentity};
use super::super::trust::LiveTrust;
use super::connections::Connections;
use super::{ConnectInfo, Limits, PeerStream, Refusal, VisitorStream};

/// What every handshake needs.
#[derive(Debug)]
pub(in super::super) struct Greeter {
    trust: LiveTrust,
    limits: Limits,
    policy: IdentityPolicy,
    connections: Connections,
}

impl Greeter {
    pub(in super::super) fn new(trust: LiveTrust, limits: Limits, policy: IdentityPolicy) -> Self {
        Self { trust, limits, policy, connections: Connections::default() }
    }

    pub(super) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Shakes hands and finds out which system it is.
    pub(in super::super) async fn greet(
        &self,
        tcp: TcpStream,
        remote: SocketAddr,
    ) -> Result<PeerStream, Refusal> {
        let stream = self.admit(self.shake(tcp).await?, remote)?;
        // A system says for whom it acts. Who holds a person's certificate may act as that person only.
        if stream.info().peer.person().is_some() {
            return Err(IdentityError::OfAPerson.into());
        }
        Ok(stream)
    }

    /// Shakes hands with whoever comes.
    pub(in super::super) async fn welcome(
        &self,
        tcp: TcpStream,
        remote: SocketAddr,
    ) -> Result<VisitorStream, Refusal> {
        let tls = self.shake(tcp).await?;
        if tls.get_ref().1.peer_certificates().is_some() {
            return Ok(VisitorStream::known(self.admit(tls, remote)?));
        }
        let place = self.connections.take_stranger(&self.limits)?;
        Ok(VisitorStream::stranger(tls, remote, place))
    }

    async fn shake(&self, tcp: TcpStream) -> Result<TlsStream<TcpStream>, Refusal> {
        // Small answers must not wait for the acknowledgement of earlier ones.
        tcp.set_nodelay(true).or(Err(Refusal::Connection))?;
        let acceptor = TlsAcceptor::from(self.trust.server_config());
        let handshake = timeout(self.limits.handshake_timeout, acceptor.accept(tcp));
        let tls = handshake.await.or(Err(Refusal::TimedOut))??;
        // The library lets a peer through that does not negotiate at all.
        if tls.get_ref().1.alpn_protocol().is_none() {
            return Err(Refusal::Protocol);
        }
        Ok(tls)
    }

    /// What the TLS library leaves to us.
    fn admit(
        &self,
        tls: TlsStream<TcpStream>,
        remote_addr: SocketAddr,
    ) -> Result<PeerStream, Refusal> {
        let (_, session) = tls.get_ref();
        let leaf = session
            .peer_certificates()
            .and_then(|chain| chain.first())
            .ok_or(IdentityError::Unreadable)?;
        let now = self.trust.now();
        let peer = PeerIdentity::from_certificate(leaf, self.policy, now)?;
        // Watched from before the check, so that no reload falls between the two.
        let changes = self.trust.changes();
        self.trust
            .check_live(&peer, now)
            .map_err(|rejection| Refusal::Rejected { oin: peer.oin().clone(), rejection })?;
        let place = self.connections.take(peer.oin(), &self.limits)?;
        let info = ConnectInfo { peer: Arc::new(peer), remote_addr };
        let recheck_every = self.limits.recheck_every;
        Ok(PeerStream::new(tls, info, self.trust.clone(), changes, place, recheck_every))
    }
}
