//! The development certification authority: certificates in the shape of PKIoverheid's, for tests,
//! demos and trials between partners. Pure: no files, no clock.
//!
//! Invariant: every certificate it signs stands in its register, so that it can be revoked.
//!
//! The hierarchy has three levels: root, issuing authority, leaf. The root signs the issuing
//! authority and one empty revocation list, and then its key is gone: nobody can make a second
//! issuing authority under a root that partners already trust.

use std::time::Duration;

use rcgen::{CertificateParams, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use zeroize::Zeroizing;

use super::identity::{self, Person, Serial, Validity};
use crate::domain::id::Oin;
use crate::domain::time::Timestamp;

mod profile;
mod register;

pub use register::{InvalidRegister, Issued, Kind, Register, Revocation, RevocationReason};

/// Ten years: a trial installation should not stop because nobody renewed its root.
const AUTHORITY_VALIDITY: Duration = Duration::from_hours(3_652 * 24);

/// Clocks of partners differ. What is made now counts from an hour ago.
const BACKDATE: Duration = Duration::from_hours(1);

/// The organisation that a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its number, which goes into the subject's serialNumber.
    pub oin: Oin,
    /// Its legal name: 1 to 64 characters.
    pub organisation: String,
    /// Part or facility: 1 to 64 characters.
    pub unit: Option<String>,
}

/// A certificate with its private key.
pub struct Credential {
    /// The leaf and the issuing authority, in PEM.
    pub chain_pem: String,
    /// The private key in PKCS #8 PEM. Wiped when dropped.
    pub key_pem: Zeroizing<String>,
    /// The certificate's number.
    pub serial: Serial,
}

/// Shows no key.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("serial", &self.serial).finish_non_exhaustive()
    }
}

/// Everything that an authority needs to come back to life.
pub struct Snapshot {
    /// The root's certificate.
    pub root_pem: String,
    /// The root's only revocation list.
    pub root_list_pem: String,
    /// The issuing authority's certificate.
    pub issuing_pem: String,
    /// The issuing authority's private key. Wiped when dropped.
    pub issuing_key_pem: Zeroizing<String>,
    /// What has been issued and revoked.
    pub register: Register,
}

/// Shows no key.
impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("register", &self.register).finish_non_exhaustive()
    }
}

/// Why the authority cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A name that does not fit into a certificate.
    #[error("names in a certificate have 1 to 64 characters and no control characters")]
    Name,
    /// A server needs at least one name, each a host name or an IP address.
    #[error("a server certificate needs host names or IP addresses")]
    ServerName,
    /// A moment that a certificate cannot hold, or an end before the beginning.
    #[error("the validity does not fit into a certificate")]
    Validity,
    /// No certificate with this number was issued here.
    #[error("no certificate with this serial number was issued here")]
    UnknownSerial,
    /// Stored material that is not a matching certificate, key and list.
    #[error("the stored material of the authority does not fit together")]
    Material,
    /// The register of issued certificates cannot be read.
    #[error(transparent)]
    Register(#[from] InvalidRegister),
    /// The operating system gave no random numbers.
    #[error("no random numbers")]
    Random,
    /// The certificate library refused.
    #[error("certificate not made: {0}")]
    Library(#[from] rcgen::Error),
}

/// The authority, with its key.
pub struct Authority {
    root: CertificateDer<'static>,
    root_list: CertificateRevocationListDer<'static>,
    issuing: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    register: Register,
}

/// Shows no key.
impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("register", &self.register).finish_non_exhaustive()
    }
}

impl Authority {
    /// A new hierarchy under the organisation name `name`.
    pub fn create(name: &str, now: Timestamp) -> Result<Self, AuthorityError> {
        let validity =
            Validity { not_before: now.minus(BACKDATE), not_after: now.plus(AUTHORITY_VALIDITY) };
        let root_params = profile::root(name, validity)?;
        let root_key = new_key()?;
        let root = root_params.self_signed(&root_key)?;
        let root_issuer = Issuer::from_params(&root_params, &root_key);
        let issuing_params = profile::issuing(name, validity)?;
        let issuing_key = new_key()?;
        let issuing = issuing_params.signed_by(&issuing_key, &root_issuer)?;
        // The root's key is gone after this function, so its list must last as long as itself.
        let root_list = profile::list(1, now, validity.not_after, [])?.signed_by(&root_issuer)?;
        Ok(Self {
            root: root.into(),
            root_list: root_list.into(),
            issuing: issuing.into(),
            issuer: Issuer::new(issuing_params, issuing_key),
            register: Register::default(),
        })
    }

    /// The authority that [`Authority::snapshot`] described.
    pub fn restore(snapshot: Snapshot) -> Result<Self, AuthorityError> {
        // The libraries' reasons are dropped, because they may quote the key.
        let Snapshot { root_pem, root_list_pem, issuing_pem, issuing_key_pem, register } = snapshot;
        let root = from_pem(&root_pem)?;
        let root_list = from_pem(&root_list_pem)?;
        let issuing = from_pem(&issuing_pem)?;
        let key = KeyPair::from_pem(&issuing_key_pem).ok().ok_or(AuthorityError::Material)?;
        if !is_key_of(&key, &issuing) {
            return Err(AuthorityError::Material);
        }
        let issuer = Issuer::from_ca_cert_der(&issuing, key).ok();
        let issuer = issuer.ok_or(AuthorityError::Material)?;
        Ok(Self { root, root_list, issuing, issuer, register })
    }

    /// Everything that [`Authority::restore`] needs. Holds the private key.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            root_pem: self.root_pem(),
            root_list_pem: pem("X509 CRL", &self.root_list),
            issuing_pem: self.issuing_pem(),
            issuing_key_pem: Zeroizing::new(self.issuer.key().serialize_pem()),
            register: self.register.clone(),
        }
    }

    /// The root's certificate in PEM: what partners trust.
    pub fn root_pem(&self) -> String {
        pem("CERTIFICATE", &self.root)
    }

    /// The issuing authority's certificate in PEM.
    pub fn issuing_pem(&self) -> String {
        pem("CERTIFICATE", &self.issuing)
    }

    pub(super) const fn issuing_der(&self) -> &CertificateDer<'static> {
        &self.issuing
    }

    /// What has been issued and revoked.
    pub const fn register(&self) -> &Register {
        &self.register
    }

    /// Whether the hierarchy counts at `now`.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        [&self.root, &self.issuing].into_iter().all(|der| {
            let validity = identity::parse(der).ok().and_then(|parsed| Validity::of(&parsed));
            validity.is_some_and(|validity| validity.require(now).is_ok())
        })
    }

    /// A certificate with which `subject` may connect to a gateway.
    pub fn issue_client(
        &mut self,
        subject: &Subject,
        validity: Validity,
    ) -> Result<Credential, AuthorityError> {
        let params = profile::client(subject, validity, &new_serial()?)?;
        self.issue(&params, Kind::Client, subject, validity)
    }

    /// A certificate with which a person of `subject` opens pages in a browser.
    pub fn issue_person(
        &mut self,
        subject: &Subject,
        person: &Person,
        validity: Validity,
    ) -> Result<Credential, AuthorityError> {
        let params = profile::person(subject, person, validity, &new_serial()?)?;
        self.issue(&params, Kind::Person, subject, validity)
    }

    /// A certificate with which `subject` may serve under `names`: host names and IP addresses.
    pub fn issue_server(
        &mut self,
        subject: &Subject,
        names: &[&str],
        validity: Validity,
    ) -> Result<Credential, AuthorityError> {
        let params = profile::server(subject, names, validity, &new_serial()?)?;
        self.issue(&params, Kind::Server, subject, validity)
    }

    /// Puts a certificate on the next revocation list. A certificate that is on it already keeps
    /// its first moment and reason.
    pub fn revoke(
        &mut self,
        serial: &Serial,
        reason: RevocationReason,
        now: Timestamp,
    ) -> Result<(), AuthorityError> {
        if self.register.revoke(serial, Revocation { at: now, reason }) {
            Ok(())
        } else {
            Err(AuthorityError::UnknownSerial)
        }
    }

    /// A new revocation list of the issuing authority, followed by that of the root, in PEM.
    pub fn revocation_lists(
        &mut self,
        now: Timestamp,
        next_update: Timestamp,
    ) -> Result<String, AuthorityError> {
        let number = self.register.next_list_number();
        let list = profile::list(number, now, next_update, self.register.revoked())?;
        let list = list.signed_by(&self.issuer)?;
        Ok(list.pem()? + &pem("X509 CRL", &self.root_list))
    }

    fn issue(
        &mut self,
        params: &CertificateParams,
        kind: Kind,
        subject: &Subject,
        validity: Validity,
    ) -> Result<Credential, AuthorityError> {
        let key = new_key()?;
        let leaf = params.signed_by(&key, &self.issuer)?;
        let parsed = identity::parse(leaf.der()).or(Err(AuthorityError::Material))?;
        let serial = Serial::from_bytes(parsed.raw_serial());
        self.register.add(Issued {
            serial: serial.clone(),
            kind,
            oin: subject.oin.clone(),
            organisation: subject.organisation.clone(),
            not_after: validity.not_after,
            revocation: None,
        });
        Ok(Credential {
            chain_pem: leaf.pem() + &self.issuing_pem(),
            key_pem: Zeroizing::new(key.serialize_pem()),
            serial,
        })
    }
}

fn new_key() -> Result<KeyPair, AuthorityError> {
    Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)
}

/// 16 bytes, positive and never shorter: 126 random bits, so that nobody can predict the bytes
/// that the authority is about to sign.
fn new_serial() -> Result<[u8; 16], AuthorityError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).or(Err(AuthorityError::Random))?;
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x3f) | 0x40;
    }
    Ok(bytes)
}

fn is_key_of(key: &KeyPair, certificate: &CertificateDer<'_>) -> bool {
    use rcgen::PublicKeyData as _;
    identity::parse(certificate)
        .is_ok_and(|parsed| parsed.public_key().raw == key.subject_public_key_info())
}

fn from_pem<T: PemObject>(text: &str) -> Result<T, AuthorityError> {
    T::from_pem_slice(text.as_bytes()).ok().ok_or(AuthorityError::Material)
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}
