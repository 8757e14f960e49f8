//! What hangs on the key of a person, and that nothing opens without it.

use proptest::prelude::*;

use super::*;
use crate::vault::envelope::{self, Aad, OpenError};

const HERE: Aad<'_> = Aad { table: "summaries", column: "content", row: b"1" };

fn subject(person: u8, secret: [u8; 32]) -> SubjectKey {
    SubjectKey {
        pseudonym: Pseudonym::new([person; 32]),
        secret: Secret32::from_slice(&secret).unwrap(),
    }
}

fn counting() -> [u8; 32] {
    std::array::from_fn(|i| u8::try_from(i).unwrap())
}

fn event() -> EventId {
    EventId::from_bytes(std::array::from_fn(|i| u8::try_from(i).unwrap()))
}

/// Whether what `sealing` seals opens with `opening`.
fn opens(sealing: &WrappingKey, opening: &WrappingKey) -> bool {
    let sealed = envelope::seal(b"about people", sealing, &HERE).unwrap();
    envelope::open(&sealed, opening, &HERE).is_ok()
}

fn combined(keys: &[&SubjectKey]) -> WrappingKey {
    CombinedKey::of(keys).unwrap().into_wrapping_key()
}

#[test]
fn derived_keys_agree_with_another_implementation_of_hkdf() {
    let opening = subject(0x11, counting()).opening(event(), "subject");
    assert_eq!(
        hex::encode(opening.as_bytes()),
        "e24786e7f6384f6f487dc7a0cb0cc9586c486f8058a45eb39a9e49d8d1d56593"
    );
    let both = [&subject(0x22, [0x7f; 32]), &subject(0x11, counting())];
    assert_eq!(
        hex::encode(CombinedKey::of(&both).unwrap().0.as_bytes()),
        "65b393f776033b2cb91203b8b01a6cecac42d56dadce11c6b0bdf17e8042cf57"
    );
}

#[test]
fn every_event_and_field_has_its_own_opening() {
    let key = subject(1, counting());
    let other_event = EventId::from_bytes([9; 16]);
    let one = key.opening(event(), "subject");
    assert_eq!(one.as_bytes(), key.opening(event(), "subject").as_bytes());
    assert_ne!(one.as_bytes(), key.opening(event(), "actor").as_bytes());
    assert_ne!(one.as_bytes(), key.opening(other_event, "subject").as_bytes());
    assert_ne!(one.as_bytes(), subject(1, [8; 32]).opening(event(), "subject").as_bytes());
}

#[test]
fn a_wrapped_key_gives_the_same_key_back() {
    let keyring = Keyring::generate().unwrap();
    let key = SubjectKey::generate(Pseudonym::new([1; 32])).unwrap();
    let stored = key.wrap(&keyring).unwrap().to_bytes();
    let stored = WrappedKey::from_bytes(&stored).unwrap();
    let read = SubjectKey::unwrap(&stored, key.pseudonym(), &keyring).unwrap();
    assert!(opens(&key.wrapping_key(), &read.wrapping_key()));
    assert_eq!(key.opening(event(), "f").as_bytes(), read.opening(event(), "f").as_bytes());
}

#[test]
fn two_generated_keys_for_one_person_are_unrelated() {
    let generate = || SubjectKey::generate(Pseudonym::new([1; 32])).unwrap();
    assert!(!opens(&generate().wrapping_key(), &generate().wrapping_key()));
}

#[test]
fn the_combination_of_one_person_is_not_that_persons_own_key() {
    let key = subject(1, counting());
    assert!(!opens(&combined(&[&key]), &key.wrapping_key()));
    assert!(!opens(&key.wrapping_key(), &combined(&[&key])));
}

#[test]
fn nobody_has_no_combined_key() {
    assert!(CombinedKey::of(&[]).is_none());
}

#[test]
fn a_combination_depends_on_who_has_which_key() {
    let (a, b) = (subject(1, [1; 32]), subject(2, [2; 32]));
    let (swapped_a, swapped_b) = (subject(1, [2; 32]), subject(2, [1; 32]));
    assert!(!opens(&combined(&[&a, &b]), &combined(&[&swapped_a, &swapped_b])));
}

#[test]
fn a_key_made_anew_after_erasure_opens_nothing_of_before() {
    let (erased, stays) = (subject(1, [1; 32]), subject(2, [2; 32]));
    let before = combined(&[&erased, &stays]);
    let sealed = envelope::seal(b"about both", &before, &HERE).unwrap();
    let again = SubjectKey::generate(erased.pseudonym()).unwrap();
    for key in [combined(&[&again, &stays]), combined(&[&stays]), stays.wrapping_key()] {
        assert_eq!(envelope::open(&sealed, &key, &HERE), Err(OpenError));
    }
}

#[test]
fn no_key_shows_itself() {
    let key = subject(1, [1; 32]);
    assert_eq!(format!("{key:?}"), "SubjectKey(…)");
    assert_eq!(format!("{:?}", key.opening(event(), "f")), "OpeningBytes(…)");
    assert_eq!(format!("{:?}", CombinedKey::of(&[&key]).unwrap()), "CombinedKey(…)");
}

proptest! {
    #[test]
    fn content_about_several_people_needs_every_key(
        secrets in proptest::collection::vec(any::<[u8; 32]>(), 2..6),
        missing in any::<proptest::sample::Index>(),
        replacement in any::<[u8; 32]>(),
    ) {
        let keys: Vec<SubjectKey> =
            secrets.iter().zip(1..).map(|(secret, person)| subject(person, *secret)).collect();
        let all: Vec<&SubjectKey> = keys.iter().collect();
        let missing = missing.index(keys.len());

        let mut without = all.clone();
        let lost = without.remove(missing);
        prop_assert!(!opens(&combined(&all), &combined(&without)));

        prop_assume!(replacement != *lost.secret.as_bytes());
        let guess = SubjectKey {
            pseudonym: lost.pseudonym,
            secret: Secret32::from_slice(&replacement).unwrap(),
        };
        without.push(&guess);
        prop_assert!(!opens(&combined(&all), &combined(&without)));
    }

    #[test]
    fn order_and_repetition_of_people_do_not_matter(
        // Few persons and secrets, so that repetitions and two keys of one person happen.
        people in proptest::collection::vec((0..4_u8, 0..3_u8), 1..6)
            .prop_flat_map(|people| (Just(people.clone()), Just(people).prop_shuffle())),
        repeated in any::<proptest::sample::Index>(),
    ) {
        let (people, shuffled) = people;
        let keys = |people: &[(u8, u8)]| -> Vec<SubjectKey> {
            people.iter().map(|(person, secret)| subject(*person, [*secret; 32])).collect()
        };
        let (keys, mut shuffled) = (keys(&people), keys(&shuffled));
        let (person, secret) = people[repeated.index(people.len())];
        shuffled.push(subject(person, [secret; 32]));
        let one = combined(&keys.iter().collect::<Vec<_>>());
        let other = combined(&shuffled.iter().collect::<Vec<_>>());
        prop_assert!(opens(&one, &other));
    }
}
