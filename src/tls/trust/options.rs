//! What an operator chooses: files and strictness. Every default is the strict choice.

use std::path::PathBuf;

/// Where the material lies. All files are PEM; a revocation list may also be DER, the form in which
/// public authorities publish it.
#[derive(Debug, Clone)]
pub struct TrustFiles {
    /// The roots that client certificates must lead to.
    pub anchors: PathBuf,
    /// The authorities between the roots and the clients. Only clients of listed authorities are
    /// admitted, so that one issuer of a large public hierarchy can be trusted without the others.
    pub intermediates: Vec<PathBuf>,
    /// A revocation list for every root and every intermediate, in one file or several.
    pub revocation_lists: Vec<PathBuf>,
    /// Our own certificate, followed by the intermediates that clients need.
    pub server_chain: PathBuf,
    /// Our own private key.
    pub server_key: PathBuf,
}

/// How strict the handshake is.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrustOptions {
    /// The TLS versions on offer.
    pub versions: Versions,
    /// What is spoken after the handshake.
    pub protocol: Protocol,
    /// What a revocation list past its date means.
    pub stale_crl: StaleCrl,
    /// Whether there is a handshake without a client certificate.
    pub clients: Clients,
}

/// Whether there is a handshake without a client certificate. One that is shown is always verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clients {
    /// Who shows none is not admitted.
    #[default]
    Certified,
    /// Who shows none is admitted as a stranger, so that a page can say what is missing.
    Anybody,
}

/// The TLS versions on offer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Versions {
    /// TLS 1.3 only.
    #[default]
    Tls13,
    /// Also TLS 1.2, for partners that cannot do better yet. It shows the client's certificate, and
    /// with it who is talking to us, to everybody on the way, and has no post-quantum exchange.
    Tls12And13,
}

/// What is spoken after the handshake. The peer must agree by ALPN (RFC 7301), so that bytes meant
/// for another service that accepts the same certificates are never read as ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/2 only.
    #[default]
    Grpc,
    /// HTTP/2 and HTTP/1.1, for browsers.
    Web,
}

/// What a revocation list past its `nextUpdate` means. Who can keep us from fetching lists can also
/// keep a stolen certificate alive, so the default is to trust nobody whose state is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StaleCrl {
    /// Certificates under a stale list are refused.
    #[default]
    Refuse,
    /// A stale list counts as if it were fresh.
    Accept,
}
