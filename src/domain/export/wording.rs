//! What events are called by those who read exports: an act, as the name of a line of the Logboek
//! Dataverwerkingen, and a fact, beside the code in FHIR.

use crate::domain::basis::Basis;
use crate::domain::disclosure::DisclosureRecord;
use crate::domain::event::EventCode;

use super::{Line, joined};

/// The act that a record is about. The Logboek Dataverwerkingen has no place but this name to say that
/// a line was changed.
pub(super) fn act(line: Line<'_>) -> String {
    let act = act_of(line.record);
    if line.changed.is_empty() {
        return act.to_owned();
    }
    format!("{act} (changed in the database: {})", joined(line.changed))
}

fn act_of(record: &DisclosureRecord) -> &'static str {
    let by_consent = record.basis == Some(Basis::Consent);
    if by_consent && record.event_code == EventCode::SummaryDelivered {
        return "Deliver consented case summary";
    }
    words(record.event_code).0
}

/// The fact that a record states.
pub(super) const fn fact(event: EventCode) -> &'static str {
    words(event).1
}

const fn words(event: EventCode) -> (&'static str, &'static str) {
    match event {
        EventCode::ReferralSubmitted => ("Submit referral", "Referral submitted"),
        EventCode::ReferralRouted => ("Route referral", "Referral routed to a team"),
        EventCode::ReferralDelivered => ("Deliver referral", "Referral delivered to recipient"),
        EventCode::ReferralAcknowledged => ("Acknowledge referral", "Referral acknowledged"),
        EventCode::ReferralTriaged => ("Triage referral", "Referral triaged"),
        EventCode::ReferralFeedbackSent => ("Send feedback", "Feedback sent to the reporter"),
        EventCode::ReferralWithdrawn => ("Withdraw referral", "Referral taken back by its sender"),
        EventCode::ReferralReturned => ("Return referral", "Referral sent back by its recipient"),
        EventCode::ReferralQuarantined => ("Quarantine referral", "Referral quarantined"),
        EventCode::ReferralRequeued => ("Requeue referral", "Referral put back into its inbox"),
        EventCode::SummarySent => ("Publish case summary", "Case summary published"),
        EventCode::SummaryDelivered => {
            ("Deliver case summary", "Case summary delivered to recipient")
        }
        EventCode::SummaryRead => ("Read case summary", "Case summary read"),
        EventCode::SummaryRetracted => ("Retract case summary", "Case summary taken back"),
        EventCode::SummaryShared => ("Share case summary", "Case summary given by its author"),
        EventCode::ConsentRecorded => ("Record consent", "Consent recorded"),
        EventCode::ConsentRefused => ("Record refusal", "Consent refused"),
        EventCode::ConsentWithdrawn => ("Withdraw consent", "Consent withdrawn"),
        EventCode::ConsentExpired => ("End consent", "Consent expired"),
        EventCode::ConsentChecked => ("Check consent", "Consent asked about"),
        EventCode::RepresentativeExcluded => ("Exclude representative", "Representative excluded"),
        EventCode::RepresentationChanged => ("Record authority", "Representation changed"),
        EventCode::RestrictionChanged => ("Restrict processing", "Restriction changed"),
        EventCode::AccessDenied => ("Deny access", "Access denied"),
        EventCode::FourEyesAgreed => ("Agree to release", "A second person agreed"),
        EventCode::CaseChanged => ("Change case", "Case changed"),
        EventCode::BreakGlassDeclared => ("Declare emergency", "Emergency access declared"),
        EventCode::BreakGlassEnded => ("End emergency", "Emergency access ended"),
        EventCode::ReviewAssigned => ("Assign review", "Review assigned"),
        EventCode::ReviewDecided => ("Decide review", "Review decided"),
        EventCode::ReviewInformed => ("Answer reviewer", "Question of a reviewer answered"),
        EventCode::InformingRecorded => ("Record informing", "Informing of a person recorded"),
        EventCode::LogQueried => ("Query disclosure log", "Disclosure log queried"),
        EventCode::LogExported => ("Export disclosure log", "Disclosure log exported"),
        EventCode::LogPurged => ("Purge disclosure log", "Old entries purged"),
        EventCode::LedgerAccepted => ("Accept ledger", "Ledger accepted by the operator"),
        EventCode::HoldPlaced => ("Place hold", "Entries held"),
        EventCode::HoldLifted => ("Lift hold", "Hold lifted"),
        EventCode::ContentPurged => ("Purge content", "Content purged"),
        EventCode::DsarOpened => ("Open access request", "Request of a data subject opened"),
        EventCode::DsarReported => ("Report to data subject", "Access report made"),
        EventCode::DsarClosed => ("Close access request", "Request of a data subject closed"),
        EventCode::BreachOpened => ("Open breach", "Breach opened"),
        EventCode::BreachReported => ("Report breach", "Breach reported"),
        EventCode::ReportGenerated => ("Generate report", "Management report generated"),
        EventCode::PartnerChanged => ("Change directory", "Directory changed"),
        EventCode::PolicyChanged => ("Change policy", "Policy changed"),
        EventCode::SignalRaised => ("Raise signal", "Signal raised"),
        EventCode::SignalClosed => ("Close signal", "Signal closed"),
        EventCode::SignalSuppressed => ("Suppress signals", "Signals of a rule suppressed"),
        EventCode::SignalSuppressionEnded => ("End suppression", "Suppression ended"),
        EventCode::RecallConfirmed => ("Confirm recall", "Recipient erased a recalled summary"),
        EventCode::QuestionAsked => ("Ask organisation", "Organisation asked about a disclosure"),
        EventCode::QuestionAnswered => ("Answer officer", "Question of an officer answered"),
        EventCode::SampleJudged => ("Judge sampled entry", "Entry of a sample judged"),
        EventCode::DeadlineMissed => ("Note missed deadline", "Deadline missed"),
    }
}
