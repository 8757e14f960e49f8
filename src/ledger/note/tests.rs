//! Notes: what is accepted prints back, and is signed by whom it says.

use proptest::prelude::*;

use super::*;

fn signer(name: &str, seed: u8) -> Signer {
    Signer::from_seed(name.parse().unwrap(), &[seed; 32])
}

fn signed() -> (Note, Verifier) {
    let signer = signer("log.example/haaglanden", 1);
    (Note::sign("text\n".to_owned(), &signer).unwrap(), signer.verifier().clone())
}

#[test]
fn a_note_prints_back_as_it_was_read() {
    let (note, key) = signed();
    let text = note.to_string();
    let parsed: Note = text.parse().unwrap();
    assert_eq!(parsed, note);
    assert_eq!(parsed.to_string(), text);
    assert_eq!(parsed.verify(&[key]), Ok(()));
}

#[test]
fn signatures_by_unknown_keys_are_ignored() {
    let (note, key) = signed();
    let witness = signer("witness.example", 2);
    let same_name = signer("log.example/haaglanden", 3);
    let note = note
        .with_signature(witness.sign("text\n"))
        .and_then(|note| note.with_signature(same_name.sign("another text\n")))
        .unwrap();
    assert_eq!(note.signatures().len(), 3);
    assert_eq!(note.verify(std::slice::from_ref(&key)), Ok(()));
    assert_eq!(note.verify(&[witness.verifier().clone()]), Ok(()));
    assert_eq!(
        note.verify(&[signer("other.example", 1).verifier().clone()]),
        Err(NoteError::NotSigned)
    );
    assert_eq!(note.verify(&[]), Err(NoteError::NotSigned));
    // Known, and false: the true signature beside it does not help.
    let known = [key, same_name.verifier().clone()];
    assert_eq!(note.verify(&known), Err(NoteError::FalseSignature));
}

#[test]
fn a_new_signature_replaces_the_old_one_of_the_same_key() {
    let (note, _) = signed();
    let witness = signer("witness.example", 2);
    let twice = note
        .clone()
        .with_signature(witness.sign("another text\n"))
        .and_then(|note| note.with_signature(witness.sign("text\n")))
        .unwrap();
    assert_eq!(twice, note.with_signature(witness.sign("text\n")).unwrap());
    assert_eq!(twice.verify(&[witness.verifier().clone()]), Ok(()));
}

#[test]
fn a_signature_of_another_length_is_false() {
    let (note, key) = signed();
    let text = note.to_string();
    let bytes = note.signatures()[0].as_bytes();
    for len in [1, 63, 65] {
        let bytes: Vec<_> = bytes.iter().copied().cycle().take(len).collect();
        let signature = Signature { bytes, ..note.signatures()[0].clone() };
        let line = format!("{signature}\n");
        let note: Note =
            text.replace(text.lines().last().unwrap(), line.trim_end()).parse().unwrap();
        assert_eq!(
            note.verify(std::slice::from_ref(&key)),
            Err(NoteError::FalseSignature),
            "{len}"
        );
    }
}

#[test]
fn what_is_not_a_note_is_refused() {
    let (note, _) = signed();
    let text = note.to_string();
    let many = format!("{text}{}", format!("{}\n", note.signatures()[0]).repeat(SIGNATURES_MAX));
    let long = format!("{}{text}", "x".repeat(NOTE_BYTES_MAX));
    let no_sig = NoteError::NoSignatures;
    let malformed = NoteError::MalformedSignature;
    for (bad, error) in [
        ("", no_sig),
        ("text\n", no_sig),
        ("text\n\n", no_sig),
        ("text\n\n\n", no_sig),
        (text.trim_end(), no_sig),
        (&text.replace("\n\n", "\n"), no_sig),
        (&format!("{text}\n"), no_sig),
        (&text.replace('\u{2014}', "-"), malformed),
        (&text.replace("\u{2014} ", "\u{2014}  "), malformed),
        (&text.replace("haaglanden ", "haaglanden  "), malformed),
        (&text.replace("log.example", "log+example"), malformed),
        (&text.replace("log.example", "log\u{a0}example"), malformed),
        (&text.replace("=\n", "\n"), malformed),
        (&text.replace("text", "te\tt"), NoteError::ControlCharacter),
        (&text.replace("text\n", "text\r\n"), NoteError::ControlCharacter),
        ("text\n\n\u{2014} log.example AAAAAA==\n", malformed),
        (&many, NoteError::TooManySignatures),
        (&long, NoteError::TooLong),
    ] {
        assert_eq!(bad.parse::<Note>(), Err(error), "{bad:.80}");
    }
}

#[test]
fn the_last_empty_line_separates_text_and_signatures() {
    let signer = signer("log.example/haaglanden", 1);
    let note = Note::sign("one\n\ntwo\n\n".to_owned(), &signer).unwrap();
    assert_eq!(note.to_string().parse::<Note>(), Ok(note));
}

#[test]
fn only_whole_lines_are_signed() {
    let signer = signer("log.example/haaglanden", 1);
    assert_eq!(Note::sign("text".to_owned(), &signer), Err(NoteError::UnfinishedText));
    assert_eq!(Note::sign("a\0\n".to_owned(), &signer), Err(NoteError::ControlCharacter));
    let long = format!("{}\n", "x".repeat(NOTE_BYTES_MAX));
    assert_eq!(Note::sign(long, &signer), Err(NoteError::TooLong));
}

#[test]
fn a_note_has_a_limited_number_of_signatures() {
    let (note, _) = signed();
    let full = (1..SIGNATURES_MAX).try_fold(note, |note, i| {
        let signature = signer(&format!("witness{i}.example"), 2).sign(note.text());
        note.with_signature(signature)
    });
    let full = full.unwrap();
    assert_eq!(full.to_string().parse::<Note>().as_ref(), Ok(&full));
    let one_more = signer("one.more.example", 2).sign(full.text());
    assert_eq!(full.with_signature(one_more), Err(NoteError::TooManySignatures));
}

#[test]
fn a_key_name_has_no_spaces_pluses_and_control_characters() {
    let longest = "x".repeat(255);
    for good in ["a", "log.example/haaglanden", "log.example/regio-n\u{f6}rd", &longest] {
        assert_eq!(good.parse::<KeyName>().unwrap().to_string(), good);
    }
    let too_long = "x".repeat(256);
    for bad in ["", "a b", "a\u{2003}b", "a+b", "a\nb", "a\u{1}b", &too_long] {
        assert_eq!(bad.parse::<KeyName>(), Err(InvalidKeyName), "{bad:?}");
    }
}

#[test]
fn a_verifier_key_prints_back_as_it_was_read() {
    let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let key: Verifier = text.parse().unwrap();
    assert_eq!((key.name().as_str(), key.key_id()), ("PeterNeumann", 0xc74f_20a3));
    assert_eq!(key.to_string(), text);
}

#[test]
fn a_verifier_key_that_does_not_fit_its_id_is_refused() {
    let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    for (from, to, error) in [
        ("PeterN", "PeterM", InvalidVerifier::KeyIdMismatch),
        ("c74f20a3", "c74f20a4", InvalidVerifier::KeyIdMismatch),
        ("c74f20a3", "C74F20A3", InvalidVerifier::KeyIdMismatch),
        ("ARpc", "ARpd", InvalidVerifier::KeyIdMismatch),
        ("ARpc", "BRpc", InvalidVerifier::UnknownAlgorithm),
        ("10TW", "10T=", InvalidVerifier::Malformed),
        ("10TW", "", InvalidVerifier::Malformed),
        ("PeterNeumann", "", InvalidVerifier::Malformed),
        ("PeterNeumann", "Peter Neumann", InvalidVerifier::Malformed),
        ("+c74f20a3", "", InvalidVerifier::Malformed),
        ("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "", InvalidVerifier::Malformed),
    ] {
        assert_eq!(text.replace(from, to).parse::<Verifier>(), Err(error), "{from} {to}");
    }
}

#[test]
fn a_signer_does_not_show_its_key() {
    let signer = signer("log.example/haaglanden", 0xab);
    let shown = format!("{signer:?}");
    assert_eq!(shown, format!("Signer({})", signer.verifier()));
    assert!(!shown.contains("q6ur"), "0xababab in base64");
}

proptest! {
    #[test]
    fn a_changed_note_is_refused_or_not_verified(
        lines in "[ -~\n]{0,60}",
        at: prop::sample::Index,
        to in prop::char::range(' ', '~'),
    ) {
        let signer = signer("log.example/haaglanden", 1);
        let text = Note::sign(format!("{lines}\n"), &signer).unwrap().to_string();
        let mut changed: Vec<_> = text.chars().collect();
        *at.get_mut(&mut changed) = to;
        let changed: String = changed.into_iter().collect();
        prop_assume!(changed != text);
        if let Ok(note) = changed.parse::<Note>() {
            prop_assert!(note.verify(&[signer.verifier().clone()]).is_err());
            prop_assert_eq!(note.to_string(), changed);
        }
    }

    #[test]
    fn arbitrary_texts_never_panic(text: String, lines in "(\u{2014} [a-z+ ]{0,4} [A-Za-z0-9+/=]{0,12}\n){0,4}") {
        prop_assert!(text.parse::<Verifier>().is_err());
        for text in [format!("{text}\n\n{lines}"), text] {
            if let Ok(note) = text.parse::<Note>() {
                prop_assert_eq!(note.to_string(), text);
            }
        }
    }
}
