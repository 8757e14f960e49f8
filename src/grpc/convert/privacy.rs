//! Requests of data subjects and their reports.

use prost::Message as _;

use crate::domain::basis::Basis;
use crate::domain::event::EventCode;
use crate::domain::purpose::Purpose;
use crate::domain::subject_request::{
    Ending, MOTIVATION_CHARS_MAX, Organisation, Particulars, PreparedReport, ReviewOutcome,
    SubjectRequestDraft, WithheldDraft, WithholdingGround, statute,
};
use crate::domain::text::Prose;
use crate::gateway::Gateway;
use crate::gateway::access_report::{AccessReport, ReportEntry};
use crate::gateway::subject_requests::RequestView;
use crate::gateway::subject_requests::looking::{Candidate, RequestLook};
use crate::grpc::convert::{Reader, decision, moment};
use crate::grpc::pb;

/// The raw request; a moment that is none is noted.
pub(in crate::grpc) fn draft(
    of: pb::OpenDataSubjectRequestRequest,
    reader: &mut Reader,
) -> SubjectRequestDraft {
    SubjectRequestDraft {
        subject_person_key: of.subject_person_key,
        requester_person_key: of.requester_person_key,
        capacity: of.capacity,
        mandate_ref: of.mandate_ref,
        identity_check: of.identity_check,
        received_at: reader.moment("received_at", of.received_at),
        objection: of.objection,
        objection_motivation: of.objection_motivation,
        withhold_reporter_motivation: of.withhold_reporter_motivation,
    }
}

/// The answer to `OpenDataSubjectRequest`.
pub(in crate::grpc) fn opened(of: &RequestView) -> Vec<u8> {
    pb::OpenDataSubjectRequestResponse { data_subject_request: Some(request(of)) }.encode_to_vec()
}

/// The answer to `ExtendDataSubjectRequest`.
pub(in crate::grpc) fn extended(of: &RequestView) -> Vec<u8> {
    pb::ExtendDataSubjectRequestResponse { data_subject_request: Some(request(of)) }.encode_to_vec()
}

/// The answer to `CloseDataSubjectRequest`.
pub(in crate::grpc) fn closed(of: &RequestView) -> Vec<u8> {
    pb::CloseDataSubjectRequestResponse { data_subject_request: Some(request(of)) }.encode_to_vec()
}

/// The answer to `PrepareAccessReport`.
pub(in crate::grpc) fn prepared(of: &RequestView) -> Vec<u8> {
    pb::PrepareAccessReportResponse { data_subject_request: Some(request(of)) }.encode_to_vec()
}

/// The answer to `ApproveAccessReport`.
pub(in crate::grpc) fn approved(of: &RequestView) -> Vec<u8> {
    pb::ApproveAccessReportResponse { data_subject_request: Some(request(of)) }.encode_to_vec()
}

/// A disclosure that is withheld.
pub(in crate::grpc) fn withheld(of: &pb::WithheldDisclosure) -> WithheldDraft {
    WithheldDraft { entry_index: of.entry_index, ground: of.ground }
}

/// A request.
pub(in crate::grpc) fn request(of: &RequestView) -> pb::DataSubjectRequest {
    let key = |key: Option<&crate::domain::id::PersonKey>| {
        key.map_or_else(String::new, |key| key.as_str().to_owned())
    };
    pb::DataSubjectRequest {
        subject_request_id: of.id.to_string(),
        oin: of.oin.to_string(),
        case_ref: of.case_ref.to_string(),
        subject_person_key: key(of.subject.as_ref()),
        requester_person_key: key(of.requester.as_ref()),
        capacity: of.capacity.number().into(),
        mandated: of.is_mandated,
        state: of.life.state.number().into(),
        verdict: of.life.verdict.number().into(),
        received_at: Some(moment(of.life.term.received_at)),
        due_at: Some(moment(of.life.term.due_at)),
        reported_at: of.reported_at.map(moment),
        closed_at: of.closed_at.map(moment),
        ending: of.life.ending.map_or(0, Ending::number).into(),
        report: of.report.as_ref().map(prepared_report),
    }
}

/// One request, with what was weighed.
pub(in crate::grpc) fn looked_at(of: &RequestLook) -> pb::GetDataSubjectRequestResponse {
    pb::GetDataSubjectRequestResponse {
        data_subject_request: Some(request(&of.view)),
        subject_pseudonym: of.subject.to_hex(),
        verdict_now: of.verdict.number().into(),
        particulars: of.particulars.as_ref().map(particulars),
    }
}

fn particulars(of: &Particulars) -> pb::RequestParticulars {
    let weighed = of.objection.as_ref();
    let prose = |text: Option<&Prose<MOTIVATION_CHARS_MAX>>| {
        text.map_or_else(String::new, |text| text.as_str().to_owned())
    };
    pb::RequestParticulars {
        identity_check: of.identity_check.number().into(),
        mandate_ref: of
            .mandate_ref
            .as_ref()
            .map_or_else(String::new, |line| line.as_str().to_owned()),
        objection: weighed.map_or(0, |weighed| weighed.objection.number()).into(),
        objection_motivation: prose(weighed.map(|weighed| &weighed.motivation)),
        withhold_reporter_motivation: prose(of.withhold_reporter.as_ref()),
        extension_motivation: prose(of.extension.as_ref()),
    }
}

/// Somebody whom a request may be about.
pub(in crate::grpc) fn candidate(of: &Candidate) -> pb::CasePersonKey {
    pb::CasePersonKey {
        person_key: of.key.as_str().to_owned(),
        subject_pseudonym: of.subject.to_hex(),
        age_band: of.age_band.number().into(),
    }
}

fn prepared_report(of: &PreparedReport) -> pb::PreparedReport {
    let approval = of.approval.as_ref();
    pb::PreparedReport {
        tree_size: of.tree_size,
        digest: of.digest.to_vec(),
        told_count: i64::try_from(of.told).unwrap_or(i64::MAX),
        withheld_count: i64::try_from(of.withheld.len()).unwrap_or(i64::MAX),
        prepared_by: of.prepared_by.to_string(),
        prepared_at: Some(moment(of.prepared_at)),
        approved_by: approval.map_or_else(String::new, |one| one.by.to_string()),
        approved_at: approval.map(|one| moment(one.at)),
        changed_indexes: of.changed.clone(),
    }
}

/// A page of a report.
pub(in crate::grpc) fn report(
    gateway: &Gateway,
    of: &AccessReport,
    next_page_token: String,
) -> pb::BuildAccessReportResponse {
    pb::BuildAccessReportResponse {
        data_subject_request: Some(request(&of.request)),
        disclosures: of.entries.iter().map(|entry| reported(gateway, entry)).collect(),
        next_page_token,
        tree_size: of.tree_size,
        draft: of.is_draft,
        changed_indexes: of.changed.clone(),
        incomplete: of.is_incomplete,
    }
}

fn reported(gateway: &Gateway, of: &ReportEntry) -> pb::ReportedDisclosure {
    let entry = &of.entry;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    pb::ReportedDisclosure {
        disclosed_at: Some(moment(entry.at)),
        event_code: entry.told_event().map_or(0, EventCode::number).into(),
        from: Some(organisation(gateway, &entry.from)),
        to: Some(organisation(gateway, &entry.to)),
        categories: decision::categories(entry.categories),
        purpose: entry.purpose.map_or(0, Purpose::number).into(),
        basis: entry.basis.map_or(0, Basis::number).into(),
        basis_text_nl: text(entry.ground_nl()),
        statute: text(entry.basis.and_then(statute)),
        consented_on: of.consented_on.map_or_else(String::new, |day| day.to_string()),
        emergency: entry.is_emergency,
        review_outcome: of.review.map_or(0, ReviewOutcome::number).into(),
        entry_index: of.idx,
        withheld: of.withheld.map_or(0, WithholdingGround::number).into(),
    }
}

fn organisation(gateway: &Gateway, of: &Organisation) -> pb::ReportedOrganisation {
    match of {
        Organisation::Named(oin, role) => pb::ReportedOrganisation {
            oin: oin.to_string(),
            name: gateway.organisation_name(oin),
            role: role.number().into(),
            withheld: false,
        },
        Organisation::Withheld => {
            pb::ReportedOrganisation { withheld: true, ..pb::ReportedOrganisation::default() }
        }
    }
}
