//! Serving whoever comes, over TLS and without certificates of clients: for what holds nothing secret and
//! is authenticated by itself, as signed checkpoints are.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::version::TLS13;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Clock;
use super::files::{self, FileError};
use super::provider::provider;

/// The certificate that is shown to everybody. Clones are cheap.
#[derive(Clone)]
pub struct OpenServer(TlsAcceptor);

/// Why nobody can be served.
#[derive(Debug, thiserror::Error)]
pub enum OpenServerError {
    /// A file is missing or is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// The key does not fit the certificate.
    #[error("certificate and key do not fit together: {0}")]
    Unfit(#[from] rustls::Error),
}

impl OpenServer {
    /// Reads PEM files: the certificate with its intermediates, and its key.
    pub fn load(chain: &Path, key: &Path, clock: &Clock) -> Result<Self, OpenServerError> {
        let certificates = files::pem_items(chain, &files::read(chain)?, "certificates")?;
        let mut config = ServerConfig::builder_with_details(provider(), Arc::new(clock.clone()))
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(certificates, files::private_key(key)?)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Shakes hands. The caller limits how long that may take.
    pub async fn accept(&self, connection: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(connection).await
    }
}

impl fmt::Debug for OpenServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenServer")
    }
}
