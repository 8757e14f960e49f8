//! What our own certificate says, for whoever checks it before partners do.
//!
//! Nothing here decides anything: a handshake verifies for itself.

use std::net::IpAddr;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::OID_X509_SERIALNUMBER;

use super::files::{self, FileError};
use super::identity::{self, Fingerprint, Validity};

/// A certificate file: a server certificate and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCertificate {
    /// From when until when it counts.
    pub validity: Validity,
    /// Host names and addresses that it is for.
    pub names: Vec<String>,
    /// Which certificate it is: what a browser shows of it.
    pub fingerprint: Fingerprint,
    /// Whether it may be used by a server.
    pub for_servers: bool,
    /// The serialNumbers of its subject. One, the OIN, is right.
    pub subject_numbers: Vec<String>,
    /// How many certificates are in the file.
    pub chain_length: usize,
    /// Whether each certificate was issued by the one behind it.
    pub chain_in_order: bool,
    /// Whether it was issued by itself.
    pub self_issued: bool,
}

impl OwnCertificate {
    /// Reads a PEM file: the certificate first, then its intermediates.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        const EXPECTED: &str = "certificates";
        let unreadable = || FileError::not_pem(path, EXPECTED);
        let ders: Vec<CertificateDer<'_>> = files::pem_items(path, &files::read(path)?, EXPECTED)?;
        let chain: Vec<X509Certificate<'_>> = ders
            .iter()
            .map(|der| identity::parse(der).map_err(|_unreadable| unreadable()))
            .collect::<Result<_, _>>()?;
        let leaf = chain.first().ok_or_else(unreadable)?;
        let fingerprint = ders.first().map(|der| Fingerprint::of(der)).ok_or_else(unreadable)?;
        Ok(Self {
            fingerprint,
            validity: Validity::of(leaf).ok_or_else(unreadable)?,
            names: names(leaf),
            for_servers: is_for_servers(leaf),
            subject_numbers: subject_numbers(leaf),
            chain_length: chain.len(),
            chain_in_order: chain.windows(2).all(is_issued_by_next),
            self_issued: leaf.issuer() == leaf.subject(),
        })
    }
}

fn names(leaf: &X509Certificate<'_>) -> Vec<String> {
    let names = leaf.subject_alternative_name().ok().flatten();
    names.map_or_else(Vec::new, |names| names.value.general_names.iter().map(shown).collect())
}

fn shown(name: &GeneralName<'_>) -> String {
    if let GeneralName::IPAddress(bytes) = name {
        let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
        let v6 = <[u8; 16]>::try_from(*bytes).map(IpAddr::from);
        return v4.or(v6).map_or_else(|_| name.to_string(), |address| address.to_string());
    }
    if let GeneralName::DNSName(name) = name { (*name).to_owned() } else { name.to_string() }
}

/// A certificate without the extension is for everything (RFC 5280 §4.2.1.12).
fn is_for_servers(leaf: &X509Certificate<'_>) -> bool {
    let usage = leaf.extended_key_usage().ok().flatten();
    usage.is_none_or(|usage| usage.value.server_auth || usage.value.any)
}

fn subject_numbers(leaf: &X509Certificate<'_>) -> Vec<String> {
    let numbers = leaf.subject().iter_by_oid(&OID_X509_SERIALNUMBER);
    numbers.filter_map(|number| number.as_str().ok().map(str::to_owned)).collect()
}

fn is_issued_by_next(pair: &[X509Certificate<'_>]) -> bool {
    let [below, issuer] = pair else { return true };
    below.issuer() == issuer.subject() && below.verify_signature(Some(issuer.public_key())).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(name: &str) -> Result<OwnCertificate, FileError> {
        OwnCertificate::read(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("certs-example").join(name),
        )
    }

    #[test]
    fn the_example_of_a_server_says_what_it_is_for() {
        let server = example("server.pem").unwrap();
        assert_eq!(server.names, ["gateway.ketenpoort.test", "localhost", "127.0.0.1", "::1"]);
        assert!(server.for_servers);
        let shown = server.fingerprint.in_pairs();
        assert_eq!((shown.len(), shown.matches(':').count()), (95, 31));
        assert_eq!(server.subject_numbers, ["00000099000000001000"]);
        assert_eq!((server.chain_length, server.chain_in_order), (2, true));
        assert!(!server.self_issued);
        let client = example("police.pem").unwrap();
        assert!(!client.for_servers);
        assert!(example("root.pem").unwrap().self_issued);
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert!(example("crl.pem").is_err());
        assert!(example("none.pem").is_err());
    }
}
