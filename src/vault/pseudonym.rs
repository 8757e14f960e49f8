//! Keyed pseudonyms: the only way in which persons and addresses are matched (DOMAIN §8 rows 1, 2).
//!
//! Whoever lacks the key cannot try all 10^9 citizen service numbers. A pseudonym is still personal
//! data: it is stored and compared, and never logged.

use aws_lc_rs::hmac;

use crate::domain::id::{Bsn, Postcode, Pseudonym};
use crate::domain::network::Network;
use crate::domain::time::Date;

use super::derive::prefix;
use super::secret::{Secret32, hidden};

/// Makes pseudonyms. There is one for the lifetime of a gateway: another key matches nobody.
pub struct PseudonymKey(Secret32);

/// Makes digests of request bodies.
pub struct IdempotencyKey(Secret32);

hidden!(PseudonymKey, IdempotencyKey);

/// What a person is recognised by. Has no `Debug`: it holds names.
#[derive(Clone, Copy)]
pub enum PersonIdentity<'a> {
    /// The citizen service number, where a law allows its use (UAVG art. 46, Wmo 2015 art. 5.2.9).
    Bsn(&'a Bsn),
    /// The fallback of Wmo 2015 art. 5.2.9(5).
    Demographics(Demographics<'a>),
}

/// The fallback set of Wmo 2015 art. 5.2.9(5). Names are compared in lower case and otherwise as
/// they are written: trim them and bring them into one Unicode form before.
#[derive(Clone, Copy)]
pub struct Demographics<'a> {
    /// Family name.
    pub family_name: &'a str,
    /// Given names.
    pub given_names: &'a str,
    /// Date of birth.
    pub birth_date: Date,
    /// Postcode of the home address.
    pub postcode: &'a Postcode,
    /// House number without its suffix.
    pub house_number: u32,
}

/// An address as far as repeat detection looks at it (DOMAIN §2.7). Has no `Debug`.
#[derive(Clone, Copy)]
pub struct AddressIdentity<'a> {
    /// Postcode.
    pub postcode: &'a Postcode,
    /// House number without its suffix.
    pub house_number: u32,
    /// Letter and addition, for example `A`, `bis` or `2-hoog`; empty when there is none. Only
    /// letters and digits count, in lower case: `-A`, ` a` and `A` are the same.
    pub suffix: &'a str,
}

impl PseudonymKey {
    pub(super) const fn new(secret: Secret32) -> Self {
        Self(secret)
    }

    pub(super) const fn secret(&self) -> &Secret32 {
        &self.0
    }

    /// The pseudonym of a person: HMAC-SHA-256 of `bsn:` and the number, or of `demo:` and
    /// `family|given|birth date|postcode|house number` with both names in lower case.
    pub fn person(&self, identity: PersonIdentity<'_>) -> Pseudonym {
        match identity {
            PersonIdentity::Bsn(bsn) => self.mac("bsn:", &[bsn.as_str()]),
            PersonIdentity::Demographics(person) => self.mac(
                "demo:",
                &[
                    &person.family_name.to_lowercase(),
                    &person.given_names.to_lowercase(),
                    &person.birth_date.to_string(),
                    person.postcode.as_str(),
                    &person.house_number.to_string(),
                ],
            ),
        }
    }

    /// The pseudonym of an address: HMAC-SHA-256 of `addr:` and `postcode|house number|suffix`.
    /// A match is a candidate for a person to judge, because of flats and moved families.
    pub fn address(&self, address: AddressIdentity<'_>) -> Pseudonym {
        let suffix: String = address.suffix.chars().filter(|c| c.is_alphanumeric()).collect();
        self.mac(
            "addr:",
            &[address.postcode.as_str(), &address.house_number.to_string(), &suffix.to_lowercase()],
        )
    }

    /// The pseudonym of a network: HMAC-SHA-256 of `net:` and the network.
    pub fn network(&self, network: &Network) -> Pseudonym {
        self.mac("net:", &[network.as_str()])
    }

    fn mac(&self, kind: &str, parts: &[&str]) -> Pseudonym {
        let mut context = context(&self.0);
        context.update(kind.as_bytes());
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                context.update(b"|");
            }
            context.update(part.as_bytes());
        }
        Pseudonym::new(finish(context))
    }
}

impl IdempotencyKey {
    pub(super) const fn new(secret: Secret32) -> Self {
        Self(secret)
    }

    pub(super) const fn secret(&self) -> &Secret32 {
        &self.0
    }

    /// The digest that is stored of a request, to tell a repeated body from another one. It is
    /// keyed, because a plain hash of a guessable body would confirm the guess.
    pub fn body_digest(&self, method: &str, canonical_body: &[u8]) -> [u8; 32] {
        let mut context = context(&self.0);
        for part in [method.as_bytes(), canonical_body] {
            context.update(&prefix(part));
            context.update(part);
        }
        finish(context)
    }
}

fn context(secret: &Secret32) -> hmac::Context {
    hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
}

fn finish(context: hmac::Context) -> [u8; 32] {
    context.sign().as_ref().try_into().expect("an HMAC-SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests;
