//! What the development authority has issued, and what of it no longer counts.

use serde::{Deserialize, Serialize};

use super::super::identity::Serial;
use crate::domain::code::codes;
use crate::domain::id::Oin;
use crate::domain::time::Timestamp;

codes! {
    /// What a certificate is for.
    pub enum Kind {
        /// An organisation that connects.
        Client = 1, "CLIENT";
        /// A gateway.
        Server = 2, "SERVER";
        /// A person of an organisation, in a browser.
        Person = 3, "PERSON";
    }
}

codes! {
    /// Why a certificate no longer counts (RFC 5280 §5.3.1; the numbers are those of the RFC plus
    /// one, because no code of ours is 0).
    pub enum RevocationReason {
        /// No reason given.
        Unspecified = 1, "UNSPECIFIED";
        /// Somebody else may have the private key.
        KeyCompromise = 2, "KEY_COMPROMISE";
        /// The organisation has another name or has merged.
        AffiliationChanged = 4, "AFFILIATION_CHANGED";
        /// A newer certificate has taken its place.
        Superseded = 5, "SUPERSEDED";
        /// The organisation no longer takes part.
        CessationOfOperation = 6, "CESSATION_OF_OPERATION";
        /// The organisation may no longer take part.
        PrivilegeWithdrawn = 10, "PRIVILEGE_WITHDRAWN";
    }
}

/// When and why a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// The certificate's number.
    #[serde(with = "serial_as_hex")]
    pub serial: Serial,
    /// What it is for.
    pub kind: Kind,
    /// Whose it is.
    pub oin: Oin,
    /// The legal name in it.
    pub organisation: String,
    /// Its last moment.
    pub not_after: Timestamp,
    /// Whether it was revoked.
    pub revocation: Option<Revocation>,
}

/// The whole register, in the order of issue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Number of the newest revocation list; each list has a higher one (RFC 5280 §5.2.3).
    list_number: u64,
    issued: Vec<Issued>,
}

/// A text that is not a register.
#[derive(Debug, thiserror::Error)]
#[error("the register of issued certificates cannot be read: {0}")]
pub struct InvalidRegister(#[from] serde_json::Error);

impl Register {
    /// Reads the JSON that [`Register::to_json`] wrote.
    pub fn from_json(text: &[u8]) -> Result<Self, InvalidRegister> {
        Ok(serde_json::from_slice(text)?)
    }

    /// The register as JSON, for its file.
    pub fn to_json(&self) -> Result<String, InvalidRegister> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// All certificates, in the order of issue.
    pub fn issued(&self) -> &[Issued] {
        &self.issued
    }

    /// The certificate with this number.
    pub fn find(&self, serial: &Serial) -> Option<&Issued> {
        self.issued.iter().find(|issued| issued.serial == *serial)
    }

    pub(super) fn revoked(&self) -> impl Iterator<Item = (&Serial, Revocation)> {
        self.issued.iter().filter_map(|issued| Some((&issued.serial, issued.revocation?)))
    }

    pub(super) fn add(&mut self, issued: Issued) {
        self.issued.push(issued);
    }

    /// Whether there is such a certificate.
    pub(super) fn revoke(&mut self, serial: &Serial, revocation: Revocation) -> bool {
        let found = self.issued.iter_mut().find(|issued| issued.serial == *serial);
        found.is_some_and(|issued| {
            issued.revocation.get_or_insert(revocation);
            true
        })
    }

    pub(super) const fn next_list_number(&mut self) -> u64 {
        self.list_number = self.list_number.saturating_add(1);
        self.list_number
    }
}

mod serial_as_hex {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::Serial;

    pub(super) fn serialize<S: Serializer>(serial: &Serial, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(serial)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Serial, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
