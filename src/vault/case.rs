//! The key of a case, for content that is about the case and about nobody in particular.
//!
//! Content about people is never sealed under it: destroying the key of one of them would not make
//! that content unreadable. Destroying a case key at the end of its retention does end the case's own.

use crate::domain::id::CaseRef;

use super::derive::{Label, derive};
use super::envelope::WrappingKey;
use super::keyring::Keyring;
use super::random::RandomError;
use super::secret::{Secret32, hidden};
use super::wrapped::{self, Owner, RewrapError, UnwrapError, WrappedKey};

/// The key of one case.
pub struct CaseKey {
    case: CaseRef,
    secret: Secret32,
}

hidden!(CaseKey);

impl CaseKey {
    /// A fresh random key for `case`.
    pub fn generate(case: CaseRef) -> Result<Self, RandomError> {
        Ok(Self { case, secret: Secret32::random()? })
    }

    /// The key as it is stored, wrapped by the current kek.
    pub fn wrap(&self, keyring: &Keyring) -> Result<WrappedKey, RandomError> {
        wrapped::wrap(&self.secret, Owner::Case(&self.case), keyring)
    }

    /// Reads the stored key of `case`.
    pub fn unwrap(
        wrapped: &WrappedKey,
        case: CaseRef,
        keyring: &Keyring,
    ) -> Result<Self, UnwrapError> {
        let secret = wrapped::unwrap(wrapped, Owner::Case(&case), keyring)?;
        Ok(Self { case, secret })
    }

    /// Wraps the stored key of `case` by the current kek; `None` when it already is.
    pub fn rewrap(
        wrapped: &WrappedKey,
        case: &CaseRef,
        keyring: &Keyring,
    ) -> Result<Option<WrappedKey>, RewrapError> {
        wrapped::rewrap(wrapped, Owner::Case(case), keyring)
    }

    /// The key that wraps data keys of this case's content.
    pub fn wrapping_key(&self) -> WrappingKey {
        WrappingKey::new(derive(self.secret.as_bytes(), Label::CaseWrapping, &[]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::envelope::{self, Aad};
    use crate::vault::keyring::tests::with_keks;

    const HERE: Aad<'_> = Aad { table: "cases", column: "note", row: b"1" };

    fn case(number: &str) -> CaseRef {
        format!("VVT-2026-{number}").parse().unwrap()
    }

    #[test]
    fn a_case_key_wrapped_by_other_code_to_the_documented_layout_opens() {
        // The key 00..1f of VVT-2026-000123 under a kek 01…01, made with other code, and what
        // the label `case-wrapping` derives from it.
        let stored = hex::decode(concat!(
            "01026b31000102030405060708090a0bbba7972524fb007ef663edcf2c64c6acbed77919e184531769d322",
            "9bbd9a23add6e91b56c1f4ffce6835843c306579c4",
        ));
        let stored = WrappedKey::from_bytes(&stored.unwrap()).unwrap();
        let keyring = with_keks(&[("k1", 1)]);

        let read = CaseKey::unwrap(&stored, case("000123"), &keyring).unwrap();
        let expected =
            hex::decode("6503a919ce415c3879dcd4cb76da8cc5031b16c56aa28c8359f2e8a8ec583a7a");
        let expected = WrappingKey::new(Secret32::from_slice(&expected.unwrap()).unwrap());
        let sealed = envelope::seal(b"note", &read.wrapping_key(), &HERE).unwrap();
        assert_eq!(*envelope::open(&sealed, &expected, &HERE).unwrap(), b"note");
        assert_eq!(
            CaseKey::unwrap(&stored, case("000124"), &keyring).unwrap_err(),
            UnwrapError::Unreadable
        );
    }

    #[test]
    fn a_case_key_survives_rotation() {
        let mut keyring = Keyring::generate().unwrap();
        let key = CaseKey::generate(case("000123")).unwrap();
        let sealed = envelope::seal(b"note", &key.wrapping_key(), &HERE).unwrap();
        let stored = key.wrap(&keyring).unwrap();
        keyring.rotate("k2".parse().unwrap()).unwrap();
        let fresh = CaseKey::rewrap(&stored, &case("000123"), &keyring).unwrap().unwrap();
        let read = CaseKey::unwrap(&fresh, case("000123"), &keyring).unwrap();
        assert_eq!(*envelope::open(&sealed, &read.wrapping_key(), &HERE).unwrap(), b"note");
        assert_eq!(format!("{read:?}"), "CaseKey(…)");
    }
}
