//! The files of one load, read once, so that everything in one state comes from the same bytes.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use super::super::files::{self, FileError};
use super::super::identity::{self, Validity};
use super::{TrustError, TrustFiles};
use crate::domain::time::Timestamp;

/// A file and what was in it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    bytes: Vec<u8>,
}

/// All files of one load.
pub(super) struct Material {
    pub(super) anchors: Source,
    pub(super) intermediates: Vec<Source>,
    pub(super) lists: Vec<Source>,
    server_chain: Source,
    server_key: PrivateKeyDer<'static>,
}

impl Material {
    pub(super) fn read(paths: &TrustFiles) -> Result<Self, FileError> {
        Ok(Self {
            anchors: Source::read(&paths.anchors)?,
            intermediates: Source::read_all(&paths.intermediates)?,
            lists: Source::read_all(&paths.revocation_lists)?,
            server_chain: Source::read(&paths.server_chain)?,
            server_key: files::private_key(&paths.server_key)?,
        })
    }

    /// Changes when any file changes.
    pub(super) fn digest(&self) -> digest::Digest {
        let mut context = digest::Context::new(&digest::SHA256);
        let authorities = std::iter::once(&self.anchors).chain(&self.intermediates);
        for source in authorities.chain(&self.lists).chain([&self.server_chain]) {
            // Of equal length each, so that bytes cannot move from one file to the next unseen.
            context.update(digest::digest(&digest::SHA256, &source.bytes).as_ref());
        }
        context.update(self.server_key.secret_der());
        context.finish()
    }

    pub(super) fn server_chain(&self) -> Result<Vec<CertificateDer<'static>>, FileError> {
        self.server_chain.certificates()
    }

    pub(super) fn server_key(&self) -> PrivateKeyDer<'static> {
        self.server_key.clone_key()
    }

    /// The last moment of our own certificate.
    pub(super) fn server_not_after(&self) -> Result<Timestamp, TrustError> {
        let chain = self.server_chain()?;
        chain
            .first()
            .and_then(|leaf| Validity::of(&identity::parse(leaf).ok()?))
            .map(|validity| validity.not_after)
            .ok_or_else(|| FileError::not_pem(&self.server_chain.path, "certificates").into())
    }
}

impl Source {
    fn read(path: &Path) -> Result<Self, FileError> {
        Ok(Self { path: path.to_owned(), bytes: files::read(path)? })
    }

    fn read_all(paths: &[PathBuf]) -> Result<Vec<Self>, FileError> {
        paths.iter().map(|path| Self::read(path)).collect()
    }

    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, FileError> {
        files::pem_items(&self.path, &self.bytes, "certificates")
    }

    /// The lists in the file: PEM, or one list in DER, which begins with the tag of a sequence.
    pub(super) fn revocation_lists(
        &self,
    ) -> Result<Vec<CertificateRevocationListDer<'static>>, FileError> {
        const DER_SEQUENCE: u8 = 0x30;
        if self.bytes.first() == Some(&DER_SEQUENCE) {
            return Ok(vec![self.bytes.clone().into()]);
        }
        files::pem_items(&self.path, &self.bytes, "revocation lists")
    }
}
