//! What a basis demands to be weighed, stated or pointed at before anything is shared on it
//! (DOMAIN §4.2, "required extra fields").
//!
//! The texts in it are about people: they are sealed and never stand in a condition. The most that a
//! decision tells about one is that it was given.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::code::{UnknownCode, codes};
use crate::domain::id::ReferralId;
use crate::domain::referral::WpgPurpose;
use crate::domain::reporting_code::ReportingCodeDecision;
use crate::domain::text::{Line, Prose};

mod draft;

pub use draft::{BasisEvidenceDraft, ConflictDraft};

codes! {
    /// One thing that a basis may demand.
    pub enum EvidenceItem {
        /// Why the information is needed to end the violence or to help.
        NecessityText = 1, "NECESSITY_TEXT";
        /// Why the interest of the person or the gravity of the matter requires it.
        GravityText = 2, "GRAVITY_TEXT";
        /// The decision of the reporting code (DOMAIN §4.3).
        ReportingCodeDecision = 3, "REPORTING_CODE_DECISION";
        /// The request of the advies- en meldpunt that is answered.
        AmhkRequestId = 4, "AMHK_REQUEST_ID";
        /// The referral that feedback is about.
        ReferralId = 5, "REFERRAL_ID";
        /// The supervision order (ondertoezichtstelling).
        SupervisionOrderRef = 6, "SUPERVISION_ORDER_REF";
        /// The request of the certified institution that is answered.
        InformationRequestId = 7, "INFORMATION_REQUEST_ID";
        /// Why the person cannot consent.
        Incapacity = 8, "INCAPACITY";
        /// The five answers of the conflict of duties.
        ConflictOfDuties = 9, "CONFLICT_OF_DUTIES";
        /// The order or request of the supervisor.
        SupervisorRef = 10, "SUPERVISOR_REF";
        /// The request of the data subject.
        SubjectRequestId = 11, "SUBJECT_REQUEST_ID";
        /// Which of the four purposes of Wpg art. 19.
        WpgPurpose = 12, "WPG_PURPOSE";
        /// The agreement of the competent authority (Wpg art. 19).
        AuthorityAgreementRef = 13, "AUTHORITY_AGREEMENT_REF";
        /// The written decision on the partnership (Wpg art. 20).
        PartnershipDecisionRef = 14, "PARTNERSHIP_DECISION_REF";
    }
}

impl EvidenceItem {
    /// The field of the message.
    pub const fn field(self) -> &'static str {
        match self {
            Self::NecessityText => "necessity_text",
            Self::GravityText => "gravity_text",
            Self::ReportingCodeDecision => "reporting_code_decision",
            Self::AmhkRequestId => "amhk_request_id",
            Self::ReferralId => "referral_id",
            Self::SupervisionOrderRef => "supervision_order_ref",
            Self::InformationRequestId => "information_request_id",
            Self::Incapacity => "incapacity",
            Self::ConflictOfDuties => "conflict_of_duties",
            Self::SupervisorRef => "supervisor_ref",
            Self::SubjectRequestId => "subject_request_id",
            Self::WpgPurpose => "wpg_purpose",
            Self::AuthorityAgreementRef => "authority_agreement_ref",
            Self::PartnershipDecisionRef => "partnership_decision_ref",
        }
    }

    /// Whether it points at a document or record, as opposed to something that was weighed.
    pub(super) const fn is_reference(self) -> bool {
        match self {
            Self::ReferralId
            | Self::SupervisionOrderRef
            | Self::SupervisorRef
            | Self::SubjectRequestId
            | Self::AuthorityAgreementRef
            | Self::PartnershipDecisionRef => true,
            Self::NecessityText
            | Self::GravityText
            | Self::ReportingCodeDecision
            | Self::AmhkRequestId
            | Self::InformationRequestId
            | Self::Incapacity
            | Self::ConflictOfDuties
            | Self::WpgPurpose => false,
        }
    }
}

/// What must be given: one of these. Written as their words with `|` between them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EvidenceNeed(BTreeSet<EvidenceItem>);

impl EvidenceNeed {
    /// One of these.
    pub(super) fn any_of(items: &[EvidenceItem]) -> Self {
        Self(items.iter().copied().collect())
    }

    /// What would do.
    pub fn items(&self) -> impl Iterator<Item = EvidenceItem> {
        self.0.iter().copied()
    }

    /// Whether whoever meets this need meets the other one too.
    pub(super) fn implies(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }
}

impl fmt::Display for EvidenceNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, item) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "|" };
            write!(f, "{separator}{item}")?;
        }
        Ok(())
    }
}

impl FromStr for EvidenceNeed {
    type Err = UnknownCode;
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        text.split('|').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Serialize for EvidenceNeed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EvidenceNeed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

codes! {
    /// Why somebody cannot consent (UAVG art. 22 lid 2 onder b, art. 32 onder b).
    pub enum IncapacityKind {
        /// Physically: unconscious, for example.
        Physical = 1, "PHYSICAL";
        /// By law: a child, or somebody who was found incapable of deciding.
        Legal = 2, "LEGAL";
    }
}

codes! {
    /// What must hold in a conflict of duties.
    pub enum ConflictAnswer {
        /// Everything was done to get consent.
        TriedConsent = 1, "tried_consent";
        /// Keeping silent is a matter of conscience.
        Conscience = 2, "conscience";
        /// There is no other way.
        NoOtherWay = 3, "no_other_way";
        /// Breaking secrecy almost certainly averts serious harm.
        AvertsHarm = 4, "averts_harm";
        /// As little as possible is told.
        AsLittleAsPossible = 5, "as_little_as_possible";
    }
}

/// Why a professional breaks secrecy although no statute allows it: every one of the five must hold
/// (DOMAIN §4.2, `CONFLICT_OF_DUTIES`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of the doctrine, yes or no")]
pub struct ConflictOfDuties {
    /// Everything was done to get consent.
    pub tried_consent: bool,
    /// Keeping silent is a matter of conscience.
    pub conscience: bool,
    /// There is no other way.
    pub no_other_way: bool,
    /// Breaking secrecy almost certainly averts serious harm.
    pub averts_harm: bool,
    /// As little as possible is told.
    pub as_little_as_possible: bool,
    /// In words.
    pub text: Prose<2000>,
}

impl ConflictOfDuties {
    /// Whether all five hold.
    pub fn holds(&self) -> bool {
        ConflictAnswer::ALL.iter().all(|answer| self.answers(*answer))
    }

    /// Whether one of the five holds.
    pub const fn answers(&self, one: ConflictAnswer) -> bool {
        match one {
            ConflictAnswer::TriedConsent => self.tried_consent,
            ConflictAnswer::Conscience => self.conscience,
            ConflictAnswer::NoOtherWay => self.no_other_way,
            ConflictAnswer::AvertsHarm => self.averts_harm,
            ConflictAnswer::AsLittleAsPossible => self.as_little_as_possible,
        }
    }
}

/// Everything that was given with a basis.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BasisEvidence {
    /// [`EvidenceItem::NecessityText`].
    pub necessity_text: Option<Prose<2000>>,
    /// [`EvidenceItem::GravityText`].
    pub gravity_text: Option<Prose<2000>>,
    /// [`EvidenceItem::ReportingCodeDecision`].
    pub reporting_code_decision: Option<ReportingCodeDecision>,
    /// [`EvidenceItem::AmhkRequestId`].
    pub amhk_request_id: Option<Line<100>>,
    /// [`EvidenceItem::ReferralId`].
    pub referral_id: Option<ReferralId>,
    /// [`EvidenceItem::SupervisionOrderRef`].
    pub supervision_order_ref: Option<Line<100>>,
    /// [`EvidenceItem::InformationRequestId`].
    pub information_request_id: Option<Line<100>>,
    /// [`EvidenceItem::Incapacity`].
    pub incapacity: Option<IncapacityKind>,
    /// [`EvidenceItem::ConflictOfDuties`].
    pub conflict_of_duties: Option<ConflictOfDuties>,
    /// [`EvidenceItem::SupervisorRef`].
    pub supervisor_ref: Option<Line<100>>,
    /// [`EvidenceItem::SubjectRequestId`].
    pub subject_request_id: Option<Line<100>>,
    /// [`EvidenceItem::WpgPurpose`].
    pub wpg_purpose: Option<WpgPurpose>,
    /// [`EvidenceItem::AuthorityAgreementRef`].
    pub authority_agreement_ref: Option<Line<100>>,
    /// [`EvidenceItem::PartnershipDecisionRef`].
    pub partnership_decision_ref: Option<Line<100>>,
}

impl BasisEvidence {
    /// Whether something was given.
    pub fn has(&self, item: EvidenceItem) -> bool {
        match item {
            EvidenceItem::NecessityText => self.necessity_text.is_some(),
            EvidenceItem::GravityText => self.gravity_text.is_some(),
            EvidenceItem::ReportingCodeDecision => self.reporting_code_decision.is_some(),
            EvidenceItem::AmhkRequestId => self.amhk_request_id.is_some(),
            EvidenceItem::ReferralId => self.referral_id.is_some(),
            EvidenceItem::SupervisionOrderRef => self.supervision_order_ref.is_some(),
            EvidenceItem::InformationRequestId => self.information_request_id.is_some(),
            EvidenceItem::Incapacity => self.incapacity.is_some(),
            EvidenceItem::ConflictOfDuties => self.conflict_of_duties.is_some(),
            EvidenceItem::SupervisorRef => self.supervisor_ref.is_some(),
            EvidenceItem::SubjectRequestId => self.subject_request_id.is_some(),
            EvidenceItem::WpgPurpose => self.wpg_purpose.is_some(),
            EvidenceItem::AuthorityAgreementRef => self.authority_agreement_ref.is_some(),
            EvidenceItem::PartnershipDecisionRef => self.partnership_decision_ref.is_some(),
        }
    }

    /// The same, with every text replaced by a word that says it was given.
    #[must_use]
    pub fn without_texts(self) -> Self {
        let given = |_text| "given".parse().ok();
        let conflict_of_duties = self.conflict_of_duties.and_then(|conflict| {
            let text = "given".parse().ok()?;
            Some(ConflictOfDuties { text, ..conflict })
        });
        Self {
            necessity_text: self.necessity_text.and_then(given),
            gravity_text: self.gravity_text.and_then(given),
            reporting_code_decision: self
                .reporting_code_decision
                .map(ReportingCodeDecision::without_texts),
            conflict_of_duties,
            ..self
        }
    }

    /// What was given.
    pub fn items(&self) -> impl Iterator<Item = EvidenceItem> {
        EvidenceItem::ALL.iter().copied().filter(|item| self.has(*item))
    }
}

#[cfg(test)]
mod tests;
