//! Why a connection was not admitted. The peer learns no more than that the handshake failed or the
//! connection ended; the code is for our own logs.

use std::io;

use rustls::CertificateError;

use super::super::identity::IdentityError;
use super::super::trust::Rejection;
use crate::domain::id::Oin;

/// Why a connection was not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum Refusal {
    /// The connection broke, or the peer speaks something else.
    #[error("the connection failed before the handshake was done")]
    Connection,
    /// The handshake took too long.
    #[error("the handshake took too long")]
    TimedOut,
    /// The oldest half-open connection made room for a new one.
    #[error("the oldest handshake made room for a new one")]
    PushedOut,
    /// The TLS library refused, for the reason in the code.
    #[error("the handshake failed")]
    Handshake(&'static str),
    /// The peer did not agree on a protocol that is spoken here.
    #[error("no common application protocol")]
    Protocol,
    /// The certificate identifies no organisation.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The certificate does not count, although the handshake let it through.
    #[error("the certificate of {oin} does not count: {rejection}")]
    Rejected {
        /// Whose certificate.
        oin: Oin,
        /// Why.
        rejection: Rejection,
    },
    /// All places are taken.
    #[error("too many connections")]
    TooManyConnections,
    /// All places of this organisation are taken.
    #[error("too many connections of {0}")]
    TooManyConnectionsOfOrganisation(Oin),
}

impl Refusal {
    /// Stable code for logs and metrics.
    pub(in super::super) const fn code(&self) -> &'static str {
        match self {
            Self::Connection => "CONNECTION_FAILED",
            Self::TimedOut => "HANDSHAKE_TIMED_OUT",
            Self::PushedOut => "HANDSHAKE_PUSHED_OUT",
            Self::Handshake(code) => code,
            Self::Protocol => "NO_COMMON_PROTOCOL",
            Self::Identity(error) => error.code(),
            Self::Rejected { rejection, .. } => rejection.code(),
            Self::TooManyConnections => "TOO_MANY_CONNECTIONS",
            Self::TooManyConnectionsOfOrganisation(_) => "TOO_MANY_CONNECTIONS_OF_ORGANISATION",
        }
    }

    /// One line, with the number of the organisation where it is known and never a name. What any
    /// passer-by can cause without a certificate stays out of the normal log.
    pub(super) fn log(&self) {
        let code = self.code();
        metrics::counter!("ketenpoort_connections_refused_total", "reason" => code).increment(1);
        match self {
            Self::Rejected { oin, .. } | Self::TooManyConnectionsOfOrganisation(oin) => {
                tracing::info!(peer.oin = %oin, code, "connection refused");
            }
            Self::Connection | Self::TimedOut | Self::PushedOut => {
                tracing::debug!(code, "connection refused");
            }
            Self::Handshake(_) | Self::Protocol | Self::Identity(_) | Self::TooManyConnections => {
                tracing::info!(code, "connection refused");
            }
        }
    }
}

/// What the TLS library or the network reported during the handshake.
impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        let reason = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        reason.map_or(Self::Connection, |reason| Self::Handshake(handshake_code(reason)))
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's list is open and long")]
fn handshake_code(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(reason) => certificate_code(reason),
        rustls::Error::InvalidCertRevocationList(_) => "REVOCATION_LIST_INVALID",
        rustls::Error::NoCertificatesPresented => "CERTIFICATE_MISSING",
        rustls::Error::NoApplicationProtocol => "NO_COMMON_PROTOCOL",
        rustls::Error::PeerIncompatible(_) => "TLS_VERSION_OR_ALGORITHMS",
        rustls::Error::AlertReceived(_) => "PEER_REFUSED_US",
        _ => "HANDSHAKE_FAILED",
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's list is open and long")]
fn certificate_code(reason: &CertificateError) -> &'static str {
    match reason {
        CertificateError::Revoked => "CERTIFICATE_REVOKED",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "CERTIFICATE_EXPIRED"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "CERTIFICATE_NOT_YET_VALID"
        }
        CertificateError::UnknownIssuer => "ISSUER_UNKNOWN",
        CertificateError::BadSignature => "CERTIFICATE_SIGNATURE_WRONG",
        CertificateError::UnknownRevocationStatus => "REVOCATION_UNKNOWN",
        CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => "REVOCATION_LIST_STALE",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "CERTIFICATE_NOT_FOR_CLIENTS"
        }
        _ => "CERTIFICATE_INVALID",
    }
}
