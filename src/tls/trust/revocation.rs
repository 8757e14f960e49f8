//! The revocation lists of one state (RFC 5280 §5).
//!
//! Invariant: every list here is complete, was signed by a listed authority, and is the only one of
//! that authority; every authority that has not ended has one.

use std::collections::{BTreeMap, BTreeSet};

use rustls::pki_types::CertificateRevocationListDer;
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::super::identity::{self, Serial};
use super::TrustError;
use super::authorities::Authorities;
use super::material::{Material, Source};
use crate::domain::time::Timestamp;

/// All lists, by the distinguished name of their authority in DER.
#[derive(Debug, Default)]
pub(super) struct RevocationLists {
    lists: BTreeMap<Vec<u8>, List>,
    ders: Vec<CertificateRevocationListDer<'static>>,
}

#[derive(Debug)]
struct List {
    this_update: Timestamp,
    next_update: Timestamp,
    revoked: BTreeSet<Serial>,
}

impl RevocationLists {
    pub(super) fn from_material(
        material: &Material,
        authorities: &Authorities,
        now: Timestamp,
    ) -> Result<Self, TrustError> {
        let mut all = Self::default();
        for source in &material.lists {
            for der in source.revocation_lists()? {
                all.add(&der, source, authorities)?;
                all.ders.push(der);
            }
        }
        // Otherwise the handshake would refuse every client of that authority one by one, each with
        // a reason that points at the client.
        if authorities.names_in_use(now).all(|name| all.lists.contains_key(name)) {
            Ok(all)
        } else {
            Err(TrustError::NoRevocationList)
        }
    }

    fn add(
        &mut self,
        der: &[u8],
        source: &Source,
        authorities: &Authorities,
    ) -> Result<(), TrustError> {
        let bad = || TrustError::BadRevocationList { path: source.path.clone() };
        let Ok(([], parsed)) = CertificateRevocationList::from_der(der) else {
            return Err(bad());
        };
        let issuer = parsed.issuer().as_raw();
        if !is_signed_by_one_of(&parsed, authorities) {
            return Err(bad());
        }
        let list = List::read(&parsed).ok_or_else(bad)?;
        match self.lists.insert(issuer.to_vec(), list) {
            None => Ok(()),
            Some(_) => Err(TrustError::SecondRevocationList { path: source.path.clone() }),
        }
    }

    /// Whether the list of `issuer` names `serial`.
    pub(super) fn revokes(&self, issuer: &[u8], serial: &Serial) -> bool {
        self.lists.get(issuer).is_some_and(|list| list.revoked.contains(serial))
    }

    /// Whether the list of `issuer` is past its date.
    pub(super) fn is_stale(&self, issuer: &[u8], now: Timestamp) -> bool {
        self.lists.get(issuer).is_some_and(|list| now > list.next_update)
    }

    /// Whether any authority's list was made before the one in `other`.
    pub(super) fn any_older_than(&self, other: &Self) -> bool {
        self.lists.iter().any(|(issuer, list)| {
            other.lists.get(issuer).is_some_and(|current| list.this_update < current.this_update)
        })
    }

    /// When the first list goes past its date.
    pub(super) fn next_update(&self) -> Option<Timestamp> {
        self.lists.values().map(|list| list.next_update).min()
    }

    /// How many certificates are revoked.
    pub(super) fn len(&self) -> usize {
        self.lists.values().map(|list| list.revoked.len()).sum()
    }

    /// The lists in the form that the handshake wants.
    pub(super) fn ders(&self) -> impl Iterator<Item = CertificateRevocationListDer<'static>> {
        self.ders.iter().cloned()
    }
}

impl List {
    /// `nextUpdate` is mandatory (RFC 5280 §5.1.2.5): without it nobody could tell a list that is
    /// up to date from one that an attacker froze.
    fn read(parsed: &CertificateRevocationList<'_>) -> Option<Self> {
        Some(Self {
            this_update: identity::timestamp(parsed.last_update().timestamp())?,
            next_update: identity::timestamp(parsed.next_update()?.timestamp())?,
            revoked: parsed
                .iter_revoked_certificates()
                .map(|entry| Serial::from_bytes(entry.raw_serial()))
                .collect(),
        })
    }
}

/// The handshake checks the signature again, but only once a client comes. A list that fails there
/// would lock everybody out; here it is refused and the old one stays.
fn is_signed_by_one_of(list: &CertificateRevocationList<'_>, authorities: &Authorities) -> bool {
    authorities.named(list.issuer().as_raw()).any(|authority| {
        identity::parse(&authority.certificate)
            .is_ok_and(|issuer| list.verify_signature(issuer.public_key()).is_ok())
    })
}
