//! Certificates that our own authority would refuse to make.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::time::ASN1Time;

use super::*;

/// How a leaf departs from the profile.
pub(super) struct Leaf {
    pub(super) subject_number: Option<&'static str>,
    pub(super) purposes: Vec<ExtendedKeyUsagePurpose>,
    pub(super) usages: Vec<KeyUsagePurpose>,
    pub(super) names: Vec<String>,
    pub(super) organisation: Option<&'static str>,
    pub(super) validity: Validity,
}

impl Default for Leaf {
    /// A leaf that departs in nothing.
    fn default() -> Self {
        Self {
            subject_number: Some(POLICE),
            purposes: vec![ExtendedKeyUsagePurpose::ClientAuth],
            usages: vec![KeyUsagePurpose::DigitalSignature],
            names: vec!["client.test".to_owned()],
            organisation: Some("Politie Voorbeeld"),
            validity: one_day(start()),
        }
    }
}

impl Leaf {
    pub(super) fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::new(self.names.clone()).unwrap();
        params.distinguished_name = DistinguishedName::new();
        if let Some(number) = self.subject_number {
            let attribute = DnType::CustomDnType(vec![2, 5, 4, 5]);
            params.distinguished_name.push(attribute, number);
        }
        if let Some(organisation) = self.organisation {
            params.distinguished_name.push(DnType::OrganizationName, organisation);
        }
        params.key_usages = self.usages.clone();
        params.extended_key_usages = self.purposes.clone();
        params.use_authority_key_identifier_extension = true;
        params.not_before = at(self.validity.not_before).to_datetime();
        params.not_after = at(self.validity.not_after).to_datetime();
        params
    }

    /// Signed by the development authority in `directory`.
    pub(super) fn signed_in(
        &self,
        directory: &Path,
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let read = |name| std::fs::read_to_string(directory.join("ca").join(name)).unwrap();
        let issuing = read("issuing.pem");
        let key = KeyPair::from_pem(&read("issuing.key")).unwrap();
        let issuer = Issuer::from_ca_cert_pem(&issuing, key).unwrap();
        let (leaf, key) = self.signed_by(&issuer);
        let mut chain = vec![leaf];
        chain.extend(certificates(issuing.as_bytes()));
        (chain, key)
    }

    pub(super) fn signed_by(
        &self,
        issuer: &Issuer<'_, KeyPair>,
    ) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let leaf = self.params().signed_by(&key, issuer).unwrap();
        (leaf.into(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }
}

/// A root and an issuing authority whose every date and revocation a test can choose.
pub(super) struct Hierarchy {
    pub(super) root: CertificateDer<'static>,
    root_pem: String,
    issuing_pem: String,
    root_issuer: Issuer<'static, KeyPair>,
    pub(super) issuer: Issuer<'static, KeyPair>,
}

const ISSUING_SERIAL: u64 = 4711;

impl Hierarchy {
    pub(super) fn new(root_validity: Validity, issuing_validity: Validity) -> Self {
        let root_params = authority("Root", 1, root_validity);
        let root_key = KeyPair::generate().unwrap();
        let root = root_params.self_signed(&root_key).unwrap();
        let root_issuer = Issuer::new(root_params, root_key);
        let issuing_params = authority("Issuing", ISSUING_SERIAL, issuing_validity);
        let key = KeyPair::generate().unwrap();
        let issuing = issuing_params.signed_by(&key, &root_issuer).unwrap();
        Self {
            root_pem: root.pem(),
            root: root.into(),
            issuing_pem: issuing.pem(),
            root_issuer,
            issuer: Issuer::new(issuing_params, key),
        }
    }

    /// Puts this hierarchy in the place of the authorities in `files`.
    pub(super) fn replace(&self, files: &TrustFiles) {
        std::fs::write(&files.anchors, &self.root_pem).unwrap();
        std::fs::write(&files.intermediates[0], &self.issuing_pem).unwrap();
    }

    /// Both revocation lists; the issuing authority is on that of the root when asked for.
    pub(super) fn lists(&self, made: Timestamp, until: Timestamp, issuing_revoked: bool) -> String {
        let root_list = list(made, until, issuing_revoked.then_some(ISSUING_SERIAL));
        let issuing_list = list(made, until, None);
        root_list.signed_by(&self.root_issuer).unwrap().pem().unwrap()
            + &issuing_list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    /// A leaf with the chain that leads to the root.
    pub(super) fn leaf(
        &self,
        leaf: &Leaf,
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let (certificate, key) = leaf.signed_by(&self.issuer);
        let mut chain = vec![certificate];
        chain.extend(certificates(self.issuing_pem.as_bytes()));
        (chain, key)
    }
}

fn authority(name: &str, serial: u64, validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(serial));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params.not_before = at(validity.not_before).to_datetime();
    params.not_after = at(validity.not_after).to_datetime();
    params
}

fn list(
    made: Timestamp,
    until: Timestamp,
    revoked: Option<u64>,
) -> CertificateRevocationListParams {
    CertificateRevocationListParams {
        this_update: at(made).to_datetime(),
        next_update: at(until).to_datetime(),
        crl_number: SerialNumber::from(7),
        issuing_distribution_point: None,
        revoked_certs: revoked
            .into_iter()
            .map(|serial| RevokedCertParams {
                serial_number: SerialNumber::from(serial),
                revocation_time: at(made).to_datetime(),
                reason_code: None,
                invalidity_date: None,
            })
            .collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    }
}

fn at(time: Timestamp) -> ASN1Time {
    ASN1Time::from_timestamp(time.as_micros() / 1_000_000).unwrap()
}
