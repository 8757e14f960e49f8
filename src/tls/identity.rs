//! The organisation behind a verified certificate.
//!
//! Invariant: a [`PeerIdentity`] was read from a leaf certificate that names exactly one
//! organisation by exactly one OIN and may be used by a client. Nothing here verifies a signature:
//! that the certificate is genuine, and that the peer holds its key, is the handshake's work.
//!
//! The TLS library leaves several rules to us. It accepts a leaf without extended key usage or
//! alternative names, and knows nothing of subjects.

use std::fmt;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::oid_registry;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Name;

use crate::domain::id::Oin;
use crate::domain::time::Timestamp;

mod fingerprint;
mod person;
mod serial;

pub use fingerprint::Fingerprint;
pub use person::Person;
pub(super) use person::{ROLE as PERSON_ROLE, USER as PERSON_USER};
pub use serial::{InvalidSerial, Serial};

/// `ub-organization-name` of RFC 5280 appendix A.1.
pub(super) const ORGANISATION_NAME_CHARS_MAX: usize = 64;

/// An organisation, as its verified client certificate names it (DOMAIN §2.8).
#[derive(Clone, PartialEq, Eq)]
pub struct PeerIdentity {
    oin: Oin,
    organisation_name: String,
    person: Option<Person>,
    fingerprint: Fingerprint,
    serial: Serial,
    issuer: IssuerLink,
    validity: Validity,
}

/// What a certificate says about the authority that signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IssuerLink {
    /// The distinguished name as it stands in the certificate: DER, compared byte for byte.
    pub(super) name: Vec<u8>,
    /// Authority key identifier, where there is one (RFC 5280 §4.2.1.1).
    pub(super) key_id: Option<Vec<u8>>,
}

/// From when until when a certificate counts; both ends belong to it (RFC 5280 §4.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
}

/// What a deployment demands of identities beyond what is true for all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IdentityPolicy {
    /// Whether test organisations may connect.
    pub test_oins: TestOins,
}

/// What happens to OINs with the test prefix 00000099, which anybody may use (DOMAIN §2.8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TestOins {
    /// Production.
    #[default]
    Refuse,
    /// Demos and tests.
    Accept,
}

/// Why a certificate does not identify an organisation to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not an X.509 certificate, or one with contradictory extensions.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// An authority's own certificate, which identifies no organisation.
    #[error("the certificate belongs to an authority")]
    Authority,
    /// The extended key usage does not name clientAuth. `anyExtendedKeyUsage` is not enough.
    #[error("the certificate is not for clients: extended key usage clientAuth is missing")]
    NoClientAuth,
    /// A key usage without digitalSignature, which TLS needs.
    #[error("the certificate is not for signatures: key usage digitalSignature is missing")]
    NoDigitalSignature,
    /// No subject alternative name.
    #[error("the certificate has no subject alternative name")]
    NoAlternativeName,
    /// The subject has no serialNumber.
    #[error("the subject of the certificate has no serialNumber with an OIN")]
    NoSerialNumber,
    /// The subject has several serialNumbers, so that it is open which one counts.
    #[error("the subject of the certificate has several serialNumbers")]
    SeveralSerialNumbers,
    /// The subject's serialNumber is something else.
    #[error("the serialNumber in the subject of the certificate is not an OIN")]
    NotAnOin,
    /// A test organisation, where [`TestOins::Refuse`] holds.
    #[error("the OIN is a test number")]
    TestOin,
    /// The subject does not have exactly one organizationName of 1 to 64 printable characters.
    #[error("the subject of the certificate does not have one organizationName")]
    NoOrganisationName,
    /// It names a person in a way that leaves open whom, or in what role.
    #[error("the certificate does not name one person in one role")]
    NotAPerson,
    /// A person's certificate, where systems connect.
    #[error("the certificate belongs to a person and not to a system")]
    OfAPerson,
    /// Before the certificate's first moment.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// After the certificate's last moment.
    #[error("the certificate has expired")]
    Expired,
}

impl IdentityError {
    /// Stable code for logs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "CERTIFICATE_UNREADABLE",
            Self::Authority => "CERTIFICATE_OF_AUTHORITY",
            Self::NoClientAuth => "CERTIFICATE_NOT_FOR_CLIENTS",
            Self::NoDigitalSignature => "CERTIFICATE_NOT_FOR_SIGNATURES",
            Self::NoAlternativeName => "CERTIFICATE_WITHOUT_ALTERNATIVE_NAME",
            Self::NoSerialNumber => "SUBJECT_WITHOUT_SERIAL_NUMBER",
            Self::SeveralSerialNumbers => "SUBJECT_WITH_SEVERAL_SERIAL_NUMBERS",
            Self::NotAnOin => "SUBJECT_SERIAL_NUMBER_NOT_AN_OIN",
            Self::TestOin => "TEST_OIN",
            Self::NoOrganisationName => "SUBJECT_WITHOUT_ORGANISATION_NAME",
            Self::NotAPerson => "CERTIFICATE_NAMES_NO_ONE_PERSON",
            Self::OfAPerson => "CERTIFICATE_OF_A_PERSON",
            Self::NotYetValid => "CERTIFICATE_NOT_YET_VALID",
            Self::Expired => "CERTIFICATE_EXPIRED",
        }
    }
}

impl PeerIdentity {
    /// Reads the identity from a certificate in DER that has been verified, or is our own.
    pub fn from_certificate(
        der: &[u8],
        policy: IdentityPolicy,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        let certificate = parse(der)?;
        require_client_leaf(&certificate)?;
        let oin = oin(certificate.subject())?;
        if oin.is_test() && policy.test_oins == TestOins::Refuse {
            return Err(IdentityError::TestOin);
        }
        let identity = Self {
            oin,
            organisation_name: organisation_name(certificate.subject())?,
            person: Person::of(&certificate)?,
            fingerprint: Fingerprint::of(der),
            serial: Serial::from_bytes(certificate.raw_serial()),
            issuer: IssuerLink::of(&certificate),
            validity: Validity::of(&certificate).ok_or(IdentityError::Unreadable)?,
        };
        identity.validity.require(now)?;
        Ok(identity)
    }

    /// The organisation's number: who the peer is.
    pub const fn oin(&self) -> &Oin {
        &self.oin
    }

    /// The legal name, for people to read. Never compare it, never log it.
    pub fn organisation_name(&self) -> &str {
        &self.organisation_name
    }

    /// The person whose certificate it is; none when it is that of a system.
    pub const fn person(&self) -> Option<&Person> {
        self.person.as_ref()
    }

    /// SHA-256 of the certificate: which certificate it was.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The certificate's own number, unique within its issuer. Not the OIN.
    pub const fn serial(&self) -> &Serial {
        &self.serial
    }

    /// The issuer's distinguished name in DER.
    pub fn issuer(&self) -> &[u8] {
        &self.issuer.name
    }

    /// From when until when the certificate counts.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    pub(super) const fn issuer_link(&self) -> &IssuerLink {
        &self.issuer
    }
}

/// Shows numbers only; a name does not belong in a log.
impl fmt::Debug for PeerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerIdentity")
            .field("oin", &self.oin)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

/// The whole of `der` must be one certificate: trailing bytes would change the fingerprint.
pub(super) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, IdentityError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) | Err(_) => Err(IdentityError::Unreadable),
    }
}

fn require_client_leaf(certificate: &X509Certificate<'_>) -> Result<(), IdentityError> {
    let unreadable = IdentityError::Unreadable;
    let constraints = certificate.basic_constraints().or(Err(unreadable))?;
    if constraints.is_some_and(|extension| extension.value.ca) {
        return Err(IdentityError::Authority);
    }
    let purposes = certificate.extended_key_usage().or(Err(unreadable))?;
    if !purposes.is_some_and(|extension| extension.value.client_auth) {
        return Err(IdentityError::NoClientAuth);
    }
    let usage = certificate.key_usage().or(Err(unreadable))?;
    if usage.is_some_and(|extension| !extension.value.digital_signature()) {
        return Err(IdentityError::NoDigitalSignature);
    }
    let names = certificate.subject_alternative_name().or(Err(unreadable))?;
    if names.is_none_or(|extension| extension.value.general_names.is_empty()) {
        return Err(IdentityError::NoAlternativeName);
    }
    Ok(())
}

/// The subject's serialNumber (OID 2.5.4.5), not the number of the certificate (DOMAIN §2.8).
fn oin(subject: &X509Name<'_>) -> Result<Oin, IdentityError> {
    let mut numbers = subject.iter_by_oid(&oid_registry::OID_X509_SERIALNUMBER);
    let number = numbers.next().ok_or(IdentityError::NoSerialNumber)?;
    if numbers.next().is_some() {
        return Err(IdentityError::SeveralSerialNumbers);
    }
    let text = number.as_str().or(Err(IdentityError::NotAnOin))?;
    text.parse().or(Err(IdentityError::NotAnOin))
}

fn organisation_name(subject: &X509Name<'_>) -> Result<String, IdentityError> {
    let mut names = subject.iter_organization();
    let (Some(name), None) = (names.next(), names.next()) else {
        return Err(IdentityError::NoOrganisationName);
    };
    let name = name.as_str().or(Err(IdentityError::NoOrganisationName))?;
    // The name will stand in pages and terminals.
    let length_fits = (1..=ORGANISATION_NAME_CHARS_MAX).contains(&name.chars().count());
    if length_fits && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(IdentityError::NoOrganisationName)
    }
}

impl Validity {
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Option<Self> {
        let bounds = certificate.validity();
        Some(Self {
            not_before: timestamp(bounds.not_before.timestamp())?,
            not_after: timestamp(bounds.not_after.timestamp())?,
        })
    }

    /// Whether `now` is too early or too late.
    pub fn require(self, now: Timestamp) -> Result<(), IdentityError> {
        if now < self.not_before {
            Err(IdentityError::NotYetValid)
        } else if now > self.not_after {
            Err(IdentityError::Expired)
        } else {
            Ok(())
        }
    }
}

impl IssuerLink {
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Self {
        let key_id = certificate.iter_extensions().find_map(|extension| {
            let ParsedExtension::AuthorityKeyIdentifier(id) = extension.parsed_extension() else {
                return None;
            };
            id.key_identifier.as_ref().map(|id| id.0.to_vec())
        });
        Self { name: certificate.issuer().as_raw().to_vec(), key_id }
    }
}

/// A moment in a certificate, which counts whole seconds; before 1970 there were none.
pub(super) fn timestamp(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_micros(seconds.max(0).checked_mul(1_000_000)?)
}
