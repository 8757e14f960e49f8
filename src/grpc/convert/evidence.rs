//! What is given with a basis.

use crate::domain::policy::BasisEvidenceDraft;
use crate::domain::policy::evidence::ConflictDraft;
use crate::domain::reporting_code::{Considerations, ReportingCodeDraft};
use crate::grpc::convert::Reader;
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
