//! The agreement of a second person to release an address that must stay hidden (DOMAIN §3.5
//! `SHELTER_ADDRESS`, §8 row 9).

use serde::{Deserialize, Serialize};

use super::request::{Initiative, Request};
use crate::domain::id::{Oin, Pseudonym, UserId};
use crate::domain::organisation::Actor;
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
    /// Who answered for that, where it was somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_for: Option<UserId>,
    /// When.
    pub agreed_at: Timestamp,
    /// First moment after.
    pub until: Timestamp,
}

impl AddressRelease {
    /// Whether it lets the request have the address of a person: agreed before, with other eyes, and not
    /// ended. Only who gives an address has looked at it; nobody gets one by asking.
    pub(super) fn covers(&self, request: &Request, person: Pseudonym, now: Timestamp) -> bool {
        request.initiative == Initiative::Give
            && self.sender == request.sender.oin
            && self.recipient == request.recipient.oin
            && self.subject == person
            && self.agreed_at <= now
            && now < self.until
            && self.is_by_other_eyes(&request.actor)
    }

    /// Neither who acts nor who answers for it agreed, and who acts did not answer for the agreement.
    /// One manager may answer for both: two people have looked all the same.
    fn is_by_other_eyes(&self, actor: &Actor) -> bool {
        let responsible = actor.on_behalf_of.as_ref().map(|other| &other.user_id);
        self.agreed_by != actor.user_id
            && responsible != Some(&self.agreed_by)
            && self.agreed_for.as_ref() != Some(&actor.user_id)
    }
}
