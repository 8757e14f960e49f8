//! Reading identities from certificates, without a handshake.

use proptest::prelude::*;

use super::hierarchy::{Hierarchy, Leaf};
use super::*;
use crate::tls::identity::{Fingerprint, IdentityError, PeerIdentity, Serial};

fn long() -> Validity {
    Validity { not_before: start(), not_after: start().plus(DAY * 1000) }
}

fn leaf(leaf: &Leaf) -> Vec<u8> {
    let hierarchy = Hierarchy::new(long(), long());
    leaf.signed_by(&hierarchy.issuer).0.to_vec()
}

fn identity(der: &[u8]) -> Result<PeerIdentity, IdentityError> {
    PeerIdentity::from_certificate(der, TESTING, start())
}

#[test]
fn several_serial_numbers_in_the_subject_are_refused() {
    // The surname (2.5.4.4) is as long as a serialNumber (2.5.4.5), so that one can become the
    // other; the signature does not matter here.
    let mut params = Leaf::default().params();
    params.distinguished_name.push(rcgen::DnType::CustomDnType(vec![2, 5, 4, 4]), STEUNPUNT);
    let hierarchy = Hierarchy::new(long(), long());
    let key = rcgen::KeyPair::generate().unwrap();
    let mut der = params.signed_by(&key, &hierarchy.issuer).unwrap().der().to_vec();
    assert!(identity(&der).is_ok());
    let surname = [0x06, 0x03, 0x55, 0x04, 0x04];
    let at = der.windows(5).position(|bytes| bytes == surname).unwrap();
    der[at + 4] = 0x05;
    assert_eq!(identity(&der), Err(IdentityError::SeveralSerialNumbers));
}

#[test]
fn the_certificate_of_an_authority_is_no_identity() {
    let hierarchy = Hierarchy::new(long(), long());
    assert_eq!(identity(&hierarchy.root), Err(IdentityError::Authority));
}

#[test]
fn bytes_after_the_certificate_are_refused() {
    let mut der = leaf(&Leaf::default());
    assert!(identity(&der).is_ok());
    der.push(0);
    assert_eq!(identity(&der), Err(IdentityError::Unreadable));
}

#[test]
fn a_name_that_could_harm_a_terminal_is_refused() {
    for organisation in [
        "Politie\u{1b}[2J",
        "",
        "Een naam die veel langer is dan de vierenzestig tekens die er mogen zijn",
    ] {
        let der = leaf(&Leaf { organisation: Some(organisation), ..Leaf::default() });
        assert_eq!(identity(&der), Err(IdentityError::NoOrganisationName), "{organisation:?}");
    }
}

#[test]
fn both_ends_of_the_validity_belong_to_it() {
    let validity = one_day(start());
    let microsecond = Duration::from_micros(1);
    assert_eq!(validity.require(start()), Ok(()));
    assert_eq!(validity.require(start().minus(microsecond)), Err(IdentityError::NotYetValid));
    assert_eq!(validity.require(validity.not_after), Ok(()));
    let late = validity.not_after.plus(microsecond);
    assert_eq!(validity.require(late), Err(IdentityError::Expired));
}

#[test]
fn a_fingerprint_is_the_sha_256_of_the_certificate() {
    // FIPS 180-2 appendix B.1.
    assert_eq!(
        Fingerprint::of(b"abc").to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn nothing_that_is_logged_shows_the_name() {
    let peer = identity(&leaf(&Leaf::default())).unwrap();
    let shown = format!("{peer:?}");
    assert!(shown.contains(POLICE) && !shown.contains("Politie"), "{shown}");
}

#[test]
fn one_serial_has_one_value() {
    let number: Serial = "00e1".parse().unwrap();
    assert_eq!(number, Serial::from_bytes(&[0xe1]));
    assert_eq!(number.to_string(), "e1");
    for bad in ["", "e", "xx", &"00".repeat(21)] {
        assert!(bad.parse::<Serial>().is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(identity(&bytes).is_err());
    }

    #[test]
    fn a_damaged_certificate_is_never_another_organisation(
        position in any::<prop::sample::Index>(), flip in 1_u8..,
    ) {
        static DER: std::sync::LazyLock<Vec<u8>> =
            std::sync::LazyLock::new(|| leaf(&Leaf::default()));
        let mut der = DER.clone();
        der[position.index(DER.len())] ^= flip;
        // Whatever is read, the certificate is told apart from the genuine one.
        if let Ok(peer) = identity(&der) {
            prop_assert_ne!(peer.fingerprint(), Fingerprint::of(&DER));
        }
    }
}

/// A leaf with these names beside those of the profile.
fn with_names(names: &[&str]) -> Result<PeerIdentity, IdentityError> {
    let mut params = Leaf::default().params();
    let uris = names.iter().map(|name| rcgen::SanType::URI((*name).try_into().unwrap()));
    params.subject_alt_names.extend(uris);
    let hierarchy = Hierarchy::new(long(), long());
    let key = rcgen::KeyPair::generate().unwrap();
    identity(params.signed_by(&key, &hierarchy.issuer).unwrap().der())
}

#[test]
fn a_person_is_named_once_in_one_role_or_not_at_all() {
    const USER: &str = "urn:ketenpoort:user:fg-01";
    const OFFICER: &str = "urn:ketenpoort:role:PRIVACY_OFFICER";
    let officer = with_names(&[USER, OFFICER, "https://voorbeeld.example/"]).unwrap();
    let person = officer.person().unwrap();
    assert_eq!(person.user_id.as_str(), "fg-01");
    assert_eq!(person.role, crate::domain::organisation::UserRole::PrivacyOfficer);
    assert_eq!(with_names(&[]).unwrap().person(), None);
    for half in [
        &[USER][..],
        &[OFFICER],
        &[USER, OFFICER, "urn:ketenpoort:user:fg-02"],
        &[USER, OFFICER, "urn:ketenpoort:role:SUPERVISOR"],
        &[USER, "urn:ketenpoort:role:SYSTEM"],
        &[USER, "urn:ketenpoort:role:KING"],
        &["urn:ketenpoort:user:", OFFICER],
        &["urn:ketenpoort:user:a/b", OFFICER],
    ] {
        assert_eq!(with_names(half), Err(IdentityError::NotAPerson), "{half:?}");
    }
}
