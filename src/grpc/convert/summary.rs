//! Summaries: published in full, shown as far as the permits go.

use prost::Message as _;

use crate::domain::basis::Basis;
use crate::domain::id::{CaseRef, Oin};
use crate::domain::purpose::Purpose;
use crate::domain::summary::{
    AgreementDraft, AssessmentDraft, Part, ScaleDraft, SectionDraft, SummaryDraft,
};
use crate::gateway::confirm_recall::RecallConfirmed;
use crate::gateway::publish_summary::Revision;
use crate::gateway::request_summary::{Requested, SummaryRequestDraft, ViewPerson};
use crate::gateway::retract_summary::Retracted;
use crate::grpc::convert::{Reader, case, count, decision, evidence, moment};
use crate::grpc::pb;

/// The raw summary.
pub(in crate::grpc) fn draft(from: pb::Summary) -> SummaryDraft {
    SummaryDraft {
        sections: from.sections.into_iter().map(section).collect(),
        assessment: from.assessment.map(assessment),
        agreements: from.agreements.into_iter().map(agreement).collect(),
    }
}

fn section(from: pb::SummarySection) -> SectionDraft {
    SectionDraft {
        section_id: from.section_id,
        category: from.category,
        title: from.title,
        text: from.text,
        about_person_keys: from.about_person_keys,
    }
}

/// A raw assessment.
pub(super) fn assessment(from: pb::SafetyAssessment) -> AssessmentDraft {
    AssessmentDraft {
        concerns: from.concerns,
        strengths: from.strengths,
        wishes: from.wishes,
        scales: from.scales.into_iter().map(scale).collect(),
        about_person_keys: from.about_person_keys,
    }
}

/// A raw rating.
pub(super) fn scale(from: pb::SafetyScale) -> ScaleDraft {
    ScaleDraft { rater_kind: from.rater_kind, person_key: from.person_key, value: from.value }
}

/// A raw agreement.
pub(super) fn agreement(from: pb::PlanAgreement) -> AgreementDraft {
    AgreementDraft {
        agreement_id: from.agreement_id,
        text: from.text,
        responsible: from.responsible,
        due_date: from.due_date,
        status: from.status,
        family_owned: from.family_owned,
        about_person_keys: from.about_person_keys,
    }
}

/// The raw request for a summary.
pub(in crate::grpc) fn request(
    from: pb::RequestSummaryRequest,
    reader: &mut Reader,
) -> SummaryRequestDraft {
    reader.text::<CaseRef>("case_ref", &from.case_ref);
    reader.text::<Oin>("author_oin", &from.author_oin);
    reader.code("purpose", from.purpose, Purpose::from_number);
    reader.code("basis", from.basis, Basis::from_number);
    SummaryRequestDraft {
        case_ref: from.case_ref,
        author_oin: from.author_oin,
        revision: from.revision,
        purpose: from.purpose,
        basis: from.basis,
        categories: from.categories,
        involvement: from.involvement.map(|involvement| case::involvement(Some(involvement))),
        evidence: evidence::draft(from.evidence, "evidence", reader),
    }
}

/// One stored version.
pub(in crate::grpc) fn revision(of: &Revision) -> pb::SummaryRevision {
    pb::SummaryRevision {
        case_ref: of.case_ref.to_string(),
        author_oin: of.author_oin.to_string(),
        revision: count(of.revision),
        categories: decision::categories(of.categories),
        published_at: Some(moment(of.published_at)),
        retracted_at: of.retracted_at.map(moment),
        content_purged_at: of.content_purged_at.map(moment),
    }
}

/// The answer to `PublishSummary`.
pub(in crate::grpc) fn published(of: &Revision) -> Vec<u8> {
    pb::PublishSummaryResponse { revision: Some(revision(of)) }.encode_to_vec()
}

/// The answer to `RetractSummary`.
pub(in crate::grpc) fn retracted(of: &Retracted) -> Vec<u8> {
    pb::RetractSummaryResponse {
        revision: Some(revision(&of.revision)),
        notice_count: i32::try_from(of.notice_count).unwrap_or(i32::MAX),
    }
    .encode_to_vec()
}

/// The answer to `ConfirmRecall`.
pub(in crate::grpc) fn recall_confirmed(of: &RecallConfirmed) -> Vec<u8> {
    pb::ConfirmRecallResponse { confirm_time: Some(moment(of.at)), index: of.idx }.encode_to_vec()
}

/// The answer to `RequestSummary`.
pub(in crate::grpc) fn requested(of: &Requested) -> Vec<u8> {
    pb::RequestSummaryResponse {
        view: Some(view(of)),
        decision: Some(decision::decision_for_recipient(&of.decision)),
        entries: of.entries.iter().map(decision::ledger_receipt).collect(),
        receipt: of.receipt.clone(),
    }
    .encode_to_vec()
}

pub(super) fn view(of: &Requested) -> pb::SummaryView {
    pb::SummaryView {
        case_ref: of.case_ref.to_string(),
        author_oin: of.author_oin.to_string(),
        revision: count(of.revision),
        persons: of.persons.iter().map(person).collect(),
        sections: of.parts.iter().map(part).collect(),
        redacted_subjects: i32::try_from(of.redacted_subjects).unwrap_or(i32::MAX),
        redacted_sections: count(of.redacted_parts),
        purpose_binding: of.purpose.number().into(),
    }
}

fn person(of: &ViewPerson) -> pb::ViewPerson {
    let (family_name, given_names, birth_date) =
        of.identity.as_ref().map_or_else(Default::default, |(name, birth_date)| {
            let (family, given) = (name.family.as_str(), name.given.as_str());
            (family.to_owned(), given.to_owned(), birth_date.to_string())
        });
    pb::ViewPerson {
        person_key: of.key.as_str().to_owned(),
        family_name,
        given_names,
        birth_date,
        pseudonym: of.subject.to_hex(),
    }
}

fn part(of: &Part) -> pb::SummarySection {
    pb::SummarySection {
        section_id: of.section_id.clone(),
        category: of.category.number().into(),
        title: of.title.clone(),
        text: of.text.clone(),
        about_person_keys: of.about.iter().map(|key| key.as_str().to_owned()).collect(),
    }
}
