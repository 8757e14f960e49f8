//! Connections that are open when their certificate stops counting.

use super::*;
use crate::tls::trust::Reload;

/// Sends one byte from the client to the server and back.
async fn echo(server: &mut PeerStream, client: &mut TlsStream<TcpStream>) {
    client.write_all(b"?").await.unwrap();
    client.flush().await.unwrap();
    assert_eq!(within(server.read_u8()).await.unwrap(), b'?');
    server.write_all(b"!").await.unwrap();
    server.flush().await.unwrap();
    assert_eq!(within(client.read_u8()).await.unwrap(), b'!');
}

async fn admitted(greeter: &Greeter, config: ClientConfig) -> (PeerStream, TlsStream<TcpStream>) {
    let meeting = meet(greeter, config).await;
    (meeting.server.unwrap(), meeting.client.unwrap())
}

#[tokio::test]
async fn a_reload_cuts_the_revoked_connection_and_spares_the_others() {
    let mut place = Place::new();
    let trust = place.trust();
    let greeter = greeter(&trust);
    let (mut revoked, _client) = admitted(&greeter, place.config(&place.client("police"))).await;
    let (mut spared, mut spared_client) =
        admitted(&greeter, place.config(&place.client("steunpunt"))).await;

    // The server is waiting for bytes when the reload comes, as an idle connection does.
    let waiting = tokio::spawn(async move { (revoked.read_u8().await, revoked) });
    tokio::task::yield_now().await;
    place.revoke("police", start());
    assert_eq!(trust.reload().unwrap(), Reload::Replaced);
    let (read, mut revoked) = within(waiting).await.unwrap();
    assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::ConnectionAborted);
    let write = revoked.write_all(b"an answer that comes too late").await;
    assert_eq!(write.unwrap_err().kind(), std::io::ErrorKind::ConnectionAborted);

    echo(&mut spared, &mut spared_client).await;
}

#[tokio::test]
async fn a_certificate_that_ends_is_noticed_without_a_reload() {
    let mut place = Place::new();
    let validity = Validity { not_before: start(), not_after: start().plus(DAY) };
    let files = place.pki.issue_client("short", &subject(POLICE), validity).unwrap();
    let limits = Limits { recheck_every: Duration::from_millis(5), ..Limits::default() };
    let greeter = Greeter::new(place.trust(), limits, TESTING);
    let (mut server, mut client) = admitted(&greeter, place.config(&files)).await;
    echo(&mut server, &mut client).await;
    place.hand.set(start().plus(DAY * 2));
    let read = within(server.read_u8()).await;
    assert_eq!(read.unwrap_err().to_string(), "the certificate has expired");
}

#[tokio::test]
async fn a_stream_that_waits_for_changes_is_woken_by_a_reload_only() {
    let mut place = Place::new();
    let trust = place.trust();
    let mut changes = trust.changes();
    trust.reload().unwrap();
    tokio::select! {
        biased;
        () = changes.changed() => panic!("nothing has changed"),
        () = tokio::task::yield_now() => {}
    }
    place.revoke("police", start());
    trust.reload().unwrap();
    within(changes.changed()).await;
}
