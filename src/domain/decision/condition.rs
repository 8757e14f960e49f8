//! The things a decision looks at. An id never changes its meaning; the sentences may be reworded.

use serde::{Deserialize, Serialize};

use crate::domain::code::codes;
use crate::domain::event::DenialReason;

use super::Wording;

codes! {
    /// One thing a decision looks at.
    pub enum ConditionId {
        /// The basis is switched on.
        BasisEnabled = 1, "basis.enabled";
        /// The gateway handles requests on this basis.
        BasisSupported = 2, "basis.supported";
        /// The recipient may receive data about families at all.
        RecipientRole = 3, "recipient.role";
        /// The basis carries data between these two organisations.
        BasisApplicable = 4, "basis.applicable";
        /// The basis lets this side take the initiative.
        BasisInitiative = 5, "basis.initiative";
        /// The user's role may do this.
        ActorRole = 6, "actor.role";
        /// What the basis rests on is pointed at.
        BasisReference = 7, "basis.reference";
        /// The purpose goes with the basis.
        PurposeAllowed = 8, "purpose.allowed";
        /// The recipient is in the case team.
        RecipientInCaseTeam = 9, "recipient.case_team";
        /// The recipient reported it.
        RecipientIsReporter = 10, "recipient.reporter";
        /// There is something of what was asked.
        DataPresent = 11, "data.present";
        /// The person did not have the processing restricted.
        SubjectUnrestricted = 12, "subject.unrestricted";
        /// The basis covers these categories.
        CategoryWithinBasis = 13, "category.basis";
        /// Organisations of the recipient's role may receive these categories.
        CategoryAllowedForRole = 14, "category.role";
        /// A second person agreed.
        CategoryFourEyes = 15, "category.four_eyes";
        /// There is a consent between these organisations.
        ConsentRecorded = 16, "consent.recorded";
        /// It was not refused.
        ConsentNotRefused = 17, "consent.not_refused";
        /// It was not withdrawn.
        ConsentNotWithdrawn = 18, "consent.not_withdrawn";
        /// It is not past its end.
        ConsentNotExpired = 19, "consent.not_expired";
        /// It has begun.
        ConsentBegun = 20, "consent.begun";
        /// No birthday and no change of who decides made the signatures insufficient.
        ConsentNotOutgrown = 21, "consent.not_outgrown";
        /// It names this recipient.
        ConsentRecipient = 22, "consent.recipient";
        /// It names this purpose.
        ConsentPurpose = 23, "consent.purpose";
        /// It names these categories.
        ConsentCategory = 24, "consent.category";
        /// Every required signature is there.
        ConsentSigned = 25, "consent.signed";
        /// What the basis demands was weighed and recorded.
        BasisEvidence = 26, "basis.evidence";
        /// The reporting code led to a report.
        ReportConcluded = 27, "basis.report_concluded";
        /// The five answers of the conflict of duties are yes.
        ConflictHolds = 28, "basis.conflict_of_duties";
        /// The person cannot consent.
        SubjectIncapable = 29, "subject.incapable";
        /// An emergency was declared and lasts.
        EmergencyDeclared = 30, "emergency.declared";
        /// The declared emergency needs these categories.
        EmergencyCategory = 31, "emergency.category";
        /// The sender is in the case team.
        SenderInCaseTeam = 32, "sender.case_team";
    }
}

/// One thing that was looked at. Holds codes, numbers and moments, never personal values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What was looked at.
    pub id: ConditionId,
    /// What was needed.
    pub needed: Wording,
    /// What was found.
    pub found: Wording,
    /// What was consulted, for example a version of a consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Wording>,
    /// Whether it held.
    pub met: bool,
}

impl Condition {
    /// A condition without evidence of its own.
    pub(in crate::domain) fn new(
        id: ConditionId,
        needed: impl Into<Wording>,
        found: impl Into<Wording>,
        met: bool,
    ) -> Self {
        Self { id, needed: needed.into(), found: found.into(), evidence: None, met }
    }

    /// The same condition, with what was consulted.
    pub(in crate::domain) fn seen_in(self, evidence: impl Into<Wording>) -> Self {
        Self { evidence: Some(evidence.into()), ..self }
    }
}

impl ConditionId {
    /// Why something is denied when this is not met.
    pub const fn reason(self) -> DenialReason {
        match self {
            Self::BasisEnabled => DenialReason::BasisDisabled,
            Self::BasisSupported
            | Self::BasisApplicable
            | Self::BasisInitiative
            | Self::BasisReference
            | Self::BasisEvidence
            | Self::ReportConcluded
            | Self::ConflictHolds
            | Self::CategoryWithinBasis => DenialReason::BasisNotApplicable,
            Self::RecipientRole | Self::ActorRole => DenialReason::RoleNotAllowed,
            Self::PurposeAllowed => DenialReason::PurposeNotAllowed,
            Self::RecipientInCaseTeam | Self::SenderInCaseTeam => DenialReason::NotInCaseTeam,
            Self::SubjectIncapable => DenialReason::VitalInterestNeedsIncapacity,
            Self::EmergencyDeclared => DenialReason::EmergencyRequired,
            Self::EmergencyCategory => DenialReason::NotInEmergency,
            Self::RecipientIsReporter | Self::DataPresent => DenialReason::NotFoundOrNotAllowed,
            Self::SubjectUnrestricted => DenialReason::ProcessingRestricted,
            Self::CategoryAllowedForRole => DenialReason::CategoryNotAllowedForRole,
            Self::CategoryFourEyes => DenialReason::FourEyesRequired,
            Self::ConsentRecorded => DenialReason::NoConsent,
            Self::ConsentNotRefused => DenialReason::Refused,
            Self::ConsentNotWithdrawn => DenialReason::Withdrawn,
            Self::ConsentNotExpired => DenialReason::Expired,
            Self::ConsentBegun => DenialReason::NotYetValid,
            Self::ConsentNotOutgrown => DenialReason::NeedsRenewal,
            Self::ConsentRecipient => DenialReason::WrongRecipient,
            Self::ConsentPurpose => DenialReason::WrongPurpose,
            Self::ConsentCategory => DenialReason::CategoryNotCovered,
            Self::ConsentSigned => DenialReason::SignaturesInsufficient,
        }
    }

    /// The sentence for people, in Dutch.
    pub const fn text_nl(self) -> &'static str {
        match self {
            Self::BasisEnabled => "De grondslag is in gebruik.",
            Self::BasisSupported => "De poort behandelt verzoeken op deze grondslag.",
            Self::RecipientRole => "De ontvanger mag gegevens over gezinnen ontvangen.",
            Self::BasisApplicable => "De grondslag geldt tussen deze twee organisaties.",
            Self::BasisInitiative => "Op deze grondslag mag deze kant het initiatief nemen.",
            Self::ActorRole => "De rol van de medewerker staat dit toe.",
            Self::BasisReference => "Waar de grondslag op berust, is vermeld.",
            Self::PurposeAllowed => "Het doel past bij de grondslag.",
            Self::RecipientInCaseTeam => "De ontvanger hoort bij het team van deze zaak.",
            Self::RecipientIsReporter => "De ontvanger heeft de melding gedaan.",
            Self::DataPresent => "Er is iets van wat werd gevraagd.",
            Self::SubjectUnrestricted => "De betrokkene heeft de verwerking niet laten beperken.",
            Self::CategoryWithinBasis => "De grondslag dekt deze soorten gegevens.",
            Self::CategoryAllowedForRole => {
                "Organisaties als de ontvanger mogen deze soorten gegevens ontvangen."
            }
            Self::CategoryFourEyes => "Een tweede persoon heeft ingestemd.",
            Self::ConsentRecorded => {
                "Er is een toestemming van de betrokkene tussen deze organisaties."
            }
            Self::ConsentNotRefused => "De toestemming is niet geweigerd.",
            Self::ConsentNotWithdrawn => "De toestemming is niet ingetrokken.",
            Self::ConsentNotExpired => "De toestemming is niet verlopen.",
            Self::ConsentBegun => "De toestemming is ingegaan.",
            Self::ConsentNotOutgrown => {
                "De handtekeningen volstaan nog, na een verjaardag en na een wijziging in wie beslist."
            }
            Self::ConsentRecipient => "De toestemming noemt deze ontvanger.",
            Self::ConsentPurpose => "De toestemming noemt dit doel.",
            Self::ConsentCategory => "De toestemming noemt deze soorten gegevens.",
            Self::ConsentSigned => "Iedereen die moet tekenen, heeft getekend.",
            Self::BasisEvidence => "Wat de grondslag vraagt, is afgewogen en vastgelegd.",
            Self::ReportConcluded => "De afweging van de meldcode leidt tot een melding.",
            Self::ConflictHolds => "Aan de vijf eisen van het conflict van plichten is voldaan.",
            Self::SubjectIncapable => "De betrokkene kan geen toestemming geven.",
            Self::EmergencyDeclared => "Er is een noodsituatie gemeld, en die duurt nog.",
            Self::EmergencyCategory => "Deze soorten gegevens zijn in deze noodsituatie nodig.",
            Self::SenderInCaseTeam => "De verzender hoort bij het team van deze zaak.",
        }
    }

    /// The sentence for people, in English.
    pub const fn text_en(self) -> &'static str {
        match self {
            Self::BasisEnabled => "The basis is switched on.",
            Self::BasisSupported => "The gateway handles requests on this basis.",
            Self::RecipientRole => "The recipient may receive data about families.",
            Self::BasisApplicable => "The basis applies between these two organisations.",
            Self::BasisInitiative => "On this basis this side may take the initiative.",
            Self::ActorRole => "The role of the employee allows this.",
            Self::BasisReference => "What the basis rests on is stated.",
            Self::PurposeAllowed => "The purpose goes with the basis.",
            Self::RecipientInCaseTeam => "The recipient belongs to the team of this case.",
            Self::RecipientIsReporter => "The recipient made the report.",
            Self::DataPresent => "There is something of what was asked for.",
            Self::SubjectUnrestricted => "The person did not have the processing restricted.",
            Self::CategoryWithinBasis => "The basis covers these kinds of data.",
            Self::CategoryAllowedForRole => {
                "Organisations like the recipient may receive these kinds of data."
            }
            Self::CategoryFourEyes => "A second person agreed.",
            Self::ConsentRecorded => {
                "There is a consent of the person between these organisations."
            }
            Self::ConsentNotRefused => "The consent was not refused.",
            Self::ConsentNotWithdrawn => "The consent was not withdrawn.",
            Self::ConsentNotExpired => "The consent has not expired.",
            Self::ConsentBegun => "The consent has begun.",
            Self::ConsentNotOutgrown => {
                "The signatures still suffice, after a birthday and after a change of who decides."
            }
            Self::ConsentRecipient => "The consent names this recipient.",
            Self::ConsentPurpose => "The consent names this purpose.",
            Self::ConsentCategory => "The consent names these kinds of data.",
            Self::ConsentSigned => "Everybody who must sign has signed.",
            Self::BasisEvidence => "What the basis demands was weighed and recorded.",
            Self::ReportConcluded => "Weighing by the reporting code led to a report.",
            Self::ConflictHolds => "The five demands of the conflict of duties are met.",
            Self::SubjectIncapable => "The person cannot consent.",
            Self::EmergencyDeclared => "An emergency was declared, and it lasts.",
            Self::EmergencyCategory => "These kinds of data are needed in this emergency.",
            Self::SenderInCaseTeam => "The sender belongs to the team of this case.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::TESTS;

    #[test]
    fn every_reason_of_the_consent_check_has_its_condition() {
        let reasons = TESTS.iter().map(|(reason, _)| *reason).chain([DenialReason::NoConsent]);
        for reason in reasons {
            let matching = ConditionId::ALL.iter().filter(|id| id.reason() == reason);
            assert_eq!(matching.count(), 1, "{reason}");
        }
    }

    #[test]
    fn a_condition_is_read_back_as_it_was_written() {
        let condition =
            Condition::new(ConditionId::ConsentPurpose, "A".to_owned(), "B".to_owned(), false)
                .seen_in("consent/1".to_owned());
        let json = serde_json::to_string(&condition).unwrap();
        assert_eq!(
            json,
            r#"{"id":"consent.purpose","needed":"A","found":"B","evidence":"consent/1","met":false}"#
        );
        assert_eq!(serde_json::from_str::<Condition>(&json).unwrap(), condition);
    }
}
