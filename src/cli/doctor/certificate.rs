//! The gateway's own certificate: whether partners will accept it, and until when.

use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::tls::OwnCertificate;

use super::Check;
use crate::cli::config::Config;

/// Public authorities need days to issue a certificate, and partners are told before.
const WARNING: Duration = Duration::from_hours(30 * 24);

pub(super) fn check(config: &Config, now: Timestamp) -> Vec<Check> {
    match OwnCertificate::read(&config.tls.certificate_file) {
        Ok(own) => vec![validity(&own, now), names(&own), number(&own, config), chain(&own)],
        Err(error) => vec![Check::fail(
            "certificate",
            error.to_string(),
            "tls.certificate_file must be PEM: the certificate, then its intermediates",
        )],
    }
}

/// Also shows a clock that is wrong: certificates are the one thing here that others dated.
fn validity(own: &OwnCertificate, now: Timestamp) -> Check {
    const NAME: &str = "certificate";
    const FIX: &str =
        "have a new certificate issued, replace the files and send the gateway SIGHUP";
    let (from, until) = (own.validity.not_before, own.validity.not_after);
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

/// Clients compare the name that they dial with these.
fn names(own: &OwnCertificate) -> Check {
    const NAME: &str = "certificate names";
    if own.names.is_empty() {
        let fix = "have one issued with the host names under which partners reach the gateway";
        return Check::fail(NAME, "it has no subject alternative name", fix);
    }
    if !own.for_servers {
        let fix = "have one issued with extended key usage serverAuth";
        return Check::fail(NAME, "it is not for servers", fix);
    }
    Check::ok(NAME, own.names.join(", "))
}

/// Partners know the gateway by its OIN.
fn number(own: &OwnCertificate, config: &Config) -> Check {
    const NAME: &str = "certificate OIN";
    let expected = config.gateway.oin.as_str();
    match own.subject_numbers.as_slice() {
        [number] if number == expected => Check::ok(NAME, expected),
        [] => Check::warn(
            NAME,
            "its subject has no serialNumber",
            "partners that compare the OIN will refuse it: have one issued with the OIN",
        ),
        numbers => Check::fail(
            NAME,
            format!("its subject names {}, the configuration {expected}", numbers.join(" and ")),
            "correct gateway.oin, or use the certificate of this gateway",
        ),
    }
}

/// Clients get the certificates in this order and look for each issuer in the next one.
fn chain(own: &OwnCertificate) -> Check {
    const NAME: &str = "certificate chain";
    if !own.chain_in_order {
        return Check::fail(
            NAME,
            "a certificate in it was not issued by the one behind it",
            "put the certificate first and behind each its issuer",
        );
    }
    if own.chain_length == 1 && !own.self_issued {
        return Check::warn(
            NAME,
            "it holds the certificate alone",
            "add the intermediates: clients that do not have them cannot connect",
        );
    }
    Check::ok(NAME, format!("{} certificates", own.chain_length))
}
