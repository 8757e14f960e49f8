//! The other side of the connection, for tests, demos and the command line.
//!
//! Invariant: a channel from here speaks HTTP/2 with a server whose certificate leads to the given
//! roots and names the host that was asked for. Certificates that a host may carry in its system
//! are never trusted.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};

use super::Clock;
use super::files::{self, FileError};
use super::provider::{HTTP2, provider};

/// TCP and TLS together. Longer than the gateway's own limit for a handshake, so that its answer
/// arrives.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client's certificate, its key and the roots it trusts. Clones are cheap.
#[derive(Clone)]
pub struct ClientMaterial(Arc<ClientConfig>);

/// Why a client cannot connect.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A file is missing or is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// The TLS library refuses the material, for example a key that does not fit the certificate.
    #[error("the material does not fit together: {0}")]
    Unfit(#[from] rustls::Error),
    /// Not `host:port`.
    #[error("the address of a gateway must be host:port")]
    Address,
    /// The connection or the handshake failed.
    #[error("cannot connect: {0}")]
    Connect(#[from] io::Error),
    /// The server agreed on no protocol, so it is no gateway.
    #[error("the server does not speak HTTP/2")]
    Protocol,
    /// The channel reports a failure.
    #[error("cannot connect: {}", root_cause(.0))]
    Channel(#[from] tonic::transport::Error),
}

impl ClientMaterial {
    /// Reads PEM files: the roots to trust, the own certificate with its intermediates, its key.
    pub fn load(
        roots: &Path,
        chain: &Path,
        key: &Path,
        clock: &Clock,
    ) -> Result<Self, ClientError> {
        let roots_der = files::pem_items(roots, &files::read(roots)?, "certificates")?;
        let chain_der = files::pem_items(chain, &files::read(chain)?, "certificates")?;
        Self::new(roots_der, chain_der, files::private_key(key)?, clock)
    }

    /// The same from material that is in memory already.
    pub fn new(
        roots: Vec<CertificateDer<'static>>,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        clock: &Clock,
    ) -> Result<Self, ClientError> {
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(root)?;
        }
        let mut config = ClientConfig::builder_with_details(provider(), Arc::new(clock.clone()))
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(store)
            .with_client_auth_cert(chain, key)?;
        config.alpn_protocols = vec![HTTP2.to_vec()];
        // A gateway hands out no tickets.
        config.resumption = Resumption::disabled();
        Ok(Self(Arc::new(config)))
    }

    /// A channel to the gateway at `address`, which is `host:port`. One channel is one connection;
    /// under load four to eight do best.
    pub async fn connect(&self, address: &str) -> Result<Channel, ClientError> {
        self.connect_to(&Self::endpoint(address)?).await
    }

    /// The endpoint that [`ClientMaterial::connect`] uses, for callers that want to set more.
    pub fn endpoint(address: &str) -> Result<Endpoint, ClientError> {
        let uri: Uri = format!("https://{address}").parse().or(Err(ClientError::Address))?;
        if uri.host().is_none() || uri.port_u16().is_none() || uri.path() != "/" {
            return Err(ClientError::Address);
        }
        Ok(Endpoint::from(uri).connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true))
    }

    /// A channel to `endpoint`.
    pub async fn connect_to(&self, endpoint: &Endpoint) -> Result<Channel, ClientError> {
        let material = self.clone();
        let connector = tower::service_fn(move |uri: Uri| {
            let material = material.clone();
            async move { material.open(&uri).await.map(TokioIo::new) }
        });
        Ok(endpoint.connect_with_connector(connector).await?)
    }

    /// One connection to the host and port of `uri`, ready for HTTP/2.
    pub async fn open(&self, uri: &Uri) -> Result<TlsStream<TcpStream>, ClientError> {
        let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else {
            return Err(ClientError::Address);
        };
        // An IPv6 address stands in brackets in a URI, and nowhere else.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).or(Err(ClientError::Address))?;
        let tcp = TcpStream::connect((host, port)).await?;
        tcp.set_nodelay(true)?;
        let tls = TlsConnector::from(Arc::clone(&self.0)).connect(name, tcp).await?;
        if tls.get_ref().1.alpn_protocol() == Some(HTTP2) {
            Ok(tls)
        } else {
            Err(ClientError::Protocol)
        }
    }
}

/// Shows no key.
impl fmt::Debug for ClientMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientMaterial(…)")
    }
}

/// The innermost reason: the outer ones say only "transport error".
fn root_cause(error: &tonic::transport::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
