//! What happens to peers that are slow, silent or too many.

use std::io;
use std::sync::atomic::AtomicUsize;

use futures_util::StreamExt as _;
use tokio::sync::oneshot;

use super::*;
use crate::tls::listener::{Accept, incoming_from};

/// An accept loop in the background, with the streams that it admitted kept open.
struct Served {
    address: SocketAddr,
    admitted: tokio::sync::mpsc::UnboundedReceiver<PeerStream>,
    shutdown: Option<oneshot::Sender<()>>,
    loop_ended: tokio::task::JoinHandle<()>,
}

impl Served {
    async fn start(place: &Place, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self::start_from(listener, address, Greeter::new(place.trust(), limits, TESTING))
    }

    fn start_from(source: impl Accept + 'static, address: SocketAddr, greeter: Greeter) -> Self {
        let (shutdown, stop) = oneshot::channel();
        let (sender, admitted) = tokio::sync::mpsc::unbounded_channel();
        let stop = async move { stop.await.unwrap_or(()) };
        let mut streams = Box::pin(incoming_from(source, greeter, stop));
        let loop_ended = tokio::spawn(async move {
            while let Some(stream) = streams.next().await {
                // Nobody may be interested any more.
                drop(sender.send(stream.unwrap()));
            }
        });
        Self { address, admitted, shutdown: Some(shutdown), loop_ended }
    }

    async fn next(&mut self) -> PeerStream {
        within(self.admitted.recv()).await.unwrap()
    }

    async fn silent(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Waits until the other side has closed the connection.
async fn closed(tcp: &mut TcpStream) {
    match within(tcp.read_u8()).await {
        Ok(byte) => panic!("the server sent {byte}"),
        Err(error) => assert!(
            matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset),
            "{error}"
        ),
    }
}

#[tokio::test]
async fn a_peer_that_sends_its_hello_byte_by_byte_is_dropped_at_the_time_out() {
    let place = Place::new();
    let limits = Limits { handshake_timeout: Duration::from_millis(400), ..Limits::default() };
    let mut served = Served::start(&place, limits).await;
    let mut slow = served.silent().await;
    // The start of a TLS record that promises 512 bytes.
    slow.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await.unwrap();
    closed(&mut slow).await;
    // The loop goes on.
    let config = place.config(&place.client("police"));
    let (_client, stream) = tokio::join!(connect(served.address, config), served.next());
    assert_eq!(stream.info().peer.oin(), &oin(POLICE));
}

#[tokio::test]
async fn at_the_limit_the_oldest_half_open_connection_goes() {
    let place = Place::new();
    let limits = Limits { handshakes_max: 2, ..Limits::default() };
    let mut served = Served::start(&place, limits).await;
    let mut oldest = served.silent().await;
    let second = served.silent().await;
    let newest = served.silent().await;
    closed(&mut oldest).await;
    // The others were kept: they can still shake hands, and are admitted.
    let config = place.config(&place.client("police"));
    let (_client, stream) = tokio::join!(handshake_over(second, config), served.next());
    assert_eq!(stream.info().peer.oin(), &oin(POLICE));
    let config = place.config(&place.client("steunpunt"));
    let (_client, stream) = tokio::join!(handshake_over(newest, config), served.next());
    assert_eq!(stream.info().peer.oin(), &oin(STEUNPUNT));
}

#[tokio::test]
async fn silent_peers_in_any_number_do_not_keep_others_out() {
    let place = Place::new();
    let limits = Limits { handshakes_max: 4, ..Limits::default() };
    let mut served = Served::start(&place, limits).await;
    let mut crowd = Vec::new();
    for _ in 0..50 {
        crowd.push(served.silent().await);
    }
    let config = place.config(&place.client("police"));
    let (client, _stream) = tokio::join!(connect(served.address, config), served.next());
    assert!(client.is_ok());
}

#[tokio::test]
async fn an_organisation_has_a_limited_number_of_connections() {
    let place = Place::new();
    let limits = Limits { connections_per_organisation_max: 2, ..Limits::default() };
    let mut served = Served::start(&place, limits).await;
    let police = place.config(&place.client("police"));
    let steunpunt = place.config(&place.client("steunpunt"));
    let (_first_client, first) =
        tokio::join!(connect(served.address, police.clone()), served.next());
    let (_second_client, _second) =
        tokio::join!(connect(served.address, police.clone()), served.next());

    let mut third = within(connect(served.address, police.clone())).await.unwrap();
    assert!(within(third.read_u8()).await.is_err(), "the third connection is closed");
    let (_other_client, other) = tokio::join!(connect(served.address, steunpunt), served.next());
    assert_eq!(other.info().peer.oin(), &oin(STEUNPUNT));

    drop(first);
    let (_again, fourth) = tokio::join!(connect(served.address, police), served.next());
    assert_eq!(fourth.info().peer.oin(), &oin(POLICE));
}

/// What was logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut *self.0.lock().unwrap(), bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_refusal_is_logged_once_by_code_and_number_and_never_by_name() {
    let place = Place::new();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let limits = Limits { connections_per_organisation_max: 1, ..Limits::default() };
    let mut served = Served::start(&place, limits).await;
    let config = place.config(&place.client("police"));
    let (_client, _stream) = tokio::join!(connect(served.address, config.clone()), served.next());
    let mut refused = within(connect(served.address, config)).await.unwrap();
    assert!(within(refused.read_u8()).await.is_err());

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<&str> = text.lines().filter(|line| line.contains("ketenpoort::tls")).collect();
    let [line] = ours[..] else { panic!("one line, not {ours:?}") };
    assert!(line.contains(POLICE) && line.contains("TOO_MANY_CONNECTIONS_OF_ORGANISATION"));
    assert!(!text.contains("Politie"), "{text}");
}

/// A socket in a process that has no descriptors left, for a while.
struct Exhausted {
    listener: TcpListener,
    failures_left: AtomicUsize,
    calls: Arc<AtomicUsize>,
}

impl Accept for Exhausted {
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let failing = self
            .failures_left
            .try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match failing {
            // EMFILE
            Ok(_) => Err(io::Error::from_raw_os_error(24)),
            Err(_) => self.listener.accept().await,
        }
    }
}

#[tokio::test]
async fn without_descriptors_the_loop_waits_instead_of_spinning() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let source =
        Exhausted { listener, failures_left: AtomicUsize::new(3), calls: Arc::clone(&calls) };
    let began = std::time::Instant::now();
    let mut served = Served::start_from(source, address, greeter(&place.trust()));
    let config = place.config(&place.client("police"));
    let (_client, _stream) = tokio::join!(connect(address, config), served.next());
    // 10, 20 and 40 ms.
    assert!(began.elapsed() >= Duration::from_millis(70), "{:?}", began.elapsed());
    let calls = calls.load(Ordering::SeqCst);
    assert!((4..12).contains(&calls), "{calls} calls");
}

#[tokio::test]
async fn at_shutdown_the_loop_ends_and_half_open_connections_are_closed() {
    let place = Place::new();
    let mut served = Served::start(&place, Limits::default()).await;
    let mut silent = served.silent().await;
    let config = place.config(&place.client("police"));
    let (client, mut stream) = tokio::join!(connect(served.address, config), served.next());
    served.shutdown.take().unwrap().send(()).unwrap();
    within(served.loop_ended).await.unwrap();
    closed(&mut silent).await;
    // Who was in may finish.
    stream.write_all(b"!").await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(within(client.unwrap().read_u8()).await.unwrap(), b'!');
}
