//! A stored key opens for its owner by its kek, and otherwise not at all.

use proptest::prelude::*;

use super::*;
use crate::vault::keyring::tests::with_keks;

const K1: (&str, u8) = ("k1", 1);
const K2: (&str, u8) = ("k2", 2);

fn key() -> Secret32 {
    Secret32::from_slice(&std::array::from_fn::<u8, 32, _>(|i| u8::try_from(i).unwrap())).unwrap()
}

const SUBJECT: Pseudonym = Pseudonym::new([0x11; 32]);

/// The key 00..1f of `SUBJECT` under `k1` with nonce 00..0b, made with another AES-GCM
/// implementation.
const STORED: &str = concat!(
    "01026b31000102030405060708090a0bbba7972524fb007ef663edcf2c64c6acbed77919e184531769d3229bbd",
    "9a23ad2801bf6e7435ad8cb3abce7b01dcf867",
);

fn stored() -> WrappedKey {
    WrappedKey::from_bytes(&hex::decode(STORED).unwrap()).unwrap()
}

#[test]
fn a_key_wrapped_by_other_code_to_the_documented_layout_opens() {
    let read = unwrap(&stored(), Owner::Subject(&SUBJECT), &with_keks(&[K1])).unwrap();
    assert!(read.is_same(&key()));
    assert_eq!(hex::encode(stored().to_bytes()), STORED);
}

#[test]
fn a_key_opens_for_its_owner_only() {
    let ring = with_keks(&[K1]);
    let other = Pseudonym::new([0x22; 32]);
    let opened = unwrap(&stored(), Owner::Subject(&other), &ring);
    assert_eq!(opened.unwrap_err(), UnwrapError::Unreadable);
}

#[test]
fn after_a_rotation_a_key_opens_and_is_rewrapped_once() {
    let (owner, ring) = (Owner::Subject(&SUBJECT), with_keks(&[K2, K1]));
    assert!(stored().needs_rewrap(&ring));
    let fresh = rewrap(&stored(), owner, &ring).unwrap().unwrap();
    assert_eq!(fresh.kek_id().as_str(), "k2");
    assert!(!fresh.needs_rewrap(&ring));
    assert_eq!(rewrap(&fresh, owner, &ring), Ok(None));

    // The old kek is retired: the fresh copy opens, the one in the backup is dead.
    let later = with_keks(&[K2]);
    assert!(unwrap(&fresh, owner, &later).unwrap().is_same(&key()));
    let unknown = UnwrapError::UnknownKek("k1".parse().unwrap());
    assert_eq!(unwrap(&stored(), owner, &later).unwrap_err(), unknown);
    assert_eq!(rewrap(&stored(), owner, &later), Err(RewrapError::Unwrap(unknown)));
}

#[test]
fn another_kek_of_the_same_name_does_not_open_it() {
    let other = Keyring::generate().unwrap();
    assert_eq!(other.current_kek_id().as_str(), "k1");
    let read = unwrap(&stored(), Owner::Subject(&SUBJECT), &other);
    assert_eq!(read.unwrap_err(), UnwrapError::Unreadable);
}

#[test]
fn every_flipped_bit_and_every_other_length_is_noticed() {
    let (bytes, ring) = (stored().to_bytes(), with_keks(&[K1, K2]));
    let opens = |bytes: &[u8]| {
        WrappedKey::from_bytes(bytes)
            .is_ok_and(|key| unwrap(&key, Owner::Subject(&SUBJECT), &ring).is_ok())
    };
    assert!(opens(&bytes));
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(!opens(&damaged), "bit {bit}");
    }
    for len in 0..bytes.len() {
        assert_eq!(WrappedKey::from_bytes(&bytes[..len]), Err(MalformedKey), "length {len}");
    }
    assert_eq!(WrappedKey::from_bytes(&[&bytes[..], &[0]].concat()), Err(MalformedKey));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_what_is_read_is_written_back(
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
        id in "[a-z0-9é]{0,34}",
        sealed_len in 59..62_usize,
    ) {
        let ring = with_keks(&[K1]);
        let id_len = u8::try_from(id.len()).unwrap();
        let built = [&[VERSION, id_len], id.as_bytes(), &vec![7; sealed_len]].concat();
        for bytes in [bytes, built] {
            if let Ok(read) = WrappedKey::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
                prop_assert!(unwrap(&read, Owner::Subject(&SUBJECT), &ring).is_err());
            }
        }
    }
}
