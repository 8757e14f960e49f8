//! Identifiers, parsed once. A value of one of these types is well formed for ever.
//!
//! No error here shows the value it refuses: a wrong identifier may still be somebody's.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::violation::Rule;

/// A text that is not a well-formed identifier of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct InvalidId {
    rule: &'static str,
    description: &'static str,
}

impl Rule for InvalidId {
    fn rule(&self) -> &'static str {
        self.rule
    }
}

macro_rules! text_id {
    ($(#[$meta:meta])* $name:ident, $rule:literal, $description:literal, $valid:expr) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { rule: $rule, description: $description })
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! shown {
    ($($name:ident),+) => { $(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )+ };
}

/// Identifiers that point at a person or address never show themselves, not even in `Debug`.
macro_rules! hidden {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+ };
}

macro_rules! uuid_id {
    ($($(#[$meta:meta])* $name:ident;)+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }
            /// The 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
            /// Reads the 16 bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // Only the canonical hyphenated form, so that one id has one spelling.
                match Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 && !uuid.is_nil() => Ok(Self(uuid)),
                    Ok(_) | Err(_) => Err(InvalidId {
                        rule: "UUID",
                        description: "must be a UUID in its canonical 36-character form",
                    }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
    )+ };
}

uuid_id! {
    /// Chosen by the client; makes a mutating call safe to repeat.
    RequestId;
    /// Chosen by the sender of a referral.
    ReferralId;
    /// One consent record.
    ConsentId;
    /// One event about one data subject: one ledger entry.
    EventId;
    /// All entries of one act, for example of one message about four people.
    GroupId;
    /// One referral on its way to one recipient.
    DeliveryId;
    /// Names one lease; a stale reader cannot settle with it.
    LeaseToken;
    /// One stream or poll of a reader of an inbox.
    HolderId;
    /// One notice to a reader.
    NoticeId;
    /// What one organisation gave another on its own initiative.
    ShareId;
    /// One review of an emergency.
    ReviewId;
    /// One incident.
    IncidentId;
    /// One offer to hand over a part in a case.
    HandoverId;
    /// One joint meeting that members were told of.
    MeetingId;
    /// One request of a data subject.
    SubjectRequestId;
    /// One thing for which entries of the ledger are not purged.
    HoldId;
    /// One signal: something in the ledger that deserves a look.
    SignalId;
    /// What keeps signals of a rule back for a time.
    SuppressionId;
    /// A search that an officer keeps.
    SavedSearchId;
    /// One question of an officer to a party of a disclosure.
    QuestionId;
}

text_id! {
    /// Organisatie-identificatienummer: 20 positions, in the certificate's subject serialNumber
    /// (DOMAIN §2.8).
    Oin, "OIN", "must be an OIN of 20 positions with a known prefix", valid_oin
}

impl Oin {
    /// Whether this is a test number (prefix 00000099), which production refuses.
    pub fn is_test(&self) -> bool {
        self.0.starts_with("00000099")
    }
    /// The 20 ASCII bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// `^(0000000[1-46-9]|00000010|00000099)[0-9A-Z]{9}000$`; prefix 5 is free. An RSIN (prefix 1)
/// also passes the 11-test.
fn valid_oin(text: &str) -> bool {
    let (Some(prefix), Some(main), Some(suffix)) = (text.get(..8), text.get(8..17), text.get(17..))
    else {
        return false;
    };
    let known = matches!(prefix, "00000010" | "00000099")
        || (prefix.starts_with("0000000")
            && prefix.ends_with(['1', '2', '3', '4', '6', '7', '8', '9']));
    known
        && suffix == "000"
        && main.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && (prefix != "00000001" || eleven_test(main))
}

text_id! {
    /// Burgerservicenummer. Only ever inside sealed content (DOMAIN §2.9, §8 row 1).
    Bsn, "BSN_ELEVEN_TEST", "must be a BSN of 9 digits that passes the 11-test", eleven_test
}

/// `9a+8b+7c+6d+5e+4f+3g+2h−1i ≡ 0 (mod 11)`, nine digits, not all zero.
fn eleven_test(text: &str) -> bool {
    if text.len() != 9 || !text.bytes().all(|b| b.is_ascii_digit()) || text == "000000000" {
        return false;
    }
    let weights = [9_i32, 8, 7, 6, 5, 4, 3, 2, -1];
    let sum: i32 = text.bytes().zip(weights).map(|(b, w)| i32::from(b - b'0') * w).sum();
    sum % 11 == 0
}

text_id! {
    /// CBS municipality code: four digits, the leading zero counts.
    Gemeentecode, "GEMEENTECODE", "must be a CBS municipality code of 4 digits",
    |text| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())
}
text_id! {
    /// Dutch postcode in the form `1234AB`.
    Postcode, "POSTCODE", "must be a Dutch postcode like 1234AB", |text| {
        let bytes = text.as_bytes();
        bytes.len() == 6
            && matches!(bytes.first(), Some(b'1'..=b'9'))
            && bytes.iter().take(4).all(u8::is_ascii_digit)
            && bytes.iter().skip(4).all(u8::is_ascii_uppercase)
    }
}
text_id! {
    /// File number of a case, chosen by the Steunpunt, for example `VVT-2026-000123`.
    CaseRef, "CASE_REF", "must be a case reference like VVT-2026-000001", |text| {
        let mut parts = text.split('-');
        let part = |p: Option<&str>, len: std::ops::RangeInclusive<usize>, ok: fn(u8) -> bool| {
            p.is_some_and(|p| len.contains(&p.len()) && p.bytes().all(ok))
        };
        part(parts.next(), 2..=5, |b| b.is_ascii_uppercase())
            && part(parts.next(), 4..=4, |b| b.is_ascii_digit())
            && part(parts.next(), 6..=6, |b| b.is_ascii_digit())
            && parts.next().is_none()
    }
}
text_id! {
    /// An employee, named by the own organisation; the gateway cannot resolve it.
    UserId, "USER_ID", "must be 1 to 64 of A-Z a-z 0-9 . _ -", |text| word(text, 64)
}
impl UserId {
    /// Whether it names the same employee. Most houses take a name in capitals for the same account.
    pub fn is_same_employee(&self, other: &str) -> bool {
        self.as_str().eq_ignore_ascii_case(other)
    }
}

text_id! {
    /// A Veilig Verderteam.
    TeamId, "TEAM_ID", "must be 1 to 64 of A-Z a-z 0-9 . _ -", |text| word(text, 64)
}
text_id! {
    /// A reader of an inbox, stable over reconnects.
    ClientId, "CLIENT_ID", "must be 1 to 64 of A-Z a-z 0-9 . _ -", |text| word(text, 64)
}
text_id! {
    /// A person within one message or case, for example `noor`. Meaningless outside it.
    PersonKey, "PERSON_KEY", "must be 1 to 36 of A-Z a-z 0-9 . _ -", |text| word(text, 36)
}
text_id! {
    /// Version of a rule set: routing table, policy pack, agreement.
    Version, "VERSION", "must be 1 to 32 of A-Z a-z 0-9 . _ -", |text| word(text, 32)
}

fn word(text: &str, len_max: usize) -> bool {
    (1..=len_max).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

shown!(Oin, Gemeentecode, CaseRef, UserId, TeamId, ClientId, Version);
hidden!(Bsn, Postcode, PersonKey);

/// Keyed pseudonym of a person: HMAC-SHA-256 (DOMAIN §8 row 2). Still personal data, so it never
/// shows itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym([u8; 32]);

impl Pseudonym {
    /// Wraps the 32 bytes of the HMAC.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
    /// Lower-case hex, for answers to those who may know it. Never for logs.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonym(…)")
    }
}

impl FromStr for Pseudonym {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut bytes = [0; 32];
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(_) => {
                Err(InvalidId { rule: "PSEUDONYM", description: "must be 64 hexadecimal digits" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bsn_passes_the_eleven_test() {
        for good in ["999990019", "999990020", "111222333", "123456782", "249566758"] {
            assert!(good.parse::<Bsn>().is_ok(), "{good}");
        }
        for bad in ["000000000", "999990021", "123456789", "99999002", "", "99999002é"] {
            assert!(bad.parse::<Bsn>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_oin_has_a_known_prefix_and_suffix() {
        for good in [
            "00000099000000002000",
            "00000001002220647000",
            "00000001822477348000",
            "00000001003214345000",
            "00000003123456780000",
            "00000010ABC000001000",
        ] {
            assert!(good.parse::<Oin>().is_ok(), "{good}");
        }
        for bad in [
            "00000005000000002000",
            "00000000000000002000",
            "0000009900000000200",
            "00000099000000002001",
            "00000001123456789000",
            "00000099 00000002000",
            "0000009900000000200é",
        ] {
            assert!(bad.parse::<Oin>().is_err(), "{bad}");
        }
        assert!("00000099000000002000".parse::<Oin>().unwrap().is_test());
    }

    #[test]
    fn a_case_reference_has_three_parts() {
        assert!("VVT-2026-000123".parse::<CaseRef>().is_ok());
        for bad in ["VVT-2026-123", "vvt-2026-000123", "VVT-2026-000123-1", "V-2026-000123", ""] {
            assert!(bad.parse::<CaseRef>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_uuid_has_one_spelling() {
        assert!("0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11".parse::<ReferralId>().is_ok());
        for bad in [
            "0c6f6f0e5a0e4d5e9a532f0c9b1d7e11",
            "{0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11}",
            "00000000-0000-0000-0000-000000000000",
            "",
        ] {
            assert!(bad.parse::<ReferralId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_points_at_a_person_does_not_show_itself() {
        assert!(!format!("{:?}", "999990019".parse::<Bsn>().unwrap()).contains('9'));
        assert_eq!(format!("{:?}", Pseudonym::new([7; 32])), "Pseudonym(…)");
    }
}
