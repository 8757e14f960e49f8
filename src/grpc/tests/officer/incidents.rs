//! One incident, and a look at the scope of a breach that reports nothing.

use super::*;
use crate::domain::emergency::Cause;
use crate::gateway::reviews::Staged;
use pb::review_service_client::ReviewServiceClient;

const EMERGENCY: Staged = Staged {
    cause: Cause::StatutoryOverride,
    discloser: GGZ,
    recipient: STEUNPUNT,
    consulted: Some("ggz-0310"),
};

fn open_breach() -> pb::OpenBreachRequest {
    pb::OpenBreachRequest {
        request_id: new_id(),
        actor: fg(),
        kind: 3,
        oin: STEUNPUNT.to_owned(),
        window: Some(pb::Period {
            start_time: moment("2026-03-01T00:00:00Z"),
            end_time: moment("2026-03-12T00:55:00Z"),
        }),
        detected_at: moment("2026-03-12T00:50:00Z"),
        aware_at: moment("2026-03-12T00:51:00Z"),
        nature: "A list was sent to the wrong desk.".to_owned(),
        ..pb::OpenBreachRequest::default()
    }
}

fn get(incident_id: &str) -> pb::GetIncidentRequest {
    pb::GetIncidentRequest { actor: fg(), purpose: REVIEW, incident_id: incident_id.to_owned() }
}

#[tokio::test]
async fn an_incident_is_told_to_those_who_must_notify_and_to_the_region() {
    let house = House::open().await;
    let id = house.gateway.stage(&EMERGENCY, 1).await;
    let mut reviews = ReviewServiceClient::new(house.connect(GGZ).await);
    let decide = pb::DecideReviewRequest {
        request_id: new_id(),
        actor: fg(),
        review_id: id.to_string(),
        verdict: pb::ReviewVerdict::NotJustified.into(),
        motivation: "A step was left out.".to_owned(),
    };
    let decided = reviews.decide_review(decide).await.unwrap().into_inner();
    let list = pb::ListIncidentsRequest { actor: fg(), purpose: REVIEW, ..Default::default() };
    let listed = reviews.list_incidents(list).await.unwrap().into_inner().incidents;
    let before = events(&house, 0).len();
    for oin in [GGZ, REGION] {
        let mut office = Office::of(&house, oin).await;
        let told = office.privacy.get_incident(get(&decided.incident_id)).await.unwrap();
        let told = told.into_inner();
        assert_eq!((told.incident.as_ref(), told.breach), (listed.first(), None), "{oin}");
    }
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let other = steunpunt.privacy.get_incident(get(&decided.incident_id)).await.unwrap_err();
    let missing = steunpunt.privacy.get_incident(get(&new_id())).await.unwrap_err();
    assert_eq!((other.code(), other.details()), (Code::PermissionDenied, missing.details()));
    let mut ggz = Office::of(&house, GGZ).await;
    let by_worker = pb::GetIncidentRequest { actor: worker(), ..get(&decided.incident_id) };
    assert_eq!(
        ggz.privacy.get_incident(by_worker).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    assert_eq!(events(&house, before), [LOOK, LOOK, DENIED, DENIED, DENIED]);
    let refused = ggz.privacy.get_incident(get("x")).await.unwrap_err();
    assert_eq!(wrong(&refused), one("incident_id", "UUID"));
    let for_requests = pb::GetIncidentRequest { purpose: SUBJECT_REQUEST, ..get(&new_id()) };
    let refused = ggz.privacy.get_incident(for_requests).await.unwrap_err();
    assert_eq!(wrong(&refused), one("purpose", "PURPOSE_NOT_ALLOWED"));
}

#[tokio::test]
async fn a_look_at_the_scope_of_a_breach_reports_nothing() {
    let house = House::open().await;
    inbox::submitted(&house).await;
    let mut police = Office::of(&house, POLICE).await;
    let opened = police.privacy.open_breach(open_breach()).await.unwrap().into_inner();
    let id = opened.breach.unwrap().incident_id;
    let told = police.privacy.get_incident(get(&id)).await.unwrap().into_inner();
    assert_eq!(told.breach.unwrap().incident_id, told.incident.unwrap().incident_id);
    let look = pb::BuildBreachScopeReportRequest {
        actor: fg(),
        incident_id: id,
        page_size: 1,
        look_only: true,
        ..pb::BuildBreachScopeReportRequest::default()
    };
    let before = events(&house, 0).len();
    let first = police.privacy.build_breach_scope_report(look.clone()).await.unwrap().into_inner();
    assert_eq!(first.breach.unwrap().reported_at, None);
    assert_eq!(first.numbers.as_ref().unwrap().n_subjects, 2);
    let next =
        pb::BuildBreachScopeReportRequest { page_token: first.next_page_token, ..look.clone() };
    let next = police.privacy.build_breach_scope_report(next).await.unwrap().into_inner();
    assert_ne!(next.subject_pseudonyms, first.subject_pseudonyms);
    assert_eq!(events(&house, before), [LOOK, LOOK]);
    let report = pb::BuildBreachScopeReportRequest { look_only: false, ..look };
    let report = police.privacy.build_breach_scope_report(report).await.unwrap().into_inner();
    assert!(report.breach.unwrap().reported_at.is_some());
}
