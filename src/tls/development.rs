//! The development authority in a directory: what `ketenpoort pki` and the demo work with.
//!
//! ```text
//! ca/root.pem        the root, for partners to trust
//! ca/root.crl.pem    the root's only revocation list
//! ca/issuing.pem     the issuing authority
//! ca/issuing.key     its private key
//! ca/issued.json     every certificate, and which are revoked
//! crl.pem            the current revocation lists of both authorities
//! client/SLUG.pem    a client's certificate and the issuing authority; SLUG.key its private key
//! person/SLUG.pem    the same for a person
//! server/SLUG.pem    the same for a gateway
//! ```
//!
//! Invariant: the register is on disk before a certificate or revocation list that it must know of,
//! so a crash can lose a certificate but never the means to revoke it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use super::authority::{
    Authority, AuthorityError, Credential, Kind, Register, RevocationReason, Subject,
};
use super::files::{self, FileError, Readers};
use super::identity::{IdentityPolicy, PeerIdentity, Person, Serial, TestOins, Validity};
use super::trust::TrustFiles;
use crate::domain::id::Oin;
use crate::domain::time::Timestamp;

mod directory;
mod existing;

pub use directory::PkiError;
use directory::{ca_path, lock, read_snapshot, write_snapshot};

/// Validity of the certificates that [`DevelopmentPki::lay_out`] makes.
pub const LEAF_VALIDITY: Duration = Duration::from_hours(365 * 24);

/// A certificate closer to its end than this is renewed by [`DevelopmentPki::lay_out`].
const RENEW_BEFORE: Duration = Duration::from_hours(30 * 24);

/// How long a revocation list counts. Public authorities give hours or days; a trial installation
/// has nobody who makes a new one every day.
pub const LIST_VALIDITY: Duration = Duration::from_hours(30 * 24);

/// Clocks of partners differ. What is made now counts from an hour ago.
const BACKDATE: Duration = Duration::from_hours(1);

/// File name of the gateway's own certificate in a laid out directory.
const GATEWAY: &str = "localhost";

/// The names under which a gateway on this machine is reached.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The organisation name of a laid out authority and of its gateway.
const NAME: &str = "Ketenpoort development";

/// An organisation that takes part in a demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its number.
    pub oin: Oin,
    /// Its legal name.
    pub name: String,
    /// The name of its files: 1 to 40 of `a-z 0-9 -`.
    pub slug: String,
}

/// Where a certificate and its key lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialFiles {
    /// The leaf and the issuing authority.
    pub chain: PathBuf,
    /// The private key, readable by its owner only.
    pub key: PathBuf,
}

/// The authority and its directory, locked against other processes that would change it. A gateway
/// only reads the files, so it drops this before it serves; then `ketenpoort pki revoke` can work.
#[derive(Debug)]
pub struct DevelopmentPki {
    directory: PathBuf,
    authority: Authority,
    /// The operating system gives the lock back when this is dropped.
    _lock: File,
}

impl DevelopmentPki {
    /// A new authority in `directory`, with an empty revocation list.
    pub fn init(directory: &Path, name: &str, now: Timestamp) -> Result<Self, PkiError> {
        let lock = lock(directory)?;
        match read_snapshot(directory) {
            Err(PkiError::Absent { .. }) => Self::create(directory, lock, name, now),
            Ok(_) | Err(_) => Err(PkiError::Exists { directory: directory.to_owned() }),
        }
    }

    /// The authority in `directory`.
    pub fn open(directory: &Path) -> Result<Self, PkiError> {
        // The lock would create the directory.
        if !ca_path(directory, "root.pem").exists() {
            return Err(PkiError::Absent { directory: directory.to_owned() });
        }
        let lock = lock(directory)?;
        let authority = Authority::restore(read_snapshot(directory)?)?;
        Ok(Self { directory: directory.to_owned(), authority, _lock: lock })
    }

    /// Everything that a demo needs: an authority, a certificate for a gateway on this machine, one
    /// for each organisation, and a revocation list. What is there and still counts stays as it is;
    /// what is missing, revoked or about to end is made anew.
    pub fn lay_out(
        directory: &Path,
        organisations: &[Organisation],
        now: Timestamp,
    ) -> Result<Self, PkiError> {
        let lock = lock(directory)?;
        let mut pki = Self::resume_or_create(directory, lock, now)?;
        let validity =
            Validity { not_before: now.minus(BACKDATE), not_after: now.plus(LEAF_VALIDITY) };
        let gateway = gateway();
        if !pki.holds(Kind::Server, GATEWAY, &gateway, now) {
            pki.issue_server(GATEWAY, &gateway, &LOCAL_NAMES, validity)?;
        }
        for organisation in organisations {
            let subject = organisation.subject();
            if !pki.holds(Kind::Client, &organisation.slug, &subject, now) {
                pki.issue_client(&organisation.slug, &subject, validity)?;
            }
        }
        if !pki.list_is_current(now) {
            pki.renew_revocation_lists(now)?;
        }
        Ok(pki)
    }

    /// Issues a client certificate into `client/SLUG.pem` and `client/SLUG.key`.
    pub fn issue_client(
        &mut self,
        slug: &str,
        subject: &Subject,
        validity: Validity,
    ) -> Result<CredentialFiles, PkiError> {
        let files = self.files(Kind::Client, slug)?;
        let credential = self.authority.issue_client(subject, validity)?;
        self.hand_out(&credential, files)
    }

    /// Issues a person's certificate into `person/SLUG.pem` and `person/SLUG.key`.
    pub fn issue_person(
        &mut self,
        slug: &str,
        subject: &Subject,
        person: &Person,
        validity: Validity,
    ) -> Result<CredentialFiles, PkiError> {
        let files = self.files(Kind::Person, slug)?;
        let credential = self.authority.issue_person(subject, person, validity)?;
        self.hand_out(&credential, files)
    }

    /// Issues a server certificate into `server/SLUG.pem` and `server/SLUG.key`, for `names`: host
    /// names and IP addresses.
    pub fn issue_server(
        &mut self,
        slug: &str,
        subject: &Subject,
        names: &[&str],
        validity: Validity,
    ) -> Result<CredentialFiles, PkiError> {
        let files = self.files(Kind::Server, slug)?;
        let credential = self.authority.issue_server(subject, names, validity)?;
        self.hand_out(&credential, files)
    }

    /// Revokes a certificate and writes a new revocation list. Gateways that use the list act on it
    /// when they reload.
    pub fn revoke(
        &mut self,
        serial: &Serial,
        reason: RevocationReason,
        now: Timestamp,
    ) -> Result<(), PkiError> {
        self.authority.revoke(serial, reason, now)?;
        self.renew_revocation_lists(now)
    }

    /// Writes new revocation lists, valid for [`LIST_VALIDITY`].
    pub fn renew_revocation_lists(&mut self, now: Timestamp) -> Result<(), PkiError> {
        let lists = self.authority.revocation_lists(now, now.plus(LIST_VALIDITY))?;
        self.save_register()?;
        Ok(files::write(&self.lists_path(), lists.as_bytes(), Readers::Everyone)?)
    }

    /// What has been issued and revoked.
    pub const fn register(&self) -> &Register {
        self.authority.register()
    }

    /// The number of the certificate in `client/SLUG.pem` or `server/SLUG.pem`.
    pub fn serial(&self, kind: Kind, slug: &str) -> Result<Serial, PkiError> {
        let files = self.files(kind, slug)?;
        Ok(existing::leaf(&files.chain)?.serial)
    }

    /// Whom `person/SLUG.pem` names. It may be of an organisation with a test number.
    pub fn person(&self, slug: &str, now: Timestamp) -> Result<PeerIdentity, PkiError> {
        const EXPECTED: &str = "a person's certificate";
        let path = self.files(Kind::Person, slug)?.chain;
        let chain: Vec<CertificateDer<'_>> =
            files::pem_items(&path, &files::read(&path)?, EXPECTED)?;
        let policy = IdentityPolicy { test_oins: TestOins::Accept };
        let leaf = chain.first().map(|der| PeerIdentity::from_certificate(der, policy, now));
        leaf.and_then(Result::ok).ok_or_else(|| FileError::not_pem(&path, EXPECTED).into())
    }

    /// Where the files of one certificate lie.
    pub fn files(&self, kind: Kind, slug: &str) -> Result<CredentialFiles, PkiError> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !(1..=40).contains(&slug.len()) || !slug.bytes().all(allowed) {
            return Err(PkiError::Slug);
        }
        let directory = self.directory.join(match kind {
            Kind::Client => "client",
            Kind::Server => "server",
            Kind::Person => "person",
        });
        Ok(CredentialFiles {
            chain: directory.join(format!("{slug}.pem")),
            key: directory.join(format!("{slug}.key")),
        })
    }

    /// The root's certificate: what clients trust.
    pub fn root_path(&self) -> PathBuf {
        ca_path(&self.directory, "root.pem")
    }

    /// The revocation lists of both authorities.
    pub fn lists_path(&self) -> PathBuf {
        self.directory.join("crl.pem")
    }

    /// The files with which a gateway on this machine serves the clients of this authority.
    pub fn trust_files(&self) -> Result<TrustFiles, PkiError> {
        let server = self.files(Kind::Server, GATEWAY)?;
        Ok(TrustFiles {
            anchors: self.root_path(),
            intermediates: vec![ca_path(&self.directory, "issuing.pem")],
            revocation_lists: vec![self.lists_path()],
            server_chain: server.chain,
            server_key: server.key,
        })
    }

    fn resume_or_create(directory: &Path, lock: File, now: Timestamp) -> Result<Self, PkiError> {
        match read_snapshot(directory) {
            Ok(snapshot) => {
                let authority = Authority::restore(snapshot)?;
                if authority.is_in_force(now) {
                    return Ok(Self { directory: directory.to_owned(), authority, _lock: lock });
                }
            }
            Err(PkiError::Absent { .. }) => {}
            Err(error) => return Err(error),
        }
        Self::create(directory, lock, NAME, now)
    }

    fn create(directory: &Path, lock: File, name: &str, now: Timestamp) -> Result<Self, PkiError> {
        let authority = Authority::create(name, now)?;
        write_snapshot(directory, &authority.snapshot())?;
        let mut pki = Self { directory: directory.to_owned(), authority, _lock: lock };
        pki.renew_revocation_lists(now)?;
        Ok(pki)
    }

    /// The register first, then the key, then the certificate.
    fn hand_out(
        &self,
        credential: &Credential,
        files: CredentialFiles,
    ) -> Result<CredentialFiles, PkiError> {
        self.save_register()?;
        if let Some(directory) = files.key.parent() {
            files::create_private_directory(directory)?;
        }
        files::write(&files.key, credential.key_pem.as_bytes(), Readers::OwnerOnly)?;
        files::write(&files.chain, credential.chain_pem.as_bytes(), Readers::Everyone)?;
        Ok(files)
    }

    fn save_register(&self) -> Result<(), PkiError> {
        let json = self.authority.register().to_json().map_err(AuthorityError::Register)?;
        let path = ca_path(&self.directory, "issued.json");
        Ok(files::write(&path, json.as_bytes(), Readers::OwnerOnly)?)
    }

    /// Whether the files hold a certificate for `subject` that still counts for a while.
    fn holds(&self, kind: Kind, slug: &str, subject: &Subject, now: Timestamp) -> bool {
        let Ok(files) = self.files(kind, slug) else { return false };
        let Ok(leaf) = existing::leaf(&files.chain) else { return false };
        let counts = leaf.validity.require(now).is_ok()
            && leaf.validity.require(now.plus(RENEW_BEFORE)).is_ok();
        let registered = self.register().find(&leaf.serial).is_some_and(|issued| {
            issued.kind == kind
                && issued.oin == subject.oin
                && issued.organisation == subject.organisation
                && issued.revocation.is_none()
        });
        counts && registered && existing::is_key_of(&files.key, &leaf)
    }

    /// Whether the list names exactly what the register has revoked, and still counts for a while.
    fn list_is_current(&self, now: Timestamp) -> bool {
        existing::list(&self.lists_path(), &self.authority).is_some_and(|list| {
            let revoked = self.register().issued().iter().filter(|one| one.revocation.is_some());
            list.this_update <= now
                && now.plus(LIST_VALIDITY / 2) < list.next_update
                && revoked.map(|one| &one.serial).eq(&list.revoked)
        })
    }
}

impl Organisation {
    fn subject(&self) -> Subject {
        Subject { oin: self.oin.clone(), organisation: self.name.clone(), unit: None }
    }
}

/// The gateway itself, under its test number (DOMAIN §10).
fn gateway() -> Subject {
    let oin = "00000099000000001000".parse().expect("the gateway's own number is an OIN");
    Subject { oin, organisation: NAME.to_owned(), unit: None }
}
