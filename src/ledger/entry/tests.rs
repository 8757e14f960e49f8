//! The bytes of an entry: fixed for ever, one encoding for each entry, nothing else accepted.

use proptest::prelude::*;

use super::*;
use crate::ledger::hash::Hash;

const DISCLOSURE: &str = "
    186b6574656e706f6f72742f76312f646973636c6f73757265 11111111111111111111111111111111
    22222222222222222222222222222222 0000010203040506 0708 04 090a
    3030303030303939303030303030303031303030
    3333333333333333333333333333333333333333333333333333333333333333
    4444444444444444444444444444444444444444444444444444444444444444
    5555555555555555555555555555555555555555555555555555555555555555
    6666666666666666666666666666666666666666666666666666666666666666
    3030303030303939303030303030303032303030 3030303030303939303030303030303033303030
    3030303030303939303030303030303034303030 05 06 0708090a 06323032362e31
    7777777777777777777777777777777777777777777777777777777777777777
    8888888888888888888888888888888888888888888888888888888888888888 02
    9999999999999999999999999999999900000001 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00000002
";
const CONSENT: &str = "
    156b6574656e706f6f72742f76312f636f6e73656e74 11111111111111111111111111111111
    22222222222222222222222222222222 0000010203040506 0708 04 090a
    3030303030303939303030303030303031303030
    3333333333333333333333333333333333333333333333333333333333333333
    4444444444444444444444444444444444444444444444444444444444444444
    5555555555555555555555555555555555555555555555555555555555555555
    6666666666666666666666666666666666666666666666666666666666666666
    99999999999999999999999999999999 00000001 02
    3030303030303939303030303030303035303030 3030303030303939303030303030303036303030 07
    0708090a 0000000000000001 0000000000000002
";
const ADMINISTRATION: &str = "
    1c6b6574656e706f6f72742f76312f61646d696e697374726174696f6e
    11111111111111111111111111111111 22222222222222222222222222222222 0000010203040506
    0708 04 090a 3030303030303939303030303030303031303030
    3333333333333333333333333333333333333333333333333333333333333333
    4444444444444444444444444444444444444444444444444444444444444444
    5555555555555555555555555555555555555555555555555555555555555555
    6666666666666666666666666666666666666666666666666666666666666666 0102
    0000000000000003 7777777777777777777777777777777777777777777777777777777777777777
";

const PURGE: &str = "
    136b6574656e706f6f72742f76312f7075726765
    11111111111111111111111111111111 22222222222222222222222222222222 0000010203040506
    0708 04 090a 3030303030303939303030303030303031303030
    3333333333333333333333333333333333333333333333333333333333333333
    4444444444444444444444444444444444444444444444444444444444444444
    5555555555555555555555555555555555555555555555555555555555555555
    6666666666666666666666666666666666666666666666666666666666666666
    0000000000000001 0000000000000009 0000000000000003
    7777777777777777777777777777777777777777777777777777777777777777
";

fn oin(last: u8) -> Oin {
    format!("00000099{last:09}000").parse().unwrap()
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

fn used(id: u8, version: u32) -> ConsentUse {
    ConsentUse { consent_id: ConsentId::from_bytes([id; 16]), version }
}

/// An entry with another value in every field.
fn entry(body: Body) -> Entry {
    Entry {
        event_id: EventId::from_bytes([0x11; 16]),
        group_id: GroupId::from_bytes([0x22; 16]),
        recorded_at: moment(0x0102_0304_0506),
        event: 0x0708,
        outcome: 4,
        reason: 0x090a,
        actor_organisation: oin(1),
        subject: Commitment::new([0x33; 32]),
        actor: Commitment::new([0x44; 32]),
        case: Commitment::new([0x55; 32]),
        details: Commitment::new([0x66; 32]),
        body,
    }
}

fn disclosure() -> Entry {
    entry(Body::Disclosure(Disclosure {
        sender: oin(2),
        recipient: oin(3),
        custodian: oin(4),
        purpose: 5,
        basis: 6,
        categories: 0x0708_090a,
        policy: "2026.1".parse().unwrap(),
        policy_hash: [0x77; 32],
        payload: Commitment::new([0x88; 32]),
        consents: ConsentUses::new(vec![used(0xaa, 2), used(0x99, 1)]).unwrap(),
    }))
}

fn consent() -> Entry {
    entry(Body::Consent(ConsentChange {
        consent_id: ConsentId::from_bytes([0x99; 16]),
        version: 1,
        state: 2,
        source: oin(5),
        recipient: oin(6),
        purpose: 7,
        categories: 0x0708_090a,
        valid_from: moment(1),
        valid_until: moment(2),
    }))
}

fn administration() -> Entry {
    entry(Body::Administration(Administration { scope: 0x0102, count: 3, digest: [0x77; 32] }))
}

fn purge() -> Entry {
    entry(Body::Purge(Purge { first: 1, last: 9, count: 3, root: Hash::new([0x77; 32]) }))
}

#[test]
fn each_kind_of_entry_has_these_bytes_for_ever() {
    for (entry, golden) in [
        (disclosure(), DISCLOSURE),
        (consent(), CONSENT),
        (administration(), ADMINISTRATION),
        (purge(), PURGE),
    ] {
        assert_eq!(hex::encode(entry.encode()), golden.replace([' ', '\n'], ""));
        assert_eq!(Entry::decode(&entry.encode()), Ok(entry));
    }
}

#[test]
fn the_longest_entry_has_the_length_of_the_limit() {
    let mut longest = disclosure();
    let Body::Disclosure(body) = &mut longest.body else { unreachable!() };
    body.policy = "v".repeat(32).parse().unwrap();
    body.consents = ConsentUses::new((1..=32).map(|id| used(id, 1)).collect()).unwrap();
    assert_eq!(longest.encode().len(), ENTRY_BYTES_MAX);
    assert_eq!(Entry::decode(&longest.encode()), Ok(longest));
}

#[test]
fn an_entry_that_is_cut_short_or_goes_on_is_refused() {
    for entry in [disclosure(), consent(), administration(), purge()] {
        let bytes = entry.encode();
        for len in 0..bytes.len() {
            assert!(Entry::decode(&bytes[..len]).is_err(), "{len}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(Entry::decode(&longer), Err(DecodeError::TrailingBytes));
    }
}

#[test]
fn a_list_of_consents_names_each_once_and_few() {
    assert_eq!(
        ConsentUses::new(vec![used(1, 1), used(2, 1), used(1, 2)]),
        Err(InvalidConsentUses::Repeated)
    );
    let many = (0..=32).map(|id| used(id, 1)).collect();
    assert_eq!(ConsentUses::new(many), Err(InvalidConsentUses::TooMany));
}

#[test]
fn what_no_entry_can_hold_is_refused() {
    let bytes = disclosure().encode();
    let replaced = |from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        Entry::decode(&[&bytes[..at], to, &bytes[at + from.len()..]].concat())
    };
    let invalid = |field| Err(DecodeError::InvalidField(field));
    assert_eq!(replaced(b"/v1/", b"/v2/"), Err(DecodeError::UnknownLabel));
    assert_eq!(replaced(&[0, 0, 1, 2, 3, 4, 5, 6], &[0xff; 8]), invalid("recorded_at"));
    assert_eq!(replaced(oin(1).as_bytes(), &[b'x'; 20]), invalid("actor_organisation"));
    assert_eq!(replaced(oin(4).as_bytes(), &[0xff; 20]), invalid("custodian"));
    assert_eq!(replaced(b"2026.1", b"2026 1"), invalid("policy"));
    assert_eq!(replaced(b"\x062026.1", b"\x00"), invalid("policy"));
    // The consents in another order, and one of them twice.
    let (first, second) = ([[0x99; 16], [0xaa; 16]].concat(), [[0xaa; 16], [0x99; 16]].concat());
    assert_eq!(first.len(), second.len());
    assert_eq!(replaced(&[0x99; 16], &[0xbb; 16]), invalid("consents"));
    assert_eq!(replaced(&[0x99; 16], &[0xaa; 16]), invalid("consents"));
}

prop_compose! {
    fn oins()(prefix in prop::sample::select(vec!["00000003", "00000099"]), number in 0..1_000_000_000_u32)
        -> Oin { format!("{prefix}{number:09}000").parse().unwrap() }
}

prop_compose! {
    fn moments()(micros in 0..=253_402_300_799_999_999_i64) -> Timestamp { moment(micros) }
}

prop_compose! {
    fn disclosures()(
        (sender, recipient, custodian) in (oins(), oins(), oins()),
        (purpose, basis, categories) in any::<(u8, u8, u32)>(),
        policy in "[A-Za-z0-9._-]{1,32}",
        (policy_hash, payload) in any::<([u8; 32], [u8; 32])>(),
        consents in prop::collection::btree_map(any::<[u8; 16]>(), any::<u32>(), 0..=CONSENTS_MAX),
    ) -> Body {
        let consents = consents
            .into_iter()
            .map(|(id, version)| ConsentUse { consent_id: ConsentId::from_bytes(id), version });
        Body::Disclosure(Disclosure {
            sender, recipient, custodian, purpose, basis, categories,
            policy: policy.parse().unwrap(),
            policy_hash,
            payload: Commitment::new(payload),
            consents: ConsentUses::new(consents.collect()).unwrap(),
        })
    }
}

prop_compose! {
    fn consent_changes()(
        consent_id in any::<[u8; 16]>(),
        (version, state, purpose, categories) in any::<(u32, u8, u8, u32)>(),
        (source, recipient) in (oins(), oins()),
        (valid_from, valid_until) in (moments(), moments()),
    ) -> Body {
        Body::Consent(ConsentChange {
            consent_id: ConsentId::from_bytes(consent_id),
            version, state, source, recipient, purpose, categories, valid_from, valid_until,
        })
    }
}

prop_compose! {
    fn administrations()((scope, count, digest) in any::<(u16, u64, [u8; 32])>()) -> Body {
        Body::Administration(Administration { scope, count, digest })
    }
}

prop_compose! {
    fn entries()(
        (event_id, group_id) in any::<([u8; 16], [u8; 16])>(),
        recorded_at in moments(),
        (event, outcome, reason) in any::<(u16, u8, u16)>(),
        actor_organisation in oins(),
        commitments in any::<[[u8; 32]; 4]>(),
        body in prop_oneof![disclosures(), consent_changes(), administrations()],
    ) -> Entry {
        let [subject, actor, case, details] = commitments.map(Commitment::new);
        Entry {
            event_id: EventId::from_bytes(event_id),
            group_id: GroupId::from_bytes(group_id),
            recorded_at, event, outcome, reason, actor_organisation,
            subject, actor, case, details, body,
        }
    }
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(entry in entries()) {
        let bytes = entry.encode();
        prop_assert!(bytes.len() <= ENTRY_BYTES_MAX);
        prop_assert_eq!(Entry::decode(&bytes), Ok(entry));
    }

    /// One entry has one encoding: what is accepted after a change is another entry.
    #[test]
    fn a_changed_byte_is_refused_or_another_entry(
        entry in entries(),
        at: prop::sample::Index,
        change in 1_u8..,
    ) {
        let mut bytes = entry.encode();
        *at.get_mut(&mut bytes) ^= change;
        if let Ok(other) = Entry::decode(&bytes) {
            prop_assert_ne!(&other, &entry);
            prop_assert_eq!(other.encode(), bytes);
        }
    }

    #[test]
    fn a_cut_or_extended_entry_is_refused(
        entry in entries(),
        at: prop::sample::Index,
        more in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let bytes = entry.encode();
        prop_assert!(Entry::decode(&bytes[..at.index(bytes.len())]).is_err());
        prop_assert!(Entry::decode(&[bytes, more].concat()).is_err());
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        label in prop::sample::select(vec!["disclosure", "consent", "administration", "other"]),
        bytes in prop::collection::vec(any::<u8>(), 0..1200),
    ) {
        prop_assert!(Entry::decode(&bytes).is_err());
        let label = format!("ketenpoort/v1/{label}");
        let len = u8::try_from(label.len()).unwrap();
        let labelled = [&[len], label.as_bytes(), &bytes].concat();
        if let Ok(entry) = Entry::decode(&labelled) {
            prop_assert_eq!(entry.encode(), labelled);
        }
    }
}
