//! The edge over real sockets: real handshakes on the loopback interface, with certificates from
//! our own authority, or from [`hierarchy`] where they have to be wrong.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::authority::{Kind, Subject};
use super::development::{CredentialFiles, DevelopmentPki, Organisation};
use super::identity::{IdentityPolicy, TestOins, Validity};
use super::listener::{Greeter, Limits, PeerStream, Refusal};
use super::trust::{LiveTrust, TrustFiles, TrustOptions};
use super::{Clock, provider};
use crate::domain::id::Oin;
use crate::domain::time::Timestamp;

mod cut;
mod examples;
mod grpc;
mod handshake;
mod hierarchy;
mod identities;
mod limits;
mod pki;
mod reload;
mod seen;

const POLICE: &str = "00000099000000002000";
const STEUNPUNT: &str = "00000099000000003000";
const DAY: Duration = Duration::from_hours(24);

/// Longest wait for something that must happen; far longer than it ever takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Accepts the test numbers that all tests use.
const TESTING: IdentityPolicy = IdentityPolicy { test_oins: TestOins::Accept };

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn start() -> Timestamp {
    moment("2026-03-12T00:52:00Z")
}

fn oin(text: &str) -> Oin {
    text.parse().unwrap()
}

fn subject(number: &str) -> Subject {
    Subject { oin: oin(number), organisation: "Testorganisatie".to_owned(), unit: None }
}

/// A day from `from`.
fn one_day(from: Timestamp) -> Validity {
    Validity { not_before: from, not_after: from.plus(DAY) }
}

/// A clock that stands still until a test moves it.
#[derive(Clone)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn new(at: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(at.as_micros())))
    }

    fn set(&self, to: Timestamp) {
        self.0.store(to.as_micros(), Ordering::SeqCst);
    }

    fn clock(&self) -> Clock {
        let hand = self.clone();
        Clock::new(move || Timestamp::from_micros(hand.0.load(Ordering::SeqCst)).unwrap())
    }
}

/// A laid out directory with the police and the Steunpunt in it.
struct Place {
    directory: TempDir,
    hand: Hand,
    /// What clients trust, also when a test changes the file.
    root: CertificateDer<'static>,
    pki: DevelopmentPki,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let pki = DevelopmentPki::lay_out(directory.path(), &organisations(), start()).unwrap();
        let root = CertificateDer::from_pem_file(pki.root_path()).unwrap();
        Self { directory, hand: Hand::new(start()), root, pki }
    }

    fn files(&self) -> TrustFiles {
        self.pki.trust_files().unwrap()
    }

    fn trust(&self) -> LiveTrust {
        self.trust_with(TrustOptions::default())
    }

    fn trust_with(&self, options: TrustOptions) -> LiveTrust {
        LiveTrust::load(self.files(), options, self.hand.clock()).unwrap()
    }

    fn client(&self, slug: &str) -> CredentialFiles {
        self.pki.files(Kind::Client, slug).unwrap()
    }

    /// The configuration of a well-behaved client that shows the certificate in `files`.
    fn config(&self, files: &CredentialFiles) -> ClientConfig {
        let chain = certificates(&std::fs::read(&files.chain).unwrap());
        let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
        self.hello().with_client_auth_cert(chain, key).map(over_http2).unwrap()
    }

    fn hello(&self) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        hello(&self.root, &self.hand, rustls::DEFAULT_VERSIONS)
    }

    fn revoke(&mut self, slug: &str, at: Timestamp) {
        let serial = self.pki.serial(Kind::Client, slug).unwrap();
        let reason = super::authority::RevocationReason::KeyCompromise;
        self.pki.revoke(&serial, reason, at).unwrap();
    }
}

fn organisations() -> [Organisation; 2] {
    [(POLICE, "Politie Voorbeeld", "police"), (STEUNPUNT, "Steunpunt Voorbeeld", "steunpunt")].map(
        |(number, name, slug)| Organisation {
            oin: oin(number),
            name: name.to_owned(),
            slug: slug.to_owned(),
        },
    )
}

fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).map(Result::unwrap).collect()
}

/// A client that trusts the root, before it is known which certificate it shows.
fn hello(
    root: &CertificateDer<'static>,
    hand: &Hand,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    ClientConfig::builder_with_details(provider::provider(), Arc::new(hand.clock()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
}

fn over_http2(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![provider::HTTP2.to_vec()];
    config
}

/// What came of one connection, on both sides.
struct Meeting {
    server: Result<PeerStream, Refusal>,
    /// The client's handshake and, with TLS 1.3, the first byte after it: a client there is done
    /// before the server has looked at its certificate.
    client: Handshake,
}

/// One connection between a greeter and a client. Boxed, because handshakes are large.
fn meet(greeter: &Greeter, config: ClientConfig) -> Pin<Box<impl Future<Output = Meeting>>> {
    Box::pin(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = async {
            let (tcp, remote) = listener.accept().await.unwrap();
            let mut server = greeter.greet(tcp, remote).await;
            if let Ok(stream) = &mut server {
                stream.write_all(b"!").await.unwrap();
                stream.flush().await.unwrap();
            }
            server
        };
        let connect = async {
            let mut stream = connect(address, config).await?;
            stream.read_u8().await?;
            Ok(stream)
        };
        let (server, client) = within(Box::pin(async { tokio::join!(serve, connect) })).await;
        Meeting { server, client }
    })
}

type Handshake = std::io::Result<TlsStream<TcpStream>>;

fn connect(address: SocketAddr, config: ClientConfig) -> Pin<Box<impl Future<Output = Handshake>>> {
    Box::pin(async move {
        let tcp = TcpStream::connect(address).await?;
        handshake_over(tcp, config).await
    })
}

fn handshake_over(
    tcp: TcpStream,
    config: ClientConfig,
) -> Pin<Box<impl Future<Output = Handshake>>> {
    Box::pin(async move {
        let name = tcp.peer_addr()?.ip().into();
        TlsConnector::from(Arc::new(config)).connect(name, tcp).await
    })
}

/// The test fails, rather than hangs, when something never happens.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("this takes milliseconds")
}

fn greeter(trust: &LiveTrust) -> Greeter {
    Greeter::new(trust.clone(), Limits::default(), TESTING)
}
