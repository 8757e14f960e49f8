//! One ledger entry: one event about one data subject, and its bytes (leaf format v1).
//!
//! Personal fields are in it only as commitments. The bytes are fixed binary in the style of the TLS
//! presentation language (RFC 8446 §3): a label that names kind and version, then every field in
//! order, big-endian integers, lists behind their length, no options, nothing after the end. Each
//! entry has exactly one encoding and each encoding exactly one entry.
//!
//! Codes stay plain numbers here, because an entry must stay readable when a code list grows.

mod encoding;
mod wire;

#[cfg(test)]
mod tests;

use crate::domain::id::{ConsentId, EventId, GroupId, Oin, Version};
use crate::domain::time::Timestamp;

use super::commitment::Commitment;
use super::purge::Purge;

pub use wire::DecodeError;

/// The longest entry: a disclosure that relies on [`CONSENTS_MAX`] consents under a policy version
/// with the longest name. A stored entry beyond this is not one of ours.
pub const ENTRY_BYTES_MAX: usize = 1022;

/// The most consents one disclosure of one person's data can rely on. A consent is for one person,
/// recipient and purpose (DOMAIN §3.2), so more than a few means that something is wrong.
pub const CONSENTS_MAX: usize = 32;

/// An event, as it is recorded for one data subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Names this entry; no two entries share it.
    pub event_id: EventId,
    /// Shared by all entries of one act, one for each data subject.
    pub group_id: GroupId,
    /// When the gateway recorded the event.
    pub recorded_at: Timestamp,
    /// What happened: number of the event code (DOMAIN §5.2).
    pub event: u16,
    /// How it ended: 0 success, 4 minor, 8 serious, 12 major failure (DOMAIN §5.4, 7.2.5).
    pub outcome: u8,
    /// Why it ended so: number of the reason code, 0 when there is nothing to explain.
    pub reason: u16,
    /// The organisation that acted, from its certificate.
    pub actor_organisation: Oin,
    /// Commits to the pseudonym of the data subject.
    pub subject: Commitment,
    /// Commits to the employee who acted.
    pub actor: Commitment,
    /// Commits to the case.
    pub case: Commitment,
    /// Commits to everything else that is kept about the event.
    pub details: Commitment,
    /// What is particular to the kind of event.
    pub body: Body,
}

/// What is particular to the kind of event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Data went, or would have gone, from one organisation to another.
    Disclosure(Disclosure),
    /// A consent came into another state.
    Consent(ConsentChange),
    /// Something about the gateway or the log itself.
    Administration(Administration),
    /// Entries were purged.
    Purge(Purge),
}

/// A decision about disclosing one person's data, carried out or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// The organisation that sends.
    pub sender: Oin,
    /// The organisation that receives.
    pub recipient: Oin,
    /// The organisation responsible for the data.
    pub custodian: Oin,
    /// Number of the purpose (DOMAIN §3.4).
    pub purpose: u8,
    /// Number of the basis (DOMAIN §4.2).
    pub basis: u8,
    /// The data categories concerned (DOMAIN §3.5), one bit each.
    pub categories: u32,
    /// Version of the policy pack that decided.
    pub policy: Version,
    /// SHA-256 of that policy pack.
    pub policy_hash: [u8; 32],
    /// Commits to the content.
    pub payload: Commitment,
    /// The consents relied on.
    pub consents: ConsentUses,
}

/// A consent that came into another state (DOMAIN §3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentChange {
    /// The consent.
    pub consent_id: ConsentId,
    /// Its version from now on.
    pub version: u32,
    /// Number of its state from now on.
    pub state: u8,
    /// The organisation that may send.
    pub source: Oin,
    /// The organisation that may receive.
    pub recipient: Oin,
    /// Number of the one purpose it is for.
    pub purpose: u8,
    /// The data categories it covers, one bit each.
    pub categories: u32,
    /// The first moment at which it counts.
    pub valid_from: Timestamp,
    /// The first moment at which it no longer counts.
    pub valid_until: Timestamp,
}

/// An event about the gateway or the log itself, for example a key rotation or an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administration {
    /// Number of the part of the gateway that it is about.
    pub scope: u16,
    /// How many things it touched, for example how many persons were erased.
    pub count: u64,
    /// SHA-256 of the document that describes it.
    pub digest: [u8; 32],
}

/// One consent that a disclosure relied on, in the version it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentUse {
    /// The consent.
    pub consent_id: ConsentId,
    /// The version that was looked at.
    pub version: u32,
}

/// The consents that a disclosure relied on: at most [`CONSENTS_MAX`], each once, ordered by id, so
/// that one set has one encoding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsentUses(Vec<ConsentUse>);

impl ConsentUses {
    /// Orders the consents; refuses a consent named twice and more than [`CONSENTS_MAX`].
    pub fn new(mut uses: Vec<ConsentUse>) -> Result<Self, InvalidConsentUses> {
        if uses.len() > CONSENTS_MAX {
            return Err(InvalidConsentUses::TooMany);
        }
        uses.sort_by_key(|used| used.consent_id);
        Self::from_ordered(uses).ok_or(InvalidConsentUses::Repeated)
    }

    /// The consents, ordered by id.
    pub fn as_slice(&self) -> &[ConsentUse] {
        &self.0
    }

    fn from_ordered(uses: Vec<ConsentUse>) -> Option<Self> {
        let ascending = uses.is_sorted_by(|left, right| left.consent_id < right.consent_id);
        (ascending && uses.len() <= CONSENTS_MAX).then_some(Self(uses))
    }
}

/// A list of consents that no entry can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConsentUses {
    /// More than [`CONSENTS_MAX`].
    #[error("a disclosure cannot rely on more than {CONSENTS_MAX} consents")]
    TooMany,
    /// One consent twice.
    #[error("a disclosure cannot rely on one consent twice")]
    Repeated,
}
