//! Commitments: what stands in an entry in place of personal data.
//!
//! A commitment is HMAC-SHA-256 keyed with a secret opening. Whoever holds the opening and the value
//! can show that the entry is about that value; without the opening, the entry says nothing, not
//! even to somebody who can guess the value. Destroying the key from which openings are derived
//! therefore makes an entry unreadable while every proof over it still verifies.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};

/// Stands in an entry for one value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment([u8; Self::BYTES]);

impl Commitment {
    /// Length of a commitment.
    pub const BYTES: usize = 32;

    /// Stands where an entry has nothing to commit to, for example the subject of a key rotation.
    /// No opening opens it.
    pub const NOTHING: Self = Self([0; Self::BYTES]);

    /// Wraps the 32 bytes of a commitment.
    pub const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Whether `value`, in this `field` and with this opening, is what was committed to. Takes the
    /// same time for every wrong value.
    pub fn opens(&self, field: Field, value: &[u8], opening: &Opening) -> bool {
        let found = commit(field, value, opening);
        constant_time::verify_slices_are_equal(&self.0, &found.0).is_ok() && *self != Self::NOTHING
    }
}

/// Lower-case hex: a commitment says nothing about the value.
impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The field of an entry that a commitment stands in. A commitment made for one field does not open
/// in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The person whom the entry is about.
    Subject,
    /// The employee who acted.
    Actor,
    /// The case.
    Case,
    /// Everything else that was recorded about the event: reasons, facts, the decision.
    Details,
    /// The content that was disclosed.
    Payload,
}

impl Field {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Subject => b"ketenpoort/v1/commitment/subject",
            Self::Actor => b"ketenpoort/v1/commitment/actor",
            Self::Case => b"ketenpoort/v1/commitment/case",
            Self::Details => b"ketenpoort/v1/commitment/details",
            Self::Payload => b"ketenpoort/v1/commitment/payload",
        }
    }
}

/// The secret that opens a commitment. It must differ from entry to entry: under one opening, equal
/// values give equal commitments, and the ledger would tell which entries are about one person.
pub struct Opening([u8; Self::BYTES]);

impl Opening {
    /// Length of an opening.
    pub const BYTES: usize = 32;

    /// Wraps 32 bytes derived from a subject's key.
    pub const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, for whoever may check the entry.
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening(…)")
    }
}

/// Commits to `value` in `field`.
pub fn commit(field: Field, value: &[u8], opening: &Opening) -> Commitment {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &opening.0);
    Commitment(tag(&key, &[field.label(), value]))
}

/// HMAC over parts that each carry their length, so that no value can reach into the label.
fn tag(key: &hmac::Key, parts: &[&[u8]]) -> [u8; Commitment::BYTES] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        let len = u64::try_from(part.len()).expect("a slice is shorter than 2^64 bytes");
        context.update(&len.to_be_bytes());
        context.update(part);
    }
    context.sign().as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELDS: [Field; 5] =
        [Field::Subject, Field::Actor, Field::Case, Field::Details, Field::Payload];

    #[test]
    fn a_commitment_opens_only_in_its_own_field() {
        let opening = Opening::new([7; 32]);
        for made_for in FIELDS {
            let commitment = commit(made_for, b"value", &opening);
            for field in FIELDS {
                assert_eq!(commitment.opens(field, b"value", &opening), field == made_for);
            }
        }
    }

    #[test]
    fn the_same_input_gives_this_commitment_for_ever() {
        let commitment = commit(Field::Subject, b"value", &Opening::new([7; 32]));
        assert_eq!(
            format!("{commitment:?}"),
            "25f441895cabf018f4f2909f7a91a232ea532eb58bdc192538aba66da8653ee7"
        );
    }

    #[test]
    fn an_opening_does_not_show_itself() {
        assert_eq!(format!("{:?}", Opening::new([7; 32])), "Opening(…)");
    }

    #[test]
    fn nothing_is_not_opened() {
        assert!(!Commitment::NOTHING.opens(Field::Subject, b"", &Opening::new([0; 32])));
    }

    proptest! {
        #[test]
        fn a_commitment_opens_with_its_value_and_opening_and_with_no_other(
            value: Vec<u8>,
            other_value: Vec<u8>,
            opening: [u8; 32],
            other_opening: [u8; 32],
        ) {
            let commitment = commit(Field::Case, &value, &Opening::new(opening));
            prop_assert!(commitment.opens(Field::Case, &value, &Opening::new(opening)));
            prop_assert_eq!(
                commitment.opens(Field::Case, &other_value, &Opening::new(opening)),
                value == other_value
            );
            prop_assert_eq!(
                commitment.opens(Field::Case, &value, &Opening::new(other_opening)),
                opening == other_opening
            );
        }
    }
}
