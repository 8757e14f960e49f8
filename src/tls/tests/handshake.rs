//! Who gets in, and why the others do not.

use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};
use rustls::version::{TLS12, TLS13};
use rustls::{NamedGroup, ProtocolVersion};

use super::hierarchy::{Hierarchy, Leaf};
use super::*;
use crate::domain::organisation::UserRole;
use crate::tls::Person;
use crate::tls::trust::{Clients, Protocol, StaleCrl, Versions};

/// The code with which the greeter refuses; the client must have noticed, too.
async fn refusal(greeter: &Greeter, config: ClientConfig) -> &'static str {
    let meeting = meet(greeter, config).await;
    assert!(meeting.client.is_err(), "the client believes that it is connected");
    meeting.server.expect_err("the server let it in").code()
}

/// A client with a certificate that departs from the profile.
fn departing(place: &Place, leaf: &Leaf) -> ClientConfig {
    let (chain, key) = leaf.signed_in(place.directory.path());
    place.hello().with_client_auth_cert(chain, key).map(over_http2).unwrap()
}

#[tokio::test]
async fn the_right_certificate_is_admitted_and_names_its_organisation() {
    let place = Place::new();
    let files = place.client("police");
    let meeting = meet(&greeter(&place.trust()), place.config(&files)).await;
    let stream = meeting.server.unwrap();
    let peer = &stream.info().peer;
    assert_eq!(peer.oin(), &oin(POLICE));
    assert_eq!(peer.organisation_name(), "Politie Voorbeeld");
    assert_eq!(peer.serial(), &place.pki.serial(Kind::Client, "police").unwrap());
    assert!(peer.validity().not_before < start() && start() < peer.validity().not_after);
    assert!(stream.info().remote_addr.ip().is_loopback());

    let client = meeting.client.unwrap();
    let session = client.get_ref().1;
    assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    let group = session.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, NamedGroup::X25519MLKEM768);
    assert_eq!(session.alpn_protocol(), Some(provider::HTTP2));
    assert_eq!(session.tls13_tickets_received(), 0);
}

#[tokio::test]
async fn a_leaf_that_departs_in_nothing_is_admitted() {
    let place = Place::new();
    let meeting = meet(&greeter(&place.trust()), departing(&place, &Leaf::default())).await;
    assert_eq!(meeting.server.unwrap().info().peer.oin(), &oin(POLICE));
}

#[tokio::test]
async fn a_leaf_that_departs_from_the_profile_is_refused() {
    let place = Place::new();
    let greeter = greeter(&place.trust());
    let purposes = |purposes: &[_]| Leaf { purposes: purposes.to_vec(), ..Leaf::default() };
    let number = |subject_number| Leaf { subject_number, ..Leaf::default() };
    let table = [
        (purposes(&[]), "CERTIFICATE_NOT_FOR_CLIENTS"),
        (purposes(&[ExtendedKeyUsagePurpose::Any]), "CERTIFICATE_NOT_FOR_CLIENTS"),
        (purposes(&[ExtendedKeyUsagePurpose::ServerAuth]), "CERTIFICATE_NOT_FOR_CLIENTS"),
        (number(None), "SUBJECT_WITHOUT_SERIAL_NUMBER"),
        (number(Some("12345678")), "SUBJECT_SERIAL_NUMBER_NOT_AN_OIN"),
        (
            Leaf { usages: vec![KeyUsagePurpose::KeyAgreement], ..Leaf::default() },
            "CERTIFICATE_NOT_FOR_SIGNATURES",
        ),
        (Leaf { names: vec![], ..Leaf::default() }, "CERTIFICATE_WITHOUT_ALTERNATIVE_NAME"),
        (Leaf { organisation: None, ..Leaf::default() }, "SUBJECT_WITHOUT_ORGANISATION_NAME"),
    ];
    for (leaf, code) in table {
        assert_eq!(refusal(&greeter, departing(&place, &leaf)).await, code);
    }
}

#[tokio::test]
async fn a_certificate_outside_its_validity_is_refused() {
    let place = Place::new();
    let greeter = greeter(&place.trust());
    let valid = |validity| Leaf { validity, ..Leaf::default() };
    let ended = valid(one_day(start().minus(DAY * 2)));
    assert_eq!(refusal(&greeter, departing(&place, &ended)).await, "CERTIFICATE_EXPIRED");
    let coming = valid(one_day(start().plus(DAY)));
    assert_eq!(refusal(&greeter, departing(&place, &coming)).await, "CERTIFICATE_NOT_YET_VALID");
}

/// A system says for whom it acts; a person may act as nobody else.
#[tokio::test]
async fn a_person_is_refused_where_systems_connect_and_welcome_where_people_do() {
    let mut place = Place::new();
    let subject = Subject { oin: oin(POLICE), organisation: "Politie".to_owned(), unit: None };
    let (user_id, role) = ("fg-01".parse().unwrap(), UserRole::PrivacyOfficer);
    let person = Person { user_id, role };
    let files = place.pki.issue_person("fg", &subject, &person, one_day(start())).unwrap();
    let code = refusal(&greeter(&place.trust()), place.config(&files)).await;
    assert_eq!(code, "CERTIFICATE_OF_A_PERSON");

    let options = TrustOptions { clients: Clients::Anybody, ..TrustOptions::default() };
    let open = greeter(&place.trust_with(options));
    let stranger = over_http2(place.hello().with_no_client_auth());
    for (config, expected) in [(place.config(&files), Some(&person)), (stranger, None)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = async {
            let (tcp, remote) = listener.accept().await.unwrap();
            open.welcome(tcp, remote).await.unwrap()
        };
        let both = Box::pin(async { tokio::join!(connect(address, config), server) });
        let (_client, stream) = within(both).await;
        let info = stream.info();
        assert_eq!(info.and_then(|info| info.peer.person()), expected);
    }
}

#[tokio::test]
async fn no_certificate_is_refused() {
    let place = Place::new();
    let config = over_http2(place.hello().with_no_client_auth());
    assert_eq!(refusal(&greeter(&place.trust()), config).await, "CERTIFICATE_MISSING");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let place = Place::new();
    let long = long_from(start());
    let (chain, key) = Hierarchy::new(long, long).leaf(&Leaf::default());
    let config = place.hello().with_client_auth_cert(chain, key).map(over_http2).unwrap();
    assert_eq!(refusal(&greeter(&place.trust()), config).await, "ISSUER_UNKNOWN");
}

#[tokio::test]
async fn a_certificate_of_another_authority_with_the_same_name_is_refused() {
    let (place, other) = (Place::new(), Place::new());
    let stranger = place.config(&other.client("police"));
    assert_eq!(refusal(&greeter(&place.trust()), stranger).await, "CERTIFICATE_SIGNATURE_WRONG");
}

#[tokio::test]
async fn a_servers_certificate_is_refused_as_a_client() {
    let place = Place::new();
    let files = place.pki.files(Kind::Server, "localhost").unwrap();
    let code = refusal(&greeter(&place.trust()), place.config(&files)).await;
    assert_eq!(code, "CERTIFICATE_NOT_FOR_CLIENTS");
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_and_only_that_one() {
    let mut place = Place::new();
    place.revoke("police", start());
    let greeter = greeter(&place.trust());
    let police = place.config(&place.client("police"));
    assert_eq!(refusal(&greeter, police).await, "CERTIFICATE_REVOKED");
    let steunpunt = place.config(&place.client("steunpunt"));
    assert!(meet(&greeter, steunpunt).await.server.is_ok());
}

#[tokio::test]
async fn a_test_organisation_is_refused_in_production() {
    let place = Place::new();
    let production = Greeter::new(place.trust(), Limits::default(), IdentityPolicy::default());
    assert_eq!(refusal(&production, place.config(&place.client("police"))).await, "TEST_OIN");
}

#[tokio::test]
async fn an_organisation_with_a_real_number_is_admitted_in_production() {
    let mut place = Place::new();
    let real = Subject { oin: oin("00000001002220647000"), ..subject(POLICE) };
    let files = place.pki.issue_client("real", &real, one_day(start())).unwrap();
    let production = Greeter::new(place.trust(), Limits::default(), IdentityPolicy::default());
    let meeting = meet(&production, place.config(&files)).await;
    assert_eq!(meeting.server.unwrap().info().peer.oin(), &real.oin);
}

#[tokio::test]
async fn tls_1_2_is_refused_unless_configured() {
    let place = Place::new();
    let client = |versions: &[&'static rustls::SupportedProtocolVersion]| {
        let chain = certificates(&std::fs::read(&place.client("police").chain).unwrap());
        let key = PrivateKeyDer::from_pem_file(&place.client("police").key).unwrap();
        hello(&place.root, &place.hand, versions)
            .with_client_auth_cert(chain, key)
            .map(over_http2)
            .unwrap()
    };
    let strict = greeter(&place.trust());
    assert_eq!(refusal(&strict, client(&[&TLS12])).await, "TLS_VERSION_OR_ALGORITHMS");
    assert!(meet(&strict, client(&[&TLS13])).await.server.is_ok());

    let options = TrustOptions { versions: Versions::Tls12And13, ..TrustOptions::default() };
    let lenient = greeter(&place.trust_with(options));
    let meeting = meet(&lenient, client(&[&TLS12])).await;
    let session = meeting.client.unwrap();
    assert_eq!(session.get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_2));
    let modern = meet(&lenient, client(&[&TLS12, &TLS13])).await.client.unwrap();
    assert_eq!(modern.get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_3));
}

#[tokio::test]
async fn another_application_protocol_is_refused() {
    let place = Place::new();
    let speaking = |protocols: &[&[u8]]| {
        let mut config = place.config(&place.client("police"));
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        config
    };
    let grpc = greeter(&place.trust());
    assert_eq!(refusal(&grpc, speaking(&[b"http/1.1"])).await, "NO_COMMON_PROTOCOL");
    assert_eq!(refusal(&grpc, speaking(&[])).await, "NO_COMMON_PROTOCOL");
    let options = TrustOptions { protocol: Protocol::Web, ..TrustOptions::default() };
    let web = greeter(&place.trust_with(options));
    assert!(meet(&web, speaking(&[b"http/1.1"])).await.server.is_ok());
}

#[tokio::test]
async fn a_revocation_list_past_its_date_locks_out_unless_configured() {
    let mut place = Place::new();
    let files = place.pki.issue_client("lasting", &subject(POLICE), long_from(start())).unwrap();
    let after_the_list = start().plus(DAY * 31);
    let accepting = TrustOptions { stale_crl: StaleCrl::Accept, ..TrustOptions::default() };
    let (strict, lenient) = (place.trust(), place.trust_with(accepting));
    assert!(strict.status().next_update.unwrap() < after_the_list);
    place.hand.set(after_the_list);
    let code = refusal(&greeter(&strict), place.config(&files)).await;
    assert_eq!(code, "REVOCATION_LIST_STALE");
    assert!(meet(&greeter(&lenient), place.config(&files)).await.server.is_ok());
}

fn long_from(from: Timestamp) -> Validity {
    Validity { not_before: from, not_after: from.plus(DAY * 1000) }
}

#[tokio::test]
async fn a_root_past_its_end_is_refused_although_the_tls_library_takes_it() {
    let place = Place::new();
    let short = Validity { not_before: start(), not_after: start().plus(DAY * 10) };
    let hierarchy = Hierarchy::new(short, long_from(start()));
    let files = place.files();
    hierarchy.replace(&files);
    let lists = hierarchy.lists(start(), start().plus(DAY * 1000), false);
    std::fs::write(&files.revocation_lists[0], lists).unwrap();
    let leaf = Leaf { validity: long_from(start()), ..Leaf::default() };
    let client = || {
        let (chain, key) = hierarchy.leaf(&leaf);
        place.hello().with_client_auth_cert(chain, key).map(over_http2).unwrap()
    };
    let greeter = greeter(&place.trust());
    assert!(meet(&greeter, client()).await.server.is_ok());
    place.hand.set(start().plus(DAY * 11));
    assert_eq!(refusal(&greeter, client()).await, "ISSUER_NOT_IN_FORCE");
}

#[tokio::test]
async fn a_certificate_of_a_revoked_issuer_is_refused() {
    let place = Place::new();
    let hierarchy = Hierarchy::new(long_from(start()), long_from(start()));
    let files = place.files();
    hierarchy.replace(&files);
    let revoked = hierarchy.lists(start(), start().plus(DAY * 30), true);
    std::fs::write(&files.revocation_lists[0], revoked).unwrap();
    let (chain, key) = hierarchy.leaf(&Leaf::default());
    let config = place.hello().with_client_auth_cert(chain, key).map(over_http2).unwrap();
    assert_eq!(refusal(&greeter(&place.trust()), config).await, "CERTIFICATE_REVOKED");
}
