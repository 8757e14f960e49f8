//! Pseudonyms and digests against values made with other code.

use proptest::prelude::*;

use super::*;

fn secret() -> Secret32 {
    Secret32::from_slice(&std::array::from_fn::<u8, 32, _>(|i| u8::try_from(i).unwrap())).unwrap()
}

fn key() -> PseudonymKey {
    PseudonymKey::new(secret())
}

fn postcode() -> Postcode {
    "2500AA".parse().unwrap()
}

fn demographics<'a>(family: &'a str, given: &'a str, postcode: &'a Postcode) -> Demographics<'a> {
    Demographics {
        family_name: family,
        given_names: given,
        birth_date: "1987-02-14".parse().unwrap(),
        postcode,
        house_number: 12,
    }
}

fn address(suffix: &str) -> Pseudonym {
    key().address(AddressIdentity { postcode: &postcode(), house_number: 12, suffix })
}

#[test]
fn row_2_a_bsn_has_the_keyed_pseudonym_of_the_domain_model() {
    // DOMAIN §8 row 2, key 00..1f.
    for (bsn, pseudonym) in [
        ("999990020", "9c829aef05cbe1039fcab6f1ad2e66892ea7ba076ca1ed2cbec90776a3bf8a61"),
        ("999990032", "c8d3259a45a851a516633194dcaedfd1915a8de26cec4337f7f20f4f031b6dad"),
        ("999990044", "5d05c72d7a94558b52c2b9d6c768b193e04ffbb4d99e7a3a6fe2a6a9ed33e95c"),
        ("999990056", "779e903f7937b0f5c81b1111eca2c9c27f5985a815b87ad86ae43b25f34252f4"),
    ] {
        let bsn: Bsn = bsn.parse().unwrap();
        assert_eq!(key().person(PersonIdentity::Bsn(&bsn)).to_hex(), pseudonym);
    }
}

#[test]
fn a_person_without_bsn_is_known_by_the_fallback_set() {
    // HMAC of `demo:testéma|yara anna|1987-02-14|2500AA|12`, made with other code.
    let expected = "d89b7e93b5a74f483e8e2b4876293fba191a994374874cf257a51e24235428df";
    let postcode = postcode();
    for (family, given) in [("Testéma", "Yara Anna"), ("TESTÉMA", "yara anna")] {
        let person = PersonIdentity::Demographics(demographics(family, given, &postcode));
        assert_eq!(key().person(person).to_hex(), expected);
    }
}

#[test]
fn every_field_of_the_fallback_set_counts() {
    let (here, there) = (postcode(), "2500AB".parse().unwrap());
    let yara = demographics("Testema", "Yara", &here);
    let other_day = "1987-02-15".parse().unwrap();
    let people = [
        yara,
        Demographics { family_name: "Testama", ..yara },
        Demographics { given_names: "Yari", ..yara },
        Demographics { birth_date: other_day, ..yara },
        Demographics { postcode: &there, ..yara },
        Demographics { house_number: 13, ..yara },
    ];
    let pseudonyms: std::collections::BTreeSet<Pseudonym> =
        people.into_iter().map(|p| key().person(PersonIdentity::Demographics(p))).collect();
    assert_eq!(pseudonyms.len(), people.len());
}

#[test]
fn an_address_is_compared_without_case_and_punctuation() {
    // HMAC of `addr:2500AA|12|bis2` and of `addr:2500AA|12|`, made with other code.
    let expected = "b62f5534c032c4839246dc0c99d6736d18785805af25bfa37b5873a59e7be6bb";
    for suffix in ["bis2", "Bis-2", " BIS 2"] {
        assert_eq!(address(suffix).to_hex(), expected, "{suffix}");
    }
    let expected = "11a8b581f45a82943db82b34598cfc7a1764661a92f00521ebb8218a280d1d79";
    for suffix in ["", " - "] {
        assert_eq!(address(suffix).to_hex(), expected, "{suffix}");
    }
}

#[test]
fn another_key_gives_another_pseudonym() {
    let bsn: Bsn = "999990020".parse().unwrap();
    let other = PseudonymKey::new(Secret32::from_slice(&[1; 32]).unwrap());
    let person = PersonIdentity::Bsn(&bsn);
    assert_ne!(key().person(person), other.person(person));
}

#[test]
fn a_body_digest_agrees_with_another_implementation() {
    assert_eq!(
        hex::encode(IdempotencyKey::new(secret()).body_digest("SubmitReferral", b"body")),
        "95404b409d27d4ad07b8b835463023adb952e513fbe82ddc0db9cb49a8df3f39"
    );
}

proptest! {
    #[test]
    fn a_body_digest_tells_methods_and_bodies_apart(
        (one_method, other_method) in ("[a-c]{0,3}", "[a-c]{0,3}"),
        (one_body, other_body) in ("[a-c]{0,3}", "[a-c]{0,3}"),
    ) {
        let key = IdempotencyKey::new(secret());
        let one = key.body_digest(&one_method, one_body.as_bytes());
        let other = key.body_digest(&other_method, other_body.as_bytes());
        prop_assert_eq!(one == other, (one_method, one_body) == (other_method, other_body));
    }
}
