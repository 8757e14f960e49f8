//! What happened, how it ended, and why it was denied: the words of every ledger entry
//! (DOMAIN §5.2). The numbers stand in leaves and never change.

use serde::{Deserialize, Serialize};

use super::code::codes;

codes! {
    /// What happened.
    pub enum EventCode {
        /// Referral submitted.
        ReferralSubmitted = 1, "REFERRAL_SUBMITTED";
        /// Referral routed to a team.
        ReferralRouted = 2, "REFERRAL_ROUTED";
        /// Referral handed to a reader.
        ReferralDelivered = 3, "REFERRAL_DELIVERED";
        /// Referral acknowledged: responsibility passes.
        ReferralAcknowledged = 4, "REFERRAL_ACKNOWLEDGED";
        /// Referral triaged.
        ReferralTriaged = 5, "REFERRAL_TRIAGED";
        /// Feedback sent to the reporter.
        ReferralFeedbackSent = 6, "REFERRAL_FEEDBACK_SENT";
        /// Summary published.
        SummarySent = 7, "SUMMARY_SENT";
        /// Summary disclosed to a partner.
        SummaryDelivered = 8, "SUMMARY_DELIVERED";
        /// Summary read.
        SummaryRead = 9, "SUMMARY_READ";
        /// Consent recorded.
        ConsentRecorded = 10, "CONSENT_RECORDED";
        /// Consent refused.
        ConsentRefused = 11, "CONSENT_REFUSED";
        /// Consent withdrawn.
        ConsentWithdrawn = 12, "CONSENT_WITHDRAWN";
        /// Consent expired.
        ConsentExpired = 13, "CONSENT_EXPIRED";
        /// Consent asked about.
        ConsentChecked = 14, "CONSENT_CHECKED";
        /// Access denied.
        AccessDenied = 15, "ACCESS_DENIED";
        /// Emergency access declared.
        BreakGlassDeclared = 16, "BREAK_GLASS_DECLARED";
        /// Emergency access ended.
        BreakGlassEnded = 17, "BREAK_GLASS_ENDED";
        /// Review assigned.
        ReviewAssigned = 18, "REVIEW_ASSIGNED";
        /// Review decided.
        ReviewDecided = 19, "REVIEW_DECIDED";
        /// Ledger searched or looked at.
        LogQueried = 20, "LOG_QUERIED";
        /// Ledger exported.
        LogExported = 21, "LOG_EXPORTED";
        /// Request of a data subject opened.
        DsarOpened = 22, "DSAR_OPENED";
        /// Report for a data subject made.
        DsarReported = 23, "DSAR_REPORTED";
        /// Request of a data subject closed.
        DsarClosed = 24, "DSAR_CLOSED";
        /// Breach opened.
        BreachOpened = 25, "BREACH_OPENED";
        /// Breach reported.
        BreachReported = 26, "BREACH_REPORTED";
        /// Management report generated.
        ReportGenerated = 27, "REPORT_GENERATED";
        /// Directory of organisations changed.
        PartnerChanged = 28, "PARTNER_CHANGED";
        /// Policy or routing changed.
        PolicyChanged = 29, "POLICY_CHANGED";
        /// Old entries purged.
        LogPurged = 30, "LOG_PURGED";
        /// Referral taken back by its sender.
        ReferralWithdrawn = 31, "REFERRAL_WITHDRAWN";
        /// Referral sent back by its recipient.
        ReferralReturned = 32, "REFERRAL_RETURNED";
        /// Case opened, joined or moved on.
        CaseChanged = 33, "CASE_CHANGED";
        /// Representative excluded.
        RepresentativeExcluded = 34, "REPRESENTATIVE_EXCLUDED";
        /// Referral quarantined: it could not be delivered, and somebody must act.
        ReferralQuarantined = 35, "REFERRAL_QUARANTINED";
        /// Quarantined referral put back into its inbox.
        ReferralRequeued = 36, "REFERRAL_REQUEUED";
        /// Summary taken back by its author.
        SummaryRetracted = 37, "SUMMARY_RETRACTED";
        /// A ledger that lacks signed entries, or whose anchor was lost, was accepted by the operator.
        LedgerAccepted = 38, "LEDGER_ACCEPTED";
        /// Summary given to an organisation on the initiative of its author.
        SummaryShared = 39, "SUMMARY_SHARED";
        /// A second person agreed to release a hidden address.
        FourEyesAgreed = 40, "FOUR_EYES_AGREED";
        /// Something was not done in time.
        DeadlineMissed = 41, "DEADLINE_MISSED";
        /// A data subject was informed that another party gave data, or that was put off.
        InformingRecorded = 42, "INFORMING_RECORDED";
        /// Authority over a person gained or lost, an exclusion lifted, incapacity begun or ended.
        RepresentationChanged = 43, "REPRESENTATION_CHANGED";
        /// Restriction of processing set or lifted.
        RestrictionChanged = 44, "RESTRICTION_CHANGED";
        /// The disclosing organisation answered a question of a reviewer.
        ReviewInformed = 45, "REVIEW_INFORMED";
        /// A privacy officer placed a hold: entries are kept although their term is over.
        HoldPlaced = 46, "HOLD_PLACED";
        /// A hold was lifted.
        HoldLifted = 47, "HOLD_LIFTED";
        /// Content that nobody needs any more was purged.
        ContentPurged = 48, "CONTENT_PURGED";
        /// The gateway saw something that deserves a look.
        SignalRaised = 49, "SIGNAL_RAISED";
        /// A privacy officer explained a signal, or found an incident.
        SignalClosed = 50, "SIGNAL_CLOSED";
        /// A privacy officer silenced a rule for a user or case, for a time.
        SignalSuppressed = 51, "SIGNAL_SUPPRESSED";
        /// A rule speaks again before that time is over.
        SignalSuppressionEnded = 52, "SIGNAL_SUPPRESSION_ENDED";
        /// A privacy officer judged an entry that was drawn in a sample.
        SampleJudged = 53, "SAMPLE_JUDGED";
        /// A privacy officer asked a party of a disclosure about it.
        QuestionAsked = 54, "QUESTION_ASKED";
        /// That party answered.
        QuestionAnswered = 55, "QUESTION_ANSWERED";
        /// A recipient erased a summary that its author took back.
        RecallConfirmed = 56, "RECALL_CONFIRMED";
    }
}

/// What was done to the data, with the letter of DICOM and NEN 7513.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Create.
    C,
    /// Read or disclose.
    R,
    /// Execute: a decision, a change of state.
    E,
}

impl EventCode {
    /// DICOM audit event type and action (NEN 7513:2018, DOMAIN §5.2).
    pub const fn dicom(self) -> (&'static str, Action) {
        match self {
            // Export: data leaves an organisation.
            Self::ReferralSubmitted
            | Self::ReferralFeedbackSent
            | Self::SummarySent
            | Self::SummaryDelivered
            | Self::SummaryShared
            | Self::DsarReported
            | Self::BreachReported
            | Self::ReportGenerated => ("110106", Action::R),
            // Import: data arrives.
            Self::ReferralRouted | Self::ReferralDelivered | Self::ReferralAcknowledged => {
                ("110107", Action::C)
            }
            // Patient record.
            Self::SummaryRead => ("110110", Action::R),
            // Audit log used.
            Self::LogQueried | Self::LogExported => ("110101", Action::R),
            // Emergency override started and stopped.
            Self::BreakGlassDeclared => ("110127", Action::E),
            Self::BreakGlassEnded => ("110138", Action::E),
            // Security alert: decisions, denials and what changes who may see what.
            Self::ReferralTriaged
            | Self::ReferralWithdrawn
            | Self::ReferralReturned
            | Self::ConsentRecorded
            | Self::ConsentRefused
            | Self::ConsentWithdrawn
            | Self::ConsentExpired
            | Self::ConsentChecked
            | Self::AccessDenied
            | Self::ReviewAssigned
            | Self::ReviewDecided
            | Self::ReviewInformed
            | Self::HoldPlaced
            | Self::HoldLifted
            | Self::ContentPurged
            | Self::DsarOpened
            | Self::DsarClosed
            | Self::BreachOpened
            | Self::PartnerChanged
            | Self::PolicyChanged
            | Self::LogPurged
            | Self::CaseChanged
            | Self::RepresentativeExcluded
            | Self::RepresentationChanged
            | Self::RestrictionChanged
            | Self::ReferralQuarantined
            | Self::ReferralRequeued
            | Self::SummaryRetracted
            | Self::FourEyesAgreed
            | Self::LedgerAccepted
            | Self::DeadlineMissed
            | Self::SignalRaised
            | Self::SignalClosed
            | Self::SignalSuppressed
            | Self::SignalSuppressionEnded
            | Self::SampleJudged
            | Self::QuestionAsked
            | Self::QuestionAnswered
            | Self::RecallConfirmed
            | Self::InformingRecorded => ("110113", Action::E),
        }
    }
}

impl EventCode {
    /// The bits of all of which [`EventCode::discloses`] is true: bit n for number n.
    pub fn disclosing() -> u64 {
        let disclosing = Self::ALL.iter().filter(|event| event.discloses());
        disclosing.fold(0, |bits, event| bits | 1 << event.number())
    }

    /// Whether data went to somebody, or was denied: what a privacy officer looks at first.
    pub const fn discloses(self) -> bool {
        matches!(
            self,
            Self::ReferralSubmitted
                | Self::ReferralDelivered
                | Self::ReferralFeedbackSent
                | Self::SummaryDelivered
                | Self::SummaryRead
                | Self::SummaryShared
                | Self::AccessDenied
                | Self::BreakGlassDeclared
        )
    }
}

codes! {
    /// What became of what was asked, in the few words of an overview.
    pub enum Disposition {
        /// It was done as it was asked.
        Allowed = 1, "ALLOWED";
        /// Less was given than was asked.
        Narrowed = 2, "NARROWED";
        /// It was denied.
        Refused = 3, "REFUSED";
        /// It was done, or declared, under the emergency procedure.
        Emergency = 4, "EMERGENCY";
        /// It was not done, and nobody denied it.
        Failed = 5, "FAILED";
    }
}

/// How an event ended (DICOM event outcome). Success is 0, so this is no code list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was not done; trying again may help.
    MinorFailure,
    /// It was denied.
    SeriousFailure,
    /// It could not be done by a fault of the system.
    MajorFailure,
}

impl Outcome {
    /// The number in leaves and exports.
    pub const fn severity(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::MinorFailure => 4,
            Self::SeriousFailure => 8,
            Self::MajorFailure => 12,
        }
    }

    /// The outcome with this number.
    pub const fn from_severity(severity: u8) -> Option<Self> {
        match severity {
            0 => Some(Self::Success),
            4 => Some(Self::MinorFailure),
            8 => Some(Self::SeriousFailure),
            12 => Some(Self::MajorFailure),
            _ => None,
        }
    }
}

codes! {
    /// Why something was not allowed. The first ten are the answers of the consent check, in their
    /// order (DOMAIN §3.2).
    pub enum DenialReason {
        /// There is no consent of this person between these organisations.
        NoConsent = 1, "NO_CONSENT";
        /// The person, or who decides for the person, refused.
        Refused = 2, "REFUSED";
        /// The consent was withdrawn.
        Withdrawn = 3, "WITHDRAWN";
        /// The consent is past its end.
        Expired = 4, "EXPIRED";
        /// The consent has not begun.
        NotYetValid = 5, "NOT_YET_VALID";
        /// The signatures no longer suffice: a birthday, or a change of who decides for the person.
        NeedsRenewal = 6, "NEEDS_RENEWAL";
        /// The consent relied on names another recipient.
        WrongRecipient = 7, "WRONG_RECIPIENT";
        /// The consent names another purpose.
        WrongPurpose = 8, "WRONG_PURPOSE";
        /// The consent does not name this category.
        CategoryNotCovered = 9, "CATEGORY_NOT_COVERED";
        /// A required signature is missing.
        SignaturesInsufficient = 10, "SIGNATURES_INSUFFICIENT";
        /// The municipality of residence is not in the region.
        NotInRegion = 11, "NOT_IN_REGION";
        /// The basis cannot be used between these organisations, or for this.
        BasisNotApplicable = 12, "BASIS_NOT_APPLICABLE";
        /// The basis is switched off.
        BasisDisabled = 13, "BASIS_DISABLED";
        /// Organisations of this role may never receive this category.
        CategoryNotAllowedForRole = 14, "CATEGORY_NOT_ALLOWED_FOR_ROLE";
        /// Organisations or users of this role may not do this.
        RoleNotAllowed = 15, "ROLE_NOT_ALLOWED";
        /// The organisation is not a member of the case team.
        NotInCaseTeam = 16, "NOT_IN_CASE_TEAM";
        /// A second person must agree.
        FourEyesRequired = 17, "FOUR_EYES_REQUIRED";
        /// It does not exist, or is not for the caller; the answer never tells which.
        NotFoundOrNotAllowed = 18, "NOT_FOUND_OR_NOT_ALLOWED";
        /// The purpose does not go with the basis.
        PurposeNotAllowed = 19, "PURPOSE_NOT_ALLOWED";
        /// Vital interest is for people who cannot consent, not for people who refused.
        VitalInterestNeedsIncapacity = 20, "VITAL_INTEREST_NEEDS_INCAPACITY";
        /// The person had the processing restricted (AVG art. 18).
        ProcessingRestricted = 21, "PROCESSING_RESTRICTED";
        /// This may only be shared in a declared emergency (DOMAIN §4.4), and none lasts.
        EmergencyRequired = 22, "EMERGENCY_REQUIRED";
        /// The declared emergency does not need this category.
        NotInEmergency = 23, "NOT_IN_EMERGENCY";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_lead_back_to_the_outcome() {
        use Outcome::{MajorFailure, MinorFailure, SeriousFailure, Success};
        for outcome in [Success, MinorFailure, SeriousFailure, MajorFailure] {
            assert_eq!(Outcome::from_severity(outcome.severity()), Some(outcome));
        }
        assert_eq!(Outcome::from_severity(1), None);
        assert_eq!(serde_json::to_string(&SeriousFailure).unwrap(), r#""SERIOUS_FAILURE""#);
    }

    #[test]
    fn a_denial_is_a_security_alert_and_a_disclosure_an_export() {
        assert_eq!(EventCode::AccessDenied.dicom(), ("110113", Action::E));
        assert_eq!(EventCode::SummaryDelivered.dicom(), ("110106", Action::R));
    }

    #[test]
    fn numbers_are_given_once_and_without_gaps() {
        let numbers: Vec<u16> = EventCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, (1..=56).collect::<Vec<u16>>());
        let numbers: Vec<u16> = DenialReason::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, (1..=23).collect::<Vec<u16>>());
    }
}
