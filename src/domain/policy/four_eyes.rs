//! The agreement of a second person to release an address that must stay hidden (DOMAIN §3.5
//! `SHELTER_ADDRESS`, §8 row 9).

use serde::{Deserialize, Serialize};

use super::request::{Initiative, Request};
use crate::domain::id::{Oin, Pseudonym, UserId};
use crate::domain::time::Timestamp;

/// Somebody of the sending organisation agreed, beforehand, that one recipient gets the hidden
/// addresses of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressRelease {
    /// Who may send.
    pub sender: Oin,
    /// Who may receive.
    pub recipient: Oin,
    /// About whom.
    #[serde(with = "crate::domain::hex_text")]
    pub subject: Pseudonym,
    /// Who agreed.
    pub agreed_by: UserId,
    /// When.
    pub agreed_at: Timestamp,
    /// First moment after.
    pub until: Timestamp,
}

impl AddressRelease {
    /// Whether it lets the request have the address of a person: agreed before, by somebody else
    /// than who acts now or answers for it, and not ended. Only who gives an address has looked at
    /// it; nobody gets one by asking.
    pub(super) fn covers(&self, request: &Request, person: Pseudonym, now: Timestamp) -> bool {
        let responsible = request.actor.on_behalf_of.as_ref();
        request.initiative == Initiative::Give
            && self.sender == request.sender.oin
            && self.recipient == request.recipient.oin
            && self.subject == person
            && self.agreed_at <= now
            && now < self.until
            && self.agreed_by != request.actor.user_id
            && responsible.is_none_or(|other| other.user_id != self.agreed_by)
    }
}
