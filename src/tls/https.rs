//! Asking a service of others over HTTPS, for what the gateway must know from outside: who an officer
//! is, as their organisation's login tells.
//!
//! Invariants: only the roots of one named file are trusted; no redirect is followed, so that nobody
//! can send a request elsewhere; an answer has a longest wait and a largest size.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

use super::Clock;
use super::files::{self, FileError};
use super::provider::provider;

/// From the first byte of the question to the last of the answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Metadata, keys and tokens are some kilobytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Asks over HTTPS. Clones share their connections.
#[derive(Clone)]
pub struct HttpsClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// Why there is no answer. Says nothing of what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpsError {
    /// No connection, a certificate that leads to none of the roots, or a broken answer.
    #[error("it cannot be reached, or its certificate is not trusted")]
    Unreachable,
    /// It took longer than ten seconds.
    #[error("it gave no answer within {} s", ANSWER_MAX.as_secs())]
    Late,
    /// The answer is larger than one mebibyte.
    #[error("its answer is larger than {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
}

impl HttpsClient {
    /// A client that trusts the roots in the PEM file `roots`, and no others.
    pub fn load(roots: &Path, clock: &Clock) -> Result<Self, FileError> {
        let mut store = RootCertStore::empty();
        let certificates = files::pem_items(roots, &files::read(roots)?, "certificates")?;
        // The roots of a whole system hold some that this library cannot use.
        let (usable, _) = store.add_parsable_certificates(certificates);
        if usable == 0 {
            return Err(FileError::not_pem(roots, "root certificates"));
        }
        let config = ClientConfig::builder_with_details(provider(), Arc::new(clock.clone()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .or(Err(FileError::not_pem(roots, "root certificates")))?
            .with_root_certificates(store)
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_http1();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector.build())))
    }

    /// Asks, and reads the whole answer, whatever its status is.
    pub async fn ask(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpsError> {
        timeout(ANSWER_MAX, self.read(request)).await.unwrap_or(Err(HttpsError::Late))
    }

    async fn read(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpsError> {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let answer = self.0.request(request).await.or(Err(HttpsError::Unreachable))?;
        let (head, body) = answer.into_parts();
        match Limited::new(body, ANSWER_BYTES_MAX).collect().await {
            Ok(body) => Ok(Response::from_parts(head, body.to_bytes().to_vec())),
            Err(error) if error.is::<LengthLimitError>() => Err(HttpsError::TooLarge),
            Err(_broken) => Err(HttpsError::Unreachable),
        }
    }
}

impl fmt::Debug for HttpsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpsClient(…)")
    }
}
