//! Entry to bytes and back. Both directions list the fields in the same order; a golden test holds
//! the order still.

use super::wire::{DecodeError, Reader, Writer, parsed};
use super::{Administration, Body, ConsentChange, ConsentUse, ConsentUses, Disclosure, Entry};
use crate::domain::id::{ConsentId, EventId, GroupId};
use crate::ledger::hash::Hash;
use crate::ledger::purge::Purge;

const DISCLOSURE: &[u8] = b"ketenpoort/v1/disclosure";
const CONSENT: &[u8] = b"ketenpoort/v1/consent";
const ADMINISTRATION: &[u8] = b"ketenpoort/v1/administration";
const PURGE: &[u8] = b"ketenpoort/v1/purge";

impl Entry {
    /// The bytes to store and to hash; at most [`ENTRY_BYTES_MAX`](super::ENTRY_BYTES_MAX).
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.opaque(match &self.body {
            Body::Disclosure(_) => DISCLOSURE,
            Body::Consent(_) => CONSENT,
            Body::Administration(_) => ADMINISTRATION,
            Body::Purge(_) => PURGE,
        });
        w.bytes(self.event_id.as_bytes());
        w.bytes(self.group_id.as_bytes());
        w.timestamp(self.recorded_at);
        w.bytes(&self.event.to_be_bytes());
        w.bytes(&[self.outcome]);
        w.bytes(&self.reason.to_be_bytes());
        w.bytes(self.actor_organisation.as_bytes());
        for commitment in [&self.subject, &self.actor, &self.case, &self.details] {
            w.bytes(commitment.as_bytes());
        }
        match &self.body {
            Body::Disclosure(disclosure) => disclosure.write(&mut w),
            Body::Consent(change) => change.write(&mut w),
            Body::Administration(administration) => administration.write(&mut w),
            Body::Purge(purge) => purge.write(&mut w),
        }
        w.finish()
    }

    /// Reads the bytes of an entry. Whatever it accepts, [`Entry::encode`] gives back byte for byte.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let body: fn(&mut Reader<'_>) -> Result<Body, DecodeError> = match r.opaque()? {
            DISCLOSURE => |r| Disclosure::read(r).map(Body::Disclosure),
            CONSENT => |r| ConsentChange::read(r).map(Body::Consent),
            ADMINISTRATION => |r| Administration::read(r).map(Body::Administration),
            PURGE => |r| Purge::read(r).map(Body::Purge),
            _ => return Err(DecodeError::UnknownLabel),
        };
        // Fields of a struct expression are read in the order in which they are written here.
        let entry = Self {
            event_id: r.array().map(EventId::from_bytes)?,
            group_id: r.array().map(GroupId::from_bytes)?,
            recorded_at: r.timestamp("recorded_at")?,
            event: r.u16()?,
            outcome: r.u8()?,
            reason: r.u16()?,
            actor_organisation: r.oin("actor_organisation")?,
            subject: r.commitment()?,
            actor: r.commitment()?,
            case: r.commitment()?,
            details: r.commitment()?,
            body: body(&mut r)?,
        };
        r.finish()?;
        Ok(entry)
    }
}

impl Disclosure {
    fn write(&self, w: &mut Writer) {
        w.bytes(self.sender.as_bytes());
        w.bytes(self.recipient.as_bytes());
        w.bytes(self.custodian.as_bytes());
        w.bytes(&[self.purpose, self.basis]);
        w.bytes(&self.categories.to_be_bytes());
        w.opaque(self.policy.as_str().as_bytes());
        w.bytes(&self.policy_hash);
        w.bytes(self.payload.as_bytes());
        w.len(self.consents.as_slice().len());
        for used in self.consents.as_slice() {
            w.bytes(used.consent_id.as_bytes());
            w.bytes(&used.version.to_be_bytes());
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            sender: r.oin("sender")?,
            recipient: r.oin("recipient")?,
            custodian: r.oin("custodian")?,
            purpose: r.u8()?,
            basis: r.u8()?,
            categories: r.u32()?,
            policy: parsed(r.opaque()?, "policy")?,
            policy_hash: r.array()?,
            payload: r.commitment()?,
            consents: ConsentUses::read(r)?,
        })
    }
}

impl ConsentUses {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let uses = (0..r.u8()?)
            .map(|_| {
                Ok(ConsentUse {
                    consent_id: r.array().map(ConsentId::from_bytes)?,
                    version: r.u32()?,
                })
            })
            .collect::<Result<_, DecodeError>>()?;
        Self::from_ordered(uses).ok_or(DecodeError::InvalidField("consents"))
    }
}

impl ConsentChange {
    fn write(&self, w: &mut Writer) {
        w.bytes(self.consent_id.as_bytes());
        w.bytes(&self.version.to_be_bytes());
        w.bytes(&[self.state]);
        w.bytes(self.source.as_bytes());
        w.bytes(self.recipient.as_bytes());
        w.bytes(&[self.purpose]);
        w.bytes(&self.categories.to_be_bytes());
        w.timestamp(self.valid_from);
        w.timestamp(self.valid_until);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            consent_id: r.array().map(ConsentId::from_bytes)?,
            version: r.u32()?,
            state: r.u8()?,
            source: r.oin("source")?,
            recipient: r.oin("recipient")?,
            purpose: r.u8()?,
            categories: r.u32()?,
            valid_from: r.timestamp("valid_from")?,
            valid_until: r.timestamp("valid_until")?,
        })
    }
}

impl Administration {
    fn write(&self, w: &mut Writer) {
        w.bytes(&self.scope.to_be_bytes());
        w.bytes(&self.count.to_be_bytes());
        w.bytes(&self.digest);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { scope: r.u16()?, count: r.u64()?, digest: r.array()? })
    }
}

impl Purge {
    fn write(&self, w: &mut Writer) {
        w.bytes(&self.first.to_be_bytes());
        w.bytes(&self.last.to_be_bytes());
        w.bytes(&self.count.to_be_bytes());
        w.bytes(self.root.as_bytes());
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            first: r.u64()?,
            last: r.u64()?,
            count: r.u64()?,
            root: r.array().map(Hash::new)?,
        })
    }
}
