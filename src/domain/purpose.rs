//! Why data is asked for or given (DOMAIN §3.4). A disclosure has exactly one purpose.

use super::code::codes;

codes! {
    /// Why data is asked for or given.
    pub enum Purpose {
        /// Coordinate care between the partners of a case.
        CareCoordination = 1, "CARE_COORDINATION";
        /// Prevent injury to somebody who may be the target of violence.
        SafetyProtection = 2, "SAFETY_PROTECTION";
        /// Emergency override.
        EmergencyOverride = 3, "EMERGENCY_OVERRIDE";
        /// Answer a data subject.
        DataSubjectRequest = 4, "DATA_SUBJECT_REQUEST";
        /// Judge disclosures.
        PrivacyReview = 5, "PRIVACY_REVIEW";
        /// Submit, receive and follow a referral.
        ReferralHandling = 6, "REFERRAL_HANDLING";
        /// Anonymous figures.
        ManagementInformation = 7, "MANAGEMENT_INFORMATION";
    }
}

impl Purpose {
    /// The HL7 v3-ActReason code, for exports.
    pub const fn act_reason(self) -> &'static str {
        match self {
            Self::CareCoordination => "CAREMGT",
            Self::SafetyProtection | Self::ReferralHandling => "THREAT",
            Self::EmergencyOverride => "BTG",
            Self::DataSubjectRequest => "PATRQT",
            Self::PrivacyReview | Self::ManagementInformation => "HOPERAT",
        }
    }

    /// Whether a person can be asked to consent to this. The other purposes are duties, figures or
    /// emergencies, which do not wait for a consent and are not made lawful by one.
    pub const fn can_be_consented_to(self) -> bool {
        matches!(self, Self::CareCoordination | Self::SafetyProtection)
    }
}
