//! What opens a sealed object, and everything that must not.

use proptest::prelude::*;

use super::*;

const HERE: Aad<'_> = Aad { table: "referrals", column: "content", row: b"row-7" };

fn key(byte: u8) -> WrappingKey {
    WrappingKey(Secret32::from_slice(&[byte; 32]).unwrap())
}

#[test]
fn an_object_sealed_by_other_code_to_the_documented_layout_opens() {
    // Made with another AES-GCM implementation: key 00..1f through label `subject-wrapping`,
    // nonces 00..0b and 0c..17, data key 64..83.
    let sealed = hex::decode(concat!(
        "01000102030405060708090a0b5ee5acb9382b3267d50f1a0a3aff5c6b42fba72387723898e39f2bbe26e69c34",
        "d77176ae885ff8854097a340f8d7eaf60c0d0e0f1011121314151617fc3af919e7021b6e8a03d8e39be248d999",
        "900eaee9",
    ))
    .unwrap();
    let key = hex::decode("93bba31515a866125f38c0438f5a32b27509457606cab87379997d683621904c");
    let key = WrappingKey(Secret32::from_slice(&key.unwrap()).unwrap());
    assert_eq!(*open(&sealed, &key, &HERE).unwrap(), b"hello");
}

#[test]
fn a_moved_ciphertext_does_not_open() {
    let sealed = seal(b"content", &key(1), &HERE).unwrap();
    let places = [
        Aad { table: "summaries", ..HERE },
        Aad { column: "note", ..HERE },
        Aad { row: b"row-8", ..HERE },
        Aad { row: b"", ..HERE },
        // The same letters with other boundaries.
        Aad { table: "referralsc", column: "ontent", ..HERE },
        Aad { column: "contentr", row: b"ow-7", ..HERE },
    ];
    for place in places {
        assert_eq!(open(&sealed, &key(1), &place), Err(OpenError), "{place:?}");
    }
    assert!(open(&sealed, &key(1), &HERE).is_ok());
}

#[test]
fn every_flipped_bit_is_noticed() {
    let sealed = seal(b"content", &key(1), &HERE).unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut damaged = sealed.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&damaged, &key(1), &HERE), Err(OpenError), "bit {bit}");
    }
}

#[test]
fn every_truncation_and_every_added_byte_is_noticed() {
    let mut sealed = seal(b"content", &key(1), &HERE).unwrap();
    for len in 0..sealed.len() {
        assert_eq!(open(&sealed[..len], &key(1), &HERE), Err(OpenError), "length {len}");
    }
    sealed.push(0);
    assert_eq!(open(&sealed, &key(1), &HERE), Err(OpenError));
}

#[test]
fn the_wrapped_data_key_of_another_object_does_not_fit() {
    let mut one = seal(b"one", &key(1), &HERE).unwrap();
    let other = seal(b"two", &key(1), &HERE).unwrap();
    one[..=WRAPPED_LEN].copy_from_slice(&other[..=WRAPPED_LEN]);
    assert_eq!(open(&one, &key(1), &HERE), Err(OpenError));
}

#[test]
fn content_up_to_the_bound_is_sealed_and_no_more() {
    let largest = vec![7; SEALED_PLAINTEXT_MAX];
    let sealed = seal(&largest, &key(1), &HERE).unwrap();
    assert_eq!(sealed.len(), SEALED_PLAINTEXT_MAX + SEALED_OVERHEAD);
    assert_eq!(*open(&sealed, &key(1), &HERE).unwrap(), largest);

    let larger = vec![7; SEALED_PLAINTEXT_MAX + 1];
    assert_eq!(seal(&larger, &key(1), &HERE), Err(SealError::TooLarge));

    // Sealed by other code without the bound.
    let data_key = Secret32::random().unwrap();
    let mut sealed = vec![VERSION];
    let part = HERE.encode(Part::DataKey);
    aead::seal_onto(&mut sealed, &key(1).0, &part, data_key.as_bytes()).unwrap();
    aead::seal_onto(&mut sealed, &data_key, &HERE.encode(Part::Content), &larger).unwrap();
    assert_eq!(open(&sealed, &key(1), &HERE), Err(OpenError));
}

#[test]
fn equal_content_gives_unequal_ciphertext() {
    let (one, two) =
        (seal(b"same", &key(1), &HERE).unwrap(), seal(b"same", &key(1), &HERE).unwrap());
    // All but the version byte: no nonce, data key or content block repeats at its place.
    for (one, two) in one[1..].chunks(12).zip(two[1..].chunks(12)) {
        assert_ne!(one, two);
    }
}

#[test]
fn a_wrapping_key_does_not_show_itself() {
    assert_eq!(format!("{:?}", key(1)), "WrappingKey(…)");
}

proptest! {
    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_place_only(
        content in proptest::collection::vec(any::<u8>(), 0..300),
        row in proptest::collection::vec(any::<u8>(), 0..20),
        other_row in proptest::collection::vec(any::<u8>(), 0..20),
        (byte, other_byte) in any::<(u8, u8)>(),
    ) {
        let place = Aad { row: &row, ..HERE };
        let sealed = seal(&content, &key(byte), &place).unwrap();
        prop_assert_eq!(sealed.len(), content.len() + SEALED_OVERHEAD);
        prop_assert_eq!(&*open(&sealed, &key(byte), &place).unwrap(), &content);
        prop_assert_eq!(open(&sealed, &key(other_byte), &place).is_ok(), byte == other_byte);
        let other = Aad { row: &other_row, ..HERE };
        prop_assert_eq!(open(&sealed, &key(byte), &other).is_ok(), row == other_row);
    }

    #[test]
    fn a_flipped_bit_in_content_of_any_length_is_noticed(
        content in proptest::collection::vec(any::<u8>(), 0..300),
        index in any::<proptest::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let mut sealed = seal(&content, &key(1), &HERE).unwrap();
        *index.get_mut(&mut sealed[..]) ^= 1 << bit;
        prop_assert_eq!(open(&sealed, &key(1), &HERE), Err(OpenError));
    }

    #[test]
    fn arbitrary_bytes_never_open_and_never_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        prop_assert_eq!(open(&bytes, &key(1), &HERE), Err(OpenError));
        if let Some(version) = bytes.first_mut() {
            *version = VERSION;
        }
        prop_assert_eq!(open(&bytes, &key(1), &HERE), Err(OpenError));
    }
}
