//! The police referral: a report of domestic violence on its way to the Steunpunt (DOMAIN §2).
//!
//! A [`Referral`] is made by [`ReferralDraft::parse`] alone, which reports everything that is wrong
//! at once, and then keeps every rule of DOMAIN §2.3. Its serde form is what gets sealed, so that
//! form is stable: fields in a fixed order, sets sorted. No part of it shows itself in `Debug`.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::{Gemeentecode, Oin, PersonKey, ReferralId, UserId};
use super::person::{Address, AgeBand, GroundedBsn, PersonName};
use super::text::{Line, Prose};
use super::time::{Date, Timestamp};

mod basis;
mod draft;
mod feedback;
mod reference;
mod settlement;
mod state;
mod words;

pub use basis::{WpgArticle, WpgBasis, WpgPurpose};
pub use draft::{PersonDraft, ReferralDraft, RestrainingOrderDraft};
pub use feedback::{FeedbackGroup, PoliceFeedback, TriageOutcome};
pub use reference::{InvalidReference, PhoneNumber, PoliceRegistrationNo};
pub use settlement::{LEASE, RETRY_DELAY, SendBackReason, Settlement, SettlementDraft};
pub use state::{Event, InvalidTransition, State, transition};
pub use words::{NotInformedReason, PersonRole, Urgency, ViolenceKind, YesNoUnknown};

/// Most people in one referral.
pub const PERSONS_MAX: usize = 20;

/// Most earlier referrals that the sender may name.
pub const EARLIER_REFERRALS_MAX: usize = 20;

/// Most characters in the factual description.
pub const FACTS_CHARS_MAX: usize = 4000;

/// Longest restraining order, with its extension (Wet tijdelijk huisverbod; DOMAIN §2.3).
pub const RESTRAINING_ORDER_DAYS_MAX: u8 = 28;

/// A report of the police about violence in a household.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Referral {
    /// Chosen by the sender; the same id with another body is refused.
    pub referral_id: ReferralId,
    /// The police organisation: the OIN of the client certificate.
    pub sender_oin: Oin,
    /// Unit, for example `Eenheid Den Haag`. Never routed on: it covers a second region.
    pub police_unit: Line<100>,
    /// Number of the case with the police.
    pub police_registration_no: PoliceRegistrationNo,
    /// The reporting officer, by local user id.
    pub officer_ref: UserId,
    /// When it happened. Not after [`Self::reported_at`].
    pub incident_at: Timestamp,
    /// When the police wrote it down.
    pub reported_at: Timestamp,
    /// Municipality of the incident.
    pub incident_gemeentecode: Gemeentecode,
    /// Municipality where the household, with its youngest child, lives. This one routes.
    pub residence_gemeentecode: Gemeentecode,
    /// Where the household lives.
    pub address: Address,
    /// 1 to 20 people, each with a key of its own.
    pub persons: Vec<ReferralPerson>,
    /// What kinds of violence; at least one.
    pub violence_kinds: BTreeSet<ViolenceKind>,
    /// Whether children were there. If so, at least one person is a child.
    pub children_present: bool,
    /// Whether a weapon was involved.
    pub weapon_involved: YesNoUnknown,
    /// Whether somebody was injured.
    pub injury: YesNoUnknown,
    /// Whether somebody was arrested.
    pub arrest_made: YesNoUnknown,
    /// Whether alcohol or drugs played a part.
    pub alcohol_or_drugs: YesNoUnknown,
    /// A temporary restraining order (tijdelijk huisverbod) that is in force.
    pub restraining_order: Option<RestrainingOrder>,
    /// How fast it has to be picked up, set by a person.
    pub urgency: Urgency,
    /// What was seen and heard. Facts, no opinion.
    pub facts: Prose<FACTS_CHARS_MAX>,
    /// Earlier referrals that the sender knows of.
    pub earlier_referral_ids: BTreeSet<ReferralId>,
    /// Why the police may give these data.
    pub wpg_basis: WpgBasis,
    /// Where the officer can be called back. Always there when the urgency is `ACUTE`.
    pub callback_phone: Option<PhoneNumber>,
}

impl Referral {
    /// Its kinds of violence as a set of bits: bit n-1 stands for kind n.
    pub fn violence_bits(&self) -> i64 {
        self.violence_kinds.iter().fold(0, |bits, kind| bits | kind.bit())
    }

    /// Whether somebody under 18 lives at the address (DOMAIN §7).
    pub fn has_child_in_household(&self, at: Timestamp) -> bool {
        self.persons.iter().any(|person| person.lives_at_address && person.is_child(at))
    }
}

impl fmt::Debug for Referral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Referral").field("referral_id", &self.referral_id).finish_non_exhaustive()
    }
}

/// Somebody in a referral.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferralPerson {
    /// Names this person within the message.
    pub person_key: PersonKey,
    /// The part played, as far as known.
    pub role: PersonRole,
    /// Name.
    pub name: PersonName,
    /// Date of birth, not in the future.
    pub birth_date: Date,
    /// BSN, only with the law that lets it be used.
    pub bsn: Option<GroundedBsn>,
    /// Whether this person lives at the address of the referral.
    pub lives_at_address: bool,
    /// Whether this person knows of the referral.
    pub informed: Informed,
}

impl ReferralPerson {
    /// A child by role, or younger than 18 at this moment.
    pub fn is_child(&self, at: Timestamp) -> bool {
        self.role.is_child() || AgeBand::on(self.birth_date, at).is_minor()
    }
}

impl fmt::Debug for ReferralPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReferralPerson(…)")
    }
}

/// Whether a person was told of the referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Informed {
    /// Told.
    Yes,
    /// Not told, with the reason.
    No(NotInformedReason),
}

/// A temporary restraining order: at most 28 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestrainingOrder {
    /// First day.
    pub from_date: Date,
    /// Last day, at most 28 days after the first.
    pub until_date: Date,
}

#[cfg(test)]
mod tests;
