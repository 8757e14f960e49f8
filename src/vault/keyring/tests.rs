//! Rotation, and that every secret of a keyring is its own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// A keyring with these keks, each of one repeated byte, and random other secrets.
pub(in crate::vault) fn with_keks(keks: &[(&str, u8)]) -> Keyring {
    let kek = |(id, byte): &(&str, u8)| format!("kek {id} {}\n", STANDARD.encode([*byte; 32]));
    let others = Keyring::generate().unwrap().to_file_text();
    let others = others.lines().filter(|line| !line.starts_with("kek"));
    let text = keks.iter().map(kek).collect::<String>() + &others.collect::<Vec<_>>().join("\n");
    Keyring::parse(&text).unwrap()
}

fn id(text: &str) -> KekId {
    text.parse().unwrap()
}

#[test]
fn a_rotated_kek_encrypts_and_the_old_ones_stay() {
    let mut keyring = Keyring::generate().unwrap();
    keyring.rotate(id("k2")).unwrap();
    keyring.rotate(id("2026-03")).unwrap();
    assert_eq!(keyring.current_kek_id(), &id("2026-03"));
    let ids: Vec<&str> = keyring.kek_ids().map(KekId::as_str).collect();
    assert_eq!(ids, ["2026-03", "k2", "k1"]);
}

#[test]
fn a_kek_id_is_used_once() {
    let mut keyring = Keyring::generate().unwrap();
    keyring.rotate(id("k2")).unwrap();
    for known in ["k1", "k2"] {
        assert_eq!(keyring.rotate(id(known)), Err(RotateError::KnownId));
    }
    assert_eq!(keyring.kek_ids().count(), 2);
}

#[test]
fn there_are_at_most_so_many_keks_and_the_file_holds_them_all() {
    let mut keyring = Keyring::generate().unwrap();
    for number in 2..=KEKS_MAX {
        keyring.rotate(id(&format!("k{number}"))).unwrap();
    }
    assert_eq!(keyring.rotate(id("more")), Err(RotateError::TooManyKeks));
    let read = Keyring::parse(&keyring.to_file_text()).unwrap();
    assert_eq!(read.kek_ids().count(), KEKS_MAX);
}

#[test]
fn a_kek_id_is_a_short_word() {
    let longest = "k".repeat(32);
    for good in ["k1", "2026-03", "a.b_c-D", &longest] {
        assert_eq!(good.parse::<KekId>().unwrap().as_str(), good);
    }
    for bad in ["", "k 1", "k/1", "ké", "k\n", &"k".repeat(33)] {
        assert_eq!(bad.parse::<KekId>(), Err(InvalidKekId), "{bad:?}");
    }
}

#[test]
fn no_two_generated_secrets_are_equal() {
    let (one, two) = (Keyring::generate().unwrap(), Keyring::generate().unwrap());
    let mut all: Vec<[u8; 32]> = Vec::new();
    for ring in [&one, &two] {
        all.extend([ring.current_kek(), &ring.opening.0].map(Secret32::as_bytes));
        all.extend([ring.log_seed(), ring.receipt_seed()].map(Seed32::as_bytes));
        all.extend([ring.pseudonym.secret(), ring.idempotency.secret()].map(Secret32::as_bytes));
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 12);
}

#[test]
fn an_entry_about_nobody_has_openings_of_its_own() {
    let event = EventId::from_bytes(std::array::from_fn(|i| u8::try_from(i).unwrap()));
    let key = OpeningKey(Secret32::from_slice(&[3; 32]).unwrap());
    // Made with another implementation of HKDF.
    assert_eq!(
        hex::encode(key.opening(event, "case").as_bytes()),
        "d59a146c3d52ee1618aa592066a06de2815ad164560a25c394645dd33b2c5a33"
    );
    assert_ne!(key.opening(event, "case").as_bytes(), key.opening(event, "actor").as_bytes());
}

#[test]
fn no_part_of_a_keyring_shows_itself() {
    let keyring = Keyring::generate().unwrap();
    assert_eq!(format!("{keyring:?}"), "Keyring(…)");
    assert_eq!(format!("{:?}", keyring.log_seed()), "Seed32(…)");
    assert_eq!(format!("{:?}", keyring.opening_key()), "OpeningKey(…)");
    assert_eq!(format!("{:?}", keyring.pseudonym_key()), "PseudonymKey(…)");
    assert_eq!(format!("{:?}", keyring.idempotency_key()), "IdempotencyKey(…)");
}
