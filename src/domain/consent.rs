//! Consent: one person, one recipient organisation, one purpose (DOMAIN §3).
//!
//! A record of consent never changes. What happens to it makes a new version, and only the newest
//! version speaks. Nothing here is ever given for a family or to "the team": each person consents
//! for their own data, and whoever must sign for whom is decided at the moment of use.
//!
//! - [`ConsentDraft`] is what a message carries; [`ConsentDraft::parse`] makes [`Terms`] of it.
//! - [`Consent::give`], [`Consent::refuse`] and [`Consent::withdraw`] are its life.
//! - [`LegalPosition`] says who signs for a person of that age.
//! - [`check()`] answers the closed question "may this be shared, yes or no".

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::category::Categories;
use super::code::codes;
use super::id::{CaseRef, ConsentId, Oin, Pseudonym, UserId};
use super::purpose::Purpose;
use super::time::Timestamp;

mod check;
mod draft;
mod evidence;
mod period;
mod renewal;
mod representative;
mod rules;
mod signatures;
mod transitions;

pub use check::{Answer, Asking, Question, Ruling, TESTS, Test, Tried, TriedRecord, check};
pub use draft::{ConsentDraft, DualOverrideDraft, GRANTORS_MAX, GrantorDraft};
pub use evidence::{Evidence, EvidenceDraft, EvidenceKind, InvalidLanguageTag, LanguageTag};
pub use period::{InvalidPeriod, Period};
pub use renewal::{Renewal, RenewalCause};
pub use representative::{Exclusion, ExclusionReason, Representative, Signer, Span};
pub use rules::{ConsentRules, GuardianRule, InvalidConsentRules};
pub use signatures::{
    LegalPosition, RequiredSignature, SignaturesInsufficient, WithdrawalHasNoEffect,
};
pub use transitions::{InvalidTransition, NotActivated, NotWithdrawn};

codes! {
    /// Where a consent is in its life. `EXPIRED` and `NEEDS_RENEWAL` are never stored: time, a
    /// birthday, and who decides for the person bring them about by themselves.
    pub enum State {
        /// Asked, not given: a signature is still missing.
        Proposed = 1, "PROPOSED";
        /// In force.
        Active = 2, "ACTIVE";
        /// Refused.
        Refused = 3, "REFUSED";
        /// Withdrawn.
        Withdrawn = 4, "WITHDRAWN";
        /// Past its end.
        Expired = 5, "EXPIRED";
        /// The signatures no longer suffice.
        NeedsRenewal = 6, "NEEDS_RENEWAL";
        /// Recorded by mistake.
        EnteredInError = 7, "ENTERED_IN_ERROR";
    }
}

codes! {
    /// In what capacity somebody decides, for themselves or for somebody else.
    pub enum Capacity {
        /// The person.
        Itself = 1, "SELF";
        /// Parent with authority.
        ParentWithAuthority = 2, "PARENT_WITH_AUTHORITY";
        /// Guardian.
        Guardian = 3, "GUARDIAN";
        /// Curator.
        Curator = 4, "CURATOR";
        /// Mentor.
        Mentor = 5, "MENTOR";
        /// Holder of a written proxy.
        Proxy = 6, "PROXY";
        /// Partner.
        Partner = 7, "PARTNER";
        /// Parent, child, sibling or grandparent.
        Relative = 8, "RELATIVE";
    }
}

codes! {
    /// What must be told before consent is asked; it is not informed consent otherwise (AVG art. 4).
    pub enum Information {
        /// Who will receive the data.
        Recipients = 1, "RECIPIENTS";
        /// For what purpose.
        Purpose = 2, "PURPOSE";
        /// Which categories.
        Categories = 3, "CATEGORIES";
        /// That it can be withdrawn at any time.
        RightToWithdraw = 4, "RIGHT_TO_WITHDRAW";
    }
}

codes! {
    /// How a withdrawal was made. Withdrawing is as easy as giving (AVG art. 7 lid 3).
    pub enum WithdrawalChannel {
        /// Face to face.
        InPerson = 1, "IN_PERSON";
        /// By telephone.
        Phone = 2, "PHONE";
        /// In writing.
        Written = 3, "WRITTEN";
        /// In a portal.
        Portal = 4, "PORTAL";
    }
}

codes! {
    /// Why a representative's refusal is set aside for somebody of 12 to 15 (Jeugdwet art. 7.3.4).
    pub enum OverrideReason {
        /// Clearly needed to prevent serious harm.
        SeriousHarm = 1, "SERIOUS_HARM";
        /// The child keeps wishing it, well considered.
        PersistentWish = 2, "PERSISTENT_WISH";
    }
}

/// What was put to a person, and who signed the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Case in which it was asked.
    pub case_ref: CaseRef,
    /// The person whose data it is about.
    #[serde(with = "crate::domain::hex_text")]
    pub subject: Pseudonym,
    /// Who may send.
    pub source: Oin,
    /// Who may receive. Another organisation than the source; there is no wildcard.
    pub recipient: Oin,
    /// For what.
    pub purpose: Purpose,
    /// Which data. Never empty.
    pub categories: Categories,
    /// For how long.
    pub period: Period,
    /// Who signed the consent, or the refusal.
    pub grantors: Vec<Grantor>,
    /// How it can be shown (AVG art. 7 lid 1).
    pub evidence: Evidence,
    /// What was told.
    pub information_given: BTreeSet<Information>,
    /// Sets the refusal of a representative aside.
    pub dual_override: Option<DualOverride>,
}

impl Terms {
    /// When the last signature was set.
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.grantors.iter().map(|grantor| grantor.signed_at).max()
    }
}

/// Somebody who signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grantor {
    /// Who.
    #[serde(with = "crate::domain::hex_text")]
    pub person: Pseudonym,
    /// In what capacity.
    pub capacity: Capacity,
    /// When.
    pub signed_at: Timestamp,
}

impl Grantor {
    /// Who signed, in what capacity.
    pub fn signer(&self) -> Signer {
        Signer { person: self.person, capacity: self.capacity }
    }
}

/// The decision to go on without a representative of somebody of 12 to 15.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DualOverride {
    /// Why.
    pub reason: OverrideReason,
    /// Who decided.
    pub decided_by: UserId,
    /// Who agreed; somebody else.
    pub supervisor: UserId,
}

/// One version of a consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The same in every version.
    pub consent_id: ConsentId,
    /// 1, 2, 3, …
    pub version: u32,
    /// What was put to the person.
    pub terms: Terms,
    /// What came of it.
    pub status: Status,
}

/// What came of a consent that was asked, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Asked, not given.
    Proposed,
    /// Given.
    Active,
    /// Refused. Kept, because it decides whether a later disclosure is an override.
    Refused,
    /// Withdrawn: no longer relied on, from that moment and not before.
    Withdrawn(Withdrawal),
    /// Recorded by mistake: as if it had never been there.
    EnteredInError(Correction),
}

/// How a consent ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Signer,
    /// How.
    pub channel: WithdrawalChannel,
    /// Who took it down.
    pub recorded_by: UserId,
}

/// Why a record does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub recorded_by: UserId,
}

/// Points at one version of one consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRef {
    /// The consent.
    pub consent_id: ConsentId,
    /// The version that was looked at.
    pub version: u32,
}

impl std::fmt::Display for ConsentRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "consent/{}/{}", self.consent_id, self.version)
    }
}

impl Consent {
    /// Points at this version.
    pub fn reference(&self) -> ConsentRef {
        ConsentRef { consent_id: self.consent_id, version: self.version }
    }

    /// The state as it is stored.
    pub fn state(&self) -> State {
        match self.status {
            Status::Proposed => State::Proposed,
            Status::Active => State::Active,
            Status::Refused => State::Refused,
            Status::Withdrawn(_) => State::Withdrawn,
            Status::EnteredInError(_) => State::EnteredInError,
        }
    }

    /// The state as time and age make it at this moment.
    pub fn state_at(&self, at: Timestamp, position: &LegalPosition, rules: &ConsentRules) -> State {
        let stored = self.state();
        if stored != State::Active {
            stored
        } else if self.terms.period.has_ended(at) {
            State::Expired
        } else if position.check_signatures(&self.terms, at, rules).is_err() {
            State::NeedsRenewal
        } else {
            State::Active
        }
    }

    /// Whether it says no: a refusal or a withdrawal.
    pub fn is_denial(&self) -> bool {
        matches!(self.status, Status::Refused | Status::Withdrawn(_))
    }

    /// When the persons concerned last spoke: they signed, refused or withdrew.
    pub fn spoken_at(&self) -> Option<Timestamp> {
        match &self.status {
            Status::Withdrawn(withdrawal) => Some(withdrawal.at),
            Status::Proposed | Status::Active | Status::Refused | Status::EnteredInError(_) => {
                self.terms.signed_at()
            }
        }
    }
}

#[cfg(test)]
mod bands;
#[cfg(test)]
mod law_table;
#[cfg(test)]
mod properties;
