//! The one set of cryptographic choices for both sides of a connection.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};

/// The application protocol of gRPC in the TLS handshake (RFC 7301, RFC 9113 §3.1).
pub(super) const HTTP2: &[u8] = b"h2";

/// Referrals recorded today must stay secret for decades, so the hybrid post-quantum exchange
/// X25519MLKEM768 comes first. The order is written out, because the default order of the library
/// depends on a feature flag that any crate in the build can set.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        kx_groups: vec![
            kx_group::X25519MLKEM768,
            kx_group::X25519,
            kx_group::SECP256R1,
            kx_group::SECP384R1,
        ],
        ..default_provider()
    })
}
