//! What is given with a basis.

use crate::domain::policy::evidence::{ConflictDraft, ConflictOfDuties};
use crate::domain::policy::{BasisEvidence, BasisEvidenceDraft};
use crate::domain::reporting_code::{Considerations, ReportingCodeDecision, ReportingCodeDraft};
use crate::domain::text::{Line, Prose};
use crate::grpc::convert::{Reader, moment};
use crate::grpc::pb;

/// The raw evidence; a moment that is none is noted under `path`.
pub(in crate::grpc) fn draft(
    from: Option<pb::BasisEvidence>,
    path: &str,
    reader: &mut Reader,
) -> BasisEvidenceDraft {
    let from = from.unwrap_or_default();
    let code = format!("{path}.reporting_code_decision");
    BasisEvidenceDraft {
        necessity_text: from.necessity_text,
        gravity_text: from.gravity_text,
        reporting_code_decision: from
            .reporting_code_decision
            .map(|decision| reporting_code(decision, &code, reader)),
        amhk_request_id: from.amhk_request_id,
        referral_id: from.referral_id,
        supervision_order_ref: from.supervision_order_ref,
        information_request_id: from.information_request_id,
        incapacity: from.incapacity,
        conflict_of_duties: from.conflict_of_duties.map(conflict),
        supervisor_ref: from.supervisor_ref,
        subject_request_id: from.subject_request_id,
        wpg_purpose: from.wpg_purpose,
        authority_agreement_ref: from.authority_agreement_ref,
        partnership_decision_ref: from.partnership_decision_ref,
    }
}

fn reporting_code(
    from: pb::ReportingCodeDecision,
    path: &str,
    reader: &mut Reader,
) -> ReportingCodeDraft {
    let answers = from.considerations.unwrap_or_default();
    ReportingCodeDraft {
        steps_done: from.steps_done,
        step3_skipped_reason: from.step3_skipped_reason,
        considerations: Considerations {
            suspicion: answers.suspicion,
            unsafety: answers.unsafety,
            can_help: answers.can_help,
            help_accepted: answers.help_accepted,
            help_works: answers.help_works,
        },
        conclusion: from.conclusion,
        decided_by_user_id: from.decided_by_user_id,
        decided_at: reader.moment(&format!("{path}.decided_at"), from.decided_at),
    }
}

fn conflict(from: pb::ConflictOfDuties) -> ConflictDraft {
    ConflictDraft {
        tried_consent: from.tried_consent,
        conscience: from.conscience,
        no_other_way: from.no_other_way,
        averts_harm: from.averts_harm,
        as_little_as_possible: from.as_little_as_possible,
        text: from.text,
    }
}

/// What was given, for those who judge it.
pub(in crate::grpc) fn given(of: &BasisEvidence) -> pb::BasisEvidence {
    pb::BasisEvidence {
        necessity_text: prose(of.necessity_text.as_ref()),
        gravity_text: prose(of.gravity_text.as_ref()),
        reporting_code_decision: of.reporting_code_decision.as_ref().map(reporting_code_given),
        amhk_request_id: line(of.amhk_request_id.as_ref()),
        referral_id: of.referral_id.map(|id| id.to_string()).unwrap_or_default(),
        supervision_order_ref: line(of.supervision_order_ref.as_ref()),
        information_request_id: line(of.information_request_id.as_ref()),
        incapacity: of.incapacity.map_or(0, |one| one.number().into()),
        conflict_of_duties: of.conflict_of_duties.as_ref().map(conflict_given),
        supervisor_ref: line(of.supervisor_ref.as_ref()),
        subject_request_id: line(of.subject_request_id.as_ref()),
        wpg_purpose: of.wpg_purpose.map_or(0, |one| one.number().into()),
        authority_agreement_ref: line(of.authority_agreement_ref.as_ref()),
        partnership_decision_ref: line(of.partnership_decision_ref.as_ref()),
    }
}

fn line<const MAX: usize>(given: Option<&Line<MAX>>) -> String {
    given.map(|text| text.as_str().to_owned()).unwrap_or_default()
}

fn prose<const MAX: usize>(given: Option<&Prose<MAX>>) -> String {
    given.map(|text| text.as_str().to_owned()).unwrap_or_default()
}

fn reporting_code_given(of: &ReportingCodeDecision) -> pb::ReportingCodeDecision {
    let answers = of.considerations;
    pb::ReportingCodeDecision {
        steps_done: of.steps_done.iter().map(|step| step.number().into()).collect(),
        step3_skipped_reason: line(of.step3_skipped_reason.as_ref()),
        considerations: Some(pb::reporting_code_decision::Considerations {
            suspicion: answers.suspicion,
            unsafety: answers.unsafety,
            can_help: answers.can_help,
            help_accepted: answers.help_accepted,
            help_works: answers.help_works,
        }),
        conclusion: of.conclusion.number().into(),
        decided_by_user_id: of.decided_by.to_string(),
        decided_at: Some(moment(of.at)),
    }
}

fn conflict_given(of: &ConflictOfDuties) -> pb::ConflictOfDuties {
    pb::ConflictOfDuties {
        tried_consent: of.tried_consent,
        conscience: of.conscience,
        no_other_way: of.no_other_way,
        averts_harm: of.averts_harm,
        as_little_as_possible: of.as_little_as_possible,
        text: prose(Some(&of.text)),
    }
}
