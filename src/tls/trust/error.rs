//! Why material is refused as a whole, and why one certificate no longer counts.

use std::path::PathBuf;

use super::super::files::FileError;
use super::super::identity::IdentityError;

/// Why material cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file is missing or is not what it should be.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file of authorities holds something else than certificates of authorities.
    #[error("{}: not the certificate of an authority", path.display())]
    NotAnAuthority {
        /// The file.
        path: PathBuf,
    },
    /// A revocation list cannot be read, is partial, or its signature is wrong.
    #[error("{}: not a complete revocation list signed by one of the authorities", path.display())]
    BadRevocationList {
        /// The file.
        path: PathBuf,
    },
    /// Two revocation lists of one authority, so that it is open which one counts.
    #[error("{}: a second revocation list of the same authority", path.display())]
    SecondRevocationList {
        /// The file.
        path: PathBuf,
    },
    /// An authority without a revocation list: its certificates could never be withdrawn.
    #[error("one of the authorities has no revocation list")]
    NoRevocationList,
    /// A revocation list older than the one in use: somebody undoes a revocation.
    #[error("a revocation list is older than the one in use")]
    OlderRevocationList,
    /// The TLS library refuses the material, for example a key that does not fit the certificate.
    #[error("the material does not fit together: {0}")]
    Unfit(String),
}

/// Why a certificate that was once accepted no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The certificate is on a revocation list.
    #[error("the certificate has been revoked")]
    Revoked,
    /// The certificate is outside its validity.
    #[error(transparent)]
    NotInForce(IdentityError),
    /// The issuer, or the issuer's issuer, is not or no longer among the authorities.
    #[error("the issuer of the certificate is not trusted")]
    IssuerUnknown,
    /// An authority above the certificate is on a revocation list.
    #[error("an issuer above the certificate has been revoked")]
    IssuerRevoked,
    /// An authority above the certificate is outside its validity. The TLS library does not look at
    /// the validity of roots.
    #[error("an issuer above the certificate is not in force")]
    IssuerNotInForce,
    /// A revocation list that decides about the certificate is past its date.
    #[error("the revocation list of the issuer is past its date")]
    RevocationListStale,
}

impl Rejection {
    /// Stable code for logs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Revoked => "CERTIFICATE_REVOKED",
            Self::NotInForce(reason) => reason.code(),
            Self::IssuerUnknown => "ISSUER_UNKNOWN",
            Self::IssuerRevoked => "ISSUER_REVOKED",
            Self::IssuerNotInForce => "ISSUER_NOT_IN_FORCE",
            Self::RevocationListStale => "REVOCATION_LIST_STALE",
        }
    }
}
