//! The development authority: what it makes, and what it leaves alone.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::*;
use crate::tls::authority::{Authority, AuthorityError, RevocationReason};
use crate::tls::development::PkiError;
use crate::tls::identity;

/// Every file below the directory, with its content.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            all.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    all
}

fn lay_out(directory: &Path, now: Timestamp) -> DevelopmentPki {
    DevelopmentPki::lay_out(directory, &organisations(), now).unwrap()
}

#[test]
fn what_is_laid_out_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    drop(lay_out(directory.path(), start()));
    let first = contents(directory.path());
    drop(lay_out(directory.path(), start().plus(DAY)));
    assert_eq!(contents(directory.path()), first);
}

#[test]
fn private_keys_are_for_their_owner_and_the_root_has_none() {
    let place = Place::new();
    let keys: Vec<PathBuf> = contents(place.directory.path())
        .into_iter()
        .filter(|(_, content)| String::from_utf8_lossy(content).contains("PRIVATE KEY"))
        .map(|(path, _)| path)
        .collect();
    let names: Vec<_> = keys.iter().map(|path| path.file_name().unwrap()).collect();
    assert_eq!(names, ["issuing.key", "police.key", "steunpunt.key", "localhost.key"]);
    for key in keys {
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_no_longer_serves_is_made_anew_and_nothing_else() {
    let mut place = Place::new();
    let serial = |place: &Place, slug| place.pki.serial(Kind::Client, slug).unwrap();
    let (police, steunpunt) = (serial(&place, "police"), serial(&place, "steunpunt"));

    place.revoke("police", start());
    // A crash after the new key and before the new certificate.
    std::fs::copy(place.client("police").key, place.client("steunpunt").key).unwrap();
    let Place { directory, hand, root, pki } = place;
    drop(pki);
    let pki = lay_out(directory.path(), start());
    let place = Place { directory, hand, root, pki };
    assert_ne!(serial(&place, "police"), police);
    assert_ne!(serial(&place, "steunpunt"), steunpunt);
    assert_eq!(place.pki.register().issued().len(), 5);
    assert!(place.pki.register().find(&police).unwrap().revocation.is_some());

    // Eleven months later everything but the authority is close to its end.
    let root = std::fs::read(place.pki.root_path()).unwrap();
    let Place { directory, pki, .. } = place;
    drop(pki);
    let pki = lay_out(directory.path(), start().plus(DAY * 340));
    assert_eq!(pki.register().issued().len(), 8);
    assert_eq!(std::fs::read(pki.root_path()).unwrap(), root);
    drop(pki);

    // Eleven years later even that is over.
    let pki = lay_out(directory.path(), start().plus(DAY * 4_000));
    assert_eq!(pki.register().issued().len(), 3);
    assert_ne!(std::fs::read(pki.root_path()).unwrap(), root);
}

#[test]
fn a_certificate_has_the_fields_of_the_profile() {
    let mut place = Place::new();
    let full = Subject { unit: Some("Eenheid Den Haag".to_owned()), ..subject(POLICE) };
    let files = place.pki.issue_client("full", &full, one_day(start())).unwrap();
    let chain = certificates(&std::fs::read(files.chain).unwrap());
    let [leaf, issuing] = &chain[..] else { panic!("the leaf and the issuing authority") };
    let (leaf, issuing) = (identity::parse(leaf).unwrap(), identity::parse(issuing).unwrap());
    leaf.verify_signature(Some(issuing.public_key())).unwrap();
    assert_eq!(
        leaf.subject().to_string(),
        format!(
            "C=NL, O=Testorganisatie, OU=Eenheid Den Haag, serialNumber={POLICE}, \
             CN=client.{POLICE}.ketenpoort.test"
        )
    );
    assert_eq!(leaf.raw_serial().len(), 16);
    assert!(leaf.raw_serial()[0] < 0x80, "positive");
    let purposes = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(purposes.client_auth && !purposes.server_auth && !purposes.any);
    assert_eq!(leaf.key_usage().unwrap().unwrap().value.flags, 1, "digitalSignature only");
    assert!(!leaf.basic_constraints().unwrap().unwrap().value.ca);
    let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
    let name = format!("client.{POLICE}.ketenpoort.test");
    assert_eq!(names[..], [GeneralName::DNSName(&name)]);
    let own_id = key_ids(&issuing).0.unwrap();
    assert_eq!(key_ids(&leaf).1.unwrap(), own_id);
    assert!(key_ids(&leaf).0.is_some());
    assert_eq!(issuing.basic_constraints().unwrap().unwrap().value.path_len_constraint, Some(0));
}

/// Subject and authority key identifier.
fn key_ids(
    certificate: &x509_parser::certificate::X509Certificate<'_>,
) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let mut ids = (None, None);
    for extension in certificate.extensions() {
        if let ParsedExtension::SubjectKeyIdentifier(id) = extension.parsed_extension() {
            ids.0 = Some(id.0.to_vec());
        }
        if let ParsedExtension::AuthorityKeyIdentifier(id) = extension.parsed_extension() {
            ids.1 = id.key_identifier.as_ref().map(|id| id.0.to_vec());
        }
    }
    ids
}

#[test]
fn serial_numbers_are_never_the_same() {
    let mut authority = Authority::create("Test", start()).unwrap();
    for _ in 0..20 {
        authority.issue_client(&subject(POLICE), one_day(start())).unwrap();
    }
    let serials: std::collections::BTreeSet<_> =
        authority.register().issued().iter().map(|issued| &issued.serial).collect();
    assert_eq!(serials.len(), 20);
}

#[test]
fn a_revocation_list_tells_when_and_why_and_counts_up() {
    let mut place = Place::new();
    let number = |place: &Place| {
        let text = std::fs::read(place.pki.lists_path()).unwrap();
        let der = rustls::pki_types::CertificateRevocationListDer::from_pem_slice(&text).unwrap();
        let (_, list) = CertificateRevocationList::from_der(&der).unwrap();
        let entries: Vec<_> = list
            .iter_revoked_certificates()
            .map(|entry| (entry.raw_serial().to_vec(), entry.reason_code().unwrap().1.0))
            .collect();
        (list.crl_number().unwrap().clone(), entries)
    };
    let (before, none) = number(&place);
    assert!(none.is_empty());
    let serial = place.pki.serial(Kind::Client, "police").unwrap();
    place.revoke("police", start());
    let (after, entries) = number(&place);
    assert!(after > before);
    // keyCompromise is 1 (RFC 5280 §5.3.1).
    assert_eq!(entries, [(serial.as_bytes().to_vec(), 1)]);
    // A second revocation does not rewrite the first.
    place.pki.revoke(&serial, RevocationReason::Superseded, start().plus(DAY)).unwrap();
    assert_eq!(number(&place).1, entries);
}

#[test]
fn a_certificate_that_was_never_issued_cannot_be_revoked() {
    let mut place = Place::new();
    let serial = "4711".parse().unwrap();
    let error = place.pki.revoke(&serial, RevocationReason::Superseded, start()).unwrap_err();
    assert!(matches!(error, PkiError::Authority(AuthorityError::UnknownSerial)));
}

#[test]
fn an_authority_comes_back_from_its_files() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(DevelopmentPki::open(directory.path()), Err(PkiError::Absent { .. })));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "looking leaves no trace");
    let mut pki = DevelopmentPki::init(directory.path(), "Test", start()).unwrap();
    pki.issue_client("one", &subject(POLICE), one_day(start())).unwrap();
    let register = pki.register().clone();
    drop(pki);
    let again = DevelopmentPki::init(directory.path(), "Test", start());
    assert!(matches!(again, Err(PkiError::Exists { .. })));
    let pki = DevelopmentPki::open(directory.path()).unwrap();
    assert_eq!(pki.register(), &register);
    drop(pki);
    let other = tempfile::tempdir().unwrap();
    drop(DevelopmentPki::init(other.path(), "Test", start()).unwrap());
    let key = |directory: &TempDir| directory.path().join("ca/issuing.key");
    std::fs::copy(key(&other), key(&directory)).unwrap();
    let error = DevelopmentPki::open(directory.path()).unwrap_err();
    assert!(matches!(error, PkiError::Authority(AuthorityError::Material)));
}

#[test]
fn two_processes_do_not_change_one_directory() {
    let place = Place::new();
    let second = DevelopmentPki::open(place.directory.path());
    assert!(matches!(second, Err(PkiError::Busy { .. })));
    let Place { directory, pki, .. } = place;
    drop(pki);
    assert!(DevelopmentPki::open(directory.path()).is_ok());
}

#[test]
fn a_file_name_cannot_lead_out_of_the_directory() {
    let mut place = Place::new();
    for bad in ["", "..", "../ca/issuing", "a/b", "A", "a.b", &"a".repeat(41)] {
        let issued = place.pki.issue_client(bad, &subject(POLICE), one_day(start()));
        assert!(matches!(issued, Err(PkiError::Slug)), "{bad}");
    }
    assert_eq!(place.pki.register().issued().len(), 3);
}

#[test]
fn what_does_not_fit_into_a_certificate_is_refused() {
    let mut authority = Authority::create("Test", start()).unwrap();
    let valid = one_day(start());
    for name in ["", "a\nb", &"x".repeat(65)] {
        let bad = Subject { organisation: name.to_owned(), ..subject(POLICE) };
        let issued = authority.issue_client(&bad, valid);
        assert!(matches!(issued, Err(AuthorityError::Name)), "{name:?}");
    }
    let backwards = Validity { not_before: valid.not_after, not_after: valid.not_before };
    let issued = authority.issue_client(&subject(POLICE), backwards);
    assert!(matches!(issued, Err(AuthorityError::Validity)));
    for names in [&[][..], &["not a host"], &["-.test"]] {
        let issued = authority.issue_server(&subject(POLICE), names, valid);
        assert!(matches!(issued, Err(AuthorityError::ServerName)), "{names:?}");
    }
    assert!(authority.register().issued().is_empty());
}
