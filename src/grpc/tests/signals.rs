//! Signals over the wire: who lists them, in pages, and who closes one, once.

use super::*;
use crate::domain::emergency::Cause;
use crate::gateway::reviews::Staged;
use pb::signal_service_client::SignalServiceClient;

/// Two emergencies whose reviews are late: two signals about the GGZ.
const LATE: Staged =
    Staged { cause: Cause::VitalInterest, discloser: GGZ, recipient: STEUNPUNT, consulted: None };

async fn house() -> House {
    let house = House::open().await;
    house.gateway.clock().set("2026-03-02T11:00:00Z".parse().unwrap());
    for case in [1, 2] {
        house.gateway.stage(&LATE, case).await;
    }
    house.gateway.clock().set("2026-03-12T11:00:00Z".parse().unwrap());
    house.gateway.sweep_deadlines().await.unwrap();
    while house.gateway.detect_signals().await.unwrap().more {}
    house
}

fn list(user: &str) -> pb::ListSignalsRequest {
    pb::ListSignalsRequest {
        actor: actor(user, pb::UserRole::PrivacyOfficer),
        purpose: pb::Purpose::PrivacyReview.into(),
        rule: pb::SignalRule::ReviewOverdue.into(),
        ..pb::ListSignalsRequest::default()
    }
}

fn close(signal_id: &str, state: pb::SignalState) -> pb::CloseSignalRequest {
    pb::CloseSignalRequest {
        request_id: new_id(),
        actor: actor("fg-1", pb::UserRole::PrivacyOfficer),
        signal_id: signal_id.to_owned(),
        state: state.into(),
        grounds: "The reviewers were ill.".to_owned(),
    }
}

#[tokio::test]
async fn signals_come_in_pages_to_officers_of_those_they_concern() {
    let house = house().await;
    let mut ggz = SignalServiceClient::new(house.connect(GGZ).await);
    let whole = ggz.list_signals(list("fg-1")).await.unwrap().into_inner();
    assert_eq!((whole.signals.len(), whole.next_page_token.as_str()), (2, ""));
    let mut request = pb::ListSignalsRequest { page_size: 1, ..list("fg-1") };
    let mut seen = Vec::new();
    loop {
        let page = ggz.list_signals(request.clone()).await.unwrap().into_inner();
        assert!(page.signals.len() <= 1);
        seen.extend(page.signals);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(seen, whole.signals);
    assert_eq!((seen[0].oin.as_str(), seen[0].state()), (GGZ, pb::SignalState::Open));
    assert!(seen[0].score > 50 && !seen[0].factors.is_empty());

    let mut police = SignalServiceClient::new(house.connect(POLICE).await);
    let others = police.list_signals(list("fg-1")).await.unwrap().into_inner();
    assert_eq!(others.signals, []);
    let worker =
        pb::ListSignalsRequest { actor: actor("ggz-1", pb::UserRole::CaseWorker), ..list("ggz-1") };
    assert_eq!(ggz.list_signals(worker).await.unwrap_err().code(), Code::PermissionDenied);
    let score = pb::ListSignalsRequest { score_min: 101, ..list("fg-1") };
    assert_eq!(ggz.list_signals(score).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_signal_is_closed_once_by_the_organisation_that_it_is_about() {
    let house = house().await;
    let mut ggz = SignalServiceClient::new(house.connect(GGZ).await);
    let signals = ggz.list_signals(list("fg-1")).await.unwrap().into_inner().signals;
    let id = signals[0].signal_id.as_str();
    for state in [pb::SignalState::Open, pb::SignalState::Suppressed, pb::SignalState::Unspecified]
    {
        let refused = ggz.close_signal(close(id, state)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{state:?}");
    }
    let mut steunpunt = SignalServiceClient::new(house.connect(STEUNPUNT).await);
    let explained = close(id, pb::SignalState::Explained);
    let other = steunpunt.close_signal(explained.clone()).await.unwrap_err();
    assert_eq!(other.code(), Code::PermissionDenied, "the other party looks only");
    let first = ggz.close_signal(explained.clone()).await.unwrap().into_inner();
    let again = ggz.close_signal(explained).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(first.signal.unwrap().state(), pb::SignalState::Explained);
    assert_eq!(first.notify_due_time, None);
    let late = ggz.close_signal(close(id, pb::SignalState::Incident)).await.unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition);

    let incident = close(&signals[1].signal_id, pb::SignalState::Incident);
    let incident = ggz.close_signal(incident).await.unwrap().into_inner();
    assert!(incident.notify_due_time.is_some());
    assert_eq!(ggz.list_signals(list("fg-1")).await.unwrap().into_inner().signals, []);
}
