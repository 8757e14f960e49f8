//! The gateway's own certificate: whether partners will accept it, and until when.

use std::net::IpAddr;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::OID_X509_SERIALNUMBER;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

use crate::domain::time::Timestamp;

use super::Check;
use crate::cli::config::Config;

/// Public authorities need days to issue a certificate, and partners are told before.
const WARNING: Duration = Duration::from_hours(30 * 24);

const NAME: &str = "certificate";

pub(super) fn check(config: &Config, now: Timestamp) -> Vec<Check> {
    let path = config.tls.certificate_file.display();
    let unreadable = |reason: String| {
        let fix = "tls.certificate_file must be PEM: the certificate, then its intermediates";
        vec![Check::fail(NAME, format!("{path}: {reason}"), fix)]
    };
    let ders: Vec<CertificateDer<'_>> =
        match CertificateDer::pem_file_iter(&config.tls.certificate_file)
            .and_then(Iterator::collect)
        {
            Ok(ders) => ders,
            Err(error) => return unreadable(error.to_string()),
        };
    let chain: Result<Vec<_>, _> =
        ders.iter().map(|der| X509Certificate::from_der(der).map(|(_, parsed)| parsed)).collect();
    match chain.as_deref() {
        Ok([leaf, above @ ..]) => {
            vec![validity(leaf, now), names(leaf), number(leaf, config), order(leaf, above)]
        }
        Ok([]) => unreadable("holds no certificate".to_owned()),
        Err(error) => unreadable(error.to_string()),
    }
}

/// Also shows a clock that is wrong: certificates are the one thing here that others dated.
fn validity(leaf: &X509Certificate<'_>, now: Timestamp) -> Check {
    const FIX: &str =
        "have a new certificate issued, replace the files and send the gateway SIGHUP";
    let (Some(from), Some(until)) =
        (moment(leaf.validity().not_before), moment(leaf.validity().not_after))
    else {
        return Check::fail(NAME, "its validity cannot be read", FIX);
    };
    if now < from {
        return Check::fail(
            NAME,
            format!("counts from {from}, and the clock says {now}"),
            "set the clock (NTP), or wait",
        );
    }
    if now > until {
        return Check::fail(NAME, format!("ended at {until}"), FIX);
    }
    if now.plus(WARNING) > until {
        return Check::warn(NAME, format!("ends at {until}"), FIX);
    }
    Check::ok(NAME, format!("counts until {until}"))
}

fn moment(time: ASN1Time) -> Option<Timestamp> {
    Timestamp::from_micros(time.timestamp().max(0).checked_mul(1_000_000)?)
}

/// Clients compare the name that they dial with these.
fn names(leaf: &X509Certificate<'_>) -> Check {
    const NAME: &str = "certificate names";
    let names = leaf.subject_alternative_name().ok().flatten();
    let names: Vec<String> = names
        .map(|extension| extension.value.general_names.iter().map(shown).collect())
        .unwrap_or_default();
    let serves = leaf
        .extended_key_usage()
        .ok()
        .flatten()
        .is_none_or(|usage| usage.value.server_auth || usage.value.any);
    if names.is_empty() {
        let fix = "have one issued with the host names under which partners reach the gateway";
        return Check::fail(NAME, "it has no subject alternative name", fix);
    }
    if !serves {
        let fix = "have one issued with extended key usage serverAuth";
        return Check::fail(NAME, "it is not for servers", fix);
    }
    Check::ok(NAME, names.join(", "))
}

fn shown(name: &GeneralName<'_>) -> String {
    if let GeneralName::IPAddress(bytes) = name {
        let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
        let v6 = <[u8; 16]>::try_from(*bytes).map(IpAddr::from);
        return v4.or(v6).map_or_else(|_| "an address".to_owned(), |address| address.to_string());
    }
    if let GeneralName::DNSName(name) = name { (*name).to_owned() } else { name.to_string() }
}

/// Partners know the gateway by its OIN.
fn number(leaf: &X509Certificate<'_>, config: &Config) -> Check {
    const NAME: &str = "certificate OIN";
    let own = config.gateway.oin.as_str();
    let numbers = leaf.subject().iter_by_oid(&OID_X509_SERIALNUMBER);
    let numbers: Vec<&str> = numbers.filter_map(|number| number.as_str().ok()).collect();
    match numbers.as_slice() {
        [number] if *number == own => Check::ok(NAME, own),
        [] => Check::warn(
            NAME,
            "its subject has no serialNumber",
            "partners that compare the OIN will refuse it: have one issued with the OIN",
        ),
        [..] => Check::fail(
            NAME,
            format!("its subject names {}, the configuration {own}", numbers.join(" and ")),
            "correct gateway.oin, or use the certificate of this gateway",
        ),
    }
}

/// Clients get the certificates in this order and look for each issuer in the next one.
fn order(leaf: &X509Certificate<'_>, above: &[X509Certificate<'_>]) -> Check {
    const NAME: &str = "certificate chain";
    let mut below = leaf;
    for issuer in above {
        if below.issuer() != issuer.subject()
            || below.verify_signature(Some(issuer.public_key())).is_err()
        {
            return Check::fail(
                NAME,
                "a certificate in it was not issued by the one behind it",
                "put the certificate first and behind each its issuer",
            );
        }
        below = issuer;
    }
    if above.is_empty() && leaf.issuer() != leaf.subject() {
        return Check::warn(
            NAME,
            "it holds the certificate alone",
            "add the intermediates: clients that do not have them cannot connect",
        );
    }
    Check::ok(NAME, format!("{} certificates", above.len() + 1))
}
