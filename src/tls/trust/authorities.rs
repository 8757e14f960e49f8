//! The authorities whose clients we admit, and the walk from a client to a root.
//!
//! The handshake checks signatures along the path. This walk repeats, at any later moment, what the
//! passing of time and new files can change: revocation, validity, and whether an authority is
//! still listed.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use x509_parser::extensions::ParsedExtension;

use super::super::identity::{self, IssuerLink, PeerIdentity, Serial, Validity};
use super::material::{Material, Source};
use super::revocation::RevocationLists;
use super::{Rejection, StaleCrl, TrustError};
use crate::domain::time::Timestamp;

/// Longest path above a client: PKIoverheid has a root, a domain and an issuer. One more for a
/// cross-certificate; the limit keeps two authorities that vouch for each other from a loop.
const PATH_LENGTH_MAX: usize = 4;

/// All authorities of one state.
#[derive(Debug)]
pub(super) struct Authorities {
    all: Vec<Authority>,
    anchors: Vec<CertificateDer<'static>>,
}

/// One authority.
#[derive(Debug)]
pub(super) struct Authority {
    pub(super) certificate: CertificateDer<'static>,
    /// Distinguished name in DER.
    pub(super) subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
    issuer: IssuerLink,
    serial: Serial,
    validity: Validity,
    role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Anchor,
    Intermediate,
}

impl Authorities {
    pub(super) fn from_material(material: &Material) -> Result<Self, TrustError> {
        let mut all = read(&material.anchors, Role::Anchor)?;
        let anchors = all.iter().map(|authority| authority.certificate.clone()).collect();
        for source in &material.intermediates {
            all.extend(read(source, Role::Intermediate)?);
        }
        Ok(Self { all, anchors })
    }

    /// The roots in the form that the handshake wants.
    pub(super) fn root_store(&self) -> Result<RootCertStore, TrustError> {
        let mut store = RootCertStore::empty();
        for anchor in &self.anchors {
            store.add(anchor.clone()).map_err(|error| TrustError::Unfit(error.to_string()))?;
        }
        Ok(store)
    }

    /// The authorities with this name. A renewed authority keeps its name and has a new key.
    pub(super) fn named<'a>(&'a self, subject: &'a [u8]) -> impl Iterator<Item = &'a Authority> {
        self.all.iter().filter(move |authority| authority.subject == subject)
    }

    /// The names of the authorities that have not ended yet.
    pub(super) fn names_in_use(&self, now: Timestamp) -> impl Iterator<Item = &[u8]> {
        let in_use = move |authority: &&Authority| now <= authority.validity.not_after;
        self.all.iter().filter(in_use).map(|authority| authority.subject.as_slice())
    }

    /// Whether a path of authorities that count at `now` leads from the peer to a root.
    pub(super) fn vouch_for(
        &self,
        peer: &PeerIdentity,
        lists: &RevocationLists,
        stale: StaleCrl,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let walk = Walk { authorities: self, lists, stale, now };
        walk.path(peer.issuer_link(), peer.serial(), 0)
    }
}

/// What stays the same along one walk.
struct Walk<'a> {
    authorities: &'a Authorities,
    lists: &'a RevocationLists,
    stale: StaleCrl,
    now: Timestamp,
}

impl Walk<'_> {
    /// Whether the certificate `serial` of `issuer` counts; `depth` authorities lie below it.
    fn path(&self, issuer: &IssuerLink, serial: &Serial, depth: usize) -> Result<(), Rejection> {
        if self.lists.revokes(&issuer.name, serial) {
            return Err(if depth == 0 { Rejection::Revoked } else { Rejection::IssuerRevoked });
        }
        if self.stale == StaleCrl::Refuse && self.lists.is_stale(&issuer.name, self.now) {
            return Err(Rejection::RevocationListStale);
        }
        let mut verdict = Err(Rejection::IssuerUnknown);
        for authority in self.authorities.named(&issuer.name) {
            if !authority.may_have_signed(issuer) {
                continue;
            }
            verdict = self.through(authority, depth);
            if verdict.is_ok() {
                break;
            }
        }
        verdict
    }

    fn through(&self, authority: &Authority, depth: usize) -> Result<(), Rejection> {
        authority.validity.require(self.now).or(Err(Rejection::IssuerNotInForce))?;
        match authority.role {
            Role::Anchor => Ok(()),
            Role::Intermediate if depth + 1 < PATH_LENGTH_MAX => {
                self.path(&authority.issuer, &authority.serial, depth + 1)
            }
            Role::Intermediate => Err(Rejection::IssuerUnknown),
        }
    }
}

impl Authority {
    /// Tells authorities of the same name apart by their keys, where the certificates say so.
    fn may_have_signed(&self, issuer: &IssuerLink) -> bool {
        match (&self.key_id, &issuer.key_id) {
            (Some(own), Some(named)) => own == named,
            (None, _) | (_, None) => true,
        }
    }
}

fn read(source: &Source, role: Role) -> Result<Vec<Authority>, TrustError> {
    source
        .certificates()?
        .iter()
        .map(|certificate| {
            authority(certificate, role)
                .ok_or_else(|| TrustError::NotAnAuthority { path: source.path.clone() })
        })
        .collect()
}

fn authority(der: &CertificateDer<'static>, role: Role) -> Option<Authority> {
    let parsed = identity::parse(der).ok()?;
    let may_sign = parsed.basic_constraints().ok()?.is_some_and(|extension| extension.value.ca);
    if !may_sign {
        return None;
    }
    let key_id = parsed.iter_extensions().find_map(|extension| {
        let ParsedExtension::SubjectKeyIdentifier(id) = extension.parsed_extension() else {
            return None;
        };
        Some(id.0.to_vec())
    });
    Some(Authority {
        subject: parsed.subject().as_raw().to_vec(),
        key_id,
        issuer: IssuerLink::of(&parsed),
        serial: Serial::from_bytes(parsed.raw_serial()),
        validity: Validity::of(&parsed)?,
        role,
        certificate: der.clone(),
    })
}
