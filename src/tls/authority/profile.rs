//! The certificate profile: which fields a certificate has, after PKIoverheid's (DOMAIN §2.8,
//! RFC 5280). `certs-example/README.md` describes it for partners.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyUsagePurpose,
    RevokedCertParams, SanType, SerialNumber, string::PrintableString,
};
use x509_parser::time::ASN1Time;

use super::super::identity::{
    ORGANISATION_NAME_CHARS_MAX, PERSON_ROLE, PERSON_USER, Person, Serial, Validity,
};
use super::{AuthorityError, Revocation, RevocationReason, Subject};
use crate::domain::time::Timestamp;

/// Subject attribute serialNumber: here stands the OIN.
const SERIAL_NUMBER_ATTRIBUTE: [u64; 4] = [2, 5, 4, 5];

/// `ub-common-name` and `ub-organizational-unit-name` of RFC 5280 appendix A.1 are the same 64.
const NAME_CHARS_MAX: usize = ORGANISATION_NAME_CHARS_MAX;

pub(super) fn root(name: &str, validity: Validity) -> Result<CertificateParams, AuthorityError> {
    authority(name, "Root CA", BasicConstraints::Constrained(1), validity)
}

pub(super) fn issuing(name: &str, validity: Validity) -> Result<CertificateParams, AuthorityError> {
    authority(name, "Issuing CA", BasicConstraints::Constrained(0), validity)
}

fn authority(
    name: &str,
    level: &str,
    constraints: BasicConstraints,
    validity: Validity,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = blank(validity, &super::new_serial()?)?;
    params.distinguished_name.push(DnType::OrganizationName, text(name)?);
    params.distinguished_name.push(DnType::CommonName, text(&format!("{name} {level}"))?);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

pub(super) fn client(
    subject: &Subject,
    validity: Validity,
    serial: &[u8],
) -> Result<CertificateParams, AuthorityError> {
    // `.test` belongs to nobody (RFC 6761 §6.2).
    let name = format!("client.{}.ketenpoort.test", subject.oin);
    leaf(subject, &[&name], ExtendedKeyUsagePurpose::ClientAuth, validity, serial)
}

/// The names of a person beside those of a client.
pub(super) fn person(
    subject: &Subject,
    person: &Person,
    validity: Validity,
    serial: &[u8],
) -> Result<CertificateParams, AuthorityError> {
    let mut params = client(subject, validity, serial)?;
    // People choose among their certificates by this name.
    let name = text(person.user_id.as_str())?;
    params.distinguished_name.push(DnType::CommonName, name);
    for name in
        [format!("{PERSON_USER}{}", person.user_id), format!("{PERSON_ROLE}{}", person.role)]
    {
        params.subject_alt_names.push(SanType::URI(name.try_into()?));
    }
    Ok(params)
}

pub(super) fn server(
    subject: &Subject,
    names: &[&str],
    validity: Validity,
    serial: &[u8],
) -> Result<CertificateParams, AuthorityError> {
    leaf(subject, names, ExtendedKeyUsagePurpose::ServerAuth, validity, serial)
}

fn leaf(
    subject: &Subject,
    names: &[&str],
    purpose: ExtendedKeyUsagePurpose,
    validity: Validity,
    serial: &[u8],
) -> Result<CertificateParams, AuthorityError> {
    let common_name = names.first().ok_or(AuthorityError::ServerName)?;
    let mut params = blank(validity, serial)?;
    let name = &mut params.distinguished_name;
    name.push(DnType::OrganizationName, text(&subject.organisation)?);
    if let Some(unit) = &subject.unit {
        name.push(DnType::OrganizationalUnitName, text(unit)?);
    }
    let oin = DnType::CustomDnType(SERIAL_NUMBER_ATTRIBUTE.to_vec());
    name.push(oin, printable(subject.oin.as_str())?);
    name.push(DnType::CommonName, text(common_name)?);
    params.subject_alt_names =
        names.iter().map(|name| alternative_name(name)).collect::<Result<_, _>>()?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    Ok(params)
}

/// What all certificates have. The country comes first in the subject, as in PKIoverheid's.
fn blank(validity: Validity, serial: &[u8]) -> Result<CertificateParams, AuthorityError> {
    if validity.not_after <= validity.not_before {
        return Err(AuthorityError::Validity);
    }
    let mut params = CertificateParams::default();
    params.not_before = moment(validity.not_before)?.to_datetime();
    params.not_after = moment(validity.not_after)?.to_datetime();
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, printable("NL")?);
    Ok(params)
}

pub(super) fn list<'a>(
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
    revoked: impl IntoIterator<Item = (&'a Serial, Revocation)>,
) -> Result<CertificateRevocationListParams, AuthorityError> {
    if next_update <= this_update {
        return Err(AuthorityError::Validity);
    }
    let revoked_certs = revoked
        .into_iter()
        .map(|(serial, revocation)| {
            Ok(RevokedCertParams {
                serial_number: SerialNumber::from_slice(serial.as_bytes()),
                revocation_time: moment(revocation.at)?.to_datetime(),
                reason_code: reason_code(revocation.reason),
                invalidity_date: None,
            })
        })
        .collect::<Result<_, AuthorityError>>()?;
    Ok(CertificateRevocationListParams {
        this_update: moment(this_update)?.to_datetime(),
        next_update: moment(next_update)?.to_datetime(),
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method: KeyIdMethod::Sha256,
    })
}

/// Without a reason the entry has no reason code at all (RFC 5280 §5.3.1).
const fn reason_code(reason: RevocationReason) -> Option<rcgen::RevocationReason> {
    match reason {
        RevocationReason::Unspecified => None,
        RevocationReason::KeyCompromise => Some(rcgen::RevocationReason::KeyCompromise),
        RevocationReason::AffiliationChanged => Some(rcgen::RevocationReason::AffiliationChanged),
        RevocationReason::Superseded => Some(rcgen::RevocationReason::Superseded),
        RevocationReason::CessationOfOperation => {
            Some(rcgen::RevocationReason::CessationOfOperation)
        }
        RevocationReason::PrivilegeWithdrawn => Some(rcgen::RevocationReason::PrivilegeWithdrawn),
    }
}

fn alternative_name(name: &str) -> Result<SanType, AuthorityError> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    // The same rules as the client's check of the name, so that no certificate is made that none
    // can use.
    let valid = rustls::pki_types::DnsName::try_from(name).or(Err(AuthorityError::ServerName))?;
    Ok(SanType::DnsName(valid.as_ref().try_into()?))
}

fn text(value: &str) -> Result<DnValue, AuthorityError> {
    let length_fits = (1..=NAME_CHARS_MAX).contains(&value.chars().count());
    if length_fits && !value.chars().any(char::is_control) {
        Ok(DnValue::Utf8String(value.to_owned()))
    } else {
        Err(AuthorityError::Name)
    }
}

fn printable(value: &str) -> Result<DnValue, AuthorityError> {
    Ok(DnValue::PrintableString(PrintableString::try_from(value)?))
}

/// Certificates count whole seconds.
fn moment(time: Timestamp) -> Result<ASN1Time, AuthorityError> {
    ASN1Time::from_timestamp(time.as_micros() / 1_000_000).or(Err(AuthorityError::Validity))
}
