//! Privacy officers at work: reviews, requests of data subjects, a breach, and their own looks.

use std::time::Duration;

use anyhow::Result;

use super::deed::{Emergency, Officer};
use super::town::{Town, director, officer, request_id};
use crate::cli::demo::moment;
use crate::cli::demo::party::Party;
use crate::domain::time::Timestamp;
use crate::grpc::pb::{
    ApproveAccessReportRequest, BreachKind, BreachNotification, BuildAccessReportRequest,
    BuildBreachScopeReportRequest, Capacity, CloseBreachRequest, CloseDataSubjectRequestRequest,
    DecideReviewRequest, DisclosureFilter, ExtendDataSubjectRequestRequest, GetReviewRequest,
    IdentityCheck, ListDisclosuresRequest, OpenBreachRequest, OpenDataSubjectRequestRequest,
    Period, PrepareAccessReportRequest, PreparedReport, Purpose, RecordBreachNotificationRequest,
    ReviewVerdict, SubjectRequestEnding,
};

/// An officer reads an emergency and judges it.
pub(super) async fn review(
    town: &Town<'_>,
    of: Emergency,
    by: Officer,
    verdict: ReviewVerdict,
) -> Result<()> {
    let Some(review_id) = town.reviews.get(&of).cloned() else { return Ok(()) };
    let (party, actor) = officer(by);
    let mut reviews = town.desk(party).reviews();
    let request = GetReviewRequest {
        actor: Some(actor.clone()),
        purpose: Purpose::PrivacyReview.into(),
        review_id: review_id.clone(),
    };
    town.answered("reading a review", reviews.get_review(request).await)?;
    let motivation = match verdict {
        ReviewVerdict::NotJustified => "Er was een ander middel: de kinderen waren al in beeld.",
        ReviewVerdict::JustifiedWithRemark => "Terecht; leg de volgende keer eerder vast.",
        ReviewVerdict::Justified | ReviewVerdict::MoreInformation | ReviewVerdict::Unspecified => {
            "Er was geen tijd voor iets anders en er is niet meer gedeeld dan nodig."
        }
    };
    let request = DecideReviewRequest {
        request_id: request_id(),
        actor: Some(actor),
        review_id,
        verdict: verdict.into(),
        motivation: motivation.to_owned(),
    };
    town.answered("judging an emergency", reviews.decide_review(request).await)?;
    Ok(())
}

/// Somebody asks who saw what.
pub(super) async fn open(
    town: &mut Town<'_>,
    number: usize,
    person: &str,
    at: Timestamp,
) -> Result<()> {
    let (party, actor) = officer(Officer::Steunpunt);
    let request = OpenDataSubjectRequestRequest {
        request_id: request_id(),
        actor: Some(actor),
        case_ref: town.household(number).case_ref.clone(),
        subject_person_key: person.to_owned(),
        capacity: Capacity::Self_.into(),
        identity_check: IdentityCheck::IdDocument.into(),
        received_at: Some(moment::of(at)),
        ..OpenDataSubjectRequestRequest::default()
    };
    let outcome = town.desk(party).privacy().open_data_subject_request(request).await;
    let opened = town.answered("a request of a data subject", outcome)?.data_subject_request;
    if let Some(opened) = opened {
        town.requests.insert(number, opened.subject_request_id);
    }
    Ok(())
}

pub(super) async fn extend(town: &Town<'_>, number: usize) -> Result<()> {
    let Some(subject_request_id) = town.requests.get(&number).cloned() else { return Ok(()) };
    let (party, actor) = officer(Officer::Steunpunt);
    let request = ExtendDataSubjectRequestRequest {
        request_id: request_id(),
        actor: Some(actor),
        subject_request_id,
        motivation: "Er zijn veel verstrekkingen na te gaan.".to_owned(),
    };
    let outcome = town.desk(party).privacy().extend_data_subject_request(request).await;
    town.answered("extending a request", outcome)?;
    Ok(())
}

/// An officer prepares the report; it waits for another.
pub(super) async fn prepare(town: &Town<'_>, number: usize) -> Result<Option<PreparedReport>> {
    let Some(subject_request_id) = town.requests.get(&number).cloned() else { return Ok(None) };
    let (party, actor) = officer(Officer::Steunpunt);
    let mut privacy = town.desk(party).privacy();
    let request = BuildAccessReportRequest {
        actor: Some(actor.clone()),
        subject_request_id: subject_request_id.clone(),
        ..BuildAccessReportRequest::default()
    };
    let read = privacy.build_access_report(request).await;
    let draft = town.answered("a report for a data subject", read)?;
    let request = PrepareAccessReportRequest {
        request_id: request_id(),
        actor: Some(actor),
        subject_request_id,
        tree_size: draft.tree_size,
        withheld: Vec::new(),
    };
    let outcome = privacy.prepare_access_report(request).await;
    let prepared = town.answered("preparing a report", outcome)?.data_subject_request;
    Ok(prepared.and_then(|request| request.report))
}

/// The colleague approves the report, and the request is closed.
pub(super) async fn answer(town: &Town<'_>, number: usize) -> Result<()> {
    let Some(prepared) = prepare(town, number).await? else { return Ok(()) };
    let Some(subject_request_id) = town.requests.get(&number).cloned() else { return Ok(()) };
    let (party, colleague) = officer(Officer::Colleague);
    let mut privacy = town.desk(party).privacy();
    let request = ApproveAccessReportRequest {
        request_id: request_id(),
        actor: Some(colleague),
        subject_request_id: subject_request_id.clone(),
        digest: prepared.digest,
    };
    town.answered("approving a report", privacy.approve_access_report(request).await)?;
    let (_, actor) = officer(Officer::Steunpunt);
    let request = CloseDataSubjectRequestRequest {
        request_id: request_id(),
        actor: Some(actor),
        subject_request_id,
        ending: SubjectRequestEnding::Answered.into(),
    };
    let outcome = privacy.close_data_subject_request(request).await;
    town.answered("closing a request", outcome)?;
    Ok(())
}

/// A laptop with the certificate of youth protection was lost for two days.
pub(super) async fn breach(town: &Town<'_>, at: Timestamp) -> Result<()> {
    let (party, actor) = officer(Officer::Region);
    let mut privacy = town.desk(party).privacy();
    let lost = at.minus(Duration::from_hours(48));
    let window = Period { start_time: Some(moment::of(lost)), end_time: Some(moment::of(at)) };
    let request = OpenBreachRequest {
        request_id: request_id(),
        actor: Some(actor.clone()),
        kind: BreachKind::Certificate.into(),
        oin: Party::YouthCare.oin().to_owned(),
        certificate_fingerprint: "5c".repeat(32),
        window: Some(window),
        detected_at: Some(moment::of(at)),
        aware_at: Some(moment::of(at)),
        nature: "Een laptop met het certificaat van de organisatie raakte zoek.".to_owned(),
        ..OpenBreachRequest::default()
    };
    let opened = town.answered("opening a breach", privacy.open_breach(request).await)?.breach;
    let incident_id = opened.map_or_else(String::new, |breach| breach.incident_id);
    let request = BuildBreachScopeReportRequest {
        actor: Some(actor.clone()),
        incident_id: incident_id.clone(),
        ..BuildBreachScopeReportRequest::default()
    };
    town.answered("sizing a breach", privacy.build_breach_scope_report(request).await)?;
    let request = RecordBreachNotificationRequest {
        request_id: request_id(),
        actor: Some(actor.clone()),
        incident_id: incident_id.clone(),
        notification: BreachNotification::RiskUnlikely.into(),
        motivation: "De schijf was versleuteld en het certificaat is ingetrokken.".to_owned(),
    };
    let outcome = privacy.record_breach_notification(request).await;
    town.answered("telling of a breach", outcome)?;
    let request = CloseBreachRequest { request_id: request_id(), actor: Some(actor), incident_id };
    town.answered("closing a breach", privacy.close_breach(request).await)?;
    Ok(())
}

/// A telephone was stolen with which an employee logs in; the officer still has to tell the authority.
pub(super) async fn theft(town: &Town<'_>, at: Timestamp) -> Result<()> {
    let (party, actor) = officer(Officer::Steunpunt);
    let stolen = at.minus(Duration::from_hours(5 * 24));
    let window = Period { start_time: Some(moment::of(stolen)), end_time: Some(moment::of(at)) };
    let request = OpenBreachRequest {
        request_id: request_id(),
        actor: Some(actor),
        kind: BreachKind::User.into(),
        oin: party.oin().to_owned(),
        user_id: director(0).user_id,
        window: Some(window),
        detected_at: Some(moment::of(at)),
        aware_at: Some(moment::of(at)),
        nature: "Een telefoon waarmee een medewerker inlogt, is gestolen.".to_owned(),
        ..OpenBreachRequest::default()
    };
    let outcome = town.desk(party).privacy().open_breach(request).await;
    town.answered("opening a breach", outcome)?;
    Ok(())
}

/// An officer reads what the own organisation gave and received in a week.
pub(super) async fn look(town: &Town<'_>, by: Officer, at: Timestamp) -> Result<()> {
    let (party, actor) = officer(by);
    let week = at.minus(Duration::from_hours(7 * 24));
    let period = Period { start_time: Some(moment::of(week)), end_time: Some(moment::of(at)) };
    let oin = if party == Party::Fg { Party::Ggz } else { party }.oin().to_owned();
    let filter = DisclosureFilter { period: Some(period), oin, ..DisclosureFilter::default() };
    let request = ListDisclosuresRequest {
        actor: Some(actor),
        purpose: Purpose::PrivacyReview.into(),
        filter: Some(filter),
        page_size: 20,
        ..ListDisclosuresRequest::default()
    };
    let outcome = town.desk(party).disclosures().list_disclosures(request).await;
    town.answered("an officer's search", outcome)?;
    Ok(())
}
