//! Consents, what follows from them, and the closed question.

use prost::Message as _;

use crate::domain::category::Category;
use crate::domain::consent::{
    Capacity, ConsentDraft, DualOverride, DualOverrideDraft, Evidence, EvidenceDraft, Grantor,
    GrantorDraft, WithdrawalChannel,
};
use crate::domain::id::{CaseRef, ConsentId, Oin, PersonKey};
use crate::domain::purpose::Purpose;
use crate::gateway::consents::{
    Checked, ConsentRecorded, ConsentView, QuestionDraft, WithdrawalDraft,
};
use crate::grpc::convert::{Reader, count, decision, moment};
use crate::grpc::pb;

/// The raw consent; moments that are none, and what the gateway gives itself, are noted.
pub(in crate::grpc) fn draft(from: pb::Consent, reader: &mut Reader) -> ConsentDraft {
    let given = "is given by the gateway";
    for (field, is_absent) in [
        ("consent.consent_id", from.consent_id.is_empty()),
        ("consent.version", from.version == 0),
        ("consent.state", from.state == 0),
    ] {
        if !is_absent {
            reader.wrong(field, "NOT_APPLICABLE", given);
        }
    }
    ConsentDraft {
        case_ref: from.case_ref,
        person_key: from.person_key,
        source_oin: from.source_oin,
        recipient_oin: from.recipient_oin,
        purpose: from.purpose,
        categories: from.categories,
        valid_from: reader.moment("consent.valid_from", from.valid_from),
        valid_until: reader.moment("consent.valid_until", from.valid_until),
        grantors: grantors(from.grantors, reader),
        evidence: from.evidence.map(|evidence| evidence_draft(evidence, reader)),
        information_given: from.information_given,
        dual_override: from.dual_override.map(|dual| DualOverrideDraft {
            reason: dual.reason,
            decided_by: dual.decided_by,
            supervisor: dual.supervisor,
        }),
    }
}

fn grantors(from: Vec<pb::Grantor>, reader: &mut Reader) -> Vec<GrantorDraft> {
    from.into_iter()
        .enumerate()
        .map(|(index, grantor)| GrantorDraft {
            person_key: grantor.person_key,
            capacity: grantor.capacity,
            signed_at: reader
                .moment(&format!("consent.grantors[{index}].signed_at"), grantor.signed_at),
        })
        .collect()
}

fn evidence_draft(from: pb::Evidence, reader: &mut Reader) -> EvidenceDraft {
    EvidenceDraft {
        kind: from.kind,
        document_ref: from.document_ref,
        document_sha256: from.document_sha256,
        captured_by_user_id: from.captured_by_user_id,
        captured_at: reader.moment("consent.evidence.captured_at", from.captured_at),
        language: from.language,
        policy_version_uri: from.policy_version_uri,
        witness_user_id: from.witness_user_id,
    }
}

/// The raw withdrawal.
pub(in crate::grpc) fn withdrawal(
    from: pb::WithdrawConsentRequest,
    reader: &mut Reader,
) -> WithdrawalDraft {
    reader.text::<ConsentId>("consent_id", &from.consent_id);
    reader.text::<PersonKey>("withdrawn_by_person_key", &from.withdrawn_by_person_key);
    reader.code("capacity", from.capacity, Capacity::from_number);
    reader.code("channel", from.channel, WithdrawalChannel::from_number);
    WithdrawalDraft {
        consent_id: from.consent_id,
        withdrawn_by_person_key: from.withdrawn_by_person_key,
        capacity: from.capacity,
        channel: from.channel,
    }
}

/// The raw question.
pub(in crate::grpc) fn question(
    from: pb::CheckConsentRequest,
    reader: &mut Reader,
) -> QuestionDraft {
    reader.text::<CaseRef>("case_ref", &from.case_ref);
    reader.text::<PersonKey>("person_key", &from.person_key);
    reader.text::<Oin>("source_oin", &from.source_oin);
    reader.text::<Oin>("recipient_oin", &from.recipient_oin);
    reader.code("purpose", from.purpose, Purpose::from_number);
    if let Some(first) = reader.given("categories", from.categories.first()) {
        reader.code("categories[0]", *first, Category::from_number);
    }
    QuestionDraft {
        case_ref: from.case_ref,
        person_key: from.person_key,
        source_oin: from.source_oin,
        recipient_oin: from.recipient_oin,
        purpose: from.purpose,
        categories: from.categories,
    }
}

/// A consent, for those who may know it.
pub(in crate::grpc) fn consent(of: &ConsentView) -> pb::Consent {
    let terms = &of.consent.terms;
    pb::Consent {
        consent_id: of.consent.consent_id.to_string(),
        version: count(of.consent.version),
        case_ref: terms.case_ref.to_string(),
        person_key: of.person_key.as_str().to_owned(),
        source_oin: terms.source.to_string(),
        recipient_oin: terms.recipient.to_string(),
        purpose: terms.purpose.number().into(),
        categories: decision::categories(terms.categories),
        valid_from: Some(moment(terms.period.valid_from())),
        valid_until: Some(moment(terms.period.valid_until())),
        state: of.state.number().into(),
        grantors: terms.grantors.iter().zip(&of.grantor_keys).map(grantor).collect(),
        evidence: Some(evidence(&terms.evidence)),
        information_given: terms.information_given.iter().map(|i| i.number().into()).collect(),
        dual_override: terms.dual_override.as_ref().map(dual_override),
    }
}

fn grantor((of, key): (&Grantor, &PersonKey)) -> pb::Grantor {
    pb::Grantor {
        person_key: key.as_str().to_owned(),
        capacity: of.capacity.number().into(),
        signed_at: Some(moment(of.signed_at)),
    }
}

fn evidence(of: &Evidence) -> pb::Evidence {
    pb::Evidence {
        kind: of.kind.number().into(),
        document_ref: of.document_ref.as_str().to_owned(),
        document_sha256: of.document_sha256.to_vec(),
        captured_by_user_id: of.captured_by.to_string(),
        captured_at: Some(moment(of.captured_at)),
        language: of.language.as_str().to_owned(),
        policy_version_uri: of.policy_version_uri.as_str().to_owned(),
        witness_user_id: of.witness.as_ref().map_or_else(String::new, ToString::to_string),
    }
}

fn dual_override(of: &DualOverride) -> pb::DualOverride {
    pb::DualOverride {
        reason: of.reason.number().into(),
        decided_by: of.decided_by.to_string(),
        supervisor: of.supervisor.to_string(),
    }
}

/// The answer to `RecordConsent`.
pub(in crate::grpc) fn recorded(of: &ConsentRecorded) -> Vec<u8> {
    pb::RecordConsentResponse {
        consent: Some(consent(&of.view)),
        entry: Some(decision::ledger_receipt(&of.entry)),
    }
    .encode_to_vec()
}

/// The answer to `WithdrawConsent`.
pub(in crate::grpc) fn withdrawn(of: &ConsentRecorded) -> Vec<u8> {
    pb::WithdrawConsentResponse {
        consent: Some(consent(&of.view)),
        notice_count: i32::try_from(of.notice_count).unwrap_or(i32::MAX),
        entry: Some(decision::ledger_receipt(&of.entry)),
    }
    .encode_to_vec()
}

/// Yes or no.
pub(in crate::grpc) fn checked(of: &Checked) -> pb::CheckConsentResponse {
    match of {
        Checked::Permit(consents) => pb::CheckConsentResponse {
            permitted: true,
            reason: 0,
            consent_ids: consents.iter().map(|consent| consent.consent_id.to_string()).collect(),
        },
        Checked::Deny(reason) => pb::CheckConsentResponse {
            permitted: false,
            reason: reason.number().into(),
            consent_ids: Vec::new(),
        },
    }
}
