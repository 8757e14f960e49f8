//! Break-glass: sharing because waiting would cost more than the rule protects (DOMAIN §4.4).
//!
//! Nothing here delays a delivery. What is asked for is what a colleague would ask on the telephone; it
//! is read afterwards by the privacy officers, who judge whether it was right (see [`review`](super::review)).

use serde::{Deserialize, Serialize};

use super::basis::Basis;
use super::category::Categories;
use super::code::codes;
use super::deadline::inform_subject_due_at;
use super::id::UserId;
use super::text::Prose;
use super::time::{Date, Timestamp};

mod draft;
mod rules;

pub use draft::{ClientInformedDraft, Declaring, EmergencyDraft, VITAL_INTEREST_NEEDS_INCAPACITY};
pub use rules::{BreakGlassRules, InvalidBreakGlassRules};

codes! {
    /// Why emergency access is needed.
    pub enum Cause {
        /// The person cannot consent and vital interests are at stake (AVG art. 6 lid 1 onder d).
        VitalInterest = 1, "VITAL_INTEREST";
        /// Secrecy was broken to avert serious harm: the exception of case law.
        ConflictOfDuties = 2, "CONFLICT_OF_DUTIES";
        /// A statute allows it although consent was refused or withdrawn.
        StatutoryOverride = 3, "STATUTORY_OVERRIDE";
    }
}

impl Cause {
    /// Why sharing on `basis` is break-glass; `None` when it is not.
    ///
    /// `against_will` says whether there is a refused or withdrawn consent of one of the people for
    /// this recipient.
    pub fn of(basis: Basis, against_will: bool) -> Option<Self> {
        match basis {
            Basis::VitalInterest => Some(Self::VitalInterest),
            Basis::ConflictOfDuties => Some(Self::ConflictOfDuties),
            // Without consent in force there is no basis at all, and the person's own request and a
            // supervisor's look are nothing that the person could have refused to this recipient.
            Basis::Consent | Basis::DataSubjectRequest | Basis::Oversight => None,
            Basis::Wmo526Report
            | Basis::Wmo4112D
            | Basis::Wmo4112E
            | Basis::Wmo4112G
            | Basis::Wpg18
            | Basis::Wpg19
            | Basis::Wpg20
            | Basis::Jeugdwet73114
            | Basis::DirectInvolvement
            | Basis::Wams
            | Basis::Wgs => against_will.then_some(Self::StatutoryOverride),
        }
    }
}

codes! {
    /// What is happening.
    pub enum ReasonCode {
        /// Somebody is about to be hurt.
        ImminentViolence = 1, "IMMINENT_VIOLENCE";
        /// A child is in danger.
        ChildInDanger = 2, "CHILD_IN_DANGER";
        /// Somebody may take their own life.
        SuicideRisk = 3, "SUICIDE_RISK";
        /// Somebody cannot be found.
        MissingPerson = 4, "MISSING_PERSON";
        /// Somebody needs a doctor now.
        MedicalEmergency = 5, "MEDICAL_EMERGENCY";
    }
}

codes! {
    /// Who is in danger.
    pub enum DangerTo {
        /// The person whose data are shared.
        Subject = 1, "SUBJECT";
        /// A child.
        Child = 2, "CHILD";
        /// Anybody else.
        Other = 3, "OTHER";
    }
}

codes! {
    /// Why there is no consent.
    pub enum WhyNoConsent {
        /// The person cannot speak: unconscious, missing.
        PhysicallyUnable = 1, "PHYSICALLY_UNABLE";
        /// The person cannot decide by law.
        LegallyUnable = 2, "LEGALLY_UNABLE";
        /// There is no time to reach the person.
        UnreachableInTime = 3, "UNREACHABLE_IN_TIME";
        /// Asking would put somebody in danger.
        AskingEndangers = 4, "ASKING_ENDANGERS";
        /// The person said no. Never together with `VITAL_INTEREST`.
        Refused = 5, "REFUSED";
    }
}

impl WhyNoConsent {
    /// Whether the person is incapable of consenting, which AVG art. 9 lid 2 onder c demands.
    pub const fn is_incapacity(self) -> bool {
        match self {
            Self::PhysicallyUnable | Self::LegallyUnable => true,
            Self::UnreachableInTime | Self::AskingEndangers | Self::Refused => false,
        }
    }
}

/// Whose second opinion was asked (mirror of WGBO art. 448 lid 3, Jeugdwet art. 7.3.2 lid 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SecondOpinion {
    /// This colleague was consulted. Somebody else than who declares or answers for it.
    Colleague(UserId),
    /// Nobody could be, because.
    SingleHanded(Prose<1000>),
}

/// Whether the person knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientInformed {
    /// Told before.
    Before,
    /// Told directly after.
    After,
    /// Will be told on this day.
    Planned(Date),
    /// Will not be told yet, because. The duty to inform goes on (Wmo 2015 art. 5.3.1): within four
    /// weeks somebody is reminded of it.
    Not(Prose<1000>),
}

/// A declared emergency. Everything personal in it is sealed where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emergency {
    /// What is happening.
    pub reason_code: ReasonCode,
    /// Who is in danger.
    pub danger_to: DangerTo,
    /// What is happening, in words; no care content.
    pub situation: Prose<500>,
    /// Why there is no consent.
    pub why_no_consent: WhyNoConsent,
    /// What was tried before.
    pub alternatives_tried: Prose<1000>,
    /// Whose second opinion was asked.
    pub second_opinion: SecondOpinion,
    /// What is shared.
    pub categories: Categories,
    /// Why not less.
    pub minimality: Prose<1000>,
    /// Whether the person knows.
    pub client_informed: ClientInformed,
    /// Who declared it: a person, never a program.
    pub declared_by: UserId,
    /// Who answers for it, where that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_for: Option<UserId>,
    /// When that person last proved who they are with two factors; the organisation vouches for it.
    pub authenticated_at: Timestamp,
    /// First moment of access.
    pub started_at: Timestamp,
    /// First moment without access.
    pub expires_at: Timestamp,
}

impl Emergency {
    /// Whether the access is open: it closes by itself.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        self.started_at <= now && now < self.expires_at
    }

    /// The last day on which those concerned are to be told; none when they know.
    pub fn last_day_to_inform(&self) -> Option<Date> {
        match self.client_informed {
            ClientInformed::Planned(day) => Some(day),
            ClientInformed::Not(_) => Some(inform_subject_due_at(self.started_at).date()),
            ClientInformed::Before | ClientInformed::After => None,
        }
    }

    /// The colleague who was consulted.
    pub const fn consulted(&self) -> Option<&UserId> {
        match &self.second_opinion {
            SecondOpinion::Colleague(colleague) => Some(colleague),
            SecondOpinion::SingleHanded(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
