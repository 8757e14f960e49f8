//! The edge under tonic, from `ClientMaterial` to a request that knows its organisation.

use futures_util::StreamExt as _;
use tonic::transport::Server;
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::*;
use crate::tls::client::{ClientError, ClientMaterial};
use crate::tls::{ConnectInfo, incoming};

/// A health service that lets through whoever has an identity, and says in a header who it was.
async fn serve(trust: LiveTrust) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let streams =
        incoming(listener, trust, Limits::default(), TESTING, std::future::pending::<()>());
    let (_reporter, health) = tonic_health::server::health_reporter();
    let only_police = tonic::service::InterceptorLayer::new(|request: Request<()>| {
        let info = request.extensions().get::<ConnectInfo>();
        let info = info.ok_or_else(|| Status::unauthenticated("no identity"))?;
        if info.peer.oin().as_str() == POLICE {
            Ok(request)
        } else {
            Err(Status::permission_denied(info.peer.oin().to_string()))
        }
    });
    let server = Server::builder().layer(only_police).add_service(health);
    tokio::spawn(async move { server.serve_with_incoming(streams).await.unwrap() });
    address
}

fn material(place: &Place, slug: &str) -> ClientMaterial {
    let files = place.client(slug);
    ClientMaterial::load(&place.pki.root_path(), &files.chain, &files.key, &place.hand.clock())
        .unwrap()
}

fn whole_server() -> HealthCheckRequest {
    HealthCheckRequest { service: String::new() }
}

#[tokio::test]
async fn a_request_knows_the_organisation_of_its_certificate() {
    let place = Place::new();
    let address = serve(place.trust()).await;
    let police = material(&place, "police").connect(&address).await.unwrap();
    within(HealthClient::new(police).check(whole_server())).await.unwrap();
    let steunpunt = material(&place, "steunpunt").connect(&address).await.unwrap();
    let denied = within(HealthClient::new(steunpunt).check(whole_server())).await.unwrap_err();
    assert_eq!(denied.message(), STEUNPUNT);
}

#[tokio::test]
async fn a_revocation_ends_open_streams() {
    let mut place = Place::new();
    let trust = place.trust();
    let address = serve(trust.clone()).await;
    let channel = material(&place, "police").connect(&address).await.unwrap();
    let mut client = HealthClient::new(channel);
    let mut watch = within(client.watch(whole_server())).await.unwrap().into_inner();
    within(watch.next()).await.unwrap().unwrap();
    place.revoke("police", start());
    trust.reload().unwrap();
    let end = within(watch.next()).await;
    assert!(matches!(end, None | Some(Err(_))), "{end:?}");
    within(client.check(whole_server())).await.unwrap_err();
}

#[tokio::test]
async fn a_client_refuses_a_server_that_its_roots_do_not_vouch_for() {
    let (place, other) = (Place::new(), Place::new());
    let address = serve(other.trust()).await;
    let error = material(&place, "police").connect(&address).await.unwrap_err();
    assert!(matches!(error, ClientError::Channel(_)), "{error:?}");
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_client_refuses_a_server_under_another_name() {
    let mut place = Place::new();
    let gateway = subject(POLICE);
    place.pki.issue_server("localhost", &gateway, &["gateway.test"], one_day(start())).unwrap();
    let address = serve(place.trust()).await;
    material(&place, "police").connect(&address).await.unwrap_err();
}

#[test]
fn an_address_is_a_host_and_a_port() {
    for good in ["localhost:8443", "127.0.0.1:1", "[::1]:8443"] {
        assert!(ClientMaterial::endpoint(good).is_ok(), "{good}");
    }
    for bad in ["", "localhost", "localhost:", "localhost:99999", "localhost:1/path", "a b:1"] {
        assert!(ClientMaterial::endpoint(bad).is_err(), "{bad}");
    }
}
