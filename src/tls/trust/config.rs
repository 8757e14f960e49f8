//! The server's side of the handshake.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};

use super::super::Clock;
use super::super::provider::{HTTP2, provider};
use super::authorities::Authorities;
use super::material::Material;
use super::revocation::RevocationLists;
use super::{Clients, Protocol, StaleCrl, TrustError, TrustOptions, Versions};

const HTTP11: &[u8] = b"http/1.1";

pub(super) fn server_config(
    material: &Material,
    authorities: &Authorities,
    lists: &RevocationLists,
    options: TrustOptions,
    clock: &Clock,
) -> Result<Arc<ServerConfig>, TrustError> {
    let unfit = |error: &dyn std::error::Error| TrustError::Unfit(error.to_string());
    let provider = provider();
    // A known revocation state along the whole path is mandatory, and so is a client certificate
    // unless the options say otherwise.
    let roots = Arc::new(authorities.root_store()?);
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider))
        .with_crls(lists.ders());
    let verifier = match options.stale_crl {
        StaleCrl::Refuse => verifier.enforce_revocation_expiration(),
        StaleCrl::Accept => verifier,
    };
    let verifier = match options.clients {
        Clients::Certified => verifier,
        Clients::Anybody => verifier.allow_unauthenticated(),
    };
    let verifier = verifier.build().map_err(|error| unfit(&error))?;
    let versions = match options.versions {
        Versions::Tls13 => &[&TLS13][..],
        Versions::Tls12And13 => &[&TLS13, &TLS12][..],
    };
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(clock.clone()))
        .with_protocol_versions(versions)
        .map_err(|error| unfit(&error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(material.server_chain()?, material.server_key())
        .map_err(|error| unfit(&error))?;
    config.alpn_protocols = match options.protocol {
        Protocol::Grpc => vec![HTTP2.to_vec()],
        Protocol::Web => vec![HTTP2.to_vec(), HTTP11.to_vec()],
    };
    never_resume(&mut config);
    // Binds TLS 1.2 keys to the handshake that made them (RFC 7627).
    config.require_ems = true;
    Ok(Arc::new(config))
}

/// A resumed session takes the client's certificate from the ticket: it is not verified again, so
/// a certificate that was revoked or has ended since would still be accepted. Partners keep their
/// connections open, so a full handshake costs next to nothing.
fn never_resume(config: &mut ServerConfig) {
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
}
