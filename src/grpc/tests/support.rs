//! A gateway in a directory of its own, served on connections in memory.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use tempfile::TempDir;
use tokio::io::{DuplexStream, ReadBuf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::{Channel, Endpoint};

use super::*;
use crate::domain::export::Names;
use crate::domain::id::Oin;
use crate::gateway::{Clock, Opening};
use crate::store::{self, Db, KeyDb};
use crate::tls::{IdentityPolicy, PeerIdentity, TestOins};
use crate::vault::keyring::Keyring;

pub(super) const POLICE: &str = "00000099000000002000";
pub(super) const STEUNPUNT: &str = "00000099000000003000";
pub(super) const GGZ: &str = "00000099000000006000";
/// Not in the directory.
pub(super) const STRANGER: &str = "00000099000000099000";

pub(super) const NOW: &str = "2026-03-12T00:52:00Z";

/// A served gateway.
pub(super) struct House {
    pub(super) gateway: Gateway,
    /// Cleared, every certificate is revoked.
    pub(super) live: Arc<AtomicBool>,
    connections: mpsc::UnboundedSender<io::Result<Connection>>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    served: Mutex<Option<JoinHandle<Result<(), ServeError>>>>,
    directory: TempDir,
}

impl House {
    /// The database itself, for what no use case does.
    /// What is seen while a column of the one row of a table holds another value.
    pub(super) async fn while_changed<T>(
        &self,
        (table, column, value): (&str, &str, &str),
        look: impl AsyncFnOnce() -> T,
    ) -> T {
        let database = self.database();
        let select = format!("SELECT {column} FROM {table}");
        let was: rusqlite::types::Value =
            database.query_row(&select, [], |row| row.get(0)).unwrap();
        let change = format!("UPDATE {table} SET {column} = {value}");
        assert_eq!(database.execute(&change, []).unwrap(), 1, "{change}");
        let seen = look().await;
        let undo = format!("UPDATE {table} SET {column} = ?1");
        assert_eq!(database.execute(&undo, [was]).unwrap(), 1);
        seen
    }

    pub(super) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.directory.path().join("data.sqlite")).unwrap()
    }

    pub(super) async fn open() -> Self {
        Self::with(Limits::default()).await
    }

    pub(super) async fn with(limits: Limits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let gateway = gateway(directory.path()).await;
        gateway.clock().set(NOW.parse().unwrap());
        let live = Arc::new(AtomicBool::new(true));
        let seen = Arc::clone(&live);
        let (connections, incoming) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let options = Options {
            reflection: true,
            live: Arc::new(move |_peer| seen.load(Ordering::SeqCst)),
            limits,
        };
        let served = tokio::spawn(serve(
            gateway.clone(),
            UnboundedReceiverStream::new(incoming),
            options,
            async move { stopped.await.unwrap() },
        ));
        Self {
            gateway,
            live,
            connections,
            stop: Mutex::new(Some(stop)),
            served: Mutex::new(Some(served)),
            directory,
        }
    }

    /// A connection of an organisation.
    pub(super) async fn connect(&self, oin: &str) -> Channel {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let info = ConnectInfo {
            peer: Arc::new(identity(&oin.parse().unwrap())),
            remote_addr: ([127, 0, 0, 1], 1).into(),
        };
        self.connections.send(Ok(Connection { io: theirs, info })).unwrap();
        let mut ours = Some(ours);
        let connector = tower::service_fn(move |_uri| {
            let io = ours.take().ok_or_else(|| io::Error::other("one connection only"));
            async move { io.map(TokioIo::new) }
        });
        Endpoint::from_static("http://gateway.test")
            .connect_with_connector(connector)
            .await
            .unwrap()
    }

    /// Tells the gateway to stop.
    pub(super) fn stop(&self) {
        self.stop.lock().unwrap().take().unwrap().send(()).unwrap();
    }

    /// Waits until it has.
    pub(super) async fn stopped(&self) -> Result<(), ServeError> {
        let served = self.served.lock().unwrap().take().unwrap();
        within(served).await.unwrap()
    }
}

/// Fails instead of hanging.
pub(super) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it takes too long")
}

async fn gateway(directory: &std::path::Path) -> Gateway {
    let data = Db::open_sqlite(&directory.join("data.sqlite"), store::ledger::SCHEMA).await;
    let keys = Db::open_sqlite(&directory.join("keys.sqlite"), store::keys::SCHEMA).await;
    let files = (
        include_str!("../../../certs-example/directory.toml"),
        include_str!("../../../certs-example/haaglanden-1.toml"),
    );
    Gateway::open(Opening {
        db: data.unwrap(),
        keys: KeyDb::new(keys.unwrap()),
        keyring: Keyring::generate().unwrap(),
        origin: "ketenpoort.example/test".parse().unwrap(),
        own_oin: "00000099000000001000".parse().unwrap(),
        directory: crate::cli::directory::from_texts(files.0, files.1).unwrap(),
        names: Names::of("ketenpoort.example/test", "00000099000000001000".parse().unwrap())
            .unwrap(),
        clock: Clock::system(),
        anchor: None,
        witnesses: None,
    })
    .await
    .unwrap()
}

/// What a certificate with this number says.
fn identity(oin: &Oin) -> PeerIdentity {
    let mut params = CertificateParams::new(vec!["client.test".to_owned()]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), oin.as_str());
    params.distinguished_name.push(DnType::OrganizationName, "Voorbeeld");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let policy = IdentityPolicy { test_oins: TestOins::Accept };
    PeerIdentity::from_certificate(certificate.der(), policy, NOW.parse().unwrap()).unwrap()
}

/// One end of a connection in memory, with the certificate of the other.
pub(super) struct Connection {
    io: DuplexStream,
    info: ConnectInfo,
}

impl Connected for Connection {
    type ConnectInfo = ConnectInfo;

    fn connect_info(&self) -> ConnectInfo {
        self.info.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

pub(super) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[expect(clippy::unnecessary_wraps, reason = "a field of a message")]
pub(super) fn actor(user_id: &str, role: pb::UserRole) -> Option<pb::Actor> {
    Some(pb::Actor { user_id: user_id.to_owned(), role: role.into(), ..pb::Actor::default() })
}

/// A whole request to submit a new referral about the family that lives at this number.
pub(super) fn submission_of(number: u32) -> pb::SubmitReferralRequest {
    let mut request = submission();
    let referral = request.referral.as_mut().unwrap();
    referral.address.as_mut().unwrap().house_number = number.to_string();
    // Without a BSN a person is told by name, birth and address.
    referral.persons[0].bsn = String::new();
    referral.persons[0].bsn_ground = 0;
    request
}

/// A whole request to submit a new referral.
pub(super) fn submission() -> pb::SubmitReferralRequest {
    pb::SubmitReferralRequest {
        request_id: new_id(),
        actor: actor("pol-77", pb::UserRole::PoliceOfficer),
        referral: Some(convert::tests::referral_message(&new_id())),
    }
}
