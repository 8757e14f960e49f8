//! What is in the files already, to decide whether it can stay.

use std::path::Path;

use rcgen::{KeyPair, PublicKeyData as _};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::super::authority::Authority;
use super::super::files::{self, FileError};
use super::super::identity::{self, Serial, Validity};
use crate::domain::time::Timestamp;

/// The first certificate of a chain.
pub(super) struct Leaf {
    pub(super) serial: Serial,
    pub(super) validity: Validity,
    public_key: Vec<u8>,
}

/// The issuing authority's revocation list.
pub(super) struct List {
    pub(super) this_update: Timestamp,
    pub(super) next_update: Timestamp,
    /// In the order of the list, which is the order of issue.
    pub(super) revoked: Vec<Serial>,
}

pub(super) fn leaf(path: &Path) -> Result<Leaf, FileError> {
    const EXPECTED: &str = "certificates";
    let not_pem = || FileError::not_pem(path, EXPECTED);
    let chain: Vec<CertificateDer<'static>> =
        files::pem_items(path, &files::read(path)?, EXPECTED)?;
    let parsed = chain.first().and_then(|der| identity::parse(der).ok()).ok_or_else(not_pem)?;
    Ok(Leaf {
        serial: Serial::from_bytes(parsed.raw_serial()),
        validity: Validity::of(&parsed).ok_or_else(not_pem)?,
        public_key: parsed.public_key().raw.to_vec(),
    })
}

/// Whether the file holds the private key of `leaf`: a crash may have replaced only one of the two.
pub(super) fn is_key_of(path: &Path, leaf: &Leaf) -> bool {
    let Ok(pem) = files::read_text(path, "a private key").map(zeroize::Zeroizing::new) else {
        return false;
    };
    KeyPair::from_pem(&pem).is_ok_and(|key| key.subject_public_key_info() == leaf.public_key)
}

/// The list that the issuing authority signed, which is the first in the file.
pub(super) fn list(path: &Path, authority: &Authority) -> Option<List> {
    let bytes = files::read(path).ok()?;
    let ders: Vec<CertificateRevocationListDer<'static>> =
        files::pem_items(path, &bytes, "revocation lists").ok()?;
    let (_, parsed) = CertificateRevocationList::from_der(ders.first()?).ok()?;
    let issuing = identity::parse(authority.issuing_der()).ok()?;
    parsed.verify_signature(issuing.public_key()).ok()?;
    Some(List {
        this_update: identity::timestamp(parsed.last_update().timestamp())?,
        next_update: identity::timestamp(parsed.next_update()?.timestamp())?,
        revoked: parsed
            .iter_revoked_certificates()
            .map(|entry| Serial::from_bytes(entry.raw_serial()))
            .collect(),
    })
}
