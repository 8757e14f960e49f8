//! The certificates in `certs-example`, which partners take as a pattern for their own.

use std::path::PathBuf;

use rustls::CertificateError;
use rustls::pki_types::{CertificateRevocationListDer, UnixTime};
use rustls::server::WebPkiClientVerifier;

use super::*;
use crate::tls::identity::PeerIdentity;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs-example").join(name)
}

fn chain(name: &str) -> Vec<CertificateDer<'static>> {
    certificates(&std::fs::read(example(name)).unwrap())
}

#[test]
fn no_example_holds_a_private_key() {
    let mut files = 0;
    for entry in std::fs::read_dir(example("")).unwrap() {
        let path = entry.unwrap().path();
        let content = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&content);
        assert!(!text.contains("PRIVATE KEY"), "{}", path.display());
        assert!(path.extension().is_none_or(|extension| extension != "key"), "{}", path.display());
        files += 1;
    }
    assert!(files >= 6, "the examples are where this test looks");
}

#[test]
fn the_examples_name_their_organisations() {
    let now = moment("2026-12-01T00:00:00Z");
    for name in ["police.pem", "police-revoked.pem"] {
        let peer = PeerIdentity::from_certificate(&chain(name)[0], TESTING, now).unwrap();
        assert_eq!(peer.oin(), &oin(POLICE));
        assert_eq!(peer.organisation_name(), "Politie Voorbeeld");
    }
    let server = chain("server.pem");
    let server = crate::tls::identity::parse(&server[0]).unwrap();
    let subject = server.subject().to_string();
    assert!(subject.contains("serialNumber=00000099000000001000"), "{subject}");
    assert!(server.extended_key_usage().unwrap().unwrap().value.server_auth);
}

#[test]
fn the_examples_lead_to_the_example_root_and_one_is_revoked() {
    let mut roots = RootCertStore::empty();
    roots.add(chain("root.pem").remove(0)).unwrap();
    let text = std::fs::read(example("crl.pem")).unwrap();
    let lists = CertificateRevocationListDer::pem_slice_iter(&text).map(Result::unwrap);
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider::provider())
            .with_crls(lists)
            .enforce_revocation_expiration()
            .build()
            .unwrap();
    let seconds = moment("2026-12-01T00:00:00Z").as_micros() / 1_000_000;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds.try_into().unwrap()));
    let verify = |name| {
        let chain = chain(name);
        assert_eq!(chain[1..], self::chain("issuing.pem"));
        verifier.verify_client_cert(&chain[0], &chain[1..], now).map(|_| ())
    };
    assert_eq!(verify("police.pem"), Ok(()));
    assert_eq!(verify("police-revoked.pem"), Err(CertificateError::Revoked.into()));
}
