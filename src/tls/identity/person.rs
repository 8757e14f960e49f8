//! The person behind a certificate.
//!
//! A certificate of a person has two alternative names beside what every certificate of the
//! organisation has: `urn:ketenpoort:user:ID`, by which the organisation names the person, and
//! `urn:ketenpoort:role:ROLE`, in what role the person acts. The organisation vouches for both, as it
//! does for the actor of a call; who loses the role loses the certificate.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::IdentityError;
use crate::domain::id::UserId;
use crate::domain::organisation::UserRole;

/// What the name of a person begins with.
pub(in crate::tls) const USER: &str = "urn:ketenpoort:user:";
/// What the role of a person begins with.
pub(in crate::tls) const ROLE: &str = "urn:ketenpoort:role:";

/// A person of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Named by the organisation.
    pub user_id: UserId,
    /// In what role.
    pub role: UserRole,
}

impl Person {
    /// The person whom a certificate names; none when it is that of a system. Names that are only
    /// half a person, or several, are refused: nobody may choose between them later.
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Result<Option<Self>, IdentityError> {
        let names = certificate.subject_alternative_name().or(Err(IdentityError::Unreadable))?;
        let names = names.map_or(&[][..], |extension| &extension.value.general_names);
        let (mut users, mut roles) = (Vec::new(), Vec::new());
        for name in names {
            if let GeneralName::URI(uri) = name {
                users.extend(uri.strip_prefix(USER));
                roles.extend(uri.strip_prefix(ROLE));
            }
        }
        match (users.as_slice(), roles.as_slice()) {
            ([], []) => Ok(None),
            ([user], [role]) => {
                let user_id = user.parse().or(Err(IdentityError::NotAPerson))?;
                let role = role.parse().or(Err(IdentityError::NotAPerson))?;
                // A system is what has no person.
                if role == UserRole::System {
                    return Err(IdentityError::NotAPerson);
                }
                Ok(Some(Self { user_id, role }))
            }
            _ => Err(IdentityError::NotAPerson),
        }
    }
}
