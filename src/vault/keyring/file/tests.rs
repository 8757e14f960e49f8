//! What a key file may say, and how a wrong one is refused.

use proptest::prelude::*;

use super::*;

const GOOD: [&str; 8] = [
    "kek k2 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
    "kek k1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    "pseudonym AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=",
    "opening BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=",
    "idempotency BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=",
    "log BgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgY=",
    "receipt BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
    "session CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=",
];

fn error(text: &str) -> KeyFileError {
    Keyring::parse(text).unwrap_err()
}

#[test]
fn every_secret_is_read_for_its_own_purpose() {
    let keyring = Keyring::parse(&GOOD.join("\n")).unwrap();
    assert_eq!(keyring.current_kek_id().as_str(), "k2");
    let kek = |id: &str| *keyring.kek(&id.parse().unwrap()).unwrap().as_bytes();
    assert_eq!((kek("k1"), kek("k2")), ([1; 32], [2; 32]));
    assert_eq!(keyring.pseudonym.secret().as_bytes(), &[3; 32]);
    assert_eq!(keyring.opening.0.as_bytes(), &[4; 32]);
    assert_eq!(keyring.idempotency.secret().as_bytes(), &[5; 32]);
    assert_eq!(keyring.log_seed().as_bytes(), &[6; 32]);
    assert_eq!(keyring.receipt_seed().as_bytes(), &[7; 32]);
    assert_eq!(keyring.session_key().as_bytes(), &[9; 32]);
}

#[test]
fn a_generated_keyring_survives_its_file() {
    let keyring = Keyring::generate().unwrap();
    let text = keyring.to_file_text();
    assert_eq!(Keyring::parse(&text).unwrap().to_file_text(), text);
}

#[test]
fn the_text_of_a_file_never_outgrows_its_first_buffer() {
    let mut keyring = Keyring::generate().unwrap();
    let capacity = keyring.to_file_text().capacity();
    for number in 10..10 + KEKS_MAX - 1 {
        let id = format!("{number}-an-id-that-is-32-bytes-long..");
        assert_eq!(id.len(), 32);
        keyring.rotate(id.parse().unwrap()).unwrap();
    }
    assert_eq!(keyring.to_file_text().capacity(), capacity);
}

#[test]
fn comments_blank_lines_order_and_line_ends_do_not_matter() {
    let mut lines = GOOD.to_vec();
    lines.rotate_left(3);
    let text = format!("# comment\r\n\r\n  {}\t\r\n", lines.join("\r\n"));
    assert_eq!(
        Keyring::parse(&text).unwrap().to_file_text(),
        Keyring::parse(&GOOD.join("\n")).unwrap().to_file_text()
    );
}

#[test]
fn a_wrong_line_is_named_by_its_number_and_fault() {
    let fresh = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";
    let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let known = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    for (line, fault) in [
        (format!("keks k3 {fresh}"), LineFault::UnknownName),
        (format!("KEK k3 {fresh}"), LineFault::UnknownName),
        (fresh.to_owned(), LineFault::UnknownName),
        (format!("kek {fresh}"), LineFault::WordCount),
        (format!("kek k3 {fresh} {fresh}"), LineFault::WordCount),
        (format!("kek k/3 {fresh}"), LineFault::KekId),
        (format!("kek {fresh} k3"), LineFault::KekId),
        ("kek k3 CAgI".to_owned(), LineFault::Secret),
        (format!("kek k3 {}", fresh.replace('=', "")), LineFault::Secret),
        (format!("kek k3 {}", fresh.replace("g=", "h=")), LineFault::Secret),
        (format!("kek k3 {}", fresh.replacen("CAgI", "CAg*", 1)), LineFault::Secret),
        (format!("kek k3 {fresh}{fresh}"), LineFault::Secret),
        (format!("kek k3 CAgI{fresh}"), LineFault::Secret),
        (format!("kek k3 {zero}"), LineFault::ZeroSecret),
        (format!("kek k3 {known}"), LineFault::RepeatedSecret),
        (format!("kek k1 {fresh}"), LineFault::RepeatedName),
        (format!("log {fresh}"), LineFault::RepeatedName),
    ] {
        let error = error(&format!("{}\n\n{line}", GOOD.join("\n")));
        assert_eq!(error, KeyFileError::Line { number: 10, fault }, "{line}");
        assert!(error.to_string().starts_with("line 10 of the key file: "), "{error}");
    }
    let alone = error("# comment\npseudonym");
    assert_eq!(alone, KeyFileError::Line { number: 2, fault: LineFault::WordCount });
}

#[test]
fn the_log_and_the_receipts_have_different_keys() {
    let text = GOOD.join("\n").replace(
        "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        "BgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgY=",
    );
    assert_eq!(error(&text), KeyFileError::Line { number: 7, fault: LineFault::RepeatedSecret });
}

#[test]
fn every_secret_must_be_there() {
    for name in ["kek", "pseudonym", "opening", "idempotency", "log", "receipt", "session"] {
        let lines: Vec<&str> = GOOD.into_iter().filter(|line| !line.starts_with(name)).collect();
        assert_eq!(error(&lines.join("\n")), KeyFileError::Missing { name });
    }
    assert_eq!(error(""), KeyFileError::Missing { name: "kek" });
}

#[test]
fn a_file_has_at_most_so_many_keks() {
    let secret = |byte: usize| STANDARD.encode([u8::try_from(byte).unwrap(); 32]);
    let lines: Vec<String> =
        (1..=KEKS_MAX + 1).map(|n| format!("kek k{n} {}", secret(n + 100))).collect();
    let fault = LineFault::TooManyKeks;
    assert_eq!(error(&lines.join("\n")), KeyFileError::Line { number: KEKS_MAX + 1, fault });
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_panic(text in any::<String>()) {
        prop_assert!(Keyring::parse(&text).is_err());
    }

    #[test]
    fn an_error_about_a_damaged_file_shows_no_secret(
        line in 0..GOOD.len(),
        from in any::<proptest::sample::Index>(),
        insert in "[ A-Za-z0-9+/=#]{0,3}",
    ) {
        let mut lines = GOOD.map(str::to_owned);
        let at = from.index(lines[line].len());
        lines[line].replace_range(at..=at, &insert);
        if let Err(error) = Keyring::parse(&lines.join("\n")) {
            let shown = format!("{error} {error:?}");
            for secret in ["BBBBB", "QEBAQ", "ICAgI", "DAwMD", "EBAQE", "UFBQU", "YGBgY", "cHBwc"] {
                prop_assert!(!shown.contains(secret), "{}", shown);
            }
        }
    }
}
