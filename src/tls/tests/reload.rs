//! Replacing the trust state while serving: all or nothing.

use super::hierarchy::{Hierarchy, Leaf};
use super::*;
use crate::tls::identity::PeerIdentity;
use crate::tls::trust::{Rejection, Reload, StaleCrl, TrustError};

fn peer(place: &Place, slug: &str) -> PeerIdentity {
    let chain = certificates(&std::fs::read(place.client(slug).chain).unwrap());
    PeerIdentity::from_certificate(&chain[0], TESTING, start()).unwrap()
}

fn later() -> Timestamp {
    start().plus(Duration::from_mins(1))
}

#[test]
fn a_new_list_counts_after_a_reload_and_only_for_whom_it_names() {
    let mut place = Place::new();
    let trust = place.trust();
    let (police, steunpunt) = (peer(&place, "police"), peer(&place, "steunpunt"));
    place.revoke("police", later());
    assert_eq!(trust.check_live(&police, later()), Ok(()));
    assert!(!trust.is_revoked(&police));
    assert_eq!(trust.reload().unwrap(), Reload::Replaced);
    assert_eq!(trust.check_live(&police, later()), Err(Rejection::Revoked));
    assert!(trust.is_revoked(&police));
    assert_eq!(trust.check_live(&steunpunt, later()), Ok(()));
    assert_eq!(trust.status().revoked, 1);
}

#[test]
fn files_that_did_not_change_disturb_nobody() {
    let place = Place::new();
    let trust = place.trust();
    let before = trust.server_config();
    assert_eq!(trust.reload().unwrap(), Reload::Unchanged);
    assert!(Arc::ptr_eq(&before, &trust.server_config()));
}

/// Every way to spoil the list, and that the old state stays in all of them.
#[test]
fn a_broken_list_changes_nothing() {
    let mut place = Place::new();
    place.revoke("police", start());
    let trust = place.trust();
    let before = trust.server_config();
    let police = peer(&place, "police");
    let path = place.pki.lists_path();
    let good = std::fs::read_to_string(&path).unwrap();
    let own =
        |text: &str| text.split_inclusive("-----END X509 CRL-----\n").next().unwrap().to_owned();
    let stranger = std::fs::read_to_string(Place::new().pki.lists_path()).unwrap();
    let spoiled: [(&str, String); 7] = [
        ("empty", String::new()),
        ("no PEM", "nonsense".to_owned()),
        ("cut short", good.chars().take(good.len() / 3).collect()),
        ("a changed signature", flip_last_byte(&good)),
        ("lists of a stranger of the same name", stranger),
        ("no list of the root", own(&good)),
        ("one list twice", own(&good) + &good),
    ];
    for (what, text) in spoiled {
        std::fs::write(&path, text).unwrap();
        assert!(trust.reload().is_err(), "{what}");
        assert!(Arc::ptr_eq(&before, &trust.server_config()), "{what}");
        assert_eq!(trust.check_live(&police, start()), Err(Rejection::Revoked), "{what}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(trust.reload(), Err(TrustError::File(_))));
    std::fs::write(&path, good).unwrap();
    assert_eq!(trust.reload().unwrap(), Reload::Unchanged);
}

/// The last byte of the first list belongs to its signature.
fn flip_last_byte(pem: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let (first, rest) = pem.split_once("-----END X509 CRL-----").unwrap();
    let body = first.trim_start_matches("-----BEGIN X509 CRL-----").replace('\n', "");
    let mut der = STANDARD.decode(body).unwrap();
    *der.last_mut().unwrap() ^= 1;
    format!("-----BEGIN X509 CRL-----\n{}\n-----END X509 CRL-----{rest}", STANDARD.encode(der))
}

#[test]
fn an_older_list_cannot_undo_a_revocation() {
    let mut place = Place::new();
    let path = place.pki.lists_path();
    let without = std::fs::read(&path).unwrap();
    place.revoke("police", later());
    let trust = place.trust();
    std::fs::write(&path, without).unwrap();
    assert!(matches!(trust.reload(), Err(TrustError::OlderRevocationList)));
    assert!(trust.is_revoked(&peer(&place, "police")));
}

#[test]
fn a_list_in_der_is_read_too() {
    let mut place = Place::new();
    place.revoke("police", start());
    let mut files = place.files();
    let text = std::fs::read(place.pki.lists_path()).unwrap();
    files.revocation_lists = rustls::pki_types::CertificateRevocationListDer::pem_slice_iter(&text)
        .enumerate()
        .map(|(number, list)| {
            let path = place.directory.path().join(format!("{number}.crl"));
            std::fs::write(&path, list.unwrap()).unwrap();
            path
        })
        .collect();
    assert_eq!(files.revocation_lists.len(), 2);
    let trust = LiveTrust::load(files, TrustOptions::default(), place.hand.clock()).unwrap();
    assert!(trust.is_revoked(&peer(&place, "police")));
}

#[test]
fn a_key_that_does_not_fit_the_certificate_is_refused() {
    let place = Place::new();
    let mut files = place.files();
    files.server_key = place.client("police").key;
    let loaded = LiveTrust::load(files, TrustOptions::default(), place.hand.clock());
    assert!(matches!(loaded, Err(TrustError::Unfit(_))), "{loaded:?}");
}

#[test]
fn a_leaf_is_no_anchor() {
    let place = Place::new();
    let mut files = place.files();
    files.anchors = place.client("police").chain;
    let loaded = LiveTrust::load(files, TrustOptions::default(), place.hand.clock());
    assert!(matches!(loaded, Err(TrustError::NotAnAuthority { .. })), "{loaded:?}");
}

#[test]
fn a_live_certificate_ends_with_its_validity_its_list_and_its_issuer() {
    let place = Place::new();
    let files = place.files();
    let long = |days| Validity { not_before: start(), not_after: start().plus(DAY * days) };
    let hierarchy = Hierarchy::new(long(500), long(400));
    hierarchy.replace(&files);
    let write_lists = |made, days, issuing_revoked| {
        let text = hierarchy.lists(made, start().plus(DAY * days), issuing_revoked);
        std::fs::write(&files.revocation_lists[0], text).unwrap();
    };
    write_lists(start(), 600, false);
    let leaf = Leaf { validity: long(450), ..Leaf::default() };
    let (chain, _) = hierarchy.leaf(&leaf);
    let peer = PeerIdentity::from_certificate(&chain[0], TESTING, start()).unwrap();
    let trust = place.trust();
    let on_day = |day| trust.check_live(&peer, start().plus(DAY * day));

    assert_eq!(on_day(399), Ok(()));
    assert_eq!(on_day(401), Err(Rejection::IssuerNotInForce));
    assert_eq!(on_day(451).unwrap_err().code(), "CERTIFICATE_EXPIRED");

    write_lists(start().plus(DAY), 20, false);
    trust.reload().unwrap();
    assert_eq!(on_day(19), Ok(()));
    assert_eq!(on_day(21), Err(Rejection::RevocationListStale));
    let accepting = TrustOptions { stale_crl: StaleCrl::Accept, ..TrustOptions::default() };
    let lenient = place.trust_with(accepting);
    assert_eq!(lenient.check_live(&peer, start().plus(DAY * 21)), Ok(()));

    write_lists(start().plus(DAY * 2), 600, true);
    trust.reload().unwrap();
    assert_eq!(on_day(3), Err(Rejection::IssuerRevoked));

    // The authority is taken out of the files altogether, and another one put in.
    let other = Hierarchy::new(long(500), long(400));
    other.replace(&files);
    std::fs::write(&files.revocation_lists[0], other.lists(later(), start().plus(DAY * 9), false))
        .unwrap();
    let trust = place.trust();
    assert_eq!(trust.check_live(&peer, later()), Err(Rejection::IssuerUnknown));
}

#[tokio::test]
async fn the_next_handshake_shows_the_new_certificate() {
    let mut place = Place::new();
    let trust = place.trust();
    let greeter = greeter(&trust);
    let config = place.config(&place.client("police"));
    let shown = |meeting: Meeting| {
        let client = meeting.client.unwrap();
        client.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    let old = shown(meet(&greeter, config.clone()).await);
    let names = ["localhost", "127.0.0.1"];
    place.pki.issue_server("localhost", &subject(POLICE), &names, one_day(start())).unwrap();
    assert_eq!(trust.reload().unwrap(), Reload::Replaced);
    let new = shown(meet(&greeter, config).await);
    assert_ne!(old, new);
    let file = std::fs::read(place.files().server_chain).unwrap();
    assert_eq!(new, certificates(&file)[0]);
}
